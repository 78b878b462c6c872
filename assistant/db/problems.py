"""Recurring problems: counts that a refresh writes, and what people know of them: state, owner, fix, notes.

A problem is of one store, or of the group where `store_id` is empty. Counting never touches what people wrote. Queries
are narrowed by `stores` (None: all); an empty list sees nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from assistant.db.engine import upsert
from assistant.db.tables.feedback import feedback_mentions, feedback_problem_acts, feedback_problems, feedback_tags
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import messages, ticket_events, tickets
from assistant.db.tickets import ticket_id
from tools.types import TicketStatus

STATES = ("open", "known", "solved", "ignored")
EVER = datetime(2000, 1, 1, tzinfo=UTC)
EDITED = ("state", "team", "fix", "tell", "told")  # what people write
_P, _T, _M = feedback_problems.c, feedback_tags.c, feedback_mentions.c


@dataclass(frozen=True)
class Problem:
    id: int
    about: str
    store_id: str
    count: int
    earlier: int
    days: tuple[int, ...]
    words: tuple[str, ...]
    tickets: tuple[int, ...]
    first_seen: datetime
    last_seen: datetime
    counted_at: datetime
    state: str
    team: str
    fix: str
    tell: bool
    told: str
    edited_at: datetime | None
    edited_by: str

    @property
    def for_shoppers(self) -> str:
        """What a shopper may be told; empty where nothing may."""
        return (self.told or self.fix) if self.tell and self.state in ("known", "solved") else ""

    @property
    def back(self) -> bool:
        """It was called solved, and is complained of since."""
        return self.state == "solved" and self.edited_at is not None and self.last_seen > self.edited_at

    @property
    def edited(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in EDITED}


@dataclass(frozen=True)
class Act:
    """What somebody did to a problem, or noted."""

    id: int
    at: datetime
    who: str
    kind: str
    before: dict[str, Any]
    note: str
    undone: bool


@dataclass(frozen=True)
class Closed:
    """A closed ticket with the last word of the staff: `note` may be what helped."""

    number: int
    store_id: str | None
    at: datetime
    body: str
    note: str

    @property
    def ticket(self) -> str:
        return ticket_id(self.number)


# -- counting ------------------------------------------------------------------------------------------------------


def complaints(connection: Connection, since: datetime) -> Iterator[tuple[str, str | None, datetime, str]]:
    """(leaf, store, moment, words) of every mention that is a complaint."""
    text = func.coalesce(survey_answers.c.comment, messages.c.text, "")
    query = (
        select(_M.leaf, _T.store_id, _T.said_at, func.substr(text, _M.start + 1, _M.length).label("words"))
        .join(feedback_tags, _T.id == _M.tag_id)
        .outerjoin(survey_answers, and_(_T.source == "answer", survey_answers.c.id == _T.source_id))
        .outerjoin(messages, and_(_T.source == "message", messages.c.id == _T.source_id))
        .where(_M.sentiment == "neg", _T.junk.is_(None), _T.said_at >= since)
    )
    for row in connection.execution_options(yield_per=2_000).execute(query):
        yield row.leaf, row.store_id, row.said_at, row.words


def count(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Write what recurs now; what was known and recurs no more is quiet: no complaints in the window."""
    quiet = {"count": 0, "earlier": _P.count, "days": [], "counted_at": now}
    keys = {(r["about"], r["store_id"]) for r in rows}
    for p in connection.execute(select(_P.id, _P.about, _P.store_id)).all():
        if (p.about, p.store_id) not in keys:
            connection.execute(update(feedback_problems).where(_P.id == p.id, _P.count > 0).values(quiet))
    for row in rows:
        made = {"state": "open", "team": "", "fix": "", "tell": False, "told": "", "edited_by": "", "counted_at": now}
        counted = {k: v for k, v in row.items() if k not in ("about", "store_id", "first_seen")} | {"counted_at": now}
        connection.execute(
            upsert(connection, feedback_problems)
            .values(made | dict(row))
            .on_conflict_do_update(index_elements=["about", "store_id"], set_=counted)
        )


def closed(connection: Connection, since: datetime) -> list[Closed]:
    """Closed tickets and the last thing that the staff wrote on each, newest first."""
    e = ticket_events.c
    last = (
        select(e.ticket_number, func.max(e.id).label("id"))
        .where(e.actor.not_in(("shopper", "assistant", "system")), e.note != "")
        .group_by(e.ticket_number)
        .subquery()
    )
    t = tickets.c
    rows = connection.execute(
        select(t.number, t.store_id, e.at, t.body, e.note)
        .join(last, last.c.ticket_number == t.number)
        .join(ticket_events, e.id == last.c.id)
        .where(t.status == TicketStatus.CLOSED.value, t.created_at >= since, t.shopper != "erased")
        .order_by(t.number.desc())
    )
    return [Closed(r.number, r.store_id, r.at, r.body, r.note) for r in rows]


