"""Wishes are weighed by the words and by what was spoken of."""

from dataclasses import replace

import pytest

from assistant.agent import refusals, weigh, yes_and_more
from assistant.agent.weigh import Known

NOTHING = Known("靴子发了没", {}, {}, {}, (), False, "", False, frozenset(), False, False, False)


def test_every_feature_has_a_weight() -> None:
    found = weigh.features(replace(NOTHING, alone={"order_status": 1.0}), "order_status")

    assert set(found) == set(weigh.WEIGHTS)


def test_probabilities_add_up_to_one() -> None:
    known = replace(NOTHING, alone={"order_status": 0.6, "points_history": 0.3, "thanks": 0.1})

    found = weigh.likelihoods(known)

    assert sum(found.values()) == pytest.approx(1.0)


def test_what_was_spoken_of_turns_the_scales_between_two_likely_wishes() -> None:
    known = replace(NOTHING, text="10月份那笔是什么", alone={"order_status": 0.5, "points_history": 0.5})

    in_topic = {"order_status": 0.3, "points_history": 0.7}
    found = weigh.likelihoods(replace(known, last_tool="points_balance", in_topic=in_topic))

    assert found["points_history"] > found["order_status"]


def test_a_thing_that_the_shopper_bought_speaks_for_its_order() -> None:
    known = replace(NOTHING, alone={"order_status": 0.5, "knowledge_search": 0.5}, names_product=True)

    owned = weigh.likelihoods(replace(known, owns_product=True))["order_status"]

    assert owned > weigh.likelihoods(known)["order_status"]


@pytest.mark.parametrize("said", ["哦不 还是留着吧", "不是 我说错了 留着", "不，我再想想"])
def test_a_no_with_its_reason_is_a_no(said: str) -> None:
    assert refusals.takes_back(said, "order_cancel")


@pytest.mark.parametrize("said", ["不是L 是XL", "不要白的 换黑的", "不 改成四点"])
def test_a_correction_is_no_no(said: str) -> None:
    assert not refusals.takes_back(said, "stock_reserve")


def test_what_tells_of_no_harm_and_asks_is_rather_no_complaint() -> None:
    known = replace(NOTHING, text="散场了商场还开不", alone={"ticket_file": 0.6, "store_info": 0.4})

    asked = weigh.likelihoods(known)["ticket_file"]

    assert asked < weigh.likelihoods(replace(known, text="散场了商场还骂人呢"))["ticket_file"]


def test_every_feature_of_a_second_look_has_a_weight() -> None:
    known = replace(NOTHING, alone={"order_status": 1.0}, second={"order_status": 1.0})

    assert set(weigh.features(known, "order_status")) == set(weigh.TWICE)


def test_a_second_look_turns_the_scales() -> None:
    seen = {"order_status": 0.9, "bye": 0.1}
    known = replace(NOTHING, alone={"order_status": 0.5, "bye": 0.5}, second=seen, after_reply=seen)

    found = weigh.likelihoods(known)

    assert found["order_status"] > found["bye"]
    assert found["order_status"] > weigh.likelihoods(replace(known, second={}))["order_status"]


@pytest.mark.parametrize(("said", "tool"), [("唉别换了 我戒咖啡呢", "points_redeem"), ("先别约了", "appointment_book")])
def test_a_refusal_names_the_change_and_may_give_a_reason(said: str, tool: str) -> None:
    assert refusals.refuses(said, tool)


@pytest.mark.parametrize("said", ["别要白的 换黑的", "不换了 退吧", "别换了 帮我看看有没有M"])
def test_a_refusal_with_another_wish_is_none(said: str) -> None:
    assert not refusals.refuses(said, "return_request")


def test_a_yes_may_be_followed_by_a_feeling_and_by_no_doubt() -> None:
    assert yes_and_more.yes_and_remark("好 紧张死了", "appointment_book")
    assert not yes_and_more.yes_and_remark("好 但是贵死了", "appointment_book")
    assert not yes_and_more.yes_and_remark("好 多少钱", "appointment_book")
