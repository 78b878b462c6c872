"""The values that questions may name (stores, cities, products, tiers …), only those that the asker may see.

Enters: rows of the mart within a scope. Leaves: an index from the ways to say a value to the value. Exact words first;
then pinyin and near spellings for what nothing else explains.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from pypinyin import lazy_pinyin
from rapidfuzz import fuzz

NEAR = 82  # rapidfuzz ratio from which a word is taken for another's misspelling
FUZZY = frozenset({"store", "city", "region", "product", "category", "brand", "campaign"})


@dataclass(frozen=True)
class Value:
    """One meaning of a word: values of a dimension (usually one)."""

    dimension: str
    values: tuple[str, ...]


@cache
def words() -> dict[str, Any]:
    """`words.yaml`."""
    body: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    return body


@dataclass
class ValueIndex:
    """Ways to say values. `outside`: names of org units that exist but are not the asker's."""

    meanings: dict[str, list[Value]] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()

    def add(self, surface: str, dimension: str, *values: str) -> None:
        if len(surface) < 2:
            return
        one = Value(dimension, values)
        known = self.meanings.setdefault(surface.lower(), [])
        if one not in known:
            known.append(one)

    @cached_property
    def longest(self) -> int:
        return max(map(len, self.meanings), default=0)

    def find(self, text: str) -> list[tuple[int, int, list[Value]]]:
        """Exact words in the text; overlaps are the caller's to settle."""
        low = text.lower()
        found = []
        for start in range(len(low)):
            for end in range(min(len(low), start + self.longest), start + 1, -1):
                if (known := self.meanings.get(low[start:end])) is not None:
                    found.append((start, end, known))
        return found

    @cached_property
    def _fuzzy(self) -> list[tuple[str, str, list[Value]]]:
        rows = []
        for surface, values in self.meanings.items():
            kept = [v for v in values if v.dimension in FUZZY]
            if kept and len(surface) >= 2:
                rows.append((surface, " ".join(lazy_pinyin(surface)), kept))
        return rows

    def near(self, word: str) -> list[tuple[str, list[Value]]]:
        """What a word that nothing explains may be a misspelling of, best first: (surface, meanings)."""
        low = word.lower()
        sound = " ".join(lazy_pinyin(low))
        if low.isascii():
            same = [(s, v) for s, p, v in self._fuzzy if p.replace(" ", "") == low.replace(" ", "")]
            return same[:3]
        scored = []
        for surface, pinyin, values in self._fuzzy:
            if abs(len(surface) - len(low)) > 2:
                continue
            score = 100.0 if pinyin == sound else max(fuzz.ratio(low, surface), fuzz.ratio(sound, pinyin) - 4)
            if score >= NEAR:
                scored.append((score, surface, values))
        scored.sort(key=lambda row: (-row[0], row[1]))
        best = scored[0][0] if scored else 0
        return [(s, v) for score, s, v in scored if score >= best - 3][:4]


def store_surfaces(store: dict[str, Any]) -> Iterable[str]:
    """Ways to say a store: label, short and full name, with its city, aliases."""
    short, city, full = store["short"], store["city"], store["full_name"]
    yield from (store["store"], short, full, f"{city}{short}")
    bare = short.removesuffix("店")
    if len(bare) > 2 or not bare.endswith(("门",)):
        yield from (bare, f"{city}{bare}", f"{bare}门店", f"{bare}分店")
    yield from json.loads(store["aliases"] or "[]")


def build(rows: dict[str, list[dict[str, Any]]], outside: Iterable[str]) -> ValueIndex:
    """`rows`: stores and products as dictionaries, and under `values` (dimension, value) pairs of the facts."""
    index = ValueIndex()
    for store in rows["stores"]:
        for surface in store_surfaces(store):
            index.add(surface, "store", store["store"])
    for city in dict.fromkeys(s["city"] for s in rows["stores"]):
        for surface in (city, f"{city}市", f"{city}地区"):
            index.add(surface, "city", city)
    for region in dict.fromkeys(s["region"] for s in rows["stores"]):
        for surface in (region, f"{region}区", f"{region}大区", f"{region}区域", f"{region}地区", f"{region}片区"):
            index.add(surface, "region", region)
    for product in rows["products"]:
        name = product["product"].removeprefix(product["brand"])
        for surface in (product["product"], name, *json.loads(product["aliases"] or "[]")):
            index.add(surface, "product", product["product"])
    for product in rows["products"]:  # an alias that stands in another product's name may mean that one too
        for surface in json.loads(product["aliases"] or "[]"):
            for other in rows["products"]:
                if surface in other["product"]:
                    index.add(surface, "product", other["product"])
    for dimension in ("category", "brand"):
        for value in dict.fromkeys(p[dimension] for p in rows["products"]):
            index.add(value, dimension, value)
    _enumerated(index, rows["values"])
    seen = {s.lower() for s in index.meanings}
    index.outside = frozenset(o for o in outside if o.lower() not in seen)
    return index


def _enumerated(index: ValueIndex, pairs: list[dict[str, Any]]) -> None:
    known = words()
    for pair in pairs:
        dimension, value = pair["dimension"], str(pair["value"])
        listed = known["surfaces"].get(dimension, {}).get(value)
        for surface in listed if listed is not None else (value,):
            index.add(surface, dimension, value)
        if dimension in ("aspect", "ticket_category"):
            for surface in listed or (value,):
                for tail in ("问题", "方面", "方面的问题"):
                    index.add(f"{surface}{tail}", dimension, value)
        if dimension == "age_band" and "-" in value:
            for joint in ("到", "至", "~"):
                index.add(value.replace("-", joint), dimension, value)
        if dimension == "batch":
            index.add(f"{value}批次", dimension, value)
        if dimension == "hour":
            continue
        if dimension == "campaign" and value != "无活动":
            index.add(f"{value}活动", dimension, value)
    for dimension, entries in known["several"].items():
        for surface, values in entries.items():
            index.add(surface, dimension, *map(str, values))
    for dimension in ("weekday",):
        for value, surfaces in known["surfaces"][dimension].items():
            for surface in (value, *surfaces):
                index.add(surface, dimension, value)
