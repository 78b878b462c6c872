"""The webhook of events and the survey as a page."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MomentSettings
from assistant.db import conversations, moments
from assistant.db.tables.moments import invitations
from assistant.web.app import make_app
from assistant.worker import Worker
from tests.conftest import NOW, settings_for
from tests.talk import Shopper

KEY = "a-shared-key"


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder, moments=MomentSettings(secret=SecretStr(KEY))), clock=clock)
    yield made
    made.close()


@pytest.fixture
def browser(service: Service) -> Iterator[TestClient]:
    with TestClient(make_app(service)) as client:
        yield client


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "E1",
        "type": "refunded",
        "member_id": "M0000001",
        "at": NOW.isoformat(),
        "store_id": "S001",
        **changes,
    }


def send(
    browser: TestClient, body: Any, *, key: str = KEY, at: float = NOW.timestamp(), raw: bytes | None = None
) -> Any:
    data = raw if raw is not None else json.dumps(body).encode()
    stamp = str(int(at))
    proof = hmac.new(key.encode(), stamp.encode() + b"." + data, hashlib.sha256).hexdigest()
    return browser.post("/moments/events", content=data, headers={"x-zhike-signature": f"t={stamp},v1={proof}"})


def test_signed_events_are_taken_once(browser: TestClient) -> None:
    first = send(browser, {"events": [event(), event(id="E2")]})
    again = send(browser, event())

    assert (first.status_code, first.json()) == (202, {"accepted": 2, "repeated": 0, "refused": []})
    assert again.json() == {"accepted": 0, "repeated": 1, "refused": []}


def test_bad_events_are_told_one_by_one_and_do_not_stop_the_good_ones(browser: TestClient) -> None:
    answer = send(
        browser,
        [event(), event(id="E2", type="moon_landing"), event(id="", at="2026-11-22T10:00:00"), "nonsense",
         event(id="E5", amount_cents=-1)],
    ).json()  # fmt: skip

    assert answer["accepted"] == 1
    assert [r["place"] for r in answer["refused"]] == [2, 3, 4, 5]
    assert "moon_landing" in answer["refused"][0]["error"]
    assert "时区" in answer["refused"][1]["error"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "another"}, 403),
        ({"at": NOW.timestamp() - 3600}, 403),
        ({"raw": b"{"}, 400),
        ({"raw": b"[]"}, 400),
        ({"raw": b"7"}, 400),
    ],
)
def test_whatever_is_not_signed_or_not_readable_is_refused(
    browser: TestClient, change: dict[str, Any], status: int
) -> None:
    answer = send(browser, {}, **change)

    assert answer.status_code == status
    assert "error" in answer.json()


def test_without_a_key_there_is_no_door(folder: Path, clock: FixedClock) -> None:
    service = Service(settings_for(folder), clock=clock)
    with TestClient(make_app(service)) as browser:
        assert send(browser, event()).status_code == 404
    service.close()


@pytest.fixture
def invitation(service: Service, clock: FixedClock, browser: TestClient) -> str:
    Shopper(service).say("你好")
    send(browser, event())
    worker = Worker(service)
    worker.due_once()
    clock.advance(timedelta(hours=3))
    worker.due_once()
    with service.database.read() as connection:
        return str(connection.execute(select(invitations.c.id)).scalar_one())


def test_the_page_goes_through_the_survey_and_thanks(browser: TestClient, invitation: str) -> None:
    address = f"/survey/{invitation}"

    first = browser.get(address)
    second = browser.post(address, data={"question": "effort", "said": "3"})
    third = browser.post(address, data={"question": "wrong", "said": "退款慢"})
    fourth = browser.post(address, data={"question": "story", "said": "快一点"})
    last = browser.post(address, data={"question": "care", "said": "不用了"})

    assert "退换货办起来方便吗" in first.text
    assert "哪一步最费劲" in second.text
    assert "您希望我们怎么改" in third.text
    assert "跟进处理" in fourth.text
    assert "已收到您的评价" in last.text


def test_a_survey_begun_on_the_page_goes_on_in_chat(service: Service, browser: TestClient, invitation: str) -> None:
    browser.post(f"/survey/{invitation}", data={"question": "effort", "said": "3"})
    with service.database.read() as connection:
        found = moments.get(connection, invitation)
    assert found is not None
    with service.database.read() as connection:
        chat = conversations.get(connection, found.conversation_id or "")
    assert chat is not None

    answered = Shopper(service, sender=chat.shopper.identity.sender).say("退款慢")

    assert "您希望我们怎么改" in answered.reply.text


def test_a_second_click_on_an_answered_question_changes_nothing(
    service: Service, browser: TestClient, invitation: str
) -> None:
    browser.post(f"/survey/{invitation}", data={"question": "effort", "said": "3"})

    browser.post(f"/survey/{invitation}", data={"question": "effort", "said": "7"})

    with service.database.read() as connection:
        found = moments.get(connection, invitation)
    assert found is not None
    assert found.answers == {"effort": 3}


def test_what_cannot_be_read_is_said_on_the_page(browser: TestClient, invitation: str) -> None:
    answer = browser.post(f"/survey/{invitation}", data={"question": "effort", "said": "呃呃呃"})

    assert "没有读懂" in answer.text


def test_an_address_that_was_not_sent_shows_nothing(browser: TestClient) -> None:
    assert browser.get("/survey/v-not-there").status_code == 404
