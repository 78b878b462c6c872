"""Journey 2: from an event to the answer in the mart, on a real store, with the demo's members."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MomentSettings
from assistant.db import conversations, due, moments, privacy
from assistant.db.moments import Invitation
from assistant.db.tables.moments import invitations
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import due_work, tickets
from assistant.domain.conversation import Conversation
from assistant.domain.moment import Event
from assistant.domain.shopper import Identity
from assistant.surveys.files import TEMPLATES
from assistant.surveys.places import Place
from assistant.surveys.rules import Rules
from assistant.worker import Worker
from tests.conftest import settings_for
from tests.talk import Shopper, tools_of
from tools.errors import BackendDown

MEMBER = "M0000001"


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    made = Service(settings_for(folder), clock=clock)
    yield made
    made.close()


@pytest.fixture
def shopper(service: Service) -> Shopper:
    """A member who has talked to us before, and so can be invited."""
    made = Shopper(service, member=MEMBER)
    made.say("你好")
    return made


@pytest.fixture
def invited(service: Service, clock: FixedClock, shopper: Shopper) -> Shopper:
    """The same, with the invitation to a survey about a refund in their chat."""
    service.moments.take([happened(service)])
    work(service, clock)
    return shopper


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


def own_surveys(folder: Path, **changes: object) -> Path:
    """A copy of the shipped surveys, that of the after-sale changed."""
    texts = folder / "surveys"
    texts.mkdir()
    for path in TEMPLATES.glob("*.yaml"):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        body |= changes if body["id"] == "after_sale" else {}
        (texts / path.name).write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return texts


def answers_kept(service: Service) -> list[tuple[int | None, str]]:
    with service.database.read() as connection:
        rows = connection.execute(select(survey_answers).where(survey_answers.c.id > 10**9)).all()
    return [(row.ces, row.comment) for row in rows]


def test_a_refund_leads_to_a_survey_in_the_shoppers_chat_and_its_answer_into_the_mart(
    service: Service, clock: FixedClock, shopper: Shopper
) -> None:
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


def test_a_low_score_counts_even_where_the_offer_of_help_is_not_answered(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    for words in ("2分", "退款慢", "跳过"):
        invited.say(words)
    clock.advance(timedelta(days=8))
    Worker(service).due_once()

    assert answers_kept(service) == [(2, "退款慢")]
    assert all_invitations(service)[0].status == "expired"


def test_danger_and_calls_for_a_person_are_never_taken_for_answers(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    invited.say("2分")
    invited.say("退款慢")

    hurt = invited.say("我吃了你们店买的蛋糕食物中毒送医院了")

    assert tools_of(hurt)[:1] == ["ticket_file"]
    assert answers_kept(service) == []


def test_unsubscribing_is_a_choice_that_holds(service: Service, clock: FixedClock, invited: Shopper) -> None:
    said = invited.say("退订")
    clock.advance(timedelta(days=40))
    service.moments.take([happened(service, event_id="E2")])
    work(service, clock)

    assert "不再给您发" in said.reply.text
    assert [i.status for i in all_invitations(service)] == ["stopped"]


def test_erasing_takes_the_words_of_surveys_too(service: Service, clock: FixedClock, invited: Shopper) -> None:
    for words in ("6分",):
        invited.say(words)

    service.rights.erase(MEMBER)

    with service.database.read() as connection:
        left = connection.execute(select(survey_answers).where(survey_answers.c.member_id == MEMBER)).all()
    assert left == []
    assert all_invitations(service) == []


def test_a_piece_of_work_that_stumbles_is_tried_again_and_stops_nothing_else(
    service: Service, clock: FixedClock, shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.moments.take([happened(service)])
    decide = service.moments.decide
    monkeypatch.setattr(service.moments, "decide", lambda event_id: 1 / 0)
    Worker(service).due_once()

    monkeypatch.setattr(service.moments, "decide", decide)
    clock.advance(timedelta(minutes=2))
    work(service, clock)

    assert [i.status for i in all_invitations(service)] == ["sent"]


def test_who_is_dissatisfied_and_wants_it_gets_one_ticket(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    for words in ("1", "等得太久", "等了两个星期"):
        invited.say(words)
    done = invited.say("请给我回电")

    with service.database.read() as connection:
        filed = connection.execute(select(tickets).where(tickets.c.shopper == MEMBER)).all()
    mine = [t for t in filed if "售后体验" in t.subject]
    assert len(mine) == 1
    assert f"{mine[0].number}" in done.reply.text
    assert "回电" in done.reply.text
    assert "两个星期" in mine[0].body


def test_the_same_event_many_times_is_one_invitation(service: Service, clock: FixedClock, shopper: Shopper) -> None:
    taken = [service.moments.take([happened(service)] * 3) for _ in range(3)]
    work(service, clock)
    work(service, clock)

    assert [(t.fresh, t.repeated) for t in taken] == [(1, 2), (0, 3), (0, 3)]
    assert [i.status for i in all_invitations(service)] == ["sent"]


def test_a_question_in_the_middle_is_answered_and_the_survey_goes_on(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    invited.say("2分")

    between = invited.say("我有多少积分")
    after = invited.say("退款慢")

    assert "12,480" in between.reply.text
    assert "刚才的评价还没完" in between.reply.text
    assert "您希望我们怎么改" in after.reply.text


def test_whoever_said_no_to_surveys_is_left_alone(service: Service, clock: FixedClock, shopper: Shopper) -> None:
    service.moments.take([happened(service)])
    service.rights.choose(MEMBER, "survey", False, "k1")

    work(service, clock)

    assert all_invitations(service) == []


def test_a_choice_made_between_decision_and_sending_counts(
    service: Service, clock: FixedClock, shopper: Shopper
) -> None:
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
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    clock.advance(timedelta(days=8))
    Worker(service).due_once()
    late = invited.say("2分")

    assert [i.status for i in all_invitations(service)] == ["expired"]
    assert "哪一步最费劲" not in late.reply.text
    assert "已经停下或过期了，这个分数没能再记进去" in late.reply.text
    assert "积分" in invited.say("我有多少分").reply.text  # which is no score


def test_a_score_out_of_nowhere_is_not_taken_for_a_late_one(service: Service, shopper: Shopper) -> None:
    assert "没能再记进去" not in shopper.say("5分").reply.text


def test_whoever_unsubscribes_while_a_person_holds_the_talk_is_heard(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    invited.say("转人工")
    waiting = invited.say("退订")
    clock.advance(timedelta(days=8))
    service.moments.take([happened(service, event_id="E2")])
    work(service, clock)

    assert "以后不再给您发满意度调查" in waiting.reply.text
    assert len(all_invitations(service)) == 1


def test_an_unsubscription_of_something_else_is_left_to_the_person(service: Service, shopper: Shopper) -> None:
    shopper.say("转人工")

    assert "满意度调查" not in shopper.say("退订").reply.text
    assert "满意度调查" in shopper.say("别再给我发问卷了").reply.text


def test_an_edited_survey_does_not_change_the_one_that_is_open(folder: Path, clock: FixedClock, tmp_path: Path) -> None:
    texts = own_surveys(tmp_path)
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
    texts = own_surveys(tmp_path)
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
    service.survey_talk.rewards.settle(all_invitations(service)[0].id)
    again = service.merchant.coupons.mine(MEMBER)
    service.close()

    assert f"答谢礼已放进您的账户：{coupon.title}" in done.reply.text
    assert len(mine) == before + 1
    assert len(again) == len(mine)


# -- who asked last --------------------------------------------------------------------------------------------------


def test_a_question_of_the_assistant_from_days_ago_does_not_swallow_the_answer_to_a_newer_survey(
    service: Service, clock: FixedClock, shopper: Shopper
) -> None:
    shopper.say("帮我预约")
    assert conversation_of(service, shopper).state.asking is not None
    clock.advance(timedelta(days=2))
    service.moments.take([happened(service)])
    work(service, clock)

    first = shopper.say("2分")
    second = shopper.say("退款慢")

    assert "哪一步最费劲" in first.reply.text
    assert "您希望我们怎么改" in second.reply.text


def test_whoever_is_being_asked_something_is_left_to_answer_first(
    service: Service, clock: FixedClock, shopper: Shopper
) -> None:
    service.moments.take([happened(service)])
    Worker(service).due_once()
    clock.advance(timedelta(hours=2))
    shopper.say("帮我预约")

    Worker(service).due_once()
    at_once = [i.status for i in all_invitations(service)]
    clock.advance(timedelta(minutes=16))
    Worker(service).due_once()

    assert at_once == ["planned"]
    assert [i.status for i in all_invitations(service)] == ["sent"]


def test_an_invitation_that_could_not_go_out_for_days_is_given_up(
    service: Service, clock: FixedClock, shopper: Shopper
) -> None:
    service.moments.take([happened(service)])
    Worker(service).due_once()

    clock.advance(timedelta(days=4))
    Worker(service).due_once()

    assert [(i.status, i.reason) for i in all_invitations(service)] == [("held", "late")]


def test_a_survey_is_gone_on_with_by_name_in_another_chat(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    invited.say("2分")
    elsewhere = Shopper(service, member=MEMBER)

    again = elsewhere.say("继续评价")
    done = elsewhere.say("退款慢")

    assert "哪一步最费劲" in again.reply.text
    assert "您希望我们怎么改" in done.reply.text


# -- rewards ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rewarding(folder: Path, clock: FixedClock, tmp_path: Path) -> Iterator[Callable[[dict[str, object]], Service]]:
    """Makes a service whose after-sale survey has this reward."""
    made: list[Service] = []

    def make(reward: dict[str, object]) -> Service:
        files = MomentSettings(surveys=own_surveys(tmp_path, reward=reward))
        made.append(Service(settings_for(folder, moments=files), clock=clock))
        return made[-1]

    yield make
    for service in made:
        service.close()


def finished(service: Service, clock: FixedClock) -> str:
    """What is said at the end of a survey that went well."""
    shopper = Shopper(service, member=MEMBER)
    shopper.say("你好")
    service.moments.take([happened(service)])
    work(service, clock)
    return shopper.hear("7")


def test_points_are_given_once(rewarding: Callable[[dict[str, object]], Service], clock: FixedClock) -> None:
    service = rewarding({"points": 50, "words": "50积分"})
    before = service.merchant.points.balance(MEMBER).balance

    said = finished(service, clock)
    service.survey_talk.rewards.settle(all_invitations(service)[0].id)

    assert "答谢礼已放进您的账户：50积分" in said
    assert service.merchant.points.balance(MEMBER).balance == before + 50
    assert service.merchant.points.ledger(MEMBER, 1)[0].reason == "问卷答谢"
    assert all_invitations(service)[0].reward == "given"


def test_a_coupon_that_is_gone_is_said_to_be(
    rewarding: Callable[[dict[str, object]], Service], clock: FixedClock
) -> None:
    service = rewarding({"coupon": "C-GONE", "words": "满100减10券"})

    said = finished(service, clock)

    assert "答谢礼（满100减10券）没能送上：这张券您已经领过，或者已经领完了。" in said
    assert all_invitations(service)[0].reward == "refused"


def test_instead_of_a_coupon_that_is_gone_comes_what_the_survey_names(
    rewarding: Callable[[dict[str, object]], Service], clock: FixedClock
) -> None:
    service = rewarding({"coupon": "C-GONE", "words": "满100减10券", "instead": {"points": 100, "words": "100积分"}})
    before = service.merchant.points.balance(MEMBER).balance

    said = finished(service, clock)

    assert "换成100积分送给您" in said
    assert service.merchant.points.balance(MEMBER).balance == before + 100
    assert all_invitations(service)[0].reward == "instead"


def test_a_reward_that_is_owed_comes_later_and_once(
    rewarding: Callable[[dict[str, object]], Service], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = rewarding({"points": 50, "words": "50积分"})
    before = service.merchant.points.balance(MEMBER).balance
    grant = service.merchant.points.grant

    def away(*_: object) -> None:
        raise BackendDown("cable cut")

    monkeypatch.setattr(service.merchant.points, "grant", away)
    said = finished(service, clock)
    Worker(service).due_once()
    monkeypatch.setattr(service.merchant.points, "grant", grant)
    clock.advance(timedelta(minutes=5))
    for _ in range(3):
        Worker(service).due_once()

    assert "稍后放进您的账户" in said
    assert service.merchant.points.balance(MEMBER).balance == before + 50
    assert all_invitations(service)[0].reward == "given"


# -- at a place ------------------------------------------------------------------------------------------------------


def test_a_code_begins_one_survey_a_day_for_one_visitor_and_its_reward_comes_once_a_month(
    rewarding: Callable[[dict[str, object]], Service], clock: FixedClock
) -> None:
    service = rewarding({"points": 50, "words": "50积分"})
    place = Place("after_sale", "S001")
    before = service.merchant.points.balance(MEMBER).balance

    first = service.moments.start_at(place, "browser", MEMBER)
    same = service.moments.start_at(place, "browser", MEMBER)
    for day in range(3):
        which = service.moments.start_at(place, "browser", MEMBER)
        found = service.survey_talk.find(which)
        assert found is not None
        assert service.survey_talk.answer(found, "7")
        clock.advance(timedelta(days=day + 1))

    assert first == same
    assert len(all_invitations(service)) == 3
    assert service.merchant.points.balance(MEMBER).balance == before + 50


def test_who_is_unknown_is_asked_without_a_reward_and_not_offered_a_call(service: Service, clock: FixedClock) -> None:
    which = service.moments.start_at(Place("after_sale", "S001"), "browser", "")

    for words in ("1", "等得太久", "等了两个星期"):
        found = service.survey_talk.find(which)
        assert found is not None
        service.survey_talk.answer(found, words)

    assert answers_kept(service) == [(1, "等得太久；等了两个星期")]
    assert all_invitations(service)[0].status == "done"


# -- housekeeping ----------------------------------------------------------------------------------------------------


def test_work_that_was_done_long_ago_is_swept_and_what_waits_stays(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    worker = Worker(service)
    with service.database.write() as connection:
        due.schedule(connection, "moment.expire", "far", {}, clock.now() + timedelta(days=100))
    clock.advance(timedelta(days=20))
    worker.due_once()

    gone = worker.sweep_once()
    again = worker.sweep_once()

    assert gone >= 2
    assert again == 0
    with service.database.read() as connection:
        left = connection.execute(select(due_work.c.key).where(due_work.c.status == "ready")).scalars().all()
    assert "far" in left


def conversation_of(service: Service, shopper: Shopper) -> Conversation:
    with service.database.read() as connection:
        mine = conversations.find(connection, Identity("web", "test", shopper.sender))
        found = conversations.get(connection, mine or "")
    assert found is not None
    return found


def test_a_rule_may_ask_for_what_the_order_holds_and_the_rehearsal_knows_it_too(
    service: Service, clock: FixedClock
) -> None:
    orders = service.merchant.orders.recent(MEMBER, 8)
    products = {p.product_id: p for p in service.merchant.inventory.products()}
    order = next(o for o in orders if o.lines[0].product_id in products)
    category = products[order.lines[0].product_id].category
    stage = service.merchant.membership.profile(MEMBER).stage

    def outcome(event_id: str, **who: list[str]) -> tuple[str, int]:
        rule = {"id": "one", "event": "paid", "survey": "product", "who": who, "cool_down_days": 0}
        service.moments.rules = Rules.model_validate({"cool_down_days": 0, "rules": [rule]})
        service.moments.take([happened(service, "paid", event_id, order_id=order.order_id)])
        rehearsed, _ = service.moments.rehearse(clock.now() - timedelta(days=400))
        return service.moments.decide(event_id), rehearsed.by_rule["one"]

    fits, none = outcome("P1", products=[category], stages=[stage]), outcome("P2", products=["没有这一类"])

    assert stage
    assert fits[0] == "invited"
    assert fits[1] > 0
    assert none == ("segment", 0)


def test_whoever_wants_to_go_on_with_a_survey_that_is_over_is_told_so(
    service: Service, clock: FixedClock, invited: Shopper
) -> None:
    clock.advance(timedelta(days=8))
    Worker(service).due_once()

    assert "没有等您回答的评价" in invited.hear("继续评价")


def test_who_opted_out_comes_back_by_the_words_that_they_were_told(service: Service, invited: Shopper) -> None:
    said = invited.hear("退订")
    words = said.partition("“")[2].partition("”")[0]

    assert "开启" in invited.hear(words)
    invited.say("确认")
    with service.database.read() as connection:
        assert privacy.choices(connection, MEMBER)["survey"] is True


def test_a_rehearsal_tries_every_kind_of_event_and_a_payment_once(service: Service, clock: FixedClock) -> None:
    order = service.merchant.orders.recent(MEMBER, 1)[0]
    rules = [
        {"id": kind, "event": kind, "survey": "after_sale", "cool_down_days": 0}
        for kind in ("paid", "refunded", "visit")
    ]
    service.moments.rules = Rules.model_validate({"cool_down_days": 0, "rules": rules})
    since = clock.now() - timedelta(days=400)
    before, _ = service.moments.rehearse(since)

    told = [happened(service, "refunded", "R1"), happened(service, "visit", "V1")]
    service.moments.take([*told, happened(service, "paid", "P1", order_id=order.order_id)])
    after, _ = service.moments.rehearse(since)

    assert after.by_rule == before.by_rule | {"refunded": 1, "visit": 1}
    assert before.by_rule["paid"] > 0


def test_a_rehearsal_knows_how_shoppers_feel(service: Service, clock: FixedClock) -> None:
    rule = {"id": "one", "event": "refunded", "survey": "after_sale", "who": {"attitudes": ["排队结账-负面"]}}
    service.moments.rules = Rules.model_validate({"cool_down_days": 0, "rules": [rule]})
    service.moments.take([happened(service)])
    asked: list[str] = []

    def feels(member: str) -> frozenset[str]:
        asked.append(member)
        return frozenset({"排队结账-负面"})

    service.moments._attitudes = feels
    found, _ = service.moments.rehearse(clock.now() - timedelta(minutes=1))

    assert found.by_rule["one"] == 1
    assert asked == [MEMBER]


def test_a_rule_whose_survey_is_gone_invites_nobody_and_stops_nothing(service: Service) -> None:
    rule = {"id": "one", "event": "refunded", "survey": "long_gone"}
    service.moments.rules = Rules.model_validate({"cool_down_days": 0, "rules": [rule]})
    service.moments.take([happened(service)])

    assert service.moments.decide("E1") == "no_rule"
    assert all_invitations(service) == []
