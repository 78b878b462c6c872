"""Lines over time, alone, in groups and held against another period part by part."""

import pytest

from assistant.chatbi.answer import Answer
from assistant.domain.account import Account
from assistant.journeys.ops_question import OpsQuestions


def columns(answer: Answer, *names: str) -> list[tuple[object, ...]]:
    at = [[c["name"] for c in answer.columns].index(n) for n in names]
    return [tuple(row[i] for i in at) for row in answer.rows]


def test_each_month_stands_beside_the_same_month_of_the_year_before(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "今年各月销售额同比")
    last = questions.ask(analyst, "去年1月到去年11月每月销售额")

    got = columns(answer, "month", "sales", "sales_previous")
    before = dict(columns(last, "month", "sales"))
    assert [str(m) for m, _, _ in got] == [f"2026-{n:02}" for n in range(1, 12)]
    assert all(then == before[f"2025-{str(m)[5:]}"] for m, _, then in got[:-1])
    assert "11期上升" in answer.narrative or "期下降" in answer.narrative


@pytest.mark.parametrize(
    ("question", "grain", "days"), [("上周每天销售额环比", "day", "上上周每天销售额"), ("国庆期间每天销售额同比", "day", "去年国庆每天销售额")]
)  # fmt: skip
def test_each_day_stands_beside_its_day(
    question: str, grain: str, days: str, questions: OpsQuestions, analyst: Account
) -> None:
    got = [then for _, then in columns(questions.ask(analyst, question), grain, "sales_previous")]

    assert got == [value for _, value in columns(questions.ask(analyst, days), grain, "sales")]


def test_a_trend_in_groups_keeps_the_months_of_each(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "各区域今年各季度销售额同比")

    assert len(answer.rows) == len(set(columns(answer, "region", "quarter")))
    assert all(then is not None for _, then in columns(answer, "region", "sales_previous"))
    assert "按季度看，各区域销售额" in answer.narrative


def test_ten_day_periods_stand_in_their_order(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "上月每旬销售额")

    assert [str(x)[-2:] for (x,) in columns(answer, "xun")] == ["上旬", "中旬", "下旬"]


def test_states_held_against_parts_that_were_not_kept_are_refused(questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, "今年各月会员总数同比").reason == "date"
