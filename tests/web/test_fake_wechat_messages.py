"""What an account may send, when, and what the phone shows of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from assistant.clock import FixedClock
from assistant.web.fake_wechat import FakeWeChat
from assistant.web.fake_wechat.samples import mp4, png
from tests.web.wechat import OPENID, Callback, Service, callback, service, wechat

__all__ = ["callback", "service", "wechat"]
CUSTOM = "/cgi-bin/message/custom/send"


# -- customer messages -------------------------------------------------------------------------------------------------


def test_five_messages_after_one_of_the_user_and_none_after_two_days(
    wechat: FakeWeChat, service: Service, clock: FixedClock
) -> None:
    phone = wechat.phone(OPENID)
    assert service.send("您好") == 45015
    phone.text("在吗")

    assert [service.send(f"第{n}条") for n in range(1, 7)] == [0, 0, 0, 0, 0, 45047]
    assert [b.text for b in phone.received] == [f"第{n}条" for n in range(1, 6)]
    phone.text("还在吗")
    clock.advance(timedelta(hours=48, seconds=1))
    service.log_in()
    assert service.send("在的") == 45015
    assert [v.code for v in wechat.violations] == [45015, 45047, 45015]


def test_a_tapped_choice_gives_three_messages_for_a_minute(
    wechat: FakeWeChat, service: Service, clock: FixedClock
) -> None:
    phone = wechat.phone(OPENID)
    phone.text("在吗")
    choices = {"head_content": "满意吗", "list": [{"id": "s1", "content": "满意"}], "tail_content": ""}
    service.post(CUSTOM, {"touser": OPENID, "msgtype": "msgmenu", "msgmenu": choices})
    clock.advance(timedelta(hours=49))

    told = phone.choose("满意")

    assert (told.fields["Content"], told.fields["bizmsgmenuid"]) == ("满意", "s1")
    assert phone.may_receive == 3
    clock.advance(timedelta(seconds=61))
    service.log_in()
    assert service.send("谢谢") == 45015


def sendable(wechat: FakeWeChat, service: Service) -> dict[str, dict[str, Any]]:
    def put(kind: str, data: bytes) -> str:
        files = {"media": ("f", data, "application/octet-stream")}
        query = {"access_token": service.token, "type": kind}
        return str(service.http.post("/cgi-bin/media/upload", params=query, files=files).json()["media_id"])

    article = {"title": "换季", "description": "到店", "url": "https://a.cn", "picurl": ""}
    image = put("image", png())
    return {
        "text": {"content": "您好"},
        "image": {"media_id": image},
        "voice": {"media_id": wechat.keep_media("voice", b"#!AMR", "audio/amr").id},
        "video": {"media_id": put("video", mp4()), "title": "安装"},
        "news": {"articles": [article]},
        "msgmenu": {"head_content": "选", "list": [{"id": "1", "content": "好"}], "tail_content": ""},
        "miniprogrampage": {"title": "会员", "appid": "wx1", "pagepath": "p", "thumb_media_id": image},
    }


def test_every_kind_of_message_reaches_the_phone_with_its_label(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    for kind, part in sendable(wechat, service).items():
        phone.text("嗯")
        body = {"touser": OPENID, "msgtype": kind, kind: part, "aimsgcontext": {"is_ai_msg": 1},
                "customservice": {"kf_account": "a@b"}}  # fmt: skip

        answer = service.http.post(
            CUSTOM, params={"access_token": service.token}, content=json.dumps(body, ensure_ascii=False).encode()
        ).json()

        assert answer["errcode"] == 0
        assert (phone.received[-1].kind, phone.received[-1].ai) == (kind, True)
    assert wechat.violations == []


def broken() -> list[tuple[Any, int]]:
    def to(kind: str, part: Any) -> dict[str, Any]:
        return {"touser": OPENID, "msgtype": kind, kind: part}

    article = {"title": "a", "url": "https://a.cn"}
    return [
        ({**to("text", {"content": "a"}), "touser": "oNobody"}, 40003),
        (to("text", {"content": ""}), 44004),
        (to("text", {"content": "中" * 683}), 45002),
        (to("hologram", {}), 40008),
        (to("image", {"media_id": "none"}), 40007),
        (to("image", {}), 41006),
        (to("news", {"articles": [article, article]}), 45008),
        (to("news", {"articles": [{**article, "url": "/a"}]}), 40066),
        (to("msgmenu", {"list": []}), 44004),
        (to("miniprogrampage", {"title": "a", "pagepath": "p"}), 40013),
        (None, 44002),
    ]


@pytest.mark.parametrize(("body", "code"), broken(), ids=lambda value: str(value)[:50])
def test_a_message_that_breaks_a_rule_gets_its_code_and_is_on_record(
    wechat: FakeWeChat, service: Service, body: Any, code: int
) -> None:
    wechat.phone(OPENID).text("在吗")

    answer = service.post(CUSTOM, body)

    assert answer["errcode"] == code
    assert wechat.violations[-1].code == code
    assert wechat.phone(OPENID).received == ()


def test_no_json_and_a_wrong_method_are_told(service: Service) -> None:
    query = {"access_token": service.token}

    assert service.http.post(CUSTOM, params=query, content=b"{").json()["errcode"] == 47001
    assert service.http.get(CUSTOM, params=query).json()["errcode"] == 43002
    assert service.post("/cgi-bin/menu/get")["errcode"] == 43001


def test_escaped_chinese_is_shown_as_it_came(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    phone.text("在吗")
    body = json.dumps({"touser": OPENID, "msgtype": "text", "text": {"content": "在"}})

    service.http.post(CUSTOM, params={"access_token": service.token}, content=body.encode())

    assert phone.received[-1].text == "\\u5728"
    assert "escaped" in wechat.violations[-1].words


def test_who_cannot_be_reached_is_told_and_not_held_against_the_caller(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    newcomer = wechat.phone("oNew")
    phone.text("在吗")

    phone.user.blacklisted = True
    assert service.send("您好") == 43019
    phone.user.blacklisted, phone.user.limited = False, True
    assert service.send("您好") == 50002
    phone.user.limited = False
    phone.unsubscribe()
    assert service.send("您好") == 45015
    assert service.send("您好", to=newcomer.openid) == 43004
    assert wechat.violations == []


def test_typing_needs_a_contact_just_now_and_lasts_until_a_message_comes(
    wechat: FakeWeChat, service: Service, clock: FixedClock
) -> None:
    phone = wechat.phone(OPENID)

    def typing(command: str = "Typing") -> int:
        return int(service.post("/cgi-bin/message/custom/typing", {"touser": OPENID, "command": command})["errcode"])

    assert typing() == 45015
    phone.text("在吗")
    assert (typing("Dance"), typing(), phone.typing, typing()) == (45072, 0, True, 45081)
    assert (typing("CancelTyping"), phone.typing, typing()) == (0, False, 0)
    service.send("在的")
    assert not phone.typing
    clock.advance(timedelta(seconds=31))
    assert typing() == 45080
    assert phone.may_receive == 4  # typing costs nothing


# -- templates and subscription notices --------------------------------------------------------------------------------


PROGRESS = {"thing1": {"value": "雪地靴开胶"}, "phrase2": {"value": "处理中"}, "time3": {"value": "2026-11-22 11:00"}}


def test_a_template_message_needs_no_open_window_and_its_end_is_pushed_later(
    wechat: FakeWeChat, service: Service, callback: Callback
) -> None:
    body = {"touser": OPENID, "template_id": "TPL_SERVICE_PROGRESS", "data": PROGRESS, "client_msg_id": "t1"}

    first, again = (service.post("/cgi-bin/message/template/send", body) for _ in range(2))

    assert first["errcode"] == 0
    assert first["msgid"] == again["msgid"]
    assert [b.content["title"] for b in wechat.phone(OPENID).received] == ["服务进度提醒"]
    assert callback.seen == []
    wechat.flush()
    assert wechat.deliveries[-1].fields["Event"] == "TEMPLATESENDJOBFINISH"
    assert (wechat.deliveries[-1].fields["MsgID"], wechat.deliveries[-1].fields["Status"]) == (
        first["msgid"],
        "success",
    )


def test_a_user_who_blocks_templates_gets_none_and_the_event_says_so(wechat: FakeWeChat, service: Service) -> None:
    wechat.phone(OPENID).user.blocks_templates = True
    body = {"touser": OPENID, "template_id": "TPL_SERVICE_PROGRESS", "data": PROGRESS}

    assert service.post("/cgi-bin/message/template/send", body)["errcode"] == 0
    wechat.flush()

    assert wechat.deliveries[-1].fields["Status"] == "failed:user block"
    assert wechat.phone(OPENID).received == ()


def test_a_consent_is_good_for_one_notice(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    body = {"touser": OPENID, "template_id": "SUB_SERVICE_PROGRESS", "data": PROGRESS, "page": "https://a.cn"}

    def send() -> int:
        return int(service.post("/cgi-bin/message/subscribe/bizsend", body)["errcode"])

    assert send() == 43101
    told = phone.consent("SUB_SERVICE_PROGRESS")
    assert told.fields["SubscribeMsgPopupEvent"]["List"][0]["SubscribeStatusString"] == "accept"
    assert [send(), send()] == [0, 43101]
    assert len(wechat.violations) == 2
    phone.consent("SUB_SERVICE_PROGRESS")
    phone.withdraw("SUB_SERVICE_PROGRESS")
    assert send() == 43101
    assert len(wechat.violations) == 2  # the user changed their mind: no fault of the caller


def test_a_lasting_notice_comes_as_often_as_needed(wechat: FakeWeChat, service: Service) -> None:
    wechat.phone(OPENID).consent("SUB_VISIT_REMINDER")
    data = {"thing1": {"value": "穿搭顾问"}, "time2": {"value": "15:00"}, "thing3": {"value": "徐家汇店"}}
    body = {"touser": OPENID, "template_id": "SUB_VISIT_REMINDER", "data": data}

    codes = [service.post("/cgi-bin/message/subscribe/bizsend", body)["errcode"] for _ in range(3)]

    assert codes == [0, 0, 0]
