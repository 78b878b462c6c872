"""The chat page's API, as a browser, a clumsy program and an attacker use it."""

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from itsdangerous import URLSafeSerializer
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import WebSettings
from assistant.web.app import make_app
from assistant.web.security import COOKIE, HEADERS
from tests.conftest import settings_for

SEND = "/chat/api/messages"
ORIGIN = "http://testserver"


@pytest.fixture
def demo_service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    """The service with demo accounts on."""
    made = Service(settings_for(folder, web=WebSettings(demo_accounts=True)), clock=clock)
    yield made
    made.close()


@pytest.fixture
def browser(service: Service) -> Iterator[TestClient]:
    """A browser that has opened the page."""
    with TestClient(make_app(service), raise_server_exceptions=False) as client:
        client.get("/chat")
        yield client


@pytest.fixture
def stranger(service: Service) -> Iterator[TestClient]:
    """A client that never opened the page."""
    with TestClient(make_app(service), raise_server_exceptions=False) as client:
        yield client


def message(text: str = "你好", **more: Any) -> dict[str, Any]:
    return {"client_id": uuid4().hex, "text": text, **more}


def assert_sentence(response: Any) -> None:
    """An error is one Chinese sentence and shows nothing of the inside."""
    body = response.json()
    assert set(body) == {"error"}
    assert re.search(r"[\u4e00-\u9fff].*。$", body["error"])
    assert "Traceback" not in response.text
    assert "Error" not in response.text


def lines(browser: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/chat/api/history").json()["messages"]
    return found


# -- what works ------------------------------------------------------------------------------------------------------


def test_a_message_is_accepted_and_its_answer_stands_in_the_history(service: Service, browser: TestClient) -> None:
    sent = message("徐家汇店几点关门")

    accepted = browser.post(SEND, json=sent)
    service.shopper_messages.serve_next()
    mine, answer = lines(browser)

    assert (accepted.status_code, accepted.json()) == (202, {"accepted": True, "fresh": True})
    assert (mine["author"], mine["text"], mine["client_id"]) == ("shopper", "徐家汇店几点关门", sent["client_id"])
    assert answer["author"] == "assistant"
    assert "22:00" in answer["reply"]["text"]


def test_the_history_after_an_id_holds_only_what_is_newer(service: Service, browser: TestClient) -> None:
    browser.post(SEND, json=message("你好"))
    service.shopper_messages.serve_next()
    first, answer = lines(browser)

    newer = browser.get(f"/chat/api/history?after={first['id']}").json()["messages"]

    assert [m["id"] for m in newer] == [answer["id"]]


def test_the_same_client_id_twice_is_one_message(browser: TestClient) -> None:
    sent = message("我有多少积分")

    first, second = browser.post(SEND, json=sent), browser.post(SEND, json=sent)

    assert (first.json()["fresh"], second.json()["fresh"]) == (True, False)
    assert len(lines(browser)) == 1


def test_two_browsers_do_not_see_each_other(service: Service, browser: TestClient) -> None:
    browser.post(SEND, json=message("我的秘密"))

    with TestClient(make_app(service)) as other:
        other.get("/chat")
        seen = lines(other)

    assert seen == []


def test_a_code_in_a_store_opens_the_conversation_of_that_store(service: Service, browser: TestClient) -> None:
    page = browser.get("/chat?store=S001")
    browser.post(SEND, json=message("停车怎么收费"))
    served = service.shopper_messages.serve_next()

    assert "徐家汇店" in page.text
    assert "12 元" in served[-1].reply.text


def test_an_unknown_store_code_opens_the_page_all_the_same(browser: TestClient) -> None:
    page = browser.get("/chat?store=<script>alert(1)</script>")

    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: TestClient) -> None:
    cookie = stranger.get("/chat").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()


# -- what is refused -------------------------------------------------------------------------------------------------


def test_a_body_of_ten_megabytes_is_refused_in_chinese(browser: TestClient) -> None:
    response = browser.post(SEND, json=message("好" * 3_500_000))

    assert response.status_code == 413
    assert_sentence(response)


