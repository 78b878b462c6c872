"""The word lists of `lexicon/`: what feels good or bad, what changes it, feelings, risks, intents.

Enters: the folder. Leaves: one frozen `Lexicon`. A list is a YAML list, or a block of words parted by blanks.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import ConfigError

FOLDER = Path(__file__).parent / "lexicon"
FILES = ("sentiment", "modifiers", "emotions", "risks", "intents")


@dataclass(frozen=True)
class Feeling:
    """Words of an emotion. `within`: pos | neg | any."""

    name: str
    within: str
    clear: tuple[str, ...]
    more: tuple[str, ...]


@dataclass(frozen=True)
class Risk:
    """`label`: what it is called by; `gate`: characters without which no pattern fits; `beside`: risks it needs in the same text."""

    name: str
    label: str
    words: tuple[str, ...]
    unless: tuple[str, ...]
    only_negative: bool
    patterns: tuple[re.Pattern[str], ...] = ()
    gate: re.Pattern[str] | None = None
    slang: re.Pattern[str] | None = None
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Lexicon:
    """`polarity`: word → -3 … 3, 0 for what only looks like one; `intensity`: word → factor."""

    polarity: dict[str, float]
    negation: tuple[str, ...]
    not_negation: tuple[str, ...]
    intensity: dict[str, float]
    contrast: tuple[str, ...]
    concession: tuple[str, ...]
    unreal: tuple[str, ...]
    irony: tuple[str, ...]
    mild: tuple[str, ...]
    rescue: tuple[str, ...]
    elsewhere: tuple[str, ...]
    emotions: dict[str, Feeling]
    risks: dict[str, Risk]
    intents: dict[str, tuple[str, ...]]


@cache
def lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read all lists once. Raises ConfigError with file and reason."""
    raw = {name: _read(folder / f"{name}.yaml") for name in FILES}
    try:
        return _made(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{folder}: {error!r}") from error


def _made(raw: dict[str, Any]) -> Lexicon:
    polarity: dict[str, float] = {}
    for sign, name in ((1, "good"), (-1, "bad")):
        for strength, block in sorted(raw["sentiment"][name].items()):
            polarity |= {word: sign * float(strength) for word in words(block)}
    polarity |= dict.fromkeys(words(raw["sentiment"]["none"]), 0.0)
    change = raw["modifiers"]
    negation = words(change["negation"])
    for word in negation:  # 「没有」 turns what follows round; it is no complaint of its own
        polarity.pop(word, None)
    return Lexicon(
        polarity=polarity,
        negation=negation,
        not_negation=words(change["not_negation"]),
        intensity={w: float(f) for f, block in change["intensity"].items() for w in words(block)},
        contrast=words(change["contrast"]),
        concession=words(change["concession"]),
        unreal=words(change["unreal"]),
        irony=words(change["irony"]),
        mild=words(change["mild"]),
        rescue=words(change["rescue"]),
        elsewhere=words(change["elsewhere"]),
        emotions={
            k: Feeling(v["name"], v["with"], words(v["clear"]), words(v["more"])) for k, v in raw["emotions"].items()
        },
        risks={k: _risk(k, v, raw["risks"].get("parts", {})) for k, v in raw["risks"].items() if k != "parts"},
        intents={k: words(v) for k, v in raw["intents"].items()},
    )


def _risk(key: str, raw: dict[str, Any], parts: dict[str, str]) -> Risk:
    patterns = []
    for pattern in raw.get("patterns", ()):
        for name, alternatives in parts.items():
            pattern = pattern.replace("{" + name + "}", alternatives)
        patterns.append(re.compile(pattern))
    slang = "|".join(map(re.escape, sorted(raw.get("slang", ()), key=len, reverse=True)))
    return Risk(
        raw["name"], raw.get("as", key), words(raw["words"]), words(raw["unless"]), bool(raw.get("only_negative")),
        tuple(patterns), re.compile(f"[{raw['gate']}]") if "gate" in raw else None,
        re.compile(slang) if slang else None, frozenset(raw.get("beside", ())),
    )  # fmt: skip


def words(block: Any) -> tuple[str, ...]:
    """A YAML list, or a block of words parted by blanks; lower case, each once."""
    found = block.split() if isinstance(block, str) else [str(item) for item in block]
    return tuple(dict.fromkeys(word.lower() for word in found))


def _read(path: Path) -> Any:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected names with lists")
    return found
