"""What was planted into the demo world is found by asking for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.chatbi.answer import Answer
from assistant.domain.account import Account
from assistant.journeys.ops_question import OpsQuestions


@pytest.fixture
def planted(world_file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world_file / "truth.json").read_text(encoding="utf-8"))["planted"]
    return found


def cell(answer: Answer, column: str, row: int = 0) -> Any:
    return answer.rows[row][[c["name"] for c in answer.columns].index(column)]


def test_the_store_with_the_bad_queue(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "近45天排队负面提及数最多的门店")

    assert cell(answer, "store") == "五角场店"


def test_the_region_that_runs_out_of_stock(questions: OpsQuestions, analyst: Account, planted: dict[str, Any]) -> None:
    answer = questions.ask(analyst, "近两周缺货率最高的区域")

    assert cell(answer, "region") == planted["stock_out_region"]


def test_the_batch_that_comes_back(questions: OpsQuestions, analyst: Account, planted: dict[str, Any]) -> None:
    answer = questions.ask(analyst, "近三个月各批次退货率")

    names = [c["name"] for c in answer.columns]
    rates = {row[names.index("batch")]: row[names.index("return_rate")] for row in answer.rows}
    assert rates[planted["bad_batch"]] == max(rates.values())


def test_the_campaign_that_worked(questions: OpsQuestions, analyst: Account) -> None:
    treated = cell(questions.ask(analyst, "活动购买率"), "campaign_buy_rate")
    control = cell(questions.ask(analyst, "对照组购买率"), "control_buy_rate")

    assert treated > control


def test_why_the_store_fell_names_the_queue(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "为什么五角场店近45天NPS下降了")

    assert answer.query is not None
    assert answer.query.calculation == "drivers"
    assert "排队" in answer.narrative


def test_whoever_takes_the_wrong_way_for_granted_is_told(questions: OpsQuestions, analyst: Account) -> None:
    fell, rose = (questions.ask(analyst, f"为什么五角场店近45天NPS{moved}了") for moved in ("下降", "上升"))
    at = {c["name"]: i for i, c in enumerate(fell.columns)}
    up = fell.rows[0][at["nps"]] > fell.rows[0][at["nps_previous"]]

    assert ("——并没有下降" in fell.narrative) is up
    assert ("——并没有上升" in rose.narrative) is not up
    assert fell.rows == rose.rows
