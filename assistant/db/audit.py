"""The audit log of the staff: who did what to whom, when, from where. Rows are added and read; the engine refuses the rest."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from assistant.db.tables.accounts import audit


@dataclass(frozen=True)
class Origin:
    """Where an act comes from. `who`: the name of an account, or `cli:` and the user of the machine."""

    who: str
    ip: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Act:
    """What was done. `what`: area and verb, such as `accounts.disable`."""

    what: str
    target: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    id: int
    at: datetime
    who: str
    what: str
    target: str
    detail: dict[str, Any]
    ip: str


@dataclass(frozen=True)
class Filter:
    """What a list is cut to; empty fields cut nothing. `what` may be an area (`accounts`)."""

    who: str = ""
    what: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


def note(connection: Connection, origin: Origin, acts: Iterable[Act], now: datetime) -> None:
    """Add entries, within the transaction of what they speak of."""
    rows = [
        {"at": now, "who": origin.who[:80], "what": a.what, "target": a.target[:160], "detail": a.detail,
         "ip": origin.ip[:64]}
        for a in acts
    ]  # fmt: skip
    if rows:
        connection.execute(insert(audit), rows)


def entries(connection: Connection, what: Filter, *, before: int = 0, limit: int = 50) -> list[Entry]:
    """The newest first; `before` an id for the next page."""
    query = select(audit).where(*_conditions(what))
    if before:
        query = query.where(audit.c.id < before)
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [Entry(r.id, r.at, r.who, r.what, r.target, dict(r.detail), r.ip) for r in rows]


def count(connection: Connection, what: Filter) -> int:
    return connection.execute(select(func.count()).select_from(audit).where(*_conditions(what))).scalar_one()


def _conditions(what: Filter) -> list[Any]:
    c = audit.c
    found: list[Any] = []
    if what.who:
        found.append(c.who == what.who)
    if what.what:
        found.append(c.what == what.what if "." in what.what else c.what.startswith(f"{what.what}.", autoescape=True))
    if what.target:
        found.append(c.target == what.target)
    if what.since:
        found.append(c.at >= what.since)
    if what.until:
        found.append(c.at < what.until)
    return found
