"""Who tells us something and asks for nothing is heard, and gets neither the last answer again nor a ticket."""

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper, intents_of


@pytest.mark.parametrize("said", ["没问你 自言自语呢", "我就感慨一下", "说着玩的 别当真", "随口说说哈"])
def test_a_remark_is_heard(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.hear("徐家汇店地址")

    told = shopper.say(said)

    assert intents_of(told) == ["chitchat"]
    assert "听到啦" in told.reply.text


@pytest.mark.parametrize(
    "said", ["就是想夸夸你们店里那个小姑娘", "给那位师傅点个赞", "你可得给人家记一功啊", "那个导购人真好 一点没不耐烦"]
)
def test_praise_is_no_complaint(service: Service, said: str) -> None:
    shopper = Shopper(service)

    assert intents_of(shopper.say(said)) == ["praise"]


def test_a_small_talk_question_is_told_what_we_are_good_at(service: Service) -> None:
    assert "聊天我不太在行" in Shopper(service).hear("讲个笑话")


def test_the_thing_beside_the_change_is_meant(service: Service) -> None:
    shopper = Shopper(service, "M0000001")

    shown = shopper.hear("雪地靴帮我取消吧 羽绒服让我室友收")

    assert "请确认取消订单" in shown and "雪地靴" in shown


@pytest.mark.parametrize("said", ["你说啥来着", "刚信号断了 你说啥来着"])
def test_what_was_said_is_said_again(service: Service, said: str) -> None:
    shopper = Shopper(service)
    first = shopper.hear("徐家汇店地址")

    assert shopper.hear(said) == first


@pytest.mark.parametrize("said", ["停车收费说清楚点", "停车费贵得离谱", "电动车停车收费"])
def test_who_asks_again_or_is_cross_is_not_just_heard(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.hear("停车怎么收费")

    assert "没答到点子上" in shopper.hear(said)


@pytest.mark.parametrize(
    "said",
    ["服务真的好差", "人真好意思 收我两次钱", "真给力啊你们 发错货", "我表扬她 她骂我", "随口说一句 你家奶粉有虫"],
)
def test_a_bitter_word_is_a_complaint(service: Service, said: str) -> None:
    assert intents_of(Shopper(service).say(said)) == ["ticket_file"]