def test_a_body_in_pieces_is_refused_once_it_passes_the_limit(browser: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    response = browser.post(SEND, content=pieces(), headers={"content-type": "application/json"})

    assert response.status_code == 413
    assert_sentence(response)


@pytest.mark.parametrize("length", ["-1", "many", "1e9"])
def test_a_length_that_is_no_number_is_refused(browser: TestClient, length: str) -> None:
    response = browser.post(SEND, content=b"{}", headers={"content-length": length})

    assert response.status_code == 413
    assert_sentence(response)


BAD_BODIES: dict[str, bytes] = {
    "no JSON": b"text=hello",
    "cut JSON": b'{"client_id": "abcdefgh", "te',
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "not UTF-8": b'{"client_id": "abcdefgh", "text": "\xff\xfe"}',
    "deeply nested": b"[" * 30_000,
    "a number for a text": b'{"client_id": "abcdefgh", "text": 5}',
    "no text": b'{"client_id": "abcdefgh"}',
    "no id": '{"text": "你好"}'.encode(),
    "an id that is too short": '{"client_id": "a", "text": "你好"}'.encode(),
    "an id with odd characters": '{"client_id": "../../etc", "text": "你好"}'.encode(),
    "an unknown field": '{"client_id": "abcdefgh", "text": "你好", "member": "M0000003"}'.encode(),
    "a place off the earth": '{"client_id": "abcdefgh", "text": "你好", "lat": 91, "lng": 0}'.encode(),
    "a place that is no number": '{"client_id": "abcdefgh", "text": "你好", "lat": NaN, "lng": 0}'.encode(),
    "nothing but spaces": b'{"client_id": "abcdefgh", "text": "  \\n\\t "}',
    "nothing but invisible characters": b'{"client_id": "abcdefgh", "text": "\\u0000\\u0007\\u200b"}',
    "half a character": b'{"client_id": "abcdefgh", "text": "\\ud83d"}',
    "five thousand characters": json.dumps({"client_id": "abcdefgh", "text": "好" * 5_000}).encode(),
    "fifty thousand characters": json.dumps({"client_id": "abcdefgh", "text": "a" * 50_000}).encode(),
}


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_body_that_cannot_be_used_is_one_sentence(browser: TestClient, body: str) -> None:
    response = browser.post(SEND, content=BAD_BODIES[body], headers={"content-type": "application/json"})

    assert response.status_code in (400, 422)  # what cannot even be read as text is a 400
    assert_sentence(response)
    assert lines(browser) == []


def test_control_characters_inside_a_message_are_harmless(service: Service, browser: TestClient) -> None:
    response = browser.post(SEND, json=message("我有\x00多少\x07\u202e积分"))
    served = service.shopper_messages.serve_next()

    assert response.status_code == 202
    assert "绑定会员" in served[-1].reply.text
    assert "\x00" not in lines(browser)[0]["text"]


@pytest.mark.parametrize("after", ["x", "99999999999999999999999", "-1"])
def test_an_odd_position_in_the_history_is_no_crash(browser: TestClient, after: str) -> None:
    response = browser.get(f"/chat/api/history?after={after}")

    assert response.status_code in (200, 422)


def test_nobody_writes_or_reads_without_a_cookie(stranger: TestClient) -> None:
    answers = [
        stranger.post(SEND, json=message()),
        stranger.get("/chat/api/history"),
        stranger.get("/chat/api/stream"),
        stranger.post("/chat/api/account", json={"member": "M0000001"}),
        stranger.get("/chat/export/anything.json"),
    ]

    assert [a.status_code for a in answers] == [401] * 5
    for answer in answers:
        assert_sentence(answer)


FORGED = {
    "plain text": "M0000001",
    "unsigned": "eyJzZW5kZXIiOiJ4IiwibWVtYmVyIjoiTTAwMDAwMDEifQ",
    "signed with another key": URLSafeSerializer("guess", salt="visitor").dumps({"sender": "x", "member": "M0000001"}),
    "empty": "",
    "long": "A" * 4_000,
}


@pytest.mark.parametrize("cookie", FORGED)
def test_a_forged_cookie_opens_nothing(stranger: TestClient, cookie: str) -> None:
    response = stranger.get("/chat/api/history", headers={"cookie": f"{COOKIE}={FORGED[cookie]}"})

    assert response.status_code == 401
    assert_sentence(response)


@pytest.mark.parametrize("inside", [{"who": "x"}, {"sender": "x"}, [], "x", {"sender": "x", "member": "", "more": 1}])
def test_a_cookie_of_another_shape_is_no_crash(stranger: TestClient, service: Service, inside: Any) -> None:
    key = (service.settings.data_dir / "cookie.key").read_text(encoding="ascii")
    cookie = URLSafeSerializer(key, salt="visitor").dumps(inside)

    response = stranger.get("/chat/api/history", headers={"cookie": f"{COOKIE}={cookie}"})

    assert response.status_code in (200, 401)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", "http://["])
def test_another_site_cannot_write(browser: TestClient, origin: str) -> None:
    answers = [
        browser.post(SEND, json=message(), headers={"origin": origin}),
        browser.post("/chat/api/account", json={"member": ""}, headers={"origin": origin}),
    ]

    assert [a.status_code for a in answers] == [403, 403]
    for answer in answers:
        assert_sentence(answer)
    assert lines(browser) == []


def test_the_page_itself_can_write(browser: TestClient) -> None:
    response = browser.post(SEND, json=message(), headers={"origin": ORIGIN})

    assert response.status_code == 202


def test_too_many_messages_in_a_minute_are_refused_for_this_browser_only(folder: Path, clock: FixedClock) -> None:
    service = Service(settings_for(folder, web=WebSettings(messages_per_minute=3)), clock=clock)
    app = make_app(service)

    with TestClient(app) as fast, TestClient(app) as other:
        fast.get("/chat")
        other.get("/chat")
        answers = [fast.post(SEND, json=message()) for _ in range(4)]
        calm = other.post(SEND, json=message())
    service.close()

    assert [a.status_code for a in answers] == [202, 202, 202, 429]
    assert_sentence(answers[-1])
    assert calm.status_code == 202


# -- exports and accounts --------------------------------------------------------------------------------------------


def export_of(service: Service) -> str:
    """An export made at the service's own time."""
    path = service.ports.privacy.export("M0000001")
    made = service.clock.now().timestamp()
    os.utime(service.settings.data_dir / "exports" / Path(path).name, (made, made))
    return path


def test_an_export_is_gone_after_a_day(service: Service, browser: TestClient, clock: FixedClock) -> None:
    path = export_of(service)
    clock.advance(timedelta(hours=25))

    response = browser.get(path)

    assert response.status_code == 404
    assert_sentence(response)


def test_an_export_is_handed_out_by_its_name_and_no_other(service: Service, browser: TestClient) -> None:
    path = export_of(service)

    right = browser.get(path)
    wrong = browser.get("/chat/export/guess.json")

    assert right.status_code == 200
    assert right.headers["content-disposition"].startswith("attachment")
    assert right.headers["cache-control"] == "no-store"
    assert wrong.status_code == 404
    assert_sentence(wrong)


@pytest.mark.parametrize(
    "name",
    ["..%2Fcookie.key", "%2e%2e%2fzhike.db", "..%5ccookie.key", "....//cookie.key", "%00", "%2Fetc%2Fpasswd",
     "a" * 300, "truth.json"],
)  # fmt: skip
def test_no_name_leads_out_of_the_exports(browser: TestClient, name: str) -> None:
    response = browser.get(f"/chat/export/{name}")

    assert response.status_code == 404
    assert "root:" not in response.text


def test_accounts_can_be_switched_where_they_are_for_show(demo_service: Service) -> None:
    with TestClient(make_app(demo_service)) as browser:
        browser.get("/chat")
        became = browser.post("/chat/api/account", json={"member": "M0000001"})
        browser.post(SEND, json=message("我有多少积分"))
        as_member = demo_service.shopper_messages.serve_next()
        left = browser.post("/chat/api/account", json={"member": ""})
        seen = lines(browser)
        stranger = browser.post("/chat/api/account", json={"member": "M0000099"})

    assert (became.status_code, left.status_code, stranger.status_code) == (204, 204, 404)
    assert "12,480" in as_member[-1].reply.text
    assert seen == []
    assert_sentence(stranger)


def test_accounts_cannot_be_switched_in_earnest(browser: TestClient) -> None:
    response = browser.post("/chat/api/account", json={"member": "M0000001"})

    assert response.status_code == 404
    assert_sentence(response)
    assert "林晓雨" not in browser.get("/chat").text


# -- plumbing --------------------------------------------------------------------------------------------------------


def test_the_front_door_leads_to_the_chat(stranger: TestClient) -> None:
    response = stranger.get("/", follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (307, "/chat")


def test_health_readiness_and_metrics_answer(stranger: TestClient) -> None:
    alive, ready, metrics = stranger.get("/healthz"), stranger.get("/readyz"), stranger.get("/metrics")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"store": True, "model": False})
    assert "zhike_" in metrics.text


