"""Tags of survey comments for the mart: aspects with their sentiment, one emotion, one sentiment overall.

A plain reading by word lists (`aspects.yaml`); whoever refreshes the mart may hand in a better tagger of the same shape.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_CLAUSES = re.compile(r"[，。！？；,.!?;\s]+")
GOOD, BAD, NEUTRAL = "正面", "负面", "中性"


@dataclass(frozen=True)
class Tags:
    """Aspects are (aspect, sentiment), each aspect once."""

    sentiment: str
    emotion: str
    aspects: tuple[tuple[str, str], ...]


Tagger = Callable[[str], Tags]
Labels = Callable[[Sequence[int]], Mapping[int, Tags]]


@cache
def _lists() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "aspects.yaml").read_text(encoding="utf-8"))
    return found


def tag(comment: str) -> Tags:
    """Read one comment."""
    lists = _lists()
    found: dict[str, str] = {}
    for clause in filter(None, _CLAUSES.split(comment)):
        for aspect, words in lists["aspects"].items():
            if any(w in clause for w in words["bad"]):
                if aspect in found or any(w in clause for w in words["words"]) or aspect == "缺货":
                    found[aspect] = BAD
            elif any(w in clause for w in words["words"]):
                positive = any(w in clause for w in words["good"])
                found.setdefault(aspect, GOOD if positive else NEUTRAL)
    bad = sum(s == BAD for s in found.values())
    good = sum(s == GOOD for s in found.values())
    sentiment = BAD if bad > good else GOOD if good > bad else NEUTRAL
    emotion = next((e for e, words in lists["emotions"].items() if any(w in comment for w in words)), "平静")
    return Tags(sentiment, emotion, tuple(found.items()))
