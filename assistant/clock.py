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
