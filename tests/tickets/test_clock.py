"""When a ticket must be answered: business hours, Shanghai time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clock import SHANGHAI, local
from assistant.tickets.clock import CLOSES, HOURS_TO_ANSWER, OPENS, due

moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
severities = st.sampled_from(sorted(HOURS_TO_ANSWER))


@pytest.mark.parametrize(
    ("filed", "severity", "expected"),
    [
        ("2026-11-22 11:00", "紧急", "2026-11-22 12:00"),
        ("2026-11-22 11:00", "高", "2026-11-22 15:00"),
        ("2026-11-22 20:30", "紧急", "2026-11-23 09:30"),
        ("2026-11-22 20:00", "紧急", "2026-11-22 21:00"),
        ("2026-11-22 21:00", "紧急", "2026-11-23 10:00"),
        ("2026-11-22 03:00", "紧急", "2026-11-22 10:00"),
        ("2026-11-22 09:00", "中", "2026-11-22 21:00"),
        ("2026-11-22 15:00", "中", "2026-11-23 15:00"),
        ("2026-11-22 12:00", "低", "2026-11-24 12:00"),
        ("2026-12-31 20:00", "高", "2027-01-01 12:00"),
    ],
)
def test_only_business_hours_count(filed: str, severity: str, expected: str) -> None:
    at = datetime.fromisoformat(filed).replace(tzinfo=SHANGHAI)

    assert local(due(at, severity)).strftime("%Y-%m-%d %H:%M") == expected


@given(moments, severities)
def test_the_deadline_lies_in_opening_hours_and_no_sooner_than_promised(at: datetime, severity: str) -> None:
    deadline = due(at, severity)

    assert OPENS < local(deadline).time() <= CLOSES
    assert deadline - at >= timedelta(hours=HOURS_TO_ANSWER[severity])
    assert deadline - at <= timedelta(days=HOURS_TO_ANSWER[severity] / 12 + 1)


@given(moments, severities, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_who_complains_earlier_is_answered_no_later(at: datetime, severity: str, later: timedelta) -> None:
    assert due(at, severity) <= due(at + later, severity)


@given(moments)
def test_what_is_graver_is_due_sooner(at: datetime) -> None:
    deadlines = [due(at, severity) for severity in ("紧急", "高", "中", "低")]

    assert deadlines == sorted(deadlines)
