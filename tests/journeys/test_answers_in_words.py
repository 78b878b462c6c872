"""Open questions and waiting changes are answered as people speak, not as forms are filled in."""

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper, intents_of, tools_of

BALANCE = 12_480


def balance(service: Service) -> int:
    return service.merchant.points.balance("M0000001").balance


@pytest.mark.parametrize("said", ["对 就五十的", "他说行", "欧克", "给我换上", "好的 换吧"])
def test_a_yes_with_what_waits_in_ones_own_words_is_a_yes(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    done = shopper.say(said)

    assert done.trace["intents"][-1]["by"] == "confirmed"
    assert balance(service) == BALANCE - 5_000


@pytest.mark.parametrize("said", ["对 换五十的要多少分来着", "等会儿 先别提交", "对 就二百的", "那给我换二百的吧"])
def test_a_question_a_no_and_another_thing_are_no_yes(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    shopper.say(said)

    assert balance(service) == BALANCE


def test_what_is_told_beside_the_choice_counts_too(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("大红色的四件套有货吗")

    chosen = shopper.say("那奶油白1.8的 春熙路")

    args = chosen.trace["tools"][-1]["args"]
    assert (args["colour"], args["size"], args["store"]) == ("奶油白", "1.8米", "S011")


def test_an_answer_that_asks_more_than_was_asked_is_served_whole(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("给男朋友挑新年礼物 求推荐")

    found = shopper.say("围巾可以诶 驼色的静安还有没")

    assert tools_of(found) == ["stock_check"]
    args = found.trace["tools"][-1]["args"]
    assert (args["product"], args["colour"], args["store"]) == ("P016", "驼色", "S002")


def test_moments_are_offered_in_the_part_of_the_day_that_is_wished(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("约明天下午的穿搭顾问")
    offered = shopper.hear("徐家汇")
    later = shopper.hear("晚上有吗")

    assert "15:00" in offered and "11:00" not in offered
    assert "19:00" in later and "15:00" not in later


def test_the_topic_of_an_appointment_is_changed_and_not_taken_for_a_yes(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("徐家汇约穿搭顾问 周三下午两点")

    changed = shopper.say("主题写成年会")

    assert changed.trace["intents"][-1]["by"] != "confirmed"
    assert "主题：年会" in changed.reply.text


def test_a_city_without_a_store_is_told_the_nearest_ones(service: Service) -> None:
    reply = Shopper(service).hear("合肥有你们的店吗")

    assert "合肥暂时还没有我们的门店" in reply
    assert "南京新街口店" in reply


def test_a_store_a_thousand_kilometres_away_is_not_called_near(service: Service) -> None:
    reply = Shopper(service).hear("枫叶色的口红西单店有货吗")

    assert "附近有货的门店：北京望京店" in reply
    assert "南京" not in reply


def test_a_store_that_is_named_with_a_remark_answers_which_store(service: Service) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.say("我想约个搭配师")
    shopper.say("春熙路吧离我近")

    waits = shopper.say("周六下午三点")

    assert "成都春熙路店，时间：11月28日 15:00" in waits.reply.text


def test_a_time_that_is_told_before_it_is_asked_for_is_kept(service: Service) -> None:
    shopper = Shopper(service, "M0000005")
    shopper.say("我想约个搭配师")
    shopper.say("周六下午三点")

    assert "成都春熙路店，时间：11月28日 15:00" in shopper.hear("春熙路")


def test_a_store_that_was_named_to_the_documents_is_spoken_of(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("我丢了一只手套在你们店里")
    shopper.say("湖滨店 昨天下午")

    assert "0571-60001148" in shopper.hear("电话多少我打过去问")


@pytest.mark.parametrize(("said", "product"), [("女款的", "P001"), ("便宜的那件多少钱", "P010"), ("第一个", "P001")])
def test_one_of_a_list_is_meant_by_whom_it_is_for_or_by_its_price(service: Service, said: str, product: str) -> None:
    shopper = Shopper(service)
    shopper.say("哪个羽绒服最暖和")

    assert shopper.say(said).trace["tools"][-1]["args"]["product"] == product


def test_whoever_wants_a_ware_no_more_is_not_asked_about_an_order(service: Service) -> None:
    shopper = Shopper(service, "M0000004")
    shopper.say("福田店有军绿XL的抓绒外套吗")

    assert tools_of(shopper.say("先不要了 太贵")) == []


def test_the_same_colour_and_size_once_more_is_a_yes(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("酒红那件毛衣我要换货 质量问题 有个洞")
    asked = shopper.say("质量问题")
    done = shopper.say("对的 酒红M 还是一样的")

    assert "请确认申请换货" in asked.reply.text
    assert done.trace["intents"][-1]["by"] == "confirmed"


@pytest.mark.parametrize(("said", "readable"), [("asdfgh", False), ("lkjhgf", False), ("阿斯顿发", False), ("qwerty", False), ("sweater", True), ("property", True), ("昨天发生的发货错误怎么办", True)])  # fmt: skip
def test_keys_that_a_cat_struck_are_no_message(service: Service, said: str, readable: bool) -> None:
    assert ("没看懂" not in Shopper(service).hear(said)) is readable


def test_a_bed_of_one_metre_eighty_is_nobodys_height(service: Service) -> None:
    found = Shopper(service).say("被子1米8的有吗")

    assert found.trace["tools"][-1]["args"].get("size") == "1.8米"
    assert tools_of(found) == ["stock_check"]


def test_a_yes_takes_up_what_is_offered_instead_of_nothing(service: Service) -> None:
    shopper = Shopper(service)

    assert shopper.hear("给我的投诉补充一句").endswith("要新登记一个吗？")
    assert intents_of(shopper.say("好的")) == ["ticket_file"]
    assert "停车场乱收费" in shopper.hear("停车场乱收费")


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("可以的 对了她能帮我搭年会的衣服吗", "年会"),
        ("嗯嗯 给我先生搭正装 备注一下", "给先生搭正装"),
        ("主题还是写年会穿搭", "年会穿搭"),
    ],
)
def test_what_is_said_while_an_appointment_waits_is_no_topic_but_its_occasion(
    service: Service, said: str, topic: str
) -> None:
    shopper = Shopper(service)
    shopper.say("徐家汇约穿搭顾问 周三下午两点")

    heard = shopper.hear(said)

    assert f"主题：{topic}，" in heard


@pytest.mark.parametrize(("said", "coupon"), [("领一下减40的券", "CO05"), ("化妆品那个券给我领一张", "CO04")])
def test_a_coupon_is_claimed_by_its_amount_or_for_what_it_is(service: Service, said: str, coupon: str) -> None:
    claimed = Shopper(service).say(said)

    assert claimed.trace["tools"][-1]["args"].get("coupon") == coupon


def test_an_order_to_be_fetched_says_in_which_store(service: Service) -> None:
    told = Shopper(service).say("保温杯那单到哪一步了 能取了吗")

    assert "请到云上百货上海徐家汇店服务台" in told.reply.text
    assert ("取货门店", "云上百货上海徐家汇店") in told.reply.cards[0].rows


def test_what_a_city_does_not_have_is_not_said_to_be_gone_everywhere(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("面膜再来两盒 徐家汇有货吗")

    told = shopper.hear("啊苏州太远了 别的上海店都没有吗")

    assert "离上海最近有货的门店：苏州观前街店" in told
    assert "各门店都没有货" not in told


@pytest.mark.parametrize("said", ["是两张哦", "要三张", "换两张行吗"])
def test_another_number_is_no_yes_where_one_is_made_at_a_time(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    assert "一次只能办一份" in shopper.hear(said)
    assert balance(service) == BALANCE


def test_another_reward_is_wished_after_the_yes(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换10元现金券")

    assert "咖啡券" in shopper.hear("好 再换一张咖啡券")
    assert balance(service) == BALANCE - 1_000


@pytest.mark.parametrize(
    "said",
    [
        "嗯 再考虑考虑",
        "嗯 跟我老公商量下",
        "行吧 回头再说吧",
        "可以是可以 我再琢磨琢磨",
        "对 五十的再想想",
        "嗯 换之前再想想",
    ],
)
def test_who_wavers_has_not_said_yes(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    shopper.say(said)

    assert balance(service) == BALANCE


@pytest.mark.parametrize("said", ["五十就五十 换", "现金券就现金券吧", "嗯换吧 不好意思哈 刚才走开了"])
def test_a_yes_with_a_remark_is_made(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    done = shopper.say(said)

    assert done.trace["intents"][-1]["by"] == "confirmed"
    assert balance(service) == BALANCE - 5_000


@pytest.mark.parametrize("said", ["咖啡就咖啡 换", "两百就两百 换吧", "换吧 二百的", "嗯换吧 换完还剩多少"])
def test_another_thing_and_a_question_beside_it_are_not_made(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("用积分换50元现金券")

    shopper.say(said)

    assert balance(service) == BALANCE


def test_where_it_happened_is_added_to_the_complaint_beside_the_yes(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 福田店楼上厕所水龙头一直滴水没人修")

    done = shopper.say("嗯登记下 四楼男厕靠窗那个")

    assert done.trace["intents"][-1]["by"] == "confirmed"
    assert done.trace["tools"][-1]["args"]["body"].endswith("；四楼男厕靠窗那个")


def test_the_store_told_beside_the_yes_is_kept(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("我要投诉 冲锋衣下雨天穿里面全湿了")

    done = shopper.say("是福田店买的 登吧")

    assert done.trace["intents"][-1]["by"] == "confirmed"
    assert done.trace["tools"][-1]["args"]["store"] == "S008"


def test_what_is_wanted_no_more_is_not_what_is_wanted_instead(service: Service) -> None:
    shopper = Shopper(service)
    shopper.say("无线吸尘器多少钱")

    args = shopper.say("我说吸尘器不要了！要粉色加湿器 天津有吗").trace["tools"][-1]["args"]

    assert args["product"] == "P052"


@pytest.mark.parametrize("said", ["嗯约吧 周四", "对 约吧 三点", "嗯约吧 那天要是下雨就算了", "约吧 收费吗"])
def test_a_yes_to_another_moment_or_under_a_condition_books_nothing(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("徐家汇约穿搭顾问 周三下午两点")

    answered = shopper.say(said)

    assert all(step.get("by") != "confirmed" for step in answered.trace["intents"])


@pytest.mark.parametrize("said", ["主题改一下 写同学会", "主题是 同学会 穿搭"])
def test_the_topic_is_told_after_that_it_changes(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("徐家汇约穿搭顾问 周三下午两点")

    assert "主题：同学会" in shopper.hear(said)
