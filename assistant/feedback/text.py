"""A text made readable without moving a character, and cut into clauses.

Enters: anything a shopper may send (HTML, emoji, traditional script, full width letters, control characters).
Leaves: a twin of exactly the same length, and clauses as ranges, so that every span can be cut from what came in.
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from assistant.domain.mashed import is_mashed

MAX_CHARS = 20_000
WINDOW = 60  # a stretch without any punctuation is cut here
_BLOCKS = re.compile(
    r"<(script|style)\b[^>]*>.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,400}>", re.DOTALL | re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")
_STOPS = re.compile(
    r"[，。！？；,!?;、\n\r\t…~～：:()（）【】\[\]“”\"|/]+|(?<![0-9])\.|\.(?![0-9])|(?<=[\u4e00-\u9fff])[ \u3000]+| {2,}"
)
_PLAIN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]")


@dataclass(frozen=True)
class Clause:
    """A piece of the readable text. `stop` is the punctuation that ended it."""

    start: int
    end: int
    text: str
    stop: str = ""


@cache
def _simplified() -> dict[int, str]:
    """Traditional characters to simplified ones, one for one."""
    from opencc import OpenCC

    turn = OpenCC("t2s").convert
    found = {}
    for code in range(0x4E00, 0x9FFF):
        made = turn(chr(code))
        if len(made) == 1 and made != chr(code):
            found[code] = made
    return found


def _plain_char(char: str) -> str:
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") and char not in "\n\r\t":
        return " "
    made = unicodedata.normalize("NFKC", char)
    return made.lower() if len(made) == 1 and len(made.lower()) == 1 else char


@cache
def _table() -> dict[int, str]:
    """Full width letters and control characters; the common range once, the rest when met."""
    found = {
        c: _plain_char(chr(c))
        for c in (*range(0x20), *range(0x7F, 0x250), *range(0x2000, 0x2070), *range(0xFF10, 0xFF5F))
    }
    found |= {c: chr(c).lower() for c in range(0x41, 0x5B)}
    for keep in "，。！？；：（）～":
        found.pop(ord(keep), None)
    found[0xFEFF] = " "
    found[0x00] = " "
    return {**found, **_simplified()}


def readable(text: str) -> str:
    """A twin of `text`, character for character: tags blank, entities decoded, simplified, lower case."""
    if "<" in text:
        text = _BLOCKS.sub(lambda m: " " * len(m[0]), text)
    if "&" in text:
        text = _ENTITY.sub(_decoded, text)
    return text.translate(_table())


def _decoded(match: re.Match[str]) -> str:
    made = html.unescape(match[0])
    return made.ljust(len(match[0])) if len(made) == 1 else match[0]


def clauses(text: str, contrast: tuple[str, ...] = ()) -> list[Clause]:
    """Cut a readable text at punctuation, before words of contrast, and where it runs on too long."""
    found: list[Clause] = []
    at = 0
    for stop in _STOPS.finditer(text):
        _add(found, text, at, stop.start(), stop[0], contrast)
        at = stop.end()
    _add(found, text, at, len(text), "", contrast)
    return found


def _add(found: list[Clause], text: str, start: int, end: int, stop: str, contrast: tuple[str, ...]) -> None:
    piece = text[start:end]
    if not piece.strip():
        if found and stop:  # 「好！！！」: what follows belongs to the clause before
            last = found[-1]
            found[-1] = Clause(last.start, last.end, last.text, last.stop + stop)
        return
    cuts = sorted({i for word in contrast if len(word) > 1 for i in _places(piece, word) if i >= 3})
    at = 0
    for cut in [*cuts, len(piece)]:
        while cut - at > WINDOW * 2:
            _keep(found, text, start + at, start + at + WINDOW, "")
            at += WINDOW
        _keep(found, text, start + at, start + cut, stop if cut == len(piece) else "")
        at = cut


def _places(piece: str, word: str) -> list[int]:
    at, found = piece.find(word), []
    while at >= 0:
        found.append(at)
        at = piece.find(word, at + len(word))
    return found


def _keep(found: list[Clause], text: str, start: int, end: int, stop: str) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Clause(start, end, text[start:end], stop))


_STRUCK = ("asd", "sdf", "jkl", "qwe", "fgh")


def is_gibberish(text: str) -> bool:
    """No words in it: a run of one character, keys struck at random, nothing but signs."""
    kept = "".join(_PLAIN.findall(text))
    if not kept:
        return not any(unicodedata.category(c) in ("So", "Lo", "Ll", "Lu") for c in text)
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in kept)
    if len(kept) >= 4 and len(set(kept)) == 1 and kept[0] not in "好赞棒6哈差烂":
        return True
    if len(kept) >= 8 and len(set(kept)) <= 2:
        return True
    letters = re.sub(r"[^a-z]", "", kept.lower())
    if not chinese and kept.isdigit() and len(kept) >= 5:
        return len(set(kept)) > 1 or kept[0] != "6"
    if not chinese and " " not in text.strip() and len(letters) >= 5:
        vowels = sum(c in "aeiou" for c in letters)
        return vowels / len(letters) < 0.15 or is_mashed(text) or any(k * 2 in letters for k in _STRUCK)
    return is_mashed(text)