def test_every_answer_carries_the_security_headers(browser: TestClient) -> None:
    answers = [
        browser.get("/chat"),
        browser.get("/"),
        browser.get("/nowhere"),
        browser.get("/static/chat.css"),
        browser.post(SEND, json=message()),
        browser.post(SEND, content=b"{"),
        browser.post(SEND, json=message("好" * 100_000)),
        browser.post(SEND, json=message(), headers={"origin": "https://evil.example"}),
        browser.get("/chat/api/history", headers={"cookie": f"{COOKIE}=forged"}),
    ]

    for answer in answers:
        assert {k: answer.headers.get(k) for k in HEADERS} == HEADERS, answer.url


@pytest.mark.parametrize("path", ["/nowhere", "/chat/api/nothing", "/static/nothing.js", "/static/../web/app.py"])
def test_a_page_that_is_not_there_is_said_in_chinese(browser: TestClient, path: str) -> None:
    response = browser.get(path)

    assert response.status_code == 404
    assert_sentence(response)


def test_a_wrong_method_is_said_in_chinese(browser: TestClient) -> None:
    response = browser.get(SEND)

    assert response.status_code == 405
    assert_sentence(response)


def test_the_documentation_of_the_api_is_not_served(stranger: TestClient) -> None:
    assert [stranger.get(p).status_code for p in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]


