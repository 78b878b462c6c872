"""The same mart on PostgreSQL: every question of ours gives the rows that DuckDB gives, within the same limits."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.query import Calculation, Comparison, MetricQuery, Period
from assistant.chatbi.readers import Schema
from assistant.chatbi.run import Engine, Mart, Table
from assistant.clock import FixedClock
from assistant.db.engine import Database
from assistant.db.warehouse import StatementRefused, Warehouse
from assistant.domain.account import Account, Role
from assistant.errors import BadInput, NotFound, StoreDown
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from assistant.mart.versions import WarehouseVersions, versions
from tests.conftest import NOW

CATALOGUE = catalogue()
ANALYST = Account("analyst", "集团运营分析", Role.ANALYST, ("G",))
MANAGER = Account("manager", "一号店店长", Role.STORE_MANAGER, ("S001",))
AUTUMN = Period(start=date(2026, 9, 1), end=date(2026, 11, 22), label="秋天")
SUMMER = Period(start=date(2026, 6, 1), end=date(2026, 8, 31), label="夏天")
QUESTIONS = (
    "上个月各区域的NPS", "近三个月各门店NPS环比", "本月销售额环比", "近6个月每月销售额和订单数", "近三个月销售额前10的门店里客单价高于100的",
    "上月各品类的销售占比", "客单价分布", "上个月工单首次响应时长P90按门店", "缺货率和NPS有没有关系", "上月NPS为什么下降",
    "近三个月差评最多的方面", "徐家汇店上个月的差评原话", "现在有哪些超时工单", "沉默会员名单", "国庆期间比去年同期的销售额",
    "上月每个城市销售额最高的商品", "11月5日有多少流失会员", "上周每天的沉默会员数", "本月每周各区域的会员活跃率",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(world_file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{world_file / 'zhike.db'}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def both(
    store: Database, world_file: Path, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OpsQuestions, OpsQuestions]]:
    """The questions on a file, and on a server."""
    folder = tmp_path_factory.mktemp("both")
    places = (versions(folder / "file", ""), versions(folder / "server", postgres_url))
    for place in places:
        refresh(Sources(store, world_file / "feeds"), place, NOW)
    made = [OpsQuestions(place, FixedClock(NOW)) for place in places]
    yield made[0], made[1]
    for one in made:
        one.close()


def rounded(table: Table) -> list[tuple[object, ...]]:
    return [tuple(round(v, 6) if isinstance(v, float) else v for v in map(_plain, row)) for row in table.rows]


def _plain(value: object) -> object:
    return float(value) if isinstance(value, int) else float(str(value)) if type(value).__name__ == "Decimal" else value


@pytest.mark.parametrize("metric", CATALOGUE.metrics)
def test_every_metric_by_every_dimension_has_the_same_rows(
    metric: str, both: tuple[OpsQuestions, OpsQuestions]
) -> None:
    for account, dimensions in ((ANALYST, sorted(CATALOGUE.dimensions_of(metric))), (MANAGER, ["store"])):
        for dimension in (None, *(d for d in dimensions if d in CATALOGUE.dimensions_of(metric))):
            compared = dimension in (None, "store") and "current" not in CATALOGUE.kinds(metric)
            query = MetricQuery(
                calculation=Calculation.BREAKDOWN if dimension else Calculation.VALUE,
                metrics=(metric,),
                dimensions=(dimension,) if dimension else (),
                period=AUTUMN,
                comparison=Comparison(kind="period", period=SUMMER) if compared else None,
            )

            on_file, on_server = (q.analyst.table(query, q.scope(account)) for q in both)

            assert on_server.columns == on_file.columns
            assert rounded(on_server) == rounded(on_file), (dimension, on_server.sql)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_kind_of_question_gets_the_same_answer(question: str, both: tuple[OpsQuestions, OpsQuestions]) -> None:
    on_file, on_server = (q.ask(ANALYST, question) for q in both)

    assert on_file.status == "answered"
    assert on_server.narrative == on_file.narrative
    assert on_server.quotes == on_file.quotes


def test_readers_stay_in_their_version_and_old_ones_are_dropped(
    store: Database, world_file: Path, postgres_url: str, tmp_path: Path
) -> None:
    place = WarehouseVersions(tmp_path, Warehouse(postgres_url))
    made = [
        refresh(Sources(store, world_file / "feeds"), place, NOW + timedelta(days=400, minutes=n)).version
        for n in range(3)
    ]

    counts = [place.warehouse.rows(v.stamp, "SELECT COUNT(*) FROM f_orders", {}, None, 5.0)[1][0][0] for v in made[1:]]

    assert place.current() == made[2]
    assert counts == [v.rows["f_orders"] for v in made[1:]]
    with pytest.raises(NotFound, match="不在了"):
        Schema(place.warehouse, made[0].stamp).rows("SELECT COUNT(*) FROM f_orders", {}, None, 5.0)
    place.warehouse.close()


def test_a_reader_writes_nothing_and_is_stopped_in_time(both: tuple[OpsQuestions, OpsQuestions]) -> None:
    mart = both[1].engine.mart()
    engine = Engine(lambda: Mart(mart.reader, mart.stamp, mart.as_of, mart.made), time_limit_s=0.2)

    with pytest.raises(StatementRefused, match="read-only transaction"):
        engine.run("DELETE FROM f_orders", {}, "x")
    with pytest.raises(BadInput, match="时限"):
        engine.run("SELECT COUNT(*) FROM f_stock_days a, f_stock_days b, f_stock_days c", {}, "x")


def test_an_unreachable_server_is_a_failure_that_is_named(tmp_path: Path) -> None:
    place = versions(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:9/none")

    with pytest.raises(StoreDown):
        place.current()


def test_without_a_url_the_mart_is_a_file(tmp_path: Path) -> None:
    assert isinstance(versions(tmp_path, ""), MartFiles)
