"""A crash beside an answer that a response carries: before it goes it is told again or pushed, once it goes never again."""

from datetime import timedelta

from assistant.channels.official_account.courier import CARRYING, Carried
from assistant.db import conversations, outbox
from assistant.domain.shopper import Identity
from assistant.web.fake_wechat.push import push_request
from assistant.web.fake_wechat.records import Delivery
from tests.channels.conftest import CHANNEL, OPENID, Make, World


def _answered(make_world: Make, **changes: object) -> tuple[World, Delivery, Carried]:
    """A message whose answer is in the hands of a response that never left."""
    world = make_world(lanes=False, passive_s=0, **changes)
    phone = world.phone(member="M0000001")
    delivery = phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    with world.service.database.read() as connection:
        [(_, inbox_id, _)] = outbox.promised(connection, CHANNEL)
        conversation = conversations.find(connection, Identity(CHANNEL, world.wechat.account.appid, OPENID))
    carried = world.service.official_account.courier.carry(conversation or "", inbox_id or 0)
    return world, delivery, carried


def test_what_did_not_leave_is_pushed_once_its_time_is_over(make_world: Make) -> None:
    world, _, carried = _answered(make_world)

    world.push()
    early = len(world.sent())
    world.clock.advance(CARRYING + timedelta(seconds=1))
    world.push()
    world.push()

    assert carried.rows
    assert early == 0, "the response may still leave"
    assert len(world.sent()) == 1


def test_what_did_not_leave_is_told_to_the_retry_and_then_never_again(make_world: Make) -> None:
    world, first, _ = _answered(make_world)

    again = push_request(world.wechat, OPENID, first.fields, first.request)
    world.clock.advance(CARRYING + timedelta(seconds=1))
    world.push()

    assert again.bubble is not None
    assert "积分" in again.bubble.text
    assert world.sent() == []


def test_copies_of_a_message_that_come_at_once_are_all_told(make_world: Make) -> None:
    """WeChat shows one of their answers, and nobody knows which."""
    world, _, one = _answered(make_world)
    courier = world.service.official_account.courier

    other = courier.carry(one.conversation_id, one.inbox_id)

    assert other.text == one.text
    assert courier.leave(other)
    assert courier.leave(one)


def test_a_response_that_hung_until_the_courier_had_its_answer_goes_without_it(make_world: Make) -> None:
    world, _, carried = _answered(make_world)

    world.clock.advance(CARRYING + timedelta(seconds=1))
    world.push()

    assert not world.service.official_account.courier.leave(carried)
    assert len(world.sent()) == 1


def test_a_store_that_is_busy_holds_up_no_loop_and_the_answer_follows(make_world: Make) -> None:
    world, _, carried = _answered(make_world)

    with world.service.database.write():
        left = world.service.official_account.courier.leave(carried)
    world.clock.advance(CARRYING + timedelta(seconds=1))
    world.push()

    assert not left
    assert len(world.sent()) == 1


def test_without_customer_messages_what_did_not_leave_waits_for_the_next_message(make_world: Make) -> None:
    world, _, _ = _answered(make_world, verified=False)

    world.clock.advance(CARRYING + timedelta(seconds=1))
    world.push()
    nudge = world.phone().text("1")
    world.service.shopper_messages.serve_next()
    fetched = push_request(world.wechat, OPENID, nudge.fields, nudge.request)

    assert fetched.bubble is not None
    assert "积分" in fetched.bubble.text
    assert world.sent() == []
