"""Looking round the range: what kind of thing, for whom, at what price ("三百以内的包", "送女朋友 两百左右", "再便宜点的").

Enters: a shopper's words, the catalog, the product that was spoken of. Leaves: products, the fittest first. Pure. Called by
`inventory.product_find`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools import whom
from tools.catalog import Catalog
from tools.numerals import whole
from tools.types import Product

SHOWN = 4
TOLD_AS_PRICE = 300_00  # cents from which a bare number with 以上 is a price, and no height
NEAR = 0.3  # a price "about" another one differs by no more than this share of it
_N = r"(\d[\d,]*+(?:\.\d+)?|[一二两三四五六七八九十百千零]++)"
_YUAN = r"\s*(?:块钱?|元|rmb|yuan)?\s*"
_NO_UNIT = r"(?!\d|\s*(?:公里|米|天|斤|件|个|双|张|条|人|分|次|款|码|岁|厘米|cm|月|年|点|号|折))"
_BETWEEN = re.compile(rf"{_N}\s*(?:块钱?|元)?(?:到|至|-|~|—){_N}\s*(?:块钱?|元)")
_MOST = re.compile(
    rf"{_N}{_YUAN}(?:以内|以下|之内|封顶|往下|的?预算)|(?:不要?超过?|(?<!不)低于|最多|预算|控制在|顶多|不到|under|below|within)(?:是|在|就|有)?\s*{_N}{_NO_UNIT}"
)
_LEAST = re.compile(rf"{_N}{_YUAN}(?:以上|往上|起步)|不低于\s*{_N}{_NO_UNIT}")
_ABOUT = re.compile(rf"{_N}\s*来\s*(?:块|元)|{_N}{_YUAN}(?:左右|上下|出头)|{_N}\s*(?:块钱?|元)的(?!券|优惠|满减)")
_TENS = re.compile("几十(?:块|元)")
_ANYTHING = re.compile("(?<!一个)东西|随便|什么都|啥都|凑(?:一件|个|单|够|一个|点)")
_CHEAP = re.compile("便宜|平价|平替|实惠|划算|cheap")
_OTHERS = re.compile(
    "(?:别的|其[他它]|还有(?:什么|啥|没有?|别的?))(?!.{0,3}(?:颜色|尺码|码|色|问|店))|平替|差不多|类似|便宜点|便宜些|再便宜|太贵|贵了|others?|else|similar"
)
_CLOTHES = "衣服"
# what people call a kind of thing, how it is said back, and parts of the names of categories or products that tell it
_KINDS = (
    ("护肤|面部", "护肤品", ("护肤",)), ("化妆|彩妆|美妆|makeup", "美妆", ("美妆",)), ("零食|吃的(?!时候)|食品|特产|snack", "食品", ("食品",)), ("家电|电器", "家电", ("家电",)),
    ("家居|家纺|床品", "家居用品", ("家居",)), ("女装", "女装", ("女装",)), ("男装", "男装", ("男装",)), ("童装", "童装", ("童装",)), ("户外|露营|运动|健身", "运动户外", ("运动", "户外")),
    ("鞋|靴", "鞋", ("鞋", "靴")), ("外套", "外套", ("外套", "大衣", "羽绒服", "冲锋衣", "西装")), ("裤", "裤子", ("裤",)), ("裙", "裙子", ("裙",)),
    ("(?<![面钱红打])包(?!邮|裹|装|括|吗|退|运|不包|换)", "包", ("双肩包", "背包", "手提包", "钱包")), ("衣服|衣裳|上衣|穿的(?!是|都|什么|多)", _CLOTHES, ("女装", "男装", "童装", "运动户外")),
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What is looked for. Prices in cents, None where none is named; `kind` as it was called, empty where it was not."""

    kind: str = ""
    parts: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    about: int | None = None
    cheap: bool = False
    others: bool = False
    anything: bool = False  # of whatever kind, by its price or for whom it is

    @property
    def priced(self) -> bool:
        return (self.least, self.most, self.about) != (None, None, None)

    @property
    def told(self) -> bool:
        """True where anything narrows the range."""
        return bool(self.kind) or self.priced or self.cheap or self.others

    def fits(self, cents: int) -> bool:
        """True for a price that was asked for."""
        near = self.about is None or abs(cents - self.about) <= NEAR * self.about
        return near and (self.least or 0) <= cents and (self.most is None or cents <= self.most)

    def includes(self, product: Product) -> bool:
        """True for a product of the kind that is looked for."""
        if self.kind == _CLOTHES and not {"S", "M"} & set(product.sizes):  # a tent is of the outdoors too
            return product.category in ("女装", "男装", "童装")
        names = (product.category, product.name, *product.aliases)
        return not self.parts or any(part in name for part in self.parts for name in names)

    def words(self) -> str:
        """The wish in words, to be said back: "100元以内的护肤品"."""
        price = ""
        if self.about is not None:
            price = f"{self.about // 100}元左右"
        elif self.least is not None and self.most is not None:
            price = f"{self.least // 100}–{self.most // 100}元"
        elif self.most is not None:
            price = f"{self.most // 100}元以内"
        elif self.least is not None:
            price = f"{self.least // 100}元以上"
        return "的".join(part for part in (price, self.kind) if part)


