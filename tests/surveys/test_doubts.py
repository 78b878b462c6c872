"""What the author of rules is told: nothing of good ones, the fault of others."""

from typing import Any

import pytest

from assistant.surveys.doubts import Names, doubts
from assistant.surveys.files import read_surveys
from assistant.surveys.rules import Rules, read_rules

NAMES = Names(
    tiers=("普通", "银卡", "金卡", "钻石"), stages=("沉默", "流失"), stores=("S001", "S002"),
    products=("P001", "美妆护肤"), attitudes=("排队结账-负面", "价格-正面"),
)  # fmt: skip


def rules(*given: dict[str, Any]) -> Rules:
    return Rules.model_validate({"rules": [{"survey": "store_visit", **one} for one in given]})


def test_the_rules_that_are_shipped_leave_no_doubt() -> None:
    assert doubts(read_rules(surveys=read_surveys()), NAMES) == []


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"tiers": ["白金"]}, "没有叫“白金”的等级"),
        ({"stages": ["沉默会员"]}, "是“沉默”吗？"),
        ({"stores": ["S01"]}, "没有叫“S01”的门店编号"),
        ({"products": ["美妆"]}, "是“美妆护肤”吗？"),
        ({"attitudes": ["排队-负面"]}, "是“排队结账-负面”吗？"),
    ],
)
def test_a_name_that_nobody_bears_is_told_with_the_one_that_may_be_meant(who: dict[str, Any], said: str) -> None:
    found = doubts(rules({"id": "mine", "event": "paid", "who": who}), NAMES)

    assert len(found) == 1
    assert found[0].startswith("mine：")
    assert said in found[0]


def test_nothing_is_said_of_names_where_none_is_known() -> None:
    assert doubts(rules({"id": "mine", "event": "paid", "who": {"stores": ["S01"]}}), Names()) == []


def test_a_rule_for_everybody_is_told_where_its_event_comes_often() -> None:
    assert "每个付款的会员都会受邀" in doubts(rules({"id": "mine", "event": "paid"}), NAMES)[0]
    assert doubts(rules({"id": "mine", "event": "paid", "share": 0.3}), NAMES) == []
    assert doubts(rules({"id": "mine", "event": "birthday"}), NAMES) == []


def test_a_rule_behind_one_for_everybody_never_gets_its_turn() -> None:
    first, behind = {"id": "all", "event": "refunded"}, {"id": "gold", "event": "refunded", "who": {"tiers": ["金卡"]}}

    assert doubts(rules(first, behind), NAMES) == ["gold：轮不到它：同一事件上排在前面的 all 会邀请所有人"]
    assert doubts(rules(first | {"cool_down_days": 90}, behind), NAMES) == []
    assert doubts(rules(behind, first), NAMES) == []
