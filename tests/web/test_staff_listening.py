"""The listening page: each account its own stores' words, labels put right with one tap, taken back, audited."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, insert
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import FeedbackSettings
from assistant.db import feedback, listening
from assistant.db.audit import Entry, Filter
from assistant.db.listening import FeedRow
from assistant.db.tables.retail import survey_answers
from assistant.feedback.topics import Heard
from assistant.web.staff.listening import pieces
from tests.conftest import NOW, settings_for
from tests.web.staff import EVIL, OURS, come_in

HERE, THERE = "S001", "S009"  # 徐家汇 and 西单
SAID = [
    (HERE, "店员很热情，但是排队太久了"),
    (HERE, "停车很方便"),
    (HERE, "<i>排队</i>半小时还没结账，太慢了"),
    (THERE, "试衣间脏兮兮的，地上都是灰"),
    (THERE, "吃了你们家蛋糕拉肚子，我要投诉到市监局"),
]


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder, feedback=FeedbackSettings(embed=False)), clock=clock)
    with made.database.write() as connection:
        connection.execute(delete(survey_answers))
        for n, (store, text) in enumerate(SAID):
            connection.execute(insert(survey_answers).values(
                id=n + 1, store_id=store, member_id=None, comment=text, at=NOW - timedelta(hours=n + 1),
                touchpoint="store_visit",
            ))  # fmt: skip
    made.understanding.read_all()
    yield made
    made.close()


def row(service: Service, text: str) -> FeedRow:
    """The labels of a text that contains these words."""
    with service.database.read() as connection:
        scope = listening.Scope(NOW - timedelta(days=30), NOW + timedelta(days=1), words=text)
        (found,) = listening.feed(connection, scope)
    return found


def learnt(service: Service) -> list[tuple[str, dict[str, str]]]:
    with service.database.read() as connection:
        return [(c.sentiment, c.aspects) for c in feedback.corrections(connection)]


def audited(service: Service) -> list[Entry]:
    return service.accounts.staff.audit(Filter(what="feedback"))


def shown(page: str) -> int:
    return len(re.findall(r'<li class="heard ', page))


def test_a_store_manager_never_sees_the_words_of_another_store(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    whole = client.get("/ops/listening").text
    come_in(client, service, "xujiahui")
    own = client.get("/ops/listening").text
    asked_for = client.get(f"/ops/listening?store={THERE}")
    counted = client.get("/ops/listening/fresh?after=0").json()

    assert (shown(whole), shown(own)) == (5, 3)
    assert "试衣间" in whole
    assert "试衣间脏" not in own
    assert "西单" not in own
    assert asked_for.status_code == 403
    assert counted == {"count": 3}


def test_words_are_shown_as_words_with_what_they_speak_of_marked(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")

    page = client.get("/ops/listening").text

    assert "<i>排队" not in page
    assert "&lt;i&gt;" in page
    assert '<mark class="said said--neg" title="排队结账 · 不满">但是排队太久了</mark>' in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("aspect=process.queue", 2), ("aspect=process.queue&sentiment=neg", 2), ("aspect=process.queue&sentiment=pos", 0),
        ("aspect=流程&store=S001", 2), ("q=停车", 1), ("q=%25", 0), ("source=message", 0), ("urgent=1", 1), ("store=S009", 2),
        ("aspect=nothing", 0), ("sentiment=&aspect=&store=&source=&q=", 5),
    ],
)  # fmt: skip
def test_filters_narrow_the_feed(service: Service, client: TestClient, query: str, count: int) -> None:
    come_in(client, service, "analyst")

    page = client.get(f"/ops/listening?days=7&{query}")

    assert page.status_code == 200
    assert shown(page.text) == count
    assert ("没有符合条件的原话" in page.text) == (count == 0)


def test_where_nothing_was_read_the_page_says_what_to_do(service: Service, client: TestClient) -> None:
    come_in(client, service, "south")

    page = client.get("/ops/listening").text

    assert "zhike retag" in page


def test_a_tap_is_kept_shown_at_once_and_audited(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    before = row(service, "停车")

    answer = client.post(f"/ops/listening/{before.tag_id}", data={"says": ":neg", "back": "days=7"}, headers=OURS)
    part = client.post(
        f"/ops/listening/{before.tag_id}", data={"says": "place.parking:neu"}, headers={**OURS, "x-part": "item"}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, f"/ops/listening?days=7#t{before.tag_id}")
    after = row(service, "停车")
    assert (after.sentiment, after.tier, after.mentions[0][:2]) == ("neg", "person", ("place.parking", "neu"))
    assert after.mentions[0][2:] == before.mentions[0][2:]
    assert shown(part.text) == 1
    assert "撤销更正" in part.text
    assert learnt(service) == [("neg", {"place.parking": "neu"})]
    assert [(e.who, e.what, e.target) for e in audited(service)] == [
        ("xujiahui", "feedback.correct", f"tag:{before.tag_id}")
    ] * 2
    assert "停车很" not in str(audited(service))


def test_the_same_tap_again_brings_the_machines_label_back(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    before = row(service, "停车")
    address = f"/ops/listening/{before.tag_id}"
    client.post(address, data={"says": ":neg"}, headers=OURS)
    client.post(address, data={"says": "place.parking:neg"}, headers=OURS)

    client.post(address, data={"says": ":neg"}, headers=OURS)
    between = row(service, "停车")
    client.post(address, data={"says": "place.parking:neg"}, headers=OURS)

    assert (between.sentiment, between.tier, between.mentions[0][1]) == (before.sentiment, "person", "neg")
    assert row(service, "停车") == before
    assert learnt(service) == []
    assert audited(service)[0].what == "feedback.undo"


def test_aspects_are_taken_away_added_and_all_taken_back(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    before = row(service, "停车")
    address = f"/ops/listening/{before.tag_id}"

    client.post(address, data={"says": "place.parking:none"}, headers=OURS)
    client.post(address, data={"says": "+:pos", "leaf": "place.location"}, headers=OURS)
    changed = row(service, "停车")
    client.post(address, data={"says": "undo"}, headers=OURS)

    assert [m[:2] for m in changed.mentions] == [("place.location", "pos")]
    assert row(service, "停车") == before


def test_nobody_corrects_outside_their_stores_or_from_elsewhere(service: Service, client: TestClient) -> None:
    other = f"/ops/listening/{row(service, '试衣间').tag_id}"
    own = f"/ops/listening/{row(service, '停车').tag_id}"
    come_in(client, service, "xujiahui")

    found = [
        client.post(other, data={"says": ":pos"}, headers=OURS).status_code,
        client.post(other, data={"says": "undo"}, headers=OURS).status_code,
        client.post("/ops/listening/99999", data={"says": ":pos"}, headers=OURS).status_code,
        client.post(own, data={"says": ":pos"}, headers=EVIL).status_code,
        client.post(own, data={"says": "no.such:pos"}, headers=OURS).status_code,
        client.post(own, data={"says": ":none"}, headers=OURS).status_code,
        client.post(own, data={"says": "+:pos"}, headers=OURS).status_code,
        client.post(own, data={"says": "glad"}, headers=OURS).status_code,
    ]

    assert found == [404, 404, 404, 403, 400, 400, 422, 422]
    assert learnt(service) == []
    assert audited(service) == []


def test_strangers_are_led_to_the_door_and_service_agents_are_refused(service: Service, client: TestClient) -> None:
    tag = row(service, "停车").tag_id
    assert client.get("/ops/listening").status_code == 303
    assert client.post(f"/ops/listening/{tag}", data={"says": ":neg"}, headers=OURS).status_code == 303
    come_in(client, service, "agent")

    found = [
        client.get("/ops/listening").status_code,
        client.post("/ops/listening/topics", headers=OURS).status_code,
        client.post("/ops/listening/topics/1", data={"does": "ignore"}, headers=OURS).status_code,
        client.get("/ops/listening/fresh?after=0").status_code,
        client.post(f"/ops/listening/{tag}", data={"says": ":neg"}, headers=OURS).status_code,
    ]

    assert found == [403] * 5
    assert row(service, "停车").tier != "person"


def test_stores_with_too_few_words_have_no_share(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    page = client.get("/ops/listening").text

    assert page.count("不足5条") == 2


def test_a_leaf_leads_down_to_the_words_that_were_used(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    page = client.get("/ops/listening?aspect=process.queue").text

    assert "排队结账：常见说法" in page
    assert "aspect=process.queue&amp;q=" in page


def test_with_a_leaf_the_days_say_how_that_leaf_is_spoken_of(service: Service) -> None:
    week = listening.Scope(NOW - timedelta(days=7), NOW + timedelta(hours=1))

    with service.database.read() as connection:
        whole = listening.by_day(connection, week)
        queue = listening.by_day(connection, replace(week, leaf="process.queue"))
        several = listening.by_day(connection, replace(week, leaves=("process.queue", "place.parking")))

    assert sum(day.total for day in whole) == 5
    assert (sum(day.total for day in queue), sum(day.neg for day in queue)) == (2, 2)
    assert (sum(day.total for day in several), sum(day.neg for day in several)) == (3, 2)


def test_topics_are_looked_for_among_the_given_stores_alone(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def emerging(tree: object, heard: list[Heard], embed: object, *, least: int) -> list[object]:
        given.extend(one.text for one in heard)
        return []

    monkeypatch.setattr("assistant.journeys.feedback.emerging", emerging)

    service.understanding.topics(30, lambda texts: np.zeros((len(texts), 4), dtype=np.float32), stores=(THERE,))

    assert sorted(given) == sorted(text for store, text in SAID if store == THERE)


def test_older_words_stand_on_the_next_page(
    service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.web.staff.listening.PER_PAGE", 2)
    come_in(client, service, "analyst")

    first = client.get("/ops/listening").text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward
    second = client.get(onward.group(1).replace("&amp;", "&")).text

    assert (shown(first), shown(second)) == (2, 2)
    assert not set(re.findall(r'id="(t\d+)"', first)) & set(re.findall(r'id="(t\d+)"', second))


def test_a_clause_with_praise_and_complaint_is_marked_as_a_complaint() -> None:
    said = FeedRow(1, NOW, "answer", None, "又贵又好吃，赞", "neu", 0.0, "linear", "statement", 0, (), (), (("price.level", "neg", 0, 5), ("goods.food", "pos", 0, 5)))  # fmt: skip

    found = pieces(said, {"price.level": "价格高低", "goods.food": "食品"})

    assert found == [("又贵又好吃", "neg", "价格高低、食品"), ("，赞", "", "")]
