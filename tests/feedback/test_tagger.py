"""What a text says, and what it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import TreeFile

TAGGER = Tagger(TreeFile(ASPECTS).get)


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("导购特别热情，帮我挑了好几件", "pos"),
        ("导购不热情", "neg"),
        ("价格不贵，质量也不差", "pos"),
        ("没有以前好吃了", "neg"),
        ("真是太贴心了，让我等了两个小时", "neg"),
        ("東西好好，服務態度都好好", "pos"),
        ("这衣服真的巴适得板", "pos"),
        ("今天去了一趟徐家汇店", "neu"),
        ("比别家贵，还没有停车位", "neg"),
        ("再也不会来了", "neg"),
    ],
)
def test_sentiment_is_read_through_negation_comparison_irony_and_dialect(
    tagger: Tagger, text: str, sentiment: str
) -> None:
    assert tagger.tag(text).sentiment == sentiment


def test_each_aspect_keeps_its_own_sentiment(tagger: Tagger) -> None:
    tags = tagger.tag("衣服质量很好，就是快递太慢了，停车也不方便")

    found = {a.aspect: a.sentiment for a in tags.aspects}

    assert found == {"商品质量": "pos", "物流配送": "neg", "停车": "neg"}


def test_the_span_is_cut_from_the_text_as_it_came() -> None:
    text = "<b>服務態度</b>ＶＥＲＹ差，😡 排了半小时队"

    tags = TAGGER.tag(text)

    assert tags.aspects
    assert all(text[a.start : a.start + len(a.span)] == a.span for a in tags.aspects)


def test_a_person_hurt_is_urgent_and_named(tagger: Tagger) -> None:
    tags = tagger.tag("我老母亲在你们店扶梯口滑倒了，没人管，我要打12315曝光你们")

    assert {r.name for r in tags.risks} >= {"safety", "legal", "media", "vulnerable"}
    assert tags.urgency == 2
    assert "anger" in {e.name for e in tags.emotions}


def test_an_expired_coupon_is_no_spoilt_food(tagger: Tagger) -> None:
    assert tagger.tag("优惠券过期了没法用").risks == ()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("请问你们几点关门？", "question"),
        ("能不能多开几个收银台", "suggestion"),
        ("态度太差了，差评", "complaint"),
        ("店员很耐心，点赞", "praise"),
        ("电梯门关太快夹人，你们没人管的吗", "complaint"),
        ("一洗就跑绒，质检都放假了？", "complaint"),
        ("掉色太严重了，怎么退？", "question"),
        ("会员日能不能多搞几次，别老是周二", "suggestion"),
    ],
)
def test_the_intent_is_told(tagger: Tagger, text: str, intent: str) -> None:
    assert tagger.tag(text).intent.name == intent


def test_advertising_and_struck_keys_are_junk(tagger: Tagger) -> None:
    assert [tagger.tag(t).junk.name for t in ("加微信进群日赚五百，点击链接 http://a.b", "asdfghjkl")] == [  # type: ignore[union-attr]
        "spam",
        "gibberish",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    tags = TAGGER.tag(text)

    assert -1 <= tags.score <= 1
    assert all(text[a.start : a.start + len(a.span)] == a.span for a in tags.aspects)


def test_a_very_long_text_is_read(tagger: Tagger) -> None:
    tags = tagger.tag("服务很好，" * 4_000)

    assert tags.sentiment == "pos"


@pytest.mark.parametrize(
    "text", ["没觉得哪里不好，但也没啥惊喜", "说不上好，也说不上坏", "没有哪里特别满意，也没有哪里不满意"]
)
def test_what_is_denied_both_ways_is_neither_and_asks_nothing(tagger: Tagger, text: str) -> None:
    tags = tagger.tag(text)

    assert tags.sentiment == "neu"
    assert tags.intent.name != "question"


@pytest.mark.parametrize("text", ["没有强行推销，逛得很自在", "没有哪里不舒服", "挑不出哪里不好"])
def test_a_denied_fault_is_no_fault(tagger: Tagger, text: str) -> None:
    assert tagger.tag(text).sentiment != "neg"


@pytest.mark.parametrize("text", ["今儿天气真不错，量子力学好难", "昨晚的球赛太精彩了", "考研英语好难啊"])
def test_talk_of_something_else_is_neither_praise_nor_blame_of_a_shop(tagger: Tagger, text: str) -> None:
    tags = tagger.tag(text)

    assert tags.sentiment == "neu"
    assert tags.intent.name == "statement"


def test_the_weather_beside_a_matter_of_the_shop_does_not_silence_it(tagger: Tagger) -> None:
    assert tagger.tag("下雨天配送还这么快，太感谢了").sentiment == "pos"


def test_bad_traffic_is_no_word_about_a_shop(tagger: Tagger) -> None:
    assert tagger.tag("今天下雨路上好堵").sentiment == "neu"
