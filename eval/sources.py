"""Which documents answer a question: the labels of knowledge questions inside dialogues, and how a passage is compared.

Called by `eval.retrieval` and `eval.shopper`. `data/shopper_sources.yaml` maps a turn ("c002-1": second turn of c002) to
the beginnings of all sources that answer it, or of FAQ questions after `#`; an empty list where no document does.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

LABELS = Path(__file__).parent / "data" / "shopper_sources.yaml"
Gold = Sequence[str]


class Found(Enum):
    """What came of a knowledge question."""

    RIGHT = "right"  # a passage that answers it
    SILENT = "silent"  # rightly nothing: no document answers it
    NEAR = "near"  # a passage that answers it, offered with doubt
    FAR = "far"  # a passage that does not, offered with doubt
    MISSED = "missed"  # nothing, though a document answers it
    WRONG = "wrong"  # a passage that does not answer it


def answers(gold: Gold, source: str, question: str) -> bool:
    """Whether a passage is one of those that answer. `question`: of an FAQ entry, else empty."""
    return any(question.startswith(one[1:]) if one.startswith("#") else source.startswith(one) for one in gold)


def compared(gold: Gold, passage: tuple[str, str] | None, *, sure: bool = True) -> Found:
    """`passage`: (source, FAQ question) that was said, None where nothing was; `sure`: said as the answer."""
    if passage is None:
        return Found.MISSED if gold else Found.SILENT
    right = answers(gold, *passage)
    return (Found.RIGHT if right else Found.WRONG) if sure else (Found.NEAR if right else Found.FAR)


@cache
def labels(path: Path = LABELS) -> Mapping[str, tuple[str, ...]]:
    """Turn → gold. Raises `pydantic.ValidationError` for a wrong form."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, tuple[str, ...]]).validate_python(raw)
