"""What stands beside a yes: another wish, a detail left as it is, two of a kind; and what only looks like a yes."""

import pytest

from assistant.agent import yes_and_more, yes_no


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("就这么取消会扣钱吗", "order_cancel"),
        ("就这样取消了吗", "order_cancel"),
        ("就这样取消太可惜了", "order_cancel"),
        ("你就这么取消了我的单", "order_cancel"),
        ("就这样退多少钱", "return_request"),
        ("就这样留多久", "stock_reserve"),
        ("就这样改到三点", "appointment_move"),
        ("就这样登记有用吗", "ticket_file"),
    ],
)
def test_a_question_or_a_reproach_leaves_nothing_as_it_stands(text: str, tool: str) -> None:
    assert not yes_and_more.lets_be(text, tool)


@pytest.mark.parametrize(
    ("text", "lets"),
    [("算了 类别随便吧 就这样登记 快点给我处理", True), ("算了 就这样吧", False), ("算了 类别随便吧 不登记了", False)],
)
def test_a_detail_may_be_left_as_it_stands(text: str, lets: bool) -> None:
    assert yes_and_more.lets_be(text, "ticket_file") is lets


@pytest.mark.parametrize(
    ("text", "tool", "wish"),
    [
        ("对 取消 然后约下周六", "order_cancel", "约下周六"),
        ("对 取消 然后约下周六", "appointment_cancel", "约下周六"),
        ("好顺便问下几点关门", "stock_reserve", "问下几点关门"),
        ("对 订单那双38的也帮我退掉", "stock_reserve", "订单那双38的也帮我退掉"),
        ("对 但是改成四点", "appointment_move", ""),
        ("嗯 对了 我的快递呢", "stock_reserve", ""),
        ("好 另外先别弄", "order_cancel", ""),
        ("好 取消吧", "order_cancel", ""),
        ("徐家汇店 然后几点关门", "order_cancel", ""),
        ("好 顺便查下积分", "stock_reserve", "查下积分"),
        ("取消还有手续费吗", "order_cancel", ""),
        ("换？还有黑色的货吗", "return_request", ""),
        ("可以 再跟我妈商量一下", "order_cancel", ""),
        ("好 再问问我老公", "return_request", ""),
        ("是 再等一天 快递到哪了", "order_cancel", ""),
    ],
)
def test_another_wish_after_a_plain_yes(text: str, tool: str, wish: str) -> None:
    assert yes_and_more.wish_after(text, tool)[1] == wish


@pytest.mark.parametrize("text", ["好 两个都不要", "好 两个都先放着", "好 两个都行吗"])
def test_no_yes_to_both(text: str) -> None:
    assert not yes_and_more.yes_to_both(text, "stock_reserve")


@pytest.mark.parametrize(
    ("text", "several"),
    [("是两张哦", True), ("我有两张券了", False), ("好 2个工作日到", False), ("行 两个女儿用", False)],
)
def test_more_than_one(text: str, several: bool) -> None:
    assert yes_and_more.counts_several(text) is several


@pytest.mark.parametrize(
    ("text", "wavers"),
    [("嗯 再考虑考虑", True), ("退吧 我考虑好了", False), ("跟店员商量半天没用", False), ("不用再考虑了 换", False)],
)
def test_whoever_has_decided_does_not_waver(text: str, wavers: bool) -> None:
    assert yes_no.wavers(text) is wavers


@pytest.mark.parametrize("text", ["取消？", "确认?", "退？"])
def test_a_yes_that_wonders_is_none(text: str) -> None:
    assert not yes_no.is_yes(text, "order_cancel")
