"""Since when there are rows: before that, nothing is not zero.

Enters: the engine of the mart. Leaves: the first day of which the facts behind a query know something. Kept by version.
"""

from dataclasses import dataclass, field
from datetime import date

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language import units
from assistant.chatbi.query import Calculation, MetricQuery
from assistant.chatbi.run import Engine
from assistant.errors import BadInput


@dataclass
class Coverage:
    """One per process."""

    engine: Engine
    catalogue: Catalogue
    _days: dict[tuple[str, str], date | None] = field(default_factory=dict)

    def first(self, query: MetricQuery) -> date | None:
        """The first day of which one of the metrics knows all that it needs; None where none of them is a flow."""
        days = [d for m in query.metrics if (d := self._of(m, query.touched)) is not None]
        return min(days, default=None)

    def _of(self, metric: str, touched: frozenset[str]) -> date | None:
        flows = [f for f in self._facts(metric, touched) if self.catalogue.facts[f].kind == "flow"]
        return max((d for f in flows if (d := self._first(f)) is not None), default=None)

    def check(self, query: MetricQuery) -> date | None:
        """`first`. Raises BadInput where a comparison that lies before it decides what is shown."""
        first = self.first(query)
        if first is None or query.period is None:
            return first
        names = "、".join(self.catalogue.metrics[m].name for m in query.metrics)
        by_change = [query.order.by] if query.order else []
        by_change += [t.on for t in query.having]
        decides = query.calculation is Calculation.DRIVERS or {"change", "rate"} & set(by_change)
        if query.comparison and decides and query.comparison.period.end < first:
            label = query.comparison.period.label
            raise BadInput(f"{names}从{units.said(first)}开始才有数据，和{label}没法比较。")
        return first

    def _facts(self, metric: str, touched: frozenset[str]) -> set[str]:
        parts = self.catalogue.metrics[metric].of.values() or (metric,)
        return {f for m in parts if (f := self.catalogue.fact_for(m, touched)) is not None}

    def _first(self, fact: str) -> date | None:
        key = (self.engine.mart().stamp, fact)
        if key not in self._days:
            if any(stamp != key[0] for stamp, _ in self._days):
                self._days = {}
            table = self.catalogue.facts[fact].table
            found = self.engine.run(f"SELECT MIN(day) AS day FROM {table} LIMIT 1", {}, "coverage", whole=True).rows
            self._days[key] = found[0][0] if found else None
        return self._days[key]
