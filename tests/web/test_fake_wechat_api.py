"""The fake platform's API as a service calls it: tokens, rights, quotas, messages, codes, files, faults."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from assistant.clock import FixedClock
from assistant.web.fake_wechat import FakeWeChat
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT, jpeg, mp4, png
from tests.web.wechat import OPENID, Callback, Service, callback, served, service, wechat

__all__ = ["callback", "served", "service", "wechat"]
CUSTOM = "/cgi-bin/message/custom/send"


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_a_token_works_for_two_hours_and_five_minutes_beyond_its_successor(service: Service, clock: FixedClock) -> None:
    first = service.token
    service.log_in()

    assert service.get("/cgi-bin/getcallbackip", access_token=first)["ip_list"]
    clock.advance(timedelta(minutes=5))
    assert service.get("/cgi-bin/getcallbackip", access_token=first)["errcode"] == 40001
    clock.advance(timedelta(minutes=115))
    assert service.get("/cgi-bin/getcallbackip")["errcode"] == 42001


@pytest.mark.parametrize(
    ("change", "code"),
    [({"secret": "x"}, 40001), ({"appid": "wx9"}, 40013), ({"grant_type": ""}, 40002), ({"secret": ""}, 41004)],
)
def test_a_wrong_login_gets_the_code_of_its_fault(service: Service, change: dict[str, str], code: int) -> None:
    answer = service.http.get("/cgi-bin/token", params={**service.app, **change})

    assert (answer.status_code, answer.json()["errcode"]) == (200, code)


def test_a_missing_and_an_invented_token_are_told_apart(service: Service) -> None:
    assert service.http.get("/cgi-bin/menu/get").json()["errcode"] == 41001
    assert service.get("/cgi-bin/menu/get", access_token="invented")["errcode"] == 40014


def test_the_stable_token_stays_until_it_is_forced_and_is_not_the_plain_one(
    service: Service, clock: FixedClock
) -> None:
    def stable(**more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = service.http.post("/cgi-bin/stable_token", json={**service.app, **more}).json()
        return answer

    first = stable()
    clock.advance(timedelta(minutes=10))
    again = stable()
    forced = stable(force_refresh=True)

    assert first["access_token"] == again["access_token"] != forced["access_token"]
    assert again["expires_in"] == 6600
    assert service.get("/cgi-bin/getcallbackip", access_token=first["access_token"])["ip_list"]
    assert stable(force_refresh=True)["access_token"] == forced["access_token"]  # within 30 seconds
    assert service.get("/cgi-bin/getcallbackip")["ip_list"]  # the plain one is untouched


def test_a_stable_token_can_be_forced_twenty_times_a_day(service: Service, clock: FixedClock) -> None:
    body = {**service.app, "force_refresh": True}
    for _ in range(21):
        clock.advance(timedelta(seconds=30))
        answer = service.http.post("/cgi-bin/stable_token", json=body).json()

    assert "access_token" in answer
    clock.advance(timedelta(seconds=30))
    assert service.http.post("/cgi-bin/stable_token", json=body).json()["errcode"] == 45009


def test_only_listed_addresses_may_call(clock: FixedClock) -> None:
    wechat = FakeWeChat(account=replace(DEMO_ACCOUNT, ip_allowlist=frozenset({"10.0.0.0/8"})), clock=clock)
    service = Service(wechat)

    assert service.http.get("/cgi-bin/token", params=service.app).json()["errcode"] == 40164


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


# -- templates and subscription notices ---------------------------------------------------------------------------------

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


# -- menu, codes, users, files ------------------------------------------------------------------------------------------


def test_a_menu_is_created_read_in_two_forms_and_deleted(service: Service) -> None:
    button = {"type": "click", "name": "积分", "key": "POINTS"}
    query = {"access_token": service.token}
    body = json.dumps({"button": [button]}, ensure_ascii=False).encode()
    escaped = json.dumps({"button": [button]}).encode()

    assert service.get("/cgi-bin/menu/get")["errcode"] == 46003
    assert service.http.post("/cgi-bin/menu/create", params=query, content=escaped).json()["errcode"] == 40033
    assert service.http.post("/cgi-bin/menu/create", params=query, content=body).json()["errcode"] == 0
    assert service.get("/cgi-bin/menu/get")["menu"]["button"][0]["key"] == "POINTS"
    assert service.get("/cgi-bin/get_current_selfmenu_info")["is_menu_open"] == 1
    assert service.get("/cgi-bin/menu/delete")["errcode"] == 0
    assert service.get("/cgi-bin/get_current_selfmenu_info")["is_menu_open"] == 0


def test_codes_bring_newcomers_and_followers_with_their_scene(
    wechat: FakeWeChat, service: Service, clock: FixedClock
) -> None:
    lasting = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store=S001"}}}
    brief = {"action_name": "QR_SCENE", "expire_seconds": 60, "action_info": {"scene": {"scene_id": 7}}}
    first, second = (service.post("/cgi-bin/qrcode/create", body)["ticket"] for body in (lasting, brief))
    newcomer = wechat.phone("oNew")

    assert newcomer.scan(first).fields["EventKey"] == "qrscene_store=S001"
    assert newcomer.scan(second).fields["EventKey"] == "7"
    assert service.get("/cgi-bin/user/info", openid="oNew")["qr_scene_str"] == "store=S001"
    clock.advance(timedelta(seconds=60))
    with pytest.raises(Exception, match="二维码已过期"):
        newcomer.scan(second)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action_name": "QR"}, 40052),
        ({"action_name": "QR_SCENE"}, 40053),
        ({"action_name": "QR_SCENE", "expire_seconds": 2_592_001, "action_info": {"scene": {"scene_id": 1}}}, 40053),
        ({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100_001}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}}, 40053),
    ],
)
def test_a_code_out_of_bounds_is_refused(service: Service, body: dict[str, Any], code: int) -> None:
    assert service.post("/cgi-bin/qrcode/create", body)["errcode"] == code


def test_user_info_has_no_name_and_says_who_left(wechat: FakeWeChat, service: Service) -> None:
    there = service.get("/cgi-bin/user/info", openid=OPENID)
    wechat.phone(OPENID).unsubscribe()
    gone = service.get("/cgi-bin/user/info", openid=OPENID)

    assert (there["subscribe"], there["nickname"]) == (1, "")
    assert gone == {"subscribe": 0, "openid": OPENID, "unionid": there["unionid"]}
    assert service.get("/cgi-bin/user/info", openid="oNobody")["errcode"] == 40003


def test_a_file_can_be_fetched_for_three_days(wechat: FakeWeChat, service: Service, clock: FixedClock) -> None:
    told = wechat.phone(OPENID).voice()
    query = {"access_token": service.token, "media_id": told.fields["MediaId"]}

    got = service.http.get("/cgi-bin/media/get", params=query)
    clock.advance(timedelta(days=3))
    service.log_in()
    gone = service.get("/cgi-bin/media/get", media_id=told.fields["MediaId"])

    assert (got.headers["content-type"], got.content[:5]) == ("audio/amr", b"#!AMR")
    assert gone["errcode"] == 40007


def test_a_file_is_uploaded_as_a_form(wechat: FakeWeChat, service: Service) -> None:
    query = {"access_token": service.token, "type": "thumb"}

    kept = service.http.post("/cgi-bin/media/upload", params=query, files={"media": ("a.jpg", jpeg(), "image/jpeg")})

    assert kept.json()["thumb_media_id"] in wechat.media
    assert service.http.post("/cgi-bin/media/upload", params=query).json()["errcode"] == 41005


# -- web authorisation ---------------------------------------------------------------------------------------------------


def agree(service: Service, path: str, *, yes: bool = True) -> dict[str, list[str]]:
    page = service.http.get(path).text
    link = next(part for part in page.split('"') if f"agree={str(yes).lower()}" in part)
    gone = service.http.get(link.replace("&amp;", "&"), follow_redirects=False)
    return parse_qs(urlsplit(gone.headers["location"]).query)


def test_a_user_who_agrees_brings_a_code_that_works_once(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back?a=1", state="s1")

    brought = agree(service, path)
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "code": brought["code"][0],
             "grant_type": "authorization_code"}  # fmt: skip
    token, again = (service.http.get("/sns/oauth2/access_token", params=query).json() for _ in range(2))
    who = service.http.get("/sns/userinfo", params={"access_token": token["access_token"], "openid": OPENID}).json()

    assert (brought["state"], brought["a"]) == (["s1"], ["1"])
    assert (token["openid"], who["nickname"], who["unionid"]) == (OPENID, "小雨", token["unionid"])
    assert again["errcode"] == 40163


def test_a_user_who_declines_brings_the_state_alone(wechat: FakeWeChat, service: Service) -> None:
    brought = agree(service, wechat.phone(OPENID).authorize_path("https://shop.cn/back", state="s1"), yes=False)

    assert brought == {"state": ["s1"]}


def test_the_silent_scope_gives_the_openid_and_nothing_more(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back", scope="snsapi_base", state="s")
    gone = service.http.get(path, follow_redirects=False)
    code = parse_qs(urlsplit(gone.headers["location"]).query)["code"][0]
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "code": code,
             "grant_type": "authorization_code"}  # fmt: skip

    token = service.http.get("/sns/oauth2/access_token", params=query).json()

    assert token["openid"] == OPENID
    assert "unionid" not in token
    who = service.http.get("/sns/userinfo", params={"access_token": token["access_token"], "openid": OPENID}).json()
    assert who["errcode"] == 48001


def test_codes_run_out_and_invented_ones_do_not_work(wechat: FakeWeChat, service: Service, clock: FixedClock) -> None:
    code = wechat.phone(OPENID).oauth_code()
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "grant_type": "authorization_code"}
    clock.advance(timedelta(minutes=5))

    late = service.http.get("/sns/oauth2/access_token", params={**query, "code": code}).json()
    invented = service.http.get("/sns/oauth2/access_token", params={**query, "code": "x"}).json()

    assert (late["errcode"], invented["errcode"]) == (42003, 40029)


def test_the_authorisation_page_wants_its_parameters_in_order(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back")
    head, _, query = path.partition("?")
    turned = "&".join(reversed(query.split("&")))

    assert service.http.get(path).status_code == 200
    assert service.http.get(f"{head}?{turned}").status_code == 400
    assert service.http.get(path.replace("snsapi_userinfo", "snsapi_login")).status_code == 400


def test_a_phone_number_comes_for_a_code_of_the_mini_program(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    phone.user.phone_number = "13800010001"
    code = phone.phone_number_code()

    told, again = (service.post("/wxa/business/getuserphonenumber", {"code": code}) for _ in range(2))

    assert told["phone_info"]["purePhoneNumber"] == "13800010001"
    assert again["errcode"] == 40029


# -- rights, quotas, faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "verified", "allowed"),
    [
        ("service", True, [CUSTOM, "/cgi-bin/message/template/send", "/cgi-bin/menu/create"]),
        ("service", False, ["/cgi-bin/menu/create"]),
        ("subscription", True, [CUSTOM, "/cgi-bin/menu/create"]),
        ("subscription", False, []),
    ],
)
def test_an_account_calls_what_its_kind_may(clock: FixedClock, kind: Any, verified: bool, allowed: list[str]) -> None:
    service = Service(FakeWeChat(account=replace(DEMO_ACCOUNT, kind=kind, verified=verified), clock=clock))
    service.log_in()
    paths = [CUSTOM, "/cgi-bin/message/template/send", "/cgi-bin/menu/create"]

    refused = [path for path in paths if service.post(path, {})["errcode"] == 48001]

    assert refused == [path for path in paths if path not in allowed]


def test_a_banned_interface_says_so(clock: FixedClock) -> None:
    service = Service(FakeWeChat(account=replace(DEMO_ACCOUNT, banned=frozenset({CUSTOM})), clock=clock))
    service.log_in()

    assert service.post(CUSTOM, {})["errcode"] == 48004


def test_quotas_run_out_by_day_and_by_minute(wechat: FakeWeChat, service: Service, clock: FixedClock) -> None:
    wechat.phone(OPENID).text("在吗")
    wechat.daily[CUSTOM], wechat.per_minute[CUSTOM] = 3, 2

    assert [service.send("好") for _ in range(3)] == [0, 0, 45011]
    clock.advance(timedelta(minutes=1))
    assert [service.send("好") for _ in range(2)] == [0, 45009]
    left = service.post("/cgi-bin/openapi/quota/get", {"cgi_path": CUSTOM})["quota"]
    assert left == {"daily_limit": 3, "used": 3, "remain": 0}
    assert service.post("/cgi-bin/clear_quota", {"appid": wechat.account.appid})["errcode"] == 0
    assert service.send("好") == 0


def test_planned_faults_happen_in_turn_and_are_no_violation(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    phone.text("在吗")
    wechat.faults.add(CUSTOM, errcode=-1)
    wechat.faults.add(CUSTOM, status=502)

    busy = service.send("一")
    gateway = service.http.post(CUSTOM, params={"access_token": service.token}, content=b"{}")
    fine = service.send("二")

    assert (busy, gateway.status_code, fine) == (-1, 502, 0)
    assert [c.errcode for c in wechat.calls_of(CUSTOM)] == [-1, -1, 0]
    assert [c.injected for c in wechat.calls_of(CUSTOM)] == [True, True, False]
    assert wechat.violations == []


def test_a_call_may_take_effect_although_its_answer_is_lost(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    phone.text("在吗")
    wechat.faults.add(CUSTOM, errcode=-1, after=True)

    assert service.send("一") == -1
    assert [b.text for b in phone.received] == ["一"]


def test_a_call_works_the_same_below_a_mount(wechat: FakeWeChat) -> None:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    shop = FastAPI()
    shop.mount("/fake-wechat", wechat.app)
    http = TestClient(shop)
    account = wechat.account

    query = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret}
    token = http.get("/fake-wechat/cgi-bin/token", params=query).json()
    page = http.get("/fake-wechat/")

    assert token["expires_in"] == 7200
    assert wechat.calls[-1].path == "/cgi-bin/token"
    assert '/fake-wechat/static/main.js"' in page.text
    assert http.get("/fake-wechat/static/main.js").status_code == 200
    authorize = http.get("/fake-wechat" + wechat.phone(OPENID).authorize_path("https://a.cn"))
    assert 'href="/fake-wechat/connect/oauth2/decide' in authorize.text


def test_a_dropped_connection_is_a_broken_one_over_http(wechat: FakeWeChat, served: str) -> None:
    wechat.faults.add("/cgi-bin/token", drop=True)

    with pytest.raises(httpx.TransportError):
        httpx.get(f"{served}/cgi-bin/token", trust_env=False)


def test_calls_at_once_are_counted_one_by_one(wechat: FakeWeChat, service: Service) -> None:
    wechat.phone(OPENID).text("在吗")

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda n: service.send(f"第{n}条"), range(20)))

    assert (codes.count(0), codes.count(45047)) == (5, 15)
    assert len(wechat.phone(OPENID).received) == 5
