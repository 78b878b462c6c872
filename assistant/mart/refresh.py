"""Makes a new version of the mart: `refresh(database, files, …)`.

Enters: the operational store, the folder of feeds, the moment. Leaves: a new version, published in one step, and what was
taken. Staging lies in a file of its own that stays, so that the next refresh only asks for what is new. One refresh at
a time (a lock file). Called by the command line and by due work.
"""

import csv
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from assistant.clock import local
from assistant.db import extract, seeds
from assistant.db.engine import Database
from assistant.errors import BadInput
from assistant.mart import feeds
from assistant.mart.days import day_rows
from assistant.mart.feeds import FeedReport
from assistant.mart.files import STAR, Version, shape
from assistant.mart.staging import FED, MADE, STAGED
from assistant.mart.tags import Labels, Tagger, tag
from assistant.mart.versions import Versions

Progress = Callable[[int, int, str], None]
OVERLAP = timedelta(days=60)  # so far back an order, a return or an answer may still change


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did. `incremental`: only rows of the last weeks were asked for."""

    version: Version
    feeds: tuple[FeedReport, ...]
    incremental: bool
    seconds: float


@dataclass(frozen=True)
class Sources:
    """Where the data come from. `databases`: the retailer's own, URLs by name; `labels`: what is known already of survey answers, by their ids."""

    database: Database
    feeds: Path
    databases: Mapping[str, str] = field(default_factory=dict)
    tagger: Tagger = tag
    labels: Labels = lambda _: {}


def refresh(
    sources: Sources, files: Versions, now: datetime, *, progress: Progress = lambda *_: None, full: bool = False
) -> Refreshed:
    """Make and publish a version. Raises BadInput while another refresh runs, StoreDown, ConfigError."""
    files.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(files.folder / "refresh.lock", timeout=0):
            return _refresh(sources, files, now, progress, full)
    except Timeout as error:
        raise BadInput("数据集市正在刷新，请稍后再试。") from error


def _refresh(sources: Sources, files: Versions, now: datetime, progress: Progress, full: bool) -> Refreshed:
    begun = datetime.now(UTC)
    statements = [s.strip() for s in _star(sources.database, now).split(";\n") if s.strip()]
    steps = len(STAGED) + 2 + len(statements)
    stamp = now.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
    part = files.fresh(stamp)
    with duckdb.connect(str(files.folder / "staging.duckdb")) as staging, tempfile.TemporaryDirectory() as folder:
        incremental = _stage(staging, sources, Path(folder), now, full, lambda n, what: progress(n, steps, what))
        reports = feeds.load(staging, sources.feeds, sources.databases)
        progress(len(STAGED) + 1, steps, "读取外部数据")
        _tag(staging, sources, Path(folder))
        staging.execute("CHECKPOINT")
    progress(len(STAGED) + 2, steps, "评论打标")
    with duckdb.connect(str(part)) as mart:
        mart.execute(f"ATTACH '{files.folder / 'staging.duckdb'}' AS staging (READ_ONLY)")
        for name in (*STAGED, *FED, *MADE):
            mart.execute(f"CREATE TEMP VIEW s_{name} AS SELECT * FROM staging.s_{name}")
        for number, statement in enumerate(statements, len(STAGED) + 3):
            mart.execute(statement)
            progress(number, steps, f"建表 {_table_of(statement)}")
        rows = _tidy(mart)
    as_of = _as_of(sources.database, now).isoformat()
    version = Version(f"mart-{stamp}.duckdb", stamp, as_of, now.isoformat(), rows, shape())
    files.publish(part, version)
    return Refreshed(version, tuple(reports), incremental, (datetime.now(UTC) - begun).total_seconds())


def _as_of(database: Database, now: datetime) -> date:
    """The last day of the data: that of the demo world, or today."""
    today = local(now).date()
    with database.read() as connection:
        world = seeds.current(connection)
    return min(today, date.fromisoformat(world["as_of"])) if world else today


