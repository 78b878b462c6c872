"""The staff's pages of surveys and rules, each within their scope."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.db import audit, moments
from assistant.db.engine import Database
from assistant.surveys.editing import as_yaml, draft_of
from assistant.surveys.files import Survey, read_survey, read_surveys
from assistant.surveys.results import Tally, charts, periods, score_words, whole
from assistant.surveys.rules import Segment
from assistant.web.staff.survey_words import meant
from tests.conftest import NOW, settings_for
from tests.web.staff import EVIL, OURS, come_in


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
                "score": (10 if n % 4 == 1 else 3) if done else None,
                "opened_at": NOW if n % 4 else None, "started_at": NOW if done else None,
            })  # fmt: skip
    yield made
    made.close()


def test_the_group_sees_all_stores_and_a_store_manager_only_their_own(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    whole = client.get("/ops/surveys/store_visit").text

    come_in(client, service, "xujiahui")
    own = client.get("/ops/surveys/store_visit").text

    assert funnel_of(whole) == [80, 60, 40, 40]
    assert "西单" in whole
    assert funnel_of(own) == [60, 45, 30, 30]
    assert "西单" not in own


def funnel_of(page: str) -> list[int]:
    """Invited, seen, begun, finished."""
    return [int(n) for n in re.findall(r'<progress max="\d+" value="(\d+)"', page)]


def test_a_store_is_looked_at_alone_and_only_within_the_scope(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    one = client.get("/ops/surveys/store_visit?store=S009").text
    come_in(client, service, "xujiahui")
    foreign = client.get("/ops/surveys/store_visit?store=S009")

    assert funnel_of(one) == [20, 15, 10, 10]
    assert foreign.status_code == 403


def test_words_of_one_survey_are_not_those_of_another_at_the_same_touchpoint(
    service: Service, client: TestClient
) -> None:
    with service.database.write() as connection:
        for n, answer in enumerate((1, 3)):
            moments.keep_answer(connection, {
                "id": 10**12 + n, "member_id": None, "store_id": "S001", "order_id": None, "touchpoint": "到店",
                "at": NOW, "nps": 9, "csat": None, "ces": None, "comment": f"第{n}句",
            })  # fmt: skip
            if n == 0:
                moments.change(connection, f"v-{answer}", {"answer_id": 10**12 + n})
    come_in(client, service, "analyst")

    page = client.get("/ops/surveys/store_visit").text

    assert "第0句" in page
    assert "第1句" not in page


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
    assert score_words("nps", Counter([10, 10, 0])) == "–"
    assert score_words("nps", Counter([10, 10, 9, 8, 0])) == "+40"
    assert score_words("csat", Counter([5, 4, 4, 5, 3])) == "4.2"


def test_what_was_never_sent_is_no_part_of_the_funnel() -> None:
    rows = [Tally("S1", "held", None, False, False, 3), Tally("S1", "sent", None, True, False, 1), Tally("S1", "done", 4, True, True, 1)]  # fmt: skip

    found = whole(rows)

    assert (found.sent, found.opened, found.begun, found.done, found.rate) == (2, 2, 1, 1, 0.5)


def test_long_periods_are_shown_by_weeks_and_empty_ones_too() -> None:
    rows = [Tally("2026-11-01", "done", 9, True, True, 5), Tally("2026-11-05", "done", 10, True, True, 5)]

    days = periods(rows, date(2026, 11, 1), date(2026, 11, 7))
    weeks = periods(rows, date(2026, 9, 6), date(2026, 11, 22))
    flow, scores = charts("nps", "NPS", days)

    assert [f.sent for _, f in days] == [5, 0, 0, 0, 5, 0, 0]
    assert [(day, f.sent) for day, f in weeks if f.sent] == [("11-01", 10)]
    assert flow["option"]["series"][1]["data"] == [5, 0, 0, 0, 5, 0, 0]
    assert scores is not None
    assert scores["option"]["series"][0]["data"] == [100.0, None, None, None, 100.0, None, None]


@pytest.mark.parametrize("by", ["store", "variant", "survey", "day"])
def test_invitations_are_counted_alike_on_both_engines(database: Database, by: str) -> None:
    with database.write() as connection:
        for n in range(6):
            moments.plan(connection, {
                "id": f"v-{n}", "event_id": f"E{n}", "rule_id": "r", "survey_id": "s", "survey": {}, "variant": "a",
                "greeting": "", "member_id": "M", "store_id": "S1" if n else None, "order_id": None,
                "due_at": datetime(2026, 11, 21, 17, tzinfo=UTC),
            })  # fmt: skip
            moments.change(connection, f"v-{n}", {"status": "sent" if n < 5 else "held"})

    with database.read() as connection:
        rows = [Tally(**r) for r in moments.tally(connection, NOW - timedelta(days=9), None, by=by)]

    assert {r.key: r.n for r in rows} == {
        "store": {"S1": 4, "": 1}, "variant": {"a": 5}, "survey": {"s": 5}, "day": {"2026-11-22": 5},
    }[by]  # fmt: skip


# -- the editor ------------------------------------------------------------------------------------------------------

EDIT = "/ops/surveys/store_visit/edit"


def form_of(survey: Survey) -> dict[str, str]:
    """The fields that a browser would send for a survey."""
    found: dict[str, str] = {}

    def lay(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                lay(one, f"{name}.{key}" if name else key)
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            found[name] = "、".join(value)
        elif isinstance(value, list):
            for n, one in enumerate(value):
                lay(one, f"{name}.{n}")
        elif value is True:
            found[name] = "1"
        elif value not in (None, False):
            found[name] = str(value)

    draft = draft_of(survey)
    reward = draft.pop("reward", None)
    lay(draft, "")
    if reward:
        found |= {"reward.kind": "coupon", "reward.value": reward["coupon"], "reward.words": reward["words"]}
    return found


@pytest.mark.parametrize("survey", read_surveys().values(), ids=lambda s: s.id)
def test_a_form_that_nothing_was_changed_in_saves_the_same_survey(survey: Survey) -> None:
    from assistant.surveys.editing import checked, read_form

    made, faults = checked(read_form(form_of(survey).items()) | {"id": survey.id})

    assert faults == {}
    assert made == survey


def test_what_is_saved_is_asked_from_then_on_and_noted(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    fields = form_of(service.moments.surveys["store_visit"]) | {
        "title": "逛店感受",
        "act": "save",
        "seen": "0",
        "note": "换标题",
    }

    answer = client.post(EDIT, data=fields, headers=OURS)
    page = client.get(EDIT).text

    assert answer.headers["location"].endswith("done=saved")
    assert service.moments.surveys["store_visit"].title == "逛店感受"
    assert "第 1 版" in page
    assert "换标题" in page
    with service.database.read() as connection:
        (entry,) = audit.entries(connection, audit.Filter(what="surveys"))
    assert (entry.who, entry.what, entry.target) == ("analyst", "surveys.edit", "store_visit")


def test_faults_stand_at_their_fields_in_chinese_and_nothing_is_saved(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    fields = form_of(service.moments.surveys["store_visit"]) | {
        "act": "save", "seen": "0", "title": "", "questions.1.text": "", "days": "x", "questions.0.then.0.to": "recommend",
    }  # fmt: skip

    answer = client.post(EDIT, data=fields, headers=OURS)

    assert answer.status_code == 422
    assert re.search(r'data-fault="title"[^>]*>请填写<', answer.text)
    assert re.search(r'data-fault="questions.1.text"[^>]*>请填写<', answer.text)
    assert re.search(r'data-fault="days"[^>]*>请填整数<', answer.text)
    assert service.moments.shelf.history("store_visit") == []


def test_a_survey_cannot_be_made_to_go_in_circles(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    fields = form_of(service.moments.surveys["store_visit"]) | {
        "act": "save",
        "seen": "0",
        "questions.2.then.0.to": "recommend",
    }

    answer = client.post(EDIT, data=fields, headers=OURS)

    assert answer.status_code == 422
    assert "第 3 题不能跳回前面的题" in answer.text


def test_two_editors_do_not_write_over_each_other(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    fields = form_of(service.moments.surveys["store_visit"]) | {"act": "save", "seen": "0"}
    client.post(EDIT, data=fields | {"title": "甲改的"}, headers=OURS)

    late = client.post(EDIT, data=fields | {"title": "乙改的"}, headers=OURS)

    assert late.status_code == 409
    assert "刚刚改过" in late.text
    assert "乙改的" in late.text
    assert service.moments.surveys["store_visit"].title == "甲改的"


def test_an_earlier_version_is_taken_up_again_and_the_file_stays_the_base(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    before = service.moments.surveys["store_visit"]
    for seen, title in enumerate(("第一次", "第二次")):
        client.post(EDIT, data=form_of(before) | {"act": "save", "seen": str(seen), "title": title}, headers=OURS)

    client.post("/ops/surveys/store_visit/restore/1", data={"seen": "2"}, headers=OURS)
    first = service.moments.surveys["store_visit"].title
    client.post("/ops/surveys/store_visit/restore/0", data={"seen": "3"}, headers=OURS)

    assert first == "第一次"
    assert service.moments.surveys["store_visit"] == before
    assert len(service.moments.shelf.history("store_visit")) == 4


def test_buttons_change_the_draft_and_save_nothing(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    fields = form_of(service.moments.surveys["store_visit"]) | {"seen": "0"}

    more = client.post(EDIT, data=fields | {"act": "add"}, headers=OURS).text
    fewer = client.post(EDIT, data=fields | {"act": "remove:questions.4"}, headers=OURS).text
    moved = client.post(EDIT, data=fields | {"act": "down:questions.0"}, headers=OURS).text
    option = client.post(EDIT, data=fields | {"act": "add:questions.2.options"}, headers=OURS).text
    nonsense = client.post(EDIT, data=fields | {"act": "remove:questions.99.options.x"}, headers=OURS)

    assert more.count('class="card mb-3 edit__question"') == 6
    assert fewer.count('class="card mb-3 edit__question"') == 4
    assert moved.index('id="q-better"') < moved.index('id="q-recommend"')
    assert 'name="questions.2.options.4.label"' in option
    assert nonsense.status_code == 200
    assert service.moments.shelf.history("store_visit") == []


def test_only_who_sees_the_whole_group_may_edit(service: Service, client: TestClient) -> None:
    come_in(client, service, "xujiahui")
    refused = client.get(EDIT)

    assert refused.status_code == 403
    assert "编辑</a>" not in client.get("/ops/surveys/store_visit").text


def test_another_site_cannot_edit(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    assert client.post(EDIT, data={"act": "save"}, headers=EVIL).status_code == 403


def test_the_exported_file_is_the_survey(service: Service, client: TestClient, tmp_path: Path) -> None:
    come_in(client, service, "analyst")

    answer = client.get("/ops/surveys/store_visit/export")
    path = tmp_path / "x.yaml"
    path.write_text(answer.text, encoding="utf-8")

    assert "attachment" in answer.headers["content-disposition"]
    assert read_survey(path) == service.moments.surveys["store_visit"]
    assert "到店体验" in as_yaml(read_survey(path))


@given(st.dictionaries(st.from_regex(r"[a-z_0-9.]{0,40}", fullmatch=True), st.text(max_size=12), max_size=12))
def test_whatever_a_form_sends_is_a_draft_that_can_be_looked_at(fields: dict[str, str]) -> None:
    from assistant.surveys.editing import act, checked, questions_of, read_form

    draft = read_form(fields.items())
    for what in ("add", "add:questions.0.options", "up:questions.1", "remove:questions.0", "reshape", "x:y.z"):
        draft = act(draft, what)

    survey, faults = checked(draft | {"id": "x"})

    assert survey is not None or faults
    assert len(questions_of(draft)) == len(draft["questions"])


def test_whom_a_rule_means_is_said_in_words() -> None:
    who = Segment(tiers=("金卡",), stages=("沉默",), channels=("store",), products=("美妆护肤",), least_cents=5000)

    assert meant(who) == "金卡 沉默 门店 美妆护肤 满50元"
    assert meant(Segment()) == "全部"


def test_a_survey_is_made_from_a_template_and_opens_in_the_editor(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")

    made = client.post("/ops/surveys/new", data={"from": "template:delivery", "title": "同城配送"}, headers=OURS)

    assert made.headers["location"].startswith("/ops/surveys/delivery_2/edit")
    editor = client.get("/ops/surveys/delivery_2/edit").text
    assert "同城配送" in editor
    assert "文件里的版本" not in editor
    assert service.moments.surveys["delivery_2"].title == "同城配送"
    assert "同城配送" in client.get("/ops/surveys").text
    with service.database.read() as connection:
        (entry,) = audit.entries(connection, audit.Filter(what="surveys.create"))
    assert (entry.who, entry.target) == ("analyst", "delivery_2")


def test_a_copied_survey_is_edited_on_its_own(service: Service, client: TestClient) -> None:
    come_in(client, service, "analyst")
    client.post("/ops/surveys/new", data={"from": "survey:product", "id": "shoes", "title": "鞋类"}, headers=OURS)
    before = service.moments.surveys["product"]
    form = form_of(service.moments.surveys["shoes"]) | {"title": "鞋类体验", "seen": "1", "act": "save"}

    saved = client.post("/ops/surveys/shoes/edit", data=form, headers=OURS)

    assert saved.headers["location"].endswith("done=saved")
    assert service.moments.surveys["shoes"].title == "鞋类体验"
    assert service.moments.surveys["product"] == before


@pytest.mark.parametrize(
    ("form", "status"),
    [({"from": "template:nothing"}, 404), ({"from": "survey:product", "id": "product"}, 400),
     ({"from": "survey:product", "id": "Ä!"}, 422), ({"from": EVIL}, 422)],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(
    service: Service, client: TestClient, form: dict[str, str], status: int
) -> None:
    come_in(client, service, "analyst")
    before = dict(service.moments.surveys)

    refused = client.post("/ops/surveys/new", data=form, headers=OURS)

    assert refused.status_code == status
    assert dict(service.moments.surveys) == before


def test_whoever_may_not_edit_makes_no_survey(service: Service, client: TestClient) -> None:
    come_in(client, service, "east")

    refused = client.post("/ops/surveys/new", data={"from": "template:product"}, headers=OURS)

    assert refused.status_code == 403
    assert "新建问卷" not in client.get("/ops/surveys").text
