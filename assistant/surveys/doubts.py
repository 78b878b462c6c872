"""What the author of rules should know before they go live: names that nobody bears, rules for everybody, rules that never
get their turn. Not errors: tomorrow's store may be named today. Pure; shown on the page of rules and by `zhike surveys check`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from assistant.surveys.rules import EVENTS, Rule, Rules, Segment
from tools.catalog import Catalog
from tools.types import Tier

STAGES = ("潜客", "新会员", "老会员", "高价值", "沉默", "流失")
_OFTEN = frozenset({"visit", "paid", "picked_up", "delivered", "cart_left"})  # what may happen to a shopper every day
_ALIKE = 60  # from here a name may have been meant
_KINDS: Mapping[str, str] = {
    "tiers": "等级", "stages": "阶段", "stores": "门店编号", "products": "商品、品类或品牌", "attitudes": "态度标签",
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What may stand in a segment. An empty collection is not known, and nothing is said of it."""

    tiers: Collection[str] = ()
    stages: Collection[str] = ()
    stores: Collection[str] = ()
    products: Collection[str] = ()
    attitudes: Collection[str] = ()


def names_of(catalog: Catalog, aspects: Iterable[str]) -> Names:
    """The names of a retailer's stores and range. `aspects`: leaves and groups of the tree of aspects, by name."""
    products = catalog.products.values()
    return Names(
        tiers=[tier.value for tier in Tier],
        stages=STAGES,
        stores=catalog.stores.keys(),
        products={word for p in products for word in (p.product_id, p.category, p.brand)},
        attitudes={f"{name}-{lean}" for name in aspects for lean in ("正面", "中性", "负面")},
    )


def doubts(rules: Rules, names: Names) -> list[str]:
    """Sentences in Chinese, one a doubt, each beginning with the rule's id."""
    return [f"{rule.id}：{said}" for n, rule in enumerate(rules.rules) for said in _of(rule, rules.rules[:n], names)]


def _of(rule: Rule, earlier: Iterable[Rule], names: Names) -> Iterator[str]:
    for field, kind in _KINDS.items():
        known: Collection[str] = getattr(names, field)
        for name in getattr(rule.who, field) if known else ():
            if name not in known:
                yield f"没有叫“{name}”的{kind}，不会有人因此受邀{_meant(name, known)}"
    if rule.event in _OFTEN and _everybody(rule):
        yield f"每个{EVENTS[rule.event]}的会员都会受邀（没有限定人群，也没有抽样），只有冷却期拦着"
    first = next((r for r in earlier if r.event == rule.event and _everybody(r)), None)
    if first is not None and first.cool_down_days <= rule.cool_down_days:
        yield f"轮不到它：同一事件上排在前面的 {first.id} 会邀请所有人"


def _everybody(rule: Rule) -> bool:
    return rule.who == Segment() and rule.share == 1


def _meant(name: str, known: Collection[str]) -> str:
    close = process.extractOne(name, sorted(known), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return f"，是“{close[0]}”吗？" if close else ""
