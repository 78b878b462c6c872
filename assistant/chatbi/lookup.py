"""What reading needs from the mart: the organisation, and the values that an asker may name. Kept by version and scope."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.facts import Facts
from assistant.chatbi.language.values import ValueIndex, build
from assistant.chatbi.run import Engine
from assistant.domain.account import OrgUnit, Scope

KEPT = 64


@dataclass
class Lookup:
    """One per process."""

    engine: Engine
    catalogue: Catalogue
    _trees: dict[str, dict[str, OrgUnit]] = field(default_factory=dict)
    _indexes: OrderedDict[tuple[str, str], ValueIndex] = field(default_factory=OrderedDict)

    def tree(self) -> dict[str, OrgUnit]:
        """The organisation by unit id."""
        stamp = self.engine.mart().stamp
        if stamp not in self._trees:
            rows = self.engine.run(
                "SELECT unit_id, parent_id, kind, name FROM d_org LIMIT 100000", {}, "org", whole=True
            )
            self._trees = {stamp: {str(r[0]): OrgUnit(str(r[0]), r[1], str(r[2]), str(r[3])) for r in rows.rows}}
        return self._trees[stamp]

    def index(self, scope: Scope) -> ValueIndex:
        """The values within a scope."""
        key = (self.engine.mart().stamp, scope.key)
        if key not in self._indexes:
            self._indexes[key] = self._build(scope)
            while len(self._indexes) > KEPT:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(key)
        return self._indexes[key]

    def _build(self, scope: Scope) -> ValueIndex:
        stores = self._stores(scope)
        products = self._rows(sqlglot.select("product", "brand", "category", "aliases").from_("d_product"), {}, scope)
        if not scope.whole and not scope.stores:
            brands = {brand for _, brand in scope.counters}
            products = [p for p in products if p["brand"] in brands]
        values = [v for d in self.catalogue.dimensions for v in self._values(d, scope)]
        everything = self._rows(sqlglot.select("store", "full_name", "city", "region").from_("d_store"), {}, scope)
        outside = set()
        if not scope.whole:
            mine = {s["store"] for s in stores}
            cities, regions = {s["city"] for s in stores}, {s["region"] for s in stores}
            for store in everything:
                outside |= {store["store"], store["full_name"]} if store["store"] not in mine else set()
                outside |= {store["city"]} - cities | {store["region"]} - regions
        return build({"stores": stores, "products": products, "values": values}, outside)

    def _stores(self, scope: Scope) -> list[dict[str, Any]]:
        facts = Facts(self.catalogue, scope)
        rows = sqlglot.select("store", "short", "full_name", "city", "region", "aliases").from_("d_store AS s")
        if not scope.whole:
            mine = sqlglot.select("store_id").from_("scope_stores")
            inside: exp.Expr = exp.In(this=exp.column("store_id", "s"), query=exp.Subquery(this=mine))
            counters = [facts.bind(s) for s, _ in sorted(scope.counters)]
            rows = rows.where(exp.or_(inside, exp.column("store_id", "s").isin(*counters)) if counters else inside)
        return self._rows(facts.finish(rows), facts.parameters, scope)

    def _values(self, dimension: str, scope: Scope) -> list[dict[str, Any]]:
        """Values of a dimension that facts carry, within the scope; of members, all there are."""
        found = self.catalogue.dimensions[dimension]
        if found.order:
            return [{"dimension": dimension, "value": v} for v in found.order]
        if found.via == "store" and dimension == "store_type":
            return [{"dimension": dimension, "value": v} for v in ("直营", "加盟")]
        if found.via == "member":
            return [{"dimension": dimension, "value": v} for v in ("女性", "男性")]
        if found.via != "fact" or dimension == "hour":
            return []
        facts = Facts(self.catalogue, scope)
        rows = facts.fact_rows(found.of, frozenset(), period=None)
        rows = rows.select(exp.alias_(facts.column(found.of, dimension), "value")).distinct().limit(500)
        made = self._rows(facts.finish(rows), facts.parameters, scope)
        return [{"dimension": dimension, "value": r["value"]} for r in made if r["value"] not in ("未知", "无活动")]

    def _rows(self, tree: exp.Select, parameters: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
        table = self.engine.run(tree, parameters, scope.key, whole=True)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
