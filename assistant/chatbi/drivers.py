"""Why a number changed: the change taken apart by store, aspect, category …, the largest contributions first.

For sums a group contributes the difference of its own sums. For ratios n/d it contributes its share of the change:
Δ = Σ (nᵢ₁/D₁ − nᵢ₀/D₀) corrected for its weight, (nᵢ₁ − R₀·dᵢ₁)/D₁ − (nᵢ₀ − R₀·dᵢ₀)/D₀, which adds up to R₁ − R₀.
"""

from dataclasses import dataclass
from typing import Any

from assistant.chatbi import said
from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.compile import compile_query
from assistant.chatbi.query import Calculation, Filter, MetricQuery
from assistant.chatbi.run import Engine
from assistant.domain.account import Scope

TRIED = ("region", "store", "category", "touchpoint", "channel", "customer", "tier", "ticket_category", "product")
SHOWN = 3
# all groups, whatever the question shows of them
_BARE: dict[str, Any] = {"grain": None, "order": None, "limit": None, "within": None, "per": None, "having": ()}


@dataclass(frozen=True)
class Contribution:
    """How much of the change one group brings, in the unit of the metric."""

    group: str
    amount: float


def explain(query: MetricQuery, catalogue: Catalogue, scope: Scope, engine: Engine) -> str:
    """Sentences that follow the number and its change."""
    name = query.metrics[0]
    metric = catalogue.metrics[name]
    filtered = {f.dimension for f in query.filters}
    text, said_of = "", 0
    for dimension in TRIED:
        if dimension in filtered or not catalogue.allows(name, query.touched | {dimension}):
            continue
        if dimension in ("region", "store") and "store" in filtered:
            continue
        found = contributions(query, dimension, catalogue, scope, engine)
        if len(found) < 2:
            continue
        total = sum(c.amount for c in found)
        same_way = [c for c in found if c.amount * total > 0][:SHOWN]
        if not same_way or not total:
            continue
        noun = catalogue.dimensions[dimension].name
        parts = "、".join(
            f"{c.group}（{'+' if c.amount > 0 else '−'}{said.number(abs(c.amount), metric)}）" for c in same_way
        )
        text += f"按{noun}看，影响最大的是{parts}。"
        said_of += 1
        if said_of == 2:
            break
    return text + _words(query, catalogue, scope, engine)


def contributions(
    query: MetricQuery, dimension: str, catalogue: Catalogue, scope: Scope, engine: Engine
) -> list[Contribution]:
    """All groups of a dimension, the largest contribution first. Empty where the metric cannot be taken apart."""
    name = query.metrics[0]
    metric = catalogue.metrics[name]
    if query.comparison is None or metric.type in ("quantile", "distinct") or metric.formula or metric.of:
        return []
    split = query.model_copy(update={**_BARE, "calculation": Calculation.BREAKDOWN, "dimensions": (dimension,)})
    compiled = compile_query(split, catalogue, scope)
    table = engine.run(compiled.tree, compiled.parameters, scope.key)
    at = {c: i for i, c in enumerate(table.columns)}
    if metric.type == "additive":
        found = [
            Contribution(str(r[at[dimension]]), float(r[at[name]] or 0) - float(r[at[f"{name}_previous"]] or 0))
            for r in table.rows
        ]
    else:
        found = _of_ratio(split, dimension, catalogue, scope, engine)
    return sorted(found, key=lambda c: (-abs(c.amount), c.group))


def _of_ratio(
    query: MetricQuery, dimension: str, catalogue: Catalogue, scope: Scope, engine: Engine
) -> list[Contribution]:
    name = query.metrics[0]
    assert query.comparison is not None
    now, before = (
        _parts(query, period, dimension, catalogue, scope, engine) for period in (query.period, query.comparison.period)
    )
    d1 = sum(d for _, d in now.values())
    n0, d0 = sum(n for n, _ in before.values()), sum(d for _, d in before.values())
    if not d1 or not d0:
        return []
    base, scale = n0 / d0, catalogue.metrics[name].scale
    found = []
    for group in {**now, **before}:
        a, b = now.get(group, (0.0, 0.0)), before.get(group, (0.0, 0.0))
        found.append(Contribution(group, scale * ((a[0] - base * a[1]) / d1 - (b[0] - base * b[1]) / d0)))
    return found


def _parts(
    query: MetricQuery, period: object, dimension: str, catalogue: Catalogue, scope: Scope, engine: Engine
) -> dict[str, tuple[float, float]]:
    """Numerator and denominator by group in a period."""
    one = query.model_copy(update={"period": period, "comparison": None})
    compiled = compile_query(one, catalogue, scope)
    frame = next(select for name, select in _frames(compiled.tree) if name == "q_all")
    tree = compiled.tree.copy()
    tree.set("expressions", [])
    tree = tree.select("k0", "m0_n", "m0_d", append=False)
    tree.set("from_", frame)
    for clause in ("where", "order", "limit"):
        tree.set(clause, None)
    table = engine.run(tree, compiled.parameters, scope.key)
    return {str(k): (float(n or 0), float(d or 0)) for k, n, d in table.rows}


def _frames(tree: object) -> list[tuple[str, object]]:
    from sqlglot import exp

    assert isinstance(tree, exp.Select)
    return [(cte.alias, exp.From(this=exp.to_table(cte.alias))) for cte in tree.ctes]


def _words(query: MetricQuery, catalogue: Catalogue, scope: Scope, engine: Engine) -> str:
    """Which aspects are complained about more than before, where the metric comes from answers."""
    if "answers" not in catalogue.metrics[query.metrics[0]].facts or query.comparison is None:
        return ""
    about = query.model_copy(
        update={
            "metrics": ("bad_mentions",), "dimensions": ("aspect",), "calculation": Calculation.BREAKDOWN,
            "filters": tuple(f for f in query.filters if catalogue.allows("bad_mentions", frozenset({f.dimension}))),
            **_BARE,
        }
    )  # fmt: skip
    compiled = compile_query(about, catalogue, scope)
    table = engine.run(compiled.tree, compiled.parameters, scope.key)
    at = {c: i for i, c in enumerate(table.columns)}
    risen = [(str(r[0]), int(r[at["bad_mentions"]]), int(r[at["bad_mentions_previous"]])) for r in table.rows]
    risen = sorted((r for r in risen if r[1] > r[2]), key=lambda r: r[2] - r[1])[:SHOWN]
    if not risen:
        return ""
    return "评论里的抱怨增加最多的是" + "、".join(f"{a}（{was}次→{now}次）" for a, now, was in risen) + "。"


__all__ = ["Contribution", "Filter", "contributions", "explain"]
