"""The webhook of events and the survey as a page."""

import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from assistant.accounts.keys import secret_key
from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MomentSettings
from assistant.db import conversations, moments
from assistant.db.tables.moments import invitations
from assistant.surveys.places import Place, Places, picture
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


def test_a_survey_that_expired_says_so_kindly_and_takes_no_answer(
    service: Service, clock: FixedClock, browser: TestClient, invitation: str
) -> None:
    clock.advance(timedelta(days=8))

    page = browser.get(f"/survey/{invitation}")
    browser.post(f"/survey/{invitation}", data={"question": "effort", "said": "3"})

    assert page.status_code == 200
    assert "问卷已过期" in page.text
    with service.database.read() as connection:
        found = moments.get(connection, invitation)
    assert found is not None
    assert found.answers == {}


@pytest.mark.parametrize("address", ["v-not-there", "%00", "v-%00", "x" * 200, "at/nonsense", "v-'or'1'='1"])
def test_refusals_are_pages_for_people(browser: TestClient, address: str) -> None:
    answer = browser.get(f"/survey/{address}")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "打不开这份问卷" in answer.text


def test_another_site_cannot_answer_for_the_shopper(browser: TestClient, invitation: str) -> None:
    answer = browser.post(
        f"/survey/{invitation}", data={"question": "effort", "said": "3"}, headers={"origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert "<html" in answer.text


def test_opening_the_page_is_the_first_sign_of_a_reader(
    service: Service, clock: FixedClock, browser: TestClient, invitation: str
) -> None:
    browser.get(f"/survey/{invitation}")

    found = service.survey_talk.find(invitation)
    assert found is not None
    assert found.opened_at == clock.now()
    assert found.started_at is None


@pytest.fixture
def photo_survey(folder: Path, clock: FixedClock, tmp_path: Path) -> Iterator[Service]:
    texts = tmp_path / "surveys"
    shutil.copytree(MomentSettings().surveys, texts)
    body = yaml.safe_load((texts / "product.yaml").read_text(encoding="utf-8"))
    body["questions"] = [
        {"id": "picture", "kind": "photo", "text": "拍一张收到的商品"},
        {"id": "story", "kind": "text", "text": "还有什么想说的吗？", "optional": True},
    ]
    (texts / "product.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    files = MomentSettings(surveys=texts, max_photo_bytes=65_536, public_url="https://shop.example")
    made = Service(settings_for(folder, moments=files), clock=clock)
    yield made
    made.close()


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def test_a_code_in_a_store_leads_to_a_page_that_takes_a_photo(photo_survey: Service) -> None:
    key = secret_key("", photo_survey.settings.data_dir)
    token = Places(key).token(Place("product", "S001"))
    with TestClient(make_app(photo_survey)) as browser:
        welcome = browser.get(f"/survey/at/{token}")
        begun = browser.post(f"/survey/at/{token}")
        address = begun.url.path.replace("/survey/", "/survey/photo/")
        wrong = browser.post(
            address, data={"question": "picture"}, files={"photo": ("a.png", b"%PDF-1.7", "image/png")}
        )
        large = browser.post(address, data={"question": "picture"}, files={"photo": ("a.png", PNG + b"0" * 70_000)})
        sent = browser.post(address, data={"question": "picture"}, files={"photo": ("a.png", PNG, "image/png")})

    assert "不需要填写姓名" in welcome.text
    assert "拍一张收到的商品" in begun.text
    assert "只收 JPG" in wrong.text
    assert "照片太大了" in large.text
    assert "还有什么想说的吗" in sent.text
    kept = list((photo_survey.settings.data_dir / "attachments").glob("survey-*.png"))
    assert [path.read_bytes() for path in kept] == [PNG]


def test_a_printed_code_is_read_by_nobody_but_us() -> None:
    token = Places("a" * 32).token(Place("product", "S001", "visit"))

    assert Places("a" * 32).read(token) == Place("product", "S001", "visit")
    assert Places("b" * 32).read(token) is None
    assert picture("https://shop.example/survey/at/x", "svg").startswith(b"<?xml")
    assert picture("https://shop.example/survey/at/x", "png").startswith(b"\x89PNG")
