"""Reads what visitors write in English by the Chinese lists: a gloss of exactly the same length, so that spans stay true.

Enters: a readable text without Chinese. Leaves: the words that we know in Chinese, each where it stood, all else as filler.
Called by the tagger. A text in another language is left as it is where it has none of these words.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "lexicon" / "english.yaml"
_FILLER = "·"  # is no word and no stop
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTERS = re.compile(r"[a-z'’ ]+")


@dataclass(frozen=True)
class _Gloss:
    pattern: re.Pattern[str]
    chinese: dict[str, str]
    very: dict[str, str]
    no: dict[str, str]


def glossed(text: str) -> str:
    """The text in the words of our lists; as it is where it holds Chinese, or no word that we know."""
    if _CHINESE.search(text) or (not text.isascii() and not re.search("[a-z]{3}", text)):
        return text
    gloss, at, out, known = _gloss(), 0, [], 0
    for found in gloss.pattern.finditer(text):
        out.append(_blank(text[at : found.start()]))
        out.append(_said(found, gloss))
        at, known = found.end(), known + 1
    return "".join([*out, _blank(text[at:])]) if known else text


def _said(found: re.Match[str], gloss: _Gloss) -> str:
    word = gloss.chinese[_plain(found["word"])]
    very = gloss.very[_plain(found["very"])] if found["very"] else ""
    if found["not"] == "no" and _plain(found["word"]) in gloss.no:
        return gloss.no[_plain(found["word"])].ljust(len(found[0]), _FILLER)
    said = ("不" if found["not"] else "") + very + word
    return (said if len(said) <= len(found[0]) else word).ljust(len(found[0]), _FILLER)


def _plain(word: str) -> str:
    return " ".join(word.replace("’", "'").split())


def _blank(text: str) -> str:
    return _LETTERS.sub(lambda found: _FILLER * len(found[0]), text)


@cache
def _gloss() -> _Gloss:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    words = {str(k): str(v) for k, v in (raw["words"] | raw["turn"]).items()}
    pattern = re.compile(
        rf"\b(?:(?P<not>{_any(raw['not'])})\s+)?(?:(?:a|the|any|be|have)\s+)?(?:(?P<very>{_any(raw['very'])})\s+)?"
        rf"(?P<word>{_any(words)})\b"
    )
    return _Gloss(pattern, words, raw["very"], raw["without"])


def _any(words: list[str] | dict[str, str]) -> str:
    longest = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+").replace("'", "['’]") for word in longest)
