"""A statement that somebody else wrote, made harmless: parsed, only reading, only known columns, within the scope.

Every table stands for its rows and columns that the asker may see; identities of members become codes that only serve
to count and join. Enters: SQL text, the scope. Leaves: a tree and its parameters. Raises `BadInput` for what may not run.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict
from sqlglot import exp
from sqlglot.errors import SqlglotError

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.compile import MOST_ROWS
from assistant.chatbi.facts import Facts
from assistant.domain.account import Scope
from assistant.errors import BadInput

_WRITES = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Placeholder, exp.Parameter, exp.Anonymous, exp.Lateral)
_OURS = ("f_", "d_", "s_", "t_", "scope_", "pg_", "duckdb_", "information_schema")  # names that no part may take


class View(BaseModel):
    """A table of the mart as exploration sees it. `columns`: name, and words about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    scope: Literal["fact", "store", "member", "product", "free"]
    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.split()[0] for c in self.columns)


@cache
def views() -> dict[str, View]:
    """Everything that may be read."""
    found = yaml.safe_load((Path(__file__).parent / "explore.yaml").read_text(encoding="utf-8"))
    return {name: View.model_validate(view) for name, view in found.items()}


@dataclass(frozen=True)
class Confined:
    """What may run. `said`: the statement as it was written, laid out for people."""

    tree: exp.Select
    parameters: dict[str, Any]
    said: str


def confine(text: str, catalogue: Catalogue, scope: Scope, salt: str) -> Confined:
    """The statement within its bounds. `salt`: makes codes of members worthless outside this answer."""
    tree = _parsed(text)
    said = tree.sql("duckdb", pretty=True)
    facts = Facts(catalogue, scope)
    known: set[str] = set()
    for cte in tree.ctes:
        _confine(cte.this, known, facts, salt)
        known.add(cte.alias)
    _confine(tree, known, facts, salt)
    whole = sqlglot.select("*").from_(exp.alias_(exp.Subquery(this=tree), "explored", table=True)).limit(MOST_ROWS + 1)
    return Confined(facts.finish(whole), facts.parameters, said)


def _parsed(text: str) -> exp.Query:
    try:
        found = [t for t in sqlglot.parse(text, read="duckdb") if t is not None]
    except SqlglotError as error:
        raise BadInput("模型写的查询读不懂，没有执行。") from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise BadInput("只能执行一条查询语句，没有执行。")
    tree = found[0]
    with_ = tree.args.get("with_")
    nested = [w for w in tree.find_all(exp.With) if w is not with_]
    taken = [c.alias for c in tree.ctes if c.alias.lower().startswith(_OURS)]
    if any(tree.find_all(*_WRITES)) or nested or taken or (with_ is not None and with_.args.get("recursive")):
        raise BadInput("查询里有不允许的内容，没有执行。")
    return tree


def _confine(part: exp.Expr, known: set[str], facts: Facts, salt: str) -> None:
    """Put the asker's rows in the place of every table that is not a known part of the same statement."""
    for table in list(part.find_all(exp.Table)):
        if table.find_ancestor(exp.CTE) is not None and not isinstance(part.parent, exp.CTE):
            continue  # seen to already
        plain = isinstance(table.this, exp.Identifier) and not table.db
        if plain and table.name in known:
            continue
        view = views().get(table.name) if plain else None
        if view is None:
            raise BadInput(f"查询用到了不能看的表（{table.name or table.sql()}），没有执行。")
        rows = exp.Subquery(this=_rows(table.name, view, facts, salt))
        table.replace(exp.alias_(rows, table.alias_or_name, table=True))


def _rows(table: str, view: View, facts: Facts, salt: str) -> exp.Select:
    """The rows and columns of a table that the asker may see."""
    rows = exp.Select().from_(f"{table} AS f")
    for name in view.names:
        column: exp.Expr = exp.column(name, "f")
        if name == "member_id":
            salted = exp.DPipe(this=exp.cast(facts.bind(salt), "text"), expression=column)
            column = exp.alias_(exp.func("MD5", salted), name)
        rows = rows.select(column)
    scope = facts.scope
    if scope.whole or view.scope == "free":
        return rows
    if view.scope == "fact":
        return rows.where(facts.in_scope("product_id" in view.names))
    if view.scope == "product":
        brands = [facts.bind(brand) for brand in sorted({brand for _, brand in scope.counters})]
        return rows if scope.stores else rows.where(exp.column("brand", "f").isin(*brands))
    key = exp.column("home_store_id" if view.scope == "member" else "store_id", "f")
    inside: exp.Expr = exp.In(this=key, query=exp.Subquery(this=sqlglot.select("store_id").from_("scope_stores")))
    if view.scope == "store" and scope.counters:
        inside = exp.or_(inside, key.isin(*[facts.bind(store) for store, _ in sorted(scope.counters)]))
    return rows.where(inside)
