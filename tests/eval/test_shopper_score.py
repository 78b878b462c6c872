"""Labels are compared with what was done, slot by slot; facts are put into the forms in which people read them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.agent.guard import unfounded
from eval.shopper_args import same
from eval.shopper_data import Turn
from eval.shopper_score import Seen, facts, judge
from tools.types import RewardItem


def seen(*actions: str, **slots: dict[str, str]) -> Seen:
    return Seen(actions, slots, "router", 1.0, "")


def test_one_of_several_right_actions_is_right() -> None:
    turn = Turn("停车咋收费", ("store_info", "knowledge_search"))

    assert judge(turn, seen("knowledge_search")).action
    assert not judge(turn, seen("store_find")).action


def test_an_action_too_many_is_wrong() -> None:
    turn = Turn("查积分", ("points_balance",))

    assert not judge(turn, seen("points_balance", "order_cancel")).action


def test_two_wishes_need_both_actions() -> None:
    turn = Turn("积分和券", ("points_balance", "coupons_mine"), every=True)

    assert not judge(turn, seen("points_balance")).action
    assert judge(turn, seen("coupons_mine", "points_balance")).action


def test_the_change_that_a_yes_made_is_what_was_wished() -> None:
    turn = Turn("就是尺码不合适 给我换", ("return_request",), args={"kind": ("换货",)})
    made = replace(seen("confirmed", return_request={"kind": "换货"}), made="return_request")

    assert judge(turn, made).action
    assert judge(turn, made).args is True
    assert not judge(turn, replace(made, made="order_cancel")).action


def test_a_yes_to_what_still_asks_goes_on_with_it() -> None:
    turn = Turn("好", ("confirmed",))

    assert judge(turn, replace(seen("return_request"), asking="return_request")).action
    assert not judge(turn, seen("return_request")).action
    assert not judge(turn, replace(seen("order_cancel"), asking="return_request")).action


def test_whoever_asks_for_a_person_and_has_one_is_served() -> None:
    assert judge(Turn("赶紧的 人呢", ("handoff",)), seen("held_by_person")).action
    assert not judge(Turn("停车怎么收费", ("knowledge_search",)), seen("held_by_person")).action


def test_every_labelled_slot_must_be_right() -> None:
    turn = Turn("M码的有吗", ("stock_check",), args={"product": ("P001",), "size": ("M",)})

    assert judge(turn, seen("stock_check", stock_check={"product": "P001", "size": "M"})).args is True
    assert judge(turn, seen("stock_check", stock_check={"product": "P001"})).args is False


def test_slots_that_the_right_action_does_not_have_are_not_asked_for() -> None:
    turn = Turn("停车", ("store_info", "knowledge_search"), args={"about": ("停车",)})

    assert judge(turn, seen("knowledge_search", knowledge_search={})).args is None


@pytest.mark.parametrize(
    ("slot", "wanted", "got", "right"),
    [("kind", "退货", "我要退", True), ("kind", "退货", "换货", False), ("height", "165", "165cm", True),
     ("tier", "钻石", "钻石卡", True), ("size", "xl", "XL", True), ("order", "1", None, False)],
)  # fmt: skip
def test_values_are_compared_as_the_slot_means_them(slot: str, wanted: str, got: str | None, right: bool) -> None:
    assert same(slot, wanted, got) is right


@dataclass(frozen=True)
class _Thing:
    price_cents: int
    at: datetime
    length: timedelta
    item: RewardItem


def test_facts_found_the_numbers_that_people_read() -> None:
    thing = _Thing(
        1_299_00, datetime(2026, 11, 22, 7, 30, tzinfo=UTC), timedelta(hours=1), RewardItem("A", "券", 12_480, 3)
    )

    evidence = "\n".join(facts(thing))

    assert unfounded("¥1,299.00\n11月22日 15:30\n约60分钟\n12,480分\n剩3张", evidence) == ""
    assert unfounded("¥1,399.00", evidence) != ""
