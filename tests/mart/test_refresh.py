"""The mart holds what the store holds, is swapped in whole, takes feeds with a report, and refreshes by what is new."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from assistant.db.engine import Database
from assistant.errors import BadInput, ConfigError
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from assistant.mart.tags import Tags
from tests.conftest import NOW

FEEDS = """
feeds:
  - file: tickets.csv
    into: feed_tickets
    columns: {ticket_id: 单号, store_id: 门店, category: 类别, severity: 级别, status: 状态, created_at: 创建, due_at: 时限}
"""
ROWS = """单号,门店,类别,级别,状态,创建,时限
A1,S001,服务态度,中,处理中,2026-11-01 10:00:00,2026-11-02 10:00:00
A2,S999,服务态度,中,处理中,2026-11-01 10:00:00,2026-11-02 10:00:00
A3,S001,服务态度,中,处理中,昨天,2026-11-02 10:00:00
A1,S001,服务态度,中,处理中,2026-11-01 10:00:00,2026-11-02 10:00:00
,S001,服务态度,中,处理中,2026-11-01 10:00:00,2026-11-02 10:00:00
"""


@pytest.fixture
def store(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'zhike.db'}")


def one(files: MartFiles, sql: str) -> object:
    version = files.current()
    assert version is not None
    with duckdb.connect(str(files.path(version)), read_only=True) as mart:
        return mart.execute(sql).fetchall()[0][0]


def test_sums_of_the_mart_are_those_of_the_store(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")

    refresh(Sources(store, folder / "feeds"), files, NOW)

    with store.read() as connection:
        valid = "status NOT IN ('已取消', '待付款')"
        sold = connection.exec_driver_sql(f"SELECT SUM(total_cents) FROM orders WHERE {valid}").scalar_one()
        answers = connection.exec_driver_sql("SELECT COUNT(*) FROM survey_answers").scalar_one()
    assert one(files, "SELECT SUM(sales_cents) FROM f_orders") == sold
    assert one(files, "SELECT SUM(sales_cents) FROM f_lines") == sold
    assert one(files, "SELECT COUNT(*) FROM f_answers") == answers
    assert one(files, "SELECT COUNT(*) FROM f_member_months WHERE store_id IS NULL") == 0


def test_a_reader_keeps_its_version_while_the_next_is_made(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")
    first = refresh(Sources(store, folder / "feeds"), files, NOW).version
    reader = duckdb.connect(str(files.path(first)), read_only=True)

    second = refresh(Sources(store, folder / "feeds"), files, NOW + timedelta(minutes=1)).version
    refresh(Sources(store, folder / "feeds"), files, NOW + timedelta(minutes=2))

    assert reader.execute("SELECT COUNT(*) FROM f_orders").fetchall()[0][0] == first.rows["f_orders"]
    assert first.stamp != second.stamp
    assert len(list(files.folder.glob("mart-*.duckdb"))) == 2
    reader.close()


def test_only_new_rows_are_read_and_the_outcome_is_the_same(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")
    refresh(Sources(store, folder / "feeds"), files, NOW)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET total_cents = total_cents + 100 WHERE created_at > '2026-11-20'")

    later = refresh(Sources(store, folder / "feeds"), files, NOW + timedelta(hours=1))
    added = one(files, "SELECT SUM(sales_cents) FROM f_lines")
    whole = refresh(Sources(store, folder / "feeds"), files, NOW + timedelta(hours=2), full=True)

    assert (later.incremental, whole.incremental) == (True, False)
    assert later.version.rows == whole.version.rows
    assert added == one(files, "SELECT SUM(sales_cents) FROM f_lines")


def test_a_broken_line_of_a_feed_costs_that_line_and_not_the_file(
    store: Database, folder: Path, tmp_path: Path
) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    head, first, *rest = ROWS.splitlines()
    lines = [head, first, f"{first},更多,的列", "太少", *rest]
    (feeds / "tickets.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    report = refresh(Sources(store, feeds), MartFiles(folder / "mart"), NOW).feeds[0]

    assert (report.error, report.taken, report.rejected) == ("", 1, 6)
    assert [line for line, _ in report.samples] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(("ends", "encoding"), [("\r\n", "utf-8"), ("\n", "gb18030"), ("\r\n", "gb18030")])
def test_a_feed_is_read_whoever_wrote_it(
    store: Database, folder: Path, tmp_path: Path, ends: str, encoding: str
) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    head, *rest = ROWS.splitlines()
    (feeds / "tickets.csv").write_bytes(f"{head}\n{ends.join(rest)}{ends}".encode(encoding))  # mixed ends of lines

    report = refresh(Sources(store, feeds), MartFiles(folder / "mart"), NOW).feeds[0]

    assert (report.error, report.taken, report.rejected) == ("", 1, 4)


def test_a_feed_that_is_no_text_is_told_in_the_readers_language(store: Database, folder: Path, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    (feeds / "tickets.csv").write_bytes(b"\x89PNG\xff\xff\xff\x00")

    report = refresh(Sources(store, feeds), MartFiles(folder / "mart"), NOW).feeds[0]

    assert report.error.startswith("这个文件读不懂") or report.error.startswith("缺少列")


def test_rejected_rows_of_a_feed_are_counted_and_shown(store: Database, folder: Path, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    (feeds / "tickets.csv").write_text(ROWS, encoding="utf-8")

    report = refresh(Sources(store, feeds), MartFiles(folder / "mart"), NOW).feeds[0]

    assert (report.taken, report.rejected) == (1, 4)
    assert dict(report.samples) == {3: "门店：没有这家门店", 4: "创建：值不合要求", 5: "编号重复", 6: "单号：缺少"}


def test_a_query_to_a_database_of_the_retailer_is_a_feed(store: Database, folder: Path, tmp_path: Path) -> None:
    erp = tmp_path / "erp.db"
    with sqlite3.connect(erp) as theirs:
        theirs.execute(
            "CREATE TABLE cases (code TEXT, shop TEXT, kind TEXT, level TEXT, state TEXT, made TEXT, due TEXT)"
        )
        theirs.execute(
            "INSERT INTO cases VALUES ('A1','S001','服务态度','中','处理中','2026-11-01 10:00','2026-11-02')"
        )
        theirs.execute(
            "INSERT INTO cases VALUES ('A2','S999','服务态度','中','处理中','2026-11-01 10:00','2026-11-02')"
        )
    columns = "{ticket_id: code, store_id: shop, category: kind, severity: level, status: state, created_at: made, due_at: due}"
    feeds = [
        f"  - {{from: erp, sql: 'SELECT * FROM cases', into: feed_tickets, columns: {columns}}}",
        "  - {from: erp, sql: 'SELECT * FROM lost_cases', into: feed_points}",
        "  - {from: crm, sql: 'SELECT 1', into: feed_points}",
    ]
    (tmp_path / "feeds.yaml").write_text("\n".join(["feeds:", *feeds]), encoding="utf-8")

    sources = Sources(store, tmp_path, {"erp": f"sqlite:///{erp}"})
    taken, broken, unknown = refresh(sources, MartFiles(folder / "mart"), NOW).feeds

    assert (taken.file, taken.taken, taken.rejected) == ("erp→feed_tickets", 1, 1)
    assert taken.samples == ((3, "shop：没有这家门店"),)
    assert (broken.error, unknown.error) == ("no such table: lost_cases", "没有设置数据源 crm")


def test_a_feed_that_is_not_there_is_reported_and_does_not_stop_the_rest(
    store: Database, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "feeds.yaml").write_text(FEEDS, encoding="utf-8")

    done = refresh(Sources(store, tmp_path), MartFiles(folder / "mart"), NOW)

    assert done.feeds[0].error == "文件不存在"
    assert done.version.rows["f_orders"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "feeds: [{file: a.csv, into: orders}]",
        "feeds: [{file: a.csv, into: feed_tickets, columns: {colour: x}}]",
        "feeds: 3",
    ],
)
def test_a_wrong_mapping_is_told(store: Database, folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "feeds.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match="feeds"):
        refresh(Sources(store, tmp_path), MartFiles(folder / "mart"), NOW)


def test_two_refreshes_at_once_are_refused(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")
    files.folder.mkdir()

    with FileLock(files.folder / "refresh.lock"), pytest.raises(BadInput, match="正在刷新"):
        refresh(Sources(store, folder / "feeds"), files, NOW)


def test_a_refresh_that_dies_leaves_the_version_before(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")
    first = refresh(Sources(store, folder / "feeds"), files, NOW).version
    (files.folder / "mart-99999999999999999999.duckdb.part").write_text("half", encoding="utf-8")

    assert files.current() == first
    again = refresh(Sources(store, folder / "feeds"), files, NOW + timedelta(minutes=1)).version

    assert files.current() == again
    assert list(files.folder.glob("*.part")) == []


def test_labels_that_are_known_count_and_word_lists_read_the_rest(store: Database, folder: Path) -> None:
    files = MartFiles(folder / "mart")
    with store.read() as connection:
        known = connection.exec_driver_sql("SELECT MIN(id) FROM survey_answers WHERE comment <> ''").scalar_one()
    labels = {known: Tags("负面", "惊讶", (("宠物", "负面"),))}

    refresh(Sources(store, folder / "feeds", labels=lambda ids: {i: labels[i] for i in ids if i in labels}), files, NOW)

    assert one(files, f"SELECT sentiment || emotion FROM f_answers WHERE answer_id = {known}") == "负面惊讶"
    assert one(files, "SELECT COUNT(*) FROM f_mentions WHERE aspect = '宠物'") == 1
    assert one(files, f"SELECT COUNT(*) FROM f_mentions WHERE answer_id <> {known}") != 0
