"""Arguments that a message leaves open: from what was spoken of, bought, booked, or shown."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.agent import fill, times
from assistant.domain.conversation import Focus


def test_a_colour_goes_on_with_its_product() -> None:
    focus = Focus(product_id="P001", colour="米白", size="M")

    same = fill.with_focus("stock_check", {"product": "P001"}, focus, "静安寺有吗")
    other = fill.with_focus("stock_check", {"product": "P002"}, focus, "大衣有吗")

    assert same == {"product": "P001", "colour": "米白", "size": "M"}
    assert other == {"product": "P002"}


def test_an_order_is_only_filled_where_the_talk_is_of_orders() -> None:
    focus = Focus(order_id="26112090000001")

    after_orders = fill.with_focus("order_status", {}, focus, "付款了没", "orders_recent")
    pointing = fill.with_focus("order_status", {}, focus, "那单付款了没")
    after_order = fill.with_focus("order_logistics", {}, focus, "几号到", "order_status")

    assert after_orders == {}
    assert pointing == after_order == {"order": "26112090000001"}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("往后挪一天", 1440),
        ("晚半小时行吗", 30),
        ("提前两个小时", -120),
        ("推迟一周", 10080),
        ("后天下午三点", 0),
        ("", 0),
    ],
)
def test_a_shift_is_how_far_a_moment_is_moved(text: str, minutes: int) -> None:
    assert times.shift(text) == timedelta(minutes=minutes)


def test_a_weekday_is_the_next_to_come_also_on_that_weekday() -> None:
    sunday = datetime(2026, 11, 22, 3, tzinfo=UTC).date()

    assert times.day_of("周日", sunday) == sunday + timedelta(days=7)
    assert times.day_of("这周六", sunday) == sunday + timedelta(days=6)


@pytest.mark.parametrize(("text", "said"), [("我要投诉", ""), ("投诉，收银台太慢", "收银台太慢")])
def test_a_bare_complaint_says_nothing_else(text: str, said: str) -> None:
    assert fill.bare_complaint(text) == said
