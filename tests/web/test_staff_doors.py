"""The staff's doors as browsers and attackers use them."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from pydantic import SecretStr
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import OidcSettings, WebSettings
from assistant.db.audit import Origin
from assistant.web.app import make_app
from assistant.web.staff.guard import COOKIE
from tests.accounts.provider import CLIENT, ISSUER, SECRET, Provider
from tests.conftest import settings_for
from tests.test_docs import all_routes
from tests.web.staff import EVIL, OURS, PAGE, browser, come_in, demo_password

ADMIN = Origin("admin")


def sign_in(client: TestClient, name: str, password: str, **more: str) -> "tuple[int, str]":
    answer = client.post("/staff/sign-in", data={"name": name, "password": password, **more}, headers=OURS)
    return answer.status_code, answer.headers.get("location", "")


# -- nobody gets in without proof --------------------------------------------------------------------------------------

OPEN = {
    "/staff/sign-in", "/staff/sign-in/code", "/staff/sign-out", "/staff/sso", "/staff/sso/back", "/staff/link/{secret}",
}  # fmt: skip


def test_every_page_and_route_of_the_staff_asks_who_it_is(client: TestClient, service: Service) -> None:
    tried = set()
    for route in all_routes(make_app(service).routes):
        if not isinstance(route, Route) or isinstance(route, Mount) or route.path in OPEN:
            continue
        if not route.path.startswith(("/staff", "/admin", "/ops")):
            continue
        path = re.sub(r"{[^}]+}", "1", route.path)
        for method in (route.methods or set()) - {"HEAD"}:
            answer = client.request(method, path, headers=OURS, json={"question": "x", "title": "x"})
            assert answer.status_code in (303, 401), f"{method} {path}: {answer.status_code}"
            assert answer.status_code == 401 or answer.headers["location"].startswith("/staff/sign-in")
            tried.add((method, path))

    assert len(tried) > 20


@pytest.mark.parametrize("cookie", ["", "x", "0" * 43, "../../etc"])
def test_a_made_up_cookie_opens_nothing(client: TestClient, cookie: str) -> None:
    answer = client.get("/staff/me", headers={"cookie": f"{COOKIE}={cookie}"})

    assert answer.status_code == 303


def test_signing_in_leads_to_where_one_wanted_to_go(client: TestClient, service: Service) -> None:
    led = client.get("/admin/audit").headers["location"]

    status, to = sign_in(client, "admin", demo_password(service), next=parse_qs(urlsplit(led).query)["next"][0])

    assert (status, to) == (303, "/admin/audit")
    assert client.get("/admin/audit").status_code == 200


@pytest.mark.parametrize(
    "next", ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "javascript:x", "\t/x"]
)
def test_signing_in_never_leads_to_another_site(client: TestClient, service: Service, next: str) -> None:
    page = client.get("/staff/sign-in", params={"next": next}).text

    status, to = sign_in(client, "admin", demo_password(service), next=next)

    assert (status, to) == (303, "/ops/ask")
    assert "evil" not in page


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http(service: Service) -> None:
    with browser(service, https=True) as client:
        answer = client.post(
            "/staff/sign-in", data={"name": "east", "password": demo_password(service)},
            headers={"origin": "https://testserver"},
        )  # fmt: skip

    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax", "path=/"))


def test_a_session_is_new_at_every_sign_in_and_the_one_before_ends(client: TestClient, service: Service) -> None:
    data = {"name": "east", "password": demo_password(service)}
    planted = client.post("/staff/sign-in", data=data, headers={**OURS, "cookie": f"{COOKIE}=planted-by-somebody"})
    first = planted.cookies[COOKIE]

    second = come_in(client, service, "east")

    assert "planted-by-somebody" not in (first, second)
    assert first != second
    assert service.accounts.sessions.read(first) is None


def test_failures_look_alike_and_hold_nothing_of_the_password(client: TestClient, service: Service) -> None:
    service.accounts.staff.disable("south", ADMIN)
    pages = [
        client.post("/staff/sign-in", data={"name": name, "password": "secret-typed"}, headers=OURS)
        for name in ("east", "no.such", "south")
    ]

    assert {p.status_code for p in pages} == {401}
    assert len({re.sub(r'value="[^"]*"', "", p.text) for p in pages}) == 1
    assert all("secret-typed" not in p.text for p in pages)


def test_too_many_tries_are_told_to_wait(client: TestClient) -> None:
    statuses = [sign_in(client, "no.such", "x")[0] for _ in range(21)]

    assert statuses == [401] * 20 + [429]


@pytest.mark.parametrize("headers", [EVIL, {"origin": "null"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_cannot_make_a_browser_act(client: TestClient, service: Service, headers: dict[str, str]) -> None:
    refused = client.post("/staff/sign-in", data={"name": "admin", "password": demo_password(service)}, headers=headers)
    come_in(client, service, "admin")
    acted = client.post("/admin/accounts/east/disable", headers=headers)
    asked = client.post("/ops/api/ask", json={"question": "上月销售额"}, headers=headers)

    assert [refused.status_code, acted.status_code, asked.status_code] == [403, 403, 403]
    assert not service.accounts.staff.find("east").disabled


def test_signing_out_ends_the_session_on_the_server(client: TestClient, service: Service) -> None:
    secret = come_in(client, service, "east")

    answer = client.post("/staff/sign-out", headers=OURS)

    assert answer.headers["location"].startswith("/staff/sign-in")
    assert service.accounts.sessions.read(secret) is None


def test_pages_are_kept_by_nobody_and_carry_the_rules(client: TestClient, service: Service) -> None:
    come_in(client, service, "admin")

    for path in ("/staff/me", "/admin/accounts", "/admin/audit", "/ops/ask"):
        answer = client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert ' style="' not in answer.text
        assert "onclick=" not in answer.text


# -- the second step ---------------------------------------------------------------------------------------------------


def test_the_second_step_is_set_up_asked_for_and_turned_off(
    client: TestClient, service: Service, clock: FixedClock
) -> None:
    come_in(client, service, "east")
    password = demo_password(service)
    client.post("/staff/me/totp/start", data={"password": password}, headers=OURS)
    page = client.get("/staff/me").text
    found = re.search(r'id="totp-secret">(\w+)<', page)
    assert found is not None
    totp = pyotp.TOTP(found.group(1))
    codes = client.post("/staff/me/totp/confirm", data={"code": totp.at(clock.now())}, headers=OURS).text
    recovery = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", codes)
    client.post("/staff/sign-out", headers=OURS)
    clock.advance(timedelta(minutes=1))

    half = client.post("/staff/sign-in", data={"name": "east", "password": password}, headers=OURS)
    inside = client.get("/staff/me").status_code
    wrong = client.post("/staff/sign-in/code", data={"code": "000000"}, headers=OURS)
    right = client.post("/staff/sign-in/code", data={"code": totp.at(clock.now())}, headers=OURS)
    off_wrong = client.post("/staff/me/totp/off", data={"password": "x"}, headers=OURS)
    off = client.post("/staff/me/totp/off", data={"password": password}, headers=OURS)

    assert "data:image/svg+xml" in page
    assert len(recovery) == 10
    assert (half.status_code, inside) == (200, 303)
    assert [wrong.status_code, right.status_code, off_wrong.status_code, off.status_code] == [401, 303, 422, 303]
    assert service.accounts.staff.find("east").totp == ""


# -- links and passwords -----------------------------------------------------------------------------------------------


def test_an_invitation_sets_a_password_once(client: TestClient, service: Service) -> None:
    secret = service.accounts.staff.invite("east", ADMIN)
    new = "一个足够长的新密码呀"

    unlike = client.post(f"/staff/link/{secret}", data={"password": new, "again": "x"}, headers=OURS)
    weak = client.post(f"/staff/link/{secret}", data={"password": "short", "again": "short"}, headers=OURS)
    done = client.post(f"/staff/link/{secret}", data={"password": new, "again": new}, headers=OURS)
    again = client.get(f"/staff/link/{secret}")

    assert [unlike.status_code, weak.status_code, done.status_code, again.status_code] == [422, 422, 303, 404]
    assert sign_in(client, "east", new)[0] == 303


def test_where_a_new_password_is_due_nothing_else_is_open(client: TestClient, service: Service) -> None:
    come_in(client, service, "east")
    service.accounts.staff.must_change("east", ADMIN)
    new = "一个足够长的新密码呀"

    led = [client.get(path).headers.get("location") for path in ("/ops/ask", "/staff/me", "/staff")]
    asked = client.post("/ops/api/ask", json={"question": "上月销售额"}, headers=OURS)
    data = {"old": demo_password(service), "password": new, "again": new}
    changed = client.post("/staff/password", data=data, headers=OURS)

    assert led == ["/staff/password"] * 3
    assert asked.status_code == 401
    assert changed.headers["location"].startswith("/staff/me")
    assert client.get("/ops/ask").status_code == 200


# -- the demo's accounts -----------------------------------------------------------------------------------------------


def test_demo_accounts_stand_on_the_page_only_in_the_demo(folder: Path, clock: FixedClock, client: TestClient) -> None:
    shown = Service(settings_for(folder, web=WebSettings(demo_accounts=True)), clock=clock)
    with browser(shown) as other:
        page = other.get("/staff/sign-in").text
    password = demo_password(shown)
    shown.close()

    plain = client.get("/staff/sign-in").text

    assert password in page
    assert 'data-fill="east"' in page
    assert password not in plain
    assert "data-fill" not in plain


# -- single sign-on ----------------------------------------------------------------------------------------------------


def test_single_sign_on_from_click_to_page(folder: Path, clock: FixedClock) -> None:
    provider = Provider(clock.now().timestamp())
    oidc = OidcSettings(issuer=ISSUER, client_id=CLIENT, client_secret=SecretStr(SECRET))
    service = Service(settings_for(folder, oidc=oidc), clock=clock, oidc=provider)
    with browser(service) as client, browser(service) as other:
        page = client.get("/staff/sign-in").text
        to = client.get("/staff/sso", params={"next": "/staff/me"}).headers["location"]
        code, state = provider.agree(to, preferred_username="East")
        stolen = other.get("/staff/sso/back", params={"code": code, "state": state})
        to = client.get("/staff/sso", params={"next": "/staff/me"}).headers["location"]
        code, state = provider.agree(to, preferred_username="East")
        back = client.get("/staff/sso/back", params={"code": code, "state": state})
        inside = client.get("/staff/me")
        to = client.get("/staff/sso").headers["location"]
        declined = client.get("/staff/sso/back", params={"error": "access_denied", "state": state})
        provider.down = True
        service.accounts.sso._provider = None
        down = client.get("/staff/sso")
    service.close()

    assert "企业账号登录" in page
    assert to.startswith(f"{ISSUER}/authorize?")
    assert stolen.status_code == 403
    assert (back.status_code, back.headers["location"]) == (303, "/staff/me")
    assert "east" in inside.text
    assert (declined.status_code, down.status_code) == (403, 503)


def test_without_a_provider_there_is_no_single_sign_on(client: TestClient) -> None:
    assert client.get("/staff/sso", headers=PAGE).status_code == 404
    assert "企业账号登录" not in client.get("/staff/sign-in").text
