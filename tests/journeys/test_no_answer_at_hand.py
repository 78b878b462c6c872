"""Where the plain answer is out of reach: of a guest, while a person is called, where nothing fits."""

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper, intents_of


def test_a_guest_who_asks_for_the_rule_hears_it(service: Service) -> None:
    shopper = Shopper(service, member=None)

    told = shopper.say("网上买的衣服吊牌剪了 还能退吗")

    assert "90 天内照样可以" in told.reply.text and "绑定会员" in told.reply.text
    assert intents_of(told) == ["knowledge_search"]


def test_a_guest_who_asks_after_their_own_things_is_told_to_bind(service: Service) -> None:
    told = Shopper(service, member=None).hear("我的快递到哪了")

    assert told.startswith("这项服务需要先绑定会员")


def test_none_of_what_was_offered_ends_the_question(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("羽绒服有货吗")

    told = shopper.say("都不是。。我没要买羽绒服")

    assert "都不是" in told.reply.text
    assert told.answer is not None and told.answer.state.asking is None


def test_what_we_do_not_know_is_taken_down_where_the_shopper_wants_that(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("你们那个音乐喷泉是哪个公司设计的")

    told = shopper.say("行 登记一下吧")

    assert told.reply.confirm is not None
    assert dict(told.reply.confirm.rows)["问题"] == "你们那个音乐喷泉是哪个公司设计的"


@pytest.mark.parametrize(
    ("said", "answered"),
    [("要等多久啊 前面几个人", False), ("你先告诉我羽绒服怎么洗", True), ("我先问下停车怎么收费", True)],
)
def test_who_turns_to_us_while_waiting_for_a_person_is_answered(service: Service, said: str, answered: bool) -> None:
    shopper = Shopper(service)
    shopper.say("转人工")

    assert ("等人工的这会儿" in shopper.hear(said)) is answered


def test_a_guest_who_wants_something_done_is_told_to_bind(service: Service) -> None:
    shopper = Shopper(service, member=None)
    shopper.hear("徐家汇店有M码的羊绒衫吗")

    assert shopper.hear("给我留一件嘛").startswith("这项服务需要先绑定会员")


def test_a_question_that_was_answered_otherwise_is_not_asked_again(service: Service) -> None:
    shopper = Shopper(service)
    assert "您想找什么" in shopper.hear("有没有什么推荐")

    assert "您想找什么" not in shopper.hear("五十块左右的有吗")


def test_cheaper_than_what_was_shown_is_of_its_kind(service: Service) -> None:
    shopper = Shopper(service)
    assert "¥149" in shopper.hear("两百来块 想给我爸整个过年穿的 有木有")

    told = shopper.hear("那再便宜点的呢")

    assert "T恤" in told and "牛奶" not in told
