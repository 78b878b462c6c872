"""The fake platform's API as a service calls it: tokens, menu, codes, files, rights, quotas, faults."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from assistant.clock import FixedClock
from assistant.web.fake_wechat import FakeWeChat
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT, jpeg
from tests.web.wechat import OPENID, Service, callback, served, service, wechat

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


# -- menu, codes, users, files -----------------------------------------------------------------------------------------


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


# -- rights, quotas, faults --------------------------------------------------------------------------------------------


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
