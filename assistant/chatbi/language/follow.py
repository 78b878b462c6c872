"""Edits of the query before: “换成按城市”, “只看黄金会员”, “那上个月呢”."""

import re
from dataclasses import replace
from typing import Any

from assistant.chatbi.language import periods, units
from assistant.chatbi.language.assemble import assemble
from assistant.chatbi.language.outcome import Clarify, Option, Outcome, Reader, Refused, Understood
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.language.times import Time, in_year
from assistant.chatbi.language.tokens import Token
from assistant.chatbi.language.values import Value
from assistant.chatbi.query import DEFAULT, INHERITED, MOST_NAMED, PLACES, Calculation, Comparison, Filter, MetricQuery

_STARTS = re.compile(
    r"^(那么?|那就|换|改|只看|仅看|再|还有|按|去掉|除了?|剔除|排除|其中|加上|同比|环比|和|跟|与|比|分|各|具体|为什么|为何|如果|不看|取消)"
)
_FIRST = re.compile(r"^那?(?:排名?|排在)?(?:第一名|第一(?=的)|榜首|冠军)的?")
_AGAINST = re.compile("^那?(?:如果)?(?:比(?!例|重|较)|(?:和|跟|与|同|较)(?=.{2,14}(?:比|相比|对比)))")
_WHOLE_YEAR = re.compile("全年|整年|一整?年")
SHORT = 24
SPANS_OF_YEAR = 350  # days from which a period is a year of its own: “去年呢” then means that year


def is_follow_up(slots: Slots, reader: Reader) -> bool:
    """Whether a text edits the query before instead of asking anew."""
    if reader.previous is None or slots.empty or len(slots.text) > SHORT:
        return False
    if slots.has("those") or _FIRST.match(slots.text):
        return True
    if slots.has("overview") and (slots.times or "整体" not in slots.text):
        return False
    if not slots.metrics and not slots.ambiguous:
        return not slots.unread or bool(_STARTS.match(slots.text))
    asks_elliptic = bool(re.search(r"呢[?？]?$", slots.text)) and not slots.times and not slots.dimensions
    return asks_elliptic or bool(re.match(r"^(那|换成?|改成?|改看|再看)", slots.text))


def follow(slots: Slots, reader: Reader) -> Outcome:
    """The query before with what was said put in."""
    assert reader.previous is not None
    before = periods.whole_days(reader.previous, reader)
    those = _those(slots, reader.previous) or _the_one(slots, reader.previous)
    if isinstance(those, Clarify):
        return those
    again = _same_part(slots, reader)
    if isinstance(again, Refused):
        return again
    standing = _standing(slots, reader, before)
    if not isinstance(standing, Understood):
        return standing
    said = standing.query
    spoken = {k: v for k, v in said.spans.items() if v != DEFAULT}
    changes: dict[str, Any] = {"spans": dict.fromkeys(before.spans, INHERITED) | spoken, "supposed": said.supposed}
    time = reader.previous.time
    if slots.metrics or slots.ambiguous:
        changes |= {"metrics": said.metrics, "having": (), "order": None, "limit": None, "within": None, "subset": None}
        if before.order and before.order.metric in before.metrics:
            points = reader.catalogue.metrics[said.metrics[0]].in_points  # which have no rate of change
            by = "change" if points and before.order.by == "rate" else before.order.by
            changes["order"] = before.order.model_copy(update={"metric": said.metrics[0], "by": by})
            changes |= {"limit": before.limit, "within": before.within}
        changes["spans"]["metrics"] = said.spans.get("metrics", INHERITED)
    if slots.metrics or slots.ambiguous or said.per:
        changes["per"] = said.per
    if slots.times or slots.has("year", "previous", "lag"):
        time = standing.time if slots.times and not _held_against(slots) else time
        changes |= _times(slots, reader, before, standing)
    if again is not None:
        time = again
        against = before.comparison
        changes["period"] = again.period(reader.today)
        changes["comparison"] = (
            periods.reshift(again, against, reader) if against is not None and against.kind != "period" else None
        )
    if slots.has("trend", "grain") and not slots.times and _one_part(before, said):
        time = standing.time
        changes["period"] = said.period
        if before.comparison is not None and time is not None:
            changes["comparison"] = periods.reshift(time, before.comparison, reader)
    if slots.has("everywhere") or (slots.has("overview") and not slots.times):  # “整体怎么样”
        changes["filters"] = tuple(f for f in before.filters if f.dimension not in PLACES)
    if slots.values:
        changes["filters"] = _filters(changes.get("filters", before.filters), said)
    if those:
        kept = tuple(f for f in changes.get("filters", before.filters) if f.dimension != those.dimension)
        changes |= {
            "filters": (*kept, those),
            "order": None,
            "limit": None,
            "having": (),
            "within": None,
            "subset": None,
        }
        changes["spans"][f"filter:{those.dimension}"] = INHERITED
        if before.calculation is Calculation.RANK:
            changes["calculation"] = Calculation.BREAKDOWN
    if slots.dimensions or said.dimensions:
        changes["dimensions"] = said.dimensions
        changes["within"] = before.within if before.within in said.dimensions else None
        changes["grain"] = None if before.calculation is Calculation.TREND and not slots.has("trend") else before.grain
    kinds = _calculation(slots, before, said, changes)
    if kinds.get("comparison") and kinds["comparison"] == said.comparison and not slots.times:
        kinds["comparison"] = _of_before(reader, before, said)
    changes |= kinds
    changes |= _placed(slots, before, said, changes)
    several = before.calculation is Calculation.OVERVIEW or len(before.metrics) > MOST_NAMED
    if several and (asked := _of_overview(slots, before, changes, reader)) is not None:
        return asked
    query = MetricQuery(**{**_fields(before), **changes})
    return Understood(query, time, standing.tier, standing.notes)


