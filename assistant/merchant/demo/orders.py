"""Orders of the demo store, with the group's rules for returns, exchanges and cancelling."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.clock import Clock, local
from assistant.db import effects
from assistant.db.engine import Database
from assistant.db.retail import orders, shop
from tools.errors import ToolRefused, UnknownThing
from tools.types import (
    Eligibility,
    Logistics,
    Order,
    OrderStatus,
    ReturnKind,
    ReturnRequest,
    UsualPurchase,
)

SHOP_RETURN_DAYS = 15
ONLINE_RETURN_DAYS = 7
EXCHANGE_DAYS = 30
FAULT_DAYS = 90
_FAULT = "质量问题"
_NO_RETURN = {
    "食品": "食品非质量问题不支持退换",
    "美妆护肤": "美妆护肤拆封后非质量问题不支持退换，未拆封可到店处理",
}


class DemoOrders:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def recent(self, member_id: str, limit: int) -> Sequence[Order]:
        with self._db.read() as connection:
            return orders.recent(connection, member_id, limit)

    def get(self, member_id: str, order_id: str) -> Order:
        with self._db.read() as connection:
            order = orders.get(connection, member_id, order_id)
        if order is None:
            raise UnknownThing("order", "在您的账户里没有找到这笔订单，请核对一下订单号。")
        return order

    def logistics(self, member_id: str, order_id: str) -> Logistics:
        order = self.get(member_id, order_id)
        with self._db.read() as connection:
            parcel = orders.parcel(connection, order_id)
        expected = None
        if order.status is OrderStatus.SHIPPED:
            expected = max(local(order.created_at).date() + timedelta(days=4), local(self._clock.now()).date())
        elif order.status is OrderStatus.PAID:
            expected = local(order.created_at).date() + timedelta(days=5)
        return Logistics(order_id, parcel.carrier, parcel.tracking_no, parcel.steps, expected)

    def eligibility(
        self, member_id: str, order_id: str, line_no: int, kind: ReturnKind, reason: str | None
    ) -> Eligibility:
        order = self.get(member_id, order_id)
        line = next((x for x in order.lines if x.line_no == line_no), None)
        if line is None:
            raise UnknownThing("product", "这笔订单里没有这件商品。")
        with self._db.read() as connection:
            category = next(p.category for p in shop.all_products(connection) if p.product_id == line.product_id)
            open_return = orders.open_return(connection, order_id, line_no)
        allowed, until, rule = self._rule(order, category, kind, open_return, reason or "")
        refund = line.price_cents * line.quantity if kind is ReturnKind.RETURN else 0
        return Eligibility(order_id, line, kind, allowed, until, rule, refund)

    def _rule(
        self, order: Order, category: str, kind: ReturnKind, open_return: str | None, reason: str
    ) -> tuple[bool, datetime | None, str]:
        if open_return:
            return False, None, f"这件商品已经申请过退换，目前{open_return}"
        if order.status in (OrderStatus.UNPAID, OrderStatus.PAID):
            return False, None, "订单还没有发货，可以直接取消订单"
        if order.status is OrderStatus.SHIPPED:
            return False, None, "包裹还在路上，签收后就可以申请退换"
        if order.status is OrderStatus.CANCELLED or order.delivered_at is None:
            return False, None, f"订单{order.status.value}，不能申请退换"
        if _FAULT in reason:
            days, rule = FAULT_DAYS, f"有质量问题的，{FAULT_DAYS}天内可以退换，请保留实物、包装和小票"
        elif category in _NO_RETURN:
            return False, None, _NO_RETURN[category]
        elif kind is ReturnKind.EXCHANGE:
            days, rule = EXCHANGE_DAYS, "购买30天内，吊牌完好、未穿洗，可以换尺码或颜色"
        elif order.channel == "online":
            days, rule = ONLINE_RETURN_DAYS, "小程序订单签收7天内无理由退货，吊牌完好、未穿洗"
        else:
            days, rule = SHOP_RETURN_DAYS, "门店购买15天内，凭小票、吊牌完好、未使用可以退货"
        until = order.delivered_at + timedelta(days=days)
        if until < self._clock.now() and _FAULT in reason:
            return False, until, f"质量问题{FAULT_DAYS}天内可以退换；这件商品已经超过期限"
        if until < self._clock.now():
            return False, until, f"{rule}；这件商品已经超过期限。如果是质量问题，{FAULT_DAYS}天内仍可以处理"
        return True, until, rule

    def request_return(
        self, member_id: str, order_id: str, line_no: int, kind: ReturnKind, reason: str, key: str
    ) -> ReturnRequest:
        with self._db.read() as connection:
            if done := effects.done_before(connection, key, ReturnRequest):
                return done
        checked = self.eligibility(member_id, order_id, line_no, kind, reason)
        if not checked.allowed:
            raise ToolRefused("not_returnable", f"{checked.rule}。")
        now = self._clock.now()
        with self._db.write() as connection:
            orders.lock(connection, order_id)
            if done := effects.done_before(connection, key, ReturnRequest):
                return done
            if orders.open_return(connection, order_id, line_no):
                raise ToolRefused("return_open", "这件商品已经申请过退换，正在处理中。")
            request_id = orders.add_return(connection, order_id, line_no, kind.value, reason, checked.refund_cents, now)
            result = ReturnRequest(request_id, order_id, checked.line, kind, checked.refund_cents, _next_step(kind))
            effects.remember(connection, key, result, now)
        return result

    def cancel(self, member_id: str, order_id: str, key: str) -> Order:
        with self._db.write() as connection:
            orders.lock(connection, order_id)
            if done := effects.done_before(connection, key, Order):
                return done
            order = orders.get(connection, member_id, order_id)
            if order is None:
                raise UnknownThing("order", "在您的账户里没有找到这笔订单，请核对一下订单号。")
            if not order.cancellable:
                raise ToolRefused("not_cancellable", f"这笔订单{order.status.value}，已经不能取消了。{_way_out(order)}")
            orders.set_status(connection, order_id, OrderStatus.CANCELLED)
            result = orders.get(connection, member_id, order_id)
            assert result is not None
            effects.remember(connection, key, result, self._clock.now())
        return result

    def usual(self, member_id: str) -> Sequence[UsualPurchase]:
        with self._db.read() as connection:
            found = orders.bought_often(connection, member_id)
            known = {p.product_id: p for p in shop.all_products(connection)}
        return [
            UsualPurchase(known[p], times, last, (last - first).days // (times - 1) or None)
            for p, times, first, last in found
        ]


def _next_step(kind: ReturnKind) -> str:
    if kind is ReturnKind.RETURN:
        return "请在7天内把商品送到任一门店1F服务台，或在小程序预约上门取件；收到后3–7个工作日原路退款。"
    return "请在7天内带商品到任一门店1F服务台换货，或在小程序预约上门换新。"


def _way_out(order: Order) -> str:
    if order.status is OrderStatus.SHIPPED:
        return "您可以在派送时拒收，或签收后7天内申请退货。"
    return "如果需要，可以申请退货。" if order.status is OrderStatus.DONE else ""
