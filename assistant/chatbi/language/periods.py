"""Which period and which comparison a question means; a period in the future or off the calendar is refused."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from assistant.chatbi.catalogue import STATE_DAYS, STATES
from assistant.chatbi.language import units
from assistant.chatbi.language.outcome import Clarify, Option, Outcome, Reader, Refused, Understood
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.language.times import Time, shifted
from assistant.chatbi.query import DEFAULT, Calculation, Comparison, MetricQuery, Period

DEFAULT_DAYS = 30
_IMPOSSIBLE = re.compile(r"\d{1,2}月\d{1,2}[日号]?|\d{4}-\d{1,2}-\d{1,2}|\d+月份?")
_SAME_LENGTH = frozenset({"week", "month", "quarter", "half", "year", "fiscal"})


@dataclass
class Decided:
    """`time` is the expression behind the period, None where the metric has no time."""

    period: Period | None = None
    comparison: Comparison | None = None
    time: Time | None = None
    spans: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def decide(
    slots: Slots, reader: Reader, metrics: tuple[str, ...], calculation: Calculation
) -> Decided | Refused | Clarify:
    """The period said, else the default that suits the calculation."""
    if refused := refusal(slots, reader):
        return refused
    kinds = frozenset().union(*(reader.catalogue.kinds(m) for m in metrics))
    times = sorted(slots.times, key=lambda t: t.start)
    if kinds == {"current"}:
        return _now_only(times, reader, metrics)
    if kinds == {"period"} and not times:
        return Decided(spans={"period": DEFAULT})
    times = _until(times, slots)
    if slots.has("year") and slots.has("previous"):
        return _either(slots, "同比和环比请分开看", ("同比", "环比"))
    if (
        slots.has("growth")
        and not slots.has("year", "previous", "trend", "grain", "compare", "why", "move", "moved")
        and len(times) < 2
    ):
        return _either(slots, "变化是和什么比", ("环比", "同比", "趋势"))
    if len(times) > 2:
        return Clarify("一次只能看一个时间段，或者对比两个时间段，请分开问。")
    roles = _now_against(times[0], slots, reader.today) if len(times) == 1 else _roles(times, slots)
    if isinstance(roles, Clarify):
        return roles
    main, other = roles
    if main is not None and slots.text[main.start : main.end].endswith(("月底", "月末")) and not STATES & kinds:
        said = slots.text[main.start : main.end]
        whole = slots.text.replace(said, said[:-1])
        late = slots.text.replace(said, said[:-1] + "下旬")
        return Clarify(f"“{said}”是指整个月，还是下旬？", (Option("整个月", whole), Option("下旬", late)))
    spans = {"period": DEFAULT if main is None else slots.text[main.start : main.end]}
    if main is None:
        main = _default(slots, calculation, kinds, reader.today)
    decided = Decided(main.period(reader.today), None, main, spans)
    if other is not None:
        other = _same_part(main, other, slots)
        decided.comparison = Comparison(kind="period", period=against(main, other, reader.today))
        decided.spans["comparison"] = slots.text[other.start : other.end]
        days = decided.comparison.period.days
        if decided.period is not None and decided.period.days != days:
            decided.notes.append(f"两段时间天数不同：{decided.period.days}天对{days}天")
    elif cue := slots.cue("year") or slots.cue("previous"):
        kind: Literal["year", "previous"] = "year" if slots.has("year") else "previous"
        decided.comparison = _shift(main, kind, reader)
        decided.spans["comparison"] = slots.text[cue.start : cue.end]
    elif (cue := slots.cue("lag")) and decided.period is not None:
        decided.comparison = lag(decided.period, cue.word)
        decided.spans["comparison"] = slots.text[cue.start : cue.end]
    elif calculation in (Calculation.DRIVERS, Calculation.OVERVIEW) or slots.has("moved"):
        decided.comparison = previous(main, reader)
        decided.spans["comparison"] = DEFAULT
    if decided.comparison is not None and main.first == reader.today and decided.comparison.period.end < reader.today:
        decided.notes.append("今天还没有过完，和整天比会偏低")
    if "snapshot" in kinds and calculation is not Calculation.TREND and not slots.has("grain"):
        decided.notes += _of_month_end(decided, reader, metrics)
    parts = calculation is Calculation.TREND or slots.has("grain")
    return (_too_long_ago(decided, reader, parts) if STATES & kinds else None) or decided


def _of_month_end(decided: Decided, reader: Reader, metrics: tuple[str, ...]) -> list[str]:
    """What is known for month ends alone was asked for another day."""
    end = decided.period.end if decided.period else reader.today
    if end >= reader.today or (end + timedelta(days=1)).day == 1:
        return []
    names = "、".join(reader.catalogue.metrics[m].name for m in metrics if "snapshot" in reader.catalogue.kinds(m))
    return [f"{names}按月末统计，这里是此前最近一次的"]


def _too_long_ago(decided: Decided, reader: Reader, parts: bool) -> Refused | None:
    """How things stood is known for so many days; before them nothing was kept, which is not the same as none.

    Held against another period part by part, the first part of that one must be known too.
    """
    first = reader.today - timedelta(days=STATE_DAYS)
    before = decided.comparison.period if decided.comparison else None
    ends = [p.end for p in (decided.period, before) if p is not None]
    if parts and before is not None:
        ends.append(before.start)
    if all(end >= first for end in ends):
        return None
    return Refused(f"会员状态保留最近{STATE_DAYS}天，{units.said(first)}以前的看不到了，请问之后的时间。", "date")


def _until(times: list[Time], slots: Slots) -> list[Time]:
    """“本月截至昨天”: one period that ends with the second expression."""
    cue = slots.cue("until")
    if cue is None or len(times) != 2 or not times[0].end <= cue.start <= times[1].start:
        return times
    first, last = times
    if not first.first <= last.last <= first.last:
        return times
    label = units.between(first.first, last.last)
    return [Time(first.start, last.end, first.first, last.last, "range", label)]


def _either(slots: Slots, question: str, ways: tuple[str, ...]) -> Clarify:
    rest = slots.text
    for kind in ("year", "previous", "growth"):
        for cue in slots.cues.get(kind, []):
            rest = rest.replace(slots.text[cue.start : cue.end], "")
    rest = rest.rstrip("和与、,，的 ")
    return Clarify(f"{question}？", tuple(Option(w, f"{rest}{w}") for w in ways))


def refusal(slots: Slots, reader: Reader) -> Refused | None:
    """A period that has not begun, or one that no calendar knows."""
    for time in slots.times:
        if time.future(reader.today):
            return Refused(f"{time.label}还没有到，没有数据可看；可以问已经过去的时间。", "future")
    for match in _IMPOSSIBLE.finditer(slots.text):
        if not any(t.start < match.end() and t.end > match.start() for t in slots.times):
            return Refused(f"日历上没有“{match[0]}”，请换一个时间。", "date")
    return None


def _now_only(times: list[Time], reader: Reader, metrics: tuple[str, ...]) -> Decided | Refused:
    names = "、".join(reader.catalogue.metrics[m].name for m in metrics)
    if any(not t.first <= reader.today <= t.last for t in times):
        return Refused(f"{names}只有当前值，看不了过去的某个时间。", "date")
    return Decided(notes=[f"{names}是当前值"] if times else [])


def _now_against(time: Time, slots: Slots, today: date) -> tuple[Time, Time | None] | Clarify:
    """“跟上月比”, “比昨天”: the one that is going on, held against the only one that was named."""
    before, after = slots.text[: time.start], slots.text[time.end :]
    held = re.search("[比较]$", before) or (
        re.search("[跟和与同]$", before) and re.match("的?(?:相比|对比|比|相较)", after)
    )
    if not held or time.last >= today:
        return time, None
    said = slots.text[time.start : time.end]
    known = time.unit in ("day", "week", "month", "quarter", "half", "year")
    if not known or (time.unit != "year" and time.first.year != today.year):
        return Clarify(f"要拿哪一段时间和“{said}”比？请把两段时间都说出来，比如“本月比{said}”。")
    first, last = units.around(today, time.unit, 0, 1)
    label = units.named(first, time.unit) if time.unit != "day" else units.said(first)
    return Time(time.start, time.end, first, last, time.unit, label), time


def _roles(times: list[Time], slots: Slots) -> tuple[Time | None, Time | None]:
    """Which of two periods is asked for and which it is held against."""
    if not times:
        return None, None
    first, second = times
    between = slots.text[first.end : second.start]
    borrowed = first.end == 0  # from the query before, whose period stays
    if borrowed or re.search(r"比|较|对比|相比", between):
        return first, second
    return (first, second) if first.first >= second.first else (second, first)


def _same_part(main: Time, other: Time, slots: Slots) -> Time:
    """“本月1号到10号比上月同期”: the same days of that month, not as many as this one has had."""
    said = slots.text[other.start : other.end]
    unit = next(
        (u for word, u in (("周", "week"), ("星期", "week"), ("季", "quarter"), ("月", "month")) if word in said), ""
    )
    if not said.endswith("同期") or not unit or main.unit not in ("day", "range", "xun", "weekend"):
        return other
    if unit == "week":
        first, last = main.first - timedelta(weeks=1), main.last - timedelta(weeks=1)
    else:
        months = 3 if unit == "quarter" else 1
        first, last = units.back(main.first, months), units.back(main.last, months)
    return replace(other, first=first, last=last, unit="range", label=units.between(first, last))


def _default(slots: Slots, calculation: Calculation, kinds: frozenset[str], today: date) -> Time:
    grain = slots.cue("grain")
    if STATES & kinds and calculation is not Calculation.TREND and grain is None:
        first, _ = units.around(today, "month", 0, 1)
        return Time(0, 0, first, today, "month", units.named(first, "month"))
    days, label = DEFAULT_DAYS, f"近{DEFAULT_DAYS}天"
    if grain is not None or calculation is Calculation.TREND:
        word = grain.word if grain else "month" if STATES & kinds else "day"
        if word in ("month", "quarter", "half", "year"):
            months = 12 if word in ("month", "quarter") else 24
            first = units.back(today.replace(day=1), months - 1)
            return Time(0, 0, first, today, "range", f"近{months}个月")
        if word in ("week", "xun"):
            days, label = 84 - 7 + today.weekday() + 1, "近12周"
    return Time(0, 0, today - timedelta(days=days - 1), today, "days", label)


def previous(time: Time, reader: Reader) -> Comparison:
    """The period just before."""
    return _shift(time, "previous", reader)


def _shift(time: Time, kind: Literal["year", "previous"], reader: Reader) -> Comparison:
    other = shifted(time, kind, reader.today, reader.calendar)
    return Comparison(kind=kind, period=Period(start=other.first, end=other.last, label=other.label))


def full_days(outcome: Understood, slots: Slots, reader: Reader) -> Outcome:
    """Averages by day leave today out, which is not over; a window of so many days is then that of yesterday."""
    query, against = outcome.query, outcome.query.comparison
    ends = [p.end for p in (query.period, against.period if against else None) if p is not None]
    if query.per != "day" or query.period is None or max(ends) < reader.today:
        return outcome
    yesterday = replace(reader, today=reader.today - timedelta(days=1))
    period, time = query.period, outcome.time
    if period.end >= reader.today:
        if time is None or time.first >= reader.today:
            return _today_alone(slots, reader)
        if time.unit == "days":
            time = replace(time, first=time.first - timedelta(days=1), last=time.last - timedelta(days=1))
        period = time.period(yesterday.today)
        if against is not None and against.kind != "period":
            against = _shift(time, against.kind, yesterday)
        elif against is not None and against.period.days == query.period.days:
            against = _ending(against, against.period.end - timedelta(days=query.period.days - period.days))
    if against is not None and against.period.end >= reader.today:
        if against.period.start >= reader.today:
            return _today_alone(slots, reader)
        against = _ending(against, yesterday.today)
    note = f"今天还没有过完，日均只算到昨天（{units.said(yesterday.today)}）"
    made = query.model_copy(update={"period": period, "comparison": against})
    return replace(outcome, query=made, notes=(*outcome.notes, note))


def _ending(against: Comparison, last: date) -> Comparison:
    first = against.period.start
    return against.model_copy(update={"period": Period(start=first, end=last, label=units.between(first, last))})


def _today_alone(slots: Slots, reader: Reader) -> Clarify:
    """There is no full day to count: the sum so far, or another day."""
    question = f"今天（{units.said(reader.today)}）还没有过完，算不了日均。您要看到目前为止的总数，还是前几天的日均？"
    time = next((t for t in slots.times if t.first >= reader.today), None)
    cue = slots.cue("mean")
    if time is None or cue is None:
        return Clarify(question)
    text = slots.text
    said, mean = text[time.start : time.end], text[cue.start : cue.end]
    options = (("到目前的总数", text.replace(mean, "")), ("近7天的日均", text.replace(said, "近7天")))
    return Clarify(question, tuple(Option(label, asked) for label, asked in options))


def whole_days(before: Understood, reader: Reader) -> MetricQuery:
    """The query with today in its period again, where an average by day left it out."""
    query, time = before.query, before.time
    if query.per != "day" or time is None or time.future(reader.today):
        return query
    against = reshift(time, query.comparison, reader) if query.comparison else None
    return query.model_copy(update={"period": time.period(reader.today), "comparison": against})


def lag(period: Period, unit: str) -> Comparison:
    """The same days a week or a month before."""
    if unit == "week":
        first, last = period.start - timedelta(weeks=1), period.end - timedelta(weeks=1)
    else:
        first, last = units.back(period.start, 1), units.back(period.end, 1)
    return Comparison(kind="period", period=Period(start=first, end=last, label=units.between(first, last)))


def reshift(time: Time, comparison: Comparison, reader: Reader) -> Comparison:
    """The comparison of a query whose period was changed."""
    return comparison if comparison.kind == "period" else _shift(time, comparison.kind, reader)


def against(main: Time, other: Time, today: date) -> Period:
    """Held against as many days as the main period has had, where it is still going on."""
    if main.last > today and main.unit == other.unit and main.unit in _SAME_LENGTH and other.last <= today:
        last = min(other.last, other.first + (today - main.first))
        return Period(start=other.first, end=last, label=units.between(other.first, last))
    return other.period(today)
