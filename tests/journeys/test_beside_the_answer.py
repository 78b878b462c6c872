"""What is told, asked or wished beside a yes or a no is neither lost nor taken for the answer."""

import pytest
from sqlalchemy import select

from assistant.bootstrap import Service
from assistant.db.tables.service import tickets
from tests.talk import Shopper, intents_of

COMPLAINT = "西单店导购态度太差 白眼我半天 我要投诉"


def filed(service: Service, said: str) -> tuple[str, str, str]:
    """What we answer to what is said while a complaint waits for its yes, and the body and category of the ticket."""
    shopper = Shopper(service)
    assert "请确认" in shopper.hear(COMPLAINT)
    served = shopper.say(said)
    with service.database.read() as connection:
        body, category = connection.execute(
            select(tickets.c.body, tickets.c.category).order_by(tickets.c.number.desc()).limit(1)
        ).one()
    assert any(step["intent"] == "ticket_file" for step in served.trace["intents"])
    return served.reply.text, body, category


@pytest.mark.parametrize("told", ["工号0231", "那个导购叫小美", "匿名", "要她道歉", "不要打电话给我"])
def test_what_is_told_beside_the_yes_stands_in_the_ticket(service: Service, told: str) -> None:
    _, body, category = filed(service, f"登吧 {told}")

    assert "白眼我半天" in body and told in body
    assert category == "服务态度"


@pytest.mark.parametrize("told", ["登记吧 我脚被划伤了", "我女儿摔了一跤 膝盖磕破了", "孩子夹了手"])
def test_harm_told_of_an_open_complaint_is_met_with_care_at_once(service: Service, told: str) -> None:
    said, body, category = filed(service, told)

    assert "您的安全最重要" in said
    assert "白眼我半天" in body and told.split()[-1] in body
    assert category == "安全卫生"


@pytest.mark.parametrize("told", ["不是投诉 我脚划伤了", "不记了 我女儿摔伤了先去医院"])
def test_harm_is_not_let_go_with_the_complaint(service: Service, told: str) -> None:
    said, body, _ = filed(service, told)

    assert "您的安全最重要" in said
    assert body == told


def test_what_is_asked_beside_the_yes_is_answered(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear(COMPLAINT)

    said = shopper.hear("登吧 二楼有没有卫生间")

    assert "卫生间在" in said and "请确认登记投诉工单" in said


@pytest.mark.parametrize(
    ("no", "intent"),
    [
        ("不登了 取消雪地靴", "order_cancel"),
        ("不登了 我要退羽绒服", "return_request"),
        ("不登记 我要人工", "handoff"),
        ("不登了 人工", "handoff"),
    ],
)
def test_what_is_wished_beside_the_no_is_served(service: Service, no: str, intent: str) -> None:
    shopper = Shopper(service)
    shopper.hear(COMPLAINT)

    served = shopper.say(no)

    assert served.reply.text.startswith("好的，已经取消")
    assert intents_of(served) == [intent]


@pytest.mark.parametrize("no", ["不登记了吧 太麻烦", "不投诉了 我自己去店里说", "不登了 谢谢"])
def test_a_reason_beside_the_no_is_no_wish(service: Service, no: str) -> None:
    shopper = Shopper(service)
    shopper.hear(COMPLAINT)

    assert intents_of(shopper.say(no)) == ["deny"]


def test_keeping_the_thing_is_no_wish(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("羊绒毛衣退货 不喜欢")

    assert intents_of(shopper.say("算了不退了 留着穿")) == ["deny"]

    shopper.hear("积分换杯咖啡")

    assert intents_of(shopper.say("不换了 积分留着")) == ["deny"]


def test_what_is_to_be_left_out_of_a_complaint_is_written_into_it(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear(COMPLAINT)

    assert "别登记我的名字" in shopper.hear("别登记我的名字")


@pytest.mark.parametrize(
    ("opening", "said", "shown"),
    [
        ("徐家汇店给我留一件白色M码短款面包服", "别留XL 留L", "白色 L"),
        ("约静安寺店穿搭顾问 周三下午三点", "别约周三 周四吧", "11月26日"),
        ("羊绒毛衣换成L码 帮我换货", "不是换 是退", "类型：退货"),
        ("帮我取消雪地靴那个订单", "不不 我要取消", "请确认取消订单"),
    ],
)
def test_a_not_that_changes_what_waits(service: Service, opening: str, said: str, shown: str) -> None:
    shopper = Shopper(service)
    shopper.hear(opening)

    assert shown in shopper.hear(said)


def test_what_is_not_wanted_any_more_is_a_yes_to_its_cancellation(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("帮我取消雪地靴那个订单")

    assert "已取消" in shopper.hear("取消 不要了")
