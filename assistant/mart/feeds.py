"""The retailer's own data as a source of the mart: CSV or Parquet files in a folder, queries to their databases, mapped
by `feeds.yaml` in that folder.

Enters: the folder, the databases by name, an open DuckDB connection with the staging tables. Leaves: their rows in the staging tables, and
a report that says of every feed how many rows were taken and which were rejected, why and where. A feed that cannot be
read at all is reported, not fatal. Called by the refresh.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.db.source import SourceDown, copy_query
from assistant.encodings import CHINESE, encoding_of
from assistant.errors import ConfigError
from assistant.mart.staging import FED, Table

SAMPLES = 5


class Feed(BaseModel):
    """One mapped file, or query to one of their databases. `columns`: our column → theirs; what is not named is looked
    for under our name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    into: str
    file: str = ""
    source: str = Field("", alias="from")  # name of a database, with `sql`
    sql: str = ""
    columns: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.file) == bool(self.sql) or bool(self.sql) != bool(self.source):
            raise ValueError("a feed has either `file`, or `from` and `sql`")
        return self

    @property
    def name(self) -> str:
        """As reports call it."""
        return self.file or f"{self.source}→{self.into}"


class FeedFile(BaseModel):
    """`feeds.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feeds: tuple[Feed, ...]


@dataclass(frozen=True)
class FeedReport:
    """What became of a file. `samples`: (line of the file, reason)."""

    file: str
    taken: int = 0
    rejected: int = 0
    samples: tuple[tuple[int, str], ...] = ()
    error: str = field(default="")


def mapping(folder: Path) -> tuple[Feed, ...]:
    """The feeds that `feeds.yaml` names, none where there is no such file. Raises ConfigError."""
    path = folder / "feeds.yaml"
    if not path.exists():
        return ()
    try:
        feeds = FeedFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).feeds
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for feed in feeds:
        if feed.into not in FED:
            raise ConfigError(f"{path}: `into` must be one of {', '.join(FED)}, not {feed.into}")
        if unknown := set(feed.columns) - set(FED[feed.into].columns):
            raise ConfigError(f"{path}: {feed.into} has no column {', '.join(sorted(unknown))}")
    return feeds


def load(connection: duckdb.DuckDBPyConnection, folder: Path, databases: Mapping[str, str]) -> list[FeedReport]:
    """Take every mapped feed in. `databases`: SQLAlchemy URLs by name."""
    with tempfile.TemporaryDirectory() as scratch:
        return [_one(connection, folder, feed, databases, Path(scratch) / "rows.csv") for feed in mapping(folder)]


def _one(
    connection: duckdb.DuckDBPyConnection, folder: Path, feed: Feed, databases: Mapping[str, str], scratch: Path
) -> FeedReport:
    if feed.file:
        path = folder / feed.file
        if not path.is_file() or folder.resolve() not in path.resolve().parents:
            return FeedReport(feed.name, error="文件不存在")
        return _read(connection, feed, path)
    if feed.source not in databases:
        return FeedReport(feed.name, error=f"没有设置数据源 {feed.source}")
    try:
        copy_query(databases[feed.source], feed.sql, scratch)
    except SourceDown as error:
        return FeedReport(feed.name, error=str(error))
    return _read(connection, feed, scratch)


def _read(connection: duckdb.DuckDBPyConnection, feed: Feed, path: Path) -> FeedReport:
    table = FED[feed.into]
    parquet = path.suffix == ".parquet"
    try:
        with tempfile.TemporaryDirectory() as folder:
            chinese = not parquet and encoding_of(path) == CHINESE
            try:
                _load(connection, _plain(path, Path(folder)) if chinese else path)
            except duckdb.Error:
                if parquet or chinese:
                    raise
                _load(connection, _plain(path, Path(folder)))
    except (duckdb.Error, OSError, UnicodeDecodeError) as error:
        return FeedReport(feed.name, error=f"这个文件读不懂：{str(error).splitlines()[0]}")
    there = {row[0] for row in connection.execute("DESCRIBE raw_feed").fetchall()}
    if lacking := [feed.columns.get(c, c) for c in table.required if feed.columns.get(c, c) not in there]:
        return FeedReport(feed.name, error=f"缺少列：{'、'.join(lacking)}")
    report = _take(connection, feed, table, there)
    return report if parquet else _with_broken(report, connection)


def _load(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The rows of a file with their lines, as a temporary table."""
    csv = "read_csv($path, all_varchar=true, header=true, store_rejects=true)"
    for leftover in ("raw_feed", "reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {leftover}")
    connection.execute(
        "CREATE TEMP TABLE raw_feed AS SELECT ROW_NUMBER() OVER () + 1 AS line, * FROM "
        + ("read_parquet($path)" if path.suffix == ".parquet" else csv),
        {"path": str(path)},
    )


