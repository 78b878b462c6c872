"""Invitations to surveys in WeChat and by text: the ways of a rule in their order, never too late, never in quiet hours."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from assistant.config import MomentSettings, SmsSettings
from assistant.db import moments
from assistant.db.moments import Invitation
from assistant.db.tables.service import attachments
from assistant.domain.moment import Event
from assistant.surveys.rules import RULES
from assistant.web.fake_wechat.records import Bubble
from tests.channels.conftest import Make, World

MEMBER = "M0000001"
Ask = Callable[..., World]


@pytest.fixture
def asked(make_world: Make, tmp_path: Path) -> Ask:
    """A world whose refunds are asked about in these ways."""

    def make(*ways: str, survey: dict[str, object] | None = None, **more: object) -> World:
        rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
        for rule in rules["rules"]:
            if rule["id"] == "refunded":
                rule["channels"] = list(ways)
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
        profile = yaml.safe_load(Path("assistant/channels/official_account/profile.yaml").read_text(encoding="utf-8"))
        profile["notices"]["survey"] = {
            "subscribe_id": "SUB_SERVICE_PROGRESS", "template_id": "TPL_SERVICE_PROGRESS",
            "fields": {"thing1": "{title}", "phrase2": "待评价", "time3": "2026-11-22 11:00"},
        }  # fmt: skip
        (tmp_path / "profile.yaml").write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
        files: dict[str, object] = {"rules": tmp_path / "rules.yaml"}
        if survey is not None:
            files["surveys"] = surveys_with(tmp_path, survey)
        settings = {"moments": MomentSettings.model_validate(files), **more}
        return make_world(lanes=False, passive_s=0, profile=tmp_path / "profile.yaml", more=settings)

    return make


def surveys_with(folder: Path, changed: dict[str, object]) -> Path:
    """The shipped surveys, one of them changed."""
    texts = folder / "surveys"
    texts.mkdir()
    for path in MomentSettings().surveys.glob("*.yaml"):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        body |= changed if body["id"] == "after_sale" else {}
        (texts / path.name).write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return texts


def refund(world: World, event_id: str = "E1", *, after: timedelta = timedelta(hours=3)) -> None:
    """A refund now; the worker does what is due now and a while later."""
    world.service.moments.take([Event(event_id, "refunded", MEMBER, world.clock.now(), "S001")])
    world.worker.due_once()
    later(world, after)


def later(world: World, after: timedelta) -> None:
    world.clock.advance(after)
    world.worker.due_once()
    world.push()


def heard(bubble: Bubble) -> str:
    """The words of what came, those above a menu too."""
    return bubble.text or str(bubble.content.get("head_content", ""))


def answered(world: World) -> None:
    """What was said is answered, and the answer pushed."""
    world.service.shopper_messages.serve_next()
    world.worker.due_once()
    world.clock.advance(timedelta(seconds=1))
    world.push()


def invitation(world: World) -> Invitation:
    with world.service.database.read() as connection:
        (found,) = moments.every(connection)
    return found


def test_in_an_open_window_the_question_comes_into_the_chat_with_a_link_beside_it(asked: Ask) -> None:
    world = asked("customer_message", "template")
    phone = world.phone(member=MEMBER)
    phone.text("你好")
    answered(world)

    refund(world)

    asking = phone.received[-1]
    assert "退换货办起来方便吗" in heard(asking)
    assert f'<a href="http://testserver/survey/{invitation(world).id}">也可以点这里填写</a>' in heard(asking)
    assert asking.via == "customer"
    assert invitation(world).tried == "customer_message"


def test_without_a_window_the_consent_is_used_and_then_the_template(asked: Ask) -> None:
    world = asked("customer_message", "subscribe", "template")
    phone = world.phone(member=MEMBER)
    phone.consent("SUB_SERVICE_PROGRESS")

    refund(world)
    first = invitation(world)
    world.clock.advance(timedelta(days=40))
    refund(world, "E2")

    assert first.tried == "subscribe"
    assert [b.via for b in phone.received if b.via in ("subscribe", "template")] == ["subscribe", "template"]
    assert (
        world.wechat.calls_of("/cgi-bin/message/template/send")[-1]
        .body["url"]
        .startswith("http://testserver/survey/v-")
    )
    assert world.wechat.violations == []


def test_what_wechat_does_not_take_goes_another_way(asked: Ask) -> None:
    world = asked("template", "sms", sms=SmsSettings(demo=True))
    phone = world.phone(member=MEMBER)
    phone.unsubscribe()
    phone.user.subscribed_at = None
    with world.service.database.write() as connection:  # WeChat knows it, we do not yet
        connection.exec_driver_sql("UPDATE wechat_users SET subscribed = 1")

    refund(world)
    later(world, timedelta(minutes=31))
    later(world, timedelta(minutes=1))

    assert invitation(world).tried == "template,sms"
    lines = (world.service.settings.data_dir / "sms.jsonl").read_text(encoding="utf-8").splitlines()
    text = json.loads(lines[0])["text"]
    assert len(lines) == 1
    assert text.startswith("【云上百货】")
    assert f"http://testserver/survey/{invitation(world).id}" in text


def test_a_member_gets_no_more_texts_a_day_than_allowed(asked: Ask) -> None:
    world = asked("sms", sms=SmsSettings(demo=True, per_day=0))

    refund(world)

    assert (invitation(world).status, invitation(world).reason) == ("held", "no_channel")


def test_what_waits_for_a_window_goes_nowhere_in_quiet_hours_and_another_way_in_the_morning(asked: Ask) -> None:
    world = asked("customer_message", "template")
    phone = world.phone(member=MEMBER)
    phone.text("你好")
    answered(world)
    world.clock.advance(timedelta(hours=7, minutes=50))  # 18:50
    world.service.moments.take([Event("E1", "refunded", MEMBER, world.clock.now(), "S001")])
    world.worker.due_once()
    world.clock.advance(timedelta(hours=2))  # 20:50: sent, and WeChat is away
    world.worker.due_once()
    api = world.service.official_account.api
    send, api.send = api.send, down  # type: ignore[method-assign]
    world.push()
    api.send = send  # type: ignore[method-assign]

    later(world, timedelta(minutes=20))
    at_night = [heard(b) for b in phone.received]
    later(world, timedelta(hours=11, minutes=51))  # after nine
    world.push()

    assert not any("退换货" in text for text in at_night)
    assert [b.via for b in phone.received][-1] == "template"
    assert invitation(world).tried == "customer_message,template"
    with world.service.database.read() as connection:
        lines = connection.exec_driver_sql("SELECT text FROM messages WHERE author = 'assistant'").scalars().all()
    assert not any("退换货" in line for line in lines)


def down(*_: object, **__: object) -> None:
    from assistant.channels.official_account.errors import WeChatDown

    raise WeChatDown("cable cut")


def test_an_answer_to_something_else_does_not_carry_an_invitation_that_came_too_late(asked: Ask) -> None:
    world = asked("customer_message")
    phone = world.phone(member=MEMBER)
    phone.text("你好")
    answered(world)
    api = world.service.official_account.api
    send, api.send = api.send, down  # type: ignore[method-assign]
    refund(world)
    api.send = send  # type: ignore[method-assign]

    world.clock.advance(timedelta(days=8))
    phone.text("我有多少积分")
    answered(world)

    assert not any("退换货" in heard(b) for b in phone.received)


PHOTO = {
    "questions": [
        {"id": "effort", "kind": "ces", "text": "这次退换货办起来方便吗？1分非常费劲，7分非常轻松"},
        {"id": "picture", "kind": "photo", "text": "方便拍一张收到的商品吗？", "optional": True},
        {"id": "story", "kind": "text", "text": "您希望我们怎么改？", "optional": True},
    ]
}


def test_a_picture_answers_a_question_for_one_and_a_recording_a_question_for_words(asked: Ask) -> None:
    world = asked("customer_message", survey=PHOTO)
    phone = world.phone(member=MEMBER)
    phone.text("你好")
    answered(world)
    refund(world)

    phone.text("7分")
    answered(world)
    phone.image()
    answered(world)
    after_picture = heard(phone.received[-1])
    phone.voice()
    answered(world)
    after_voice = heard(phone.received[-1])

    found = invitation(world)
    assert "照片收到了" in after_picture
    assert "您希望我们怎么改" in after_picture
    assert "没有文字记录" in after_voice
    assert found.status == "done"
    with world.service.database.read() as connection:
        kept = connection.execute(select(attachments).order_by(attachments.c.id)).all()
    assert [(k.kind, k.status, k.invitation_id) for k in kept] == [
        ("image", "kept", found.id),
        ("voice", "kept", found.id),
    ]
    assert found.answers == {"effort": 7, "picture": f"attachment:{kept[0].id}", "story": f"attachment:{kept[1].id}"}


def test_a_recording_for_a_score_is_kept_and_the_question_put_again(asked: Ask) -> None:
    world = asked("customer_message", survey=PHOTO)
    phone = world.phone(member=MEMBER)
    phone.text("你好")
    answered(world)
    refund(world)
    for words in ("7分", "上一题"):
        phone.text(words)
        answered(world)

    phone.voice()
    answered(world)

    assert "请点选或打字" in heard(phone.received[-1])
    assert "办起来方便吗" in heard(phone.received[-1])
