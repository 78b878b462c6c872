"""Slots as words → slots as ids, by the same resolvers that the tools use, so that any assistant is judged alike.

Called by `eval.shopper_score` for what our assistant and the peer put into tools.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from tools import coupons, points, resolve
from tools.all import TOOLS
from tools.errors import ToolError
from tools.registry import ToolContext

Slots = dict[str, str]


def settled(ctx: ToolContext, tool: str, raw: Slots) -> Slots:
    """What the tool would understand. A slot that resolves to nothing, or to several things, keeps its words."""
    slots = TOOLS[tool].slots
    found = {k: v for k, v in raw.items() if k in slots and v}
    if "product" in found:
        _try(found, "product", lambda: resolve.product(ctx, found["product"]).product_id)
    product = ctx.catalog.products.get(found.get("product", ""))
    if product is not None:
        for slot, resolver in (("colour", resolve.colour), ("size", resolve.size)):
            if slot in found:
                _try(found, slot, lambda slot=slot, resolver=resolver: resolver(product, found[slot]) or "")  # type: ignore[misc]
    if "store" in slots and (found.get("store") or ctx.store_id):
        _try(found, "store", lambda: resolve.store(ctx, found.get("store")).store_id)
    if found.get("place"):
        _try(found, "place", lambda: getattr(resolve.place(ctx, found["place"]), "name", found["place"]))
    if "order" in slots and (found.get("order") or found.get("product")):
        _order(ctx, slots, found)
    if found.get("item"):
        _try(found, "item", lambda: points.reward(ctx, found["item"]).item_id)
    if found.get("coupon"):
        _try(found, "coupon", lambda: coupons.coupon(ctx, found["coupon"]).coupon_id)
    if found.get("time"):
        _try(found, "time", lambda: datetime.fromisoformat(found["time"]).astimezone(UTC).isoformat())
    return found


def _order(ctx: ToolContext, slots: tuple[str, ...], found: Slots) -> None:
    try:
        order = resolve.order(ctx, found.get("order"), found.get("product"))
        found["order"] = order.order_id
        if "line" in slots:
            found["line"] = str(resolve.order_line(order, found.get("line") or found.get("product"), ctx).line_no)
    except ToolError:
        return


def _try(found: Slots, slot: str, value: Callable[[], str]) -> None:
    try:
        found[slot] = value()
    except (ToolError, ValueError):
        return


def same(slot: str, wanted: str, got: str | None) -> bool:
    """Whether a slot's value is the labelled one."""
    if got is None:
        return False
    if slot == "kind":
        return wanted[0] in got
    if slot in ("tier", "looked_for"):
        return wanted in got or got in wanted
    if slot in ("height", "weight"):
        return got.removesuffix("cm").removesuffix("kg").strip() == wanted
    return wanted.upper() == got.upper()