# -- trouble ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def gone(service: Service, browser: TestClient) -> TestClient:
    """A browser whose service has lost its store: the file is a folder now."""
    service.database.close()
    store = service.settings.data_dir / "zhike.db"
    for path in store.parent.glob("zhike.db*"):
        path.unlink()
    store.mkdir()
    return browser


def test_without_its_store_the_service_lives_but_is_not_ready(gone: TestClient) -> None:
    alive, ready = gone.get("/healthz"), gone.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["store"]) == (503, False)


def test_a_message_that_cannot_be_kept_is_not_accepted(gone: TestClient) -> None:
    response = gone.post(SEND, json=message())

    assert response.status_code == 503
    assert_sentence(response)
    assert {k: response.headers.get(k) for k in HEADERS} == HEADERS


def test_a_history_that_cannot_be_read_says_so(gone: TestClient) -> None:
    response = gone.get("/chat/api/history")

    assert response.status_code == 503
    assert_sentence(response)


def test_a_bug_is_an_apology_with_the_security_headers(
    service: Service, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(service.shopper_messages, "accept", boom)

    response = browser.post(SEND, json=message())

    assert response.status_code == 500
    assert_sentence(response)
    assert "secret" not in response.text
    assert {k: response.headers.get(k) for k in HEADERS} == HEADERS
