"""What is meant by a message that says we misunderstood."""

import pytest

from assistant.agent import answers, correction


@pytest.mark.parametrize(("said", "meant"), [
    ("谁约穿搭了 我说的是大衣哪个时段送", "大衣哪个时段送"), ("不是订单！是预约 周二那个顾问的", "预约 周二那个顾问的"),
    ("不是问有没有货 是我买的那条M的换成S的", "我买的那条M的换成S的"), ("我问6楼有咩食肆 唔系地址啊", "6楼有咩食肆"), ("我问我的订单 不是监控", "我的订单"),
    ("什么价保？？我买的东西呢", "我买的东西呢"), ("唔使补充 我净系想知泊车点畀钱", "泊车点畀钱"), ("莫转人工 就说怎么看订单嘛", "就说怎么看订单嘛"),
])  # fmt: skip
def test_what_is_rejected_is_left_out(said: str, meant: str) -> None:
    assert correction.meant(said) == meant


@pytest.mark.parametrize("said", [
    "我问一下你们几点关门", "我想问下积分", "不是L 是XL", "我说了要退", "我要投诉", "不是说好今天到吗", "啥时候发货？我急用", "我是想问一下退货",
    "谁来管管啊 我等了半天", "我说你们能不能快点", "别转了", "不用登记 我到时候自己跟她说", "好的",
])  # fmt: skip
def test_what_rejects_nothing_stands_as_it_is(said: str) -> None:
    assert correction.meant(said) == ""


@pytest.mark.parametrize(("said", "tool", "rest"), [
    ("先不投诉 能补差价不", "ticket_file", "能补差价不"), ("投诉那个不用弄", "ticket_file", ""), ("别删了！取消！", "privacy_delete", ""),
    ("咪搞工单啦 取消", "ticket_note", ""), ("不不 周二那个别取消", "appointment_cancel", "不不"), ("取消吧", "order_cancel", None),
    ("是不是不能取消了", "order_cancel", None), ("能不能不退货", "return_request", None), ("先别扣", "points_redeem", None),
])  # fmt: skip
def test_a_refusal_is_found_among_other_words(said: str, tool: str, rest: str | None) -> None:
    assert answers.after_refusal(said, tool) == rest


@pytest.mark.parametrize(("said", "tool", "yes"), [
    ("有虫子还不算质量问题？？那登记吧", "ticket_file", True), ("算了就这样吧 约上就行", "appointment_book", True), ("哦没付钱啊 那取消", "order_cancel", True),
    ("算了 取消吧", "points_redeem", False), ("别退了 换吧", "return_request", False),
])  # fmt: skip
def test_a_yes_is_found_after_a_remark(said: str, tool: str, yes: bool) -> None:
    assert answers.ends_in_yes(said, tool) is yes
