"""The ChatBI questions: `eval/data/chatbi.yaml` as types, and gold as metric queries."""

from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assistant.chatbi.query import Calculation, Comparison, Filter, MetricQuery, Order, Period, Subset, Threshold

DATA = Path(__file__).parent / "data" / "chatbi.yaml"
Days = tuple[date, date]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Chosen(_Model):
    """A subset in short: dimension, metric, direction, number, conditions."""

    d: str
    m: str
    o: Literal["up", "down"] | None = None
    n: int | None = None
    h: tuple[tuple[Any, ...], ...] = ()


class Gold(_Model):
    """A metric query in short; see the head of the data file."""

    k: Calculation
    m: tuple[str, ...]
    d: tuple[str, ...] = ()
    g: str | None = None
    f: dict[str, tuple[str, ...]] = {}
    x: dict[str, tuple[str, ...]] = {}
    p: str | Days | None = None
    c: str | Days | None = None
    o: tuple[str, str, Literal["up", "down"]] | None = None
    n: int | None = None
    w: str | None = None
    h: tuple[tuple[Any, ...], ...] = ()
    s: Chosen | None = None
    per: Literal["day", "store"] | None = None
    placed: tuple[str, ...] = ()


class Item(_Model):
    """One question. One of `gold`, `plain`, `ask`, `refuse`, `told` says what is right; `also_query` is right too.

    `plain`: the same question with the metric's name in it, any of them right; rules read these nearly without fault.
    """

    q: str
    account: str = Field(default="analyst", alias="as")
    after: tuple[str, ...] = ()
    ask: bool = False
    ask_ok: bool = False
    refuse: str = ""
    told: str | None = None
    gold: Gold | None = None
    also_query: Gold | None = None
    plain: tuple[str, ...] = ()


class Family(_Model):
    """Questions of one kind; on one side of the split."""

    name: str
    split: Literal["fit", "test"]
    items: tuple[Item, ...]


def families(path: Path = DATA) -> tuple[list[Family], dict[str, Days]]:
    """All families, and the named periods."""
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    periods = {name: (first, last) for name, (first, last) in body["periods"].items()}
    gold_fields = set(Gold.model_fields)
    made = []
    for family in body["families"]:
        items = []
        for raw in family["items"]:
            rest = {k: v for k, v in raw.items() if k not in gold_fields and k != "also"}
            gold = {k: v for k, v in raw.items() if k in gold_fields}
            items.append(Item(**rest, gold=Gold(**gold) if gold else None))
        made.append(Family(name=family["name"], split=family["split"], items=tuple(items)))
    return made, periods


def query_of(gold: Gold, periods: dict[str, Days]) -> MetricQuery:
    """Gold as a query that can be run."""

    def period(named: str | Days | None) -> Period | None:
        if named is None:
            return None
        first, last = periods[named] if isinstance(named, str) else named
        return Period(start=first, end=last, label="gold")

    def conditions(rows: tuple[tuple[Any, ...], ...]) -> tuple[Threshold, ...]:
        return tuple(Threshold(metric=r[0], op=r[1], value=r[2], on=r[3] if len(r) > 3 else "value") for r in rows)

    against = period(gold.c)
    filters = [Filter(dimension=d, values=v) for d, v in gold.f.items()]
    filters += [Filter(dimension=d, values=v, exclude=True) for d, v in gold.x.items()]
    order = None
    if gold.o:
        order = Order.model_validate({"metric": gold.o[0], "by": gold.o[1], "descending": gold.o[2] == "down"})
    elif gold.h or gold.placed:
        order = Order(metric=gold.m[0])
    subset = None
    if gold.s:
        chosen = Order(metric=gold.s.m, descending=gold.s.o == "down") if gold.s.o else None
        subset = Subset(dimension=gold.s.d, metric=gold.s.m, order=chosen, limit=gold.s.n, having=conditions(gold.s.h))
    return MetricQuery.model_validate(
        {
            "calculation": gold.k, "metrics": gold.m, "dimensions": gold.d, "grain": gold.g, "filters": filters,
            "period": period(gold.p), "comparison": Comparison(kind="period", period=against) if against else None,
            "order": order, "limit": gold.n, "within": gold.w, "having": conditions(gold.h), "subset": subset,
            "per": gold.per, "placed": gold.placed,
        }
    )  # fmt: skip
