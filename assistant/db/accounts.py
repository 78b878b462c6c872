"""Accounts of the staff as rows: who they are, how they prove it, how often somebody tried. Called by `assistant.accounts`.

Nothing here decides: rules of sign-in and of management stand in `assistant.accounts`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, not_, or_, select, update

from assistant.db.engine import upsert
from assistant.db.tables.accounts import accounts, recovery_codes, tries
from assistant.domain.account import Account, Role

CHUNK = 500


@dataclass(frozen=True)
class Stored:
    """An account with what is kept about it. `account` is what the rest of the service works with."""

    id: int
    account: Account
    email: str
    password_hash: str
    must_change: bool
    disabled: bool
    totp: str
    totp_step: int
    failed: int
    locks: int
    locked_until: datetime | None
    subject: str
    created_at: datetime
    changed_at: datetime
    seen_at: datetime | None

    @property
    def name(self) -> str:
        return self.account.name

    def locked(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now

    @property
    def usable(self) -> bool:
        """Somebody can come in by it: it is enabled and has a way to prove who they are."""
        return not self.disabled and bool(self.password_hash or self.subject)


@dataclass(frozen=True)
class Wanted:
    """What a list or a form says of an account."""

    name: str
    title: str
    role: Role
    units: tuple[str, ...]
    email: str = ""


@dataclass(frozen=True)
class Search:
    """What a list is cut to. `state`: empty, active, disabled, locked or invited (no password yet)."""

    words: str = ""
    role: str = ""
    state: str = ""


def _stored(row: Any) -> Stored:
    return Stored(
        id=row.id,
        account=Account(row.name, row.title, Role(row.role), tuple(row.units)),
        email=row.email or "",
        password_hash=row.password_hash or "",
        must_change=row.must_change,
        disabled=row.disabled,
        totp=row.totp or "",
        totp_step=row.totp_step,
        failed=row.failed,
        locks=row.locks,
        locked_until=row.locked_until,
        subject=row.subject or "",
        created_at=row.created_at,
        changed_at=row.changed_at,
        seen_at=row.seen_at,
    )


def get(connection: Connection, name: str) -> Stored | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
    return _stored(row) if row else None


def by_id(connection: Connection, account_id: int) -> Stored | None:
    row = connection.execute(select(accounts).where(accounts.c.id == account_id)).first()
    return _stored(row) if row else None


def by_subject(connection: Connection, subject: str) -> Stored | None:
    row = connection.execute(select(accounts).where(accounts.c.subject == subject)).first()
    return _stored(row) if row else None


def by_email(connection: Connection, email: str) -> list[Stored]:
    rows = connection.execute(select(accounts).where(accounts.c.email == email).limit(2))
    return [_stored(r) for r in rows]


def all_by_name(connection: Connection) -> dict[str, Stored]:
    return {r.name: _stored(r) for r in connection.execute(select(accounts))}


def names(connection: Connection, limit: int) -> list[str]:
    query = select(accounts.c.name).where(not_(accounts.c.disabled)).order_by(accounts.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def search(connection: Connection, what: Search, now: datetime, *, offset: int = 0, limit: int = 50) -> list[Stored]:
    """A page of the list, by name."""
    query = select(accounts).where(*_conditions(what, now)).order_by(accounts.c.name).offset(offset).limit(limit)
    return [_stored(r) for r in connection.execute(query)]


def count(connection: Connection, what: Search, now: datetime) -> int:
    return connection.execute(select(func.count()).select_from(accounts).where(*_conditions(what, now))).scalar_one()


def _conditions(what: Search, now: datetime) -> list[Any]:
    c = accounts.c
    found: list[Any] = []
    if what.words:
        found.append(or_(*(col.icontains(what.words, autoescape=True) for col in (c.name, c.title, c.email))))
    if what.role:
        found.append(c.role == what.role)
    if what.state == "active":
        found += [not_(c.disabled), or_(c.password_hash.is_not(None), c.subject.is_not(None))]
    elif what.state == "disabled":
        found.append(c.disabled)
    elif what.state == "locked":
        found.append(c.locked_until > now)
    elif what.state == "invited":
        found += [not_(c.disabled), c.password_hash.is_(None), c.subject.is_(None)]
    return found


def usable_admins(connection: Connection) -> set[str]:
    """Names of admins who can come in. Locks them until the end of the transaction, so that two cannot remove each other."""
    query = select(accounts).where(accounts.c.role == Role.ADMIN, not_(accounts.c.disabled)).with_for_update()
    return {s.name for s in map(_stored, connection.execute(query)) if s.usable}


# -- changes -------------------------------------------------------------------------------------------------------


def add(connection: Connection, wanted: Iterable[Wanted], now: datetime) -> int:
    """Add accounts without a password. Names must be new."""
    rows = [
        {
            "name": w.name, "title": w.title, "role": w.role, "units": list(w.units), "email": w.email or None,
            "must_change": False, "disabled": False, "totp_step": 0, "failed": 0, "locks": 0,
            "created_at": now, "changed_at": now,
        }
        for w in wanted
    ]  # fmt: skip
    if rows:
        connection.execute(insert(accounts), rows)
    return len(rows)


def change(connection: Connection, name: str, now: datetime, **values: Any) -> bool:
    """Set columns of an account."""
    done = connection.execute(update(accounts).where(accounts.c.name == name).values(changed_at=now, **values))
    return bool(done.rowcount)


def disable(connection: Connection, names: Collection[str], now: datetime) -> None:
    ordered = sorted(names)
    for at in range(0, len(ordered), CHUNK):
        part = ordered[at : at + CHUNK]
        connection.execute(update(accounts).where(accounts.c.name.in_(part)).values(disabled=True, changed_at=now))


def failed(connection: Connection, account_id: int, after: int) -> tuple[int, int]:
    """Count a wrong proof. Returns (wrong in a row, locks in a row); at `after` the count starts anew with one lock more."""
    c = accounts.c
    full = c.failed + 1 >= after
    row = connection.execute(
        update(accounts)
        .where(c.id == account_id)
        .values(failed=case((full, 0), else_=c.failed + 1), locks=case((full, c.locks + 1), else_=c.locks))
        .returning(c.failed, c.locks)
    ).one()
    return row.failed, row.locks


def lock(connection: Connection, account_id: int, until: datetime) -> None:
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(locked_until=until))


def came_in(connection: Connection, account_id: int, now: datetime) -> None:
    connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(failed=0, locks=0, locked_until=None, seen_at=now)
    )


def set_password(connection: Connection, account_id: int, hashed: str, now: datetime, *, must_change: bool) -> None:
    connection.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(password_hash=hashed, must_change=must_change, failed=0, locks=0, locked_until=None, changed_at=now)
    )


def use_step(connection: Connection, account_id: int, step: int) -> bool:
    """Take a one-time code of a time step. False where it or a later one was used before."""
    done = connection.execute(
        update(accounts).where(accounts.c.id == account_id, accounts.c.totp_step < step).values(totp_step=step)
    )
    return bool(done.rowcount)


def set_recovery(connection: Connection, account_id: int, hashes: Sequence[str]) -> None:
    """Replace the recovery codes."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    if hashes:
        connection.execute(insert(recovery_codes), [{"account_id": account_id, "hash": h} for h in hashes])


