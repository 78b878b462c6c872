"""Products and stock: finding, stock near a place, reserving for pick-up, advice on size."""

from dataclasses import replace

from tools import browse, resolve
from tools.catalog import Place, with_distances
from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused
from tools.numerals import whole
from tools.registry import Args, Family, ToolContext, WritePlan
from tools.types import Measurements, Product, ProductList, Reservation, SizeAdvice, StockAnswer, Store, StoreStock

family = Family()
MAX_NEAR = 4
MOST_RESERVED = 5  # pieces in one reservation


class ProductArgs(Args):
    product: str | None = None


class StockArgs(ProductArgs):
    colour: str | None = None
    size: str | None = None
    store: str | None = None
    place: str | None = None


class ReserveArgs(StockArgs):
    quantity: str | None = None


class SizeArgs(ProductArgs):
    """`wearer`: who is to wear it, where they said so: "我" or another. `usual`: the size of shoes they usually wear, halves
    as "37.5". `fit`: "宽松" where it is to sit loosely or go over other clothes."""

    height: str | None = None
    weight: str | None = None
    wearer: str | None = None
    usual: str | None = None
    fit: str | None = None


@family.read(ProductArgs)
def product_find(ctx: ToolContext, args: ProductArgs) -> ProductList:
    """商品介绍：价格、颜色、尺码、材质，或找某类商品。例：羽绒服多少钱；有什么面霜推荐；小白鞋有几个颜色"""
    if (browsed := _browsed(ctx, args.product or "")) is not None:
        return browsed
    if not args.product:
        raise NeedSlot("product", "您想找什么商品？说个品类就行，比如“羽绒服”“面膜”。")
    words = args.product
    if words in ctx.catalog.products:
        return ProductList(words, (ctx.catalog.products[words],))
    found = ctx.catalog.products_in(words)
    if not found:
        found = [p for p in ctx.catalog.products.values() if words in (p.category, p.brand)]
    if not found:
        return ProductList(words, (resolve.product(ctx, words),))
    return ProductList(words, tuple(found[:4]))


def _browsed(ctx: ToolContext, product: str) -> ProductList | None:
    """What fits a kind, a price or a person that the message tells; None where it asks about one product."""
    wanted, named = browse.wish(ctx.text), ctx.catalog.products_in(ctx.text)
    before = ctx.catalog.products.get(product) if not named else None
    about_it = before is not None and not (wanted.others or wanted.priced) and wanted.includes(before)
    if about_it or not (wanted.priced if named else wanted.told):
        return None
    found, fits = browse.look(ctx.catalog, wanted, ctx.text, _of_kind(ctx, named), before)
    return ProductList(wanted.words(), tuple(found), fits=fits) if found else None


def _of_kind(ctx: ToolContext, named: list[Product]) -> list[Product]:
    """All products of the kinds that a message names by their common words ("卫衣"), else those that it names."""
    hits = ctx.catalog.product_names.scan(ctx.text) if named else []
    keys = dict.fromkeys(key for hit in hits for key in ctx.catalog.kinds.get(hit.name, ()))
    return [ctx.catalog.products[key] for key in keys] or named


@family.read(StockArgs)
def stock_check(ctx: ToolContext, args: StockArgs) -> StockAnswer:
    """某件商品（颜色、尺码）在某店或附近有没有货。例：徐家汇店有M码羽绒服吗；哪家店有42码跑鞋；这个白色还有货吗"""
    item = resolve.product(ctx, args.product, in_colour=args.colour, in_size=args.size)
    colour, size = resolve.colour(item, args.colour), resolve.size(item, args.size)
    named = resolve.stores(ctx, args.store) if args.store else []
    place = resolve.place(ctx, args.place)
    stock = list(ctx.ports.merchant.inventory.stock(item.product_id, colour, size))
    asked_store = named[0] if len(named) == 1 else None
    if len(named) > 1:  # a city was named: stay in it where it has any
        ids = {s.store_id for s in named}
        stock = [s for s in stock if s.store_id in ids] or stock
    asked = sum(s.quantity for s in stock if asked_store and s.store_id == asked_store.store_id)
    near = _near(ctx, stock, asked_store, place)
    others = () if stock else _other_variants(ctx, item)
    alternatives = () if stock or others else tuple(ctx.catalog.alternatives(item))
    name = place.name if place else (asked_store.city if asked_store else "")
    return StockAnswer(item, colour, size, name, asked_store, asked, near, alternatives, others, ctx.brand)


