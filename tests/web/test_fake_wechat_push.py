"""How pushes reach a callback, and what the phone shows of the answers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from assistant.clock import FixedClock
from assistant.web.fake_wechat import CannotDo, FakeWeChat, Mode, crypto, through, wire
from assistant.web.fake_wechat.push import NOTICE, seal
from assistant.web.fake_wechat.records import Answer, PushRequest
from tests.web.wechat import OPENID, Callback, callback, wechat

__all__ = ["callback", "wechat"]
FINE = Answer(200, b"success")


def reply(wechat: FakeWeChat, words: str = "您好", **change: Any) -> dict[str, Any]:
    head = {"ToUserName": OPENID, "FromUserName": wechat.account.original_id, "CreateTime": 1_795_300_000}
    return {**head, "MsgType": "text", "Content": words, **change}


def xml(fields: dict[str, Any]) -> Answer:
    return Answer(200, wire.to_xml(fields).encode())


def sealed(wechat: FakeWeChat, fields: dict[str, Any], **change: str) -> Answer:
    account = wechat.account
    cipher = crypto.encrypt(account.aes_key, account.appid, wire.to_xml(fields))
    signed = crypto.signature(account.token, "1795300000", "77", cipher)
    return xml({"Encrypt": cipher, "MsgSignature": signed, "TimeStamp": 1_795_300_000, "Nonce": "77", **change})


def follower(clock: FixedClock, mode: Mode, answer: Callable[[FakeWeChat], Answer]) -> FakeWeChat:
    """A platform in some mode whose callback answers the same always."""
    wechat = FakeWeChat(clock=clock, mode=mode)
    wechat.deliver = Callback(answer(wechat))
    wechat.phone(OPENID).user.subscribed_at = clock.now()
    return wechat


# -- delivery ----------------------------------------------------------------------------------------------------------


def test_a_plain_push_is_signed_and_holds_the_message(wechat: FakeWeChat, callback: Callback) -> None:
    told = wechat.phone(OPENID).text("你好 <b>&amp;</b>")

    push = callback.seen[0]
    signed = crypto.signature(wechat.account.token, push.params["timestamp"], push.params["nonce"])
    assert push.params["signature"] == signed
    assert push.params["openid"] == OPENID
    assert "encrypt_type" not in push.params
    assert wire.read(push.body) == {k: str(v) for k, v in told.fields.items()}
    assert (told.outcome, told.fields["Content"]) == ("silence", "你好 <b>&amp;</b>")


@pytest.mark.parametrize("mode", ["compatible", "safe"])
def test_an_encrypted_push_opens_with_the_key_and_hides_what_it_should(clock: FixedClock, mode: Mode) -> None:
    wechat = follower(clock, mode, lambda _: FINE)

    told = wechat.phone(OPENID).text("我的手机号是13800010001")

    assert told.request is not None
    params, fields = told.request.params, wire.read(told.request.body)
    account = wechat.account
    inside = crypto.decrypt(account.aes_key, account.appid, fields["Encrypt"])
    signed = crypto.signature(account.token, params["timestamp"], params["nonce"], fields["Encrypt"])
    assert (params["encrypt_type"], params["msg_signature"]) == ("aes", signed)
    assert wire.read(inside)["Content"] == "我的手机号是13800010001"
    assert ("Content" in fields) == (mode == "compatible")


@pytest.mark.parametrize("trouble", ["timeout", "connection", Answer(500, b""), Answer(502, b"bad gateway")])
def test_what_goes_unanswered_comes_three_times_the_same_and_then_the_notice(
    wechat: FakeWeChat, trouble: Answer | str
) -> None:
    wechat.deliver = callback = Callback(trouble)
    phone = wechat.phone(OPENID)

    told = phone.text("在吗")

    assert (told.outcome, len(told.attempts)) == ("fault", 3)
    assert callback.seen[0] is callback.seen[1] is callback.seen[2]
    assert phone.shown[-1].text == NOTICE
    assert len(wechat.violations) == 3


def test_a_retry_that_is_answered_settles_it(wechat: FakeWeChat) -> None:
    wechat.deliver = Callback("timeout", xml(reply(wechat, "来了")))
    phone = wechat.phone(OPENID)

    told = phone.text("在吗")

    assert (told.outcome, len(told.attempts)) == ("reply", 2)
    assert [b.text for b in phone.shown] == ["在吗", "来了"]


def test_an_answer_after_five_seconds_is_no_answer(wechat: FakeWeChat, clock: FixedClock) -> None:
    def slow(_: PushRequest) -> Answer:
        clock.advance(timedelta(seconds=6))
        return xml(reply(wechat, "太晚"))

    wechat.deliver = Callback(slow)

    told = wechat.phone(OPENID).text("在吗")

    assert [a.error for a in told.attempts] == ["timeout"] * 3
    assert wechat.violations[0].words == "no answer within five seconds"


def test_a_refused_push_is_not_tried_again(wechat: FakeWeChat) -> None:
    wechat.deliver = Callback(Answer(403, b""))

    told = wechat.phone(OPENID).text("在吗")

    assert (told.outcome, len(told.attempts)) == ("fault", 1)


def test_pushes_can_come_twice_and_out_of_order(wechat: FakeWeChat, callback: Callback) -> None:
    phone = wechat.phone(OPENID)
    wechat.faults.duplicate()
    phone.text("一")
    wechat.hold()
    assert phone.text("二").outcome == "held"
    phone.text("三")
    wechat.release()

    said = [wire.read(push.body)["Content"] for push in callback.seen]
    assert said == ["一", "一", "三", "二"]
    assert callback.seen[0] is callback.seen[1]


def test_a_callback_is_verified_by_its_echo(wechat: FakeWeChat) -> None:
    wechat.deliver = lambda push: Answer(200, push.params["echostr"].encode())
    assert wechat.verify_callback()

    wechat.deliver = lambda push: Answer(200, b"success")
    assert not wechat.verify_callback()


def test_an_application_in_the_same_process_is_reached_by_its_test_client(wechat: FakeWeChat) -> None:
    shop = FastAPI()

    @shop.post("/wechat/official")
    async def callback(request: Request) -> Response:
        asked = wire.read((await request.body()).decode())
        return Response(wire.to_xml(reply(wechat, f"您说{asked['Content']}")), media_type="application/xml")

    wechat.deliver = through(TestClient(shop))

    told = wechat.phone(OPENID).text("在吗")

    assert told.bubble is not None
    assert told.bubble.text == "您说在吗"


# -- replies -----------------------------------------------------------------------------------------------------------

ANSWERS: dict[str, Callable[[FakeWeChat], Answer]] = {
    "plain": lambda w: xml(reply(w)),
    "sealed": lambda w: sealed(w, reply(w)),
    "wrong signature": lambda w: sealed(w, reply(w), MsgSignature="0" * 40),
    "wrong cipher": lambda w: sealed(w, reply(w), Encrypt="AAAA"),
}


@pytest.mark.parametrize(
    ("mode", "answer", "accepted"),
    [
        ("plain", "plain", True), ("plain", "sealed", False),
        ("compatible", "plain", True), ("compatible", "sealed", True), ("compatible", "wrong signature", False),
        ("safe", "plain", False), ("safe", "sealed", True), ("safe", "wrong signature", False),
        ("safe", "wrong cipher", False),
    ],
)  # fmt: skip
def test_a_reply_must_fit_the_mode(clock: FixedClock, mode: Mode, answer: str, accepted: bool) -> None:
    wechat = follower(clock, mode, ANSWERS[answer])
    phone = wechat.phone(OPENID)

    phone.text("在吗")

    assert phone.shown[-1].text == ("您好" if accepted else NOTICE)
    assert (wechat.violations == []) == accepted


@pytest.mark.parametrize(
    "answer",
    [
        lambda w: Answer(200, b'{"reply": 1}'),
        lambda w: Answer(200, b"ok"),
        lambda w: Answer(200, b"<xml><a></xml>"),
        lambda w: Answer(200, b"\xff"),
        lambda w: Answer(200, b" "),
        lambda w: xml(reply(w, "中" * 683)),
        lambda w: xml(reply(w, "")),
        lambda w: xml(reply(w, ToUserName=w.account.original_id, FromUserName=OPENID)),
        lambda w: xml(reply(w, CreateTime="soon")),
        lambda w: xml(reply(w, MsgType="hologram")),
        lambda w: xml(reply(w, MsgType="image")),
        lambda w: xml(reply(w, MsgType="image", Image={"MediaId": "none"})),
        lambda w: xml(reply(w, MsgType="news", ArticleCount=2, Articles={"item": [{"Title": "a"}] * 2})),
        lambda w: xml(reply(w, MsgType="news", ArticleCount=1, Articles={"item": {"Url": "https://a.cn"}})),
    ],
)
def test_what_wechat_does_not_accept_becomes_its_notice(
    clock: FixedClock, answer: Callable[[FakeWeChat], Answer]
) -> None:
    wechat = follower(clock, "plain", answer)
    phone = wechat.phone(OPENID)

    told = phone.text("在吗")

    assert told.outcome == "fault"
    assert phone.shown[-1].text == NOTICE
    assert [v.where for v in wechat.violations] == ["reply"]


def test_silence_is_success_or_nothing_at_all(clock: FixedClock) -> None:
    for body in (b"", b"success"):
        wechat = follower(clock, "plain", lambda _, body=body: Answer(200, body))  # type: ignore[misc]

        assert wechat.phone(OPENID).text("在吗").outcome == "silence"
        assert [b.side for b in wechat.phone(OPENID).shown] == ["user"]


def test_pictures_and_articles_are_replies_too(wechat: FakeWeChat) -> None:
    kept = wechat.keep_media("image", b"\x89PNG", "image/png").id
    article = {"Title": "换季", "Description": "到店", "PicUrl": "", "Url": "https://a.cn"}
    wechat.deliver = Callback(
        xml(reply(wechat, MsgType="image", Image={"MediaId": kept})),
        xml(reply(wechat, MsgType="news", ArticleCount=1, Articles={"item": article})),
    )
    phone = wechat.phone(OPENID)

    phone.text("图")
    phone.text("文")

    assert [b.kind for b in phone.received] == ["image", "news"]
    assert wechat.violations == []


# -- acts of a phone ---------------------------------------------------------------------------------------------------


def test_every_kind_of_message_has_its_fields(wechat: FakeWeChat) -> None:
    phone = wechat.phone(OPENID)
    told = {
        "image": phone.image(), "voice": phone.voice(), "video": phone.video(), "shortvideo": phone.video(short=True),
        "location": phone.location(31.19, 121.43, "徐家汇"), "link": phone.link("换季", "https://a.cn"),
        "file": phone.file("发票.pdf"),
    }  # fmt: skip

    assert {kind: d.fields["MsgType"] for kind, d in told.items()} == {kind: kind for kind in told}
    assert "Recognition" not in told["voice"].fields
    assert told["voice"].fields["Format"] == "amr"
    assert told["location"].fields["Location_X"] == 31.19
    assert len({d.msg_id for d in told.values()}) == len(told)


def test_following_leaving_and_coming_back(wechat: FakeWeChat) -> None:
    phone = wechat.phone("oNew")
    with pytest.raises(CannotDo):
        phone.text("在吗")

    came, left, back = phone.subscribe("7"), phone.unsubscribe(), phone.subscribe()

    assert [d.fields["Event"] for d in (came, left, back)] == ["subscribe", "unsubscribe", "subscribe"]
    assert [d.fields["EventKey"] for d in (came, left, back)] == ["qrscene_7", "", ""]
    assert phone.may_receive == 3


def test_a_failure_that_nobody_looks_at_is_not_shown(wechat: FakeWeChat) -> None:
    wechat.deliver = Callback("connection")
    phone = wechat.phone(OPENID)

    told = phone.report_location(31.19, 121.43)

    assert told.outcome == "fault"
    assert phone.shown == ()


@pytest.mark.parametrize(
    ("button", "event", "rights"),
    [
        ({"type": "click", "key": "K"}, "CLICK", 3),
        ({"type": "view", "url": "https://a.cn"}, "VIEW", 0),
        ({"type": "miniprogram", "appid": "wx1", "pagepath": "p", "url": "https://a.cn"}, "view_miniprogram", 0),
        ({"type": "scancode_waitmsg", "key": "K"}, "scancode_waitmsg", 3),
        ({"type": "pic_weixin", "key": "K"}, "pic_weixin", 5),  # the picture that follows is a message
        ({"type": "location_select", "key": "K"}, "location_select", 5),
    ],
)
def test_a_tap_on_the_menu_pushes_its_event(
    wechat: FakeWeChat, button: dict[str, Any], event: str, rights: int
) -> None:
    wechat.menu = [{"name": "更多", "sub_button": [{"name": "点我", **button}]}]
    phone = wechat.phone(OPENID)

    told = phone.tap("点我")

    assert told.fields["Event"] == event
    assert phone.may_receive == rights


def test_anything_can_be_pushed_raw_and_with_a_wrong_signature(wechat: FakeWeChat, callback: Callback) -> None:
    phone = wechat.phone(OPENID)

    phone.raw({"MsgType": "event", "Event": "new_thing"})
    phone.raw("<xml>", {"signature": "wrong"})

    assert wire.read(callback.seen[0].body) == {"MsgType": "event", "Event": "new_thing"}
    assert (callback.seen[1].body, callback.seen[1].params["signature"]) == ("<xml>", "wrong")


def test_json_pushes_hold_the_same(wechat: FakeWeChat) -> None:
    from dataclasses import replace

    account = replace(wechat.account, data_format="json", mode="safe")

    push = seal(account, {"ToUserName": "a", "Content": "好"}, OPENID, 1)

    assert push.content_type == "application/json"
    inside = crypto.decrypt(account.aes_key, account.appid, wire.read(push.body)["Encrypt"])
    assert wire.read(inside) == {"ToUserName": "a", "Content": "好"}


def test_the_phone_can_be_driven_over_http(wechat: FakeWeChat) -> None:
    http = TestClient(wechat.app)

    fine = http.post(f"/phone/{OPENID}/text", json={"words": "在吗"})
    twice = http.post(f"/phone/{OPENID}/subscribe", json={})
    unknown = http.post(f"/phone/{OPENID}/fly", json={})
    picture = http.post(f"/phone/{OPENID}/upload?kind=image", content=b"GIF8")

    assert (fine.json()["outcome"], twice.status_code, unknown.status_code) == ("silence", 409, 404)
    assert picture.json()["outcome"] == "silence"
    state = http.get("/phone/state").json()
    assert [b["kind"] for b in state["chats"][OPENID]] == ["text", "image"]
    assert http.get("/phone/violations").json() == []
    shown = http.get(f"/phone/media/{state['chats'][OPENID][1]['content']['media_id']}")
    assert shown.content == b"GIF8"
