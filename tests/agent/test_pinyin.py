"""Pinyin is read as characters; other languages are left as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.pinyin import Pinyin

READER = Pinyin(["我有多少积分", "快递到哪了", "查积分", "徐家汇店几点关门", "我的预约是哪天", "预约改到下午"])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("wo you duoshao jifen", "我有多少积分"),
        ("kuaidi dao na le", "快递到哪了"),
        ("xujiahui dian jidian guanmen", "徐家汇店几点关门"),
        ("gaidao xiawu sidian", "改到下午四点"),
    ],
)
def test_pinyin_is_read_as_characters(typed: str, read: str) -> None:
    assert READER.read(typed) == read


@pytest.mark.parametrize("text", ["where is my parcel", "can you do it", "ok", "查积分", "XL", "", "T100012", "hi"])
def test_other_messages_stay_as_they_are(text: str) -> None:
    assert READER.read(text) == text


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(READER.read(text), str)
