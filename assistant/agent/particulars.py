"""What a message says about its wish besides wares and places: return or exchange, topic, reward, coupon, tier, reason.

Called by `mentions`. The tables follow the demo retailer's rewards, coupons and floors.
"""

import re

from tools.types import StoreTopic

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
_COUPONS_OF_BRANDS = (("拾光", "美妆"), ("初禾", "童装"), ("步川", "鞋履"))
_ALLOWS = re.compile(
    "重新|打开|开启|恢复|开着|开起来|再开|开回|还是要|还是给|(?<!不)想收|可以发|愿意|订阅回|turn .{0,20}on|back on|subscribe again"
)
_REASONS = (("尺码不合适", ("小了", "大了", "不合身", "磨脚", "挤脚", "紧", "松了", "太长", "太短", "不合适", "不合脚", "too big", "too small", "doesn't fit", "尺码", "码不对", "太紧", "太松", "穿不上", "偏大", "偏小")),
            ("质量问题", ("质量", "坏", "破", "开线", "起球", "掉色", "开胶", "瑕疵", "掉绒", "钻绒", "quality", "broken", "defect")),
            ("不喜欢", ("不喜欢", "不想要", "不好看", "不要了", "显胖", "不舒服", "扎", "丑", "don't like")), ("发错货", ("发错", "错货", "不是我买的")),
            ("买错了", ("买错", "拍错", "下错", "买多")))  # fmt: skip


def find(text: str) -> dict[str, str]:
    """Slot → value of what a message says about its wish."""
    slots: dict[str, str] = {}
    lower = text.lower()
    if kind := _return_kind(lower):
        slots["kind"] = kind
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
    elif any(w in text for w in ("推荐", "个性", "猜你喜欢", "猜我喜欢")):
        slots["subject"] = "personal"
    elif any(w in lower for w in ("广告", "营销", "推送", "推销", "短信", "退订", "订阅", "ads", "消息")):
        slots["subject"] = "marketing"
    if "subject" in slots:
        slots["allowed"] = "yes" if _ALLOWS.search(lower) else "no"
    return slots


def coupon_of_brand(text: str) -> str:
    """The coupon that is called by its brand ("拾光那个给我"), else empty."""
    return next((value for brand, value in _COUPONS_OF_BRANDS if brand in text), "")


_RETURN_WORDS = re.compile("换|退|exchange|swap|return|refund|bigger size|smaller size")
_NOT_WANTED = re.compile("(?:不想|不要|不用|不|别)(?:退|换)(?:货|了)?|退换")


def _return_kind(text: str) -> str | None:
    """The wish that is named last and not taken back ("换不了就退吧", "不退了 换一个")."""
    found = _RETURN_WORDS.findall(_NOT_WANTED.sub("", text))
    if not found:
        return "换货" if "换" in text and "退换" not in text else "退货" if "退" in text else None
    return "退货" if found[-1] in ("退", "return", "refund") else "换货"
