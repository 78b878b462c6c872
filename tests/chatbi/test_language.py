"""Questions become queries, follow-ups edit them, and what is not plain is asked back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.chatbi.answer import Answer
from assistant.chatbi.query import MetricQuery
from assistant.domain.account import Account, Role
from assistant.journeys.ops_question import OpsQuestions

PIECES = (
    "上月", "销售额", "各门店", "前10", "的", "NPS", "低于30", "占比", "环比", "同比", "趋势", "为什么", "华东", "金卡", "和", "比", "国庆",
    "里", "最高", "除了", "每天", "呢", "'", ";", "换成", "只看", "2月30日", "名单", "下降了", "变化", "截至", "昨天", "会员", "退货",
)  # fmt: skip


def query(answer: Answer) -> MetricQuery:
    assert answer.query is not None, answer.narrative
    return answer.query


def test_a_typo_is_mended_and_said(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "徐家会店上月销售额")

    assert [f.values for f in query(answer).filters] == [("徐家汇店",)]
    assert "按“徐家汇店”理解" in answer.narrative


def test_the_narrative_says_period_scope_and_number(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "本月销售额")

    assert "2026年11月（截至2026年11月22日）" in answer.narrative
    assert "集团全部16家店" in answer.narrative
    assert f"{answer.rows[0][0] / 10000:.2f}万元" in answer.narrative


def test_follow_ups_edit_the_query_before(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "上月各区域销售额", "t")

    by_city = query(questions.ask(analyst, "换成按城市", "t"))
    gold = query(questions.ask(analyst, "只看黄金会员", "t"))
    before = query(questions.ask(analyst, "那上上个月呢", "t"))

    assert by_city.dimensions == ("city",)
    assert [(f.dimension, f.values) for f in gold.filters] == [("tier", ("金卡",))]
    assert (before.dimensions, before.filters) == (("city",), gold.filters)
    assert before.period is not None
    assert before.period.start.month == 9


def test_threads_do_not_mix(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "上月各区域销售额", "one")

    answer = questions.ask(analyst, "换成按城市", "two")

    assert answer.status == "clarify"


def test_every_slot_says_where_it_comes_from(questions: OpsQuestions, analyst: Account) -> None:
    spans = query(questions.ask(analyst, "上月华东各城市销售额", "s")).spans
    inherited = query(questions.ask(analyst, "换成客单价", "s")).spans

    assert (spans["metrics"], spans["period"], spans["filter:region"]) == ("销售额", "上月", "华东")
    assert inherited["period"] == "inherited"


@pytest.mark.parametrize(
    "text",
    [
        "上月卖得最好的门店",
        "上月积分",
        "羽绒服上月销量",
        "上月销售额最高的是",
        "上月销售额变化",
        "上月毛利率",
        "上月按天气看销售额",
    ],
)
def test_two_readings_or_an_unknown_word_are_asked_back(questions: OpsQuestions, analyst: Account, text: str) -> None:
    answer = questions.ask(analyst, text)

    assert answer.status == "clarify"
    assert answer.clarify


@pytest.mark.parametrize(
    "text", ["上月卖得最好的门店", "上月积分", "羽绒服上月销量", "上月销售额最高的是", "上月销售额变化"]
)
def test_an_option_asks_the_same_without_the_doubt(questions: OpsQuestions, analyst: Account, text: str) -> None:
    for option in questions.ask(analyst, text).clarify:
        assert questions.ask(analyst, option["text"]).status in ("answered", "empty"), option


def test_next_questions_can_be_asked(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "上月销售额", "n")

    assert answer.next
    for text in answer.next:
        questions.ask(analyst, "上月销售额", "n")
        assert questions.ask(analyst, text, "n").status in ("answered", "empty"), text


def test_a_list_of_members_needs_a_role_and_shows_ids_only(questions: OpsQuestions, analyst: Account) -> None:
    agent = Account("agent", "在线客服", Role.SERVICE_AGENT, ("G",))

    allowed, refused = (questions.ask(who, "流失会员名单") for who in (analyst, agent))

    assert all(str(row[0]).startswith("M") for row in allowed.rows)
    assert not {"name", "phone"} & {c["name"] for c in allowed.columns}
    assert (refused.status, refused.reason) == ("refused", "permission")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(PIECES), max_size=9))
def test_any_jumble_of_words_is_answered_asked_back_or_refused(
    words: list[str], questions: OpsQuestions, analyst: Account
) -> None:
    answer = questions.ask(analyst, "".join(words), "jumble")

    assert answer.status in ("answered", "empty", "clarify", "refused", "told")
    assert answer.narrative


def test_a_state_is_told_of_any_day_and_of_the_end_of_each_part(questions: OpsQuestions, analyst: Account) -> None:
    by_day = questions.ask(analyst, "本月每天的沉默会员数")
    by_week = questions.ask(analyst, "本月每周的沉默会员数")
    one = questions.ask(analyst, "11月15日有多少沉默会员")

    days = {row[0].isoformat(): row[1] for row in by_day.rows}
    assert (len(days), query(by_day).grain, query(by_week).grain) == (22, "day", "week")
    assert [row[1] for row in by_week.rows] == [days[f"2026-11-{end}"] for end in ("01", "08", "15", "22")]
    assert one.rows[0][0] == days["2026-11-15"]
    assert "截至2026年11月15日" in one.narrative


def test_members_of_a_quarter_are_those_at_its_end(questions: OpsQuestions, analyst: Account) -> None:
    by_quarter = questions.ask(analyst, "今年每个季度的会员总数")
    by_month = questions.ask(analyst, "今年每个月的会员总数")

    months = {row[0]: row[1] for row in by_month.rows}
    ends = [months[f"2026-{month}"] for month in ("03", "06", "09", "11")]
    assert [row[1] for row in by_quarter.rows] == ends


def test_what_is_kept_for_month_ends_alone_is_not_told_by_day(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "上周每天的会员总数和会员升级率")

    assert (answer.status, answer.reason) == ("refused", "query")
    assert answer.narrative.startswith("会员升级率按月末统计")


def test_states_before_the_days_that_are_kept_are_refused(questions: OpsQuestions, analyst: Account) -> None:
    last, before = (questions.ask(analyst, f"2025年10月{day}日的会员总数") for day in (18, 17))

    assert last.rows[0][0] > 0
    assert (before.status, before.reason) == ("refused", "date")
    assert "2025年10月18日以前" in before.narrative


def test_a_list_of_members_says_of_which_day_it_is(questions: OpsQuestions, analyst: Account) -> None:
    assert "截至2026年10月31日" in questions.ask(analyst, "11月15日的沉默会员名单").narrative
