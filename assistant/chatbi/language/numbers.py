"""Numbers as Chinese text writes them: 十, 二十五, 两百, 3.5万, 1,200, 30%."""

import re

from tools.numerals import whole

COUNT = r"(?:\d{1,4}|[一二两三四五六七八九十百]{1,5})"
AMOUNT = r"(?:负|-)?(?:\d[\d,]*(?:\.\d+)?|[零一二两三四五六七八九十百千]+)(?:万亿|亿|千万|百万|十万|万|千|百)?"
_ABOVE_NUMERALS = ("万亿", "亿", "万")  # 十, 百 and 千 are a part of what is written in characters
_SCALES = {"万亿": 1e12, "亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4, "千": 1e3, "百": 1e2}


def count(text: str) -> int | None:
    """A whole number, in digits or characters; None for something else."""
    try:
        return whole(text)
    except ValueError:
        return None


def amount(text: str) -> float | None:
    """A number with an optional scale: 3.5万 → 35000."""
    negative = text.startswith(("负", "-"))
    rest = text.lstrip("负-").replace(",", "")
    scales = _SCALES if rest[:1].isascii() else _ABOVE_NUMERALS
    scale = next((s for s in scales if rest.endswith(s) and len(rest) > len(s)), "")
    body = rest.removesuffix(scale)
    if re.fullmatch(r"\d+(\.\d+)?", body):
        value = float(body)
    elif (counted := count(body)) is not None:
        value = float(counted)
    else:
        return None
    return (-value if negative else value) * _SCALES.get(scale, 1.0)
