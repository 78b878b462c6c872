"""A message in the light of what was said before: yes, no, choices, corrections, follow-ups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent import dialogue, fill, occasions, picks, refusals, remarks, yes_and_more, yes_no
from assistant.agent.mentions import Mentions
from assistant.domain.conversation import Focus, Offer, State
from tools.all import TOOLS

OFFERS = (Offer("P001", "云织长款羽绒服（女）"), Offer("P010", "云织短款羽绒服（男）"), Offer("P028", "初禾儿童羽绒服"))


@pytest.mark.parametrize(
    "text", ["好的", "确认", "嗯嗯", "可以的，谢谢", "行吧", "OK", "yes please", "就这么办", "没问题！", "haode"]
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert yes_no.is_yes(text)
    assert not yes_no.is_no(text)


@pytest.mark.parametrize("text", ["不用了", "算了吧", "取消", "再想想", "no thanks", "never mind", "别", "不是"])
def test_a_no_is_a_no(text: str) -> None:
    assert yes_no.is_no(text)
    assert not yes_no.is_yes(text)


@pytest.mark.parametrize(
    "text", ["好看吗", "可以退吗", "不好意思问一下", "对了停车多少钱", "", "我有多少积分", "好的但是换成黑色"]
)
def test_other_things_are_neither(text: str) -> None:
    assert not yes_no.is_yes(text)
    assert not yes_no.is_no(text)


@pytest.mark.parametrize(
    ("text", "tool"),
    [("退吧", "return_request"), ("取消吧", "order_cancel"), ("兑换", "points_redeem"), ("领吧", "coupons_claim")],
)
def test_naming_the_change_that_waits_is_a_yes(text: str, tool: str) -> None:
    assert yes_no.is_yes(text, tool)
    assert not yes_no.is_no(text, tool)


@pytest.mark.parametrize(
    ("text", "tool"), [("不取消了", "order_cancel"), ("先不退了", "return_request"), ("不换了", "points_redeem")]
)
def test_naming_the_change_with_a_not_is_no_yes(text: str, tool: str) -> None:
    assert not yes_no.is_yes(text, tool)


@pytest.mark.parametrize(
    ("text", "tool"),
    [("要得撒", "stock_reserve"), ("没错 撤掉", "order_cancel"), ("恩 退", "privacy_choose"), ("确认无误", "")],
)
def test_a_yes_may_carry_particles_and_the_change(text: str, tool: str) -> None:
    assert yes_no.is_yes(text, tool)


@pytest.mark.parametrize(
    ("text", "tool", "agrees"),
    [
        ("对 就这么给报上去", "ticket_file", True),
        ("好的 就按这个时间", "appointment_book", True),
        ("好 但是先别退", "return_request", False),
        ("对 退到哪里", "return_request", False),
        ("行 这下踏实了", "privacy_choose", False),
    ],
)
def test_a_yes_with_words_after_it_agrees_where_they_name_the_change(text: str, tool: str, agrees: bool) -> None:
    assert yes_and_more.opens_with_yes(text, tool) is agrees


@pytest.mark.parametrize(
    ("text", "remark"),
    [("哦哦对 是一块儿买的", True), ("原来是这样", True), ("哦 那帮我查下积分", False), ("好的", False)],
)
def test_a_remark_wishes_nothing(text: str, remark: bool) -> None:
    assert remarks.remarks(text) is remark


def test_having_understood_agrees_to_nothing_yet() -> None:
    assert remarks.only_heard("晓得咯")
    assert not remarks.only_heard("好的")


def test_the_topic_of_an_appointment_is_named_by_its_word() -> None:
    assert occasions.told("主题嘛 公司年会") == "公司年会"
    assert occasions.told("主题还是写年会穿搭") == "年会穿搭"
    assert occasions.told("公司年会在哪办") == ""


@given(st.text(max_size=40), st.sampled_from(["", *TOOLS]))
def test_nothing_is_both_yes_and_no(text: str, tool: str) -> None:
    assert not (yes_no.is_yes(text, tool) and yes_no.is_no(text, tool))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("再说一遍", "repeat"),
        ("没听清", "repeat"),
        ("等一下", "wait"),
        ("算了", "stop"),
        ("继续机器人", "back"),
        ("我有多少积分", ""),
        ("等一下帮我查积分和订单", ""),
    ],
)
def test_words_that_steer_the_conversation(text: str, name: str) -> None:
    assert dialogue.control(text) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "P001"), ("第二个", "P010"), ("选三", "P028"), ("最后一个", "P028"), ("初禾儿童羽绒服", "P028"), ("短款", "P010"), ("P001", "P001"),
     ("给孩子的", "P028"), ("男的", "P010"), ("羽绒服", None), ("第9个", None), ("都不要", None), ("", None)],
)  # fmt: skip
def test_an_offer_is_picked_by_number_name_or_part(text: str, value: str | None) -> None:
    assert picks.choose(text, OFFERS) == value


DOWN = (Offer("P001", "云织轻暖白鹅绒羽绒服"), Offer("P010", "云织男士轻薄羽绒服"))
DOWN_FOR_ALL = (*DOWN, Offer("P030", "初禾儿童羽绒服"))


@pytest.mark.parametrize(
    ("text", "offers", "value"),
    [
        ("女的啊", DOWN, "P001"),
        ("女款", DOWN_FOR_ALL, "P001"),
        ("给小孩的", DOWN_FOR_ALL, "P030"),
        ("给女儿买的", DOWN_FOR_ALL, "P030"),
        ("不是女的 是男的", DOWN, "P010"),
        ("第一个 那个白鹅绒的", DOWN, "P001"),
        ("第二个 轻薄的", DOWN, "P010"),
        ("那个白鹅绒的", DOWN, "P001"),
        ("鹅绒那款", DOWN, "P001"),
        ("就要男士那件吧", DOWN, "P010"),
        ("第一个 男士那款", DOWN, None),  # of two minds
        ("第一个多少钱", DOWN, None),
        ("白鹅绒的洗了会缩水吗", DOWN, None),
        ("鹅绒和轻薄的", DOWN, None),
        ("羽绒服那款", DOWN, None),
        ("轻松点的", DOWN, None),
        ("13件", (Offer("a", "11月23日 13:00"), Offer("b", "11月23日 14:00")), None),
        ("女的", (Offer("a", "上海徐家汇店"), Offer("b", "上海静安寺店")), None),
    ],
)
def test_an_offer_is_picked_by_what_describes_it_alone(text: str, offers: tuple[Offer, ...], value: str | None) -> None:
    assert picks.choose(text, offers) == value


@given(
    st.text(max_size=20),
    st.lists(st.builds(Offer, st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6)), max_size=4),
)
def test_only_what_was_offered_is_picked(text: str, offers: list[Offer]) -> None:
    chosen = picks.choose(text, tuple(offers))

    assert chosen is None or chosen in {o.value for o in offers}


def test_a_follow_up_repairs_the_last_tool() -> None:
    state = State(last_tool="stock_check")
    named = Mentions({"colour": "黑色"}, plain="那黑色的呢")

    assert dialogue.follow_up("那黑色的呢", named, state) == {"colour": "黑色"}


def test_a_message_of_its_own_is_no_follow_up() -> None:
    state = State(last_tool="stock_check")
    named = Mentions({"colour": "黑色"}, plain="黑色的衣服洗了会不会掉色啊")

    assert dialogue.follow_up("黑色的衣服洗了会不会掉色啊", named, state) is None


def test_a_new_hour_keeps_the_day_and_a_new_day_keeps_the_hour() -> None:
    old = "2026-11-25T07:00:00+00:00"  # 15:00 in Shanghai

    hour = dialogue.moved(old, Mentions({"time": "2026-11-22T08:00:00+00:00"}))
    day = dialogue.moved(old, Mentions({"day": "2026-11-27T04:00:00+00:00"}))

    assert hour == "2026-11-25T08:00:00+00:00"
    assert day == "2026-11-27T07:00:00+00:00"
    assert dialogue.moved(old, Mentions()) is None


def test_what_was_spoken_of_fills_open_slots() -> None:
    focus = Focus(product_id="P001", store_id="S001", size="M")

    filled = fill.with_focus("stock_reserve", {"colour": "米白"}, focus, "帮我留一件")

    assert filled == {"colour": "米白", "product": "P001", "size": "M", "store": "S001"}


def test_another_product_forgets_the_size_of_the_last() -> None:
    focus = dialogue.focus_of({"product": "P002"}, Focus(product_id="P001", colour="米白", size="M"))

    assert (focus.product_id, focus.colour, focus.size) == ("P002", None, None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("我有多少积分，徐家汇店几点关门", 2),
        ("我有多少积分", 1),
        ("查积分，另外帮我看看订单到哪了", 2),
        ("你好，在吗", 1),
        ("，，，", 1),
    ],
)
def test_several_wishes_are_told_apart(text: str, parts: int) -> None:
    assert len(dialogue.wishes(text)) == parts


@given(st.text(max_size=60))
def test_a_message_always_has_a_part(text: str) -> None:
    assert dialogue.wishes(text)


@pytest.mark.parametrize("text", ["算了我自己去店里问", "差这么多啊 算了", "我再琢磨琢磨 先不退", "那不换了"])
def test_letting_go_may_come_last_or_tell_what_one_does_instead(text: str) -> None:
    assert refusals.gives_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "拉倒吧 你整个活人来",
        "唉算了 儿童睡衣有星空的没",
        "算了给我撤了",
        "算了 帮我查下积分",
        "雪地靴别发了 我不要了",
        "那换一件同样的 不退",
    ],
)
def test_a_wish_after_letting_go_is_a_wish(text: str) -> None:
    assert not refusals.gives_up(text)


@pytest.mark.parametrize("text", ["好 下午过来", "OK 周末带她去试", "行吧 等你们电话", "成 改天溜达过去"])
def test_who_says_they_will_come_wishes_nothing(text: str) -> None:
    assert remarks.will_come(text)


@pytest.mark.parametrize("text", ["好 几点过去", "行 帮我约下午过去", "下午过来", "好的 能去试吗"])
def test_a_wish_beside_coming_is_a_wish(text: str) -> None:
    assert not remarks.will_come(text)


@pytest.mark.parametrize(("text", "goes"), [("那就办吧", True), ("yes please", True), ("对", False), ("好的", False)])
def test_a_yes_that_wishes_something_done_is_told_from_one_that_takes_note(text: str, goes: bool) -> None:
    assert yes_no.goes_ahead(text) is goes


def test_taking_back_a_no_may_name_the_complaint() -> None:
    assert yes_no.wants_after_all("算了还是登记吧")


@pytest.mark.parametrize(
    "text", ["再发我一次刚刚那个 没看全", "刚那串没复制上 重发下", "sorry could you say that again"]
)
def test_what_was_said_is_asked_for_again(text: str) -> None:
    assert dialogue.control(text) == "repeat"


def test_how_many_is_no_choice_of_one() -> None:
    stores = (Offer("S013", "武汉江汉路店"), Offer("S014", "长沙五一广场店"))

    assert picks.choose("要两件", stores) is None
    assert picks.choose("第二个", stores) == "S014"


@pytest.mark.parametrize(
    ("said", "comes"),
    [
        ("那我让我妹直接去店里买 谢谢啦", True),
        ("我自己去店里看看 谢谢", True),
        ("能帮我留一件吗 谢谢", False),
        ("我去店里买 帮我留一件 谢谢", False),
    ],
)
def test_they_go_themselves_and_say_thanks(said: str, comes: bool) -> None:
    assert remarks.will_come(said) is comes
