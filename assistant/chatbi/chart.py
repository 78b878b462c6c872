"""The chart of a result as an ECharts option: plain data, drawn by any page."""

from collections.abc import Sequence
from typing import Any

from assistant.chatbi.answer import plain
from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.query import Calculation, MetricQuery
from assistant.chatbi.said import key

MOST_BARS = 30
MOST_SLICES = 8
_TAILS = {"change": "变化", "rate": "变化率", "share": "占比"}


def chart(
    query: MetricQuery, catalogue: Catalogue, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> dict[str, Any] | None:
    """{"type", "option"}: number, line, bar, pie or scatter; None where there is nothing to draw."""
    if not rows:
        return None
    at = {name: i for i, name in enumerate(names)}
    if not query.dimensions and not query.grain:
        value = plain(rows[0][at[query.metrics[0]]])
        return {"type": "number", "option": {"value": value, "unit": catalogue.metrics[query.metrics[0]].unit}}
    if query.calculation is Calculation.CORRELATE:
        return _scatter(query, catalogue, at, rows)
    if query.grain and query.calculation is not Calculation.RANK:
        return _lines(query, catalogue, at, rows)
    if query.calculation is Calculation.SHARE and len(query.dimensions) == 1 and len(rows) <= MOST_SLICES:
        return _pie(query, at, rows)
    return _bars(query, catalogue, at, rows)


def _label(query: MetricQuery, at: dict[str, int], row: Sequence[Any]) -> str:
    keys = [*query.dimensions, *([query.grain] if query.grain else [])]
    return "·".join(key(row[at[k]], k == query.grain) for k in keys)


def _axis(metric: str, catalogue: Catalogue) -> dict[str, Any]:
    return {"type": "value", "name": f"{catalogue.metrics[metric].name}（{catalogue.metrics[metric].unit}）"}


def _lines(
    query: MetricQuery, catalogue: Catalogue, at: dict[str, int], rows: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    grain = at[str(query.grain)]
    times = list(dict.fromkeys(row[grain] for row in rows))
    groups: dict[str, dict[Any, Any]] = {}
    for row in rows:
        for metric in query.metrics:
            parts = [str(row[at[d]]) for d in query.dimensions] or [catalogue.metrics[metric].name]
            if query.dimensions and len(query.metrics) > 1:
                parts.append(catalogue.metrics[metric].name)
            groups.setdefault("·".join(parts), {})[row[grain]] = plain(row[at[metric]])
            if not query.dimensions and (before := f"{metric}_previous") in at:
                groups.setdefault("·".join([*parts, "对比期"]), {})[row[grain]] = plain(row[at[before]])
    series = [
        {"name": name, "type": "line", "data": [points.get(t) for t in times]}
        for name, points in list(groups.items())[:MOST_SLICES]
    ]
    option = {
        "tooltip": {"trigger": "axis"},
        "legend": {"data": [s["name"] for s in series]},
        "xAxis": {"type": "category", "data": [str(plain(t)) for t in times]},
        "yAxis": _axis(query.metrics[0], catalogue),
        "series": series,
    }
    return {"type": "line", "option": option}


def _bars(
    query: MetricQuery, catalogue: Catalogue, at: dict[str, int], rows: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    shown = rows[:MOST_BARS]
    series = []
    by_value = True
    for metric in query.metrics[:2]:
        column, name = metric, catalogue.metrics[metric].name
        if query.order and query.order.metric == metric and query.order.by != "value":
            column, name = f"{metric}_{query.order.by}", name + _TAILS[query.order.by]
        by_value = by_value and column == metric
        series.append({"name": name, "type": "bar", "data": [plain(r[at[column]]) for r in shown]})
    if by_value and query.comparison and len(query.metrics) == 1 and f"{query.metrics[0]}_previous" in at:
        series.append(
            {"name": "对比期", "type": "bar", "data": [plain(r[at[f"{query.metrics[0]}_previous"]]) for r in shown]}
        )
    option = {
        "tooltip": {"trigger": "axis"},
        "legend": {"data": [s["name"] for s in series]},
        "xAxis": {"type": "category", "data": [_label(query, at, r) for r in shown]},
        "yAxis": _axis(query.metrics[0], catalogue),
        "series": series,
    }
    return {"type": "bar", "option": option}


def _pie(query: MetricQuery, at: dict[str, int], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    data = [{"name": _label(query, at, r), "value": plain(r[at[query.metrics[0]]])} for r in rows]
    return {"type": "pie", "option": {"tooltip": {"trigger": "item"}, "series": [{"type": "pie", "data": data}]}}


def _scatter(
    query: MetricQuery, catalogue: Catalogue, at: dict[str, int], rows: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    first, second = query.metrics[:2]
    data = [[plain(r[at[first]]), plain(r[at[second]]), _label(query, at, r)] for r in rows]
    option = {
        "xAxis": _axis(first, catalogue), "yAxis": _axis(second, catalogue),
        "series": [{"type": "scatter", "data": data}],
    }  # fmt: skip
    return {"type": "scatter", "option": option}
