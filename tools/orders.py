"""Orders: list, status, way of the parcel, returns and exchanges, cancelling, usual purchases."""

from tools import resolve
from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.types import Eligibility, Logistics, Order, OrderList, OrderStatus, ReturnKind, ReturnRequest, UsualList

family = Family()
_MOVING = (OrderStatus.SHIPPED, OrderStatus.PAID)
_OPEN = (OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.READY, OrderStatus.RETURNING)
_CANCELLABLE = (OrderStatus.UNPAID, OrderStatus.PAID)


class OrderArgs(Args):
    order: str | None = None
    product: str | None = None


class ReturnArgs(OrderArgs):
    line: str | None = None
    kind: str | None = None
    reason: str | None = None


@family.read(NoArgs)
def orders_recent(ctx: ToolContext, _: NoArgs) -> OrderList:
    """我最近的订单列表。例：看下我的订单；我最近买了啥"""
    return OrderList(tuple(ctx.ports.merchant.orders.recent(ctx.member, 5)))


@family.read(OrderArgs)
def order_status(ctx: ToolContext, args: OrderArgs) -> Order:
    """一笔订单的状态：付款了吗、发货了吗、能取了吗。例：我的订单发货了没；那双雪地靴什么情况"""
    return resolve.order(ctx, args.order, args.product, likely=_OPEN)


@family.read(OrderArgs)
def order_logistics(ctx: ToolContext, args: OrderArgs) -> Logistics | Order:
    """快递到哪了、什么时候到、单号。例：我的快递到哪了；羽绒服几号能到"""
    if not args.order and not args.product:
        moving = [o for o in ctx.ports.merchant.orders.recent(ctx.member, 8) if o.status in _MOVING]
        if len(moving) == 1:
            return _parcel(ctx, moving[0])
        if moving:
            raise NeedChoice("order", "您问的是哪一个包裹？", resolve.order_options(moving))
    order = resolve.order(ctx, args.order, args.product, likely=_MOVING)
    return _parcel(ctx, order)


def _parcel(ctx: ToolContext, order: Order) -> Logistics | Order:
    """Where the parcel is; of an order that has none on its way, how it stands."""
    found = ctx.ports.merchant.orders.logistics(ctx.member, order.order_id)
    return found if found.steps else order


def _kind(words: str | None) -> ReturnKind:
    if words and "换" in words:
        return ReturnKind.EXCHANGE
    if words and "退" in words:
        return ReturnKind.RETURN
    raise NeedSlot("kind", "您是想退货还是换货？", (Option("退货", "退货"), Option("换货", "换货")))


@family.read(ReturnArgs)
def return_check(ctx: ToolContext, args: ReturnArgs) -> Eligibility:
    """某件买过的商品现在能不能退或换。例：我上周买的毛衣还能退吗；这个还能换码吗"""
    order = resolve.order(ctx, args.order, args.product, likely=(OrderStatus.DONE,))
    line = resolve.order_line(order, args.line or args.product, ctx)
    kind = _kind(args.kind or "退货")
    return ctx.ports.merchant.orders.eligibility(ctx.member, order.order_id, line.line_no, kind, args.reason)


def _plan_return(ctx: ToolContext, args: ReturnArgs) -> WritePlan:
    kind = _kind(args.kind)
    order = resolve.order(ctx, args.order, args.product, likely=(OrderStatus.DONE,))
    line = resolve.order_line(order, args.line or args.product, ctx)
    checked = ctx.ports.merchant.orders.eligibility(ctx.member, order.order_id, line.line_no, kind, args.reason)
    if not checked.allowed:
        raise ToolRefused("not_returnable", f"{line.product}现在不能{kind.value}：{checked.rule}。")
    if not args.reason:
        raise NeedSlot(
            "reason",
            f"可以{kind.value}。方便说下原因吗？",
            tuple(Option(r, r) for r in ("尺码不合适", "不喜欢", "质量问题", "发错货")),
        )
    rows = [("商品", resolve.line_label(line)), ("类型", kind.value), ("原因", args.reason)]
    if kind is ReturnKind.RETURN:
        rows.append(("预计退款", f"¥{checked.refund_cents / 100:,.2f}"))
    resolved = {"order": order.order_id, "line": str(line.line_no), "kind": kind.value, "reason": args.reason}
    return WritePlan(f"申请{kind.value}", tuple(rows), resolved)


@family.write(ReturnArgs, _plan_return)
def return_request(ctx: ToolContext, args: ReturnArgs) -> ReturnRequest:
    """申请退货或换货。例：我要退货；帮我把跑鞋换大一码"""
    return ctx.ports.merchant.orders.request_return(
        ctx.member, args.order or "", int(args.line or 0), _kind(args.kind), args.reason or "", ctx.key
    )


def _plan_cancel(ctx: ToolContext, args: OrderArgs) -> WritePlan:
    if not args.order and not args.product:
        open_orders = [o for o in ctx.ports.merchant.orders.recent(ctx.member, 8) if o.cancellable]
        if not open_orders:
            raise ToolRefused("nothing_to_cancel", "您没有可以取消的订单：只有待付款和待发货的订单能取消。")
        if len(open_orders) > 1:
            raise NeedSlot("order", "您要取消哪一笔订单？", resolve.order_options(open_orders))
        order = open_orders[0]
    else:
        order = resolve.order(ctx, args.order, args.product, likely=_CANCELLABLE)
    if not order.cancellable:
        raise ToolRefused(
            "not_cancellable", f"这笔订单{order.status.value}，已经不能取消了。如果需要，签收后可以申请退货。"
        )
    rows = (("订单", resolve.order_label(order)), ("金额", f"¥{order.total_cents / 100:,.2f}"))
    return WritePlan("取消订单", rows, {"order": order.order_id})


@family.write(OrderArgs, _plan_cancel)
def order_cancel(ctx: ToolContext, args: OrderArgs) -> Order:
    """取消还没发货的订单。例：不想要了，取消订单；雪地靴那单取消掉"""
    return ctx.ports.merchant.orders.cancel(ctx.member, args.order or "", ctx.key)


@family.read(NoArgs)
def usual_purchases(ctx: ToolContext, _: NoArgs) -> UsualList:
    """我经常买、回购的东西。例：我平时老买的那个面膜；我常买什么"""
    return UsualList(tuple(ctx.ports.merchant.orders.usual(ctx.member)))
