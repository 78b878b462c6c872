"""Turns the words of arguments into things: products, variants, stores, places, orders, moments. Asks where unsure."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

from tools.catalog import Place, narrow
from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused, UnknownThing
from tools.registry import ToolContext
from tools.types import Order, OrderLine, OrderStatus, Product, Store

SHANGHAI_OFFSET = timedelta(hours=8)
MAX_OPTIONS = 5


def spoken(at: datetime) -> str:
    """A moment in words, local: 11月22日 15:00."""
    here = at + SHANGHAI_OFFSET
    return f"{here.month}月{here.day}日 {here:%H:%M}"


def local_date(at: datetime) -> date:
    """The day in Asia/Shanghai (no daylight saving)."""
    return (at.astimezone(UTC) + SHANGHAI_OFFSET).date()


def product(
    ctx: ToolContext, words: str | None, *, in_colour: str | None = None, in_size: str | None = None
) -> Product:
    """The product that is meant; of several, the one that exists in the named colour and size.

    Raises NeedSlot, NeedChoice or UnknownThing.
    """
    if not words:
        raise NeedSlot("product", "您想看哪件商品？可以说商品名，比如“羽绒服”或“小白鞋”。")
    known = ctx.catalog.products
    if words in known:
        return known[words]
    found = ctx.catalog.products_in(words) or [known[h.key] for h in ctx.catalog.product_names.resolve(words)]
    found = narrow(list(dict.fromkeys(found)), f"{words} {ctx.text}")
    found = [p for p in found if has_colour(p, in_colour)] or found
    found = [p for p in found if has_size(p, in_size)] or found
    if len(found) == 1:
        return found[0]
    if not found:
        popular = list(known.values())[:3]
        raise UnknownThing(
            "product",
            f"没有找到“{words}”这件商品，您可以换个说法，或者看看这些：",
            tuple(Option(p.product_id, p.name) for p in popular),
        )
    raise NeedChoice("product", "您说的是哪一款？", tuple(Option(p.product_id, p.name) for p in found[:MAX_OPTIONS]))


def has_colour(item: Product, words: str | None) -> bool:
    """True where a product comes in a named colour, or none is named."""
    stem = (words or "").removesuffix("色")
    return not stem or any(stem in c for c in item.colours)


def has_size(item: Product, words: str | None) -> bool:
    """True where a product comes in a named size, or none is named."""
    return not words or words.upper() in (s.upper() for s in item.sizes)


def colour(item: Product, words: str | None) -> str | None:
    """A colour of this product, None where none was named. "白色" also means the one colour with 白 in it."""
    if not words or item.colours == ("默认",):
        return None
    if words in item.colours:
        return words
    stem = words.removesuffix("色").removesuffix("的")
    fitting = [c for c in item.colours if stem and (stem in c or c.removesuffix("色") in words)]
    if len(fitting) == 1:
        return fitting[0]
    raise NeedChoice(
        "colour",
        f"{item.name}有{'、'.join(item.colours)}，您要哪个颜色？" if not fitting else "您要哪个颜色？",
        tuple(Option(c, c) for c in (fitting or item.colours)),
    )


def size(item: Product, words: str | None) -> str | None:
    """A size of this product, None where none was named."""
    if not words or len(item.sizes) == 1:
        return None
    wanted = words.upper().removesuffix("码").removesuffix("号").strip()
    for known in item.sizes:
        if wanted in (known.upper(), known.upper().removesuffix("米")):
            return known
    raise NeedChoice("size", f"{item.name}没有{words}，有这些尺码：", tuple(Option(s, s) for s in item.sizes))


def store(ctx: ToolContext, words: str | None, *, question: str = "您想问哪家门店？") -> Store:
    """The store that is meant; where none is named, the one of the conversation (a scanned code)."""
    found = stores(ctx, words)
    if len(found) == 1:
        return found[0]
    if not found and words:
        raise UnknownThing("store", f"没有找到“{words}”这家门店，您可以说城市或附近的地名。", _some_stores(ctx))
    if found:
        raise NeedChoice("store", "您说的是哪家门店？", options_of(ctx, found))
    raise NeedSlot("store", question, _some_stores(ctx))


def stores(ctx: ToolContext, words: str | None) -> list[Store]:
    """Every store that the words may mean; the conversation's own where there are none."""
    known = ctx.catalog.stores
    if not words:
        return [known[ctx.store_id]] if ctx.store_id in known else []
    if words in known:
        return [known[words]]
    found = ctx.catalog.stores_in(words)
    if not found:
        city = [s for s in known.values() if s.city in words]
        found = city or [known[h.key] for h in ctx.catalog.store_names.resolve(words)]
    return list(dict.fromkeys(found))


