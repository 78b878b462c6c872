"""What WeChat answers to our calls, code by code: nothing is lost, nothing is hammered, the operator hears what matters."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import yaml
from sqlalchemy import Connection, select

from assistant.channels.official_account.api import WeChatApi
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.config import WeChatSettings
from assistant.db import wechat
from assistant.db.tables.service import outbox
from assistant.domain.message import Choice, Reply
from assistant.web.fake_wechat import Phone
from tests.channels.conftest import Make, World, calls_to

SEND = "/cgi-bin/message/custom/send"


@pytest.fixture
def owing(make_world: Make) -> World:
    """A follower who wrote a moment ago, and one thing that is to be said to them."""
    world = make_world(lanes=False, passive_s=0)
    world.phone().text("你好")
    world.owe(Reply("您的修鞋单好了"))
    return world


def _state(world: World) -> str:
    with world.service.database.read() as connection:
        return connection.execute(select(outbox.c.status).order_by(outbox.c.id.desc()).limit(1)).scalar_one()


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_at_once(owing: World, code: int) -> None:
    owing.wechat.faults.add(SEND, errcode=code)

    owing.push()

    assert owing.sent() == ["您的修鞋单好了"]
    assert _state(owing) == "sent"


@pytest.mark.parametrize(
    ("code", "after"), [(-1, timedelta(seconds=3)), (45011, timedelta(minutes=1)), (45009, timedelta(days=1))]
)
def test_a_hiccup_is_waited_out(owing: World, code: int, after: timedelta) -> None:
    owing.wechat.faults.add(SEND, errcode=code)

    owing.push()
    at_once = owing.push()
    owing.clock.advance(after)
    owing.push()

    assert at_once == 0
    assert _state(owing) == "sent"


@pytest.mark.parametrize("code", [45015, 45047])
def test_what_may_not_be_sent_now_waits_for_the_next_message(owing: World, code: int) -> None:
    owing.wechat.faults.add(SEND, errcode=code)

    owing.push()
    held = _state(owing)
    owing.phone().text("在吗")
    owing.push()

    assert held == "held"
    assert owing.sent() == ["您的修鞋单好了"]


@pytest.mark.parametrize("code", [40003, 43004, 43019])
def test_who_cannot_be_reached_is_not_tried_again(owing: World, code: int) -> None:
    owing.wechat.faults.add(SEND, errcode=code)

    owing.push()
    owing.clock.advance(timedelta(days=2))
    owing.push()

    assert _state(owing) == "failed"
    assert len(owing.wechat.calls_of(SEND)) == 1


@pytest.mark.parametrize("code", [40164, 48001, 48004, 50002])
def test_what_the_operator_must_mend_is_kept(owing: World, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    owing.wechat.faults.add(SEND, errcode=code)

    owing.push()

    assert _state(owing) == "held"
    assert "account_needs_attention" in "".join(capsys.readouterr())


def test_a_text_that_is_too_long_after_all_is_halved(owing: World) -> None:
    owing.owe(Reply("这是一句话。" * 60))
    owing.push()
    owing.wechat.faults.add(SEND, errcode=45002)

    owing.push()

    assert "".join(owing.sent()[1:]) == "这是一句话。" * 60
    assert len(owing.sent()) == 3


def test_wechat_down_is_tried_again_and_the_circuit_opens(owing: World) -> None:
    owing.wechat.faults.add(SEND, times=6, status=502)

    for _ in range(6):
        owing.push()
        owing.clock.advance(timedelta(seconds=70))
    state = _state(owing)
    calls = len(owing.wechat.calls_of(SEND))

    assert state in ("ready", "held"), "not lost"
    assert calls < 6, "the open circuit spares a service that is down"


def test_parts_that_went_out_are_not_sent_again(owing: World) -> None:
    owing.push()
    sentence = "一二三四五六七八九。"
    owing.owe(Reply(sentence * 100))
    second = iter([False, True])
    real = owing.service.official_account.api.send

    def breaks_at_second(*args: object, **kwargs: object) -> None:
        if next(second, False):
            raise WeChatDown("cut")
        real(*args, **kwargs)

    owing.service.official_account.api.send = breaks_at_second  # type: ignore[method-assign]
    owing.push()
    owing.clock.advance(timedelta(seconds=10))
    owing.push()

    assert "".join(owing.sent()[1:]) == sentence * 100


def test_a_token_that_came_between_look_and_lease_is_used(owing: World, monkeypatch: pytest.MonkeyPatch) -> None:
    service = owing.service
    first, second = (
        WeChatApi(service.settings.wechat, service.database, owing.clock, transport=calls_to(owing.wechat))
        for _ in range(2)
    )
    look = wechat.token
    looks: list[str | None] = []

    def slow_look(connection: Connection, app: str, now: datetime) -> str | None:
        looks.append(look(connection, app, now))
        if len(looks) == 1:  # the other replica fetches after this look
            with monkeypatch.context() as quick:
                quick.setattr(wechat, "token", look)
                first.callback_ips()
        return looks[-1]

    monkeypatch.setattr(wechat, "token", slow_look)

    second.callback_ips()

    assert looks[0] is None
    assert len(owing.wechat.calls_of("/cgi-bin/stable_token")) == 1
    first.close()
    second.close()


def test_replicas_share_one_token_and_fetch_it_once(owing: World) -> None:
    service = owing.service
    replicas = [
        WeChatApi(service.settings.wechat, service.database, owing.clock, transport=calls_to(owing.wechat))
        for _ in range(3)
    ]

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: replicas[n % 3].callback_ips(), range(24)))
    owing.wechat.tokens.expire_all(owing.clock.now())
    owing.clock.advance(timedelta(minutes=1))
    replicas[0].callback_ips()
    replicas[1].callback_ips()

    assert len(owing.wechat.calls_of("/cgi-bin/stable_token")) == 2
    for replica in replicas:
        replica.close()


def test_a_wrong_secret_is_said_by_its_code(make_world: Make) -> None:
    from pydantic import SecretStr

    world = make_world(lanes=False, secret=SecretStr("wrong"))

    with pytest.raises(WeChatRefused) as refused:
        world.service.official_account.api.callback_ips()

    assert refused.value.code in (40001, 40125)


def test_typing_that_is_refused_harms_nobody(owing: World) -> None:
    owing.browser.app.state.web.callback.close(wait=True)  # the hint of the greeting has gone out
    owing.wechat.faults.add("/cgi-bin/message/custom/typing", errcode=45080)

    owing.service.official_account.courier.typing("oTestShopper0000000000000001")

    assert owing.wechat.calls_of("/cgi-bin/message/custom/typing")[-1].errcode == 45080


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}])
def test_what_wechat_did_not_take_uses_up_nothing(owing: World, fault: dict[str, int]) -> None:
    owing.wechat.faults.add(SEND, times=4, **fault)  # a fifth opens the circuit

    for _ in range(6):
        owing.push()
        owing.clock.advance(timedelta(minutes=2))

    assert owing.sent() == ["您的修鞋单好了"]


def test_a_menu_message_that_is_too_long_goes_out_as_words_and_links(owing: World) -> None:
    owing.push()
    owing.owe(Reply("选一个", choices=(Choice("查积分", "查积分"), Choice("我的订单", "我的订单"))))
    owing.wechat.faults.add(SEND, errcode=45002)

    owing.push()

    _, words, links = owing.sent()
    assert words == "选一个"
    assert "查积分" in links
    assert "我的订单" in links


Tell = Callable[[], None]


@pytest.fixture
def noticing(make_world: Make) -> tuple[World, Phone, Tell]:
    """A follower who wrote a moment ago, and what tells them of a change by any way there is."""
    profile = yaml.safe_load(WeChatSettings().profile.read_text(encoding="utf-8"))
    profile["notices"]["ticket_changed"] = {
        "text": "工单{ticket}：{status}",
        "subscribe_id": "SUB_SERVICE_PROGRESS",
        "template_id": "TPL_SERVICE_PROGRESS",
        "fields": {"thing1": "{ticket}", "phrase2": "{status}", "time3": "{at}"},
    }
    path = make_world(lanes=False, passive_s=0).service.settings.data_dir / "profile.yaml"
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    world = make_world(lanes=False, passive_s=0, profile=path)
    phone = world.phone()
    phone.text("你好")
    facts = {"ticket": "T100001", "status": "已处理", "at": "2026-11-22 11:00"}

    def tell() -> None:
        with world.service.database.write() as connection:
            world.service.official_account.courier.tell(connection, phone.openid, "ticket_changed", facts)
        world.push()

    return world, phone, tell


def _ways(phone: Phone) -> list[str]:
    return [b.via for b in phone.received if b.via in ("customer", "subscribe", "template")]


def test_a_notice_takes_the_open_window_then_the_consent_then_the_template(
    noticing: tuple[World, Phone, Tell],
) -> None:
    world, phone, tell = noticing

    tell()
    world.clock.advance(timedelta(hours=49))
    phone.consent("SUB_SERVICE_PROGRESS")
    tell()
    tell()

    assert _ways(phone) == ["customer", "subscribe", "template"]
    assert world.wechat.violations == []


def test_a_notice_goes_another_way_where_wechat_says_that_the_window_is_closed(
    noticing: tuple[World, Phone, Tell],
) -> None:
    world, phone, tell = noticing
    phone.consent("SUB_SERVICE_PROGRESS")
    world.wechat.faults.add(SEND, errcode=45015)

    tell()

    assert _ways(phone) == ["subscribe"]


def test_a_hiccup_uses_up_no_consent(noticing: tuple[World, Phone, Tell]) -> None:
    world, phone, tell = noticing
    world.clock.advance(timedelta(hours=49))
    phone.consent("SUB_SERVICE_PROGRESS")
    world.wechat.faults.add("/cgi-bin/message/subscribe/bizsend", status=502)

    tell()
    world.clock.advance(timedelta(seconds=3))
    world.push()

    assert _ways(phone) == ["subscribe"]


def test_a_field_of_a_notice_holds_no_more_than_wechat_takes(noticing: tuple[World, Phone, Tell]) -> None:
    world, phone, _ = noticing
    world.clock.advance(timedelta(hours=49))
    phone.consent("SUB_SERVICE_PROGRESS")
    facts = {"ticket": "T" * 30, "status": "已处理等您确认", "at": "2026-11-22 11:00"}
    with world.service.database.write() as connection:
        world.service.official_account.courier.tell(connection, phone.openid, "ticket_changed", facts)
    world.push()

    sent = world.wechat.calls_of("/cgi-bin/message/subscribe/bizsend")[-1].body["data"]

    assert (len(sent["thing1"]["value"]), sent["phrase2"]["value"]) == (20, "已处理等您")


def test_a_consent_that_wechat_does_not_know_leaves_the_template(noticing: tuple[World, Phone, Tell]) -> None:
    world, phone, tell = noticing
    world.clock.advance(timedelta(hours=49))
    phone.consent("SUB_SERVICE_PROGRESS")
    phone.user.consents.clear()

    tell()

    assert _ways(phone) == ["template"]


def test_a_notice_waits_for_the_operator_and_keeps_nobody_else_waiting(noticing: tuple[World, Phone, Tell]) -> None:
    world, phone, tell = noticing
    world.wechat.faults.add(SEND, errcode=40164)
    other = world.phone("oOtherShopper000000000000002")
    other.text("你好")

    tell()
    with world.service.database.write() as connection:
        facts = {"ticket": "T100002", "status": "已处理", "at": "2026-11-22 11:00"}
        world.service.official_account.courier.tell(connection, other.openid, "ticket_changed", facts)
    world.push()
    at_once = _ways(phone), _ways(other)
    world.clock.advance(timedelta(hours=1))
    world.push()

    assert at_once == ([], ["customer"])
    assert _ways(phone) == ["customer"]


def test_a_message_is_noted_as_gone_before_wechat_answers(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone()
    phone.text("你好")
    world.owe(Reply("您的预约已确认"))
    api, seen = world.service.official_account.api, []
    send = api.send

    def spy(openid: str, part: dict[str, object], *, by_ai: bool, leaving: Callable[[], None]) -> None:
        leaving()
        with world.service.database.read() as connection:
            seen.append(connection.execute(select(outbox.c.status)).scalar_one())
        send(openid, part, by_ai=by_ai)

    api.send = spy  # type: ignore[assignment, method-assign]
    world.push()

    assert seen == ["sent"]
    assert world.sent() == ["您的预约已确认"]


def test_a_message_that_wechat_did_not_take_comes_back_and_goes_out_later(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone()
    phone.text("你好")
    world.owe(Reply("您的预约已确认"))
    world.wechat.faults.add("/cgi-bin/message/custom/send", status=502)

    world.push()
    world.clock.advance(timedelta(minutes=1))
    world.push()
    world.push()

    assert world.sent() == ["您的预约已确认"]