def _those(slots: Slots, previous: Understood) -> Filter | Clarify | None:
    """“这几家”, “这家店”, “第一名的…”: the groups that the answer before showed."""
    cue, first = slots.cue("those"), _FIRST.match(slots.text)
    if cue is None and (first is None or not slots.metrics):
        return None
    before = previous.query
    word = slots.text[cue.start : cue.end] if cue else slots.text[: first.end() if first else 0]
    names = previous.groups
    if first is not None and cue is None:
        names = names[:1]
        slots.cues.pop("best", None)
    elif cue is not None and cue.word == "one" and len(names) > 1:
        return Clarify(f"“{word}”指哪一个？", tuple(Option(n, slots.text.replace(word, n)) for n in names[:4]))
    if not names and any(f.dimension in before.dimensions or not before.dimensions for f in before.filters):
        return None  # one was named before, and stays
    if not names:
        return Clarify(f"“{word}”指的是哪些？请把名字说出来。")
    slots.dimensions = [t for t in slots.dimensions if t.dimension != before.dimensions[0]]
    return Filter(dimension=before.dimensions[0], values=names)


def _the_one(slots: Slots, previous: Understood) -> Filter | None:
    """“为什么” after the one that stands first, or after whose place was asked for: of that one."""
    before = previous.query
    alone = before.calculation is Calculation.RANK and before.limit == 1 and len(previous.groups) == 1
    names = previous.groups if alone else before.placed
    if not names or not slots.has("why") or slots.values or slots.dimensions or slots.metrics:
        return None
    return Filter(dimension=before.dimensions[0], values=names)


def _same_part(slots: Slots, reader: Reader) -> Time | Refused | None:
    """“去年呢” after a month or a holiday: the same one of that year."""
    assert reader.previous is not None
    time = reader.previous.time
    if len(slots.times) != 1 or slots.times[0].unit != "year" or time is None or time.unit in ("year", "fiscal"):
        return None
    if (time.last - time.first).days >= SPANS_OF_YEAR or reader.previous.query.period is None:
        return None
    if slots.has("trend", "grain") or _WHOLE_YEAR.search(slots.text):
        return None
    moved = in_year(time, slots.times[0].first.year, reader.today, reader.calendar)
    slots.times = []
    if moved.future(reader.today):
        return Refused(f"{moved.label}还没有到，没有数据可看；可以问已经过去的时间。", "future")
    return moved


