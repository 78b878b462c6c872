"""Weeks, ten-day periods, months, quarters, halves and years of local days, and how they are said."""

from calendar import monthrange
from datetime import date, timedelta

NAMED = frozenset({"week", "month", "quarter", "half", "year", "fiscal"})
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "fiscal": 12}


def back(day: date, months: int, *, end: bool = False) -> date:
    """So many months earlier; the last day of a month stays the last with `end`."""
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    length = monthrange(year, month + 1)[1]
    at_end = end and day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if at_end else min(day.day, length))


def around(day: date, unit: str, shift: int, fiscal_month: int) -> tuple[date, date]:
    """First and last day of the unit that holds `day`, moved by `shift` units."""
    if unit == "day":
        moved = day + timedelta(days=shift)
        return moved, moved
    if unit == "week":
        first = day - timedelta(days=day.weekday()) + timedelta(weeks=shift)
        return first, first + timedelta(days=6)
    if unit == "xun":
        first = day.replace(day=1 if day.day <= 10 else 11 if day.day <= 20 else 21)
        last = first.replace(day=monthrange(first.year, first.month)[1] if first.day == 21 else first.day + 9)
        return first, last
    length = _MONTHS[unit]
    begins = fiscal_month if unit == "fiscal" else 1
    index = day.year * 12 + day.month - 1 - (begins - 1)
    index = index // length * length + shift * length + begins - 1
    first = date(index // 12, index % 12 + 1, 1)
    return first, back(first, -length) - timedelta(days=1)


def named(first: date, unit: str) -> str:
    """The name of the unit that begins on `first`."""
    if unit == "week":
        return between(first, first + timedelta(days=6)) + "这周"
    if unit == "month":
        return f"{first.year}年{first.month}月"
    if unit == "quarter":
        return f"{first.year}年{'一二三四'[(first.month - 1) // 3]}季度"
    if unit == "half":
        return f"{first.year}年{'上' if first.month == 1 else '下'}半年"
    if unit == "fiscal":
        return f"{first.year}财年"
    return f"{first.year}年" if unit == "year" else said(first)


def said(day: date, *, year: bool = True) -> str:
    """2026年11月22日."""
    return f"{day.year}年{day.month}月{day.day}日" if year else f"{day.month}月{day.day}日"


def between(first: date, last: date) -> str:
    """2026年11月1日至22日."""
    if first == last:
        return said(first)
    if first.year != last.year:
        return f"{said(first)}至{said(last)}"
    return f"{said(first)}至{said(last, year=False)}"