def _near(
    ctx: ToolContext, stock: list[StoreStock], asked: Store | None, place: Place | None
) -> tuple[StoreStock, ...]:
    """The best pieces of each store, nearest to the place or the asked store first, then by quantity."""
    if place and place.is_city:
        stock = [s for s in stock if s.city == place.city] or stock
    if asked:
        ordered = with_distances([s for s in stock if s.store_id != asked.store_id], ctx.catalog, asked.lat, asked.lng)
    elif place:
        ordered = with_distances(stock, ctx.catalog, place.lat, place.lng)
    else:
        ordered = sorted(stock, key=lambda s: -s.quantity)
    seen: dict[str, StoreStock] = {}
    for s in ordered:
        seen.setdefault(s.store_id, s)
    return tuple(seen.values())[:MAX_NEAR]


def _other_variants(ctx: ToolContext, item: Product) -> tuple[str, ...]:
    stock = ctx.ports.merchant.inventory.stock(item.product_id, None, None)
    return tuple(dict.fromkeys(f"{s.colour} {s.size}" for s in stock))[:5]


def _pieces(words: str | None) -> int:
    """How many are wanted: "2", "两件"; one where nothing is said. Raises NeedSlot for what is no number."""
    try:
        return max(1, whole((words or "1").rstrip("件个双袋盒瓶条套 ")))
    except ValueError:
        raise NeedSlot("quantity", "要留几件？") from None


def _plan_reserve(ctx: ToolContext, args: ReserveArgs) -> WritePlan:
    _ = ctx.member
    item = resolve.product(ctx, args.product, in_colour=args.colour, in_size=args.size)
    colour = resolve.colour(item, args.colour)
    if colour is None and len(item.colours) > 1:
        raise NeedChoice("colour", "要留哪个颜色？", tuple(Option(c, c) for c in item.colours))
    size = resolve.size(item, args.size)
    if size is None and len(item.sizes) > 1:
        raise NeedChoice("size", "要留哪个尺码？", tuple(Option(s, s) for s in item.sizes))
    colour, size = colour or item.colours[0], size or item.sizes[0]
    wanted = _pieces(args.quantity)
    if wanted > MOST_RESERVED:
        raise ToolRefused("too_many", f"一次最多预留{MOST_RESERVED}件，需要更多请转人工安排。", proposes="handoff")
    stock = list(ctx.ports.merchant.inventory.stock(item.product_id, colour, size))
    if not stock:
        raise ToolRefused("out_of_stock", f"{item.name} {colour} {size}各门店都没有货了，要不要看看别的颜色尺码？")
    named = resolve.stores(ctx, args.store)
    place = resolve.place(ctx, args.place)
    if len(named) != 1:
        offers = with_distances(stock, ctx.catalog, place.lat, place.lng) if place else stock
        if named:
            ids = {s.store_id for s in named}
            offers = [s for s in offers if s.store_id in ids] or offers
        raise NeedChoice("store", "要留在哪家门店？", tuple(Option(s.store_id, ctx.short(s.store)) for s in offers[:5]))
    if named[0].store_id not in {s.store_id for s in stock}:
        near = with_distances(stock, ctx.catalog, named[0].lat, named[0].lng)[:3]
        raise NeedChoice(
            "store",
            f"{named[0].name}这款{colour} {size}没有货了，这些门店有，留在哪家？",
            tuple(Option(s.store_id, ctx.short(s.store)) for s in near),
        )
    left = next(s.quantity for s in stock if s.store_id == named[0].store_id)
    if left < wanted:
        raise NeedChoice(
            "quantity", f"{named[0].name}只剩{left}件了，留{left}件吗？", (Option(str(left), f"{left}件"),)
        )
    rows = (
        ("商品", item.name), ("规格", f"{colour} {size}".removeprefix("默认 ")), ("数量", f"{wanted}件"), ("门店", named[0].name), ("保留", "48小时"),
    )  # fmt: skip
    resolved = {
        "product": item.product_id, "colour": colour, "size": size, "store": named[0].store_id, "quantity": str(wanted),
    }  # fmt: skip
    return WritePlan("到店自提预留", rows, resolved)


@family.write(ReserveArgs, _plan_reserve)
def stock_reserve(ctx: ToolContext, args: ReserveArgs) -> Reservation:
    """把商品留在门店等我去拿，可以留几件。例：帮我留一件M码的；预留一双42的跑鞋在福田店"""
    return ctx.ports.merchant.inventory.reserve(
        ctx.member, args.product or "", args.colour or "", args.size or "", args.store or "",
        int(args.quantity or 1), ctx.key,
    )  # fmt: skip


