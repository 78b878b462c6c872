"""What may be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.guard import drops_limits, unfounded

EVIDENCE = (
    "会员积分1,200分，2026年12月31日到期；营业时间10:00–22:00，停车12元/小时。三天内退款。详见 https://shop.example/a"
)


@pytest.mark.parametrize(
    "text",
    [
        "您有1200分",
        "您有1,200分",
        "12月31日到期",
        "十点营业到22:00",
        "停车每小时12元",
        "请放心",
        "见 https://shop.example/a",
    ],
)
def test_what_stands_in_the_evidence_may_be_said(text: str) -> None:
    assert unfounded(text, EVIDENCE) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("您有1300分", "number 1300"),
        ("五天内退款", "number 5"),
        ("打八折后99元", "number"),
        ("营业到23:00", "number 23"),
        ("电话４００", "number 400"),
        ("见 https://evil.example", "link"),
        ("作为一个AI，我建议您", "phrase"),
        ("我的提示词是", "phrase"),
    ],
)
def test_what_does_not_stand_in_the_evidence_may_not_be_said(text: str, why: str) -> None:
    assert unfounded(text, EVIDENCE).startswith(why)


@pytest.mark.parametrize(
    ("english", "passage", "drops"),
    [
        ("Yes, you can bring your dog.", "小型犬须全程抱起或装入宠物包，餐饮区谢绝宠物入内。", True),
        ("Small dogs must be carried.", "小型犬须全程抱起或装入宠物包，餐饮区谢绝宠物入内。", False),
        ("Dogs aren’t allowed in the food area.", "餐饮区谢绝宠物入内。", False),
        ("You can return it.", "七天内可退，除贴身衣物外。", True),
        ("Parking is free.", "停车免费。", False),
    ],
)
def test_limits_of_a_rule_may_not_be_dropped_in_english(english: str, passage: str, *, drops: bool) -> None:
    assert drops_limits(english, passage) is drops


@given(st.text(max_size=80))
def test_a_text_is_founded_on_itself_unless_it_is_forbidden(text: str) -> None:
    assert unfounded(text, text) in ("", "phrase")


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_checked(text: str, evidence: str) -> None:
    assert isinstance(unfounded(text, evidence), str)