def wish(text: str) -> Wish:
    """What a message looks for."""
    lower = text.lower()
    kind, parts = next(((kind, parts) for word, kind, parts in _KINDS if re.search(word, lower)), ("", ()))
    least = most = about = None
    if between := _BETWEEN.search(lower):
        least, most = sorted(map(_cents, between.groups()))
    elif _TENS.search(lower):
        most = 9_999
    elif around := _ABOUT.search(lower):
        about = _first(around)
    else:
        limit, floor = _MOST.search(lower), _LEAST.search(lower)
        most, least = _first(limit) if limit else None, _first(floor) if floor else None
        if least is not None and least < TOLD_AS_PRICE and not re.search("块|元|价|预算", lower):
            least = None  # "165以上" is nobody's price
    priced = (least, most, about) != (None, None, None)
    anything = priced and ((bool(kind) and whom.heard(text) is not None) or bool(_ANYTHING.search(lower)))
    return Wish(kind, parts, least, most, about, bool(_CHEAP.search(lower)), bool(_OTHERS.search(lower)), anything)


def look(
    catalog: Catalog, wanted: Wish, text: str, named: Sequence[Product], before: Product | None
) -> tuple[list[Product], bool]:
    """Products for a wish, and whether they meet its price; where none does, the nearest to it.

    `named`: what the message names, of whose kind are looked for; `before`: what was spoken of, other things like which are.
    """
    found = list(named) or [p for p in catalog.products.values() if wanted.includes(p)]
    for_somebody = whom.heard(text)  # a present is no other one of the same
    if before is not None and not wanted.anything and not named and wanted.includes(before) and not for_somebody:
        found = [p for p in found if p.category == before.category and p != before]
        if wanted.cheap and not wanted.priced:
            found = [p for p in found if p.price_cents < before.price_cents]
    found = [p for p in found if whom.suits(p, for_somebody)] or found
    fitting = [p for p in found if wanted.fits(p.price_cents)]
    if not fitting:
        aim = wanted.about or wanted.most or wanted.least or 0
        return sorted(found, key=lambda p: abs(p.price_cents - aim))[:SHOWN], False
    if wanted.about is not None:
        fitting.sort(key=lambda p: abs(p.price_cents - (wanted.about or 0)))
    elif before is not None and not wanted.priced and not for_somebody:
        fitting.sort(key=lambda p: abs(p.price_cents - before.price_cents))
    elif wanted.priced or wanted.cheap:
        fitting.sort(key=lambda p: p.price_cents, reverse=not wanted.cheap)
    return _varied(fitting)[:SHOWN], True


def _varied(found: Sequence[Product]) -> list[Product]:
    """The same products, the first of each category before the second of any."""
    seen: dict[str, int] = {}
    turn = {}
    for p in found:
        turn[p.product_id] = seen[p.category] = seen.get(p.category, -1) + 1
    return sorted(found, key=lambda p: turn[p.product_id])


def _first(found: re.Match[str]) -> int:
    return _cents(next(number for number in found.groups() if number))


def _cents(number: str) -> int:
    if number[0].isdigit():
        return round(float(number.replace(",", "")) * 100)
    return whole(number) * 100
