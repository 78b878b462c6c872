"""What a complaint is about."""

import pytest

from tools.tickets import category_named, category_of, disputes_category


@pytest.mark.parametrize(
    ("body", "category"),
    [
        ("你们店员态度真好，就是排队太久了", "门店环境"),
        ("店员态度不好，就是排队太久了", "服务态度"),
        ("毛衣穿两回就起了一堆球球", "商品质量"),
        ("冲锋衣淋了场雨里头全湿了 这叫防水？？", "商品质量"),
        ("衣服不错，但快递把包裹压扁了", "物流配送"),
        ("五天前退的 店里说三天到账 骗人", "退款售后"),
        ("试衣间的门锁坏了", "门店环境"),
        ("厕所水管漏水", "门店环境"),
        ("搞什么鬼啊排了四十分钟队收银就一个人", "门店环境"),
        ("说不上来哪里不对", "其他"),
    ],
)
def test_a_complaint_is_filed_under_what_it_complains_of(body: str, category: str) -> None:
    assert category_of(body) == category


@pytest.mark.parametrize(
    ("said", "current", "named"),
    [
        ("是商品质量 不是价格！！", "价格活动", "商品质量"),
        ("类别改成商品质量 再提交", "价格活动", "商品质量"),
        ("类别不对吧 这是乱收费 不是环境", "门店环境", "价格活动"),
        ("怎么是商品质量 是你们店的设施", "商品质量", "门店环境"),
        ("应该算环境", "商品质量", "门店环境"),
        ("应该是昨天下午买的 质量不行", "价格活动", ""),
        ("没有其他了 登记吧", "服务态度", ""),
        ("当时还有其他店员在场", "服务态度", ""),
        ("商品质量也差 店员还骂人", "服务态度", ""),
        ("对 服务态度", "服务态度", ""),
    ],
)
def test_another_category_is_named_in_so_many_words(said: str, current: str, named: str) -> None:
    assert category_named(said, current) == named


@pytest.mark.parametrize(
    ("said", "before", "category"),
    [
        ("怎么是其他 就是快递摔的 物流的事", "其他", "物流配送"),
        ("不是卫生 是物流！ 快递摔的", "安全卫生", "物流配送"),
        ("归物流吧", "安全卫生", "物流配送"),
        ("物流", "其他", "物流配送"),
        ("物流呢", "其他", ""),
        ("是卫生 登吧", "服务态度", "安全卫生"),
        ("登吧 归质量类", "服务态度", "商品质量"),
        ("服务问题", "其他", "服务态度"),
        ("售后电话多少", "其他", ""),
        ("是态度 也是质量", "其他", ""),
    ],
)
def test_a_category_is_called_by_its_half(said: str, before: str, category: str) -> None:
    assert category_named(said, before) == category


@pytest.mark.parametrize(
    ("body", "category"),
    [("快递摔的 瓶子碎了", "物流配送"), ("快递员把我妈撞摔了", "安全卫生"), ("我老娘差点摔一跤", "安全卫生")],
)
def test_a_parcel_that_was_dropped_hurt_nobody(body: str, category: str) -> None:
    assert category_of(body) == category


@pytest.mark.parametrize(
    ("said", "disputes"),
    [("类别不对吧", True), ("类别错了", True), ("类别没错 登记", False), ("类别怎么写都行", False)],
)
def test_a_category_is_disputed(said: str, disputes: bool) -> None:
    assert disputes_category(said) is disputes
