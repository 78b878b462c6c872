"""The rows of facts that an asker may see: joins for the dimensions needed, the scope, the period, the filters.

`fact_rows` is the only place that reads a fact, and the scope stands there. Values go in as bound parameters. Enters:
catalogue and scope. Leaves: selects over one fact, and the common table expressions and parameters that they need.
Called by the compiler, and by what lists single rows. Raises `NotAllowed` for an empty scope.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlglot
from sqlglot import exp

from assistant.chatbi.catalogue import GRAINS, TIME_DIMENSIONS, Catalogue
from assistant.chatbi.language import units
from assistant.chatbi.query import Filter, MetricQuery, Period
from assistant.domain.account import Scope
from assistant.errors import NotAllowed

DAY_KINDS: dict[str, Callable[[date], str]] = {  # dimensions that a day alone decides
    "weekday": lambda day: units.WEEKDAYS[day.weekday()],
    "day_type": lambda day: "周末" if day.weekday() >= 5 else "工作日",
}
_CASES = {
    "day_type": "CASE WHEN w.weekday IN ('周六', '周日') THEN '周末' ELSE '工作日' END",
    "day_part": "CASE WHEN f.hour < 12 THEN '上午' WHEN f.hour < 18 THEN '下午' WHEN f.hour < 24 THEN '晚上' ELSE '未知' END",
}  # fmt: skip


@dataclass(frozen=True)
class Later:
    """How far the parts of a comparison lie before those of the period: whole months, or days."""

    months: int = 0
    days: int = 0

    def of(self, day: exp.Expr) -> exp.Expr:
        """The day so much later."""
        amount, unit = (self.months, "MONTH") if self.months else (self.days, "DAY")
        step = exp.Interval(this=exp.Literal.string(str(amount)), unit=exp.var(unit))
        return exp.cast(exp.Add(this=day, expression=step), "DATE")


def later(query: MetricQuery) -> Later | None:
    """By how much the comparison of a trend is moved, so that January stands beside January."""
    if query.grain is None or query.period is None or query.comparison is None:
        return None
    now, then = query.period.start, query.comparison.period.start
    if query.grain in ("day", "week"):
        months = (now.year - then.year) * 12 + now.month - then.month
        if query.grain == "day" and now.day == then.day and months % 12 == 0:
            return Later(months=months)
        first, before = (units.around(d, query.grain, 0, 1)[0] for d in (now, then))
        return Later(days=(first - before).days)
    first, before = (units.around(d, query.grain, 0, 1)[0] for d in (now, then))
    return Later(months=(first.year - before.year) * 12 + first.month - before.month)


@dataclass
class Facts:
    """Collects common table expressions and parameters of one statement."""

    catalogue: Catalogue
    scope: Scope
    ctes: list[tuple[str, exp.Select]] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scope.empty:
            raise NotAllowed("您的账号还没有可查看的门店，请联系管理员开通权限。")
        if self.scope.whole:
            return
        stores = [self.bind(s) for s in sorted(self.scope.stores)]
        inside = exp.column("store_id").isin(*stores) if stores else exp.false()
        self.ctes.append(("scope_stores", sqlglot.select("store_id").from_("d_store").where(inside)))
        pairs: exp.Expr = exp.false()
        for store, brand in sorted(self.scope.counters):
            pair = exp.column("store_id", "s").eq(self.bind(store)).and_(exp.column("brand", "p").eq(self.bind(brand)))
            pairs = exp.or_(pairs, pair)
        if self.scope.counters:
            counters = (
                sqlglot.select("s.store_id", "p.product_id")
                .from_("d_store AS s")
                .join("d_product AS p", join_type="cross")
            )
            self.ctes.append(("scope_counters", counters.where(pairs)))

    def bind(self, value: Any) -> exp.Placeholder:
        """A parameter, used again where the same value stood before."""
        for name, known in self.parameters.items():
            if known == value and type(known) is type(value):
                return exp.Placeholder(this=name)
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return exp.Placeholder(this=name)

    def finish(self, body: exp.Select) -> exp.Select:
        for name, select in self.ctes:
            body = body.with_(name, as_=select, copy=False)
        return body

    def fact_rows(
        self, fact_name: str, needed: frozenset[str], *, period: Period | None, later: Later | None = None
    ) -> exp.Select:
        """FROM and WHERE of one fact: joins for the dimensions needed (a grain among them), the scope, the time.

        `later`: the grain is that of so much later, for a period that is held against another part by part.
        """
        fact = self.catalogue.facts[fact_name]
        day = self.column(fact_name, "day")
        rows = exp.Select().from_(f"{fact.table} AS f")
        if fact.kind == "spells":
            ends = exp.alias_(exp.Subquery(this=self._ends("d_state_day", needed, period)), "e", table=True)
            rows = rows.join(ends, join_type="cross").where("e.day BETWEEN f.first_day AND f.last_day")
        for join in fact.joins:
            if any(self.catalogue.dimensions[d].via == join and d not in fact.dims for d in needed if d not in GRAINS):
                key, alias = f"{join}_id", join[0]
                rows = rows.join(f"d_{join} AS {alias}", on=f"{alias}.{key} = f.{key}", join_type="left")
        if needed & GRAINS.keys():
            rows = rows.join("d_day AS t", on=exp.column("day", "t").eq(later.of(day) if later else day))
        if needed & {"weekday", "day_type"}:
            rows = rows.join("d_day AS w", on=exp.column("day", "w").eq(day))
        if not self.scope.whole:
            rows = rows.where(self.in_scope("product" in fact.joins))
        if fact.kind == "snapshot":
            return rows.where(exp.In(this=day, query=exp.Subquery(this=self._ends("d_snapshot", needed, period))))
        if period is None or fact.kind in ("current", "spells"):
            return rows
        return rows.where(exp.Between(this=day, low=self.bind(period.start), high=self.bind(period.end)))

    def _ends(self, days: str, needed: frozenset[str], period: Period | None) -> exp.Select:
        """The days on which a state is looked at: the last one of the period, or of each of its parts."""
        last = sqlglot.select("MAX(d.day) AS day").from_(f"{days} AS d")
        if period is not None:
            last = last.where(exp.column("day", "d") <= self.bind(period.end))
        for grain in needed & TIME_DIMENSIONS:
            last = last.join("d_day AS b", on="b.day = d.day").group_by(exp.column(grain, "b"))
            if period is not None:
                last = last.where(exp.column("day", "d") >= self.bind(period.start))
        return last

    def in_scope(self, has_product: bool) -> exp.Expr:
        store = exp.column("store_id", "f")
        inside: exp.Expr = exp.In(this=store, query=exp.Subquery(this=sqlglot.select("store_id").from_("scope_stores")))
        if has_product and self.scope.counters:
            pairs = (
                sqlglot.select("1")
                .from_("scope_counters AS c")
                .where("c.store_id = f.store_id AND c.product_id = f.product_id")
            )
            inside = exp.or_(inside, exp.Exists(this=pairs))
        return inside

    def column(self, fact_name: str, dimension: str) -> exp.Expr:
        """The dimension as a label that is never NULL, so that it can be joined on."""
        fact = self.catalogue.facts[fact_name]
        if dimension == "day":
            return exp.column("day", "e" if fact.kind == "spells" else "f")
        if dimension in GRAINS:
            return exp.column(dimension, "t")
        if dimension in _CASES:
            return sqlglot.parse_one(_CASES[dimension], read="duckdb")
        via = self.catalogue.dimensions[dimension].via
        own = dimension in fact.dims
        found = exp.column(dimension, "f" if own else {"day": "w"}.get(via, via[0]))
        if dimension == "hour":
            return found
        nothing = "无活动" if dimension == "campaign" else "散客" if via == "member" and not own else "未知"
        return exp.func("COALESCE", found, exp.Literal.string(nothing))

    def filtered(self, rows: exp.Select, fact_name: str, filters: tuple[Filter, ...]) -> exp.Select:
        for one in filters:
            values = [self.bind(int(v.removesuffix("时")) if one.dimension == "hour" else v) for v in one.values]
            inside: exp.Expr = exp.In(this=self.column(fact_name, one.dimension), expressions=values)
            rows = rows.where(exp.Not(this=inside) if one.exclude else inside)
        return rows
