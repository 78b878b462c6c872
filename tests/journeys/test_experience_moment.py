"""Journey 2: from an event to the answer in the mart, on a real store, with the demo's members."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MomentSettings
from assistant.db import moments
from assistant.db.moments import Invitation
from assistant.db.tables.moments import invitations
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import tickets
from assistant.domain.moment import Event
from assistant.surveys.files import TEMPLATES
from assistant.worker import Worker
from tests.conftest import settings_for
from tests.talk import Shopper, tools_of

MEMBER = "M0000001"


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder), clock=clock)
    yield made
    made.close()


def happened(service: Service, kind: str = "refunded", event_id: str = "E1", **changes: object) -> Event:
    return Event(
        **{"id": event_id, "type": kind, "member_id": MEMBER, "at": service.clock.now(), "store_id": "S001", **changes}  # type: ignore[arg-type]
    )


def work(service: Service, clock: FixedClock, *, after: timedelta = timedelta(hours=3)) -> None:
    """Let the worker do what is due now and a while later."""
    worker = Worker(service)
    worker.due_once()
    clock.advance(after)
    worker.due_once()
    worker.deliver_once()


def all_invitations(service: Service) -> list[Invitation]:
    with service.database.read() as connection:
        return [Invitation(**row) for row in connection.execute(select(invitations)).mappings()]


def answers_kept(service: Service) -> list[tuple[int | None, str]]:
    with service.database.read() as connection:
        rows = connection.execute(select(survey_answers).where(survey_answers.c.id > 10**9)).all()
    return [(row.ces, row.comment) for row in rows]


def test_a_refund_leads_to_a_survey_in_the_shoppers_chat_and_its_answer_into_the_mart(
    service: Service, clock: FixedClock
) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")

    service.moments.take([happened(service)])
    work(service, clock)
    asked = shopper.history()[-1]
    first = shopper.say("2分")
    second = shopper.say("退款慢")
    third = shopper.say("希望当天到账")
    last = shopper.say("不用了")

    assert "退换货办起来方便吗" in asked.text
    assert "哪一步最费劲" in first.reply.text
    assert "您希望我们怎么改" in second.reply.text
    assert "跟进处理" in third.reply.text
    assert "简化" in last.reply.text or "抱歉" in last.reply.text
    assert answers_kept(service) == [(2, "退款慢；希望当天到账")]
    assert all_invitations(service)[0].status == "done"


def test_a_low_score_counts_even_where_the_offer_of_help_is_not_answered(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)

    for words in ("2分", "退款慢", "跳过"):
        shopper.say(words)
    clock.advance(timedelta(days=8))
    Worker(service).due_once()

    assert answers_kept(service) == [(2, "退款慢")]
    assert all_invitations(service)[0].status == "expired"


def test_danger_and_calls_for_a_person_are_never_taken_for_answers(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    shopper.say("2分")
    shopper.say("退款慢")

    hurt = shopper.say("我吃了你们店买的蛋糕食物中毒送医院了")

    assert tools_of(hurt)[:1] == ["ticket_file"]
    assert answers_kept(service) == []


def test_unsubscribing_is_a_choice_that_holds(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)

    said = shopper.say("退订")
    clock.advance(timedelta(days=40))
    service.moments.take([happened(service, event_id="E2")])
    work(service, clock)

    assert "不再给您发" in said.reply.text
    assert [i.status for i in all_invitations(service)] == ["stopped"]


def test_erasing_takes_the_words_of_surveys_too(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    for words in ("6分",):
        shopper.say(words)

    service.rights.erase(MEMBER)

    with service.database.read() as connection:
        left = connection.execute(select(survey_answers).where(survey_answers.c.member_id == MEMBER)).all()
    assert left == []
    assert all_invitations(service) == []


def test_a_piece_of_work_that_stumbles_is_tried_again_and_stops_nothing_else(
    service: Service, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shopper(service, member=MEMBER).say("你好")
    service.moments.take([happened(service)])
    decide = service.moments.decide
    monkeypatch.setattr(service.moments, "decide", lambda event_id: 1 / 0)
    Worker(service).due_once()

    monkeypatch.setattr(service.moments, "decide", decide)
    clock.advance(timedelta(minutes=2))
    work(service, clock)

    assert [i.status for i in all_invitations(service)] == ["sent"]


def test_who_is_dissatisfied_and_wants_it_gets_one_ticket(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)

    for words in ("1", "等得太久", "等了两个星期"):
        shopper.say(words)
    done = shopper.say("请给我回电")

    with service.database.read() as connection:
        filed = connection.execute(select(tickets).where(tickets.c.shopper == MEMBER)).all()
    mine = [t for t in filed if "售后体验" in t.subject]
    assert len(mine) == 1
    assert f"{mine[0].number}" in done.reply.text
    assert "回电" in done.reply.text
    assert "两个星期" in mine[0].body


def test_the_same_event_many_times_is_one_invitation(service: Service, clock: FixedClock) -> None:
    Shopper(service, member=MEMBER).say("你好")

    taken = [service.moments.take([happened(service)] * 3) for _ in range(3)]
    work(service, clock)
    work(service, clock)

    assert [(t.fresh, t.repeated) for t in taken] == [(1, 2), (0, 3), (0, 3)]
    assert [i.status for i in all_invitations(service)] == ["sent"]


def test_a_question_in_the_middle_is_answered_and_the_survey_goes_on(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    shopper.say("2分")

    between = shopper.say("我有多少积分")
    after = shopper.say("退款慢")

    assert "12,480" in between.reply.text
    assert "刚才的评价还没完" in between.reply.text
    assert "您希望我们怎么改" in after.reply.text


def test_whoever_said_no_to_surveys_is_left_alone(service: Service, clock: FixedClock) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    service.rights.choose(MEMBER, "survey", False, "k1")

    work(service, clock)

    assert all_invitations(service) == []


def test_a_choice_made_between_decision_and_sending_counts(service: Service, clock: FixedClock) -> None:
    Shopper(service, member=MEMBER).say("你好")
    service.moments.take([happened(service)])
    Worker(service).due_once()
    service.rights.choose(MEMBER, "survey", False, "k1")

    clock.advance(timedelta(hours=3))
    Worker(service).due_once()

    assert [(i.status, i.reason) for i in all_invitations(service)] == [("held", "opted_out")]


def test_a_member_whom_nobody_can_write_to_is_counted_as_such(service: Service, clock: FixedClock) -> None:
    service.moments.take([happened(service, member_id="M0000002")])

    work(service, clock)

    assert [(i.status, i.reason) for i in all_invitations(service)] == [("held", "no_channel")]


def test_events_of_unknown_members_and_kinds_do_no_harm(service: Service, clock: FixedClock) -> None:
    service.moments.take([happened(service, member_id="M9999999"), happened(service, "paid", "E2", amount_cents=1)])

    work(service, clock)

    assert all_invitations(service) == []
    with service.database.read() as connection:
        assert moments.outcomes(connection, clock.now() - timedelta(days=1)) == {"unknown_member": 1, "segment": 1}


def test_an_invitation_that_nobody_took_up_ends_and_is_not_answered_any_more(
    service: Service, clock: FixedClock
) -> None:
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)

    clock.advance(timedelta(days=8))
    Worker(service).due_once()
    late = shopper.say("2分")

    assert [i.status for i in all_invitations(service)] == ["expired"]
    assert "哪一步最费劲" not in late.reply.text


def test_an_edited_survey_does_not_change_the_one_that_is_open(folder: Path, clock: FixedClock, tmp_path: Path) -> None:
    texts = tmp_path / "surveys"
    texts.mkdir()
    for path in TEMPLATES.glob("*.yaml"):
        (texts / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    service = Service(settings_for(folder, moments=MomentSettings(surveys=texts)), clock=clock)
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    changed = yaml.safe_load((texts / "after_sale.yaml").read_text(encoding="utf-8"))
    changed["questions"][1]["text"] = "完全不同的问题？"
    (texts / "after_sale.yaml").write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")
    service.__dict__.pop("moments")

    answered = shopper.say("2分")
    service.close()

    assert "哪一步最费劲" in answered.reply.text


def test_a_reward_is_given_once_and_its_absence_is_said(folder: Path, clock: FixedClock, tmp_path: Path) -> None:
    texts = tmp_path / "surveys"
    texts.mkdir()
    for path in TEMPLATES.glob("*.yaml"):
        (texts / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    service = Service(settings_for(folder, moments=MomentSettings(surveys=texts)), clock=clock)
    coupon = service.merchant.coupons.claimable(MEMBER)[0]
    body = yaml.safe_load((texts / "after_sale.yaml").read_text(encoding="utf-8"))
    body["reward"] = {"coupon": coupon.coupon_id, "words": coupon.title}
    (texts / "after_sale.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    before = len(service.merchant.coupons.mine(MEMBER))

    done = shopper.say("7")
    mine = service.merchant.coupons.mine(MEMBER)
    service.survey_talk.reward(all_invitations(service)[0].id, MEMBER, coupon.coupon_id)
    again = service.merchant.coupons.mine(MEMBER)
    service.close()

    assert f"答谢礼已放进您的账户：{coupon.title}" in done.reply.text
    assert len(mine) == before + 1
    assert len(again) == len(mine)
