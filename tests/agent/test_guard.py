"""What may be sent, and how a message is read."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.guard import clean, drops_limits, fold_dialect, has_words, is_english, unfounded

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


@given(st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(max_size=80))
def test_a_clean_text_has_no_control_characters_but_line_ends(text: str) -> None:
    cleaned = clean(text)

    assert cleaned == cleaned.strip()
    assert all(c in "\n\r\t\x85" or unicodedata.category(c) != "Cc" or ord(c) >= 0x80 for c in cleaned)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("１２３４５", "12345"),
        ("积\u200b分", "积分"),
        ("a\x00b\u202ec", "abc"),
        ("  你   好  ", "你 好"),
        ("Ｍ码", "M码"),
    ],
)
def test_a_message_is_read_in_one_width_without_invisible_characters(raw: str, read: str) -> None:
    assert clean(raw) == read


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("有木有M码", "有没有M码"),
        ("多钱", "多少钱"),
        ("我的击分", "我的积分"),
        ("快第到哪了", "快递到哪了"),
        ("咋个退货", "怎么退货"),
        ("能退不", "能退吗"),
    ],
)
def test_dialect_and_typos_are_read_as_standard_words(said: str, meant: str) -> None:
    assert fold_dialect(said) == meant


@pytest.mark.parametrize("standard", ["我有多少积分", "徐家汇店几点关门", "优惠券怎么用", "怎么退货", "订单到哪了"])
def test_standard_words_stay_as_they_are(standard: str) -> None:
    assert fold_dialect(standard) == standard


@pytest.mark.parametrize(("text", "words"), [("😀", False), ("……！", False), ("", False), ("好😀", True), ("1", True)])
def test_emoji_and_marks_are_no_words(text: str, words: bool) -> None:
    assert has_words(text) is words


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("how many points do I have", True),
        ("hello", True),
        ("where is 徐家汇 store", True),
        ("我要M码", False),
        ("VIP休息室在哪", False),
        ("12345", False),
    ],
)
def test_english_is_told_from_chinese_with_latin_letters(text: str, english: bool) -> None:
    assert is_english(text) is english
