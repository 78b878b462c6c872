"""Versions of the mart in PostgreSQL: built aside by DuckDB as always, then copied over and published in one step.

Enters: the folder where staging and building happen, the warehouse. Leaves: the same as `MartFiles` does. `versions()`
chooses by the setting. Called by the refresh and by the reader of the questions.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import duckdb

from assistant.db.warehouse import VersionTable, Warehouse
from assistant.mart.files import KEEP, MartFiles, Version

_KINDS = {
    "VARCHAR": 'TEXT COLLATE "C"',  # sorted as DuckDB sorts
    "BIGINT": "BIGINT",
    "INTEGER": "BIGINT",
    "HUGEINT": "BIGINT",
    "DOUBLE": "DOUBLE PRECISION",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
}
_FOUND_BY = ("day", "store_id")


class Versions(Protocol):
    """Where finished versions of the mart lie. `folder`: on this machine, for staging and building."""

    @property
    def folder(self) -> Path: ...

    def current(self) -> Version | None:
        """The version to read, None where no mart was ever made."""

    def fresh(self, stamp: str) -> Path:
        """The file in which the next version is built."""

    def publish(self, part: Path, version: Version) -> None:
        """Make a built file the current version."""


class WarehouseVersions:
    """Versions as schemas of a PostgreSQL database."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.folder = folder
        self.warehouse = warehouse
        self._build = MartFiles(folder)

    def current(self) -> Version | None:
        note = self.warehouse.current()
        return None if note is None else Version(**json.loads(note))

    def fresh(self, stamp: str) -> Path:
        return self._build.fresh(stamp)

    def publish(self, part: Path, version: Version) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, duckdb.connect(str(part), read_only=True) as built:
            names = [r[0] for r in built.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
            tables = {name: _unload(built, name, Path(folder)) for name in names}
            note = json.dumps(asdict(version), ensure_ascii=False)
            self.warehouse.publish(version.stamp, tables, note, KEEP)
        part.unlink()


def versions(folder: Path, url: str) -> MartFiles | WarehouseVersions:
    """The place of the mart: PostgreSQL where a URL is set, else DuckDB files in the folder."""
    return WarehouseVersions(folder, Warehouse(url)) if url else MartFiles(folder)


def _unload(built: duckdb.DuckDBPyConnection, table: str, folder: Path) -> VersionTable:
    path = folder / f"{table}.csv"
    built.execute(f"COPY {table} TO '{path}' (FORMAT csv, HEADER false, NULLSTR '\\N')")
    columns = {name: _KINDS[kind] for name, kind, *_ in built.execute(f"DESCRIBE {table}").fetchall()}
    found_by = _FOUND_BY if table.startswith("f_") else ()
    return VersionTable(columns, path, tuple(c for c in found_by if c in columns))
