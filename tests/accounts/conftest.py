"""A room of accounts on a small store of its own, with an organisation of two regions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from assistant.accounts.keys import new_token
from assistant.accounts.passwords import Passwords
from assistant.accounts.room import Accounts
from assistant.accounts.sign_in import Opened
from assistant.clock import FixedClock
from assistant.config import Settings
from assistant.db.audit import Filter, Origin
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.db.tables.retail import org_units

ADMIN = Origin("admin", "10.0.0.1", "tests")
DOOR = Origin("?", "10.0.0.9", "Firefox")
PASSWORD = "长夜里的一盏灯2026"
UNITS = (
    ("G", None, "group", "集团"), ("R-东", "G", "region", "东区"), ("C-沪", "R-东", "city", "上海"),
    ("S1", "C-沪", "store", "一店"), ("S2", "C-沪", "store", "二店"), ("S3", "C-沪", "store", "二店"),
    ("S1-B1", "S1", "counter", "云织"), ("R-南", "G", "region", "南区"),
)  # fmt: skip


def organise(database: Database) -> None:
    """Give a store its organisation."""
    with database.write() as connection:
        connection.execute(
            insert(org_units), [dict(zip(("id", "parent_id", "kind", "name"), u, strict=True)) for u in UNITS]
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'zhike.db'}")
    migrate(found)
    organise(found)
    yield found
    found.close()


@pytest.fixture
def room(store: Database, clock: FixedClock, tmp_path: Path) -> Accounts:
    return Accounts(Settings(data_dir=tmp_path), store, clock, passwords=Passwords(memory_kib=1_024))


def person(room: Accounts, name: str = "li.lei", role: str = "store_manager", password: str = PASSWORD) -> None:
    """An account with a password, as an invitation makes it."""
    units = ["G"] if role == "admin" else ["S1"]
    secret = room.staff.add({"name": name, "title": "李雷", "role": role, "units": units}, ADMIN)
    room.staff.set_by_link(secret, password, DOOR)


def come_in(room: Accounts, name: str = "li.lei", password: str = PASSWORD) -> str:
    """Sign in without a second step; the secret of the session."""
    opened = room.sign_in.with_password(name, password, DOOR)
    assert isinstance(opened, Opened)
    return opened.secret


def acts(room: Accounts, what: str = "") -> list[str]:
    """What the audit log says, oldest first."""
    return [f"{e.who} {e.what} {e.target}" for e in room.staff.audit(Filter(what=what))][::-1]


__all__ = ["ADMIN", "DOOR", "PASSWORD", "acts", "come_in", "new_token", "person"]
