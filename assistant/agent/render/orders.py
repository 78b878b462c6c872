"""Templates of orders, parcels, returns."""

from collections.abc import Callable
from typing import Any

from assistant.agent.render.words import choices, day, moment, pick, short_day, yuan
from assistant.domain.message import Card, Reply
from tools.resolve import line_label, order_label
from tools.types import (
    Eligibility,
    Logistics,
    Order,
    OrderList,
    OrderStatus,
    ReturnRequest,
    UsualList,
)

_NEXT = {
    OrderStatus.UNPAID: ("请在小程序完成付款，超时未付会自动取消。", ("取消订单",)),
    OrderStatus.PAID: ("发货前可以取消。", ("取消订单",)),
    OrderStatus.SHIPPED: ("包裹已经在路上。", ("快递到哪了",)),
    OrderStatus.READY: ("已经备好，请到{store}服务台出示取货码领取。", ()),
    OrderStatus.DONE: ("", ("申请退换",)),
    OrderStatus.CANCELLED: ("", ()),
    OrderStatus.RETURNING: ("退换申请正在处理，收到商品后原路退款。", ()),
    OrderStatus.REFUNDED: ("", ()),
}
_STATUS_EN = {
    OrderStatus.UNPAID: "waiting for payment", OrderStatus.PAID: "paid, not shipped yet",
    OrderStatus.SHIPPED: "on its way", OrderStatus.READY: "ready for pick-up", OrderStatus.DONE: "completed",
    OrderStatus.CANCELLED: "cancelled", OrderStatus.RETURNING: "return in progress", OrderStatus.REFUNDED: "refunded",
}  # fmt: skip


def order_card(o: Order) -> Card:
    rows = tuple((line_label(line), f"×{line.quantity} {yuan(line.price_cents)}") for line in o.lines[:4])
    return Card(
        "order", f"订单 {o.order_id}", f"{moment(o.created_at)} · {o.store}", o.status.value,
        (*rows, ("合计", yuan(o.total_cents)), *((("取货门店", o.pickup_store),) if o.pickup_store else ())),
    )  # fmt: skip


def orders(found: OrderList, en: bool) -> Reply:
    if not found.orders:
        return Reply(pick(en, "您还没有订单，去逛逛有什么喜欢的吧。", "You have no orders yet."))
    lines = [f"{n}. {order_label(o)} {yuan(o.total_cents)}" for n, o in enumerate(found.orders, 1)]
    lead = pick(en, f"您最近的{len(found.orders)}笔订单：", f"Your latest {len(found.orders)} orders:")
    return Reply(lead + "\n" + "\n".join(lines), tuple(order_card(o) for o in found.orders[:3]))


def order(o: Order, en: bool) -> Reply:
    note, follow = _NEXT[o.status]
    note = note.format(store=o.pickup_store or "门店")
    text = pick(
        en,
        f"{short_day(o.created_at)}的订单（{o.lines[0].product}{'等' if len(o.lines) > 1 else ''}，{yuan(o.total_cents)}）现在是“{o.status.value}”。{note}",
        f"Your order of {day(o.created_at, True)} ({yuan(o.total_cents)}) is {_STATUS_EN[o.status]}{f' at {o.pickup_store}' if o.pickup_store else ''}.",
    )
    return Reply(text, (order_card(o),), choices(*follow))


def logistics(found: Logistics, en: bool) -> Reply:
    if not found.steps:
        return Reply(
            pick(
                en,
                "这笔订单没有物流信息：可能还没发货，或是门店购买、到店自提。",
                "There is no shipping record for this order.",
            ),
            choices=choices("我的订单"),
        )
    last = found.steps[-1]
    text = pick(en, f"最新进展（{moment(last.at)}）：{last.text}。", f"Latest ({moment(last.at)}): {last.text}.")
    if found.expected_on:
        text += pick(en, f"预计{short_day(found.expected_on)}送达。", f" Expected on {day(found.expected_on, True)}.")
    if found.tracking_no:
        text += pick(en, f"{found.carrier}单号{found.tracking_no}。", f" {found.carrier} {found.tracking_no}.")
    rows = tuple((moment(s.at), s.text) for s in reversed(found.steps))
    return Reply(text, (Card("order", found.carrier or "物流进度", found.tracking_no, rows=rows),))


def eligibility(e: Eligibility, en: bool) -> Reply:
    name = line_label(e.line)
    if e.allowed:
        until = f"，{moment(e.until)}之前都可以办理" if e.until else ""
        text = pick(
            en, f"{name}可以{e.kind.value}{until}。{e.rule}。", f"Yes, {name} can be returned or exchanged: {e.rule}."
        )
        return Reply(text, choices=choices(f"我要{e.kind.value}", "先不用了"))
    text = pick(en, f"{name}现在不能{e.kind.value}：{e.rule}。", f"Sorry, {name} cannot be returned: {e.rule}.")
    return Reply(text, choices=choices("转人工"))


def return_request(r: ReturnRequest, en: bool) -> Reply:
    text = pick(
        en,
        f"{r.kind.value}申请已提交，编号{r.request_id}。{r.next_step}",
        f"Your request {r.request_id} is filed. {r.next_step}",
    )
    rows = [("商品", line_label(r.line)), ("编号", r.request_id)]
    if r.refund_cents:
        rows.append(("预计退款", yuan(r.refund_cents)))
    return Reply(text, (Card("order", f"{r.kind.value}申请", badge="已提交", rows=tuple(rows)),))


def usual(u: UsualList, en: bool) -> Reply:
    if not u.items:
        return Reply(pick(en, "还没看出您常买什么，多逛几次我就记住了。", "I can't see any regular purchases yet."))
    lines = []
    for item in u.items:
        rhythm = f"，大约{item.every_days}天买一次" if item.every_days else ""
        lines.append(
            f"{item.product.name}（{yuan(item.product.price_cents)}）：买过{item.times}次，最近{short_day(item.last_at)}{rhythm}"
        )
    first = u.items[0].product.name
    return Reply(
        pick(en, "您常买的是：", "You often buy:") + "\n" + "\n".join(lines), choices=choices(f"{first}哪家店有货")
    )


TEMPLATES: dict[type, Callable[[Any, bool], Reply]] = {
    OrderList: orders,
    Order: order,
    Logistics: logistics,
    Eligibility: eligibility,
    ReturnRequest: return_request,
    UsualList: usual,
}
