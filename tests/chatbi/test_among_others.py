"""One among others: places, averages that groups are held against, overviews."""

import pytest

from assistant.chatbi.answer import Answer
from assistant.chatbi.averages import Average, average
from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.query import Calculation, MetricQuery
from assistant.chatbi.run import Table
from assistant.domain.account import Account, Role
from assistant.journeys.ops_question import OpsQuestions


def query(answer: Answer) -> MetricQuery:
    assert answer.query is not None, answer.narrative
    return answer.query


def test_a_place_is_that_of_the_ranking(questions: OpsQuestions, analyst: Account) -> None:
    ranking = [r[0] for r in questions.ask(analyst, "上月各门店销售额排名").rows]
    answer = questions.ask(analyst, "徐家汇店上月销售额排第几")

    assert query(answer).calculation is Calculation.PLACE
    assert f"排第 {ranking.index('徐家汇店') + 1} / 共 {len(ranking)} 家" in answer.narrative
    assert [r[0] for r in answer.rows] == ranking
    end = questions.ask(analyst, "徐家汇店上月销售额倒数第几")
    assert f"排第 {len(ranking) - ranking.index('徐家汇店')} / 共" in end.narrative


def test_peers_are_those_of_the_place_named(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "徐家汇店上月销售额在华东排第几名")
    inside = questions.ask(analyst, "上月华东各门店销售额").rows

    assert {r[0] for r in answer.rows} == {r[0] for r in inside}
    assert f"共 {len(inside)} 家" in answer.narrative


def test_the_place_follows_what_was_asked_before(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "上月徐家汇店销售额", "place")
    asked = query(questions.ask(analyst, "在上海排第几", "place"))
    assert (asked.placed, [f.values for f in asked.filters]) == (("徐家汇店",), [("上海",)])

    other = query(questions.ask(analyst, "那五角场店呢", "place"))
    assert (other.placed, [f.values for f in other.filters]) == (("五角场店",), [("上海",)])

    plain = query(questions.ask(analyst, "按城市看", "place"))
    assert (plain.calculation, plain.placed) == (Calculation.BREAKDOWN, ())


def test_too_small_a_sample_takes_no_place(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "徐家汇店上月NPS排第几")

    assert "不参加排名" in answer.narrative
    assert "徐家汇店" not in {r[0] for r in answer.rows}


def test_where_lower_is_better_both_ends_are_said(questions: OpsQuestions, analyst: Account) -> None:
    text = questions.ask(analyst, "徐家汇店近一年退货率排第几").narrative

    assert "从高到低排第" in text
    assert "越低越好，从好到差是第" in text


def test_ones_own_store_has_no_peers_within_its_own_scope(questions: OpsQuestions) -> None:
    manager = Account("xujiahui", "店长", Role.STORE_MANAGER, ("S001",))
    answer = questions.ask(manager, "本店上月销售额排第几")

    assert query(answer).placed == ("徐家汇店",)
    assert "排不出名次" in answer.narrative


@pytest.mark.parametrize(
    "text", ["上月销售额排第几", "我们店上月销售额在华东排第几", "徐家汇店上月销售额在区域里排第几"]
)
def test_whose_place_among_whom_is_asked_back(text: str, questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, text).status == "clarify"


def test_a_rate_is_held_against_that_of_everything(questions: OpsQuestions, analyst: Account) -> None:
    whole = float(questions.ask(analyst, "上月客单价").rows[0][0])
    rows = questions.ask(analyst, "上月各城市客单价").rows
    below = questions.ask(analyst, "上月客单价低于平均的城市")

    assert {r[0] for r in below.rows} == {r[0] for r in rows if float(r[1]) < whole and r[2] >= 5}
    assert f"{whole:,.1f}元" in below.narrative


def test_a_sum_is_held_against_that_of_one_group(questions: OpsQuestions, analyst: Account) -> None:
    rows = {r[0]: float(r[1]) for r in questions.ask(analyst, "上月各门店销售额").rows}
    mean = sum(rows.values()) / len(rows)

    below = questions.ask(analyst, "上月销售额低于全国平均的门店有哪些")
    assert {r[0] for r in below.rows} == {k for k, v in rows.items() if v < mean}
    assert f"{mean:,.1f}元" in below.narrative
    chosen = questions.ask(analyst, "上月销售额高于平均的门店的客流")
    assert {r[0] for r in chosen.rows} == {k for k, v in rows.items() if v > mean}


