"""When an answer is due: hours of business time (9:00–21:00 every day in Asia/Shanghai) by severity."""

from datetime import UTC, datetime, time, timedelta

from assistant.clock import SHANGHAI

OPENS, CLOSES = time(9), time(21)
HOURS_TO_ANSWER = {"紧急": 1, "高": 4, "中": 12, "低": 24}


def due(at: datetime, severity: str) -> datetime:
    """The deadline of a ticket filed at `at`, counting business hours only."""
    left = timedelta(hours=HOURS_TO_ANSWER[severity])
    here = at.astimezone(SHANGHAI)
    while True:
        start = datetime.combine(here.date(), OPENS, SHANGHAI)
        end = datetime.combine(here.date(), CLOSES, SHANGHAI)
        here = max(here, start)
        if here < end:
            if here + left <= end:
                return (here + left).astimezone(UTC)
            left -= end - here
        here = start + timedelta(days=1)
