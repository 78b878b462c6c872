"""How a message is read: one width, one script, standard words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.written import clean, fold_dialect, has_words, is_english, simplified


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


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("那幫我兌一張停車券", "那帮我兑一张停车券"),
        ("請問點數什麼時候到期", "请问点数什么时候到期"),
        ("小白鞋37", "小白鞋37"),
    ],
)
def test_traditional_characters_are_read_as_simplified_ones(written_as: str, read_as: str) -> None:
    assert simplified(written_as) == read_as


def test_slang_for_a_price_is_a_price() -> None:
    assert fold_dialect("面霜多少米呀") == "面霜多少钱呀"
    assert fold_dialect("多少米的床") == "多少米的床"


@pytest.mark.parametrize(
    ("text", "read"), [("[捂脸][捂脸]", ""), ("有货吗[可怜]", "有货吗"), ("尺码[M]还有吗 [OK]", "尺码[M]还有吗")]
)
def test_wechat_s_own_emoji_are_no_words(text: str, read: str) -> None:
    assert clean(text) == read
