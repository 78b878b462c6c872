"""Who is to wear it, how tall and heavy they are, what they usually wear, and how loosely: "我妈一米六 一百二十来斤 宽松点".

Pure functions on text. Called by `mentions`, and by `fill` where a size is asked.
"""

import re

from tools.numerals import whole

SELF = "我"
LOOSE = "宽松"
_DIGIT = "一二三四五六七八九"
_NOT_OF_BODIES = r"(?!\d|\s*(?:元|块|件|袋|张|双|个|折|分|点|号|楼|岁|天|月))"
_BODY = re.compile(
    rf"(?<!\d)(1[0-9]\d|20\d)\s*(?:cm|厘米|公分)?高?\s*[/，, 、]?\s*(?:体重)?\s*(\d{{2,3}})\s*(kg|公斤|斤|千克)?{_NOT_OF_BODIES}",
    re.IGNORECASE,
)
_HEIGHT = re.compile(
    r"(?<!\d)([5-9]\d|1\d\d|20\d)\s*(?:cm|厘米|公分|高(?![跟腰领帮筒档级]))"
    rf"|(?:身高|个子|个头|(?<![有点太很更])高)\s*(?:是|有|才|只有)?\s*([4-9]\d|1\d\d|20\d)(?!\s*(?:斤|kg|公斤|千克)){_NOT_OF_BODIES}"
    r"|1米(\d{1,2})(?!\d)|(?<![\d.减付省退花¥￥])1\.([4-9]\d)(?!\d|\s*(?:元|块|克|g|升|l|公斤|斤|折|%))\s*米?",
    re.IGNORECASE,
)
_TOLD_HEIGHT = re.compile(r"(?:身高|个子|个头)\s*\d{2,3}|(?<!\d)\d{2,3}高(?![跟腰领帮筒档级])")
_WEIGHT = re.compile(r"(?:体重)?\s*(\d{2,3})\s*(kg|公斤|斤|千克)", re.IGNORECASE)
_METRE_WORDS = re.compile(rf"一米([{_DIGIT}])([{_DIGIT}])?(?![十百])")
_WEIGHT_WORDS = re.compile(rf"([{_DIGIT}两十百零]{{2,}})[来多几]?(?=公斤|斤|千克)")
_HEIGHT_WORDS = re.compile(rf"([{_DIGIT}]?[十百][{_DIGIT}十零]*)(?=公分|厘米|cm|高(?![兴中低跟]))")
_CHANGED_BY = re.compile(  # of somebody who grew stouter, which tells no weight
    rf"(?:[胖瘦重轻长减掉增](?:了|掉|起来|回去)+)(?:有|快|差不多|整整|大概|将近|近|[好几])*(?:[{_DIGIT}两十百半几]+|\d+)[来多几]?(?:公斤|斤|千克|kg|公分|厘米)"
)
_ABOUT = re.compile(r"(?<=\d)[来多几](?=公斤|斤|千克)")
_TALL_ENOUGH = re.compile(
    r"(?<![\d.¥￥])(1[4-9]\d|20\d)(?![\d.]|\s*(?:元|块|分|点|折|天|号|楼|斤|kg|公斤|%|毫米|ml|个|年|月|件|双|张|级))",
    re.IGNORECASE,
)
_MEASURE = rf"(?:[{_DIGIT}两十百零米点]+|\d[\d.]*)\s*(?:公斤|斤|千克|kg|cm|厘米|公分|高)?"
_KIN = "(?![们妈爸爹娘老奶爷姥外公婆女男儿孩娃闺媳家朋对先太姐妹哥弟侄孙同])"
_MINE = re.compile(
    rf"{_MEASURE}(?:的)?是我{_KIN}(?:自己|本人)?的?|我{_KIN}(?:自己|本人)?(?:的|是|有|身高|体重|才|都)*{_MEASURE}",
    re.IGNORECASE,
)

_OTHER = re.compile(
    "老伴|老婆|老公|媳妇|太太|先生|爱人|对象|爸|妈(?!的)|爷爷|奶奶|姥姥|姥爷|老人|老爷子|老太太|外公|外婆|公公|婆婆|女儿|儿子|闺女|孩子|小孩|宝宝|[小男女]朋友|闺蜜|(?<![小大])[姐妹哥弟](?!妹|们|好)|侄|孙|同事|室友|送人|"
    "[给送帮]她|[给送帮]他|[她他](?=[^，,。 ]{0,2}(?:个子|身高|体重|[平经日]常|平时|穿|脚|一米|1米|\\d|里面|要))"
)
_ONLY_SPEAKS = re.compile("们|也?(?:说|讲|觉得|推荐|买了|买过|夸|嫌|有一?[件条双])")  # and wears it not
_SPEAKS_TO = re.compile("^(?:大|小)?(?:哥|姐|妹|老弟|先生)+[，,。 呀啊]|小姐姐|小哥哥")
_MYSELF = re.compile(rf"我(?:自己|本人)?(?:该|能|得|要|想|应该)?穿{_KIN}|自己穿")
_SELF = re.compile(rf"我{_KIN}(?:自己|本人)?(?:平时|一般|平常)?(?:想|要|能|该)?(?:穿|试|\d{{3}}|1\.\d|一米|1米)|自己穿")