def test_an_average_is_that_of_what_one_may_see(questions: OpsQuestions) -> None:
    east = Account("east", "华东区域经理", Role.REGION_MANAGER, ("R-华东",))
    answer = questions.ask(east, "上月销售额低于全国平均的门店有哪些")
    rows = [float(r[1]) for r in questions.ask(east, "上月各门店销售额").rows]

    assert f"您权限内平均每个门店的销售额是{sum(rows) / len(rows):,.1f}元" in answer.narrative


def test_one_is_held_against_the_average_of_its_peers(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "徐家汇店上月销售额高于平均吗")

    assert query(answer).calculation is Calculation.PLACE
    assert "平均每家（" in answer.narrative


@pytest.mark.parametrize(
    "text", ["上月销售额超过公司目标的门店", "低于各自城市平均的门店销售额", "上月销售额超过行业平均的门店"]
)
def test_what_is_no_average_of_ours_is_asked_back(text: str, questions: OpsQuestions, analyst: Account) -> None:
    assert questions.ask(analyst, text).status == "clarify"


@pytest.mark.parametrize("text", ["上月整体怎么样", "给我看下上个月的经营情况", "上月概览", "上月怎么样"])
def test_an_overview_shows_the_headlines_beside_what_they_were(
    text: str, questions: OpsQuestions, analyst: Account
) -> None:
    answer = questions.ask(analyst, text)
    headlines = [m.name for m in questions.catalogue.metrics.values() if m.headline]

    assert [r[0] for r in answer.rows] == headlines
    assert answer.rows[0][1] in questions.ask(analyst, "上月销售额").narrative
    assert "环比2026年9月" in answer.narrative


def test_an_overview_marks_samples_too_small_and_leaves_out_what_does_not_fit(
    questions: OpsQuestions, analyst: Account
) -> None:
    answer = questions.ask(analyst, "上月女装经营情况")

    assert [r[0] for r in answer.rows] == ["销售额", "订单数", "客单价", "NPS"]
    assert "仅供参考" in answer.rows[3][1]


def test_an_overview_is_edited_and_one_of_its_metrics_taken(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "上月整体怎么样", "over")
    east = query(questions.ask(analyst, "那华东呢", "over"))
    assert (east.calculation, east.filters[0].values) == (Calculation.OVERVIEW, ("华东",))
    assert questions.ask(analyst, "为什么", "over").status == "clarify"

    visits = query(questions.ask(analyst, "客流呢", "over"))
    assert (visits.calculation, visits.metrics) == (Calculation.VALUE, ("visits",))


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("上月销售额不低于平均的门店", ">"), ("上月高于平均客单价的城市", ">"), ("上月没达到平均销售额的门店", "<"),
        ("上月退货率好于平均的门店", "<"), ("上月客流比平均低的门店", "<"), ("上月客单价在平均水平以上的城市", ">"),
    ],
)  # fmt: skip
def test_which_side_of_the_average_is_what_was_said(
    text: str, op: str, questions: OpsQuestions, analyst: Account
) -> None:
    assert [(t.op, t.value) for t in query(questions.ask(analyst, text)).having] == [(op, "average")]


def test_within_a_scope_the_place_is_said_to_be_among_what_is_seen(questions: OpsQuestions) -> None:
    east = Account("east", "华东区域经理", Role.REGION_MANAGER, ("R-华东",))

    assert "只在您能看到的门店里排" in questions.ask(east, "徐家汇店上月销售额全国排第几").narrative


def test_all_of_it_lets_go_of_the_place_before(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "上海上月客单价", "whole")
    found = query(questions.ask(analyst, "整体怎么样", "whole"))

    assert (found.metrics, found.filters) == (("aov",), ())


def test_two_that_are_named_are_held_against_all(questions: OpsQuestions, analyst: Account) -> None:
    whole = float(questions.ask(analyst, "上月客单价").rows[0][0])

    assert f"{whole:,.1f}元" in questions.ask(analyst, "上月徐家汇店和五角场店谁的客单价高于平均").narrative


