"""The migrations make what the tables say, on both engines, and may be run again."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assistant.db.engine import Database
from assistant.db.migrate import head, is_current, migrate
from assistant.db.tables import metadata


def test_the_migrated_schema_is_the_one_that_the_code_declares(database: Database) -> None:
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []


def test_migrating_twice_is_harmless(database: Database) -> None:
    again = migrate(database)

    assert again == head(database)
    assert is_current(database)
