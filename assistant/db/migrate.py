"""Brings the operational store to the newest schema (Alembic). Safe to run by several processes at once."""

from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text

from assistant.db.engine import Connection, Database

_LOCK = 7_420_193  # any constant: the advisory lock under which replicas take turns
_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> str:
    """Upgrade to the newest revision and return its name."""
    if not is_current(database):
        with database.write() as connection:
            if not database.is_sqlite:
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _upgrade(connection)
    return head()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # most starts find nothing to do and need not wait for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def head() -> str:
    """The newest revision that this code knows: files are named by their revision, one after the other."""
    return max(path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).split("_")[0]


def is_current(database: Database) -> bool:
    """True where the store has the newest schema."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("select version_num from alembic_version")).scalar() == head()