def use_recovery(connection: Connection, account_id: int, hashed: str) -> bool:
    """Use one up."""
    c = recovery_codes.c
    done = connection.execute(delete(recovery_codes).where(c.account_id == account_id, c.hash == hashed))
    return bool(done.rowcount)


def recovery_left(connection: Connection, account_id: int) -> int:
    query = select(func.count()).where(recovery_codes.c.account_id == account_id)
    return connection.execute(query).scalar_one()


# -- how often somebody tried --------------------------------------------------------------------------------------


def tried(connection: Connection, limits: Mapping[str, int], now: datetime, until: datetime) -> datetime | None:
    """Count a try under each key. Returns when to come again where one is above its limit, else None."""
    over = tries.c.until <= now
    wait: datetime | None = None
    for key in sorted(limits):  # one order: no deadlock
        statement = upsert(connection, tries).values(key=key, count=1, until=until)
        changes = {"count": case((over, 1), else_=tries.c.count + 1), "until": case((over, until), else_=tries.c.until)}
        row = connection.execute(
            statement.on_conflict_do_update(index_elements=["key"], set_=changes).returning(
                tries.c.count, tries.c.until
            )
        ).one()
        if row[0] > limits[key]:
            wait = max(wait, row[1]) if wait else row[1]
    return wait


def sweep_tries(connection: Connection, before: datetime) -> None:
    """Remove windows that are long over."""
    connection.execute(delete(tries).where(tries.c.until < before))


def forget_tries(connection: Connection, key: str) -> None:
    connection.execute(delete(tries).where(tries.c.key == key))


def as_wanted(stored: Stored) -> Wanted:
    a = stored.account
    return Wanted(a.name, a.title, a.role, a.units, stored.email)


def without_secrets(stored: Stored) -> Stored:
    """For whatever leaves the room."""
    return replace(stored, password_hash="*" if stored.password_hash else "", totp="*" if stored.totp else "")
