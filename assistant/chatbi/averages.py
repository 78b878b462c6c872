"""The average that groups are held against: worked out first, then put into the conditions of the query.

Of rates and scores it is that of everything together; of sums it is that of one group. Enters: a query, and what runs
one. Leaves: the query with numbers in its conditions, and the sentence that says them. Raises BadInput where there is none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistant.chatbi import said
from assistant.chatbi.catalogue import Catalogue, averaged
from assistant.chatbi.query import PLACES, Calculation, MetricQuery, Subset, Threshold
from assistant.chatbi.run import Table
from assistant.domain.account import Scope
from assistant.errors import BadInput

Run = Callable[[MetricQuery], Table]
_ALONE: dict[str, Any] = {
    "grain": None, "comparison": None, "order": None, "limit": None, "within": None, "having": (), "subset": None,
    "placed": (), "supposed": None,
}  # fmt: skip


@dataclass(frozen=True)
class Average:
    """`groups`: over how many groups a sum was averaged, 0 where everything was taken together."""

    value: float | None
    groups: int = 0


def average(metric: str, query: MetricQuery, catalogue: Catalogue, run: Run) -> Average:
    """The average of a metric over the groups of a query, within its filters and period."""
    alone = {**_ALONE, "metrics": (metric,)}
    if catalogue.metrics[metric].type in ("additive", "distinct"):
        table = run(query.model_copy(update={**alone, "calculation": Calculation.BREAKDOWN}))
        if table.cut:  # the average of some is none
            return Average(None)
        values = [float(v) for row in table.rows if (v := row[len(query.dimensions)]) is not None]
        return Average(sum(values) / len(values) if values else None, len(values))
    row = run(query.model_copy(update={**alone, "calculation": Calculation.VALUE, "dimensions": ()})).rows
    return Average(float(row[0][0]) if row and row[0][0] is not None else None)


def resolved(query: MetricQuery, catalogue: Catalogue, scope: Scope, run: Run) -> tuple[MetricQuery, str]:
    """The query with every average as a number, and what those numbers are."""
    sentences: list[str] = []

    def number(one: Threshold, of: MetricQuery) -> Threshold:
        if not isinstance(one.value, str):
            return one
        if not of.dimensions or of.grain:
            raise BadInput("和平均比要按门店、城市、商品这些来分，比如“NPS低于平均的门店”。")
        whole = one.value == "overall"
        named = {*of.dimensions, *(PLACES if whole else ())}  # two stores are held against all, not against each other
        filters = tuple(f for f in of.filters if f.dimension not in named)
        found = average(one.metric, of.model_copy(update={"filters": filters}), catalogue, run)
        names = averaged(catalogue, query.metrics, query.per) if query.per else catalogue
        metric = names.metrics[one.metric]
        if found.value is None:
            raise BadInput(f"算不出{metric.name}的平均：没有数据，或者分组太多。")
        sentences.append(_words(found, metric.name, said.number(found.value, metric), of, catalogue, scope, whole))
        return one.model_copy(update={"value": found.value})

    having = tuple(number(t, query) for t in query.having)
    subset = query.subset
    if subset is not None:
        inside = _of_subset(query, subset)
        subset = subset.model_copy(update={"having": tuple(number(t, inside) for t in subset.having)})
    if not sentences:
        return query, ""
    return query.model_copy(update={"having": having, "subset": subset}), "".join(dict.fromkeys(sentences))


def _of_subset(query: MetricQuery, subset: Subset) -> MetricQuery:
    chosen = {"metrics": (subset.metric,), "dimensions": (subset.dimension,), "subset": None, "per": None}
    return query.model_copy(update={**chosen, "calculation": Calculation.RANK, "grain": None})


def _words(
    found: Average, name: str, number: str, query: MetricQuery, catalogue: Catalogue, scope: Scope, whole: bool
) -> str:
    where = "" if not whole else "集团" if scope.whole else "您权限内"
    if found.groups:
        nouns = "、".join(catalogue.dimensions[d].name for d in query.dimensions)
        return f"{where}平均每个{nouns}的{name}是{number}（有记录的{found.groups}个）。"
    return f"比的是{where}整体的{name}（{number}）。"