def test_counts_that_are_better_low_rank_only_those_that_have_any(questions: OpsQuestions, analyst: Account) -> None:
    rows = {r[0]: r[1] for r in questions.ask(analyst, "近30天各门店工单数").rows}
    with_any = questions.ask(analyst, f"{max(rows, key=lambda k: (rows[k], k))}近30天工单数排第几").narrative
    stores = {r[0] for r in questions.ask(analyst, "近30天各门店客流").rows}

    assert "没有记录的门店不在内" in with_any
    assert "从好到差" not in with_any
    assert "没有参加排名" in questions.ask(analyst, f"{min(stores - rows.keys())}近30天工单数排第几").narrative


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ("上月销售额有没有超过平均的门店", ">", "average"), ("近一年NPS有没有低于平均的门店", "<", "average"),
        ("上月没有超过平均销售额的门店", "<", "average"), ("上月哪些门店销售额没有大于平均", "<", "average"),
        ("上月哪些门店客单价没有好于整体平均", "<", "overall"), ("上月销售额有没有达到8000的门店", ">=", 8000),
        ("上月销售额没有达到8000的门店", "<", 8000), ("上月销售额没达到8000的门店", "<", 8000),
    ],
)  # fmt: skip
def test_whether_there_are_any_is_not_that_there_are_none(
    text: str, op: str, value: object, questions: OpsQuestions, analyst: Account
) -> None:
    (condition,) = query(questions.ask(analyst, text)).having

    assert (condition.op, condition.value) == (op, value)


def test_an_average_by_day_counts_the_days_that_the_groups_count(questions: OpsQuestions, analyst: Account) -> None:
    rows = questions.ask(analyst, "2024年各门店日均销售额").rows  # the first sales are of November
    mean = f"{sum(float(r[1]) for r in rows) / len(rows):,.1f}元"

    assert mean in questions.ask(analyst, "2024年日均销售额高于平均的门店").narrative
    assert mean in questions.ask(analyst, "2024年徐家汇店日均销售额排第几").narrative


def test_an_average_by_day_of_those_beside_another_average(questions: OpsQuestions, analyst: Account) -> None:
    chosen = questions.ask(analyst, "近一年NPS低于平均的门店").rows
    answer = questions.ask(analyst, "近一年NPS低于平均的门店日均销售额")

    assert query(answer).per == "day"
    assert {r[0] for r in answer.rows} == {r[0] for r in chosen}


def test_a_why_of_those_beside_an_average(questions: OpsQuestions, analyst: Account) -> None:
    assert "影响最大的是" in questions.ask(analyst, "为什么近半年NPS低于平均的门店销售额下降").narrative


def test_some_of_the_groups_have_no_average() -> None:
    asked = MetricQuery(calculation=Calculation.BREAKDOWN, metrics=("sales",), dimensions=("product",))
    cut = Table(("product", "sales"), (("a", 2.0), ("b", 1.0)), cut=True)

    assert average("sales", asked, catalogue(), lambda _: cut) == Average(None)


def test_a_place_by_growth_of_a_score_is_by_its_change(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "徐家汇店上月销售额环比排第几", "growth")
    order = query(questions.ask(analyst, "NPS呢", "growth")).order

    assert order is not None
    assert (order.metric, order.by) == ("nps", "change")


def test_a_why_after_a_place_is_about_the_one_placed(questions: OpsQuestions, analyst: Account) -> None:
    questions.ask(analyst, "徐家汇店上月销售额排第几", "placed why")
    asked = query(questions.ask(analyst, "为什么", "placed why"))

    assert asked.calculation is Calculation.DRIVERS
    assert [f.values for f in asked.filters] == [("徐家汇店",)]


def test_an_overview_of_a_time_before_all_rows_has_no_noughts(questions: OpsQuestions, analyst: Account) -> None:
    """New members are known for longer than sales."""
    rows = {r[0]: r[1:] for r in questions.ask(analyst, "2023年整体怎么样").rows}

    assert rows["销售额"] == ("暂无数据", "暂无数据", "无法比较")
    assert rows["新增会员数"][0].endswith("人")


@pytest.mark.parametrize(
    "text", ["上周整体怎么样", "上月各城市经营情况", "徐家汇店上周怎么样", "徐家汇店上月销售额排第几"]
)
def test_what_is_offered_next_is_answered(text: str, questions: OpsQuestions, analyst: Account) -> None:
    for number, offered in enumerate(questions.ask(analyst, text).next):
        questions.ask(analyst, text, f"{text} {number}")
        assert questions.ask(analyst, offered, f"{text} {number}").status == "answered", offered
