"""Words that look like something else: each was once read wrongly."""

import pytest

from assistant.chatbi.query import MetricQuery
from assistant.domain.account import Account
from assistant.journeys.ops_question import OpsQuestions


def query(questions: OpsQuestions, who: Account, *said: str) -> MetricQuery:
    for text in said:
        answer = questions.ask(who, text, "closely")
    assert answer.query is not None, answer.narrative
    return answer.query


def test_the_first_quarter_is_not_the_first_of_a_ranking(questions: OpsQuestions, analyst: Account) -> None:
    found = query(questions, analyst, "上月各门店销售额排名", "第一季度销售额是多少")

    assert (found.filters, str(found.period.start)) == ((), "2026-01-01")  # type: ignore[union-attr]


def test_a_trend_of_last_year_is_of_last_year(questions: OpsQuestions, analyst: Account) -> None:
    found = query(questions, analyst, "10月销售额", "去年各月的趋势")

    assert (str(found.period.start), str(found.period.end)) == ("2025-01-01", "2025-12-31")  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["本月到昨天的销售额", "今年到昨天的销售额"])
def test_until_yesterday_leaves_today_out(questions: OpsQuestions, analyst: Account, text: str) -> None:
    assert str(query(questions, analyst, text).period.end) == "2026-11-21"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["平均销售额{", "平均{0}销售额"])
def test_braces_are_words_like_others(questions: OpsQuestions, analyst: Account, text: str) -> None:
    assert questions.ask(analyst, text).status in ("clarify", "answered")


def test_a_holiday_that_the_calendar_does_not_know_is_refused(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "今年春节销售额", "feast")

    refused = questions.ask(analyst, "2019年呢", "feast")

    assert refused.status == "refused"
    assert "没有2019年春节的日期" in refused.narrative


def test_an_average_of_something_else_is_no_average_by_store(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "上月平均每笔订单销售额")

    assert answer.query is None or answer.query.per != "store"


def test_a_why_that_begins_with_explain_is_a_why(questions: OpsQuestions, analyst: Account) -> None:
    assert query(questions, analyst, "解释一下上月客流为什么下降").calculation == "drivers"


def test_a_box_with_a_lock_is_no_secret(questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, "密码箱上月销售额").reason != "personal"


@pytest.mark.parametrize(("text", "first"), [("前3季度销售额", "2026-01-01"), ("前三季度销售额", "2026-01-01")])
def test_the_first_quarters_begin_with_the_year(
    questions: OpsQuestions, analyst: Account, text: str, first: str
) -> None:
    assert str(query(questions, analyst, text).period.start) == first  # type: ignore[union-attr]


def test_both_that_fell_are_conditions(questions: OpsQuestions, analyst: Account) -> None:
    found = query(questions, analyst, "上月客流和销售额都下降的门店")

    assert [(t.metric, t.op, t.on) for t in found.having] == [("visits", "<", "change"), ("sales", "<", "change")]


def test_a_why_with_a_condition_is_taken_apart_without_it(questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, "为什么各门店NPS低于30").status in ("answered", "empty", "clarify")


def test_the_same_days_of_the_month_before_are_those_days(questions: OpsQuestions, analyst: Account) -> None:
    found = query(questions, analyst, "本月1号到10号比上月同期销售额增长多少")

    assert found.comparison is not None
    assert (str(found.comparison.period.start), str(found.comparison.period.end)) == ("2026-10-01", "2026-10-10")


@pytest.mark.parametrize("text", ["上月NPS推荐者贬损者各多少", "哪个商品差评最多，都在说什么", "销售额目标是多少"])
def test_what_would_be_answered_by_half_is_asked_back(questions: OpsQuestions, analyst: Account, text: str) -> None:
    assert questions.ask(analyst, text).status == "clarify"


def test_days_without_a_ticket_are_said_beside_the_lowest(questions: OpsQuestions, analyst: Account) -> None:
    assert "天没有记录" in questions.ask(analyst, "上周每天投诉量").narrative


@pytest.mark.parametrize("text", ["销售额跟上月比怎么样", "哪些门店客流比上月下降了", "华东经营情况和上个月相比"])
def test_the_only_period_named_may_be_what_this_one_is_held_against(
    questions: OpsQuestions, analyst: Account, text: str
) -> None:
    found = query(questions, analyst, text)

    assert found.period is not None
    assert found.comparison is not None
    assert (found.period.start.month, found.comparison.period.start.month) == (11, 10)


def test_what_is_held_against_a_holiday_must_be_said(questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, "客流跟国庆比").status == "clarify"


def test_no_question_back_is_the_question_itself(questions: OpsQuestions, analyst: Account) -> None:
    text = "商品质量的投诉和差评"
    asked = questions.ask(analyst, text)

    assert asked.status == "clarify"
    answers = [questions.ask(analyst, option["text"]) for option in asked.clarify]
    assert [a.query.metrics for a in answers if a.query] == [("tickets",), ("bad_mentions",)]


def test_a_question_back_keeps_the_place(questions: OpsQuestions, analyst: Account) -> None:
    asked = questions.ask(analyst, "上月徐家汇店推荐者的NPS")

    assert all("上月徐家汇店" in option["text"] for option in asked.clarify)
    answered = questions.ask(analyst, asked.clarify[0]["text"]).query
    assert answered is not None
    assert [f.values for f in answered.filters] == [("徐家汇店",)]
