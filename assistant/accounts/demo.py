"""The accounts of the demo: one password for all, made at random once and kept in the data folder."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from assistant.accounts.passwords import Passwords
from assistant.db import accounts as rows
from assistant.db.accounts import Wanted
from assistant.db.engine import Database
from assistant.domain.account import Account

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def password(data_dir: Path) -> str:
    """The demo's password, empty where none was made."""
    path = data_dir / "demo-password"
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def seed(database: Database, data_dir: Path, accounts: Iterable[Account], now: datetime) -> str:
    """Add the demo accounts that are not there. Accounts that are there, and their passwords, stay as they are."""
    made = password(data_dir)
    with database.write() as connection:
        known = rows.all_by_name(connection)
        new = [Wanted(a.name, a.title, a.role, a.units) for a in accounts if a.name not in known]
        if not new:
            return made
        if not made:
            made = "demo-" + "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in "12")
            data_dir.mkdir(parents=True, exist_ok=True)
            path = data_dir / "demo-password"
            path.touch(mode=0o600)
            path.write_text(made, encoding="ascii")
        rows.add(connection, new, now)
        hashed = Passwords().hash(made)
        for wanted in new:
            rows.change(connection, wanted.name, now, password_hash=hashed)
    return made
