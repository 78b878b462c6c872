"""The range and the stores, held in memory with their names, so that words of a shopper become ids in microseconds.

Built from the ports; refreshed by age. Everything here is read-only and shared by threads.
"""

import math
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools import whom
from tools.errors import BackendDown
from tools.gazetteer import CITIES, LANDMARKS
from tools.matching import NameIndex
from tools.ports import Merchant
from tools.types import Product, Store, StoreStock
from tools.whom import Whom

_EARTH_KM = 6371.0


@dataclass(frozen=True)
class Place:
    """A point on the map with a name."""

    name: str
    city: str
    lat: float
    lng: float
    is_city: bool = False


@dataclass(frozen=True)
class Catalog:
    """Products and stores by id, and indexes of their names."""

    products: dict[str, Product]
    stores: dict[str, Store]
    product_names: NameIndex
    store_names: NameIndex
    place_names: NameIndex
    places: dict[str, Place]
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    kinds: dict[str, tuple[str, ...]]  # what names end in ("羽绒服") → the products with such a name
    made_at: float = field(default_factory=time.monotonic)

    @property
    def named(self) -> str:
        """All names that messages are searched for, in one text: tells whether any changed."""
        indexes = (self.product_names, self.store_names, self.place_names)
        return "\n".join(name for index in indexes for name in index.names)

    def products_in(self, text: str) -> list[Product]:
        """Products that a sentence may mean. Words for whom it is ("给我老公买") narrow several down."""
        hits = self.product_names.scan(text)
        if not hits:
            return []
        best = max(h.score * (h.end - h.start) for h in hits)
        longest = [h for h in hits if h.score * (h.end - h.start) >= best - 0.01]
        found = [self.products[key] for key in dict.fromkeys(h.key for h in longest)]
        first = longest[0]
        if len({h.name for h in longest}) == 1:  # of one kind, and not of two ("牛奶和坚果")
            found = self._described(found, first.name, text[: first.start] + " " + text[first.end :])
        return narrow(found, text)

    def _described(self, found: list[Product], kind: str, rest: str) -> list[Product]:
        """Of all products of a kind, those that the rest of a sentence describes ("衬衫有真丝的吗"): by their brand, then by
        most pieces of their names. What was found, where it describes none."""
        family = [self.products[key] for key in self.kinds.get(kind, ())]
        family = [p for p in family if p.brand and p.brand in rest] or family
        if len(family) > 1 and (meant := whom.heard(rest)):  # "给男朋友买双皮鞋": those for a man, if any are
            family = [p for p in family if whom.made_for(p) is meant] or family
        if len(family) < 2:
            return family or found
        told = {p.product_id: len({piece for piece in _pieces(p, kind) if piece in rest}) for p in family}
        most = max(told.values())
        if most == 0:
            return [p for p in found if p in family] or family
        described = [p for p in family if told[p.product_id] == most]
        if whom.heard(rest) is Whom.CHILD:
            return described
        return [p for p in described if whom.made_for(p) is not Whom.CHILD] or found

    def stores_in(self, text: str) -> list[Store]:
        """Stores that a sentence names. A city that is named too narrows several down."""
        hits = self.store_names.scan(text)
        found = [self.stores[k] for k in dict.fromkeys(h.key for h in hits)]
        if len(found) > 1:
            in_city = [s for s in found if s.city in text]
            found = in_city or found
        return found

    def places_in(self, text: str) -> list[Place]:
        hits = [
            h for h in self.place_names.scan(text) if not (self.places[h.key].is_city and _STREET.match(text, h.end))
        ]
        fine = [h for h in hits if not self.places[h.key].is_city]
        return [self.places[k] for k in dict.fromkeys(h.key for h in (fine or hits))]

    def nearest(self, lat: float, lng: float, stores: Sequence[Store]) -> list[tuple[Store, float]]:
        """Stores with kilometres from a point, nearest first."""
        return sorted(((s, distance_km(lat, lng, s.lat, s.lng)) for s in stores), key=lambda pair: pair[1])

    def alternatives(self, product: Product, limit: int = 3) -> list[Product]:
        """Products of the same category, nearest in price."""
        same = [p for p in self.products.values() if p.category == product.category and p != product]
        return sorted(same, key=lambda p: abs(p.price_cents - product.price_cents))[:limit]


_STREET = re.compile("[东西南北中]?(?:路|街|大道|大街)")  # "成都路" is in many a city


def _pieces(product: Product, kind: str) -> set[str]:
    """What its names say besides the kind, in pieces of two characters."""
    told = [name.replace(kind, " ") for name in (_bare(product), *product.aliases) if not name.isascii()]
    return {name[i : i + 2] for name in told for i in range(len(name) - 1) if " " not in name[i : i + 2]}


def narrow(products: list[Product], text: str) -> list[Product]:
    """Of several products, those for the person that the text speaks of."""
    if len(products) < 2:
        return products
    wanted = whom.heard(text)
    return [p for p in products if whom.made_for(p) is wanted] or products if wanted else products


