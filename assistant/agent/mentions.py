"""What a message names: products, variants, stores, places, orders, days and times, sizes of people, kinds of wish.

Deterministic and quick. Its values become tool arguments; a model never writes them.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from assistant.agent.guard import fold_dialect
from assistant.clock import SHANGHAI, local
from tools.catalog import Catalog
from tools.types import StoreTopic

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "〇": 0}
_NUMBER = r"(\d{1,2}|二十[一二三]?|十[一二三四五六七八九]?|[一二两三四五六七八九])"
_ORDER = re.compile(r"(?<!\d)(\d{13,16})(?!\d)")
_TAIL = re.compile(r"(?:尾号|后四位|订单)\s*(\d{4,8})(?!\d)")
_TICKET = re.compile(r"(?<![A-Za-z0-9])[Tt](\d{6})(?!\d)")
_SIZE_LETTER = re.compile(r"(?<![A-Za-z'’])(XXXL|XXL|XL|[SML]|3XL|2XL)(?![A-Za-z])", re.IGNORECASE)
_SIZE_NUMBER = re.compile(
    r"(?<!\d)(2[8]|3\d|4[0-5]|59|66|73|80|90|100|110|120|130|140|150)\s*(?=\s*(?:码|号|的|有|还|呢|吗|没|$|[ ，,]))"
)
_BED = re.compile(r"1\s*(?:\.|米)\s*([58])\s*米?")
_BODY = re.compile(
    r"(?<!\d)(1[0-9]\d|20\d)\s*(?:cm|厘米|公分)?\s*[/，, 、]?\s*(?:体重)?\s*(\d{2,3})\s*(kg|公斤|斤|千克)?",
    re.IGNORECASE,
)
_HEIGHT = re.compile(
    r"(?:身高|高)\s*(\d{2,3})|(?<!\d)(1[4-9]\d)\s*(?:cm|厘米|公分)|一米([一二三四五六七八])([一二三四五六七八九])?|1米(\d{1,2})(?!\d)",
    re.IGNORECASE,
)
_WEIGHT = re.compile(r"(?:体重)?\s*(\d{2,3})\s*(kg|公斤|斤|千克)", re.IGNORECASE)
_COLOUR = re.compile(
    r"(米白|奶油白|浅灰|深灰|雾蓝|藏青|浅蓝|深蓝|湖蓝|酒红|樱花粉|军绿|墨绿|豆绿|荧光黄|明黄|豆沙|正红|枫叶|燕麦|香槟|卡其|驼色?|栗色?|杏色?|肤色|"
    r"雾紫|橙色|棕色|咖色?|[白黑红蓝绿灰粉黄紫]色|(?:那|要|有|件|的|换成?|个)([白黑红蓝绿灰粉黄紫])(?:的|款)|^([白黑红蓝绿灰粉黄紫])(?:的|呢|$))"
)
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
_MONTH_DAY = re.compile(r"(\d{1,2}|[一二两三四五六七八九十]{1,2})月(\d{1,2}|[一二三四五六七八九十]{1,3})[号日]?")
_DAY_OF_MONTH = re.compile(r"(?<!\d)(\d{1,2})[号日](?!线|楼)")
_WEEKDAY = re.compile(r"(下下|下|这|本)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天末])")
_CLOCK = re.compile(rf"(上午|早上|中午|下午|晚上|傍晚)?\s*{_NUMBER}\s*(?:点|时|:|：)\s*(半|一刻|三刻|[0-5]\d)?")
_RELATIVE = (
    ("大后天", 3),
    ("后天", 2),
    ("明天", 1),
    ("明儿", 1),
    ("今天", 0),
    ("今晚", 0),
    ("tomorrow", 1),
    ("today", 0),
)
_LATER = re.compile(rf"(晚|推迟|往后|延后|提前|早){_NUMBER}个?(小时|天)|(往后推|晚|提前|早)(一)?(天)")

_TOPICS: tuple[tuple[StoreTopic, tuple[str, ...]], ...] = (
    (StoreTopic.PARKING, ("停车", "车位", "parking", "车库")),
    (StoreTopic.HOURS, ("几点", "营业", "开门", "关门", "下班", "打烊", "开着", "what time", "open", "close", "hours")),
    (StoreTopic.PHONE, ("电话", "联系方式", "号码", "phone", "怎么联系")),
    (StoreTopic.ADDRESS, ("地址", "地铁", "哪条路", "什么路", "什么位置", "怎么坐", "怎么走", "怎么去", "在哪条", "位置", "address", "怎么过去", "导航")),
    (StoreTopic.FLOOR, ("几楼", "哪层", "哪一层", "几层", "在哪", "哪个楼层", "which floor")),
)  # fmt: skip
_THINGS = (
    "母婴室", "服务台", "失物招领", "卫生间", "厕所", "洗手间", "会员中心", "VIP休息室", "儿童乐园", "轮椅", "婴儿车",
    "女装", "男装", "童装", "鞋", "美妆", "护肤", "化妆品", "运动", "户外", "家居", "小家电", "家电", "超市", "餐饮", "吃饭", "珠宝", "腕表", "手表",
    "云织", "山野集", "步川", "初禾", "拾光", "木里", "小满厨房", "丰年",
)  # fmt: skip
_THING_NAMES = {
    "厕所": "卫生间",
    "洗手间": "卫生间",
    "吃饭": "餐饮",
    "化妆品": "美妆",
    "鞋": "鞋履",
    "手表": "腕表",
    "家电": "小家电",
}
_REWARDS = (("停车", "停车券1小时"), ("咖啡", "咖啡券"), ("coffee", "咖啡券"), ("200", "200元现金券"), ("50", "50元现金券"), ("五十", "50元现金券"),
            ("二百", "200元现金券"), ("两百", "200元现金券"), ("10元", "10元现金券"), ("10块", "10元现金券"), ("十块", "10元现金券"), ("十元", "10元现金券"))  # fmt: skip
_COUPONS = (("美妆", "美妆"), ("护肤", "美妆"), ("童装", "童装"), ("鞋", "鞋履"), ("金卡", "金卡"), ("钻石", "钻石"), ("300", "满300减30券"), ("三百", "满300减30券"),
            ("800", "金卡"), ("500减80", "鞋履"), ("200减25", "美妆"), ("199", "童装"))  # fmt: skip
_REASONS = (("尺码不合适", ("小了", "大了", "不合身", "尺码", "码不对", "太紧", "太松", "穿不上", "偏大", "偏小")),
            ("质量问题", ("质量", "坏", "破", "开线", "起球", "掉色", "开胶", "瑕疵", "掉绒", "钻绒")),
            ("不喜欢", ("不喜欢", "不想要", "不好看", "不要了", "显胖")), ("发错货", ("发错", "错货", "不是我买的")),
            ("买错了", ("买错", "拍错", "下错", "买多")))  # fmt: skip


@dataclass(frozen=True)
class Mentions:
    """Slot → value, and for products, stores and places the ids that were found (several: ask)."""

    slots: dict[str, str] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    plain: str = ""  # the message with what it names replaced by kinds: for the router

    @property
    def any_thing(self) -> bool:
        return bool(self.slots or self.products or self.stores or self.places)


_TAKEN_BACK = re.compile(r"(?:不是|不要|别要)\s*[^，,。 ]{1,6}?[，,。 ]*(?:而?是|要)(?=\S)")


def find(said: str, catalog: Catalog, now: datetime) -> Mentions:
    """All that a message names, less what it takes back ("不是L 是XL"). `now` anchors "明天"."""
    text = fold_dialect(_TAKEN_BACK.sub("要", said))
    products = tuple(p.product_id for p in catalog.products_in(text))
    stores = tuple(s.store_id for s in catalog.stores_in(text))
    places = tuple(p.name for p in catalog.places_in(text))
    slots: dict[str, str] = {}
    _order_slots(text, slots)
    _variant_slots(text, catalog, products, slots)
    _body_slots(text, slots)
    at = when(text, now)
    if at is not None:
        slots["time"] = at.isoformat()
    if (day := _day(text, local(now).date())) is not None:
        slots["day"] = datetime.combine(day, time(12), SHANGHAI).astimezone(UTC).isoformat()
    _wish_slots(text, slots)
    if len(products) == 1:
        slots["product"] = products[0]
    elif products:
        slots["product"] = _longest_name(text, catalog)
    if stores and not _means_place(text, catalog):
        slots["store"] = stores[0] if len(stores) == 1 else _store_words(text, catalog)
    elif places:
        place = catalog.places[places[0]]
        slots["place"] = places[0]
        if place.is_city:
            slots["store"] = places[0]
    return Mentions(slots, products, stores, places, plain(text, catalog))


def _means_place(text: str, catalog: Catalog) -> bool:
    """ "徐家汇附近" is a place, "徐家汇店" and "徐家汇几点关门" are a store."""
    return any(
        re.search(rf"{re.escape(h.name)}(?!店).{{0,2}}(附近|旁边|周边|周围|这边|这里|最近)", text)
        or re.search(rf"(?:我|人)在{re.escape(h.name)}(?!店)", text)
        for h in catalog.place_names.scan(text)
    )


def _longest_name(text: str, catalog: Catalog) -> str:
    hits = catalog.product_names.scan(text)
    return max(hits, key=lambda h: (h.end - h.start) * h.score).name


def _store_words(text: str, catalog: Catalog) -> str:
    return catalog.store_names.scan(text)[0].name


def _order_slots(text: str, slots: dict[str, str]) -> None:
    if found := _ORDER.search(text) or _TAIL.search(text):
        slots["order"] = found.group(1)
    elif any(w in text for w in ("最近一单", "最新那单", "刚下的", "上一单", "最后一单", "刚刚下的")):
        slots["order"] = "最近"
    if found := _TICKET.search(text):
        slots["ticket"] = f"T{found.group(1)}"


def _variant_slots(text: str, catalog: Catalog, products: tuple[str, ...], slots: dict[str, str]) -> None:
    known = [c for c in catalog.colours if c in text and len(c) > 1]
    names = "".join(catalog.products[p].name for p in products)
    if known:
        slots["colour"] = max(known, key=len)
    elif (found := _COLOUR.search(text)) and not (found.group(0)[0] in "白" and "小白鞋" in text and "色" not in text):
        stem = next(g for g in (found.group(2), found.group(3), found.group(1)) if g)
        slots["colour"] = stem if len(stem) > 1 else f"{stem}色"
    else:
        for word, colour in _EN_COLOURS.items():
            if re.search(rf"\b{word}\b", text, re.IGNORECASE):
                slots["colour"] = colour
    if found := _SIZE_LETTER.search(text):
        letter = found.group(1).upper()
        slots["size"] = {"2XL": "XXL", "3XL": "XXXL"}.get(letter, letter)
    elif found := _SIZE_NUMBER.search(text):
        slots["size"] = found.group(1)
    elif found := _BED.search(text):
        slots["size"] = f"1.{found.group(1)}米"
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


def _body_slots(text: str, slots: dict[str, str]) -> None:
    if found := _BODY.search(text):
        slots["height"] = found.group(1)
        slots["weight"] = _kilograms(found.group(2), found.group(3), text)
        return
    if found := _HEIGHT.search(text):
        plain_cm = found.group(1) or found.group(2)
        if plain_cm is None and found.group(3):
            plain_cm = f"1{_DIGITS[found.group(3)]}{_DIGITS[found.group(4)] if found.group(4) else 0}"
        slots["height"] = plain_cm or f"1{found.group(5):0<2}"
    if found := _WEIGHT.search(text):
        slots["weight"] = _kilograms(found.group(1), found.group(2), text)


def _kilograms(number: str, unit: str | None, text: str) -> str:
    value = int(number)
    return str(round(value / 2)) if unit == "斤" or (unit is None and value >= 95) else str(value)


def _wish_slots(text: str, slots: dict[str, str]) -> None:
    lower = text.lower()
    if "换" in text or "exchange" in lower:
        slots["kind"] = "换货"
    elif "退" in text or "return" in lower or "refund" in lower:
        slots["kind"] = "退货"
    for topic, words in _TOPICS:
        if any(w in lower for w in words):
            slots["about"] = topic.value
            break
    for thing in _THINGS:
        if thing in text:
            slots["looked_for"] = _THING_NAMES.get(thing, thing)
            break
    for word, value in _REWARDS:
        if word in lower:
            slots["item"] = value
            break
    for word, value in _COUPONS:
        if word in text:
            slots["coupon"] = value
            break
    for tier in ("钻石", "金卡", "银卡", "普通"):
        if (
            tier in text
            or re.search(rf"{tier[0]}(?:的|级|会员|卡)", text)
            or {"金卡": "gold", "钻石": "diamond", "银卡": "silver"}.get(tier, "\0") in lower
        ):
            slots["tier"] = tier
            break
    for reason, words in _REASONS:
        if any(w in text for w in words):
            slots["reason"] = reason
            break
    if any(w in text for w in ("问卷", "调查", "打分", "评价")):
        slots["subject"] = "survey"
    elif any(w in text for w in ("推荐", "个性")):
        slots["subject"] = "personal"
    elif any(w in lower for w in ("广告", "营销", "推送", "推销", "短信", "退订", "订阅", "ads", "消息")):
        slots["subject"] = "marketing"
    if "subject" in slots:
        slots["allowed"] = "yes" if any(w in text for w in ("重新", "打开", "开启", "恢复")) else "no"


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if len(word) == 1:
        return _DIGITS[word]
    tens, _, ones = word.partition("十")
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _day(text: str, today: date) -> date | None:
    for word, days in _RELATIVE:
        if word in text:
            return today + timedelta(days=days)
    if found := _MONTH_DAY.search(text):
        return _coming(today, _number(found.group(1)), _number(found.group(2)))
    if found := _WEEKDAY.search(text):
        wanted = 5 if found.group(2) == "末" else "一二三四五六日天".index(found.group(2)) % 7
        if found.group(2) == "天":
            wanted = 6
        ahead = wanted - today.weekday()
        if found.group(1) in ("下", "下下"):
            return today + timedelta(days=ahead + 7 * len(found.group(1)))
        return today + timedelta(days=ahead % 7 if found.group(1) is None else ahead)
    if found := _DAY_OF_MONTH.search(text):
        month = today.month if int(found.group(1)) >= today.day else today.month % 12 + 1
        return _coming(today, month, int(found.group(1)))
    return None


def _coming(today: date, month: int, day: int) -> date | None:
    try:
        found = date(today.year, month, day)
        return found if found >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


def when(text: str, now: datetime) -> datetime | None:
    """The moment that is named by an hour, with its day or the next such hour. None where no hour is named."""
    here = local(now)
    found = _CLOCK.search(text)
    if not found:
        return None
    hour = _number(found.group(2))
    if hour > 23:
        return None
    half = found.group(3)
    minute = {"半": 30, "一刻": 15, "三刻": 45}.get(half, 0) if half and not half.isdigit() else int(half or 0)
    part = found.group(1)
    if hour < 12 and (part in ("下午", "晚上", "傍晚") or (part is None and hour < 9)):
        hour += 12  # nobody books at three in the morning
    day = _day(text, here.date()) or here.date()
    at = datetime.combine(day, time(hour, minute), SHANGHAI)
    if at <= here and _day(text, here.date()) is None:
        at += timedelta(days=1)
    return at.astimezone(UTC)


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
    folded = _SIZE_LETTER.sub("尺码", folded)
    folded = _SIZE_NUMBER.sub("尺码", folded)
    return re.sub(r"\d+", "0", folded).strip()
