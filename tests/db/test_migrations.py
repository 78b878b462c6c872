"""The migrations make what the tables say, on both engines, and may be run again."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import assistant.db.migrate
from assistant.db.engine import Database
from assistant.db.migrate import head, is_current, migrate
from assistant.db.tables import metadata


def test_the_migrated_schema_is_the_one_that_the_code_declares(database: Database) -> None:
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []


def test_migrating_twice_is_harmless(database: Database) -> None:
    again = migrate(database)

    assert again == head()
    assert is_current(database)


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    """We read it from the files' names, which is quicker at a start."""
    migrations = Path(assistant.db.migrate.__file__).parent / "migrations"

    assert ScriptDirectory(migrations).get_current_head() == head()
