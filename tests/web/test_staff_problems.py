"""The page of problems: each account its own stores', managers write, all is audited; topics are decided for the group."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import FeedbackSettings
from assistant.db import problems, topics
from assistant.db.audit import Filter
from assistant.db.problems import Problem
from assistant.db.tables.feedback import feedback_problems
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import messages
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.web.staff.problems import spark
from tests.conftest import NOW, settings_for
from tests.web.staff import EVIL, OURS, come_in

HERE, THERE = "S001", "S009"  # 徐家汇 and 西单
QUEUE = "process.queue"


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder, feedback=FeedbackSettings(embed=False)), clock=clock)
    with made.database.write() as connection:
        connection.execute(delete(survey_answers))
        for n in range(8):
            connection.execute(insert(survey_answers).values(
                id=n + 1, store_id=(HERE, THERE)[n % 2], at=NOW - timedelta(days=n // 2, hours=1), touchpoint="到店",
                comment=f"结账排队太久了，等了{n + 20}分钟",
            ))  # fmt: skip
    made.understanding.read_all()
    made.problems.refresh()
    yield made
    made.close()


def problem(service: Service, store: str = HERE) -> Problem:
    with service.database.read() as connection:
        (found,) = problems.find(connection, None, store=store, about=[QUEUE])
    return found


def listed(page: str) -> list[str]:
    return re.findall(r'href="/ops/problems/(\d+)"', page)


def test_a_store_manager_sees_their_own_store_and_the_whole_group_sees_the_sum(
    service: Service, client: TestClient
) -> None:
    come_in(client, service, "xujiahui")
    own = client.get(f"/ops/problems?about={QUEUE}").text
    come_in(client, service, "analyst")
    group = client.get(f"/ops/problems?about={QUEUE}").text
    each = client.get(f"/ops/problems?store=each&about={QUEUE}").text

    assert listed(own) == [str(problem(service).id)]
    assert listed(group) == [str(problem(service, "").id)]
    assert sorted(listed(each)) == sorted(str(problem(service, s).id) for s in (HERE, THERE))


def test_nobody_reads_or_writes_outside_their_stores_or_from_elsewhere(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    other, own = f"/ops/problems/{problem(service, THERE).id}", f"/ops/problems/{problem(service).id}"
    edit = {"state": "known", "fix": "加开收银台"}

    found = [
        client.get(other).status_code,
        client.get(f"/ops/problems/{problem(service, '').id}").status_code,
        client.get(f"/ops/problems?store={THERE}").status_code,
        client.post(other, data=edit, headers=OURS).status_code,
        client.post(f"{other}/note", data={"text": "x"}, headers=OURS).status_code,
        client.post(f"{other}/undo", headers=OURS).status_code,
        client.post(own, data=edit, headers=EVIL).status_code,
        client.post(own, data={"state": "known"}, headers=OURS).status_code,
        client.post(own, data={"state": "nonsense"}, headers=OURS).status_code,
    ]

    assert found == [404, 404, 403, 404, 404, 404, 403, 400, 400]
    assert problem(service).state == "open"


def test_what_helps_is_written_shown_audited_and_taken_back(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    address = f"/ops/problems/{problem(service).id}"

    saved = client.post(
        address, data={"state": "known", "team": "门店", "fix": "<b>加开</b>收银台", "tell": "1"}, headers=OURS
    )
    client.post(f"{address}/note", data={"text": "晚高峰最堵"}, headers=OURS)
    page = client.get(f"{address}?done=saved").text
    undone = client.post(f"{address}/undo", headers=OURS)

    assert (saved.status_code, saved.headers["location"]) == (303, f"{address}?done=saved")
    assert "&lt;b&gt;加开" in page
    assert "晚高峰最堵" in page
    assert undone.headers["location"] == f"{address}?done=undone"
    assert (problem(service).state, problem(service).fix, problem(service).tell) == ("open", "", False)
    log = service.accounts.staff.audit(Filter(what="problems"))
    assert [(e.who, e.what) for e in log] == [("xujiahui", f"problems.{w}") for w in ("undo", "note", "edit")]
    assert "加开" not in str(log)


def test_what_helped_the_group_or_another_store_fills_the_form(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    group, there = problem(service, ""), problem(service, THERE)
    client.post(f"/ops/problems/{group.id}", data={"state": "known", "fix": "集团办法"}, headers=OURS)
    client.post(f"/ops/problems/{there.id}", data={"state": "known", "fix": "西单办法"}, headers=OURS)
    come_in(client, service, "xujiahui")
    address = f"/ops/problems/{problem(service).id}"

    page = client.get(address).text
    used = client.get(f"{address}?use=P{group.id}").text
    foreign = client.get(f"{address}?use=P{there.id}").text

    assert "集团办法" in page
    assert "西单办法" not in page + foreign
    assert re.search(r"<textarea[^>]*>集团办法</textarea>", used)
    assert problem(service).fix == ""


def test_staff_without_the_say_read_and_note_but_do_not_edit(service: Service, client: TestClient) -> None:
    address = f"/ops/problems/{problem(service, THERE).id}"
    come_in(client, service, "agent")
    refused = client.get("/ops/problems").status_code
    come_in(client, service, "xidan")

    page = client.get(address)
    edited = client.post(address, data={"state": "ignored"}, headers=OURS).status_code
    noted = client.post(f"{address}/note", data={"text": "换了排队栏杆"}, headers=OURS).status_code

    assert (refused, page.status_code, edited, noted) == (403, 200, 403, 303)
    assert '<textarea class="form-control mb-3" id="fix"' not in page.text


def test_the_filters_narrow_the_list_and_what_is_done_with_is_out_of_sight(
    service: Service, client: TestClient
) -> None:
    come_in(client, service, "xujiahui")
    client.post(f"/ops/problems/{problem(service).id}", data={"state": "ignored"}, headers=OURS)

    pages = {
        q: listed(client.get(f"/ops/problems?{q}").text)
        for q in (f"about={QUEUE}", f"state=ignored&about={QUEUE}", f"state=all&about={QUEUE}", "about=none")
    }

    assert [bool(found) for found in pages.values()] == [False, True, True, False]


def test_a_shopper_who_complains_is_told_the_fix_as_written_before_the_question(service: Service) -> None:
    told = "晚高峰加开两个收银台，也可以用自助结账机。"
    with service.database.write() as connection:
        connection.execute(update(feedback_problems).where(feedback_problems.c.store_id == "").values(
            state="known", fix="内部说明", tell=True, told=told
        ))  # fmt: skip
    inbound = Inbound(Identity("web", "demo", "v1"), "k1", "我要投诉，结账排队排了半小时，太慢了", NOW)
    service.shopper_messages.accept(inbound)
    service.shopper_messages.serve_next()

    with service.database.read() as connection:
        rows = connection.execute(select(messages.c.text).where(messages.c.author == "assistant"))
        said = " ".join(r.text for r in rows)

    assert told in said
    assert "内部说明" not in said
    assert "登记投诉工单" in said


def test_topics_are_decided_by_who_sees_the_whole_group(service: Service, client: TestClient) -> None:
    clause = topics.Member(1, 0, 4, HERE, NOW, "neg")
    members = tuple(topics.Member(n, 0, 4, HERE, NOW - timedelta(days=n), "neg") for n in range(1, 8))
    with service.database.write() as connection:
        topics.put(connection, [topics.Found("宠物推车", ("宠物推车",), (clause, *members))], 60, NOW, NOW)
        (kept,) = topics.all_of(connection)
    come_in(client, service, "xujiahui")
    address = f"/ops/listening/topics/{kept.id}"
    refused = client.post(address, data={"does": "ignore"}, headers=OURS).status_code
    come_in(client, service, "analyst")
    shown = client.get("/ops/listening").text
    adopt = {"does": "adopt", "name": "宠物推车", "group": "环境", "words": "宠物推车、推狗车"}

    answers = [client.post(address, data=d, headers=OURS).headers.get("location") for d in (adopt, {"does": "undo"})]

    assert refused == 403
    assert "采纳为新标签" in shown
    assert answers == ["/ops/listening?done=adopted", "/ops/listening?done=undone"]
    assert "宠物推车" not in {leaf.name for leaf in service.aspects.get().leaves}
    assert client.post("/ops/listening/topics", headers=OURS).headers["location"] == "/ops/listening?done=planned"


def test_a_line_has_a_point_a_day_within_its_box() -> None:
    points = [tuple(map(float, p.split(","))) for p in spark((0, 3, 0, 9)).split()]

    assert len(points) == 4
    assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in points)
    assert spark(()) == ""
