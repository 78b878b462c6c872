"""Stores: finding one, and what is asked of it."""

from tools import resolve
from tools.errors import NeedSlot
from tools.registry import Args, Family, ToolContext
from tools.resolve import SHANGHAI_OFFSET, local_date
from tools.types import Store, StoreAnswer, StoreList, StoreNear, StoreTopic

family = Family()


class FindArgs(Args):
    place: str | None = None
    store: str | None = None


class StoreArgs(Args):
    store: str | None = None
    about: str | None = None
    looked_for: str | None = None
    day: str | None = None


@family.read(FindArgs)
def store_find(ctx: ToolContext, args: FindArgs) -> StoreList:
    """附近或某城市有哪些门店。例：我在人民广场，最近的店是哪家；你们在成都有店吗"""
    place = resolve.place(ctx, args.place)
    if place is None:
        named = resolve.stores(ctx, args.store) if args.store else []
        if named:
            return StoreList(named[0].city, tuple(StoreNear(s, None) for s in named[:5]))
        if args.place:
            return StoreList(args.place, ())
        raise NeedSlot("place", "您在哪个城市，或者附近有什么地标？")
    stores = list(ctx.catalog.stores.values())
    if place.is_city and (there := [s for s in stores if s.city == place.city]):
        return StoreList(place.name, tuple(StoreNear(s, None) for s in there[:6]))
    near = ctx.catalog.nearest(place.lat, place.lng, stores)
    same_city = [pair for pair in near if pair[0].city == place.city] or near[:2]
    return StoreList(place.name, tuple(StoreNear(s, round(km, 1)) for s, km in same_city[:3]), elsewhere=place.is_city)


@family.read(StoreArgs)
def store_info(ctx: ToolContext, args: StoreArgs) -> StoreAnswer:
    """某家门店的营业时间、电话、地址、停车、某品牌或设施在几楼。例：西单店几点关门；徐家汇店母婴室在几楼；天河店电话"""
    store = resolve.store(ctx, args.store)
    topic = next((t for t in StoreTopic if t.value == args.about), StoreTopic.ALL)
    if topic is StoreTopic.ALL and args.day and not args.looked_for:
        topic = StoreTopic.HOURS  # "下周一呢": whether it is open then
    day = local_date(ctx.now)
    if args.day:
        day = local_date(resolve.moment(ctx, args.day, "您问的是哪一天？"))
    looked_for = args.looked_for or ""
    found = _where(store, looked_for) if looked_for else None
    return StoreAnswer(store, topic, looked_for, found, _open(store, ctx), day)


def _where(store: Store, looked_for: str) -> tuple[str, str] | None:
    for what, where in store.facilities:
        if what in looked_for or looked_for in what:
            return where, what
    for floor, things in store.floors:
        if looked_for in things or any(part and part in looked_for for part in _parts(things)):
            return floor, things
    return None


def _parts(things: str) -> list[str]:
    return [p for chunk in things.replace("（", "、").replace("）", "、").split("、") for p in (chunk,) if len(p) > 1]


def _open(store: Store, ctx: ToolContext) -> bool:
    here = ctx.now + SHANGHAI_OFFSET
    today = store.hours[here.weekday()]
    return today.opens <= f"{here:%H:%M}" < today.closes
