"""Metric query → SQL, within a scope.

Each fact is aggregated alone, then facts are joined on the dimensions, so that nothing fans out. Enters: query,
catalogue, scope. Leaves: `Compiled`. Raises `BadInput` where the metric cannot be asked this way, `NotAllowed` for an
empty scope.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import sqlglot
from sqlglot import exp

from assistant.chatbi.catalogue import Catalogue, Metric
from assistant.chatbi.check import check, touched
from assistant.chatbi.facts import DAY_KINDS, Facts, Later, later
from assistant.chatbi.query import Calculation, Filter, MetricQuery, Order, Period, Subset, Threshold
from assistant.domain.account import Scope
from assistant.errors import BadInput

MOST_ROWS = 1000
Role = Literal["dimension", "value", "previous", "change", "rate", "share", "sample"]


@dataclass(frozen=True)
class Column:
    """A column of a result. `name` is a dimension, a grain, or a metric with a suffix."""

    name: str
    role: Role
    of: str


@dataclass(frozen=True)
class Compiled:
    """A statement with its parameters; `sql()` renders it for DuckDB, and for others on request."""

    tree: exp.Select
    parameters: dict[str, Any]
    columns: tuple[Column, ...]

    def sql(self, dialect: str = "duckdb") -> str:
        return render(self.tree, self.parameters, dialect)


def render(tree: exp.Select, parameters: dict[str, Any], dialect: str = "duckdb") -> str:
    """SQL text with named placeholders in the way of the dialect."""
    if dialect != "clickhouse":
        return tree.sql(dialect)
    typed = tree.copy()
    for place in typed.find_all(exp.Placeholder):
        value = parameters[str(place.this)]
        kind = "DATE" if isinstance(value, date) else "DOUBLE" if isinstance(value, float | int) else "TEXT"
        place.set("kind", exp.DataType.build(kind))
    return typed.sql(dialect)


def compile_query(query: MetricQuery, catalogue: Catalogue, scope: Scope) -> Compiled:
    """The whole statement."""
    check(query, catalogue)
    builder = Builder(catalogue, scope)
    body, columns = builder.statement(query)
    return Compiled(builder.finish(body), builder.parameters, columns)


class Builder(Facts):
    """Puts the facts of one statement together."""

    def statement(self, query: MetricQuery, tag: str = "q") -> tuple[exp.Select, tuple[Column, ...]]:
        """The body of a query, its facts having gone into the common table expressions."""
        keys = (*query.dimensions, *((query.grain,) if query.grain else ()))
        post, pre = self._split_filters(query)
        if query.subset:
            self._subset(query, query.subset, pre, f"{tag}_subset")
        now = self._frames(query, keys, pre, query.period, tag)
        before = None
        if query.comparison:
            before = self._frames(query, keys, pre, query.comparison.period, f"{tag}_before", later(query))
        values, columns = self._values(query, keys, now, before)
        return self._finish(query, keys, values, columns, post), columns

    def _split_filters(self, query: MetricQuery) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
        """Filters on a grouped dimension come after the share is taken of the whole."""
        if query.calculation is not Calculation.SHARE:
            return (), query.filters
        post = tuple(f for f in query.filters if f.dimension in query.dimensions)
        return post, tuple(f for f in query.filters if f not in post)

    def _frames(
        self, query: MetricQuery, keys: tuple[str, ...], filters: tuple[Filter, ...], period: Period | None, tag: str,
        moved: Later | None = None,
    ) -> exp.Select:  # fmt: skip
        """Every fact of the metrics aggregated by the keys, joined; columns `m0_n`, `m0_d` …"""
        by_fact: dict[tuple[str, frozenset[str]], list[tuple[str, str]]] = {}
        for i, name in enumerate(query.metrics):
            needed = touched(name, query, self.catalogue)
            for fact, part, text in self._parts(name, needed):
                by_fact.setdefault((fact, needed), []).append((f"m{i}_{part}", text))
        if query.per == "store":
            for fact, _, text in self._parts("store_count", query.touched):
                by_fact.setdefault((fact, query.touched), []).append(("stores", text))
        frames = []
        for number, ((fact, needed), parts) in enumerate(by_fact.items()):
            wanted = frozenset({*needed, *keys})
            rows = self.fact_rows(fact, wanted, period=period, later=moved)
            rows = self.filtered(rows, fact, tuple(f for f in filters if f.dimension in needed))
            if query.subset:
                chosen = sqlglot.select("k0").from_(f"{tag.removesuffix('_before')}_subset")
                rows = rows.where(
                    exp.In(this=self.column(fact, query.subset.dimension), query=exp.Subquery(this=chosen))
                )
            for k, key in enumerate(keys):
                group = exp.column("day", "t") if moved and key == "day" else self.column(fact, key)
                rows = rows.select(exp.alias_(group, f"k{k}")).group_by(group.copy())
            for alias, text in parts:
                rows = rows.select(exp.alias_(sqlglot.parse_one(text, read="duckdb"), alias))
            frames.append((f"{tag}_f{number}", rows, [alias for alias, _ in parts]))
        for name, rows, _ in frames:
            self.ctes.append((name, rows))
        return self._joined([(n, a) for n, _, a in frames], len(keys), tag)

    def _parts(self, name: str, needed: frozenset[str]) -> list[tuple[str, str, str]]:
        """(fact, part, expression) of a metric. The metrics of an `of` give their only value."""
        metric = self.catalogue.metrics[name]
        if metric.of:
            return [(f, part, t) for part, m in metric.of.items() for f, _, t in self._parts(m, needed)]
        fact = self.catalogue.fact_for(name, needed)
        if self.scope.counters:  # a counter is a brand in a store: only facts that know the product can be cut to it
            fact = self.catalogue.fact_for(name, needed | {"product"}) or fact
        assert fact is not None, "check() has seen to it"
        return [(fact, part, text) for part, text in metric.facts[fact].items()]

    def _joined(self, frames: list[tuple[str, list[str]]], keys: int, tag: str) -> exp.Select:
        names = [f"k{i}" for i in range(keys)]
        if not keys:
            joined = exp.Select().from_(frames[0][0])
            for name, _ in frames[1:]:
                joined = joined.join(name, join_type="cross")
            columns = [f"{name}.{alias}" for name, aliases in frames for alias in aliases]
        else:
            union: exp.Expr = sqlglot.select(*names).from_(frames[0][0])
            for name, _ in frames[1:]:
                union = exp.union(union, sqlglot.select(*names).from_(name))
            joined = exp.Select().from_(exp.alias_(exp.Subquery(this=union), "k", table=True))
            for name, _ in frames:
                joined = joined.join(name, on=" AND ".join(f"{name}.{n} = k.{n}" for n in names), join_type="left")
            columns = [f"k.{n}" for n in names] + [f"{n}.{a}" for n, aliases in frames for a in aliases]
        joined = joined.select(*columns)
        self.ctes.append((f"{tag}_all", joined))
        return joined

    def _values(
        self, query: MetricQuery, keys: tuple[str, ...], now: exp.Select, before: exp.Select | None
    ) -> tuple[exp.Select, tuple[Column, ...]]:
        tag = self.ctes[-1][0].removesuffix("_before_all").removesuffix("_all")
        names = [f"k{i}" for i in range(len(keys))]
        columns = [Column(key, "dimension", key) for key in keys]
        rows = exp.Select().from_(f"{tag}_all AS n")
        if before is not None and keys:
            on = " AND ".join(f"n.{k} = b.{k}" for k in names)
            rows = rows.join(f"{tag}_before_all AS b", on=on, join_type="left" if query.grain else "full")
        elif before is not None:
            rows = rows.join(f"{tag}_before_all AS b", join_type="cross")
        for k in names:
            both = f"COALESCE(n.{k}, b.{k})" if before is not None else f"n.{k}"
            rows = rows.select(exp.alias_(sqlglot.parse_one(both, read="duckdb"), k))
        for i, name in enumerate(query.metrics):
            metric = self.catalogue.metrics[name]
            rows = rows.select(exp.alias_(self._per(query, self._value(metric, f"n.m{i}_"), "n"), f"v{i}"))
            columns.append(Column(name, "value", name))
            if before is not None:
                rows = rows.select(exp.alias_(self._per(query, self._value(metric, f"b.m{i}_"), "b"), f"b{i}"))
                columns += [Column(f"{name}_previous", "previous", name), Column(f"{name}_change", "change", name)]
                columns += [] if metric.in_points else [Column(f"{name}_rate", "rate", name)]
            if query.calculation is Calculation.SHARE and self.catalogue.sums(name, query.touched):
                columns.append(Column(f"{name}_share", "share", name))
            if sample := self._sample(query, name, f"n.m{i}_"):
                rows = rows.select(exp.alias_(sample, f"s{i}"))
                columns.append(Column(f"{name}_sample", "sample", name))
        return rows, tuple(columns)

    def _per(self, query: MetricQuery, value: exp.Expr, side: str) -> exp.Expr:
        """The value by day, or by store of the group."""
        if query.per == "store":
            stores = exp.func("NULLIF", exp.column("stores", side), exp.Literal.number(0))
            return exp.Div(this=exp.paren(1.0 * value), expression=stores)
        period = query.period if side == "n" else query.comparison.period if query.comparison else None
        if query.per is None or period is None:
            return value
        return exp.Div(this=exp.paren(value), expression=self._days(query, period))

    def _days(self, query: MetricQuery, period: Period) -> exp.Expr:
        """How many days of the period count, by the kinds of day that are filtered or grouped by."""
        days = [period.start + timedelta(days=n) for n in range(period.days)]
        for one in query.filters:
            if one.dimension in DAY_KINDS:
                days = [d for d in days if (DAY_KINDS[one.dimension](d) in one.values) != one.exclude]
        grouped = next((d for d in query.dimensions if d in DAY_KINDS), None)
        if grouped is None:
            return _number(len(days))
        counts = Counter(DAY_KINDS[grouped](d) for d in days)
        case = exp.Case()
        for kind, count in counts.items():
            case = case.when(exp.column(f"k{query.dimensions.index(grouped)}", "n").eq(self.bind(kind)), _number(count))
        return exp.paren(case)

    def _value(self, metric: Metric, prefix: str) -> exp.Expr:
        if metric.formula:
            tree = sqlglot.parse_one(metric.formula, read="duckdb")
            tree = tree.transform(
                lambda node: (
                    sqlglot.parse_one(prefix + node.name, read="duckdb") if isinstance(node, exp.Column) else node
                )
            )
            for division in reversed(list(tree.find_all(exp.Div))):  # inner ones first: wrapping copies what it wraps
                if not isinstance(division.expression, exp.Nullif):
                    division.set("expression", exp.func("NULLIF", division.expression, exp.Literal.number(0)))
            return tree
        if metric.type in ("additive", "distinct"):
            return sqlglot.parse_one(f"COALESCE({prefix}v, 0)", read="duckdb")
        if metric.type == "quantile":
            return sqlglot.parse_one(f"{prefix}v", read="duckdb")
        return sqlglot.parse_one(f"{metric.scale} * {prefix}n / NULLIF({prefix}d, 0)", read="duckdb")

    def _sample(self, query: MetricQuery, name: str, prefix: str) -> exp.Expr | None:
        metric = self.catalogue.metrics[name]
        if not metric.min_sample:
            return None
        parts = next(iter(metric.facts.values()), {"d": ""})
        return sqlglot.parse_one(f"COALESCE({prefix}{'s' if 's' in parts else 'd'}, 0)", read="duckdb")

    def _finish(
        self, query: MetricQuery, keys: tuple[str, ...], values: exp.Select, columns: tuple[Column, ...],
        post: tuple[Filter, ...],
    ) -> exp.Select:  # fmt: skip
        """Names, changes and shares; then conditions, order and limit on them."""
        inner = exp.Select().from_(exp.alias_(exp.Subquery(this=values), "v", table=True))
        place = {name: i for i, name in enumerate(query.metrics)}
        for c in columns:
            inner = inner.select(exp.alias_(_expression(c, keys, place), c.name, quoted=True))
        outer = sqlglot.select("*").from_(exp.alias_(exp.Subquery(this=inner), "r", table=True))
        for one in post:
            inside = exp.In(this=exp.column(one.dimension, quoted=True), expressions=[self.bind(v) for v in one.values])
            outer = outer.where(exp.Not(this=inside) if one.exclude else inside)
        for threshold in query.having:
            outer = outer.where(self._threshold(threshold))
        order = query.order
        if order or query.having:
            for name in {*([order.metric] if order else []), *(t.metric for t in query.having)}:
                if (
                    keys
                    and (least := self.catalogue.metrics[name].min_sample)
                    and query.calculation is Calculation.RANK
                ):
                    outer = outer.where(exp.column(f"{name}_sample", quoted=True) >= self.bind(least))
        ordered = self._ordered(outer, query, keys)
        if query.within:
            return self._within(ordered, query.within, query.limit or 1, columns)
        return ordered.limit(min(query.limit or MOST_ROWS, MOST_ROWS) + (not query.limit))

    def _within(self, ordered: exp.Select, group: str, limit: int, columns: tuple[Column, ...]) -> exp.Select:
        """The first rows of each group, group by group."""
        by = exp.column(group, quoted=True)
        place = exp.Window(this=exp.RowNumber(), partition_by=[by], order=ordered.args["order"].pop())
        ranked = exp.alias_(exp.Subquery(this=ordered.select(exp.alias_(place, "place"))), "g", table=True)
        rows = exp.Select().select(*(exp.column(c.name, quoted=True) for c in columns)).from_(ranked)
        return (
            rows.where(exp.column("place") <= self.bind(limit)).order_by(by, exp.column("place")).limit(MOST_ROWS + 1)
        )

    def _threshold(self, threshold: Threshold) -> exp.Expr:
        if isinstance(threshold.value, str):
            raise BadInput("要和平均比，先要算出平均。")
        kinds: dict[str, type[exp.Binary]] = {">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE, "=": exp.EQ}
        left = exp.column(_column_of(threshold.metric, threshold.on), quoted=True)
        return kinds[threshold.op](this=left, expression=self.bind(float(threshold.value)))

    def _ordered(self, outer: exp.Select, query: MetricQuery, keys: tuple[str, ...]) -> exp.Select:
        order = query.order
        if order:
            column = exp.column(_column_of(order.metric, order.by), quoted=True)
            outer = outer.where(exp.Not(this=exp.Is(this=column, expression=exp.null())))
            outer = outer.order_by(exp.Ordered(this=column, desc=order.descending, nulls_first=False))
        elif keys and not query.grain:
            first = exp.column(query.metrics[0], quoted=True)
            outer = outer.order_by(exp.Ordered(this=first, desc=True, nulls_first=False))
        for key in (*(k for k in keys if k == query.grain), *(k for k in keys if k != query.grain)):
            outer = outer.order_by(exp.Ordered(this=exp.column(key, quoted=True), desc=False, nulls_first=False))
        return outer

    def _subset(self, query: MetricQuery, subset: Subset, filters: tuple[Filter, ...], name: str) -> None:
        """The chosen members of a dimension, by a query of its own within the same scope, filters and period."""
        usable = tuple(
            f for f in filters if self.catalogue.allows(subset.metric, frozenset({f.dimension, subset.dimension}))
        )
        inner = MetricQuery(
            calculation=Calculation.RANK,
            metrics=(subset.metric,),
            dimensions=(subset.dimension,),
            filters=usable,
            period=query.period,
            comparison=query.comparison if _needs_before(subset.order, subset.having) else None,
            order=subset.order,
            limit=subset.limit,
            having=subset.having,
        )
        check(inner, self.catalogue)
        body, _ = self.statement(inner, name)
        chosen = exp.Select().select(exp.alias_(exp.column(subset.dimension, quoted=True), "k0"))
        self.ctes.append((name, chosen.from_(exp.alias_(exp.Subquery(this=body), "chosen", table=True))))


def _number(days: int) -> exp.Expr:
    """A divisor that is a fraction, and nothing where there are no days."""
    return exp.Literal.number(f"{days}.0") if days else exp.null()


def _needs_before(order: Order | None, having: tuple[Threshold, ...]) -> bool:
    return bool(order and order.by in ("change", "rate")) or any(t.on in ("change", "rate") for t in having)


def _column_of(metric: str, by: str) -> str:
    return metric if by == "value" else f"{metric}_{by}"


def _expression(column: Column, keys: tuple[str, ...], place: dict[str, int]) -> exp.Expr:
    if column.role == "dimension":
        return exp.column(f"k{keys.index(column.name)}", "v")
    i = place[column.of]
    text = {
        "value": f"v.v{i}",
        "previous": f"v.b{i}",
        "change": f"v.v{i} - v.b{i}",
        "rate": f"100.0 * (v.v{i} - v.b{i}) / NULLIF(ABS(v.b{i}), 0)",
        "share": f"100.0 * v.v{i} / NULLIF(SUM(v.v{i}) OVER (), 0)",
        "sample": f"v.s{i}",
    }[column.role]
    return sqlglot.parse_one(text, read="duckdb")