def _plain(path: Path, folder: Path) -> Path:
    """A copy in UTF-8 with one kind of line ends: of a file that a spreadsheet in China saved, or several programs wrote."""
    to = folder / "plain.csv"
    with path.open(encoding=encoding_of(path)) as lines, to.open("w", encoding="utf-8", newline="\n") as plain:
        plain.writelines(lines)
    return to


def _with_broken(report: FeedReport, connection: duckdb.DuckDBPyConnection) -> FeedReport:
    """Lines that are no rows of the file's columns at all are rejected, too; the lines after them are counted with them."""
    broken = sorted({int(row[0]) for row in connection.execute("SELECT line FROM reject_errors").fetchall()})
    samples = [(line, "列数与表头不符或格式损坏") for line in broken[:SAMPLES]]
    for line, reason in report.samples:
        for before in broken:
            line += before <= line
        samples.append((line, reason))
    return replace(report, rejected=report.rejected + len(broken), samples=tuple(sorted(samples)[:SAMPLES]))


def _take(connection: duckdb.DuckDBPyConnection, feed: Feed, table: Table, there: set[str]) -> FeedReport:
    casts, reasons = [], []
    for column, kind in table.columns.items():
        theirs = feed.columns.get(column, column)
        quoted = '"' + theirs.replace('"', '""') + '"'
        if theirs not in there:
            casts.append(f"CAST(NULL AS {kind}) AS {column}")
            continue
        casts.append(f"TRY_CAST({quoted} AS {kind}) AS {column}")
        label = theirs.replace("'", "''")
        reasons.append(f"WHEN {quoted} IS NOT NULL AND TRY_CAST({quoted} AS {kind}) IS NULL THEN '{label}：值不合要求'")
        if column in table.required:
            reasons.append(f"WHEN {quoted} IS NULL THEN '{label}：缺少'")
        if column == "store_id":
            reasons.append(f"WHEN {quoted} NOT IN (SELECT id FROM s_stores) THEN '{label}：没有这家门店'")
    if table.key:
        quoted = '"' + feed.columns.get(table.key, table.key).replace('"', '""') + '"'
        reasons.append(f"WHEN ROW_NUMBER() OVER (PARTITION BY {quoted} ORDER BY line) > 1 THEN '编号重复'")
    connection.execute("DROP TABLE IF EXISTS judged_feed")
    connection.execute(
        f"CREATE TEMP TABLE judged_feed AS SELECT line, CASE {' '.join(reasons)} END AS reason, "
        f"{', '.join(casts)} FROM raw_feed"
    )
    names = ", ".join(table.columns)
    connection.execute(f"INSERT INTO s_{feed.into} SELECT {names} FROM judged_feed WHERE reason IS NULL")
    taken, rejected = connection.execute("SELECT COUNT(*) - COUNT(reason), COUNT(reason) FROM judged_feed").fetchall()[
        0
    ]
    samples = connection.execute(
        "SELECT line, reason FROM judged_feed WHERE reason IS NOT NULL ORDER BY line LIMIT $n", {"n": SAMPLES}
    ).fetchall()
    return FeedReport(feed.name, taken, rejected, tuple((int(line), str(reason)) for line, reason in samples))
