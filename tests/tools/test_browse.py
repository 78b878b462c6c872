"""Looking round the range by kind, price and person."""

from dataclasses import replace

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper
from tools import browse, inventory
from tools.registry import ToolContext
from tools.types import ProductList


@pytest.fixture
def ctx(service: Service) -> ToolContext:
    return service.context_for("M0000001")()


def found(ctx: ToolContext, said: str, spoken_of: str | None = None) -> ProductList:
    return inventory.product_find(replace(ctx, text=said), inventory.ProductArgs(product=spoken_of))


@pytest.mark.parametrize(("said", "most", "about", "least"), [
    ("三百以内的包", 300, None, None), ("一百块以下", 100, None, None), ("不超过500", 500, None, None), ("三百五左右", None, 350, None), ("预算两百", 200, None, None),
    ("两千以上的大衣", None, None, 2000), ("100到300元的", 300, None, 100), ("35到38的鞋有吗", None, None, None), ("不低于500", None, None, 500), ("五百以上一千以下", 1000, None, 500), ("一千零五十以内", 1050, None, None), ("最多两件", None, None, None), ("不到一百斤", None, None, None), ("三百块钱的外套", None, 300, None), ("有没得几十块的", 99, None, None), ("三公里以内的店", None, None, None), ("165以上", None, None, None),
    ("一千五预算", 1500, None, None), ("under 200", 200, None, None),
])  # fmt: skip
def test_a_price_is_read_as_people_say_it(said: str, most: int | None, about: int | None, least: int | None) -> None:
    wanted = browse.wish(said)

    assert [cents and cents // 100 for cents in (wanted.most, wanted.about, wanted.least)] == [most, about, least]


def test_a_kind_within_a_price_is_listed(ctx: ToolContext) -> None:
    shown = found(ctx, "有没得几十块钱的护肤品")

    assert shown.query == "99元以内的护肤品"
    assert shown.fits
    assert all(p.category == "美妆护肤" and p.price_cents < 100_00 for p in shown.products)


def test_where_nothing_meets_the_price_the_nearest_is_told_as_such(ctx: ToolContext) -> None:
    shown = found(ctx, "十块以内的外套")

    assert not shown.fits
    assert shown.products[0].price_cents == min(p.price_cents for p in shown.products)


def test_of_a_named_kind_only_what_meets_the_price(ctx: ToolContext) -> None:
    assert all(p.price_cents <= 500_00 for p in found(ctx, "五百以内的毛衣或者开衫").products)


@pytest.mark.parametrize(
    ("said", "never"), [("200左右送男朋友", "女装"), ("预算三百 送闺蜜生日", "男装"), ("衣服有什么推荐", "童装")]
)
def test_a_present_is_for_whom_it_is(ctx: ToolContext, said: str, never: str) -> None:
    assert never not in {p.category for p in found(ctx, said).products}


@pytest.mark.parametrize("said", ["我再凑一件 有没有五十块左右的东西", "五十块左右的 随便啥"])
def test_anything_at_a_price_is_not_like_what_was_spoken_of(ctx: ToolContext, said: str) -> None:
    assert "男装" not in {p.category for p in found(ctx, said, "P014").products}


def test_something_to_wear_is_no_chair(ctx: ToolContext) -> None:
    shown = found(ctx, "两百来块 想给我爸整个过年穿的", "P014")

    assert shown.query == "200元左右的衣服"
    assert "P022" not in {p.product_id for p in shown.products}


def test_a_present_need_not_be_like_what_was_spoken_of(ctx: ToolContext) -> None:
    assert len({p.category for p in found(ctx, "三百以内送老公的有什么", "P037").products}) > 1


def test_something_cheaper_is_like_what_was_spoken_of(ctx: ToolContext) -> None:
    mask = ctx.catalog.products["P035"]
    cheaper = found(ctx, "有没有便宜点的", "P035").products

    assert cheaper
    assert all(p.category == mask.category and p.price_cents < mask.price_cents for p in cheaper)


@pytest.mark.parametrize(
    "said", ["这双鞋多少钱", "多少钱", "有什么颜色", "还有别的颜色吗", "还有什么颜色", "有其它颜色没"]
)
def test_a_question_about_what_was_spoken_of_stays_with_it(ctx: ToolContext, said: str) -> None:
    assert [p.product_id for p in found(ctx, said, "P023").products] == ["P023"]


def test_the_reply_says_what_was_looked_for(service: Service) -> None:
    heard = Shopper(service).hear("三百以内的包有吗")

    assert heard.startswith("没有300元以内的包，价格最接近的是：")
    assert "登山包" in heard
