"""Rows of a retailer's own database, by a query of theirs, as a CSV file.

Enters: a SQLAlchemy URL and a SELECT. Leaves: a file with a header, written row by row in bounded memory; nothing in
their database changes, the transaction is rolled back. Raises `SourceDown` with the database's own words. Called by
`assistant.mart.feeds`.
"""

import csv
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

_BATCH = 10_000


class SourceDown(Exception):
    """The database cannot be reached, or does not understand the query."""


def copy_query(url: str, query: str, path: Path) -> None:
    """Write what a query gives."""
    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection, path.open("w", newline="", encoding="utf-8") as file:
            streamed = connection.execution_options(stream_results=True, yield_per=_BATCH)
            result = streamed.exec_driver_sql(query)
            writer = csv.writer(file)
            writer.writerow(result.keys())
            for rows in result.partitions(_BATCH):
                writer.writerows(rows)
            connection.rollback()
    except (SQLAlchemyError, ArgumentError, ImportError) as error:
        raise SourceDown(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    """What the driver says; a URL with its password is never among it."""
    said = str(getattr(error, "orig", None) or error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__