def _one_part(before: MetricQuery, said: MetricQuery) -> bool:
    """The period before is no longer than one part of the trend asked for."""
    grain = said.grain
    if grain is None or before.period is None:
        return False
    first, last = units.around(before.period.start, grain, 0, 1)
    return first <= before.period.start and before.period.end <= last


def _standing(slots: Slots, reader: Reader, before: MetricQuery) -> Outcome:
    """The text read as a question of its own, with the metrics of before where it names none."""
    if slots.metrics or slots.ambiguous:
        return assemble(slots, reader)
    borrowed = [Token(-1, -1, "metric", "", metric=m) for m in before.metrics]
    slots.metrics = borrowed
    if slots.has("place"):
        slots.values += _borrowed(slots, before)
    if not slots.dimensions and slots.has("rank", "best", "move", "share", "threshold", "ranking"):
        slots.dimensions = [Token(-1, -1, "dimension", "", dimension=d) for d in before.dimensions]
    times = slots.times
    if _held_against(slots) and reader.previous is not None and reader.previous.time is not None:
        slots.times = [replace(reader.previous.time, start=0, end=0), *times]
    made = assemble(slots, reader)
    slots.metrics, slots.times = [], times
    if isinstance(made, Understood):
        made.query.spans.pop("metrics", None)
    return made


def _borrowed(slots: Slots, before: MetricQuery) -> list[Token]:
    """Whose place it is, and among whom, where that was said before."""
    named = {v.dimension for t in slots.values for v in t.values}
    kept = [f for f in before.filters if not f.exclude and f.dimension not in named]
    kept += [Filter(dimension=d, values=before.placed) for d in before.dimensions if before.placed and d not in named]
    if slots.has("everywhere"):
        kept = [f for f in kept if f.dimension not in ("region", "city")]
    return [Token(-1, -1, "value", "、".join(f.values), values=(Value(f.dimension, f.values),)) for f in kept]


def _fields(query: MetricQuery) -> dict[str, Any]:
    return {name: getattr(query, name) for name in type(query).model_fields}


def _held_against(slots: Slots) -> bool:
    """“和上上个月比”, “比9月呢”: the period stays."""
    return len(slots.times) == 1 and bool(_AGAINST.match(slots.text))


def _times(slots: Slots, reader: Reader, before: MetricQuery, standing: Understood) -> dict[str, Any]:
    said = standing.query
    if _held_against(slots) and reader.previous is not None and reader.previous.time is not None:
        other = periods.against(reader.previous.time, slots.times[0], reader.today)
        return {"comparison": Comparison(kind="period", period=other)}
    if slots.times:
        found: dict[str, Any] = {"period": said.period, "comparison": said.comparison}
        if said.comparison is None and before.comparison and standing.time and before.comparison.kind != "period":
            found["comparison"] = periods.reshift(standing.time, before.comparison, reader)
        return found
    assert reader.previous is not None
    if (cue := slots.cue("lag")) and before.period is not None:
        return {"comparison": periods.lag(before.period, cue.word)}
    if reader.previous.time is None or said.comparison is None:
        return {}
    return {"comparison": periods.reshift(reader.previous.time, said.comparison, reader)}


def _of_overview(slots: Slots, before: MetricQuery, changes: dict[str, Any], reader: Reader) -> Clarify | None:
    """One of its metrics is a number of its own; of all of them only another period, place or grouping is asked for."""
    calculation = changes.get("calculation", before.calculation)
    if slots.metrics or slots.ambiguous:
        groups = Calculation.BREAKDOWN if changes.get("dimensions") else Calculation.VALUE
        changes["calculation"] = groups if calculation is Calculation.OVERVIEW else calculation
        return None
    if changes.get("dimensions") and calculation is Calculation.OVERVIEW:
        changes["calculation"] = Calculation.BREAKDOWN
    elif calculation not in (Calculation.OVERVIEW, Calculation.BREAKDOWN):
        name = reader.catalogue.metrics[before.metrics[0]].name
        return Clarify(f"概览里有好几个指标，请说出要看哪一个，比如“{name}{slots.text.rstrip('呢?？')}”。")
    return None