_SHOE = r"(3[3-9]|4[0-8])(?:\.(5)|\s*[码号]?(半))?"
_USUAL = re.compile(
    rf"(?:平时|平常|一般|日常|通常|一直|向来|都|以前|现在)(?:都|是|就)*(?:穿|买)(?:的)?(?:是|都是)?\s*{_SHOE}(?!\d)|{_SHOE}\s*[码号]?的?脚"
)
_SHOE_ALONE = re.compile(rf"(?<![\d.¥￥]){_SHOE}(?![\d.]|\s*(?:元|块|天|点|岁|斤|公斤|kg|厘米|cm|件|双))")
_FITS = re.compile("会不会.{0,3}[大小紧松勒挤肥]|([大小紧松肥])不\\1|[穿试].{0,3}合[适身脚]吗|够不够(?:大|宽松)")
_LOOSELY = re.compile(
    "(?:里面|里头|里边)[^，,。！!]{0,3}(?:穿|套|加|搭)|叠穿|套(?:件|个|着)?(?:厚|薄)?(?:毛衣|毛衫|卫衣|打底|秋衣|衬衫)|(?<![太欢很好])(?<!不[要想])(?<!不想要)宽松(?!吗|了|不|么)|松快|大一点的|不(?:想|要|喜欢)[^，,。]{0,2}(?:贴身|紧身|太紧|绷)|脚[背面]?(?:有点|比较|偏|太|很)?[宽胖肥高厚]|[宽胖肥]脚|大脚骨|拇外翻|脚趾外翻"
)


def find(text: str) -> dict[str, str]:
    """Slot → value: `height` in centimetres, `weight` in kilograms; only what is told."""
    told = in_digits(_CHANGED_BY.sub(" ", text))
    others = wearer_in(text) not in ("", SELF)  # "55公斤是我 我妈六十公斤": of the two, hers
    return (_measured(_MINE.sub(" ", told)) if others else {}) or _measured(told)


def besides(text: str) -> dict[str, str]:
    """Slot → value of what else tells a size: `wearer`, the `usual` size of shoes, the `fit`; only what is told."""
    found = {}
    if wearer := wearer_in(text):
        found["wearer"] = wearer
    if usual := _USUAL.search(text):
        found["usual"] = _shoe(usual)
    if _LOOSELY.search(text):
        found["fit"] = LOOSE
    return found


def _measured(told: str) -> dict[str, str]:
    if both := _BODY.search(told):
        return {"height": both.group(1), "weight": _kilograms(both.group(2), both.group(3))}
    slots = {}
    if tall := _HEIGHT.search(told):
        slots["height"] = tall.group(1) or tall.group(2) or f"1{tall.group(3) or tall.group(4):0<2}"
    if heavy := _WEIGHT.search(told):
        slots["weight"] = _kilograms(heavy.group(1), heavy.group(2))
    return slots


def wearer_in(text: str) -> str:
    """Who is to wear it: `SELF`, another as the message calls them, empty where it does not say."""
    heard = _SPEAKS_TO.sub("", text)
    named = (found for found in _OTHER.finditer(heard) if not _ONLY_SPEAKS.match(heard, found.end()))
    other = None if _MYSELF.search(text) else next(named, None)
    return other.group(0) if other else SELF if _SELF.search(text) else ""


def asks_of_fit(text: str) -> bool:
    """True where a message asks whether a size is too large or too small."""
    return bool(_FITS.search(text))


def bare_height(text: str) -> str:
    """Centimetres of a number without a unit that can only be how tall a grown-up is ("我168穿什么码"); else empty."""
    found = _TALL_ENOUGH.search(text)
    return found.group(1) if found else ""


def bare_shoe(text: str) -> str:
    """The first number that can be what shoes are usually worn in ("37我说了呀", "37码半"); else empty."""
    found = _SHOE_ALONE.search(text)
    return _shoe(found) if found else ""


def without_heights(text: str) -> str:
    """The text without heights in bare numbers, which are no sizes of clothes."""
    return _TOLD_HEIGHT.sub(" ", text)


def in_digits(text: str) -> str:
    """Metres and weights in words as digits: "一米五八一百二十来斤" as 158厘米 120斤, "一百二斤" as 120斤,
    "七十六公分" as 76公分."""
    text = _HEIGHT_WORDS.sub(lambda m: str(whole(m.group(1))), text)
    text = _METRE_WORDS.sub(lambda m: f"1{whole(m.group(1))}{whole(m.group(2) or '零')}厘米 ", text)
    return _ABOUT.sub("", _WEIGHT_WORDS.sub(lambda m: str(whole(m.group(1))), text))


def tens_in_digits(text: str) -> str:
    """Tens in words as digits, where a height was asked for ("我说了七十六" as 我说了76)."""
    return re.sub(rf"[{_DIGIT}]十[{_DIGIT}]?", lambda m: str(whole(m.group(0))), text)


def _shoe(found: re.Match[str]) -> str:
    size, point, half = next(g for g in (found.groups()[i : i + 3] for i in range(0, len(found.groups()), 3)) if g[0])
    return f"{size}.5" if point or half else str(size)


def _kilograms(number: str, unit: str | None) -> str:
    value = int(number)
    return str(round(value / 2)) if unit == "斤" or (unit is None and value >= 95) else str(value)


def changes_wearer(before: str, now: str) -> bool:
    """True where what was told of one person is no more meant ("我妈…", later "我自己穿")."""
    return bool(before and now) and (before == SELF) != (now == SELF)
