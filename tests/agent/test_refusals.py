"""A no with more around it, and what only looks like one."""

import pytest

from assistant.agent import refusals


@pytest.mark.parametrize(
    ("text", "tool", "rest"),
    [
        ("算了不投诉了 那收银小妹一个人也怪可怜的 手都没停过", "ticket_file", "那收银小妹一个人也怪可怜的 手都没停过"),
        ("？我夸你们呢 登记什么投诉 不用", "ticket_file", "我夸你们呢"),
        ("不登不登 我说你答非所问 笑死", "ticket_file", "我说你答非所问 笑死"),
        ("你这个人 不是投诉 是安检 又不是你们家的安检", "ticket_file", "你这个人 是安检 又不是你们家的安检"),
        ("说了不要登记!! 是表扬", "ticket_file", "是表扬"),
        ("我说了 不 投 诉 了", "ticket_file", "我说了"),
        ("算了 人家可能那天心情也不好 不记了", "ticket_file", "算了 人家可能那天心情也不好"),
        ("我不投诉！！我就想修个鞋跟 你这有没有修鞋服务", "ticket_file", "我就想修个鞋跟 你这有没有修鞋服务"),
        ("意思是别换了 那个换货申请不要提交", "return_request", ""),
        ("你咋又扣我分 不！要！", "points_redeem", "你咋又扣我分"),
        ("那先不留了 我礼拜五再来找你", "stock_reserve", "我礼拜五再来找你"),
    ],
)
def test_the_change_is_refused_and_more_is_said(text: str, tool: str, rest: str) -> None:
    assert refusals.after_refusal(text, tool) == rest


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("不换不行 这双磨脚", "return_request"),
        ("不要 L码 换 XL", "return_request"),
        ("不退了 算了还是退吧", "return_request"),
        ("不登记能行吗", "ticket_file"),
        ("不是投诉吗", "ticket_file"),
        ("不是投诉 是建议 你们记一下", "ticket_file"),
        ("登记什么内容", "ticket_file"),
        ("别记错了 是徐家汇那家", "ticket_file"),
        ("不是说了登记嘛", "ticket_file"),
        ("你们不报上去 我就找领导", "ticket_file"),
        ("别登记我的名字", "ticket_file"),
        ("别换L码 换S", "return_request"),
        ("别删订单记录", "privacy_delete"),
    ],
)
def test_what_refuses_nothing(text: str, tool: str) -> None:
    assert refusals.after_refusal(text, tool) is None


@pytest.mark.parametrize(
    ("text", "no"), [("不不不 就换一张 我刚才是感慨", True), ("不不？", False), ("不错不错 换", False)]
)
def test_a_no_said_twice(text: str, no: bool) -> None:
    assert refusals.only_no(text, "points_redeem") is no


def test_a_no_twice_before_the_wish_itself_is_none() -> None:
    assert not refusals.only_no("不不不 是要取消 不是退货", "order_cancel")


@pytest.mark.parametrize(
    ("text", "tool", "part"),
    [
        ("别记名", "ticket_file", True),
        ("别约上午", "appointment_book", True),
        ("别留两件 一件够", "stock_reserve", True),
        ("别留了", "stock_reserve", False),
        ("不要登记了 谢谢", "ticket_file", False),
        ("留吧", "stock_reserve", False),
    ],
)
def test_a_part_of_the_change_is_refused(text: str, tool: str, part: bool) -> None:
    assert refusals.refuses_a_part(text, tool) is part