def _of_before(reader: Reader, before: MetricQuery, said: MetricQuery) -> Any:
    """What the period of the query before is held against, where the words name no period of their own."""
    assert reader.previous is not None
    time, against = reader.previous.time, said.comparison
    if time is None or against is None or before.period is None:
        return against
    return periods.reshift(time, against, reader)


def _placed(slots: Slots, before: MetricQuery, said: MetricQuery, changes: dict[str, Any]) -> dict[str, Any]:
    """Whose place is asked for: another one's, named now, or no longer anybody's."""
    if slots.has("place"):
        same = {"calculation", "dimensions", "order", "filters", "placed", "comparison", "having"}
        rest: dict[str, Any] = {"limit": None, "grain": None, "within": None}
        return {name: getattr(said, name) for name in same} | rest
    if not before.placed:
        return {}
    group = before.dimensions[0]
    named = tuple(v for f in said.filters if f.dimension == group and not f.exclude for v in f.values)
    if changes.get("calculation", before.calculation) is not Calculation.PLACE or said.dimensions not in ((), (group,)):
        kind = {"calculation": Calculation.BREAKDOWN} if "calculation" not in changes else {}
        return {**kind, "placed": (), "order": changes.get("order")}
    if not named:
        return {}
    filters = (*before.filters, *(f for f in said.filters if f.dimension != group))
    return {"placed": named, "filters": filters, "dimensions": (group,), "calculation": Calculation.PLACE}


def _filters(before: tuple[Filter, ...], said: MetricQuery) -> tuple[Filter, ...]:
    """A value replaces the one of its own dimension, and of a wider or narrower place. What is taken out is only that."""
    named = {f.dimension for f in said.filters if not f.exclude}
    out = {f.dimension: f.values for f in said.filters if f.exclude}
    kept = []
    for one in before:
        if one.dimension in named or (one.dimension in PLACES and named & PLACES):
            continue
        left = tuple(v for v in one.values if one.exclude or v not in out.get(one.dimension, ()))
        if left:
            kept.append(one.model_copy(update={"values": left}))
    return (*kept, *said.filters)


def _calculation(slots: Slots, before: MetricQuery, said: MetricQuery, changes: dict[str, Any]) -> dict[str, Any]:
    """The kind of question, where the words change it."""
    if slots.has("rank", "best", "move", "ranking", "threshold"):
        return {
            "calculation": said.calculation, "order": said.order, "limit": said.limit, "within": said.within,
            "having": said.having,
            "comparison": changes.get("comparison") or before.comparison or said.comparison,
            "dimensions": said.dimensions or before.dimensions,
        }  # fmt: skip
    if slots.has("share", "why", "words", "correlate", "distribution", "ticket_list", "member_list"):
        return {
            "calculation": said.calculation, "metrics": said.metrics if said.calculation in (Calculation.WORDS, Calculation.DISTRIBUTION) else changes.get("metrics", before.metrics),
            "dimensions": said.dimensions or before.dimensions, "order": None, "limit": None, "within": None, "grain": None,
            "comparison": changes.get("comparison") or before.comparison or said.comparison,
            "filters": changes.get("filters", before.filters) if said.calculation is not Calculation.WORDS else _filters(before.filters, said),
        }  # fmt: skip
    if slots.has("trend", "grain"):
        return {"calculation": Calculation.TREND, "grain": said.grain, "order": None, "limit": None, "within": None}
    dimensions = changes.get("dimensions", before.dimensions)
    grain = changes.get("grain", before.grain)
    if before.calculation in (Calculation.VALUE, Calculation.TREND) and dimensions and not grain:
        return {"calculation": Calculation.BREAKDOWN}
    return {}


__all__ = ["Clarify", "Refused", "follow", "is_follow_up"]
