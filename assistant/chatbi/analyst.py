"""Answers a metric query within a scope: compile, run, say, draw. The language stands before it, the journey above it."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from assistant.chatbi import averages, drivers, listings, overview
from assistant.chatbi.answer import Answer
from assistant.chatbi.catalogue import Catalogue, averaged
from assistant.chatbi.chart import chart
from assistant.chatbi.compile import Column, compile_query
from assistant.chatbi.coverage import Coverage
from assistant.chatbi.narrate import Narrator, against_words
from assistant.chatbi.places import Places
from assistant.chatbi.query import MOST_NAMED, Calculation, MetricQuery
from assistant.chatbi.run import Engine, Table
from assistant.chatbi.said import label, unit
from assistant.domain.account import Account, Scope
from assistant.errors import NotAllowed

FEWEST_PAIRS = 5
_XUN = str.maketrans("上中下", "123")


class Analyst:
    """One per process."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.coverage = Coverage(engine, catalogue)

    def answer(self, query: MetricQuery, scope: Scope, account: Account | None = None) -> Answer:
        """Raises `Refusal` where the query cannot be asked."""
        begun = time.perf_counter()
        unknown = self._unknown_by_counter(query, scope)
        headlines = query.calculation is Calculation.OVERVIEW or len(query.metrics) > MOST_NAMED
        if unknown and (not headlines or len(unknown) == len(query.metrics)):
            name = self.catalogue.metrics[unknown[0]].name
            raise NotAllowed(f"{name}只按门店统计，没有到专柜的数据；需要时请向店长了解。")
        query = query.model_copy(update={"metrics": tuple(m for m in query.metrics if m not in unknown)})
        if query.calculation is Calculation.TICKETS:
            made = listings.tickets(query, self.catalogue, scope, self.engine)
        elif query.calculation is Calculation.MEMBERS:
            made = listings.members(query, self.catalogue, scope, self.engine, account)
        else:
            made = self._numbers(query, scope)
        if query.calculation is Calculation.DRIVERS:
            numbered, _ = self._resolved(query, scope)
            made = replace(
                made, narrative=made.narrative + drivers.explain(numbered, self.catalogue, scope, self.engine)
            )
        if query.calculation is Calculation.WORDS:
            quotes = listings.quotes(query, self.catalogue, scope, self.engine)
            made = replace(made, quotes=quotes)
        if unknown:
            names = "、".join(self.catalogue.metrics[m].name for m in unknown)
            made = replace(made, narrative=f"{made.narrative}{names}只按门店统计，没有列出。")
        total = (time.perf_counter() - begun) * 1000
        return replace(made, scope=scope.words, ms={"engine": made.ms.get("engine", 0.0), "answer": total})

    def _unknown_by_counter(self, query: MetricQuery, scope: Scope) -> tuple[str, ...]:
        """Metrics of which whoever has counters alone would read nought, as nothing is known of them by counter."""
        if scope.whole or scope.stores or not scope.counters:
            return ()
        beside = query.touched | {"product"}
        return tuple(m for m in query.metrics if not self.catalogue.allows(m, beside))

    def table(self, query: MetricQuery, scope: Scope) -> Table:
        """Rows only."""
        query, _ = self._resolved(query, scope)
        compiled = compile_query(query, self.catalogue, scope)
        return self.engine.run(compiled.tree, compiled.parameters, scope.key)

    def _resolved(self, query: MetricQuery, scope: Scope) -> tuple[MetricQuery, str]:
        """With every average as a number, and what those numbers are."""
        return averages.resolved(query, self.catalogue, scope, lambda q: self.table(q, scope))

    def _numbers(self, query: MetricQuery, scope: Scope) -> Answer:
        first = self.coverage.check(query)
        numbered, average = self._resolved(_since(query, first), scope)
        compiled = compile_query(numbered, self.catalogue, scope)
        table = self.engine.run(compiled.tree, compiled.parameters, scope.key)
        nothing_yet = first is not None and query.period is not None and query.period.end < first
        rows = [] if nothing_yet else self._sorted(query, table)
        names = averaged(self.catalogue, query.metrics, query.per) if query.per else self.catalogue
        narrator = Narrator(query, names, scope, table.columns, first)
        empty = not rows or all(
            row[table.columns.index(m)] is None for row in rows for m in query.metrics if m in table.columns
        )
        if not empty and query.calculation is Calculation.PLACE:
            return self._place(query, scope, table, compiled.columns, narrator, names)
        if not empty and query.calculation is Calculation.OVERVIEW:
            return self._overview(query, table, narrator)
        text = narrator.text(rows) + average + narrator.left_out(self._too_small(query, scope))
        if query.calculation is Calculation.CORRELATE and not empty:
            text += self._correlation(query, table)
        if table.cut:
            text += f"结果较多，只列出前{len(rows)}行。"
        return Answer(
            status="empty" if empty else "answered",
            narrative=text,
            query=query,
            sql=table.sql,
            columns=tuple(described(c, names) for c in compiled.columns),
            rows=tuple(rows),
            chart=chart(query, names, table.columns, rows),
            ms={"engine": table.ms},
        )

    def _place(
        self, query: MetricQuery, scope: Scope, table: Table, columns: Sequence[Column], narrator: Narrator,
        names: Catalogue,
    ) -> Answer:  # fmt: skip
        """One among all, and the ranking that it stands in."""
        places = Places(query, names, table.columns, table.cut, scope.whole)
        name = query.metrics[0]
        mean = averages.average(name, _since(query, narrator.first), self.catalogue, lambda q: self.table(q, scope))
        ranked = tuple(tuple(row) for row in places.ranked(table.rows))
        return Answer(
            status="answered",
            narrative=f"{narrator.head()}：{places.text(table.rows, mean)}{narrator.known_since()}",
            query=query,
            sql=table.sql,
            columns=tuple(described(c, names) for c in columns),
            rows=ranked,
            chart=chart(query, names, table.columns, ranked),
            ms={"engine": table.ms},
        )

    def _overview(self, query: MetricQuery, table: Table, narrator: Narrator) -> Answer:
        """The headline metrics, one a row."""
        row = dict(zip(table.columns, table.rows[0], strict=True))
        one_by_one = {m: query.model_copy(update={"metrics": (m,)}) for m in query.metrics}
        first = {m: self.coverage.first(one) for m, one in one_by_one.items()}
        found = overview.lines(query, self.catalogue, row, first)
        against = against_words(query.comparison) if query.comparison else ""
        text = overview.text(found, against)
        return Answer(
            status="answered",
            narrative=f"{narrator.head()}：{text}{narrator.known_since()}",
            query=query,
            sql=table.sql,
            columns=overview.COLUMNS,
            rows=found,
            ms={"engine": table.ms},
        )

    def _too_small(self, query: MetricQuery, scope: Scope) -> int:
        """Groups that a ranking left out because too little was counted in them."""
        order = query.order
        least = self.catalogue.metrics[order.metric].min_sample if order else 0
        if order is None or not least or query.calculation is not Calculation.RANK or not query.dimensions:
            return 0
        everything = query.model_copy(
            update={
                "calculation": Calculation.BREAKDOWN,
                "metrics": (order.metric,),
                "order": None,
                "limit": None,
                "having": (),
                "within": None,
                "comparison": None,
            }  # fmt: skip
        )
        table = self.table(everything, scope)
        at = table.columns.index(f"{order.metric}_sample")
        return sum(1 for row in table.rows if 0 < float(row[at] or 0) < least)

    def _sorted(self, query: MetricQuery, table: Table) -> list[tuple[Any, ...]]:
        """Dimensions with an order of their own (tiers, weekdays, bands) keep it where nothing else was asked for."""
        rows = list(table.rows)
        if query.grain == "xun" and not query.order:
            at = table.columns.index("xun")
            return sorted(rows, key=lambda r: str(r[at]).translate(_XUN))
        if query.order or query.calculation is Calculation.SHARE or len(query.dimensions) != 1 or query.grain:
            return rows
        name = query.dimensions[0]
        if name == "hour":
            return sorted(rows, key=lambda r: r[table.columns.index(name)])
        order = {value: i for i, value in enumerate(self.catalogue.dimensions[name].order)}
        at = table.columns.index(name)
        return sorted(rows, key=lambda r: order.get(r[at], len(order))) if order else rows

    def _correlation(self, query: MetricQuery, table: Table) -> str:
        """Pearson's r over the groups, said with care."""
        first, second = (table.columns.index(m) for m in query.metrics[:2])
        pairs = [
            (float(r[first]), float(r[second])) for r in table.rows if r[first] is not None and r[second] is not None
        ]
        xs, ys = [p[0] for p in pairs], [p[1] for p in pairs]
        if len(pairs) < FEWEST_PAIRS or len(set(xs)) < 2 or len(set(ys)) < 2:
            return f"可比的组只有{len(pairs)}个，看不出两者的关系。"
        r = statistics.correlation(xs, ys)
        strength = "几乎没有" if abs(r) < 0.2 else "较弱的" if abs(r) < 0.4 else "中等的" if abs(r) < 0.7 else "较强的"
        way = "" if abs(r) < 0.2 else "正" if r > 0 else "负"
        names = "与".join(self.catalogue.metrics[m].name for m in query.metrics[:2])
        return f"{len(pairs)}个组里，{names}的相关系数为{r:.2f}，{strength}{way}相关。相关不等于因果。"


def described(column: Column, catalogue: Catalogue) -> dict[str, str]:
    """A column for people and programs."""
    return {
        "name": column.name,
        "label": label(column, catalogue),
        "role": column.role,
        "unit": unit(column, catalogue),
    }


def _since(query: MetricQuery, first: date | None) -> MetricQuery:
    """Averages by day count no days of which nothing is known."""
    period = query.period
    if query.per != "day" or first is None or period is None or not period.start < first <= period.end:
        return query
    return query.model_copy(update={"period": period.model_copy(update={"start": first})})
