"""The demo accounts: five members whose orders, coupons and appointments make every service flow worth trying.

All moments are relative to the as-of day, so that the same words fit whenever the world is made.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from assistant.clock import SHANGHAI
from assistant.merchant.world.range import PRODUCTS, ProductSeed, skus


@dataclass(frozen=True)
class Persona:
    """A demo account. `about` is shown where one picks an account."""

    member_id: str
    name: str
    gender: str
    phone: str
    tier: str
    stage: str
    city: str
    store_id: str
    spend_cents: int
    birthday: date
    height_cm: int | None
    weight_kg: int | None
    foot_mm: int | None
    points: int
    expiring: int
    about: str


PERSONAS: tuple[Persona, ...] = (
    Persona("M0000001", "林晓雨", "女", "13800010001", "金卡", "高价值", "上海", "S001", 1_862_000, date(1993, 12, 6),
            165, 55, 238, 12_480, 1_200, "金卡会员，上海；有在途订单、待自提订单和即将过期的积分"),
    Persona("M0000002", "陈建国", "男", "13800010002", "普通", "老会员", "南京", "S005", 96_500, date(1968, 3, 21),
            172, 74, 258, 860, 0, "普通会员，南京；有一笔退货处理中"),
    Persona("M0000003", "王思琪", "女", "13800010003", "钻石", "高价值", "北京", "S009", 6_845_000, date(1986, 8, 15),
            170, 60, 245, 48_600, 6_000, "钻石会员，北京；已预约穿搭顾问"),
    Persona("M0000004", "李浩然", "男", "13800010004", "银卡", "老会员", "深圳", "S008", 934_000, date(1997, 5, 30),
            178, 70, 265, 3_150, 300, "银卡会员，深圳；再消费660元升金卡"),
    Persona("M0000005", "赵敏", "女", "13800010005", "普通", "新会员", "成都", "S011", 0, date(2001, 1, 9),
            None, None, None, 100, 0, "新会员，成都；还没有下过单"),
)  # fmt: skip

# suffix, member, days ago, channel, store, status, [(product, colour, size, quantity)]
_ORDERS: tuple[tuple[str, str, int, str, str, str, tuple[tuple[str, str, str, int], ...]], ...] = (
    ("01", "M0000001", 2, "online", "S001", "运输中", (("P001", "米白", "M", 1), ("P037", "默认", "120g", 2))),
    ("02", "M0000001", 1, "online", "S001", "待自提", (("P046", "豆绿", "均码", 1),)),
    ("03", "M0000001", 8, "store", "S001", "已完成", (("P003", "酒红", "M", 1), ("P004", "深蓝", "M", 1))),
    ("04", "M0000001", 0, "online", "S001", "待发货", (("P026", "栗色", "38", 1),)),
    ("05", "M0000001", 40, "online", "S002", "已完成", (("P035", "默认", "10片", 2), ("P037", "默认", "120g", 1))),
    ("06", "M0000001", 75, "store", "S001", "已完成", (("P035", "默认", "10片", 1), ("P053", "默认", "750g", 1))),
    ("07", "M0000001", 110, "online", "S001", "已完成", (("P035", "默认", "10片", 2),)),
    ("11", "M0000002", 5, "store", "S005", "退换处理中", (("P010", "黑色", "XL", 1),)),
    ("12", "M0000002", 33, "online", "S005", "已完成", (("P054", "默认", "5kg", 2), ("P055", "默认", "1L", 1))),
    ("21", "M0000003", 3, "online", "S009", "运输中", (("P002", "驼色", "L", 1),)),
    ("22", "M0000003", 12, "store", "S009", "已完成", (("P039", "默认", "50g", 1), ("P038", "正红", "均码", 1))),
    ("23", "M0000003", 6, "online", "S009", "已完成", (("P013", "藏青", "XL", 1),)),
    ("31", "M0000004", 6, "online", "S008", "已完成", (("P023", "黑色", "42", 1),)),
    ("32", "M0000004", 20, "store", "S008", "已完成", (("P017", "黑色", "L", 1),)),
    ("33", "M0000004", 1, "online", "S016", "待付款", (("P014", "浅灰", "L", 1),)),
)  # fmt: skip


@dataclass(frozen=True)
class PersonaRows:
    """Rows by table, in the column order that `seed` uses."""

    orders: list[tuple[Any, ...]]
    order_lines: list[tuple[Any, ...]]
    order_steps: list[tuple[Any, ...]]
    returns: list[tuple[Any, ...]]
    points: list[tuple[Any, ...]]
    coupons: list[tuple[Any, ...]]
    appointments: list[tuple[Any, ...]]


def at(as_of: date, days_ago: float, clock: time = time(14, 20)) -> datetime:
    """A local moment so many days before the as-of day, as UTC."""
    day = as_of - timedelta(days=int(days_ago))
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)


def _product(product_id: str) -> ProductSeed:
    return next(p for p in PRODUCTS if p.product_id == product_id)


def _sku(product_id: str, colour: str, size: str) -> str:
    return next(s for s, c, z in skus(_product(product_id)) if (c, z) == (colour, size))


def order_id(as_of: date, suffix: str, days_ago: int) -> str:
    return f"{as_of - timedelta(days=days_ago):%y%m%d}900000{suffix}"


def rows(as_of: date) -> PersonaRows:
    """All that belongs to the demo accounts beyond their member rows."""
    made = PersonaRows([], [], [], [], [], [], [])
    for suffix, member, days, channel, store, status, lines in _ORDERS:
        _order(made, as_of, suffix, member, days, channel, store, status, lines)
    year_end = date(as_of.year, 12, 31)
    for persona in PERSONAS:
        older = persona.points - persona.expiring
        if persona.expiring:
            made.points.append((persona.member_id, at(as_of, 400), persona.expiring, "历史积分结余", year_end))
        made.points.append((persona.member_id, at(as_of, 30), older, "购物积分", date(as_of.year + 1, 12, 31)))
        made.coupons.append(
            (f"MC-{persona.member_id}-1", persona.member_id, "CO01", "available", at(as_of, -9, time(23, 59)))
        )
    made.coupons.append(("MC-M0000001-2", "M0000001", "CO03", "available", at(as_of, -3, time(23, 59))))
    made.coupons.append(("MC-M0000001-3", "M0000001", "CO02", "used", at(as_of, 4, time(23, 59))))
    made.appointments.append(
        ("A900001", "M0000003", "S009", "刘佳宁", at(as_of, -2, time(15, 0)), "年会穿搭", "已预约")
    )
    return made


def _order(
    made: PersonaRows, as_of: date, suffix: str, member: str, days: int, channel: str, store: str, status: str,
    lines: tuple[tuple[str, str, str, int], ...],
) -> None:  # fmt: skip
    number = order_id(as_of, suffix, days)
    # an order of today was made at opening time, whatever hour it is now
    created = at(as_of, days, time(0, 30) if days == 0 else time(14, 20))
    total = sum(_product(p).price_cents * q for p, _, _, q in lines)
    done = status in ("已完成", "退换处理中")
    delivered = (created if channel == "store" else created + timedelta(days=2)) if done else None
    shipped = status in ("运输中", "已完成") and channel == "online"
    made.orders.append(
        (number, member, store, channel, status, created, delivered, total, total // 100, None,
         "顺丰速运" if shipped else None, f"SF14{number[-8:]}{suffix}" if shipped else None)
    )  # fmt: skip
    for n, (product, colour, size, quantity) in enumerate(lines, 1):
        made.order_lines.append(
            (number, n, _sku(product, colour, size), "B2600", quantity, _product(product).price_cents)
        )
    if channel == "online" and status != "待付款":
        made.order_steps.append((number, created + timedelta(minutes=1), "订单已支付，仓库准备发货"))
    if shipped:
        made.order_steps.append((number, created + timedelta(hours=20), "包裹已从华东一号仓发出"))
        made.order_steps.append((number, created + timedelta(hours=31), "包裹已到达转运中心，正在发往目的城市"))
    if status == "待自提":
        made.order_steps.append((number, created + timedelta(hours=3), "商品已备好，请凭取货码到1F服务台自提"))
    if status == "退换处理中":
        made.returns.append(
            (f"R{number}1", number, 1, "退货", "尺码不合适", "处理中", total, at(as_of, 2, time(11, 0)))
        )
