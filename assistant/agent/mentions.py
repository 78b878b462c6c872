"""What a message names: products, variants, stores, places, orders, days and times, sizes of people, kinds of wish.

Deterministic and quick. Its values become tool arguments; a model never writes them.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from assistant.agent import amounts, bodies, particulars, ruled_out
from assistant.agent.particulars import NO_NAMES, Names
from assistant.agent.times import CLOCK, MONTH_DAY, WEEKDAY, day_of, part_of_day, shift, when, without_dates
from assistant.agent.written import fold_dialect
from assistant.clock import SHANGHAI, local
from tools import whom
from tools.catalog import Catalog
from tools.numerals import whole
from tools.resolve import has_size
from tools.types import Product
from tools.whom import Whom

_ORDER = re.compile(r"(?<!\d)(\d{13,16})(?!\d)")
_TAIL = re.compile(r"(?:尾号|后四位|订单)\s*(\d{4,8})(?!\d)")
_TICKET = re.compile(r"(?<![A-Za-z0-9])[Tt](\d{6})(?!\d)")
_LETTERS = r"(XXXL|XXL|XL|[SML]|3XL|2XL)(?![A-Za-z])"
_SIZE_LETTER = re.compile(rf"(?<![A-Za-z'’]){_LETTERS}", re.IGNORECASE)
_SIZE_NUMBER = re.compile(
    r"(?<![\d减付省花¥￥满])(2[8]|3\d|4[0-5]|59|66|73|80|90|100|110|120|130|140|150)\s*(?=\s*(?:码|号|的|有|还|呢|吗|没|$|[ ，,]))"
)
_AIMED_SIZE = re.compile(rf"[换改](?:成|为|到|个|件|双)?\s*(?:{_LETTERS}|(3[4-9]|4[0-5])(?!\d))", re.IGNORECASE)
_BED = re.compile(r"1\s*(?:\.|米)\s*([58])(?!\d)\s*米?")
_BED_WORDS = re.compile(r"一米([五八])")
_NUMERAL = re.compile("[三四]十[一二三四五六七八九]?(?=[码号的]| |$)")
_BARE_NUMBER = re.compile(
    r"(?<![\d.])(\d{2,3})(?![\d.]|\s*(?:元|块|分|点|折|天|号线|楼|岁|斤|kg|公斤|cm|厘米|公分|%|毫米|ml|个|年|月))"
)
_COLOUR = re.compile(
    r"(米白|奶油白|粉红|桃红|玫红|浅灰|深灰|雾蓝|藏青|浅蓝|深蓝|湖蓝|酒红|樱花粉|军绿|墨绿|豆绿|荧光黄|明黄|豆沙|正红|枫叶|燕麦|香槟|卡其|驼色?|栗色?|杏色?|肤色|"
    r"雾紫|橙色|棕色|咖色?|[白黑红蓝绿灰粉黄紫]颜?色|(?:(?<![发变泛洗染])|那|要|有|件|的|换成?|个)([白黑红蓝绿灰粉黄紫橙])(?:的|款)|[全纯]([白黑红蓝绿灰粉黄紫])|(?<=的)([白黑红蓝绿灰粉黄紫橙])(?=[ ，,])|(?:^|[ ，,、])([白黑红蓝绿灰粉黄紫橙])(?=的|呢|[ ，,、]|$))"
)
_SHADE = re.compile(
    "米白|奶油白|浅灰|深灰|雾蓝|藏青|浅蓝|深蓝|湖蓝|酒红|樱花粉|军绿|墨绿|豆绿|荧光黄|明黄|正红|雾紫|驼色|栗色|杏色|肤色|橙色|棕色|咖啡?色|[白黑红蓝绿灰粉黄紫]颜?色"
)
_SHADES = {"粉红": "粉色", "桃红": "粉色", "玫红": "粉色"}
_EN_COLOURS = {
    "white": "白色",
    "black": "黑色",
    "red": "红色",
    "blue": "蓝色",
    "green": "绿色",
    "grey": "灰色",
    "gray": "灰色",
    "pink": "粉色",
    "beige": "米白",
}


@dataclass(frozen=True)
class Mentions:
    """Slot → value, and for products, stores and places the ids that were found (several: ask)."""

    slots: dict[str, str] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    plain: str = ""  # the message with what it names replaced by kinds: for the router
    shift: timedelta = timedelta(0)  # how far a moment is to be moved

    @property
    def any_thing(self) -> bool:
        return bool(self.slots or self.products or self.stores or self.places)


_AIM = re.compile("(?:改|换|推|挪|提前|延|调)(?:迟|后)?(?:到|成|为)")
_TAKEN_BACK = re.compile(r"(?:不是|不要(?!了)|别要)\s*[^，,。 ！!]{1,6}?[，,。 ！!]*(?:而?是|要|换成?|改成?|来)(?=\S)")


def find(said: str, catalog: Catalog, now: datetime, spoken_of: str | None = None, names: Names = NO_NAMES) -> Mentions:
    """All that a message names, less what it rules out ("不是L 是XL", "五角场太远了 静安寺呢"). `now` anchors "明天".

    `spoken_of`: the product of the messages before, whose sizes a bare number may mean ("黑色38"). `names`: of the
    playbook.
    """
    text = fold_dialect(_in_chinese(_TAKEN_BACK.sub("要", said)))
    named = _read(text, catalog, now, spoken_of, names)
    rest = ruled_out.left(text)
    if rest == text:
        return named
    instead = _read(rest, catalog, now, spoken_of, names)
    too_far = _TOO_FAR.search(text) and not _TOO_FAR.search(rest) and not instead.stores + instead.places
    return _instead(_nowhere(named) if too_far else named, instead)


_TOO_FAR = re.compile("远|不顺路|不方便|去不了")
_TOGETHER = (("store", "place"), ("time", "day"))  # where one is named anew, the other is no more what it was
_OTHERS = ("product", "colour", "size", "height", "weight", "item", "coupon", "tier", "looked_for", "about", "quantity")


def _nowhere(found: Mentions) -> Mentions:
    """The same without its places: "苏州太远了 黑色的M这边有没有"."""
    slots = {slot: value for slot, value in found.slots.items() if slot not in ("store", "place")}
    return replace(found, slots=slots, stores=(), places=())


def _instead(whole: Mentions, rest: Mentions) -> Mentions:
    """What a message names; where the rest of it, without what it rules out, names another: that other."""
    slots = {**whole.slots, **{slot: value for slot, value in rest.slots.items() if slot in _OTHERS}}
    products = rest.products or whole.products
    if "kind" in slots and whole.products:  # "羽绒服穿不了 想换成大衣": what goes back, and not what comes instead
        slots, products = {**slots, **{k: v for k, v in whole.slots.items() if k == "product"}}, whole.products
    for pair in _TOGETHER:
        named = {slot: rest.slots[slot] for slot in pair if slot in rest.slots}
        if named and not ("day" in slots and named.keys() == {"time"}):  # "周六上午不行 三点呢": that day
            slots = {slot: value for slot, value in slots.items() if slot not in pair} | named
    where = rest if rest.stores or rest.places else whole
    return replace(whole, slots=slots, products=products, stores=where.stores, places=where.places)


def _read(text: str, catalog: Catalog, now: datetime, spoken_of: str | None, names: Names) -> Mentions:
    """What a text names, ruled out or not."""
    wished = _without_company(text, catalog, spoken_of)
    products = _products(wished, catalog, spoken_of)
    stores = tuple(s.store_id for s in catalog.stores_in(text))
    places = tuple(p.name for p in catalog.places_in(text))
    slots: dict[str, str] = {}
    _order_slots(text, slots)
    meant = products or ((spoken_of,) if spoken_of in catalog.products else ())
    _variant_slots(wished, catalog, meant, slots)
    slots |= bodies.find(text)
    if pieces := amounts.pieces(text):
        slots["quantity"] = str(pieces)
    wide = slots.get("size", "").endswith("米")
    of_bed = wide and not _OF_BODIES.search(text) and any(slots["size"] in catalog.products[p].sizes for p in meant)
    if of_bed:
        slots.pop("height", None)
    elif wide and "height" in slots and ("weight" in slots or bodies.wearer_in(text) or _OF_BODIES.search(text)):
        slots.pop("size")  # "她一米五八": no bed
    timed = _AIM.split(text)[-1] if _AIM.search(text) else text  # "周二的改到周三": where it is moved to
    if when(timed, now) is None and day_of(timed, local(now).date()) is None:
        timed = text
    at = when(timed, now)
    if at is not None:
        slots["time"] = at.isoformat()
    if (day := day_of(timed, local(now).date())) is not None:
        slots["day"] = datetime.combine(day, time(part_of_day(timed) or 12), SHANGHAI).astimezone(UTC).isoformat()
    slots |= particulars.find(text, names)
    if len(products) == 1:
        slots["product"] = products[0]
    elif products:
        slots["product"] = _longest_name(wished, catalog)
    if len(stores) > 1 and len(last := catalog.stores_in(_AT_LAST.split(text)[-1])) == 1:
        stores = (last[0].store_id,)  # "上海就徐家汇跟静安寺呗 那徐家汇的电话是多少"
    if stores and not _means_place(text, catalog):
        slots["store"] = stores[0] if len(stores) == 1 else _store_words(text, catalog)
    elif places:
        place = catalog.places[places[0]]
        slots["place"] = places[0]
        if place.is_city and any(s.city == place.city for s in catalog.stores.values()):
            slots["store"] = places[0]
    if "store" not in slots and not (stores or _finer(places, catalog)) and (named := _by_district(text, catalog)):
        slots["store"] = named
        slots.pop("place", None)
    bare = _BED_WORDS.sub("尺码", _BED.sub("尺码", text)) if of_bed else text
    return Mentions(slots, products, stores, places, plain(bare, catalog), shift(text))


_AT_LAST = re.compile("(?<=[，,。！!？?呗吧啊 ])那(?=.{2})")
_OF_BODIES = re.compile("身高|个子|体重|斤|公斤|kg|我[是有]?[1一]")
_WORN_WITH = re.compile(  # before what is worn under, over or with the thing that is asked for
    "(?:(?:里面|里头|里边|内搭|外面)(?:想|要|再|还|得|会|能|可以|可能|也|是|就)*(?:穿|套|搭|加|配)|(?:穿|套|搭)在|(?<![一两二三四五六整这那几全成外手])套|"
    "(?:能|可以|好|适合|用来|想|要|跟|和|[ ，,])(?:搭配|搭|配)(?:的是)?)(?:个|件|条|一件|一条|厚|薄|我的?|那件|这件|[的]){0,2}$"
)
_GOES_WITH_IT = re.compile(
    "(?:外面|里面)?(?:上|来|去)?(?:搭配|搭|配)(?:条|个|双|件|什么|啥|哪)"
)  # after it: "大衣配什么围巾"
_GROWN_UP = re.compile("我(?:自己|穿)|大人|男士|女士|老公|老婆|爸|妈|成人|men|women")
_SIBLING = re.compile("短款|长款|轻薄|加绒|(?:男|女)(?:款|士|的)|儿童|小孩")
_SIBLINGS = {"男的": "男款", "女的": "女款"}


def _products(text: str, catalog: Catalog, spoken_of: str | None) -> tuple[str, ...]:
    """Products that are named, narrowed by whom they are for, by the size that is named and by what was spoken of."""
    before = catalog.products.get(spoken_of or "")
    found = catalog.products_in(text)
    if not found:
        return _sibling(text, catalog, before) or _of_colour(text, catalog, before)
    named = _longest_name(text, catalog)
    for_child = whom.heard(text) is Whom.CHILD or (
        before and whom.made_for(before) is Whom.CHILD and not _GROWN_UP.search(text)
    )
    if for_child and not any(whom.made_for(p) is Whom.CHILD for p in found):
        wider = [p for p in catalog.products.values() if whom.made_for(p) is Whom.CHILD and _is_called(p, named)]
        found = [p for p in catalog.products_in(f"小孩{named}") if whom.made_for(p) is Whom.CHILD] or wider or found
    if (size := _plain_size(text)) and not any(has_size(p, size) for p in found):
        found = [p for p in catalog.products.values() if _is_called(p, named) and has_size(p, size)] or found
    if before in found and not _FOR_WHOM.search(text):
        found = [p for p in found if p == before]
    return tuple(p.product_id for p in found)


_FOR_WHOM = re.compile("[男女老]|爸|妈(?!的)|孩|童|宝|娃|先生|太太|闺蜜|媳妇")


def _without_company(text: str, catalog: Catalog, spoken_of: str | None) -> str:
    """The text without the things that are only worn with what is asked for ("里面还要穿毛衣", "能配驼色大衣的围巾"); the text
    where nothing else is meant."""
    rest = text
    for hit in sorted(catalog.product_names.scan(text), key=lambda h: -h.start):
        before, after = text[: hit.start], text[hit.end :]
        shade = next((c for c in catalog.colours if before.endswith((c, f"{c}的")) and len(c) > 1), "")
        led = before.removesuffix("的").removesuffix(shade) if shade else before
        if (leads := _WORN_WITH.search(led)) is not None:
            rest = f"{rest[: leads.start()]} {after}" if rest[hit.start :] == text[hit.start :] else rest
        elif _GOES_WITH_IT.match(after):
            rest = f"{rest[: len(led)]} {rest[hit.end :]}"
    return rest if spoken_of in catalog.products or catalog.products_in(rest) else text


def _is_called(product: Product, name: str) -> bool:
    return any(name in known.lower() for known in (product.name, *product.aliases))


def _plain_size(text: str) -> str:
    found = _SIZE_LETTER.search(text) or _SIZE_NUMBER.search(text)
    return found.group(1).upper() if found else ""


def _sibling(text: str, catalog: Catalog, before: Product | None) -> tuple[str, ...]:
    """Another one like the product before: "那个短款多少钱", "男款的呢"."""
    found = _SIBLING.search(text)
    if before is None or not found:
        return ()
    word = _SIBLINGS.get(found.group(0), found.group(0))
    for alias in before.aliases:
        others = catalog.products_in(word + alias.removeprefix("女款").removeprefix("男款"))
        if len(others) == 1 and any(word in name for name in (others[0].name, *others[0].aliases)):
            return (others[0].product_id,) if others[0] != before else ()
    return ()


def _of_colour(text: str, catalog: Catalog, before: Product | None) -> tuple[str, ...]:
    """The one product that comes in a colour which the product before does not ("那枫叶色的呢")."""
    named = [c for c in catalog.colours if len(c) > 1 and c in text]
    if before is None or not named or max(named, key=len) in before.colours:
        return ()
    found = [p.product_id for p in catalog.products.values() if max(named, key=len) in p.colours]
    return tuple(found) if len(found) == 1 else ()


def _means_place(text: str, catalog: Catalog) -> bool:
    """ "徐家汇附近" is a place; "徐家汇店", "徐家汇几点关门" and "我在徐家汇这边 有货吗" are a store."""
    hits = catalog.store_names.scan(text)
    stores = {h.start for h in hits}
    if (
        not _SEEKS_STORE.search(text)
        and len({h.key for h in hits}) == 1
        and any(_HERE.match(text, h.end) for h in hits)
    ):
        return False
    return any(
        re.search(rf"{re.escape(h.name)}(?!店).{{0,2}}(附近|旁边|周边|周围|这边|这里|最近)", text)
        or (
            re.search(rf"(?<![给帮替])(?:我|人)在{re.escape(h.name)}(?!店|那边停|停(?!车场)|买|逛)", text)
            and stores <= {h.start}  # "我在重庆 解放碑的": the store
        )
        for h in catalog.place_names.scan(text)
    )


_HERE = re.compile("店?(?:这边|这儿|这里|这块儿?|那边|那儿|那里)")
_SEEKS_STORE = re.compile("最近|附近|哪家|哪有|哪里|哪个|有店|有.{0,4}(?:门店|店吗|店没)|离")


def _finer(places: tuple[str, ...], catalog: Catalog) -> bool:
    return any(not catalog.places[name].is_city for name in places)


def _by_district(text: str, catalog: Catalog) -> str | None:
    """The one store of a district that is named ("静安那家")."""
    found = [
        s.store_id
        for s in catalog.stores.values()
        if len(stem := s.district.removesuffix("区").removesuffix("市")) > 1
        and stem != s.city
        and re.search(rf"{stem}(?!路|寺|公园|广场|街)", text)
    ]
    return found[0] if len(found) == 1 else None


_ENGLISH_PLACES = (
    ("the bund", "外滩"),
    ("bund", "外滩"),
    ("people's square", "人民广场"),
    ("west lake", "西湖"),
    ("nanjing road", "南京西路"),
)


def _in_chinese(text: str) -> str:
    """Places that English speakers call by a name of their own."""
    lower = text.lower()
    for name, place in _ENGLISH_PLACES:
        if name in lower:
            text = re.sub(name, place, text, flags=re.IGNORECASE)
            lower = text.lower()
    return text


def _longest_name(text: str, catalog: Catalog) -> str:
    hits = catalog.product_names.scan(text)
    return max(hits, key=lambda h: (h.end - h.start) * h.score).name


_JOINED = re.compile(r"店?\s*(?:或者?|和|跟|与|还是|、|/)\s*")


def _store_words(text: str, catalog: Catalog) -> str:
    """The name of the first store, with those that are named in one breath with it ("福田或者南山")."""
    first, *more = catalog.store_names.scan(text)
    names, end = [first.name], first.end
    for hit in more:
        if hit.start >= end and _JOINED.fullmatch(text, end, hit.start):
            names.append(hit.name)
            end = hit.end
    return " ".join(names)


def _order_slots(text: str, slots: dict[str, str]) -> None:
    if found := _ORDER.search(text) or _TAIL.search(text):
        slots["order"] = found.group(1)
    elif any(w in text for w in ("最近一单", "最新那单", "刚下的", "上一单", "最后一单", "刚刚下的")):
        slots["order"] = "最近"
    if found := _TICKET.search(text):
        slots["ticket"] = f"T{found.group(1)}"


def _variant_slots(text: str, catalog: Catalog, products: tuple[str, ...], slots: dict[str, str]) -> None:
    names = "".join(catalog.products[p].name for p in products)
    text = bodies.without_heights(_NUMERAL.sub(lambda found: str(whole(found.group(0))), without_dates(text)))
    for named in sorted(
        (n for p in products for n in (catalog.products[p].name, *catalog.products[p].aliases)), key=len
    ):
        text = text.replace(named, " ")  # the white of "小白鞋" is no colour
    known = [c for c in catalog.colours if c in text and len(c) > 1]
    if known:  # "改成杏色吧 雾蓝显黑": the one that is turned to
        aimed = [c for c in known if re.search(rf"(?:[改换]成?|来|还是|就){c}", text)]
        slots["colour"] = max(aimed or known, key=len)
    elif found := _COLOUR.search(text):
        stem = next(g for g in (*found.groups()[1:], found.group(1)) if g)
        stem = _SHADES.get(stem, stem.replace("颜色", "色"))
        slots["colour"] = stem if len(stem) > 1 else f"{stem}色"
    else:
        for word, colour in _EN_COLOURS.items():
            if re.search(rf"\b{word}\b", text, re.IGNORECASE):
                slots["colour"] = colour
    if found := _AIMED_SIZE.search(text) or _SIZE_LETTER.search(text):  # "M换L": the L
        letter = next(g for g in found.groups() if g).upper()
        slots["size"] = {"2XL": "XXL", "3XL": "XXXL"}.get(letter, letter)
    elif found := _SIZE_NUMBER.search(text):
        slots["size"] = found.group(1)
    elif (found := _BED.search(text)) or (found := _BED_WORDS.search(text)):
        slots["size"] = f"1.{whole(found.group(1))}米"
    elif size := _size_of(text, catalog, products):
        slots["size"] = size
    else:
        for word, letter in (
            ("小码", "S"),
            ("小号", "S"),
            ("中码", "M"),
            ("中号", "M"),
            ("加大", "XL"),
            ("大码", "L"),
            ("大号", "L"),
            ("均码", "均码"),
        ):
            if word in text:
                slots["size"] = letter
                break
    if slots.get("size") and slots["size"] in names and not re.search(r"[码号]", text):
        slots.pop("size")


def _size_of(text: str, catalog: Catalog, products: tuple[str, ...]) -> str | None:
    """A bare number that is a size of what is named ("小白鞋38徐家汇")."""
    sizes = {z for p in products for z in catalog.products[p].sizes if z.isdigit()}
    stems = {
        z
        for p in products
        for z in catalog.products[p].sizes
        if z.endswith("款") and f"{z.removesuffix('款')}的" in text
    }
    if len(stems) == 1:
        return stems.pop()  # "低的" of a pillow that is low or high
    worded = [z for p in products for z in catalog.products[p].sizes if z in text and not z[0].isascii()]
    return next((n for n in _BARE_NUMBER.findall(text) if n in sizes), worded[0] if worded else None)


_OPENING = re.compile(
    r"^(?:(?:喂|你好|您好|哈喽|亲|hello|hi|hey|那个|这个|就是|嗯+|呃|哎|诶|请问|麻烦问?一?下|(?:我)?(?:就)?(?:是)?想(?:要)?(?:请)?(?:问|咨询|了解)(?:一?下|下|一哈|哈|问)?|问(?:一下|下|一哈))(?:[，,。.! ~]+|(?=[\u4e00-\u9fff]{3})))+"
)
_PADDING = re.compile(r"(?:就是说|我想问一?下|我想问|然后呢?(?=我|就))")


def plain(text: str, catalog: Catalog) -> str:
    """The message with names replaced by their kinds, so that the router learns wishes and not wares."""
    spans = [(h.start, h.end, "商品") for h in catalog.product_names.scan(text)]
    spans += [(h.start, h.end, "门店") for h in catalog.store_names.scan(text)]
    spans += [(h.start, h.end, "地点") for h in catalog.place_names.scan(text)]
    out, at = [], 0
    for start, end, kind in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start >= at:
            out += [text[at:start], kind]
            at = end
    out.append(text[at:])
    folded = fold_dialect("".join(out))
    folded = _ORDER.sub("订单号", folded)
    folded = CLOCK.sub("某点", folded)
    folded = MONTH_DAY.sub("某天", WEEKDAY.sub(lambda m: m.group(0) if m.group(2) == "末" else "某天", folded))
    folded = _SHADE.sub("某色", folded)
    folded = _SIZE_LETTER.sub("尺码", folded)
    folded = _SIZE_NUMBER.sub("尺码", folded)
    folded = re.sub(r"\d+", "0", folded).strip()
    bare = _PADDING.sub("", _OPENING.sub("", folded)).strip()
    return bare if len(bare) > 1 else folded