# upper bounds of (height cm, weight kg) for S, M, L, XL, XXL
_WOMEN = (("S", 162, 52), ("M", 167, 59), ("L", 172, 66), ("XL", 178, 76))
_MEN = (("M", 172, 66), ("L", 177, 75), ("XL", 182, 84), ("XXL", 190, 96))
_UNISEX = (("S", 165, 56), *_MEN)
_UNKNOWN = Measurements(None, None, None)


@family.read(SizeArgs)
def size_advice(ctx: ToolContext, args: SizeArgs) -> SizeAdvice:
    """该买什么尺码。例：我165/55穿什么码；跑鞋我穿多大；这件毛衣帮我选个码"""
    item = resolve.product(ctx, args.product)
    if len(item.sizes) == 1:
        return SizeAdvice(item, item.sizes[0], "这款只有一个规格", sure=True)
    found = _fitting(item, args, _measurements(ctx, item, args))
    if args.fit and item.category != "童装":
        larger = item.sizes[item.sizes.index(found.size) + 1 :]
        return replace(found, roomier=larger[0] if larger else "")
    return found


def _measurements(ctx: ToolContext, item: Product, args: SizeArgs) -> Measurements:
    """What is kept of who is to wear it: the member's own, and for somebody else nothing but what fitted a child before."""
    if ctx.member_id is None:
        return _UNKNOWN
    kept = ctx.ports.merchant.membership.measurements(ctx.member_id)
    if item.category == "童装":
        return replace(_UNKNOWN, sizes_bought=kept.sizes_bought)
    return kept if args.wearer in (None, "我") else _UNKNOWN


def _fitting(item: Product, args: SizeArgs, known: Measurements) -> SizeAdvice:
    """The size by what is told, else by what is kept. Raises NeedSlot for what is neither."""
    height = int(args.height) if args.height else known.height_cm
    weight = int(args.weight) if args.weight else known.weight_kg
    bought = [(z, n) for category, z, n in known.sizes_bought if category == item.category and z in item.sizes]
    if bought and not args.height and not args.usual:
        best, times = max(bought, key=lambda pair: pair[1])
        return SizeAdvice(item, best, f"您买过{times}次{item.category}的{best}码", sure=True)
    if item.category == "鞋履":
        return _shoe(item, args.usual, known)
    if item.category == "童装":
        if not height:
            raise NeedSlot("height", "孩子身高多少厘米？童装按身高选码。")
        fitting = [z for z in item.sizes if z.isdigit() and int(z) >= height]
        return SizeAdvice(item, fitting[0] if fitting else item.sizes[-1], f"按身高{height}厘米", sure=bool(fitting))
    if not height or not weight:
        raise NeedSlot("height", _ask_for(height, weight))
    table = _WOMEN if item.category == "女装" else _MEN if item.category == "男装" else _UNISEX
    size = next((z for z, h, w in table if height <= h and weight <= w and z in item.sizes), item.sizes[-1])
    return SizeAdvice(item, size, f"按身高{height}厘米、体重{weight}公斤的尺码表", sure=False)


def _ask_for(height: int | None, weight: int | None) -> str:
    """The question for what is missing of the two."""
    if height:
        return f"身高{height}厘米，体重大概多少？比如“55公斤”。"
    if weight:
        return f"体重{weight}公斤，身高是多少？比如“165厘米”。"
    return "告诉我身高和体重，我帮您选，比如“165 55公斤”。"


def _shoe(item: Product, usual: str | None, known: Measurements) -> SizeAdvice:
    """The size that is usually worn, a half one rounded up; else by the length of the foot."""
    sizes = [z for z in item.sizes if z.isdigit()]
    if usual and sizes and usual.replace(".", "").isdigit():
        number, half = usual.split(".")[0], "." in usual
        wanted = int(number) + half
        size = min(sizes, key=lambda z: abs(int(z) - wanted))
        because = f"平时穿{number}码{'半，这款没有半码' if half else '，这款是标准码'}"
        exact = int(size) == wanted
        return SizeAdvice(item, size, because if exact else f"{because}，{size}码最接近", sure=exact)
    if known.foot_mm and (shoe := str(round(known.foot_mm / 5 - 10))) in item.sizes:
        return SizeAdvice(item, shoe, f"按您的脚长{known.foot_mm}毫米换算", sure=True)
    raise NeedSlot("usual", "您平时穿多大码的鞋？这款是标准码，按平时的码选就可以。", _options(item))


def _options(item: Product) -> tuple[Option, ...]:
    return tuple(Option(z, z) for z in item.sizes)
