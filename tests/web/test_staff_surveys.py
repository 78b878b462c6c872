"""The staff's pages of surveys and rules, each within their scope."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.db import moments
from assistant.surveys.files import read_surveys
from assistant.surveys.results import Row, results, score_words
from tests.conftest import NOW, settings_for
from tests.web.staff import OURS, browser, come_in


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder), clock=clock)
    survey = made.moments.surveys["store_visit"]
    with made.database.write() as connection:
        for n in range(80):
            invitation = f"v-{n}"
            moments.plan(connection, {
                "id": invitation, "event_id": f"E{n}", "rule_id": "store_payment", "survey_id": survey.id,
                "survey": survey.model_dump(mode="json"), "variant": "warm" if n % 2 else "short", "greeting": "",
                "member_id": f"M{n}", "store_id": "S001" if n < 60 else "S009", "order_id": None,
                "due_at": NOW - timedelta(days=1),
            })  # fmt: skip
            done = n % 2 == 1
            moments.change(connection, invitation, {
                "status": "done" if done else "sent", "answers": {"recommend": 10 if n % 4 == 1 else 3} if done else {},
            })  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with browser(service) as made:
        yield made


def test_the_group_sees_all_stores_and_a_store_manager_only_their_own(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    whole = client.get("/ops/surveys/store_visit").text

    come_in(client, service, "xujiahui")
    own = client.get("/ops/surveys/store_visit").text

    assert "<strong>80</strong>已邀请" in whole
    assert "西单" in whole
    assert "<strong>60</strong>已邀请" in own
    assert "西单" not in own


def test_wordings_are_compared_with_what_chance_would_do(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    page = client.get("/ops/surveys/store_visit").text

    assert "差异显著" in page


def test_all_surveys_and_rules_are_listed(service: Service, client: TestClient) -> None:
    come_in(client, service, "east")

    surveys, rules = client.get("/ops/surveys?days=7").text, client.get("/ops/rules").text

    assert all(s.title in surveys for s in read_surveys().values())
    assert "store_payment" in rules
    assert "还没有事件" in rules


def test_a_dry_run_counts_and_sends_nothing(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    page = client.post("/ops/rules?days=30", headers=OURS).text

    assert "什么都没有发出" in page
    assert "会邀请" in page
    with service.database.read() as connection:
        assert moments.outcomes(connection, NOW - timedelta(days=365)) == {}


def test_agents_have_no_such_pages_and_strangers_are_led_to_the_door(service: Service, client: TestClient) -> None:
    assert client.get("/ops/surveys").status_code == 303
    come_in(client, service, "agent")

    assert client.get("/ops/surveys").status_code == 403


def test_an_unknown_survey_is_not_found(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    assert client.get("/ops/surveys/nothing").status_code == 404


def test_a_score_from_too_few_answers_is_not_shown() -> None:
    assert score_words("nps", [10, 10, 0]) == "–"
    assert score_words("nps", [10, 10, 9, 8, 0]) == "+40"
    assert score_words("csat", [5, 4, 4, 5, 3]) == "4.2"


def test_what_was_never_sent_is_no_part_of_the_funnel() -> None:
    survey = read_surveys()["product"]

    found = results(survey, [Row("held", "", "S1", {}), Row("sent", "", "S1", {}), Row("done", "", "S1", {"satisfied": 4})], {"opted_out": 1})  # fmt: skip

    assert (found.all.sent, found.all.done, found.all.rate) == (2, 1, 0.5)
    assert found.held == {"opted_out": 1}
