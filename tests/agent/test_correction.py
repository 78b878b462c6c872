"""What is meant by a message that says we misunderstood."""

import pytest

from assistant.agent import correction, dialogue, occasions, refusals, yes_and_more, yes_no


@pytest.mark.parametrize(("said", "meant"), [
    ("谁约穿搭了 我说的是大衣哪个时段送", "大衣哪个时段送"), ("不是订单！是预约 周二那个顾问的", "预约 周二那个顾问的"),
    ("不是问有没有货 是我买的那条M的换成S的", "我买的那条M的换成S的"), ("我问6楼有咩食肆 唔系地址啊", "6楼有咩食肆"), ("我问我的订单 不是监控", "我的订单"),
    ("什么价保？？我买的东西呢", "我买的东西呢"), ("唔使补充 我净系想知泊车点畀钱", "泊车点畀钱"), ("莫转人工 就说怎么看订单嘛", "就说怎么看订单嘛"),
])  # fmt: skip
def test_what_is_rejected_is_left_out(said: str, meant: str) -> None:
    assert correction.meant(said) == meant


@pytest.mark.parametrize("said", [
    "我问一下你们几点关门", "我想问下积分", "不是L 是XL", "我说了要退", "我要投诉", "不是说好今天到吗", "啥时候发货？我急用", "我是想问一下退货",
    "谁来管管啊 我等了半天", "没问题 谢谢", "没要袋子 还收我一块钱", "我问店员她不管", "我说要退店员不给退", "没问题 我周六过去", "我说你们能不能快点", "别转了", "不用登记 我到时候自己跟她说", "好的",
])  # fmt: skip
def test_what_rejects_nothing_stands_as_it_is(said: str) -> None:
    assert correction.meant(said) == ""


@pytest.mark.parametrize(("said", "tool", "rest"), [
    ("先不投诉 能补差价不", "ticket_file", "能补差价不"), ("投诉那个不用弄", "ticket_file", ""), ("别删了！取消！", "privacy_delete", ""),
    ("咪搞工单啦 取消", "ticket_note", ""), ("不不 周二那个别取消", "appointment_cancel", "不不"), ("取消吧", "order_cancel", None),
    ("是不是不能取消了", "order_cancel", None), ("好的 别弄错了", "return_request", None), ("行 别搞错颜色", "stock_reserve", None), ("分别登记吧", "ticket_file", None),
    ("你们不处理 我就打12315", "ticket_file", None), ("店员不给我办 态度还差", "ticket_file", None), ("不取消就超时了 取消吧", "order_cancel", None), ("不拿白不拿 领吧", "coupons_claim", None),
    ("不停地给我发短信 关掉", "privacy_choose", None), ("行 说不定会晚到一会儿", "appointment_book", None), ("是别删我信息！！", "privacy_delete", None), ("那不行 别删了", "privacy_delete", "那不行"), ("能不能不退货", "return_request", None), ("先别扣", "points_redeem", None),
])  # fmt: skip
def test_a_refusal_is_found_among_other_words(said: str, tool: str, rest: str | None) -> None:
    assert refusals.after_refusal(said, tool) == rest


@pytest.mark.parametrize(("said", "tool", "yes"), [
    ("有虫子还不算质量问题？？那登记吧", "ticket_file", True), ("算了就这样吧 约上就行", "appointment_book", True), ("哦没付钱啊 那取消", "order_cancel", True),
    ("算了 取消吧", "points_redeem", False), ("不想换了 还是退吧", "return_request", True), ("积分不退也没事 取消吧", "order_cancel", True),
    ("什么？删除？", "privacy_delete", False), ("真的？删除？", "privacy_delete", False), ("我什么时候说过要删？删除？", "privacy_delete", False), ("删除后还能找回来吗？删除", "privacy_delete", False),
    ("等会儿我先问一下运费谁来出？退", "return_request", False), ("不对不对我要取消的是另外一单 取消", "order_cancel", False), ("千万别 删", "privacy_delete", False), ("我没同意 删除", "privacy_delete", False),
    ("我的意思是取消预约而不是订单 取消", "order_cancel", False), ("等我明天问清楚了再来找你好不好 取消", "order_cancel", False),
])  # fmt: skip
def test_a_yes_is_found_after_a_remark(said: str, tool: str, yes: bool) -> None:
    assert yes_and_more.ends_in_yes(said, tool) is yes


