"""Before the first rows there is nothing to tell, which is not the same as zero."""

from assistant.domain.account import Account
from assistant.journeys.ops_question import OpsQuestions


def test_a_period_before_all_rows_is_empty_and_not_zero(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "2023年销售额")

    assert (answer.status, answer.rows) == ("empty", ())
    assert "开始才有数据" in answer.narrative


def test_a_period_that_begins_before_them_says_so(questions: OpsQuestions, analyst: Account) -> None:
    assert "此前的没有计入" in questions.ask(analyst, "去年工单数").narrative
    assert "没有计入" not in questions.ask(analyst, "本月工单数").narrative


def test_a_comparison_before_them_is_no_fall_from_zero(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, "今年9月工单数同比")

    assert "（还没有数据）无法比较" in answer.narrative
    assert "上期为零" not in answer.narrative
    assert questions.ask(analyst, "今年9月工单数同比增长最快的门店").status == "refused"
