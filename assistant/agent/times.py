"""Days and hours in words: "后天下午三点", "礼拜天", "往后挪一天". Anchored at a given now, in Asia/Shanghai.

Called by `mentions`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from assistant.clock import SHANGHAI, local
from tools.numerals import whole

_NUMBER = r"(\d{1,2}|二十[一二三]?|十[一二三四五六七八九]?|[一二两俩仨三四五六七八九])"
MONTH_DAY = re.compile(r"(\d{1,2}|[一二两三四五六七八九十]{1,2})月(\d{1,2}|[一二三四五六七八九十]{1,3})[号日]?")
_DAY_OF_MONTH = re.compile(r"(?<!\d)(\d{1,2})[号日](?!线|楼)")
WEEKDAY = re.compile(r"(下下|下|这|本)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天末])")
CLOCK = re.compile(
    rf"(上午|早上|中午|下午|晚上|傍晚)?\s*{_NUMBER}\s*(?:点|时(?!间|候|段|尚)|:|：)\s*(半|一刻|三刻|[0-5]\d)?"
)
_RELATIVE = (
    ("大后天", 3),
    ("后天", 2),
    ("明天", 1),
    ("明儿", 1),
    ("明早", 1),
    ("明晚", 1),
    ("听日", 1),
    ("今天", 0),
    ("今晚", 0),
    ("今儿", 0),
    ("tomorrow", 1),
    ("today", 0),
)


def day_of(text: str, today: date) -> date | None:
    """The day that is named; a weekday without "这" or "下" is the next one to come. None where none is named."""
    for word, days in _RELATIVE:
        if word in text:
            return today + timedelta(days=days)
    if found := MONTH_DAY.search(text):
        return _coming(today, whole(found.group(1)), whole(found.group(2)))
    if found := WEEKDAY.search(text):
        wanted = 5 if found.group(2) == "末" else "一二三四五六日天".index(found.group(2)) % 7
        if found.group(2) == "天":
            wanted = 6
        ahead = wanted - today.weekday()
        if found.group(1) in ("下", "下下"):
            return today + timedelta(days=ahead + 7 * len(found.group(1)))
        if ahead < 0 or (found.group(1) is None and ahead == 0):
            ahead += 7  # a day of this week that is over already is the next one
        return today + timedelta(days=ahead)
    if found := _DAY_OF_MONTH.search(text):
        month = today.month if int(found.group(1)) >= today.day else today.month % 12 + 1
        return _coming(today, month, int(found.group(1)))
    return None


_OF_A_MONTH = r"(?<!\d)(?:[12]?\d|3[01])(?!\d)"
_DATES = re.compile(
    rf"(?:{WEEKDAY.pattern}|[今明后]天)(?:不是|就是|都|是|那天|[，, ])*{_OF_A_MONTH}[号日](?!的?(?:鞋|靴|[^，, ]{{0,4}}(?:鞋|靴))|码|的)|{MONTH_DAY.pattern}|{_OF_A_MONTH}[号日]?是(?:日子|日期|号数|星期|礼拜|周(?!末))"
)


def without_dates(text: str) -> str:
    """The text without days of the month, which are no sizes ("礼拜六是28号", "28是日子")."""
    return _DATES.sub(" ", text)


def _coming(today: date, month: int, day: int) -> date | None:
    try:
        found = date(today.year, month, day)
        return found if found >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


_BUSY = re.compile(
    rf"{CLOCK.pattern}钟?(?:我|那会儿?|还|要|得)*(?:有会|有课|有事|有约|没空|没下班|来不及|赶不[到及上]|上班|上课|开会|不[行成](?![吗么嘛?？]))"
)


def when(text: str, now: datetime) -> datetime | None:
    """The moment that is named by an hour, with its day or the next such hour. None where no hour is named."""
    here = local(now)
    text = _BUSY.sub("", text)
    found = CLOCK.search(text)
    if not found:
        return None
    hour = whole(found.group(2))
    if hour > 23:
        return None
    half = found.group(3)
    minute = {"半": 30, "一刻": 15, "三刻": 45}.get(half, 0) if half and not half.isdigit() else int(half or 0)
    part = found.group(1)
    if hour < 12 and (part in ("下午", "晚上", "傍晚") or (part is None and hour < 9)):
        hour += 12  # nobody books at three in the morning
    day = day_of(text, here.date()) or here.date()
    at = datetime.combine(day, time(hour, minute), SHANGHAI)
    if at <= here and day_of(text, here.date()) is None:
        at += timedelta(days=1)
    return at.astimezone(UTC)


_PARTS = (
    ("上午|早上|早晨|一早|明早|morning", 10),
    ("中午|noon", 12),
    ("下午|午后|afternoon", 15),
    ("傍晚|晚上|今晚|明晚|夜里|evening", 19),
)


def part_of_day(text: str) -> int | None:
    """The hour around which the part of a day lies that is named, None where none is."""
    return next((hour for words, hour in _PARTS if re.search(words, text.lower())), None)


_UNIT = r"(小时|钟头|天|日|分钟|周|星期|礼拜)"
_SHIFT = re.compile(rf"(晚|推迟|推后|往后|延后|延|迟|提前|早|往前)(?:推|挪|延|移|改)?上?(半|{_NUMBER})个?(半)?{_UNIT}")
_EARLIER = ("提前", "早", "往前")


def shift(text: str) -> timedelta:
    """How far a moment is moved ("晚一个小时", "往后挪一天"); nothing where nothing is said of it."""
    found = _SHIFT.search(text)
    if not found:
        return timedelta(0)
    way, amount, half, unit = found.group(1), found.group(2), found.group(4), found.group(5)
    count = 0.5 if amount == "半" else whole(amount) + (0.5 if half else 0)
    days = 7 if unit in ("周", "星期", "礼拜") else 1
    step = {"小时": timedelta(hours=1), "钟头": timedelta(hours=1), "分钟": timedelta(minutes=1)}.get(
        unit, timedelta(days=days)
    )
    return step * (-count if way in _EARLIER else count)
