"""What a message names: things, variants, places, days and times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.mentions import Mentions, find, plain, when
from assistant.agent.playbook import load
from assistant.bootstrap import Service
from assistant.clock import local
from assistant.config import AgentSettings
from tests.conftest import NOW, settings_for
from tools.catalog import Catalog

NAMES = load(AgentSettings().playbook).names


@pytest.fixture(scope="module")
def catalog(world_file: object) -> Catalog:
    service = Service(settings_for(world_file))  # type: ignore[arg-type]
    found = service.catalog.get()
    service.close()
    return found


def slots(text: str, catalog: Catalog) -> dict[str, str]:
    return find(text, catalog, NOW, names=NAMES).slots


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("订单26112090000001到哪了", "order", "26112090000001"),
        ("尾号0001那单", "order", "0001"),
        ("最近一单发货了吗", "order", "最近"),
        ("T000012怎么样了", "ticket", "T000012"),
        ("有M码吗", "size", "M"),
        ("要xl的", "size", "XL"),
        ("2XL有货吗", "size", "XXL"),
        ("38码的有吗", "size", "38"),
        ("1.8米的床", "size", "1.8米"),
        ("中号", "size", "M"),
        ("白色的有吗", "colour", "白色"),
        ("那黑的呢", "colour", "黑色"),
        ("米白色", "colour", "米白"),
        ("雪地靴黑的43有吗", "colour", "黑色"),
        ("我说的是全白那双", "colour", "白色"),
        ("do you have it in white", "colour", "白色"),
        ("身高165体重55公斤", "height", "165"),
        ("身高165体重55公斤", "weight", "55"),
        ("165/110斤", "weight", "55"),
        ("我要换货", "kind", "换货"),
        ("我要退货", "kind", "退货"),
        ("太小了想退", "reason", "尺码不合适"),
        ("停车怎么收费", "about", "停车"),
        ("好嘞 周六呢 会不会晚点关", "about", "营业时间"),
        ("周五能多开会儿吧", "about", "营业时间"),
        ("静安寺是22点关咯", "about", "营业时间"),
        ("你们店地图发一个", "about", "地址"),
        ("母婴室在几楼", "looked_for", "母婴室"),
        ("换张停车券", "item", "停车券1小时"),
        ("金卡有什么权益", "tier", "金卡"),
        ("别再给我发问卷", "subject", "survey"),
        ("别再给我发问卷", "allowed", "no"),
        ("重新打开个性化推荐", "allowed", "yes"),
        ("接受满意度调查", "allowed", "yes"),
        ("不接受满意度调查", "allowed", "no"),
        ("我没同意你们发问卷", "allowed", "no"),
        ("不想接受营销消息", "allowed", "no"),
        ("徐家汇店几点关门", "store", "S001"),
        ("江汉路那家座机号好多", "about", "电话"),
        ("喂奶的地方在几楼", "looked_for", "母婴室"),
        ("那儿有吃火锅的没得", "looked_for", "餐饮"),
        ("休息室在几楼", "looked_for", "VIP休息室"),
        ("留一件嘛", "quantity", "1"),
        ("M换L", "size", "L"),
        ("38换39", "size", "39"),
        ("上次买的米生虫了", "reason", "质量问题"),
    ],
)
def test_a_message_names_its_arguments(catalog: Catalog, text: str, slot: str, value: str) -> None:
    assert slots(text, catalog)[slot] == value


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("我的手机号13800010003", "size"),
        ("电话号码123456789012345678", "order"),
        ("小白鞋有货吗", "colour"),
        ("点关注有礼吗", "about"),
        ("刚不是说有13双么", "quantity"),
        ("前30分钟免费 你自己讲的呀", "size"),
        ("399对吧", "size"),
        ("我老伴一米五八 一百二十斤", "size"),
        ("有什么围巾能配驼色大衣的", "colour"),
        ("It's mine", "size"),
        ("你好", "time"),
    ],
)
def test_a_message_does_not_name_what_only_looks_like_it(catalog: Catalog, text: str, slot: str) -> None:
    assert slot not in slots(text, catalog)


def test_near_a_place_is_a_place_and_not_the_store_there(catalog: Catalog) -> None:
    near, there = slots("徐家汇附近有店吗", catalog), slots("徐家汇店有货吗", catalog)

    assert slots("我在福田这边 有店吗", catalog)["place"] == "福田"
    assert slots("深圳呢 我在福田这儿", catalog)["store"] == "S008"
    assert slots("白色的有吗我在苏州观前街这边", catalog)["store"] == "S006"
    assert "store" not in near
    assert near["place"] == "徐家汇"
    assert there["store"] == "S001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天下午3点", "2026-11-23 15:00"),
        ("后天上午十点半", "2026-11-24 10:30"),
        ("下午三点", "2026-11-22 15:00"),
        ("上午十点", "2026-11-23 10:00"),
        ("下周三晚上7点", "2026-11-25 19:00"),
        ("12月1号14:30", "2026-12-01 14:30"),
        ("11月30日下午两点一刻", "2026-11-30 14:15"),
        ("3点", "2026-11-22 15:00"),
        ("25号下午四点", "2026-11-25 16:00"),
        ("明天十三点", "2026-11-23 13:00"),
        ("明天十九点半", "2026-11-23 19:30"),
        ("明天不成 七点有会 八点吧", "2026-11-23 20:00"),
    ],
)
def test_a_time_is_the_moment_that_is_meant(text: str, expected: str) -> None:
    at = when(text, NOW)

    assert at is not None
    assert local(at).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize("text", ["明天", "几点关门", "25点", "随便", ""])
def test_no_hour_is_no_moment(text: str) -> None:
    assert when(text, NOW) is None


moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(moments, st.sampled_from(["", "上午", "下午", "晚上"]), st.integers(0, 23), st.sampled_from(["", "半", "15"]))
def test_an_hour_without_a_day_lies_in_the_next_day_and_a_half(now: datetime, part: str, hour: int, rest: str) -> None:
    at = when(f"{part}{hour}点{rest}", now)

    assert at is not None
    assert now < at <= now + timedelta(hours=36)


@given(moments, st.sampled_from(["明天", "后天", "大后天", "下周一", "下周日", "下个星期五"]), st.integers(1, 12))
def test_a_coming_day_lies_in_the_future(now: datetime, day: str, hour: int) -> None:
    at = when(f"{day}下午{hour}点", now)

    assert at is not None
    assert at > now


@given(moments, st.integers(1, 12), st.integers(1, 31))
def test_a_date_is_today_or_in_the_year_to_come(now: datetime, month: int, day: int) -> None:
    at = when(f"{month}月{day}日下午3点", now)

    assert at is None or timedelta(days=-1) <= at - now <= timedelta(days=367)


@given(
    st.text(max_size=60)
    | st.text(alphabet="下周一明天十二月3点半:：号日徐家汇羽绒服退换M码订单0123456789 ", max_size=40)
)
def test_any_text_is_read(catalog: Catalog, text: str) -> None:
    found = find(text, catalog, NOW, names=NAMES)

    assert isinstance(found, Mentions)
    assert all(v for v in found.slots.values())
    assert "time" not in found.slots or datetime.fromisoformat(found.slots["time"]).utcoffset() is not None


def test_for_the_router_names_are_replaced_by_their_kinds(catalog: Catalog) -> None:
    read = plain("徐家汇店有M码的雪地靴吗，订单26112090000001", catalog)

    assert "徐家汇" not in read
    assert "雪地靴" not in read
    assert "26112090000001" not in read
    assert "门店" in read
    assert "商品" in read


@pytest.mark.parametrize(
    ("text", "spoken_of", "product"),
    [
        ("运动鞋呢 30码", "P030", "P029"),
        ("那个短款多少钱", "P001", "P009"),
        ("会不会太紧 里面想穿毛衣", "P009", None),
        ("枫叶色西单还有吗", "P039", "P038"),
        ("黑色的还有吗", "P039", None),
        ("小孩穿的羽绒服", None, "P030"),
        ("do you have down jackets for kids", None, "P030"),
    ],
)
def test_size_and_what_was_spoken_of_narrow_a_product(
    text: str, spoken_of: str | None, product: str | None, catalog: Catalog
) -> None:
    assert find(text, catalog, NOW, spoken_of).slots.get("product") == product


@pytest.mark.parametrize(("text", "store"), [("静安呢", "S002"), ("杨浦有没有", "S003"), ("徐家汇", "S001")])
def test_a_district_stands_for_its_one_store(text: str, store: str, catalog: Catalog) -> None:
    assert slots(text, catalog).get("store") == store


def test_a_district_without_a_store_is_a_place(catalog: Catalog) -> None:
    assert slots("浦东没有店么", catalog).get("place") == "浦东"


@pytest.mark.parametrize(
    ("text", "hour"), [("明天下午约一下", 15), ("周六上午", 10), ("后天晚上有空", 19), ("明天", 12)]
)
def test_a_day_is_meant_around_the_part_of_it_that_is_named(text: str, hour: int, catalog: Catalog) -> None:
    assert local(datetime.fromisoformat(slots(text, catalog)["day"])).hour == hour


def test_a_city_without_a_store_is_a_place_and_no_store(catalog: Catalog) -> None:
    named = slots("合肥有你们的店没得", catalog)

    assert named["place"] == "合肥"
    assert "store" not in named


def test_a_moment_is_moved_by_a_number_in_dialect(catalog: Catalog) -> None:
    assert find("往后推俩小时", catalog, NOW).shift == timedelta(hours=2)


def test_a_size_is_named_by_its_stem_where_only_one_fits(catalog: Catalog) -> None:
    assert find("低的有现货吗", catalog, NOW, "P043").slots["size"] == "低款"
    assert "低款" not in find("高的低的怎么挑", catalog, NOW, "P043").slots.values()


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("军绿没有哈 那就黑的L 福田还剩几件", "colour", "黑色"),
        ("M太小了 换L", "size", "L"),
        ("不是100码！身高125厘米", "height", "125"),
        ("100？？我说125高 不是50", "height", "125"),
        ("是白色还是白绿的 我要白绿", "colour", "白绿"),
        ("黑色没有吗 那白色呢", "colour", "白色"),
        ("五角场太远了……米白的静安寺有没有S", "store", "S002"),
        ("五角场太远了米白的静安寺有没有S", "store", "S002"),
        ("徐家汇 太远了 静安寺呢", "store", "S002"),
        ("啊苏州太远了 别的上海店都没有吗", "place", "上海"),
        ("苏州算了 上海吧", "store", "上海"),
        ("哦那200的换不了 换50的吧", "item", "50元现金券"),
        ("我就不能用这个精华 要别的 面霜之类的", "product", "P039"),
        ("五一店B1买的酸奶...不对 是牛奶", "product", "P059"),
        ("五一店B1买的酸奶...不对 是牛奶", "store", "S014"),
        ("去五角场换可以不 徐家汇不顺路", "store", "S003"),
        ("周二不行 周三下午三点", "time", "2026-11-25T07:00:00+00:00"),
        ("周六上午不行 下午三点呢", "time", "2026-11-28T07:00:00+00:00"),
        ("静安寺太远喽 就是讲五角场没有是伐", "store", "S003"),
        ("我要围巾不是大衣", "product", "P016"),
        ("面霜呢 你只说了洗面奶", "product", "P039"),
    ],
)
def test_what_is_ruled_out_gives_way_to_what_is_named_instead(
    catalog: Catalog, text: str, slot: str, value: str
) -> None:
    assert slots(text, catalog)[slot] == value


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("徐家汇没有货吗", "store", "S001"),
        ("白色没有的话就算了", "colour", "白色"),
        ("面包服M徐家汇店没有了 别的店有吗", "size", "M"),
        ("羽绒服不喜欢 想退", "kind", "退货"),
    ],
)
def test_what_is_ruled_out_stays_where_nothing_is_named_instead(
    catalog: Catalog, text: str, slot: str, value: str
) -> None:
    assert slots(text, catalog)[slot] == value


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("XL 军绿 福田或者南山", "福田 南山", {"S008", "S016"}),
        ("徐家汇店、静安寺哪家有", "徐家汇店 静安寺", {"S001", "S002"}),
        ("徐家汇几点关门 静安寺店呢 顺便问下", "徐家汇", {"S001"}),
    ],
)
def test_stores_that_are_named_in_one_breath_are_all_meant(
    catalog: Catalog, text: str, words: str, found: set[str]
) -> None:
    assert slots(text, catalog)["store"] == words
    assert {s.store_id for s in catalog.stores_in(words)} == found


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ("孩子125高 50斤 羽绒服买多大", "125"),
        ("身高125", "125"),
        ("高125的", "125"),
        ("宝宝个子80", "80"),
        ("1.65米 55公斤", "165"),
        ("165高 110斤", "165"),
        ("她个子不高一米五八一百二十斤", "158"),
        ("一米六八十斤", "160"),
        ("身高搞错了 一米七二是我 她一米五八", "158"),
        ("我172 我妈158公分", "158"),
        ("165是我", None),
        ("高 50斤", None),
        ("119超了20块", None),
        ("169 20块", None),
        ("高帮的38", None),
        ("110高腰的", None),
    ],
)
def test_a_height_is_told_in_many_ways_and_is_no_weight_or_price(
    catalog: Catalog, text: str, height: str | None
) -> None:
    assert slots(text, catalog).get("height") == height


@pytest.mark.parametrize(
    "text", ["我在长沙 20块一条裤子是吧", "重庆有10件", "119超了20块", "孩子50斤", "一共150块", "身高110"]
)
def test_other_numbers_are_no_size_and_no_reward(catalog: Catalog, text: str) -> None:
    assert not {"size", "item"} & slots(text, catalog).keys()


@pytest.mark.parametrize(
    ("text", "spoken_of", "products"),
    [
        ("她里面还要穿厚毛衣 S会不会紧啊", "P017", ()),
        ("套毛衣穿！宽松点", "P017", ()),
        ("能穿在毛衣外面吗 大衣", None, ("P002",)),
        ("有什么围巾能配驼色大衣的", None, ("P016",)),
        ("大衣配什么围巾好看", None, ("P016",)),
        ("来一套四件套", "P017", ("P041",)),
    ],
)
def test_what_is_worn_with_a_thing_is_not_the_thing(
    catalog: Catalog, text: str, spoken_of: str | None, products: tuple[str, ...]
) -> None:
    assert find(text, catalog, NOW, spoken_of, NAMES).products == products
