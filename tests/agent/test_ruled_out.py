"""What a message rules out, and what is left of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent import ruled_out


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("军绿没有哈 那就黑的L", "那就黑的L"),
        ("白的卖完了？黑的呢", "白的卖完了？黑的呢"),
        ("徐家汇也太远了 静安寺呢", "静安寺呢"),
        ("徐家汇 太远了 静安寺呢", "静安寺呢"),
        ("200的换不了 换50的吧", "换50的吧"),
        ("我不想要这个 要面霜", "要面霜"),
        ("酸奶不对是牛奶", "是牛奶"),
        ("说错了 是徐家汇", "是徐家汇"),
        ("两千减五百的我要", "两千减五百的我要"),
        ("有没有白色的 黑色也行", "有没有白色的 黑色也行"),
        ("到货没有 那黑的呢", "那黑的呢"),
        ("退款到了没有", "退款到了没有"),
        ("你们不是有羽绒服吗 M码的", "你们不是有羽绒服吗 M码的"),
        ("不要白色", "不要白色"),  # all that was said
    ],
)
def test_what_is_left_is_what_is_meant(text: str, left: str) -> None:
    assert ruled_out.left(text) == left


@given(st.text(alphabet="太远了没有不要是那就我换黑白M38徐家汇静安寺，。 ?", max_size=24))
def test_something_is_always_left(text: str) -> None:
    left = ruled_out.left(text)

    assert left or not text
    assert set(left) <= {*text, " "}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("第一个雾蓝的徐家汇有m吗 我不喜欢米白 家里那件就米白", "第一个雾蓝的徐家汇有m吗"),
        ("怎么又是羽绒服 真丝啊大哥", "真丝啊大哥"),
        ("我说吸尘器不要了！要粉色加湿器 天津有吗", "要粉色加湿器 天津有吗"),
        ("家里有羽绒服能穿吗", "家里有羽绒服能穿吗"),
    ],
)
def test_what_is_disliked_owned_or_shown_again_is_ruled_out(text: str, left: str) -> None:
    assert ruled_out.left(text) == left
