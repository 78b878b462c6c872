"""What strangers and broken clients send to the callback: refused cheaply, counted, never a traceback."""

from datetime import timedelta

import pytest

from assistant.web.fake_wechat.push import push_fields, seal
from tests.channels.conftest import OPENID, World


@pytest.mark.parametrize(
    ("params", "body"),
    [
        ({}, b""),
        ({}, b"<xml></xml>"),
        ({"signature": "x", "timestamp": "1", "nonce": "n"}, b"<xml></xml>"),
        ({"msg_signature": "x" * 5000, "timestamp": "9" * 400, "nonce": ""}, b"{"),
        ({"msg_signature": "é", "timestamp": "1795316400", "nonce": "n"}, "<xml><Encrypt>é</Encrypt></xml>".encode()),
    ],
)
def test_strangers_learn_nothing(world: World, params: dict[str, str], body: bytes) -> None:
    answer = world.browser.post("/wechat/official", params=params, content=body)

    assert answer.status_code == 403
    assert answer.text == "refused"


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(world: World) -> None:
    answer = world.browser.post("/wechat/official", content=b"x" * 10_000_000)

    assert answer.status_code == 413


def test_the_address_is_checked_with_our_token_only(world: World) -> None:
    stranger = world.browser.get("/wechat/official", params={"signature": "x", "timestamp": "1", "echostr": "<b>"})

    assert world.wechat.verify_callback()
    assert stranger.status_code == 403


def test_an_old_push_that_was_recorded_is_refused(world: World) -> None:
    phone = world.phone()
    recorded = seal(world.wechat.account, {"MsgType": "text"}, OPENID, int(world.clock.now().timestamp()))
    world.clock.advance(timedelta(minutes=11))

    replayed = world.browser.post("/wechat/official", params=dict(recorded.params), content=recorded.body.encode())

    assert replayed.status_code == 403
    assert phone.received == ()


@pytest.mark.parametrize("words", ["", " ", "​\u202e", "😀" * 300, "字" * 5000, "]]>", "<xml>&amp;"])
def test_odd_words_get_an_answer(world: World, words: str) -> None:
    world.phone()

    delivery = push_fields(
        world.wechat,
        OPENID,
        {"MsgType": "text", "Content": words, "MsgId": 5},
    )

    assert delivery.outcome == "reply"
    assert world.wechat.violations == []


def test_a_message_without_an_id_is_known_by_its_content(world: World) -> None:
    world.phone()
    fields = {"MsgType": "text", "Content": "你好", "MsgId": 0}

    first = push_fields(world.wechat, OPENID, fields)
    second = push_fields(world.wechat, OPENID, fields)

    assert first.bubble.text == second.bubble.text
    with world.service.database.read() as connection:
        from sqlalchemy import func, select

        from assistant.db.tables.service import inbox

        assert connection.execute(select(func.count()).select_from(inbox)).scalar_one() == 1


def test_without_an_account_there_is_no_door(service: object) -> None:
    from fastapi.testclient import TestClient

    from assistant.web.app import make_app

    client = TestClient(make_app(service))  # type: ignore[arg-type]

    assert client.post("/wechat/official").status_code == 404
    assert client.get("/wechat/bind").status_code == 404
