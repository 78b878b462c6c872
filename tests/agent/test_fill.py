"""Arguments that a message leaves open: from what was spoken of, bought, booked, or shown."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.agent import complaints, fill, occasions, times
from assistant.agent.mentions import Mentions
from assistant.domain.conversation import Focus, Offer


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
    assert complaints.bare_complaint(text) == said


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ({"time": "2026-11-22T06:00:00+00:00"}, "2026-11-23T06:00:00+00:00"),
        ({"time": "2026-11-22T08:00:00+00:00"}, "2026-11-23T08:00:00+00:00"),  # not among what was offered
        ({"time": "2026-11-24T06:00:00+00:00", "day": "2026-11-24T06:00:00+00:00"}, None),
        ({"colour": "白色"}, None),
    ],
)
def test_an_hour_without_a_day_is_on_the_day_that_was_offered(slots: dict[str, str], expected: str | None) -> None:
    offers = [Offer(f"2026-11-23T0{hour}:00:00+00:00", f"11月23日 {hour + 8}:00") for hour in (3, 4, 5, 6)]

    assert fill.on_offered_day(offers, Mentions(slots)) == expected


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("可以的 对了她能帮我搭年会的衣服吗", "年会"),
        ("嗯嗯 给我先生搭正装 备注一下", "给先生搭正装"),
        ("备注写“给先生搭正装”就行", "给先生搭正装"),
        ("主题不要写那句话啦 写年会就行", "年会"),
        ("公司年会穿搭", "公司年会穿搭"),
        ("不要日常的 面试", "面试"),
        ("下周见家长穿的", "见家长"),
        ("可以 谢谢", ""),
        ("生日券怎么领", ""),
    ],
)
def test_the_topic_of_an_appointment_is_the_occasion_alone(text: str, topic: str) -> None:
    assert occasions.find(text) == topic
