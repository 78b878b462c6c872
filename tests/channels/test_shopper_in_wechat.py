"""A shopper's messages in WeChat, from the phone and back, as WeChat would carry them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from assistant.channels.official_account import CHANNEL
from assistant.config import WeChatSettings
from assistant.db import conversations, outbox, wechat
from assistant.db.tables.service import attachments
from assistant.domain.message import Reply
from assistant.domain.shopper import Identity
from assistant.web.fake_wechat.push import push_fields
from assistant.web.fake_wechat.records import Answer, PushRequest
from tests.channels.conftest import OPENID, Make, World


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("data_format", ["xml", "json"])
def test_a_question_is_answered_in_the_response_in_every_mode(make_world: Make, mode: str, data_format: str) -> None:
    world = make_world(mode=mode, data_format=data_format)
    phone = world.phone(member="M0000001")

    delivery = phone.text("我有多少积分")

    assert delivery.outcome == "reply"
    assert "12,480" in delivery.bubble.text
    assert "AI" in delivery.bubble.text
    assert world.wechat.violations == []
    assert world.push() == 0, "what was carried is not pushed again"


def test_a_duplicate_of_a_push_is_answered_once(world: World) -> None:
    phone = world.phone(member="M0000001")
    world.wechat.faults.duplicate()

    delivery = phone.text("我有多少积分")

    assert len(delivery.attempts) == 2
    assert delivery.attempts[0].body != b"success"
    assert len([b for b in phone.received if b.kind == "text"]) == 1
    assert world.push() == 0


def test_a_slow_answer_is_pushed_after_the_window_and_only_once(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0.2)
    phone = world.phone(member="M0000001")

    delivery = phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    early = world.push()
    world.clock.advance(timedelta(seconds=1))
    world.push()
    world.push()

    assert delivery.outcome == "silence"
    assert early == 0, "nothing is pushed while the response may still carry it"
    assert len(world.sent()) == 1
    assert phone.received[-1].ai
    assert world.wechat.violations == []


def test_an_answer_is_not_given_to_a_response_that_comes_too_late(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone(member="M0000001")
    phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    with world.service.database.read() as connection:
        [(_, inbox_id, _)] = outbox.promised(connection, CHANNEL)
        [conversation] = [conversations.find(connection, Identity(CHANNEL, world.wechat.account.appid, OPENID))]

    late = world.service.official_account.courier.carry(conversation or "", inbox_id or 0, still=lambda: False)
    world.clock.advance(timedelta(seconds=1))
    world.push()

    assert not late.ready
    assert len(world.sent()) == 1, "it follows as a customer message"


def test_an_answer_is_not_given_to_a_connection_that_is_gone(make_world: Make) -> None:
    world = make_world(passive_s=1)
    phone = world.phone(member="M0000001")
    heard: list[bytes] = []

    def hung_up(push: PushRequest) -> Answer:
        coming = [{"type": "http.request", "body": push.body.encode()}]

        async def receive() -> dict[str, object]:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            heard.append(bytes(message.get("body", b"")))  # type: ignore[call-overload]

        scope = {
            "type": "http", "method": "POST", "path": "/wechat/official", "headers": [],
            "query_string": urlencode(push.params).encode(),
        }  # fmt: skip
        assert world.browser.portal is not None
        world.browser.portal.call(world.browser.app, scope, receive, send)
        raise TimeoutError

    world.wechat.deliver = hung_up
    given_up = phone.text("我有多少积分")
    world.clock.advance(timedelta(seconds=5))
    world.push()
    world.push()

    assert given_up.outcome == "fault"
    assert set(heard) <= {b"", b"success"}
    assert len(world.sent()) == 1, "it follows as a customer message"


def test_a_retry_gets_the_answer_that_was_lost_on_the_way(make_world: Make) -> None:
    world = make_world()
    phone = world.phone(member="M0000001")
    through = world.wechat.deliver
    lost: list[bytes] = []

    def lossy(push: object) -> object:
        answer = through(push)
        if not lost:
            lost.append(answer.body)
            raise ConnectionError
        return answer

    world.wechat.deliver = lossy
    delivery = phone.text("我有多少积分")

    assert len(delivery.attempts) == 2
    assert "12,480" in delivery.bubble.text
    assert world.push() == 0


def test_a_burst_is_answered_message_by_message(world: World) -> None:
    phone = world.phone(member="M0000001")
    questions = ["我有多少积分", "我的优惠券", "徐家汇店几点关门"]

    with ThreadPoolExecutor(3) as pool:
        deliveries = list(pool.map(phone.text, questions))
    world.clock.advance(timedelta(seconds=10))
    world.push()

    said = "\n".join(b.text for b in phone.received)
    assert "12,480" in said
    assert "22:00" in said
    assert "券" in said
    assert all(d.outcome in ("reply", "silence") for d in deliveries)
    assert world.wechat.violations == []


def test_an_unverified_account_holds_a_slow_answer_until_the_shopper_writes_again(make_world: Make) -> None:
    world = make_world(lanes=False, verified=False, passive_s=0.2)
    phone = world.phone(member="M0000001")

    asked = phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    world.clock.advance(timedelta(seconds=5))
    world.push()
    world.worker.start(chores=False)
    nudged = phone.text("1")

    assert "回复任意字" in asked.bubble.text
    assert "12,480" in nudged.bubble.text
    assert world.wechat.calls_of("/cgi-bin/message/custom/send") == []
    assert world.wechat.violations == []


def test_a_word_that_asks_for_an_answer_in_the_making_is_no_message(make_world: Make) -> None:
    world = make_world(lanes=False, verified=False, passive_s=1)
    phone = world.phone(member="M0000001")

    phone.text("我有多少积分")
    phone.text("好")
    world.service.shopper_messages.serve_next()
    world.worker.start(chores=False)
    fetched = phone.text("1")

    assert "12,480" in fetched.bubble.text
    assert fetched.bubble.text.count("（AI生成）") == 1
    with world.service.database.read() as connection:
        assert len(outbox.promised(connection, CHANNEL)) == 1


def test_a_real_question_after_a_held_answer_gets_both(make_world: Make) -> None:
    world = make_world(lanes=False, verified=False, passive_s=0.3)
    phone = world.phone(member="M0000001")

    phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    world.clock.advance(timedelta(seconds=5))
    world.push()
    world.worker.start(chores=False)
    both = phone.text("徐家汇店几点关门")

    assert "12,480" in both.bubble.text
    assert "22:00" in both.bubble.text


def test_quota_is_kept_and_the_rest_waits_for_the_next_message(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone(member="M0000001")

    phone.text("你好")
    for n in range(7):
        world.owe(Reply(f"第{n}条"))
    for _ in range(10):
        world.push()
    first = list(world.sent())
    world.clock.advance(timedelta(minutes=1))
    phone.text("你好")
    for _ in range(10):
        world.push()

    assert first == ["第0条", "第1条", "第2条", "第3条"], "one of five is kept in reserve"
    assert world.sent()[4:] == ["第4条", "第5条", "第6条"]
    assert world.wechat.violations == []


def test_a_long_answer_is_split_by_bytes_and_nothing_is_cut_off(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone()
    sentence = "这是一段很长的说明，讲的是会员权益。"

    phone.text("你好")
    world.owe(Reply(sentence * 100))
    world.push()

    assert len(world.sent()) == 3
    assert "".join(world.sent()) == sentence * 100
    assert all(text.endswith("。") for text in world.sent())
    assert world.wechat.violations == []


def test_a_scan_in_a_store_makes_it_the_store_of_the_conversation(world: World) -> None:
    phone = world.phone(follows=False)

    welcome = phone.subscribe("store:S001")
    asked = phone.text("几点关门")

    assert "欢迎光临" in welcome.bubble.text
    assert "22:00" in asked.bubble.text or "21:" in asked.bubble.text
    assert world.wechat.violations == []


def test_a_tap_in_the_menu_stands_for_words(world: World) -> None:
    phone = world.phone(member="M0000001")
    world.service.official_account.api.push_menu(world.service.official_account.profile.get().menu.as_wechat())

    delivery = phone.tap("我的积分")

    assert "12,480" in delivery.bubble.text
    assert world.wechat.violations == []


def test_a_location_gives_the_nearest_stores(world: World) -> None:
    phone = world.phone()

    delivery = phone.location(31.1945, 121.4367, "上海徐家汇地铁站")

    assert "徐家汇" in delivery.bubble.text


def test_a_voice_without_a_transcriber_is_kept_and_said_to_be(world: World) -> None:
    phone = world.phone()

    delivery = phone.voice()
    world.worker.due_once()

    assert "听不了语音" in delivery.bubble.text
    kept = list((world.service.settings.data_dir / "attachments").iterdir())
    assert [p.suffix for p in kept] == [".amr"]


def test_a_picture_is_kept_and_goes_with_the_ticket_filed_next(world: World) -> None:
    phone = world.phone(member="M0000001")

    kept = phone.image()
    world.worker.due_once()
    phone.text("我要投诉，徐家汇店的店员态度很差，骂人")
    phone.text("确认")

    assert "图片收到了" in kept.bubble.text
    with world.service.database.read() as connection:
        row = connection.execute(select(attachments)).one()
    assert row.status == "kept"
    assert row.ticket_number is not None


def test_unfollowing_stops_what_was_on_its_way(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone(member="M0000001")

    phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    phone.unsubscribe()
    world.push()

    assert world.sent() == []
    assert world.wechat.violations == []


def _take_back(world: World, permission: str) -> None:
    """WeChat itself tells that the shopper took a permission back."""
    fields = {
        "MsgType": "event", "Event": "user_authorization_revoke", "RevokeInfo": permission,
        "FromUserName": "oWeChatItself", "OpenID": OPENID, "CreateTime": f"1626857{permission:0>3}",
    }  # fmt: skip
    push_fields(world.wechat, OPENID, fields)


def test_the_authorisation_taken_back_erases_what_was_said(world: World) -> None:
    phone = world.phone()
    phone.text("我有多少积分")

    _take_back(world, "1")
    world.worker.due_once()

    key = world.service.official_account.shopper_key(OPENID)
    assert dict(world.service.rights.kept(key).families)["聊天记录"] == 0


def test_one_permission_taken_back_costs_what_it_gave_and_nothing_else(world: World) -> None:
    phone = world.phone()
    phone.text("我有多少积分")
    push_fields(
        world.wechat,
        OPENID,
        {"MsgType": "event", "Event": "LOCATION", "Latitude": "31.19", "Longitude": "121.43", "Precision": "10"},
    )
    for permission in ("205", "206"):
        _take_back(world, permission)
        with world.service.database.read() as connection:
            user = wechat.get(connection, world.wechat.account.appid, OPENID)
        assert user is not None
        assert (user.lat is None) == (permission == "206")
    world.worker.due_once()

    key = world.service.official_account.shopper_key(OPENID)
    assert dict(world.service.rights.kept(key).families)["聊天记录"] == 2


def test_unknown_types_and_events_are_tolerated(world: World) -> None:
    world.phone()

    strange = push_fields(world.wechat, OPENID, {"MsgType": "hologram", "MsgId": 77})
    event = push_fields(world.wechat, OPENID, {"MsgType": "event", "Event": "moon_landing"})

    assert [d.outcome for d in (strange, event)] == ["silence", "silence"]
    assert world.wechat.violations == []


def test_who_writes_follows_although_nobody_told_of_it(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone(member="M0000001")
    phone.unsubscribe()
    phone.user.subscribed_at = world.clock.now()  # they follow again, and the push of it is lost

    phone.text("我有多少积分")
    world.service.shopper_messages.serve_next()
    world.clock.advance(timedelta(seconds=5))
    world.push()

    assert len(world.sent()) == 1
    assert world.wechat.violations == []


def test_a_tapped_choice_gives_the_rights_of_a_tap(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0)
    phone = world.phone(member="M0000001")

    phone.text("我有多少积分", menu_id="1")
    world.service.shopper_messages.serve_next()
    world.clock.advance(timedelta(minutes=2))
    world.push()
    late = world.sent()
    phone.text("我有多少积分", menu_id="1")
    world.clock.advance(timedelta(seconds=5))
    world.push()

    assert late == []
    assert len(world.sent()) == 1
    assert world.wechat.violations == []


def test_rights_to_write_do_not_add_up(make_world: Make) -> None:
    world = make_world(lanes=False, passive_s=0, keep_messages=0)
    phone = world.phone()
    phone.text("你好")
    phone.text("查积分", menu_id="1")

    for n in range(7):
        world.owe(Reply(f"第{n}条"))
        world.push()

    assert world.sent() == [f"第{n}条" for n in range(5)]
    assert world.wechat.violations == []


def test_a_slow_answer_to_a_tap_is_announced_where_nothing_can_be_pushed(make_world: Make) -> None:
    world = make_world(lanes=False, verified=False, passive_s=0.2)
    world.wechat.menu = world.service.official_account.profile.get().menu.as_wechat()["button"]

    tapped = world.phone().tap("points")

    assert "回复任意字" in tapped.bubble.text


def test_a_video_is_fetched_from_where_wechat_says_it_lies(world: World) -> None:
    from assistant.web.fake_wechat.samples import mp4

    world.phone().video()
    world.worker.due_once()

    with world.service.database.read() as connection:
        (kept,) = connection.execute(select(attachments)).all()
    assert (kept.kind, kept.status, kept.mime) == ("video", "kept", "video/mp4")
    assert Path(kept.path).read_bytes() == mp4()


def test_of_a_file_nothing_is_promised(world: World) -> None:
    world.phone().file("小票.pdf")

    with world.service.database.read() as connection:
        assert connection.execute(select(attachments)).all() == []


def test_a_profile_that_is_away_for_a_moment_stops_nobody(make_world: Make, tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    words = WeChatSettings().profile.read_text(encoding="utf-8")
    path.write_text(words, encoding="utf-8")
    world = make_world(profile=path)
    phone = world.phone()
    phone.text("你好")  # by now it has been read

    path.unlink()
    without = phone.link("好物", "https://shop.example/1")
    path.write_text(words.replace("链接收到了", "好链接"), encoding="utf-8")
    after = phone.link("好物", "https://shop.example/2")

    assert "链接收到了" in without.bubble.text
    assert "好链接" in after.bubble.text


def test_a_place_that_wechat_reported_is_where_nearby_is(world: World) -> None:
    phone = world.phone()
    phone.report_location(31.1945, 121.4367)

    delivery = phone.text("附近的门店")

    assert "徐家汇" in delivery.bubble.text


def test_a_place_that_was_sent_is_remembered(world: World) -> None:
    phone = world.phone()
    phone.location(31.1945, 121.4367, "徐家汇")

    delivery = phone.text("附近的门店")

    assert "徐家汇" in delivery.bubble.text


@pytest.mark.parametrize("face", ["/:rose", "/::)", "/:,@-D", "[微笑]"])
def test_a_face_of_wechats_is_no_word(world: World, face: str) -> None:
    alone = world.phone().text(face)
    beside = world.phone().text(f"附近门店有哪些{face}")

    assert "没看懂" in alone.bubble.text
    assert "没看懂" not in beside.bubble.text


def test_who_is_handed_to_a_person_is_asked_nothing_more(world: World) -> None:
    phone = world.phone(member="M0000001")
    phone.text("我要投诉")

    handed = phone.text("转人工")

    assert "人工" in handed.bubble.text
    assert "回到刚才的事" not in handed.bubble.text


def test_a_person_takes_over_and_hands_back(world: World) -> None:
    phone = world.phone(member="M0000001")
    phone.text("你好")

    push_fields(world.wechat, OPENID, {"MsgType": "event", "Event": "kf_create_session", "KfAccount": "kf1@gh"})
    during = phone.text("我有多少积分")
    push_fields(world.wechat, OPENID, {"MsgType": "event", "Event": "kf_close_session", "KfAccount": "kf1@gh"})
    after = phone.text("我有多少积分")

    assert during.outcome == "silence"
    assert "12,480" in after.bubble.text


def test_a_recording_is_understood_where_an_endpoint_hears_it(make_world: Make) -> None:
    world = make_world()
    phone = world.phone(member="M0000001")

    class Ears:
        def words(self, recording: bytes, name: str) -> str:
            assert recording.startswith(b"#!AMR")
            assert name == "voice.amr"
            return "我有多少积分"

    world.service.official_account.reception._transcriber = Ears()
    delivery = phone.voice()

    assert "12,480" in delivery.bubble.text


def test_a_card_of_the_mini_program_follows_the_words(make_world: Make) -> None:
    import yaml

    from assistant.web.fake_wechat.samples import png

    base = make_world(lanes=False).service.settings
    profile = yaml.safe_load(base.wechat.profile.read_text(encoding="utf-8"))
    thumb = base.data_dir / "thumb.png"
    thumb.write_bytes(png())
    pages = {kind: f"pages/{kind}/index" for kind in ("points", "member", "order")}
    profile["mini_program"] = {"app_id": "wxMiniProgram0001", "thumb": str(thumb), "pages": pages}
    path = base.data_dir / "profile.yaml"
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    world = make_world(profile=path)
    phone = world.phone(member="M0000001")

    phone.text("我有多少积分")
    world.push()

    assert world.sent() == ["miniprogrampage"]
    assert world.wechat.violations == []


def test_a_picture_that_is_gone_is_noted_and_nobody_waits_for_it(world: World) -> None:
    phone = world.phone()
    phone.image()
    world.wechat.media.clear()

    world.worker.due_once()

    with world.service.database.read() as connection:
        assert connection.execute(select(attachments.c.status)).scalar_one() == "gone"


@pytest.mark.parametrize(
    ("send", "said"),
    [
        (lambda phone: phone.video(), "视频收到了"),
        (lambda phone: phone.video(short=True), "视频收到了"),
        (lambda phone: phone.file("小票.pdf"), "收不到文件的内容"),
        (lambda phone: phone.link("好物", "https://shop.example/1"), "链接收到了"),
    ],
)
def test_whatever_is_sent_is_acknowledged(world: World, send: object, said: str) -> None:
    delivery = send(world.phone())  # type: ignore[operator]

    assert said in delivery.bubble.text
    assert world.wechat.violations == []


def test_a_keyword_stands_for_other_words_but_not_inside_a_question(world: World) -> None:
    phone = world.phone(member="M0000001")

    handed = phone.text("0")

    assert "人工" in handed.bubble.text or "同事" in handed.bubble.text
