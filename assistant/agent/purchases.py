"""What the member bought: the order and the thing that vague words mean ("那双鞋", "上次买的米").

Enters: a `Turn`. Leaves: order, line and product of the member's recent orders; empty where unsure. Called by `fill`,
`outcomes`, `context`, `understand` and `ranking`.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from assistant.agent.exchange import Turn
from assistant.agent.particulars import OTHER_SIZE, called_other_size
from tools.errors import BackendDown, ToolError
from tools.types import Order, OrderStatus, Product

TELLING = 3  # characters of a product's name that tell which is meant
_BOUGHT = re.compile("[买拍订](?:的|了|过|到|回)|上次|上回|之前|前阵子|那单")
# what people call a thing that they bought without naming it: the word, categories, parts of names
_KINDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("鞋|shoes", ("鞋履",), ("鞋", "靴")), ("靴|boots", (), ("靴",)), ("牛仔", (), ("牛仔",)), ("裤|pants", (), ("裤",)), ("裙", (), ("裙",)), ("外套|jacket", (), ("服", "外套", "冲锋衣", "大衣", "西装")),
    ("衣服|衣裳|上衣|clothes", ("女装", "男装", "童装", "运动户外"), ()), ("护肤品|化妆品|skincare", ("美妆护肤",), ()), ("杯", (), ("杯",)), ("包(?!裹|装|括|邮)", (), ("包40L",)),
    ("吃的|零食|食品", ("食品",), ()), ("电器|家电", ("小家电",), ()), ("油", (), ("油",)), ("米(?!白)", (), ("大米",)),
)  # fmt: skip
# words that tell in which state the order must be, where only one is
_STATES: tuple[tuple[str, tuple[OrderStatus, ...]], ...] = (
    ("取货|自提|去取|去拿|能拿|能取|备好|提货|取了|拿了|pick", (OrderStatus.READY,)),
    ("没付|未付|付款|付钱|没给钱|不付", (OrderStatus.UNPAID,)),
    ("退款|退货|退的|退掉的|换货|退到|退下|refund", (OrderStatus.RETURNING,)),
    ("发货|发出|寄出|发了|没发|还发|ship", (OrderStatus.PAID,)),
)
_WORN = ("鞋履", "女装", "男装", "童装", "运动户外")


def meant(tool: str, turn: Turn, text: str, reason: str = "") -> dict[str, str]:
    """The one order that fits a vague word ("那双鞋") or the state that the question speaks of; empty where unsure."""
    orders = recent(turn)
    if (by_name := _by_part_of_name(orders, text)) is not None:
        return {"order": by_name}
    if fitting := list(of_kind(orders, turn, text)):
        if len({o.order_id for o, _ in fitting}) == 1:
            order, product_id = fitting[0]
            alone = tool.startswith("return") and len(fitting) == 1
            return {"order": order.order_id, **({"product": product_id} if alone else {})}
        return {}
    if (shade := turn.mentions.slots.get("colour")) and not turn.mentions.products:
        coloured = {o.order_id for o in orders for line in o.lines if line.colour.startswith(shade.removesuffix("色"))}
        if len(coloured) == 1:
            return {"order": coloured.pop()}
    if tool in ("order_status", "order_logistics"):
        for pattern, states in _STATES:
            if re.search(pattern, text.lower()):
                found = [o for o in orders if o.status in states]
                return {"order": found[0].order_id} if len(found) == 1 else {}
    if tool.startswith("return"):
        done = [o for o in orders if o.status is OrderStatus.DONE]
        if _of_size(turn, reason):
            done = [o for o in done if any(_is_worn(line.product_id, turn) for line in o.lines)]
        return {"order": done[0].order_id} if len(done) == 1 else {}
    return {}


def told_kind(tool: str, turn: Turn) -> dict[str, str]:
    """The one thing that was bought of a kind that is told, where what was spoken of is of another kind ("上次买的米")."""
    item = turn.ctx.catalog.products.get(turn.state.focus.product_id or "")
    told = list(of_kind(recent(turn), turn, turn.text)) if item is not None and _BOUGHT.search(turn.text) else []
    if len({(o.order_id, p) for o, p in told}) != 1 or told[0][1] == turn.state.focus.product_id:
        return {}
    order, product = told[0]
    return {"order": order.order_id, **({"product": product} if tool.startswith("return") else {})}


def owns(turn: Turn, product_id: str) -> bool:
    """True where the member's recent orders hold the product."""
    return any(line.product_id == product_id for o in recent(turn) for line in o.lines)


