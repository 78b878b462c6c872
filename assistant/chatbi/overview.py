"""The headline metrics as one table, each beside what it was before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assistant.chatbi import said
from assistant.chatbi.catalogue import Catalogue, Metric
from assistant.chatbi.query import MetricQuery, Period

COLUMNS = tuple(
    {"name": name, "label": label, "role": "dimension", "unit": ""}
    for name, label in (("metric", "指标"), ("value", "数值"), ("previous", "对比期"), ("change", "变化"))
)
Line = tuple[str, str, str, str]


def lines(
    query: MetricQuery, catalogue: Catalogue, row: Mapping[str, Any], first: Mapping[str, date | None]
) -> tuple[Line, ...]:
    """Name, value, value before and change of every metric, in words. `first`: the days from which each is known."""
    against = query.comparison.period if query.comparison else None
    made = []
    for name in query.metrics:
        metric = catalogue.metrics[name]
        now = row[name] if _known(query.period, first[name]) else None
        before = row.get(f"{name}_previous") if _known(against, first[name]) else None
        change = said.change(now, before, metric) or "无法比较"
        note = said.verdict(now, before, metric) if change not in ("持平", "无法比较") else ""
        value = said.number(now, metric) + _small(metric, row.get(f"{name}_sample"))
        made.append((metric.name, value, said.number(before, metric), f"{change}，{note}" if note else change))
    return tuple(made)


def text(found: Sequence[Line], against: str) -> str:
    """The table as one sentence."""
    return (
        "；".join(f"{name}{value}，{change.split('，')[0]}" for name, value, _, change in found)
        + f"。变化是{against}。"
    )


def _known(period: Period | None, first: date | None) -> bool:
    """Whether there were rows at all: before them nothing is not zero."""
    return period is None or first is None or period.end >= first


def _small(metric: Metric, count: Any) -> str:
    """A mark on what rests on too little."""
    if count is None or not 0 < float(count) < metric.min_sample:
        return ""
    return f"（样本{int(count)}，仅供参考）"
