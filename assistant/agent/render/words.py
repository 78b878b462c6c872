"""Small pieces of wording: money, counts, days, the two languages."""

from collections.abc import Sequence
from datetime import date, datetime

from assistant.clock import local
from assistant.domain.message import Choice


def pick(english: bool, zh: str, en: str) -> str:
    return en if english else zh


def yuan(cents: int) -> str:
    """¥1,299 or ¥12.50."""
    return f"¥{cents / 100:,.2f}".removesuffix(".00")


def day(value: date | datetime, english: bool = False) -> str:
    value = local(value).date() if isinstance(value, datetime) else value
    return f"{value:%-d %b %Y}" if english else f"{value.year}年{value.month}月{value.day}日"


def short_day(value: date | datetime) -> str:
    value = local(value).date() if isinstance(value, datetime) else value
    return f"{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    here = local(value)
    return f"{here.month}月{here.day}日 {here:%H:%M}"


def choices(*labels: str) -> tuple[Choice, ...]:
    """Quick replies that say what they show."""
    return tuple(Choice(label, label) for label in labels)


def listed(items: Sequence[str]) -> str:
    return "、".join(items)