def distance_km(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance."""
    a = math.sin(math.radians(lat2 - lat1) / 2) ** 2
    b = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(a + b))


def with_distances(stock: Sequence[StoreStock], catalog: Catalog, lat: float, lng: float) -> list[StoreStock]:
    """The same stock, nearest first, each with its distance."""
    found = []
    for s in stock:
        store = catalog.stores[s.store_id]
        km = round(distance_km(lat, lng, store.lat, store.lng), 1)
        found.append(StoreStock(s.store_id, s.store, s.city, s.sku_id, s.colour, s.size, s.quantity, km))
    return sorted(found, key=lambda s: s.distance_km or 0.0)


def build(merchant: Merchant) -> Catalog:
    products = {p.product_id: p for p in merchant.inventory.products()}
    stores = {s.store_id: s for s in merchant.stores.all()}
    places = {name: Place(name, city, lat, lng) for name, city, lat, lng in LANDMARKS}
    for store in stores.values():
        name = store.short.removesuffix("店")
        places.setdefault(name, Place(name, store.city, store.lat, store.lng))
        places.setdefault(store.district, Place(store.district, store.city, store.lat, store.lng))
        places.setdefault(store.city, Place(store.city, store.city, store.lat, store.lng, is_city=True))
    for name, lat, lng in CITIES:
        places.setdefault(name, Place(name, name, lat, lng, is_city=True))
    names = [(p.product_id, name) for p in products.values() for name in _product_names(p)]
    return Catalog(
        products=products,
        stores=stores,
        product_names=NameIndex(names),
        store_names=NameIndex(
            [*((s.store_id, n) for s in stores.values() for n in _store_names(s)), *_shorter(stores)]
        ),
        place_names=NameIndex((k, k) for k in places),
        places=places,
        colours=tuple(dict.fromkeys(c for p in products.values() for c in p.colours if c != "默认")),
        sizes=tuple(dict.fromkeys(z for p in products.values() for z in p.sizes)),
        kinds=_kinds(names),
    )


# other words for the same ware, for names that hold the first
_ALSO = (
    ("衬衫", "衬衣"), ("羽绒服", "羽绒衣"), ("羽绒服", "羽绒"), ("围巾", "围脖"), ("双肩包", "书包"), ("运动鞋", "球鞋"), ("保温杯", "水杯"), ("毛衣", "毛衫"),
    ("防晒", "防嗮"), ("牛仔裤", "仔裤"), ("连衣裙", "裙衫"), ("被芯", "被子"), ("被子", "被芯"), ("T恤", "恤衫"), ("雪地靴", "雪地鞋"), ("短靴", "短靴子"),
)  # fmt: skip


def _kinds(names: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, dict[str, None]] = {}
    for key, name in names:
        for start in range(len(name) - 1):
            kinds.setdefault(name[start:].lower(), {})[key] = None
    return {kind: tuple(keys) for kind, keys in kinds.items()}


def _bare(product: Product) -> str:
    return product.name.removeprefix(product.brand)


def _product_names(product: Product) -> list[str]:
    bare = _bare(product)
    names = [product.name, bare, *product.aliases, *(product.brand + a for a in product.aliases)]
    return list(dict.fromkeys([*names, *(n.replace(a, b) for a, b in _ALSO for n in names if a in n)]))


def _store_names(store: Store) -> list[str]:
    short = store.short.removesuffix("店")
    with_city = [store.city + store.short, store.city + short]
    spoken = [alias.removesuffix("店").removesuffix("那家") for alias in store.aliases if len(alias) > 2]
    return list(dict.fromkeys([store.name, store.short, short, *with_city, *store.aliases, *spoken]))


_GENERIC = re.compile("(?:步行街|广场|公园|大道|[路街道寺碑口])$")


def _shorter(stores: dict[str, Store]) -> list[tuple[str, str]]:
    """What people call a store for short, without the street or square of its name ("江汉店"), where only one is called so."""
    known = {name for s in stores.values() for name in (*_store_names(s), f"{s.city}店")}
    short: dict[str, list[str]] = {}
    for store in stores.values():
        name = store.short.removesuffix("店")
        if len(stem := _GENERIC.sub("", name)) > 1 and stem != name:
            short.setdefault(f"{stem}店", []).append(store.store_id)
    return [(ids[0], name) for name, ids in short.items() if len(ids) == 1 and name not in known]


class CatalogCache:
    """The catalog, rebuilt when older than `max_age_s`. A failing rebuild keeps the old one."""

    def __init__(self, merchant: Merchant, max_age_s: float = 300.0) -> None:
        self._merchant = merchant
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None

    def get(self) -> Catalog:
        """Raises BackendDown only where there has never been a catalog."""
        catalog = self._catalog
        if catalog is not None and time.monotonic() - catalog.made_at < self._max_age_s:
            return catalog
        with self._lock:
            if self._catalog is catalog:
                try:
                    self._catalog = build(self._merchant)
                except BackendDown:
                    if catalog is None:
                        raise
            assert self._catalog is not None
            return self._catalog
