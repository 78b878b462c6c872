"""Sessions and API tokens of the staff as rows. The secret itself is never kept, only its SHA-256."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from assistant.db.tables.accounts import accounts, sessions, tokens


@dataclass(frozen=True)
class Session:
    """One browser that is signed in. `id` names it in lists and opens nothing."""

    id: str
    account_id: int
    created_at: datetime
    seen_at: datetime
    until: datetime
    way: str
    ip: str
    agent: str


@dataclass(frozen=True)
class Token:
    """An API token, without its secret."""

    id: str
    account_id: int
    name: str
    created_at: datetime
    until: datetime
    used_at: datetime | None


def open_session(connection: Connection, hashed: str, session: Session) -> None:
    connection.execute(
        insert(sessions).values(
            hash=hashed, id=session.id, account_id=session.account_id, created_at=session.created_at,
            seen_at=session.seen_at, until=session.until, way=session.way, ip=session.ip, agent=session.agent,
        )
    )  # fmt: skip


def session(connection: Connection, hashed: str) -> Session | None:
    row = connection.execute(select(sessions).where(sessions.c.hash == hashed)).first()
    return _session(row) if row else None


def _session(row: object) -> Session:
    return Session(**{f: getattr(row, f) for f in Session.__dataclass_fields__})


def sessions_of(connection: Connection, account_id: int, now: datetime, idle_since: datetime) -> list[Session]:
    """Those that are good still, the one used last first."""
    query = (
        select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.until > now, sessions.c.seen_at > idle_since)
        .order_by(sessions.c.seen_at.desc())
    )
    return [_session(r) for r in connection.execute(query)]


def seen(connection: Connection, hashed: str, now: datetime) -> None:
    connection.execute(update(sessions).where(sessions.c.hash == hashed).values(seen_at=now))


def close(connection: Connection, account_id: int, session_id: str) -> bool:
    done = connection.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.id == session_id))
    return bool(done.rowcount)


def close_all(connection: Connection, account_id: int, *, but: str = "") -> int:
    """End all sessions of an account, except one by its id."""
    done = connection.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.id != but))
    return done.rowcount


def close_of(connection: Connection, names: Collection[str]) -> None:
    """End the sessions of many accounts."""
    ordered = sorted(names)
    for at in range(0, len(ordered), 500):
        ids = select(accounts.c.id).where(accounts.c.name.in_(ordered[at : at + 500]))
        connection.execute(delete(sessions).where(sessions.c.account_id.in_(ids)))


def sweep(connection: Connection, now: datetime) -> None:
    connection.execute(delete(sessions).where(sessions.c.until < now))


# -- API tokens ----------------------------------------------------------------------------------------------------


def add_token(connection: Connection, hashed: str, token: Token) -> None:
    connection.execute(
        insert(tokens).values(
            id=token.id, hash=hashed, account_id=token.account_id, name=token.name, created_at=token.created_at,
            until=token.until,
        )
    )  # fmt: skip


def token(connection: Connection, hashed: str) -> Token | None:
    row = connection.execute(select(tokens).where(tokens.c.hash == hashed)).first()
    return _token(row) if row else None


def _token(row: object) -> Token:
    return Token(**{f: getattr(row, f) for f in Token.__dataclass_fields__})


def tokens_of(connection: Connection, account_id: int) -> list[Token]:
    query = select(tokens).where(tokens.c.account_id == account_id).order_by(tokens.c.created_at.desc())
    return [_token(r) for r in connection.execute(query)]


def token_used(connection: Connection, token_id: str, now: datetime) -> None:
    connection.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=now))


def drop_token(connection: Connection, account_id: int, token_id: str) -> bool:
    done = connection.execute(delete(tokens).where(tokens.c.account_id == account_id, tokens.c.id == token_id))
    return bool(done.rowcount)


def drop_tokens(connection: Connection, account_id: int) -> int:
    return connection.execute(delete(tokens).where(tokens.c.account_id == account_id)).rowcount
