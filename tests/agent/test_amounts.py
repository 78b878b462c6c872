"""Coupons and rewards by the amounts in their names."""

import pytest

from assistant.agent import amounts, picks
from assistant.domain.conversation import Offer

COUPONS = (
    Offer("C6", "钻石专享满2000减500券"), Offer("C5", "金卡专享满800减150券"), Offer("C2", "鞋履满500减80券"),
    Offer("C3", "童装满199减40券"), Offer("C4", "美妆满200减25券"),
)  # fmt: skip
REWARDS = (
    Offer("R1", "停车券1小时（500分）"),
    Offer("R2", "10元现金券（1,000分）"),
    Offer("R3", "50元现金券（5,000分）"),
)


@pytest.mark.parametrize(
    ("text", "coupon"),
    [
        ("500那个", "C6"), ("满500那张", "C2"), ("减150的给我", "C5"), ("两千减五百的我要", "C6"), ("满199那张", "C3"),
        ("要200那张", "C4"), ("一百五的", "C5"), ("500那个要满多少", "C6"), ("800减150那个什么时候到期", "C5"),
    ],
)  # fmt: skip
def test_a_coupon_is_named_by_what_it_takes_off_before_what_it_asks_for(text: str, coupon: str) -> None:
    assert amounts.named(text, COUPONS) == coupon


@pytest.mark.parametrize("text", ["300那个", "领了吧", "我165 110斤", "买了500块的东西"])
def test_other_numbers_name_no_coupon(text: str) -> None:
    assert amounts.named(text, COUPONS) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("那张减500的券给我领一下", "减500"), ("领满三百减三十的", "满300减30"), ("满500那张", "满500"), ("领张券", "")],
)
def test_a_coupon_that_was_not_shown_is_called_by_its_amounts(text: str, words: str) -> None:
    assert amounts.spoken(text) == words


def test_an_amount_that_is_ruled_out_is_not_meant() -> None:
    assert amounts.named("减500的领不了 减150的吧", COUPONS) == "C5"


def test_rewards_are_named_by_money_or_points() -> None:
    assert amounts.named("50块的", REWARDS) == "R3"
    assert amounts.named("1000分的那个", REWARDS) == "R2"


def test_numbers_among_sizes_and_moments_are_left_alone() -> None:
    assert amounts.named("23的", (Offer("a", "11月23日 11:00"), Offer("b", "11月24日 12:00"))) is None


def test_what_was_offered_is_picked_by_its_amount() -> None:
    assert picks.choose("就500那个吧", COUPONS) == "C6"
    assert picks.choose("500那个怎么用", COUPONS) is None


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("给我留两袋", 2), ("要三双", 3), ("预留2盒", 2), ("算了一袋就一袋", 1), ("就要一件", 1), ("给我留一件嘛", 1), ("别留一件", 0), ("刚不是说有13双么", 0), ("还剩两件吗 那留一件", 1), ("留一双42的", 0), ("第二双", 0), ("两个颜色都看看", 0),
        ("满2件8折", 0), ("12件套的", 0), ("那双鞋", 0), ("留12件", 12), ("留20双", 20), ("不要两件了 三件吧", 3), ("等两个工作日来拿行吗", 0), ("帮我问两个问题", 0),
    ],
)  # fmt: skip
def test_pieces_are_counted_where_several_are_wanted_or_just_one(text: str, pieces: int) -> None:
    assert amounts.pieces(text) == pieces


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [("这两件都不要了", True), ("不用了 我买了两件别的", True), ("算了就一袋", False), ("要三双", False)],
)
def test_pieces_may_be_counted_and_not_wanted(text: str, unwanted: bool) -> None:
    assert amounts.unwanted(text) is unwanted
