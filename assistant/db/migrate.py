"""Brings the operational store to the newest schema (Alembic). Safe to run by several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from assistant.db.engine import Database

_LOCK = 7_420_193  # any constant: the advisory lock under which replicas take turns


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = database.engine
    return config


def migrate(database: Database) -> str:
    """Upgrade to the newest revision and return its name."""
    config = _config(database)
    if is_current(database):
        return head(database)
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head(database)


def head(database: Database) -> str:
    """The newest revision that this code knows."""
    revision = ScriptDirectory.from_config(_config(database)).get_current_head()
    assert revision is not None
    return revision


def is_current(database: Database) -> bool:
    """True where the store has the newest schema."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head(database)
