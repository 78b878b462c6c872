"""Follow-ups that speak of what the answer before showed, or of the same time in another year."""

import pytest

from assistant.chatbi.answer import Answer
from assistant.chatbi.query import MetricQuery
from assistant.domain.account import Account
from assistant.journeys.ops_question import OpsQuestions


def talk(questions: OpsQuestions, account: Account, thread: str, *texts: str) -> list[Answer]:
    return [questions.ask(account, text, thread) for text in texts]


def query(answer: Answer) -> MetricQuery:
    assert answer.query is not None, answer.narrative
    return answer.query


def names(answer: Answer) -> set[str]:
    return {str(row[0]) for row in answer.rows}


@pytest.mark.parametrize("edit", ["这几家的客流呢", "这5家上月的客单价", "那这些门店去年同期呢"])
def test_those_stores_are_the_ones_just_shown(edit: str, questions: OpsQuestions, analyst: Account) -> None:
    first, second = talk(questions, analyst, f"those-{edit}", "本月销售额最低的5家店", edit)

    assert len(names(first)) == 5
    assert names(second) == names(first)


def test_this_store_is_the_one_just_found_and_its_tickets_are_listed(questions: OpsQuestions, analyst: Account) -> None:
    first, second = talk(questions, analyst, "this", "上月工单最多的门店是哪家", "这家店的明细")

    store = names(first)
    assert {str(row[1]) for row in second.rows} == store
    assert len(second.rows) == first.rows[0][1]


def test_the_first_is_the_first_of_the_answer(questions: OpsQuestions, analyst: Account) -> None:
    first, second = talk(questions, analyst, "first", "各品牌销量前三", "第一名的退货率呢")

    assert names(second) == {str(first.rows[0][0])}
    assert query(second).metrics == ("return_rate",)


def test_one_of_many_is_asked_back_and_those_of_nothing_too(questions: OpsQuestions, analyst: Account) -> None:
    first, which = talk(questions, analyst, "which", "上月各门店销售额", "这家店的客流呢")
    alone = questions.ask(analyst, "这几家店的销售额")

    assert (which.status, alone.status) == ("clarify", "clarify")
    assert [o["label"] for o in which.clarify] == [str(r[0]) for r in first.rows[:4]]


@pytest.mark.parametrize(
    ("question", "year", "first", "last"),
    [
        ("双11期间销售额", "去年呢", "2025-11-01", "2025-11-11"), ("本月销售额", "去年呢", "2025-11-01", "2025-11-22"),
        ("去年国庆销售额", "今年呢", "2026-10-01", "2026-10-07"), ("上月销售额", "2025年呢", "2025-10-01", "2025-10-31"),
        ("今年销售额", "去年呢", "2025-01-01", "2025-12-31"),
    ],
)  # fmt: skip
def test_last_year_is_the_same_time_of_last_year(
    question: str, year: str, first: str, last: str, questions: OpsQuestions, analyst: Account
) -> None:
    period = query(talk(questions, analyst, f"{question}{year}", question, year)[1]).period

    assert period is not None
    assert (period.start.isoformat(), period.end.isoformat()) == (first, last)


def test_what_is_taken_out_leaves_the_place_around_it(questions: OpsQuestions, analyst: Account) -> None:
    _, out, all_of_it = talk(questions, analyst, "out", "上月华东各城市销售额", "去掉上海", "全国呢")

    assert [(f.dimension, f.values, f.exclude) for f in query(out).filters] == [
        ("region", ("华东",), False),
        ("city", ("上海",), True),
    ]
    assert query(all_of_it).filters == ()


def test_a_trend_of_one_month_is_widened(questions: OpsQuestions, analyst: Account) -> None:
    _, trend = talk(questions, analyst, "wide", "上月华东销售额", "按月趋势")

    assert len(trend.rows) == 12
    assert "近12个月" in trend.narrative


def test_the_same_weekday_of_last_week(questions: OpsQuestions, analyst: Account) -> None:
    alone = query(questions.ask(analyst, "昨天订单数和上周同一天比"))
    edited = query(talk(questions, analyst, "lag", "昨天订单数", "和上周同一天比")[1])

    assert alone.comparison == edited.comparison
    assert alone.comparison is not None
    assert alone.comparison.period.start.isoformat() == "2026-11-14"


@pytest.mark.parametrize("edit", ["和9月比", "比上上个月呢", "跟上上个月相比"])
def test_a_period_to_compare_with_leaves_the_period(edit: str, questions: OpsQuestions, analyst: Account) -> None:
    found = query(talk(questions, analyst, f"against-{edit}", "10月销售额", edit)[-1])

    assert found.period is not None
    assert found.comparison is not None
    assert (found.period.start.month, found.comparison.period.start.month) == (10, 9)


def test_a_why_holds_the_period_before_against_the_one_just_before_it(
    questions: OpsQuestions, analyst: Account
) -> None:
    found = query(talk(questions, analyst, "why-of", "8月销售额", "为什么")[-1])

    assert found.comparison is not None
    assert found.comparison.period.label == "2026年7月"


def test_a_why_after_the_one_on_top_is_about_that_one(questions: OpsQuestions, analyst: Account) -> None:
    first, why = talk(questions, analyst, "why-top", "10月销售额最高的门店", "为什么")

    assert [f.values for f in query(why).filters] == [(str(first.rows[0][0]),)]


def test_different_numbers_of_days_are_said_in_the_order_of_the_answer(
    questions: OpsQuestions, analyst: Account
) -> None:
    questions.ask(analyst, "上月销售额", "days")

    assert "31天对7天" in questions.ask(analyst, "跟上周比", "days").narrative
