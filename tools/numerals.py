"""Whole numbers as people write and say them in Chinese: "12", "十二", "两百零五", "三百五" (350), "俩".

Pure. Both the shoppers' and the staff's questions are read with it.
"""

DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "仨": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000}


def whole(text: str) -> int:
    """The number. Raises ValueError for what is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    total, digit, after = 0, 0, 1
    for character in text:
        if character in UNITS:
            after = UNITS[character]
            total, digit = total + (digit or 1) * after, 0
        elif character in DIGITS:
            digit = DIGITS[character]
            after = 1 if digit == 0 else after
        else:
            raise ValueError(f"no whole number: {text}")
    if not text:
        raise ValueError("no whole number in an empty text")
    return total + digit * (after // 10 if after >= 100 else 1)
