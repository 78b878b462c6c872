"""Many rows as one parameter: the engine unpacks a JSON array, so that a batch costs one call however long it is.

Why not `executemany`: it steps row by row and lets go of the interpreter at each step; where another thread is busy, every
step has to wait for it again. Entered: plain values by column; left: a subquery to insert or update from.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Dialect,
    Integer,
    Select,
    Subquery,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

Types = Mapping[str, TypeEngine[Any]]
PLACE = "place"  # where a row stood in the batch


def rowset(dialect: str, types: Types, parameter: str = "rows") -> Subquery:
    """A subquery over the rows that `pack` puts into `parameter`: columns by name, and `place` to order by."""
    if dialect == "sqlite":
        each = func.json_each(bindparam(parameter, type_=Text())).table_valued("key", "value")
        values = [func.json_extract(each.c.value, literal_column(f"'$[{n}]'")) for n in range(len(types))]
        named = [value.label(name) for value, name in zip(values, types, strict=True)]
        return select(*named, each.c.key.label(PLACE)).subquery(parameter)
    columns = [column(name, kind) for name, kind in {**types, PLACE: Integer()}.items()]
    given = cast(bindparam(parameter, type_=Text()), postgresql.JSON)
    record = func.json_to_recordset(given).table_valued(*columns).render_derived(with_types=True)
    return select(*record.c).subquery(parameter)


def pack(dialect: Dialect, types: Types, rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as the parameter of a `rowset` with the same types; a missing value is NULL."""
    if dialect.name == "sqlite":
        ways = [(name, _way(kind, dialect)) for name, kind in types.items()]
        return to_json([[_sent(row.get(name), way) for name, way in ways] for row in rows]).decode()
    return to_json([{**{n: row.get(n) for n in types}, PLACE: at} for at, row in enumerate(rows)]).decode()


def in_order(rows: Subquery, *names: str) -> Select[Any]:
    """Columns of the rows as they were given. The condition is for SQLite, which else takes ON CONFLICT for a join."""
    return select(*(rows.c[name] for name in names)).where(literal_column("1") == 1).order_by(rows.c[PLACE])


def listed(dialect: str, *columns: Any) -> Any:
    """Columns of all rows found, as one JSON list of lists: one row to fetch."""
    if dialect == "sqlite":
        return func.json_group_array(func.json_array(*columns), type_=JSON())
    rows = func.coalesce(func.json_agg(func.json_build_array(*columns)), literal_column("'[]'::json"))
    return type_coerce(rows, postgresql.JSON)


def _way(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    """How a value of this type is written on SQLite; JSON goes as it is."""
    way = None if isinstance(kind, JSON) else kind.dialect_impl(dialect).bind_processor(dialect)
    return way and cache(way)  # most moments of a batch are the same one


def _sent(value: Any, way: Any) -> Any:
    return value if value is None or way is None else way(value)