def unshipped(tool: str, filled: dict[str, str], turn: Turn) -> str | None:
    """The order of a wished return that has not left yet, and is cancelled instead."""
    if tool != "return_request" or "换" in filled.get("kind", ""):
        return None
    product, order = filled.get("product"), filled.get("order")
    meant = [
        o
        for o in recent(turn)
        if (order and o.order_id == order) or (not order and product in {line.product_id for line in o.lines})
    ]
    waiting = len(meant) == 1 and meant[0].status in (OrderStatus.UNPAID, OrderStatus.PAID)
    return meant[0].order_id if waiting else None


def next_size(turn: Turn, filled: dict[str, str], step: int) -> str:
    """The size so many steps from the one that was bought; empty where that one is not known or has no such neighbour."""
    order, line, product = filled.get("order"), filled.get("line"), filled.get("product")
    meant = [
        x
        for o in recent(turn)
        if order in (None, o.order_id)
        for x in o.lines
        if line in (None, str(x.line_no)) and product in (None, x.product_id)
    ]
    item = turn.ctx.catalog.products.get(meant[0].product_id) if len(meant) == 1 else None
    if item is None or meant[0].size not in item.sizes:
        return ""
    at = item.sizes.index(meant[0].size) + step
    return item.sizes[at] if 0 <= at < len(item.sizes) else ""


def has_coloured(turn: Turn, colour: str) -> bool:
    """True where a colour tells the thing that was bought rather than the one wished for it ("那件酒红的")."""
    stem = colour.removesuffix("色")
    return "换" + stem not in turn.text and any(line.colour.startswith(stem) for o in recent(turn) for line in o.lines)


def recent(turn: Turn) -> tuple[Order, ...]:
    """The member's last orders. Many readings of one message look at them: asked for once, until a tool may have changed
    them."""
    if turn.ctx.member_id is None:
        return ()
    called = len(turn.trace.tools.calls)
    if turn.recent is None or turn.recent[0] != called:
        try:
            found = tuple(turn.ctx.ports.merchant.orders.recent(turn.ctx.member_id, 8))
        except (ToolError, BackendDown):  # the tool itself will meet the same fault and say so
            found = ()
        turn.recent = (called, found)
    return turn.recent[1]


def of_kind(orders: tuple[Order, ...], turn: Turn, text: str) -> Iterator[tuple[Order, str]]:
    for pattern, categories, names in _KINDS:
        if not re.search(pattern, text.lower()):
            continue
        fitting = [
            (order, line.product_id)
            for order in orders
            for line in order.lines
            if (item := turn.ctx.catalog.products.get(line.product_id)) and _is_kind(item, categories, names)
        ]
        if fitting:
            yield from fitting
            return


def _of_size(turn: Turn, reason: str) -> bool:
    """True where a return is about a size: what has none cannot be meant."""
    named = turn.mentions.slots
    return "size" in named or OTHER_SIZE in (reason, named.get("reason")) or called_other_size(turn.text)


def _is_worn(product_id: str, turn: Turn) -> bool:
    item = turn.ctx.catalog.products.get(product_id)
    return item is not None and item.category in _WORN


def _by_part_of_name(orders: tuple[Order, ...], text: str) -> str | None:
    """The one order with a thing of whose name a telling part stands in the text ("那件白鹅绒的")."""
    parts = {o.order_id: max((_shared(line.product, text) for line in o.lines), default=0) for o in orders}
    longest = max(parts.values(), default=0)
    found = [order for order, length in parts.items() if length == longest]
    return found[0] if longest >= TELLING and len(found) == 1 else None


def _shared(name: str, text: str) -> int:
    """Length of the longest run of characters that a name and a text share."""
    found = SequenceMatcher(None, name, text, autojunk=False).find_longest_match()
    return found.size


def _is_kind(item: Product, categories: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return item.category in categories or any(n in item.name for n in names)