# -- asking --------------------------------------------------------------------------------------------------------


def find(
    connection: Connection, stores: Collection[str] | None, *, store: str | None = None,
    about: Collection[str] = (), state: str = "",
) -> list[Problem]:  # fmt: skip
    """Problems, most complaints first. `store`: of one alone ("": of the group); None: any within `stores`."""
    query = select(feedback_problems).order_by(_P.count.desc(), _P.last_seen.desc(), _P.id)
    if stores is not None:
        query = query.where(_P.store_id.in_(stores))
    if store is not None:
        query = query.where(_P.store_id == store)
    if about:
        query = query.where(_P.about.in_(about))
    if state:
        query = query.where(_P.state == state)
    return [_problem(row) for row in connection.execute(query)]


def one(connection: Connection, problem_id: int, stores: Collection[str] | None) -> Problem | None:
    query = select(feedback_problems).where(_P.id == problem_id)
    if stores is not None:
        query = query.where(_P.store_id.in_(stores))
    row = connection.execute(query).first()
    return None if row is None else _problem(row)


def of_group(connection: Connection, about: str) -> Problem | None:
    """The group's problem of the same kind."""
    row = connection.execute(select(feedback_problems).where(_P.about == about, _P.store_id == "")).first()
    return None if row is None else _problem(row)


def told(connection: Connection, about: Collection[str], store_id: str | None) -> list[Problem]:
    """What shoppers may be told of these, the store's own before the group's."""
    places = [store_id, ""] if store_id else [""]
    rows = connection.execute(
        select(feedback_problems).where(_P.about.in_(about), _P.store_id.in_(places), _P.tell.is_(True))
    )
    found = [p for p in map(_problem, rows) if p.for_shoppers]
    return sorted(found, key=lambda p: (p.store_id == "", -p.count))


def solutions(connection: Connection, numbers: Sequence[int]) -> list[Closed]:
    """Tickets with their last word, as they stand: what a shopper had deleted is gone from here too."""
    known = {c.number: c for c in closed(connection, EVER)} if numbers else {}
    return [known[n] for n in numbers if n in known]


def stamp(connection: Connection) -> tuple[int, datetime | None]:
    """Changes whenever problems were counted or edited."""
    acts = connection.execute(select(func.coalesce(func.max(feedback_problem_acts.c.id), 0))).scalar_one()
    return int(acts), connection.execute(select(func.max(_P.counted_at))).scalar()


# -- what people write -----------------------------------------------------------------------------------------------


def write(connection: Connection, problem: Problem, values: Mapping[str, Any], who: str, now: datetime) -> bool:
    """Put what somebody knows in place of what stood there. False: somebody else was quicker."""
    unchanged = _P.edited_at.is_(None) if problem.edited_at is None else _P.edited_at == problem.edited_at
    done = connection.execute(
        update(feedback_problems)
        .where(_P.id == problem.id, unchanged)
        .values(**values, edited_at=now, edited_by=who[:40])
    )
    if done.rowcount:
        _act(connection, problem.id, "edit", who, now, before=problem.edited)
    return bool(done.rowcount)


def take_back(connection: Connection, problem: Problem, act: Act, who: str, now: datetime) -> None:
    """What stood before an edit stands again."""
    connection.execute(
        update(feedback_problems).where(_P.id == problem.id).values(**act.before, edited_at=now, edited_by=who[:40])
    )
    connection.execute(update(feedback_problem_acts).where(feedback_problem_acts.c.id == act.id).values(undone=True))
    _act(connection, problem.id, "undo", who, now)


def note(connection: Connection, problem_id: int, text: str, who: str, now: datetime) -> None:
    _act(connection, problem_id, "note", who, now, text=text)


def _act(
    connection: Connection, problem_id: int, kind: str, who: str, now: datetime,
    *, before: Mapping[str, Any] | None = None, text: str = "",
) -> None:  # fmt: skip
    connection.execute(
        insert(feedback_problem_acts).values(
            problem_id=problem_id, at=now, who=who[:40], kind=kind, before=dict(before or {}), note=text, undone=False
        )
    )


def acts(connection: Connection, problem_ids: Sequence[int]) -> dict[int, list[Act]]:
    """What was done and noted, newest first, by problem."""
    a = feedback_problem_acts.c
    found: dict[int, list[Act]] = {}
    rows = connection.execute(select(feedback_problem_acts).where(a.problem_id.in_(problem_ids)).order_by(a.id.desc()))
    for r in rows:
        found.setdefault(r.problem_id, []).append(Act(r.id, r.at, r.who, r.kind, dict(r.before), r.note, r.undone))
    return found


def _problem(row: Any) -> Problem:
    values = dict(row._mapping)
    return Problem(**{**values, **{name: tuple(values[name]) for name in ("days", "words", "tickets")}})
