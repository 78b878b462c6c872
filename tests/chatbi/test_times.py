"""Chinese time expressions, read on 22 November 2026, a Sunday."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chatbi.language.holidays import calendar
from assistant.chatbi.language.times import Clocks, shifted

TODAY = date(2026, 11, 22)
CLOCKS = Clocks(TODAY, calendar())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("今天", "2026-11-22", "2026-11-22"), ("前天", "2026-11-20", "2026-11-20"),
        ("上周", "2026-11-09", "2026-11-15"), ("上上周", "2026-11-02", "2026-11-08"),
        ("上周三", "2026-11-11", "2026-11-11"), ("上周末", "2026-11-14", "2026-11-15"),
        ("上个月", "2026-10-01", "2026-10-31"), ("上上个月", "2026-09-01", "2026-09-30"),
        ("本月上旬", "2026-11-01", "2026-11-10"), ("上个月下旬", "2026-10-21", "2026-10-31"),
        ("近7天", "2026-11-16", "2026-11-22"), ("最近三十天", "2026-10-24", "2026-11-22"),
        ("过去两周", "2026-11-09", "2026-11-22"), ("近一年", "2025-11-23", "2026-11-22"),
        ("一季度", "2026-01-01", "2026-03-31"), ("去年第三季度", "2025-07-01", "2025-09-30"),
        ("2025年Q4", "2025-10-01", "2025-12-31"), ("去年下半年", "2025-07-01", "2025-12-31"),
        ("上财年", "2025-04-01", "2026-03-31"), ("二〇二五年三月", "2025-03-01", "2025-03-31"),
        ("10月1日到10月7日", "2026-10-01", "2026-10-07"), ("3月到5月", "2026-03-01", "2026-05-31"),
        ("10.1-10.7", "2026-10-01", "2026-10-07"), ("2026-10-01", "2026-10-01", "2026-10-01"),
        ("国庆期间", "2026-10-01", "2026-10-07"), ("去年春节", "2025-01-28", "2025-02-04"),
        ("双十一", "2026-11-01", "2026-11-11"), ("9月以来", "2026-09-01", "2026-11-22"),
        ("11月5号到昨天", "2026-11-05", "2026-11-21"), ("去年10月到今年3月", "2025-10-01", "2026-03-31"),
        ("本周一到周三", "2026-11-16", "2026-11-18"), ("上周五到周日", "2026-11-13", "2026-11-15"),
        ("上周日到周一", "2026-11-15", "2026-11-16"), ("这周日到周一", "2026-11-22", "2026-11-23"),
        ("上周一到本周三", "2026-11-09", "2026-11-18"), ("上周五至这周一", "2026-11-13", "2026-11-16"),
        ("上周末到周一", "2026-11-14", "2026-11-16"), ("上周日均", "2026-11-09", "2026-11-15"),
        ("这周二至今", "2026-11-17", "2026-11-22"), ("国庆以来", "2026-10-01", "2026-11-22"),
        ("上个月15号", "2026-10-15", "2026-10-15"), ("上月1号到15号", "2026-10-01", "2026-10-15"),
        ("上月前10天", "2026-10-01", "2026-10-10"), ("上月同期", "2026-10-01", "2026-10-22"),
        ("前三季度", "2026-01-01", "2026-09-30"), ("今年前5个月", "2026-01-01", "2026-05-31"),
        ("去年前两个季度", "2025-01-01", "2025-06-30"), ("前三个月", "2026-08-23", "2026-11-22"),
        ("双11当天", "2026-11-11", "2026-11-11"), ("去年中秋那天", "2025-10-06", "2025-10-06"),
        ("国庆7天", "2026-10-01", "2026-10-07"), ("中秋节那几天", "2026-09-25", "2026-09-27"),
        ("国庆假期那段时间", "2026-10-01", "2026-10-07"), ("最近几天", "2026-11-16", "2026-11-22"),
        ("昨儿个", "2026-11-21", "2026-11-21"), ("十一月", "2026-11-01", "2026-11-30"), ("十一", "2026-10-01", "2026-10-07"),
    ],
)  # fmt: skip
def test_an_expression_is_read(text: str, first: str, last: str) -> None:
    found = CLOCKS.find(f"{text}的销售额")

    assert [(t.first.isoformat(), t.last.isoformat()) for t in found] == [(first, last)]


@pytest.mark.parametrize("text", ["12月", "双12", "圣诞节"])
def test_a_name_without_a_year_is_the_latest_that_has_begun(text: str) -> None:
    assert CLOCKS.find(text)[0].first.year == 2025


@pytest.mark.parametrize("text", ["下个月", "明天", "明年", "明年3月", "今年12月", "2027年春节"])
def test_the_future_is_told_and_not_moved(text: str) -> None:
    assert CLOCKS.find(text)[0].future(TODAY)


@pytest.mark.parametrize("text", ["2月30日", "13月", "2026-02-31"])
def test_a_day_that_no_calendar_has_is_not_read(text: str) -> None:
    assert CLOCKS.find(text) == []


def test_a_period_that_is_not_over_is_to_date() -> None:
    period = CLOCKS.find("本月")[0].period(TODAY)

    assert (period.end, period.to_date) == (TODAY, True)


def test_to_date_is_compared_with_as_many_days() -> None:
    month = CLOCKS.find("本月")[0]

    before = shifted(month, "previous", TODAY, calendar())
    year = shifted(month, "year", TODAY, calendar())

    assert (before.first, before.last) == (date(2026, 10, 1), date(2026, 10, 22))
    assert (year.first, year.last) == (date(2025, 11, 1), date(2025, 11, 22))


def test_the_day_of_a_holiday_is_compared_with_that_day() -> None:
    day = shifted(CLOCKS.find("中秋当天")[0], "year", TODAY, calendar())

    assert (day.first, day.last) == (date(2025, 10, 6), date(2025, 10, 6))


def test_a_holiday_is_compared_with_the_same_holiday_however_it_moves() -> None:
    spring = CLOCKS.find("春节")[0]

    before = shifted(spring, "year", TODAY, calendar())

    assert (before.first, before.last) == (date(2025, 1, 28), date(2025, 2, 4))


@given(
    st.text(alphabet="上本近去今年月日周天季度旬一二三十两12345到至-春节国庆Q个", max_size=24),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
)
def test_whatever_is_written_no_period_ends_before_it_begins(text: str, today: date) -> None:
    for time in Clocks(today, calendar()).find(text):
        assert time.first <= time.last
        assert 0 <= time.start < time.end <= len(text)
        if not time.future(today):
            assert time.period(today).end <= today
            for kind in ("year", "previous"):
                other = shifted(time, kind, today, calendar()) if not time.holiday else time  # type: ignore[arg-type]
                assert other.first <= other.last + timedelta(days=0)
