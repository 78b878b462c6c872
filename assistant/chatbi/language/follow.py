"""Edits of the query before: “换成按城市”, “只看黄金会员”, “那上个月呢”."""

import re
from typing import Any

from assistant.chatbi.language import periods
from assistant.chatbi.language.assemble import assemble
from assistant.chatbi.language.outcome import Clarify, Outcome, Reader, Refused, Understood
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.query import DEFAULT, INHERITED, Calculation, Filter, MetricQuery

_STARTS = re.compile(
    r"^(那么?|那就|换|改|只看|仅看|再|还有|按|去掉|除了?|剔除|排除|其中|加上|同比|环比|和|跟|与|比|分|各|具体|为什么|为何|如果|不看|取消)"
)
SHORT = 24


def is_follow_up(slots: Slots, reader: Reader) -> bool:
    """Whether a text edits the query before instead of asking anew."""
    if reader.previous is None or slots.empty or len(slots.text) > SHORT:
        return False
    if not slots.metrics and not slots.ambiguous:
        return not slots.unread or bool(_STARTS.match(slots.text))
    asks_elliptic = bool(re.search(r"呢[?？]?$", slots.text)) and not slots.times and not slots.dimensions
    return asks_elliptic or bool(re.match(r"^(那|换成?|改成?|改看|再看)", slots.text))


def follow(slots: Slots, reader: Reader) -> Outcome:
    """The query before with what was said put in."""
    assert reader.previous is not None
    before = reader.previous.query
    standing = _standing(slots, reader, before)
    if not isinstance(standing, Understood):
        return standing
    said = standing.query
    spoken = {k: v for k, v in said.spans.items() if v != DEFAULT}
    changes: dict[str, Any] = {"spans": dict.fromkeys(before.spans, INHERITED) | spoken}
    time = reader.previous.time
    if slots.metrics or slots.ambiguous:
        changes |= {"metrics": said.metrics, "having": (), "order": None, "limit": None, "within": None, "subset": None}
        if before.order and before.order.metric in before.metrics:
            changes["order"] = before.order.model_copy(update={"metric": said.metrics[0]})
            changes |= {"limit": before.limit, "within": before.within}
        changes["spans"]["metrics"] = said.spans.get("metrics", INHERITED)
    if slots.times or slots.has("year", "previous"):
        time = standing.time if slots.times else time
        changes |= _times(slots, reader, before, standing)
    if slots.values:
        changes["filters"] = _filters(before, said)
    if slots.dimensions or said.dimensions:
        changes["dimensions"] = said.dimensions
        changes["within"] = before.within if before.within in said.dimensions else None
        changes["grain"] = None if before.calculation is Calculation.TREND and not slots.has("trend") else before.grain
    changes |= _calculation(slots, before, said, changes)
    query = MetricQuery(**{**_fields(before), **changes})
    return Understood(query, time, standing.tier, standing.notes)


def _standing(slots: Slots, reader: Reader, before: MetricQuery) -> Outcome:
    """The text read as a question of its own, with the metrics of before where it names none."""
    if slots.metrics or slots.ambiguous:
        return assemble(slots, reader)
    from assistant.chatbi.language.tokens import Token

    borrowed = [Token(-1, -1, "metric", "", metric=m) for m in before.metrics]
    slots.metrics = borrowed
    if not slots.dimensions and slots.has("rank", "best", "move", "share", "threshold", "ranking"):
        slots.dimensions = [Token(-1, -1, "dimension", "", dimension=d) for d in before.dimensions]
    made = assemble(slots, reader)
    slots.metrics = []
    if isinstance(made, Understood):
        made.query.spans.pop("metrics", None)
    return made


def _fields(query: MetricQuery) -> dict[str, Any]:
    return {name: getattr(query, name) for name in type(query).model_fields}


def _times(slots: Slots, reader: Reader, before: MetricQuery, standing: Understood) -> dict[str, Any]:
    said = standing.query
    if slots.times:
        found: dict[str, Any] = {"period": said.period, "comparison": said.comparison}
        if said.comparison is None and before.comparison and standing.time and before.comparison.kind != "period":
            found["comparison"] = periods.reshift(standing.time, before.comparison, reader)
        return found
    assert reader.previous is not None
    if reader.previous.time is None or said.comparison is None:
        return {}
    return {"comparison": periods.reshift(reader.previous.time, said.comparison, reader)}


def _filters(before: MetricQuery, said: MetricQuery) -> tuple[Filter, ...]:
    """A value replaces the one of its own dimension, and of a wider or narrower place."""
    places = {"region", "city", "store"}
    named = {f.dimension for f in said.filters}
    kept = [f for f in before.filters if f.dimension not in named and not (f.dimension in places and named & places)]
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
            "filters": changes.get("filters", before.filters) if said.calculation is not Calculation.WORDS else _filters(before, said),
        }  # fmt: skip
    if slots.has("trend", "grain"):
        return {"calculation": Calculation.TREND, "grain": said.grain, "order": None, "limit": None, "within": None}
    dimensions = changes.get("dimensions", before.dimensions)
    grain = changes.get("grain", before.grain)
    if before.calculation in (Calculation.VALUE, Calculation.TREND) and dimensions and not grain:
        return {"calculation": Calculation.BREAKDOWN}
    return {}


__all__ = ["Clarify", "Refused", "follow", "is_follow_up"]
