"""Text as WeChat takes it: no Markdown, no control characters, at most 2048 bytes of UTF-8 a message."""

import re
import unicodedata

LIMIT = 2048
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_MARKDOWN = (
    (re.compile(r"```[a-z]*\n?|`"), ""),
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(?<!!)\[([^\]]+)\]\((https?://[^)\s]+)\)"), r"\1 \2"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.M), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"^\s{0,3}[-*+]\s+", re.M), "· "),
    (re.compile(r"^\s{0,3}>\s?", re.M), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)
_ENDS = ("\n\n", "\n", "。", "！", "？", "；", "!", "?", ";", "，", ",", " ")


def size(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode())


def plain(text: str) -> str:
    """Text without Markdown and without what XML or WeChat would refuse."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for pattern, kept in _MARKDOWN:
        text = pattern.sub(kept, text)
    return text.strip()


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Pieces of at most `limit` bytes, cut at the end of a paragraph, a sentence, a clause, else between characters."""
    pieces = []
    rest = text.strip()
    while size(rest) > limit:
        head = rest.encode()[:limit].decode(errors="ignore")
        cut = _cut(head, rest)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [p for p in [*pieces, rest] if p]


def _cut(head: str, whole: str) -> int:
    for end in _ENDS:
        at = head.rfind(end)
        if at >= len(head) // 2:
            return at + len(end)
    cut = len(head)
    while cut > 1 and _belongs_before(whole[cut]):  # never tear a letter from its marks, or an emoji apart
        cut -= 1
    return cut


def _belongs_before(character: str) -> bool:
    return (
        bool(unicodedata.combining(character))
        or character in "\u200d\ufe0f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