def options_of(ctx: ToolContext, found: Sequence[Store]) -> tuple[Option, ...]:
    return tuple(Option(s.store_id, ctx.short(s.name)) for s in found[:MAX_OPTIONS])


def _some_stores(ctx: ToolContext) -> tuple[Option, ...]:
    return options_of(ctx, list(ctx.catalog.stores.values()))


def place(ctx: ToolContext, words: str | None) -> Place | None:
    """The point that is meant: a named place, else where the shopper said they are."""
    if words:
        found = ctx.catalog.places_in(words)
        if len(found) > 1 and len({p.city for p in found}) > 1:
            raise NeedChoice("place", "您说的是哪个城市？", tuple(Option(p.name, f"{p.city}{p.name}") for p in found))
        if found:
            return found[0]
    if ctx.lat is not None and ctx.lng is not None:
        return Place("您的位置", "", ctx.lat, ctx.lng)
    return None


def order(
    ctx: ToolContext, words: str | None, product_words: str | None = None, likely: Collection[OrderStatus] = ()
) -> Order:
    """The order that is meant: by number, by what was bought, "最近" for the newest; asks among the recent ones.

    What was bought more than once is meant in the one order that is in a `likely` state.
    """
    if words and (number := re.sub(r"\D", "", words)) and len(number) >= 8:
        return ctx.ports.merchant.orders.get(ctx.member, number)
    recent = list(ctx.ports.merchant.orders.recent(ctx.member, 8))
    if not recent:
        raise ToolRefused("no_orders", "您的账户里还没有订单。")
    if words and (number := re.sub(r"\D", "", words)) and len(number) >= 4:
        recent = [o for o in recent if o.order_id.endswith(number)] or recent
    wanted: Collection[str] = ()
    if product_words:
        wanted = (
            {product_words}
            if product_words in ctx.catalog.products
            else {p.product_id for p in ctx.catalog.products_in(product_words)}
        )
        fitting = [o for o in recent if any(line.product_id in wanted for line in o.lines)]
        if not fitting:
            raise UnknownThing("order", "最近的订单里没有这件商品，您看看是不是下面哪一笔？", order_options(recent))
        in_state = [o for o in fitting if o.status in likely]
        recent = in_state if len(in_state) == 1 else fitting
    if len(recent) == 1 or words == "最近":
        return recent[0]
    raise NeedChoice("order", "您说的是哪一笔订单？", order_options(recent, wanted))


def order_options(found: Sequence[Order], products: Collection[str] = ()) -> tuple[Option, ...]:
    """The orders to choose from, each told by the first of its things that is among `products`."""
    return tuple(Option(o.order_id, order_label(o, products)) for o in found[:MAX_OPTIONS])


def order_label(found: Order, products: Collection[str] = ()) -> str:
    """A line by which a shopper knows the order again: by a thing of `products` in it, else by its first."""
    day = local_date(found.created_at)
    meant = [line.product for line in found.lines if line.product_id in products]
    first = next(iter(meant or [line.product for line in found.lines]), "")
    more = f"等{len(found.lines)}件" if len(found.lines) > 1 else ""
    return f"{day.month}月{day.day}日 {first}{more}（{found.status.value}）"


def order_line(found: Order, words: str | None, ctx: ToolContext) -> OrderLine:
    """The line of an order that is meant; asks where there are several."""
    if len(found.lines) == 1:
        return found.lines[0]
    if words:
        by_number = [x for x in found.lines if str(x.line_no) == words or x.product_id == words]
        ids = {p.product_id for p in ctx.catalog.products_in(words)}
        fitting = by_number or [x for x in found.lines if x.product_id in ids]
        if len(fitting) == 1:
            return fitting[0]
    raise NeedChoice(
        "line", "是这笔订单里的哪一件？", tuple(Option(str(x.line_no), line_label(x)) for x in found.lines)
    )


def line_label(line: OrderLine) -> str:
    variant = "，".join(v for v in (line.colour, line.size) if v not in ("默认", "均码"))
    return f"{line.product}（{variant}）" if variant else line.product


def moment(ctx: ToolContext, words: str | None, question: str) -> datetime:
    """A moment that code has written as ISO (the mentions of a sentence are resolved before). Raises NeedSlot."""
    if not words:
        raise NeedSlot("time", question)
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise NeedSlot("time", question) from None
    return at if at.tzinfo else (at - SHANGHAI_OFFSET).replace(tzinfo=UTC)
