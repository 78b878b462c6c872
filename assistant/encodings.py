"""Which encoding a text file has: UTF-8, or what spreadsheets on Chinese machines write."""

import codecs
from pathlib import Path

UTF_8, CHINESE = "utf-8-sig", "gb18030"
_BLOCK = 1 << 20


def encoding_of(path: Path) -> str:
    """By its bytes, in constant memory; the Chinese one is no promise that it can be read. Raises OSError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return CHINESE
    return UTF_8


def decoded(raw: bytes) -> str:
    """The text of a small file. Raises UnicodeDecodeError where it is none."""
    try:
        return raw.decode(UTF_8)
    except UnicodeDecodeError:
        return raw.decode(CHINESE)
