"""A yes in a longer message, and what only looks like one."""

import pytest

from assistant.agent import yes_at_length


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("嗯嗯取消 不好意思哈 被老婆发现了😂", "order_cancel"),
        ("那就取消吧 老公说我了", "order_cancel"),
        ("嗯 登记吧 我看你们怎么说", "ticket_file"),
        ("算了算了就这样 提交嘛 我还要去接娃儿", "ticket_file"),
        ("我都说提交了撒！！", "ticket_file"),
        ("不是说了登记嘛", "ticket_file"),
        ("嗯 报上去 老人家摔了不是小事", "ticket_file"),
        ("鞋留吧 券就先攒着 满三百容易得很", "stock_reserve"),
        ("嗯留吧…", "stock_reserve"),
        ("退吧 反正穿不了", "return_request"),
        ("行 约吧 那天我生日", "appointment_book"),
        ("对对 领吧 正好买鞋", "coupons_claim"),
    ],
)
def test_a_yes_by_the_name_of_the_change_with_a_harmless_remark(text: str, tool: str) -> None:
    assert yes_at_length.agrees(text, tool)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("登记一下要多久", "ticket_file"),
        ("嗯登记 登记有用吗", "ticket_file"),
        ("登记吧 顺便转人工", "ticket_file"),
        ("我都说了不登记", "ticket_file"),
        ("我说提交了又怎样", "ticket_file"),
        ("说是登记吧", "ticket_file"),
        ("取消的话扣钱吗", "order_cancel"),
        ("取消吧 钱马上到账的话", "order_cancel"),
        ("嗯 取消吧 我再想想", "order_cancel"),
        ("取消吧 等等", "order_cancel"),
        ("取消了 昨天老婆取消的", "order_cancel"),
        ("好 取消 别扣我积分", "order_cancel"),
        ("嗯取消 我没下过这单", "order_cancel"),
        ("老公说取消吧 我想留着", "order_cancel"),
        ("已经取消了吧", "order_cancel"),
        ("好像取消了吧 上次", "order_cancel"),
        ("没说取消吧", "order_cancel"),
        ("换之前先问下", "points_redeem"),
        ("换吧 分够就行", "points_redeem"),
        ("券就先攒着 换吧", "points_redeem"),
        ("留吧…算了", "stock_reserve"),
        ("留吧 如果还有黑色", "stock_reserve"),
        ("嗯留吧 留两件", "stock_reserve"),
        ("嗯留吧 我今天六点半下班过去 赶得及不", "stock_reserve"),
        ("先留吧 我问下我妈", "stock_reserve"),
        ("不如留吧 唉 舍不得钱", "stock_reserve"),
        ("退吧 只要运费你们出", "return_request"),
        ("退了 上周就退了", "return_request"),
        ("鞋退了吧", "return_request"),
        ("刚才说退吧 现在心疼了", "return_request"),
        ("嗯 换吧 换成蓝色", "return_request"),
    ],
)
def test_what_asks_doubts_refuses_or_tells_is_no_yes(text: str, tool: str) -> None:
    assert not yes_at_length.agrees(text, tool)


@pytest.mark.parametrize(
    ("text", "taken"),
    [("咖啡就咖啡 换", "咖啡"), ("停车券就停车券吧 谢谢", "停车券"), ("贵就贵 不换了", ""), ("咖啡就咖啡？", "")],
)
def test_what_is_taken_as_it_is_shown(text: str, taken: str) -> None:
    assert yes_at_length.accepts(text, "points_redeem") == taken
