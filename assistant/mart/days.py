"""The calendar dimension: what week, ten-day period, month, quarter and half a day belongs to."""

from collections.abc import Iterator
from datetime import date, timedelta

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
DayRow = tuple[date, str, date, str, str, str, str, str, int]


def day_rows(first: date, last: date) -> Iterator[DayRow]:
    """Rows in the column order of the staging table `days`, both ends included."""
    day = first
    while day <= last:
        month = f"{day:%Y-%m}"
        ends = int((day + timedelta(days=1)).month != day.month)
        yield (
            day,
            WEEKDAYS[day.weekday()],
            day - timedelta(days=day.weekday()),
            f"{month}{'上旬' if day.day <= 10 else '中旬' if day.day <= 20 else '下旬'}",
            month,
            f"{day.year}年Q{(day.month + 2) // 3}",
            f"{day.year}年{'上半年' if day.month <= 6 else '下半年'}",
            f"{day.year}年",
            ends,
        )
        day += timedelta(days=1)