@pytest.mark.parametrize(("said", "back"), [
    ("继续机器人", True), ("算了 不等人工了 你来吧", True), ("没让你转 我就问个时间", True), ("哎呀喊你莫转嘛", True), ("快递别转给驿站", False), ("退款别给我转到微信", False),
    ("不要转发我的信息", False), ("你来帮我看看这件多少钱", False), ("不用人工熨烫吗", False),
])  # fmt: skip
def test_the_assistant_is_called_back_in_ones_own_words(said: str, back: bool) -> None:
    assert (dialogue.control(said) == "back") is back


@pytest.mark.parametrize(("said", "tool", "agrees"), [
    ("七点下班来得及 确认", "stock_reserve", True), ("算了 就这样吧", "points_redeem", False), ("唉 算了吧 就这样", "order_cancel", False),
    ("取消吧 就这样", "points_redeem", False), ("我再想想 就这样吧", "ticket_file", False), ("太麻烦了 确认", "privacy_delete", False), ("不要改了 确定", "order_cancel", False),
])  # fmt: skip
def test_last_words_settle_only_what_was_not_wavered_about(said: str, tool: str, agrees: bool) -> None:
    assert yes_and_more.ends_in_yes(said, tool) is agrees


@pytest.mark.parametrize(("said", "tool", "agrees"), [
    ("嗯 不要了", "order_cancel", True), ("对 我不想要了", "return_request", True), ("嗯 不要", "order_cancel", False), ("好 不要", "privacy_delete", False),
    ("嗯 不要了", "privacy_delete", False), ("嗯 不要了", "stock_reserve", False), ("好 不换了", "points_redeem", False), ("行 不换了", "order_cancel", False),
    ("对的对的 不改了", "stock_reserve", True), ("好 不改了", "appointment_move", False),
])  # fmt: skip
def test_a_yes_with_a_not_in_it_fits_only_some_changes(said: str, tool: str, agrees: bool) -> None:
    assert yes_no.is_yes(said, tool) is agrees


@pytest.mark.parametrize(("said", "told"), [
    ("登吧 昨天下午四点多 一楼化妆品那边", "昨天下午四点多 一楼化妆品那边"), ("行 就这个提交 我小票和停车截图都有", "我小票和停车截图都有"), ("嗯 没必要登记", ""), ("好 我考虑考虑", ""),
    ("嗯 让我想想", ""), ("好 改天再说", ""), ("行 你撤了这个投诉", ""), ("嗯 说错了 是静安寺店", ""), ("登记 顺便退货", ""), ("登记吧", ""),
])  # fmt: skip
def test_what_is_told_after_a_yes_refuses_nothing(said: str, told: str) -> None:
    assert yes_and_more.after_yes(said, "ticket_file") == told


@pytest.mark.parametrize(("said", "wish"), [
    ("继续机器人 雪地靴取消", "雪地靴取消"), ("还是你来吧", ""), ("别转人工了", ""), ("不用人工了谢谢", ""), ("人工我不等了", ""), ("不要人工客服了", ""), ("继续机器人", ""),
    ("ok never mind. continue with the bot", ""),
])  # fmt: skip
def test_what_is_wished_beside_calling_us_back(said: str, wish: str) -> None:
    assert dialogue.called_back(said) == wish


@pytest.mark.parametrize(
    "said", ["can i talk to a person instead of talk to the bot", "I want to talk to the assistant in store"]
)
def test_a_person_who_is_wished_for_is_not_let_go(said: str) -> None:
    assert dialogue.control(said) != "back"


@pytest.mark.parametrize(("said", "topic"), [
    ("主题改成面试穿搭 我下周要面试", "面试穿搭"), ("主题就写面试穿搭四个字就行😂", "面试穿搭"), ("不是 主题：面试穿搭", "面试穿搭"), ("主题嘛 公司年会", "公司年会"), ("主题是什么呀", ""),
    ("主题就不改了吧", ""), ("主题是对的 确认", ""), ("主题写错了", ""),
])  # fmt: skip
def test_a_topic_is_named_in_so_many_words(said: str, topic: str) -> None:
    assert occasions.told(said) == topic
