"""Time: aware UTC inside, Asia/Shanghai where people read it. Everything that asks for the time takes a `Clock`."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """The real clock. Tests use `FixedClock`."""

    def now(self) -> datetime:
        """The present moment as aware UTC."""
        return datetime.now(UTC)


class FixedClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


def local(at: datetime) -> datetime:
    """The same moment in Asia/Shanghai."""
    return at.astimezone(SHANGHAI)


def show_time(at: datetime) -> str:
    """A moment as people write it in chat, for example ``11月22日 14:05``."""
    here = local(at)
    return f"{here.month}月{here.day}日 {here:%H:%M}"


def show_date(at: datetime) -> str:
    """A day as people write it in chat, for example ``2026年11月22日``."""
    here = local(at)
    return f"{here.year}年{here.month}月{here.day}日"
