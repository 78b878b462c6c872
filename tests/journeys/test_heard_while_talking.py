"""What shoppers say in the middle of a talk: more of what waits, another of it, a wish while they wait for a person."""

import pytest

from assistant.bootstrap import Service
from assistant.db import tickets
from tests.talk import Shopper, intents_of, tools_of


def test_what_is_told_beside_a_yes_goes_into_the_complaint(service: Service) -> None:
    shopper = Shopper(service, "M0000002")
    shopper.hear("春熙路店店员太拽了 问价都不理人")

    filed = shopper.hear("登吧 昨天下午四点多 一楼化妆品那边")

    assert "工单号" in filed
    with service.database.read() as connection:
        (ticket,) = tickets.mine(connection, "M0000002")
    assert "昨天下午四点多 一楼化妆品那边" in ticket.subject


def test_a_complaint_is_filed_under_the_category_that_the_shopper_names(service: Service) -> None:
    shopper = Shopper(service)
    assert "价格活动" in shopper.hear("标价乱写 我要投诉")

    assert "类别：商品质量" in shopper.hear("是商品质量 不是价格！！")


def test_a_complaint_told_anew_takes_the_place_of_the_first(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("我要投诉 你们标价乱写")

    again = shopper.hear("算了我重新说 上周买的冲锋衣下雨渗水")

    assert "标价乱写" not in again and "类别：商品质量" in again


def test_the_topic_of_a_booking_is_named_and_not_taken_for_a_no(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("约个顾问 徐家汇店 后天下午三点")

    assert "主题：面试穿搭，" in shopper.hear("主题改成面试穿搭 我下周要面试")
    assert "主题：公司年会，" in shopper.hear("不是 主题：公司年会")


def test_wanting_the_thing_no_more_is_the_yes_to_a_cancellation(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    assert "请确认取消订单" in shopper.hear("取消雪地靴那单")

    assert "没有做任何改动" not in shopper.hear("嗯 不要了")


def test_a_return_that_waits_becomes_an_exchange(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    assert "退货" in shopper.hear("11月14日那单的羊绒毛衣我要退货 不喜欢")

    assert "类型：换货" in shopper.hear("等下 能换L码吗 换的话就不退了")


def test_several_pieces_are_reserved_and_no_more_than_are_there(service: Service) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.hear("五常大米新街口店有吗")

    assert "数量：2件" in shopper.hear("给我留两袋")
    assert "数量：1件" in shopper.hear("算了就一袋")
    assert "最多预留5件" in shopper.hear("要19袋")
    assert intents_of(shopper.say("好")) == ["handoff"]  # what we offered, and not the one that was spoken of before


def test_the_colour_that_is_turned_to_counts(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("春熙路店给我留一件雾蓝S码碎花连衣裙")

    assert "杏色" in shopper.hear("等等 改成杏色吧 雾蓝显黑")


def test_the_store_of_an_appointment_is_spoken_of(service: Service) -> None:
    shopper = Shopper(service, "M0000003")
    assert "西单" in shopper.hear("我预约了什么")

    assert "西单店" in shopper.hear("那天我上几楼")


def test_a_deletion_can_be_taken_back(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("删除我的所有数据")
    assert "撤回删除" in shopper.hear("确认")

    assert "已经受理" in shopper.hear("删除我的所有数据")
    assert "请确认撤回删除申请" in shopper.hear("哎算了别删了")
    assert service.ports.privacy.deletion_due("M0000001") is not None
    assert "已撤回" in shopper.hear("嗯")
    assert service.ports.privacy.deletion_due("M0000001") is None
    assert "没有等待执行的删除" in shopper.hear("撤回删除")


def test_another_shoppers_deletion_stays(service: Service) -> None:
    other = Shopper(service, "M0000002")
    other.hear("删除我的所有数据")
    other.hear("确认")

    assert "没有等待执行的删除" in Shopper(service, "M0000001").hear("撤回删除")
    assert service.ports.privacy.deletion_due("M0000002") is not None


@pytest.mark.parametrize(
    "said", ["马上删 别留着", "算了 帮我查下快递到哪了", "取消营销短信", "多久之内可以撤回", "不要留着我的资料"]
)
def test_a_deletion_is_not_taken_back_by_other_words(service: Service, said: str) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("删除我的所有数据")
    shopper.hear("确认")

    assert "privacy_keep" not in intents_of(shopper.say(said))


def test_what_was_added_to_a_ticket_is_not_called_a_new_one(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("春熙路店店员态度太差 我要投诉")
    shopper.hear("确认")
    shopper.hear("补充一下 当时是下午三点")

    assert "已补充到工单" in shopper.hear("确认")


def test_a_change_that_is_plainly_wished_is_made_while_a_person_is_called(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.say("转人工")

    assert "请确认取消订单" in shopper.hear("取消雪地靴那单")
    assert "已取消" in shopper.hear("确认")
    assert "同事会看到" in shopper.hear("好的")


def test_a_yes_in_the_queue_counts_only_for_the_reply_before(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.say("转人工")
    shopper.hear("取消雪地靴那单")
    shopper.hear("徐家汇店几点关门")
    shopper.hear("羽绒服可以机洗吗")

    assert "confirmed" not in str(shopper.say("好的").trace["intents"])


def test_a_yes_while_a_person_is_called_makes_no_change_of_before(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("取消雪地靴那单")
    shopper.say("转人工")

    assert "confirmed" not in str(shopper.say("好的").trace["intents"])


def test_calling_the_assistant_back_with_a_wish_serves_the_wish(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.say("转人工")

    assert "请确认取消订单" in shopper.hear("继续机器人 取消雪地靴那单")


@pytest.mark.parametrize(
    ("said", "told_of"),
    [("把你们店里电话给我 我自己问停车场", "电话"), ("要是周六晚上九点过来还来得及不", "营业")],
)
def test_what_is_asked_about_a_store_is_told(service: Service, said: str, told_of: str) -> None:
    shopper = Shopper(service)
    shopper.hear("春熙路店地址")

    told = shopper.say(said)
    assert tools_of(told) == ["store_info"] and told_of in told.reply.text


def test_a_parcel_that_is_not_on_its_way_tells_how_its_order_stands(service: Service) -> None:
    reply = Shopper(service, "M0000002").say("我退的那件羽绒服物流到哪了")

    assert "order_logistics" in intents_of(reply) and "退换处理中" in reply.reply.text


def test_a_choice_that_stands_already_is_not_made_again(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("关闭满意度调查")

    assert shopper.hear("确认") == "好的，满意度调查已关闭，想恢复随时告诉我。"
    assert "现在就是关闭的" in shopper.hear("满意度调查给我关掉")


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("对 羽绒服那单也取消", "order_cancel"),
        ("行 另外徐家汇店几点关门", "store_info"),
        ("好的 取消 顺便看看我的积分", "points_balance"),
    ],
)
def test_a_plain_yes_is_heard_before_another_wish(service: Service, said: str, then: str) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("取消雪地靴那单")

    served = shopper.say(said)

    assert "现在是“已取消”" in served.reply.text
    assert intents_of(served) == ["order_cancel", then]


def test_what_was_ordered_is_cancelled_and_not_put_in_the_place_of_what_is_reserved(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("步川加绒雪地靴栗色39徐家汇有吗")
    shopper.hear("留一双")

    served = shopper.hear("对 订单那双38的也帮我退掉")

    assert "留好了：步川加绒雪地靴（栗色 39）" in served and "请确认取消订单" in served


def test_an_appointment_is_cancelled_and_another_one_wished(service: Service) -> None:
    shopper = Shopper(service, "M0000003")
    shopper.hear("取消我的预约")

    assert intents_of(shopper.say("对 取消 然后约下周六同一时间 圣诞派对")) == [
        "appointment_cancel",
        "appointment_book",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "好 顺便问下取消了钱多久退",
        "好 然后等我想想",
        "对了 我的快递到哪了",
        "嗯 对了 徐家汇店几点关门",
        "好 另外先别取消",
        "好 不过另外那单也取消的话退多少",
    ],
)
def test_nothing_is_made_where_the_rest_is_about_what_waits(service: Service, said: str) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("取消雪地靴那单")

    assert "confirmed" not in str(shopper.say(said).trace["intents"])


def test_a_yes_that_changes_the_moment_is_shown_anew(service: Service) -> None:
    shopper = Shopper(service, "M0000003")
    shopper.hear("周二的顾问改到周五")

    assert "请确认改约时间" in (again := shopper.hear("对 但是改成四点")) and "16:00" in again


@pytest.mark.parametrize("said", ["对 四点", "嗯 是四点"])
def test_the_moment_that_waits_is_told_once_more(service: Service, said: str) -> None:
    shopper = Shopper(service, "M0000003")
    assert "新时间：11月24日 16:00" in shopper.hear("周二的顾问改到四点")

    assert "约好了" in shopper.hear(said)


@pytest.mark.parametrize(
    ("before", "said", "first", "second"),
    [
        ("徐家汇有低款乳胶枕的没", "行 留一个低的 还要一个高的", "白色 低款", "白色 高款"),
        ("豆绿的保温杯成都有货没得", "要得 帮我留一个 黑色的也留一个 两个颜色都要", "豆绿 均码", "黑色 均码"),
    ],
)
def test_two_of_a_kind_are_reserved_one_after_the_other(
    service: Service, before: str, said: str, first: str, second: str
) -> None:
    shopper = Shopper(service, "M0000002")
    shopper.hear(before)

    assert f"规格：{first}" in shopper.hear(said)
    assert f"规格：{second}" in shopper.hear("好的")
    assert f"（{second}）" in shopper.hear("可以 两个一起拿")


def test_the_other_colour_is_wished_too_and_not_instead(service: Service) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.hear("豆绿的保温杯成都有货没得")
    shopper.hear("帮我留一个")

    assert "豆绿" in shopper.hear("黑色的也要留")
    assert "豆绿" in (then := shopper.hear("好")) and "规格：黑色" in then


@pytest.mark.parametrize("said", ["不要豆绿的了 留一个黑色的", "换成黑色的 也是留一个", "还是留黑色的吧"])
def test_another_colour_instead_takes_the_place_of_the_first(service: Service, said: str) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.hear("豆绿的保温杯成都有货没得")
    shopper.hear("帮我留一个")

    assert "规格：黑色" in shopper.hear(said)
    assert "请确认" not in shopper.hear("好的")


def test_both_are_no_yes_where_none_was_reserved_before(service: Service) -> None:
    shopper = Shopper(service, "M0000002")
    shopper.hear("徐家汇有低款乳胶枕的没")
    shopper.hear("留一个低的")

    assert "数量：2件" in shopper.hear("可以 两个一起拿")


@pytest.mark.parametrize("said", ["类别不对吧 怎么是商品质量 是你们店的设施", "我都说了不是质量问题 应该算环境"])
def test_another_category_is_no_part_of_the_complaint(service: Service, said: str) -> None:
    shopper = Shopper(service)
    assert "类别：商品质量" in shopper.hear("静安寺店的椅子坏了 我要投诉")

    shown = shopper.hear(said)

    assert "类别：门店环境" in shown and said[:6] not in shown


def test_a_disputed_category_is_asked_for_and_may_be_left(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("静安寺店的椅子坏了 我要投诉")

    assert "应该归哪一类？" in shopper.hear("类别不对")
    assert "工单号" in shopper.hear("算了 类别随便吧 就这样登记 快点给我处理")


def test_a_moment_that_is_asked_for_is_tried(service: Service) -> None:
    shopper = Shopper(service, "M0000004")
    shopper.hear("约福田店的穿搭顾问 明天晚上7点 面试")

    assert "11月23日 18:00" in shopper.hear("六点不行吗")


def test_whether_something_may_be_besides_is_a_question(service: Service) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.hear("春熙路店约顾问 周三下午三点")

    asked = shopper.say("还有 我同学一起来可以不嘛 两个人")

    assert intents_of(asked) == ["knowledge_search"] and asked.reply.confirm is not None


def test_who_goes_to_the_store_by_themselves_reserves_nothing(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("73的连体衣浅蓝色的 哪里有")

    assert intents_of(shopper.say("不贵嘛 那我让我妹直接去店里买 谢谢啦")) == ["thanks"]


def test_the_reason_that_is_dictated_is_shown_before_the_yes(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("11月14日那单的羊绒毛衣我要退货 不喜欢")

    assert "原因：肩膀大" in shopper.hear("原因就写肩膀大 对 提交吧")
    assert "已提交" in shopper.hear("对")


@pytest.mark.parametrize(
    "said", ["算了不投诉了 那收银小妹一个人也怪可怜的 手都没停过", "你这个人 不是投诉 是安检 又不是你们家的安检"]
)
def test_a_complaint_is_let_go_with_a_long_remark(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 五角场排队排了半个钟头 就一个收银台开着")

    assert "没有做任何改动" in shopper.hear(said)


def test_what_is_asked_beside_a_refusal_is_answered(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 停车场收我40 明明消费了三百多")

    answered = shopper.say("先别记 我就想知道消费三百多到底能免几个小时停车")

    assert "没有做任何改动" in answered.reply.text
    assert answered.reply.confirm is None
    assert len(answered.trace["tools"]) > 0


def test_a_date_is_no_size_and_the_rest_refuses(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("静安寺留一件酒红XL的羊绒圆领毛衣")

    assert "没有做任何改动" in shopper.hear("48小时不够呀 礼拜六是28号 那先不留了 我礼拜五再来找你")


@pytest.mark.parametrize("said", ["怎么是其他 就是快递摔的 物流的事", "不是其他 是物流！ 快递摔的"])
def test_a_category_is_called_by_its_half_and_not_pasted(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 山茶油瓶口漏油 箱子里头全是油")

    args = shopper.say(said).trace["tools"][-1]["args"]
    once_more = shopper.say("不是卫生 是物流！ 快递摔的").trace["tools"][-1]["args"]

    assert args["category"] == once_more["category"] == "物流配送"
    assert "物流" not in once_more["body"]


def test_the_sentence_added_last_is_taken_out_again(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 五角场导购态度太差了")
    more = shopper.say("徐家汇二楼 昨天下午三点多 短头发那个").trace["tools"][-1]["args"]
    less = shopper.say("后头那句不用写进去撒 就写前面的").trace["tools"][-1]["args"]

    assert "短头发" in more["body"] and more["store"] == "S001"
    assert "短头发" not in less["body"]


def test_a_store_of_the_list_is_meant_by_its_number(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("五角场附近有你们家吗")

    asked = shopper.say("第二家 周末有母婴室不")

    assert asked.trace["tools"][-1]["args"]["store"] != "S003"
    assert asked.trace["tools"][-1]["args"]["store"].startswith("S")
