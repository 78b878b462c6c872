"""The demo knowledge base with the real engine: facts, scopes, silence."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from vectorstore.config import IndexConfig
from vectorstore.ingest import IngestReport, ingest
from vectorstore.retrieve import Retriever

KNOWLEDGE = Path(__file__).parents[2] / "knowledge" / "demo"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[IndexConfig, IngestReport]:
    config = IndexConfig(tmp_path_factory.mktemp("demo"))
    return config, ingest(KNOWLEDGE, config)


@pytest.fixture(scope="module")
def retriever(taken: tuple[IndexConfig, IngestReport]) -> Iterator[Retriever]:
    opened = Retriever(taken[0])
    yield opened
    opened.close()


def test_every_file_is_taken_without_a_warning(taken: tuple[IndexConfig, IngestReport]) -> None:
    report = taken[1]

    assert len(report.taken) >= 60
    assert (report.refused, report.warnings) == ((), ())


@pytest.mark.parametrize(
    ("query", "store", "said"),
    [
        ("几点关门", "S009", "21:30"),
        ("周六晚上开到几点", "S011", "22:30"),
        ("停车多少钱一小时", "S001", "12 元"),
        ("停车多少钱一小时", "S009", "15 元"),
        ("停车多少钱一小时", None, "10 元"),
        ("可以带狗吗", "S007", "宠物包"),
        ("可以带狗吗", "S010", "不能带"),
        ("改裤脚收费吗", "S005", "20 元"),
        ("母婴室在几楼", "S001", "5F"),
        ("怎么升级金卡", None, "10,000"),
        ("积分什么时候清零", None, "次年 12 月 31 日"),
        ("满多少包邮", None, "99"),
        ("退款几天到账", None, "3–7 个工作日"),
        ("礼品卡几年有效", None, "3 年"),
        ("发票多久之内能开", None, "180 天"),
    ],
)
def test_shoppers_get_the_fact_of_their_store(retriever: Retriever, query: str, store: str | None, said: str) -> None:
    found = retriever.retrieve(query, store_ids=frozenset({store}) if store else None, on=TODAY)

    assert found.confident
    assert said in found.passages[0].text


@pytest.mark.parametrize(
    "query",
    ["你们卖二手车吗", "今天天气怎么样", "帮我写首诗", "比特币多少钱", "去年双十一满多少减多少", "😀😀😀", "哈哈哈"],
)
def test_what_the_knowledge_does_not_say_is_not_answered(retriever: Retriever, query: str) -> None:
    assert not retriever.retrieve(query, store_ids=None, on=TODAY).confident


def test_last_year_s_events_are_never_found(retriever: Retriever) -> None:
    for query in ("双十一满减", "周年庆五折", "双十一徐家汇店营业到几点"):
        found = retriever.retrieve(query, store_ids=None, on=TODAY, k=20)

        assert not any("2025" in passage.source for passage in found.passages)


def test_a_running_campaign_ends_with_its_last_day(retriever: Retriever) -> None:
    last = retriever.retrieve("感恩季满减", store_ids=None, on=date(2026, 11, 30))
    after = retriever.retrieve("感恩季满减", store_ids=None, on=date(2026, 12, 1), k=20)

    assert "campaigns/2026-thanks.md" in {passage.source for passage in last.passages}
    assert "campaigns/2026-thanks.md" not in {passage.source for passage in after.passages}
