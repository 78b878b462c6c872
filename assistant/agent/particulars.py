"""What a message says about its wish besides wares and places: return or exchange, topic, reward, coupon, tier, reason.

Called by `mentions`. What a retailer calls its rewards, coupons and floors stands in the playbook's `names.yaml`.
"""

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from tools.types import StoreTopic


class Names(BaseModel):
    """How people call what a retailer has, and what it is called there: word → name. The first word found counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    things: Mapping[str, str] = {}  # what is looked for inside a store
    rewards: Mapping[str, str] = {}
    coupons: Mapping[str, str] = {}
    coupons_of_brands: Mapping[str, str] = {}  # counts only where a coupon is asked for
    tiers: Mapping[str, str] = {}


NO_NAMES = Names()

_TOPICS: tuple[tuple[StoreTopic, tuple[str, ...]], ...] = (
    (StoreTopic.PARKING, ("停车", "泊车", "车位", "parking", "车库", "停一", "停两", "停三", "停几")),
    (StoreTopic.HOURS, ("几点", "营业", "开门", "关门", "下班", "打烊", "开着", "what time", "open", "close", "hours")),
    (StoreTopic.PHONE, ("电话", "座机", "联系方式", "号码", "phone", "怎么联系")),
    (StoreTopic.ADDRESS, ("地址", "地图", "地铁", "哪条路", "什么路", "什么位置", "怎么坐", "怎么走", "怎么去", "在哪条", "位置", "address", "怎么过去", "导航")),
    (StoreTopic.FLOOR, ("几楼", "哪层", "哪一层", "几层", "在哪", "哪个楼层", "which floor")),
)  # fmt: skip
_OPEN_UNTIL = re.compile(
    "点关(?![注闭心])|多开(?:一?会|半|几)|开到(?:几|多|什么|晚|[一二三四五六七八九十\\d]+(?:点|:))|关得?很?[早晚]|"
    "(?:过来|过去|再?[去来到]).{0,6}(?:来得及|赶得[上及]|还?开着)"
)
_GIVE_NUMBER = re.compile(
    "(?:电话|座机)(?:号码?)?(?:是|给我|发我|发一?下|报|多少|几多|好多)|(?<!回)(?:给|发|报)我?(?:个|一?下)?(?:你们)?(?:门店|店里?)?的?(?:电话|座机)(?:号码?)?$"
)
_ALLOWS = re.compile(
    "重新|打开|开启|恢复|开着|开起来|再开|开回|还是要|还是给|(?<!不)想收|可以发|愿意|订阅回|(?<![不拒没])(?<!不[想再要])(?<!停止)(?<!没有)接受|turn .{0,20}on|back on|subscribe again"
)
_NO_FAULT = re.compile(
    "质量(?:倒|也)?(?:没有?|没啥|没什么)(?:什么)?(?:问题|毛病)|质量(?:倒|也|都)?(?:是)?(?:挺|很|蛮|还|真)*(?:好|不错|可以)|(?:不是|没有?)(?:什么)?质量问题|[没不](?:有)?[坏破]|(?:券|积分|会员|活动)(?:都|已经)?过期了"
)
OTHER_SIZE = "尺码不合适"  # the reason of what does not fit
_REASONS = ((OTHER_SIZE, ("小了", "大了", "长了", "短了", "肥了", "勒得慌", "勒脚", "紧巴", "挤得慌", "不合身", "磨脚", "挤脚", "紧", "松了", "太长", "太短", "不合适", "不合脚", "too big", "too small", "doesn't fit", "尺码", "码不对", "太紧", "太松", "穿不上", "偏大", "偏小")),
            ("质量问题", ("质量", "坏", "破", "开线", "起球", "掉色", "开胶", "瑕疵", "掉绒", "钻绒", "生虫", "长虫", "有虫", "发霉", "长霉", "霉了", "变质", "馊", "过期了", "漏水", "漏气", "裂了", "烂了", "quality", "broken", "defect")),
            ("不喜欢", ("不喜欢", "不太喜欢", "不大喜欢", "不咋喜欢", "不怎么喜欢", "没看上", "没相中", "不想要", "不好看", "不要了", "显胖", "不舒服", "扎", "丑", "don't like")), ("发错货", ("发错", "错货", "不是我买的")),
            ("买错了", ("买错", "拍错", "下错", "买多了")))  # fmt: skip


def find(text: str, names: Names = NO_NAMES) -> dict[str, str]:
    """Slot → value of what a message says about its wish."""
    slots: dict[str, str] = {}
    lower = text.lower()
    if kind := _return_kind(lower):
        slots["kind"] = kind
    if _GIVE_NUMBER.search(text) and not any(word in lower for word in dict(_TOPICS)[StoreTopic.HOURS]):
        slots["about"] = StoreTopic.PHONE.value
    for topic, words in _TOPICS:
        if "about" not in slots and any(w in lower for w in words):
            slots["about"] = topic.value
    if "about" not in slots and _OPEN_UNTIL.search(text):
        slots["about"] = StoreTopic.HOURS.value
    tables = {"looked_for": names.things, "item": names.rewards, "coupon": names.coupons, "tier": names.tiers}
    slots |= {slot: name for slot, what in tables.items() if (name := called(what, text))}
    faults = _NO_FAULT.sub("", text)
    for reason, words in _REASONS:
        if any(w in faults for w in words):
            slots["reason"] = reason
            break
    if any(w in text for w in ("问卷", "调查", "打分", "评价")):
        slots["subject"] = "survey"
    elif any(w in text for w in ("推荐", "个性", "猜你喜欢", "猜我喜欢")):
        slots["subject"] = "personal"
    elif any(
        w in lower for w in ("广告", "营销", "推送", "推销", "促销", "推给我", "短信", "退订", "订阅", "ads", "消息")
    ):
        slots["subject"] = "marketing"
    if "subject" in slots:
        slots["allowed"] = "yes" if _ALLOWS.search(lower) else "no"
    return slots


_RETURN_WORDS = re.compile("换|退|exchange|swap|return|refund|bigger size|smaller size")
_OTHER_SIZE = re.compile(
    r"[大小][一半两]个?[号码]|[整给来]个?[大小]个?[号码]|调.{0,2}[条件双个码大小]|[长短大小肥瘦]点儿?的"
)
_STEP = re.compile(r"(?<![偏买拍子])([大小])(?:一|半|个)(?:个)?[号码](?!了|.*还是)")
_NO_STEP = re.compile("(?:不|别)(?:要|想|用)?(?:换|买|拿)?.?[大小](?:一|半|个)")
_NOT_WANTED = re.compile("(?:不想|不要|不用|不|别)(?:退|换)(?:货|了)?|退换")


def called_other_size(text: str) -> bool:
    """True where another size is wished ("大一号", "短点的")."""
    return bool(_OTHER_SIZE.search(text))


def steps(text: str) -> int:
    """How many sizes up or down is wished: 1 for "大一码", -1 for "换小一号", 0 where none is told."""
    found = None if _NO_STEP.search(text) else _STEP.search(text)
    return 0 if found is None else 1 if found.group(1) == "大" else -1


def _return_kind(text: str) -> str | None:
    """The wish that is named last and not taken back ("换不了就退吧", "不退了 换一个")."""
    found = _RETURN_WORDS.findall(_NOT_WANTED.sub("", text))
    if not found and called_other_size(text) and "退" not in text:
        return "换货"
    if not found:
        return "换货" if "换" in text and "退换" not in text else "退货" if "退" in text else None
    return "退货" if found[-1] in ("退", "return", "refund") else "换货"


def called(what: Mapping[str, str], text: str) -> str:
    """The name of the first word that a text holds, else empty. A number stands alone and counts nothing else."""
    lower = text.lower()
    return next((name for word, name in what.items() if word in lower and _is_whole(word, lower)), "")


_OF_OTHER_THINGS = r"(?!\d|\s*(?:斤|公斤|千克|kg|cm|厘米|公分|毫升|ml|[码号高岁克件袋层楼天]|分钟))"


def _is_whole(word: str, text: str) -> bool:
    """True but for a number that is a part of a longer one or the measure of something ("50斤", "150元")."""
    before = r"(?<![\d.])" if word[0].isdigit() else ""
    after = _OF_OTHER_THINGS if word[-1].isdigit() else ""
    return not (before or after) or re.search(before + re.escape(word) + after, text) is not None
