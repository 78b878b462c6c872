"""Numbers as Chinese text writes them: 十, 二十五, 两百, 3.5万, 1,200, 30%."""

import re

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
UNITS = {"十": 10, "百": 100, "千": 1000}
COUNT = r"(?:\d{1,4}|[一二两三四五六七八九十百]{1,5})"
AMOUNT = r"(?:负|-)?(?:\d[\d,]*(?:\.\d+)?|[零一二两三四五六七八九十百千]+)(?:万亿|亿|千万|百万|十万|万|千|百)?"
_SCALES = {"万亿": 1e12, "亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4, "千": 1e3, "百": 1e2}


def count(text: str) -> int | None:
    """A whole number, in digits or characters; None for something else."""
    if text.isascii() and text.isdigit():
        return int(text)
    total, current = 0, 0
    for char in text:
        if char in DIGITS:
            current = DIGITS[char]
        elif char in UNITS:
            total += (current or 1) * UNITS[char]
            current = 0
        else:
            return None
    return total + current if text else None


def amount(text: str) -> float | None:
    """A number with an optional scale: 3.5万 → 35000."""
    negative = text.startswith(("负", "-"))
    rest = text.lstrip("负-").replace(",", "")
    scale = next((s for s in _SCALES if rest.endswith(s) and len(rest) > len(s)), "")
    body = rest.removesuffix(scale)
    if re.fullmatch(r"\d+(\.\d+)?", body):
        value = float(body)
    elif (whole := count(body)) is not None:
        value = float(whole)
    else:
        return None
    return (-value if negative else value) * _SCALES.get(scale, 1.0)
