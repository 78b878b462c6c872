"""Coupons and rewards by the amounts in their names: "500那个", "满300那张", "两千减五百的".

Pure functions on text. Called by `picks` for what was offered and by `fill` for what a list showed.
"""

import re
from collections.abc import Sequence

from assistant.agent import ruled_out
from assistant.domain.conversation import Offer
from tools.numerals import whole

_NUMERAL = re.compile(
    "(?:[一二两三四五六七八九][千百]零?)+(?:[一二三四五六七八九](?:十[一二三四五六七八九]?)?)?(?![点张个])|[一二三四五六七八九]十[一二三四五六七八九]?(?![点张个])"
)
_OF_TIME = "(?!周?岁|个月|天|年|月)"
_FROM_TO = re.compile(r"满?(\d+)(?:元|块)?减(\d+)")
_FROM = re.compile(rf"满(\d++){_OF_TIME}")
_OFF = re.compile(r"(?:减|抵|省|优惠)(\d+)")
_POINTS = re.compile(r"(\d+)(?:积)?分")
_BARE = re.compile(r"(?<![\d.])(\d+)(?:元|块钱?)?(?:的(?=$|[，, 呢吧那给我就要好来领])|那|这|券|$|[ ，,]|现金)")
_PRICED = re.compile(r"满\d|减\d|\d分|\d元")
_NAMING = re.compile(
    r"[满减抵省优惠元块钱积分券现金张个款种那这的我要就给来领换拿吧呢呗嘛啊了它好行嗯 ，,。!！]|\d|one|the|please",
    re.IGNORECASE,
)


def named(text: str, offers: Sequence[Offer]) -> str | None:
    """The value of the one offer that the amounts in a message mean; None where none or several fit, or none has any."""
    labels = {o.value: o.label.replace(",", "") for o in offers}
    if not any(_PRICED.search(label) for label in labels.values()):
        return None
    said = in_digits(ruled_out.left(text)).replace(",", "")
    for pattern, shapes in (
        (_FROM_TO, ("满{}减{}",)), (_FROM, ("满{}",)), (_OFF, ("减{}", "{}元")), (_POINTS, ("{}分",)),
        (_BARE, ("减{}", "{}元", "满{}", "{}分")),
    ):  # fmt: skip
        if (found := pattern.search(said)) is None:
            continue
        for shape in shapes:  # people call a coupon by what it takes off before they call it by what it asks for
            wanted = shape.format(*(rf"(?<!\d){number}(?!\d)" for number in found.groups()))
            fitting = [value for value, label in labels.items() if re.search(wanted, label)]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
    return None


def spoken(text: str) -> str:
    """The amounts by which a message calls a coupon that was not shown ("满300减30", "减500"); empty where by none."""
    said = in_digits(text).replace(",", "")
    shapes = ((_FROM_TO, "满{}减{}"), (_OFF, "减{}"), (_FROM, "满{}"))
    return next((shape.format(*found.groups()) for pattern, shape in shapes if (found := pattern.search(said))), "")


def only_names(text: str) -> bool:
    """True for a message that holds an amount and nothing but words that name one of a list ("500那个")."""
    said = in_digits(text)
    return bool(_BARE.search(said) or _FROM.search(said) or _OFF.search(said)) and not _NAMING.sub("", said)


_UNITS = (
    "件|袋|双|盒|瓶|床|条|箱|桶|套|支|顶|台|包|罐|个(?!颜|色|码|尺|店|门|月|小时|钟|人|多|工作|星期|礼拜|问题|字|孩|袋)"
)
_NO_PART = r"(?<![第\d.零一二三四五六七八九十百千满])"
_SEVERAL = re.compile(rf"{_NO_PART}([2-9]|[1-9]\d|[二两俩三四五六七八九十]+)(?:{_UNITS})(?![减折装套])")
_JUST_ONE = re.compile(rf"(?:就|只要?|改成?)(?:要|留)?[一1](?:{_UNITS})")
_ONE = re.compile(rf"{_NO_PART}[一1](?:{_UNITS})")
_IN_STOCK = re.compile(
    rf"(?:有|剩)(?:下|着|是|的)?(?:[一二两俩三四五六七八九十\d]+)(?:{_UNITS})(?![，, 我就]*(?:都|全|一起)?(?:给我|帮我)?[要留])"
    rf"|^[一二两俩三四五六七八九十\d]+(?:{_UNITS})[，,。 ]*(?:稳了|稳|够了|不少|还行|还多)"
)  # told, and not wished
_KEEP_ONE = re.compile(
    rf"(?:(?<![不别])(?:预留|留|占|拿))(?:上|着|起)?[一1](?:{_UNITS})(?=[嘛吧呗啊呀哈着 ，,。！!]|$)"
)
_UNWANTED = re.compile("不(?!够|止|对|是)|没|别|取消|算了")


def pieces(text: str, asked: bool = False) -> int:
    """How many pieces a message wants ("给我留两袋" 2, "算了就一袋" 1), the last that it names; 0 where it does not say.

    `asked`: the message answers how many, so that "一件" says one.
    """
    text = _IN_STOCK.sub(" ", text)
    if found := _SEVERAL.findall(text):
        return whole(found[-1])
    return 1 if (_ONE if asked else _JUST_ONE).search(text) or _KEEP_ONE.search(text) else 0


def unwanted(text: str) -> bool:
    """True where a message that counts pieces wants none of them ("这两件都不要了"), and not just one ("算了就一袋")."""
    return bool(_UNWANTED.search(text)) and not _JUST_ONE.search(text)


def in_digits(text: str) -> str:
    """Tens, hundreds and thousands in words as digits ("两千减五百")."""
    return _NUMERAL.sub(lambda found: str(whole(found.group(0))), text)
