"""Words of arguments become things, or a question with options."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bootstrap import Service
from tools import resolve
from tools.errors import NeedChoice, NeedSlot, ToolRefused, UnknownThing
from tools.registry import ToolContext
from tools.types import OrderStatus


@pytest.fixture
def ctx(service: Service) -> ToolContext:
    return service.context_for("M0000001")()


def test_a_product_is_known_by_id_name_alias_and_english(ctx: ToolContext) -> None:
    found = {resolve.product(ctx, words).product_id for words in ("P026", "步川加绒雪地靴", "雪地靴", "snow boots")}

    assert found == {"P026"}


def test_several_fitting_products_are_offered(ctx: ToolContext) -> None:
    with pytest.raises(NeedChoice) as asked:
        resolve.product(ctx, "羽绒服")

    assert asked.value.slot == "product"
    assert 2 <= len(asked.value.options) <= resolve.MAX_OPTIONS
    assert all(o.value in ctx.catalog.products for o in asked.value.options)


def test_words_for_whom_it_is_narrow_the_choice(ctx: ToolContext) -> None:
    found = resolve.product(replace(ctx, text="给老公买羽绒服"), "羽绒服")

    assert found.category == "男装"


@pytest.mark.parametrize(("said", "found"), [
    ("真丝的衬衫", "云织真丝衬衫"), ("衬衫有真丝的吗", "云织真丝衬衫"), ("羽绒服 短款", "云织短款面包服"),
    ("初禾的羽绒服", "初禾儿童羽绒服"), ("冲锋衣小孩穿的", "初禾儿童防晒冲锋衣"), ("跑步穿的T恤", "山野集速干跑步T恤"),
    ("加绒的卫衣", "云织连帽卫衣"), ("运动鞋轻便点的", "步川云跑缓震跑鞋"), ("T恤", "云织纯棉圆领T恤"), ("切尔西", "步川切尔西短靴"),
])  # fmt: skip
def test_of_a_kind_the_described_one_is_meant_and_a_childs_only_for_children(
    ctx: ToolContext, said: str, found: str
) -> None:
    assert [p.name for p in ctx.catalog.products_in(said)] == [found]


def test_two_kinds_in_one_breath_are_both_meant(ctx: ToolContext) -> None:
    assert {p.name for p in ctx.catalog.products_in("牛奶和坚果有货吗")} == {"丰年鲜牛奶家庭装", "丰年每日坚果30包"}


def test_a_description_that_fits_none_leaves_all_of_a_kind(ctx: ToolContext) -> None:
    assert len(ctx.catalog.products_in("米白色的羽绒服")) == 2


def test_an_unknown_product_comes_with_suggestions(ctx: ToolContext) -> None:
    with pytest.raises(UnknownThing) as unknown:
        resolve.product(ctx, "宇宙飞船")

    assert "宇宙飞船" in unknown.value.public
    assert unknown.value.suggestions


def test_no_word_at_all_is_a_question(ctx: ToolContext) -> None:
    with pytest.raises(NeedSlot):
        resolve.product(ctx, None)
    with pytest.raises(NeedSlot):
        resolve.store(ctx, None)
    with pytest.raises(NeedSlot):
        resolve.moment(ctx, None, "什么时候？")


@pytest.mark.parametrize(("words", "colour"), [("米白", "米白"), ("米白色", "米白"), (None, None), ("", None)])
def test_a_colour_is_one_of_the_product(ctx: ToolContext, words: str | None, colour: str | None) -> None:
    assert resolve.colour(ctx.catalog.products["P001"], words) == colour


def test_a_colour_that_is_not_made_is_asked_about(ctx: ToolContext) -> None:
    with pytest.raises(NeedChoice) as asked:
        resolve.colour(ctx.catalog.products["P001"], "荧光绿")

    assert {o.value for o in asked.value.options} == set(ctx.catalog.products["P001"].colours)


@pytest.mark.parametrize(("words", "size"), [("m", "M"), ("M码", "M"), ("M号", "M"), (None, None)])
def test_a_size_is_one_of_the_product(ctx: ToolContext, words: str | None, size: str | None) -> None:
    assert resolve.size(ctx.catalog.products["P001"], words) == size


def test_a_size_that_is_not_made_is_asked_about(ctx: ToolContext) -> None:
    with pytest.raises(NeedChoice):
        resolve.size(ctx.catalog.products["P001"], "52")


@pytest.mark.parametrize("words", ["S001", "徐家汇店", "徐家汇", "旗舰店", "xujiahui", "徐家会店"])
def test_a_store_is_known_by_many_names(ctx: ToolContext, words: str) -> None:
    assert resolve.store(ctx, words).store_id == "S001"


@pytest.mark.parametrize(
    ("words", "store"),
    [("江汉店", "S013"), ("春熙店", "S011"), ("五一店", "S014"), ("滨江店", "S015"), ("新街口那家", "S005")],
)
def test_a_store_is_known_by_its_name_without_the_street(ctx: ToolContext, words: str, store: str) -> None:
    assert [s.store_id for s in ctx.catalog.stores_in(f"{words}几点关门")] == [store]


def test_a_city_with_several_stores_is_asked_about(ctx: ToolContext) -> None:
    with pytest.raises(NeedChoice) as asked:
        resolve.store(ctx, "北京")

    assert {o.value for o in asked.value.options} == {"S009", "S010"}


def test_the_store_of_a_scanned_code_is_meant_where_none_is_named(ctx: ToolContext) -> None:
    assert resolve.store(replace(ctx, store_id="S007"), None).store_id == "S007"


def test_the_newest_order_is_meant_by_the_word_for_it(ctx: ToolContext) -> None:
    newest = ctx.ports.merchant.orders.recent("M0000001", 1)[0]

    assert resolve.order(ctx, "最近").order_id == newest.order_id


def test_an_order_is_known_by_the_end_of_its_number_and_by_what_was_bought(ctx: ToolContext) -> None:
    by_number = resolve.order(ctx, "尾号000003")
    by_product = resolve.order(ctx, None, "P026")

    assert by_number.order_id.endswith("03")
    assert any(line.product_id == "P026" for line in by_product.lines)


def test_of_several_orders_with_a_product_the_one_under_way_is_meant(ctx: ToolContext) -> None:
    moving = resolve.order(ctx, None, "P037", likely=(OrderStatus.SHIPPED, OrderStatus.PAID))

    assert moving.status is OrderStatus.SHIPPED
    with pytest.raises(NeedChoice) as asked:
        resolve.order(ctx, None, "P037")
    assert all("洗面" in o.label or "洁面" in o.label for o in asked.value.options)


def test_several_orders_are_offered_with_words_to_know_them_by(ctx: ToolContext) -> None:
    with pytest.raises(NeedChoice) as asked:
        resolve.order(ctx, None)

    assert len(asked.value.options) == resolve.MAX_OPTIONS
    assert "月" in asked.value.options[0].label


def test_a_member_without_orders_is_told_so(service: Service) -> None:
    with pytest.raises(ToolRefused):
        resolve.order(service.context_for("M0000005")(), None)


def test_another_members_order_is_unknown(ctx: ToolContext) -> None:
    theirs = ctx.ports.merchant.orders.recent("M0000003", 1)[0].order_id

    with pytest.raises(UnknownThing):
        resolve.order(ctx, theirs)


@given(words=st.text(max_size=30))
def test_any_words_for_a_moment_are_a_moment_or_a_question(words: str) -> None:
    ctx = None

    try:
        found = resolve.moment(ctx, words, "什么时候？")  # type: ignore[arg-type]
    except NeedSlot as need:
        assert need.question == "什么时候？"
    else:
        assert found.utcoffset() is not None


def test_a_moment_without_a_zone_is_shanghai_time() -> None:
    found = resolve.moment(None, "2026-11-25T15:00:00", "")  # type: ignore[arg-type]

    assert found == datetime(2026, 11, 25, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "place"),
    [("南京东路附近有店吗", ["南京东路"]), ("成都路那边", []), ("南京有店吗", ["南京"]), ("北京路附近", ["北京路"])],
)
def test_a_street_that_is_named_after_a_city_is_not_that_city(ctx: ToolContext, said: str, place: list[str]) -> None:
    assert [p.name for p in ctx.catalog.places_in(said)] == place