def _star(database: Database, now: datetime) -> str:
    lines = [line for line in STAR.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    as_of = _as_of(database, now)
    at = local(now).replace(tzinfo=None).strftime("%Y-%m-%d %H:%M:%S")
    return "\n".join(lines).replace("{as_of}", f"'{as_of}'").replace("{now}", f"CAST('{at}' AS TIMESTAMP)") + "\n"


def _table_of(statement: str) -> str:
    return statement.split()[2]


def _tidy(mart: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Drop the helpers of the build and count the rest."""
    tables = [r[0] for r in mart.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()]
    for table in tables:
        if table.startswith("t_"):
            mart.execute(f"DROP TABLE {table}")
    mart.execute("CHECKPOINT")
    return {
        t: int(mart.execute(f"SELECT COUNT(*) FROM {t}").fetchall()[0][0])
        for t in sorted(tables)
        if t.startswith(("f_", "d_")) and t not in ("d_day", "d_snapshot", "d_state_day")
    }


def _stage(
    staging: duckdb.DuckDBPyConnection,
    sources: Sources,
    folder: Path,
    now: datetime,
    full: bool,
    progress: Callable[[int, str], None],
) -> bool:
    """Bring the staging file up to date. True where only new rows were asked for."""
    with sources.database.read() as connection:
        world = repr(seeds.current(connection)) + sources.database.url
        since = None if full else _since(staging, world, now)
        for name, table in {**STAGED, **FED, **MADE}.items():
            staging.execute(f"CREATE TABLE IF NOT EXISTS s_{name} ({table.ddl})")
            if since is None or name not in STAGED or not extract.STREAMS[name].moment:
                staging.execute(f"DELETE FROM s_{name}")
        if since is not None:
            _forget(staging, since)
        for number, name in enumerate(STAGED):
            progress(number, f"读取 {name}")
            path = folder / f"{name}.csv"
            extract.copy_out(connection, name, path, since)
            _take_csv(staging, name, path)
            path.unlink()
    staging.execute("CREATE OR REPLACE TABLE noted (world VARCHAR, moment TIMESTAMP)")
    staging.execute("INSERT INTO noted VALUES ($w, $t)", {"w": world, "t": now.astimezone(UTC).replace(tzinfo=None)})
    _write_days(staging, folder, _as_of(sources.database, now))
    return since is not None


def _since(staging: duckdb.DuckDBPyConnection, world: str, now: datetime) -> datetime | None:
    """From when on rows are asked for; None: everything, because the staging file knows nothing of this store."""
    try:
        known = staging.execute("SELECT world, moment FROM noted").fetchall()
    except duckdb.CatalogException:
        return None
    if not known or known[0][0] != world:
        return None
    noted: datetime = known[0][1]
    return min(noted.replace(tzinfo=UTC), now) - OVERLAP


def _forget(staging: duckdb.DuckDBPyConnection, since: datetime) -> None:
    """Take out what will be read again."""
    at = {"since": since.astimezone(UTC).replace(tzinfo=None, microsecond=0)}
    new = "SELECT id FROM s_orders WHERE created_at >= $since"
    staging.execute(f"DELETE FROM s_order_lines WHERE order_id IN ({new})", at)
    staging.execute(f"DELETE FROM s_returns WHERE order_id IN ({new})", at)
    staging.execute("DELETE FROM s_orders WHERE created_at >= $since", at)
    staging.execute("DELETE FROM s_survey_answers WHERE moment >= $since", at)


def _take_csv(staging: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    shape = {**STAGED, **FED, **MADE}[name].columns
    staging.execute(
        f"INSERT INTO s_{name} SELECT * FROM read_csv($path, header=true, columns=$columns, max_line_size=8388608)",
        {"path": str(path), "columns": dict(shape)},
    )


def _write_days(staging: duckdb.DuckDBPyConnection, folder: Path, as_of: date) -> None:
    first = staging.execute("SELECT MIN(CAST(created_at AS DATE)) FROM s_orders").fetchall()[0][0] or as_of
    path = folder / "days.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(MADE["days"].columns)
        writer.writerows(day_rows(min(first, as_of) - timedelta(days=400), as_of + timedelta(days=40)))
    _take_csv(staging, "days", path)


def _tag(staging: duckdb.DuckDBPyConnection, sources: Sources, folder: Path) -> None:
    """Take the labels of every comment that has some, and read the others by word lists: tens of thousands a second."""
    comments = staging.execute("SELECT id, comment FROM s_survey_answers WHERE comment <> '' ORDER BY id")
    with (
        (folder / "t.csv").open("w", newline="", encoding="utf-8") as tags_file,
        (folder / "m.csv").open("w", newline="", encoding="utf-8") as mentions_file,
    ):
        tags, mentions = csv.writer(tags_file), csv.writer(mentions_file)
        tags.writerow(MADE["answer_tags"].columns)
        mentions.writerow(MADE["mentions"].columns)
        while batch := comments.fetchmany(10_000):
            known = sources.labels([answer for answer, _ in batch])
            for answer, comment in batch:
                found = known.get(answer) or sources.tagger(comment)
                tags.writerow((answer, found.sentiment, found.emotion))
                mentions.writerows((answer, aspect, feeling, found.emotion) for aspect, feeling in found.aspects)
    _take_csv(staging, "answer_tags", folder / "t.csv")
    _take_csv(staging, "mentions", folder / "m.csv")
