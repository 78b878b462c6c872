"""Chinese time expressions → periods of local days.

Enters: the text and today. Leaves: the expressions with where they stand. A period that has not begun is never taken
silently: it comes back as `future`, and a month, holiday or quarter without a year is the latest one that has begun.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from assistant.chatbi.language import units
from assistant.chatbi.language.holidays import Calendar
from assistant.chatbi.language.numbers import COUNT, count
from assistant.chatbi.query import Period

Unit = Literal[
    "day", "days", "week", "xun", "month", "quarter", "half", "year", "fiscal", "holiday", "range", "weekend"
]


@dataclass(frozen=True)
class Time:
    """An expression found: `text[start:end]`. `first` to `last` is the whole period, even where it is not over."""

    start: int
    end: int
    first: date
    last: date
    unit: Unit
    label: str
    holiday: str = ""

    def period(self, today: date) -> Period:
        """The part of it that has happened. Only for what is not in the future."""
        over = self.last <= today
        return Period(start=self.first, end=self.last if over else today, label=self.label, to_date=self.last > today)

    def future(self, today: date) -> bool:
        return self.first > today


_YEAR = r"(?P<y>今年|本年度?|去年|上年|前年|大前年|明年|后年|(?:20)?\d{2}年|二[零〇][一二三四五六七八九零〇]{2}年)?的?"
_N = COUNT
_WEEKDAY = "(?:[一二三四五六](?!天)|天|日(?!均))"  # 本周日均 is an average by day, 上周一天里 all of one
_TO = re.compile(r"\s*(?:到|至|—|–|-|~|～)\s*")
_UNTIL_TODAY = re.compile("(?:开始)?(?:至今|以来|到现在|到目前(?:为止)?)")
Found = tuple[date, date, Unit, str]
Rule = Callable[[re.Match[str]], Found | None]


class Clocks:
    """All rules for one day. `find(text)` gives expressions, left to right, longest first."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        self.today = today
        self.calendar = calendar
        names = "|".join(sorted(map(re.escape, calendar.names), key=len, reverse=True))
        self.rules: list[tuple[re.Pattern[str], Rule]] = [
            (re.compile(pattern), rule) for pattern, rule in (*self._relative(), *self._named(names), *self._dated())
        ]

    def find(self, text: str) -> list[Time]:
        found: list[Time] = []
        for pattern, rule in self.rules:
            for match in pattern.finditer(text):
                if (made := self._made(match, rule)) is not None:
                    found.append(made)
        found.sort(key=lambda t: (-(t.end - t.start), t.start))
        kept: list[Time] = []
        for one in found:
            if all(one.end <= k.start or one.start >= k.end for k in kept):
                kept.append(one)
        return self._joined(text, sorted(kept, key=lambda t: t.start))

    def _joined(self, text: str, found: list[Time]) -> list[Time]:
        """“11月5号到昨天” is one period, and “上月前10天” the beginning of one."""
        made: list[Time] = []
        for one in (self._until_today(text, t) for t in found):
            before = made[-1] if made else None
            if before is not None and _TO.fullmatch(text[before.end : one.start]) and before.first <= one.last:
                last = one.last
                made[-1] = Time(before.start, one.end, before.first, last, "range", units.between(before.first, last))
            elif before is not None and (part := self._beginning(text, before, one)) is not None:
                made[-1] = part
            else:
                made.append(one)
        return made

    def _until_today(self, text: str, one: Time) -> Time:
        """“这周二至今”, “国庆以来”."""
        tail = _UNTIL_TODAY.match(text, one.end)
        if tail is None or one.unit not in ("day", "holiday", "weekend", "xun") or one.first > self.today:
            return one
        label = f"{units.said(one.first)}至今"
        return Time(one.start, tail.end(), one.first, self.today, "range", label)

    def _beginning(self, text: str, whole: Time, part: Time) -> Time | None:
        said = text[part.start : part.end]
        if part.unit != "days" or not said.startswith("前") or text[whole.end : part.start] not in ("", "的"):
            return None
        if whole.unit not in ("month", "quarter", "half", "year", "fiscal"):
            return None
        last = min(whole.last, whole.first + (part.last - part.first))
        return Time(whole.start, part.end, whole.first, last, "range", units.between(whole.first, last))

    def _made(self, match: re.Match[str], rule: Rule) -> Time | None:
        try:
            made = rule(match)
        except (ValueError, OverflowError):  # the 31st of February, or a year beyond the calendar
            return None
        if made is None:
            return None
        holiday = self.calendar.names.get(match.groupdict().get("h") or "", "")
        return Time(match.start(), match.end(), *made, holiday)

    # near today

    def _relative(self) -> Iterator[tuple[str, Rule]]:
        days = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2, "大前天": 3, "明天": -1, "后天": -2}
        days |= {f"{day}{tail}": n for day, n in {"今": 0, "昨": 1, "前": 2}.items() for tail in ("儿", "儿个")}
        yield "|".join(sorted(days, key=len, reverse=True)), lambda m: self._day(days[m[0]])
        yield (
            rf"(?!前[二两三23]季)(?:近|最近|过去|之前|前)(?P<n>{_N})(?:个)?(?P<u>天|日|周|星期|礼拜|月|季度|年)(?:内|以来|里)?",
            self._last_n,
        )
        yield r"(?:近|最近|这|前|过去)[几些]天", lambda m: self._span(7, "近7天")
        yield r"(?:近|最近|过去)半年", lambda m: self._span(182, "近半年")
        yield r"(?:近|最近|过去)半个月", lambda m: self._span(15, "近15天")
        yield (
            rf"(?P<w>上+|本|这|当|下)(?:一)?个?(?P<u>周|星期|礼拜)(?!{_WEEKDAY}|末)(?P<same>同期)?",
            self._week,
        )
        yield (
            rf"(?P<w>上+|本|这|当|下)(?:一)?个?(?:周|星期|礼拜)(?:的?(?:周|星期|礼拜))?(?P<d>{_WEEKDAY}|末)\s*(?:到|至|—|-|~|～)\s*(?:(?P<w2>上+|本|这|下)?(?:一)?个?(?:周|星期|礼拜))?(?P<d2>{_WEEKDAY}|末)",
            self._weekdays,
        )
        yield (
            rf"(?P<w>上+|本|这|当)(?:一)?个?月的?(?P<d>{_N})(?:日|号)(?:(?:到|至|-|~)(?P<d2>{_N})(?:日|号))?",
            self._days_of_month,
        )
        yield (
            rf"(?P<w>上+|本|这|当)(?:一)?个?月的?(?P<d>{_N})(?:到|至|-|~)(?P<d2>{_N})(?:日|号)",
            self._days_of_month,
        )
        yield rf"(?P<w>上+|本|这|当|下)(?:一)?个?(?:周|星期|礼拜)(?P<d>{_WEEKDAY})", self._weekday
        yield r"(?P<w>上+|本|这)个?周末", self._weekend
        yield r"(?P<w>上+|本|这|当|下)(?:一)?个?月(?!初|[上中下]旬|份?以来)(?:份|底|末)?(?P<same>同期)?", self._month
        yield r"(?:月初至今|本月至今|本月以来|这个月以来|当月至今)", lambda m: self._unit("month", 0)
        yield r"(?P<w>上+|本|这|当|下)(?:一)?个?季度?(?!初)(?P<same>同期)?", self._quarter
        yield r"(?:季初至今|本季度?以来|本季度?至今)", lambda m: self._unit("quarter", 0)
        yield r"(?:今年以来|年初至今|今年至今|年初以来|本年累计|今年累计)", lambda m: self._unit("year", 0)
        yield r"(?:本周以来|本周至今|周初至今)", lambda m: self._unit("week", 0)
        yield r"(?P<w>上+|本|这|当|下)(?:一)?个?财年", self._fiscal
        yield r"(?P<w>上+|本|这)(?:一)?个半年", lambda m: self._unit("half", -m["w"].count("上"))

    def _day(self, ago: int) -> Found:
        day = self.today - timedelta(days=ago)
        return day, day, "day", units.said(day)

    def _span(self, days: int, label: str) -> Found:
        return self.today - timedelta(days=days - 1), self.today, "days", label

    def _last_n(self, m: re.Match[str]) -> Found | None:
        n = count(m["n"])
        if not n:
            return None
        unit = m["u"]
        if unit in "天日":
            return self._span(n, f"近{n}天")
        if unit in ("周", "星期", "礼拜"):
            return self._span(7 * n, f"近{n}周")
        months = n * {"月": 1, "季度": 3, "年": 12}[unit]
        first = units.back(self.today, months) + timedelta(days=1)
        return first, self.today, "days", f"近{n}{'个' if unit in ('月', '季度') else ''}{unit}"

    def _unit(self, unit: Unit, shift: int) -> Found:
        first, last = units.around(self.today, unit, shift, self.calendar.fiscal_month)
        return first, last, unit, units.named(first, unit)

    def _shift(self, word: str) -> int:
        return 1 if word == "下" else -word.count("上")

    def _week(self, m: re.Match[str]) -> Found:
        return self._whole_or_same(m, "week")

    def _month(self, m: re.Match[str]) -> Found:
        return self._whole_or_same(m, "month")

    def _quarter(self, m: re.Match[str]) -> Found:
        return self._whole_or_same(m, "quarter")

    def _whole_or_same(self, m: re.Match[str], unit: Unit) -> Found:
        """The unit; of “上月同期” as many days as this one has had."""
        first, last, _, label = self._unit(unit, self._shift(m["w"]))
        if not m["same"] or last >= self.today:
            return first, last, unit, label
        begun, _, _, _ = self._unit(unit, 0)
        last = min(last, first + (self.today - begun))
        return first, last, "range", units.between(first, last)

    def _weekdays(self, m: re.Match[str]) -> Found | None:
        """“上周一到周三”; “这周日到周一” ends in the week after, “上周五到本周一” in the one named."""
        first = self._on_weekday(m["w"], m["d"].replace("末", "六"))
        last = self._on_weekday(m["w2"] or m["w"], m["d2"].replace("末", "日"))
        if last < first and not m["w2"]:
            last += timedelta(weeks=1)
        return (first, last, "range", units.between(first, last)) if first <= last else None

    def _on_weekday(self, week: str, day: str) -> date:
        begin, _ = units.around(self.today, "week", self._shift(week), 1)
        return begin + timedelta(days="一二三四五六日".index(day.replace("天", "日")))

    def _days_of_month(self, m: re.Match[str]) -> Found | None:
        begin, _ = units.around(self.today, "month", self._shift(m["w"]), 1)
        first = begin.replace(day=count(m["d"]) or 0)
        if not m.groupdict().get("d2"):
            return first, first, "day", units.said(first)
        last = begin.replace(day=count(m["d2"]) or 0)
        return (first, last, "range", units.between(first, last)) if first <= last else None

    def _fiscal(self, m: re.Match[str]) -> Found:
        return self._unit("fiscal", self._shift(m["w"]))

    def _weekday(self, m: re.Match[str]) -> Found:
        day = self._on_weekday(m["w"], m["d"])
        return day, day, "day", units.said(day)

    def _weekend(self, m: re.Match[str]) -> Found:
        _, last = units.around(self.today, "week", self._shift(m["w"]), 1)
        return (
            last - timedelta(days=1),
            last,
            "weekend",
            f"{units.said(last - timedelta(days=1))}至{units.said(last)}周末",
        )

    # named periods

    def _named(self, names: str) -> Iterator[tuple[str, Rule]]:
        tail = r"(?:假期|长假)?(?:的?[这那]?(?:[几一二三四五六七八九十]|\d{1,2})天(?:假期|长假)?|的?[这那]段(?:时间|日子)|活动期间?|大促期间|大促|期间)?"
        yield rf"{_YEAR}(?P<h>{names}){tail}", self._holiday
        yield rf"{_YEAR}(?P<h>{names})(?:当天|当日|那天|正日子?)", self._on_the_day
        yield rf"{_YEAR}(?P<half>上半年|下半年)", self._half
        yield rf"{_YEAR}(?:第?(?P<q>[一二三四1-4])季度?|[Qq](?P<q2>[1-4]))", self._quarter_of
        yield rf"{_YEAR}前(?P<n>[二两三23])季度?", self._first_parts
        yield (
            rf"(?P<y>今年|本年度?|去年|上年|前年|20\d{{2}}年)的?(?:头|前)(?P<n>{_N})个?(?P<u>月|季度)",
            self._first_parts,
        )
        yield (
            r"(?P<y>今年|本年度?|去年|上年|前年|大前年|明年|后年|20\d{2}年度?|二[零〇][一二三四五六七八九零〇]{2}年)(?:全年|整年)?",
            self._year,
        )
        yield r"(?P<y>20\d{2}|\d{2})财年|[Ff][Yy](?P<y2>20\d{2}|\d{2})", self._fiscal_of
        yield r"(?P<w>上+|本|这)(?:一)?个?月(?P<x>[上中下])旬", self._xun
        yield rf"{_YEAR}(?P<m>{_N})月份?(?P<x>[上中下])旬", self._xun
        yield r"(?<![月\d])(?P<x>[上中下])旬", self._xun

    def _year_of(self, text: str | None) -> int | None:
        if not text:
            return None
        word = text.rstrip("的")
        near = {
            "今年": 0,
            "本年": 0,
            "本年度": 0,
            "去年": -1,
            "上年": -1,
            "前年": -2,
            "大前年": -3,
            "明年": 1,
            "后年": 2,
        }
        if word in near:
            return self.today.year + near[word]
        digits = word.rstrip("年度")
        digits = "".join(str(count(c)) if not c.isdigit() else c for c in digits)
        return int(digits) + (2000 if len(digits) == 2 else 0)

    def _latest(self, year: int | None, make: Callable[[int], tuple[date, date]]) -> tuple[date, date]:
        """That of the year named, or the latest that has begun."""
        if year is not None:
            return make(year)
        made = make(self.today.year)
        return made if made[0] <= self.today else make(self.today.year - 1)

    def _holiday(self, m: re.Match[str]) -> Found | None:
        name = self.calendar.names[m["h"]]
        first, last = self._latest(self._year_of(m["y"]), lambda y: self.calendar.days(name, y))
        return (
            first,
            last,
            "holiday",
            f"{first.year}年{name}（{units.said(first, year=False)}至{units.said(last, year=False)}）",
        )

    def _on_the_day(self, m: re.Match[str]) -> Found | None:
        name = self.calendar.names[m["h"]]
        day, _ = self._latest(self._year_of(m["y"]), lambda y: (self.calendar.day(name, y),) * 2)
        return day, day, "day", f"{day.year}年{name}当天（{units.said(day, year=False)}）"

    def _half(self, m: re.Match[str]) -> Found:
        def make(year: int) -> tuple[date, date]:
            return units.around(date(year, 1 if m["half"] == "上半年" else 7, 1), "half", 0, 1)

        first, last = self._latest(self._year_of(m["y"]), make)
        return first, last, "half", units.named(first, "half")

    def _quarter_of(self, m: re.Match[str]) -> Found | None:
        number = count(m["q"] or m["q2"])
        if number is None or (m["q"] and "季" not in m[0]):
            return None
        first, last = self._latest(
            self._year_of(m["y"]), lambda y: units.around(date(y, 3 * number - 2, 1), "quarter", 0, 1)
        )
        return first, last, "quarter", units.named(first, "quarter")

    def _first_parts(self, m: re.Match[str]) -> Found | None:
        """“前三季度”, “今年前5个月”: from the year's beginning."""
        n, unit = count(m["n"]), "month" if m.groupdict().get("u") == "月" else "quarter"
        if not n or n > (12 if unit == "month" else 4):
            return None

        def make(year: int) -> tuple[date, date]:
            return date(year, 1, 1), units.around(date(year, 1, 1), unit, n - 1, 1)[1]

        year = self._year_of(m["y"])
        if year is None:  # the latest of which the last part has begun
            begun = units.around(date(self.today.year, 1, 1), unit, n - 1, 1)[0] <= self.today
            year = self.today.year - (not begun)
        first, last = make(year)
        name = f"前{n}个月" if unit == "month" else f"前{'一二三四'[n - 1]}季度"
        return first, last, "range", f"{year}年{name}"

    def _year(self, m: re.Match[str]) -> Found | None:
        year = self._year_of(m["y"])
        return (date(year, 1, 1), date(year, 12, 31), "year", f"{year}年") if year else None

    def _fiscal_of(self, m: re.Match[str]) -> Found:
        year = int(m["y"] or m["y2"])
        first = date(year + (2000 if year < 100 else 0), self.calendar.fiscal_month, 1)
        first, last = units.around(first, "fiscal", 0, self.calendar.fiscal_month)
        return first, last, "fiscal", units.named(first, "fiscal")

    def _xun(self, m: re.Match[str]) -> Found | None:
        groups = m.groupdict()
        if groups.get("m"):
            month = count(groups["m"])
            if month is None or not 1 <= month <= 12:
                return None
            base, _ = self._latest(
                self._year_of(groups.get("y")), lambda y: units.around(date(y, month, 1), "month", 0, 1)
            )
        else:
            base, _ = units.around(self.today, "month", -(groups.get("w") or "").count("上"), 1)
        begins = {"上": 1, "中": 11, "下": 21}[m["x"]]
        first = base.replace(day=begins)
        _, last = units.around(first, "xun", 0, 1)
        return first, last, "xun", f"{base.year}年{base.month}月{m['x']}旬"

    # dates

    def _dated(self) -> Iterator[tuple[str, Rule]]:
        to = r"(?:日|号)?(?:到|至|—|-|~|～)"
        yield rf"{_YEAR}(?P<m>{_N})月(?:份)?(?!\d|[一二三四五六七八九十]+[日号]|[上中下]旬)", self._month_of
        yield (
            rf"{_YEAR}(?P<m>{_N})月份?{to}(?:(?:今年|同年)?的?)(?P<m2>{_N})月份?(?!\d|[一二三四五六七八九十]+[日号])",
            self._months,
        )
        yield rf"{_YEAR}(?P<m>\d{{1,2}})(?:到|至|-|~|～)(?P<m2>\d{{1,2}})月份?(?!\d)", self._months
        yield rf"{_YEAR}(?P<m>{_N})月(?P<d>{_N})(?:日|号)?", self._date
        yield rf"{_YEAR}(?P<m>{_N})月(?P<d>{_N}){to}(?:(?P<m2>{_N})月)?(?P<d2>{_N})(?:日|号)?", self._dates
        yield rf"{_YEAR}(?P<m>{_N})月(?P<d>{_N})(?:日|号)?(?:以来|至今|到现在|到今天)", self._since
        yield rf"{_YEAR}(?P<m>{_N})月份?(?:以来|至今|到现在|到今天)", self._since
        yield r"(?P<y4>20\d{2})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)", self._iso
        yield (
            (
                r"(?P<y4>20\d{2})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\s*(?:到|至|-|~|～)\s*"
                r"(?P<y5>20\d{2})[-/.](?P<m2>\d{1,2})[-/.](?P<d2>\d{1,2})(?!\d)"
            ),
            self._iso,
        )
        yield r"(?P<y4>20\d{2})[-/.](?P<m>\d{1,2})(?![-/.\d])", self._iso_month
        yield (
            r"(?<!\d)(?P<m>1[0-2]|[1-9])[./](?P<d>[1-3]?\d)\s*(?:到|至|-|~)\s*(?P<m2>1[0-2]|[1-9])[./](?P<d2>[1-3]?\d)(?!\d)",
            self._dates,
        )
        yield r"(?<![月\d])(?P<d>[1-3]?\d)(?:日|号)", self._of_month
        yield r"(?<![月\d])(?P<d>[1-3]?\d)(?:日|号)?(?:到|至|-|~)(?P<d2>[1-3]?\d)(?:日|号)", self._of_month

    def _month_of(self, m: re.Match[str]) -> Found | None:
        month = count(m["m"])
        if month is None or not 1 <= month <= 12:
            return None
        first, last = self._latest(self._year_of(m["y"]), lambda y: units.around(date(y, month, 1), "month", 0, 1))
        return first, last, "month", units.named(first, "month")

    def _months(self, m: re.Match[str]) -> Found | None:
        a, b = count(m["m"]), count(m["m2"])
        if not a or not b or a > 12 or b > 12:
            return None
        first, _ = self._latest(self._year_of(m["y"]), lambda y: units.around(date(y, a, 1), "month", 0, 1))
        _, last = units.around(date(first.year + (b < a), b, 1), "month", 0, 1)
        return first, last, "range", f"{units.named(first, 'month')}至{units.named(last, 'month')}"

    def _at(self, m: re.Match[str]) -> date | None:
        month, day = count(m["m"]), count(m.groupdict().get("d") or "1")
        if not month or not day:
            return None
        return self._latest(self._year_of(m.groupdict().get("y")), lambda y: (date(y, month, day),) * 2)[0]

    def _date(self, m: re.Match[str]) -> Found | None:
        day = self._at(m)
        return (day, day, "day", units.said(day)) if day else None

    def _dates(self, m: re.Match[str]) -> Found | None:
        first = self._at(m)
        month, day = count(m["m2"] or m["m"]), count(m["d2"])
        if first is None or not month or not day:
            return None
        last = date(first.year + (month < first.month), month, day)
        return (first, last, "range", f"{units.said(first)}至{units.said(last)}") if first <= last else None

    def _since(self, m: re.Match[str]) -> Found | None:
        first = self._at(m)
        return (first, max(first, self.today), "range", f"{units.said(first)}至今") if first else None

    def _iso(self, m: re.Match[str]) -> Found | None:
        first = date(int(m["y4"]), int(m["m"]), int(m["d"]))
        if not m.groupdict().get("y5"):
            return first, first, "day", units.said(first)
        last = date(int(m["y5"]), int(m["m2"]), int(m["d2"]))
        return (first, last, "range", f"{units.said(first)}至{units.said(last)}") if first <= last else None

    def _iso_month(self, m: re.Match[str]) -> Found:
        first, last = units.around(date(int(m["y4"]), int(m["m"]), 1), "month", 0, 1)
        return first, last, "month", units.named(first, "month")

    def _of_month(self, m: re.Match[str]) -> Found | None:
        first = self.today.replace(day=int(m["d"]))
        if first > self.today:
            first = units.back(self.today, 1).replace(day=int(m["d"]))
        if not m.groupdict().get("d2"):
            return first, first, "day", units.said(first)
        last = first.replace(day=int(m["d2"]))
        return (first, last, "range", f"{units.said(first)}至{units.said(last)}") if first <= last else None


def shifted(time: Time, kind: Literal["year", "previous"], today: date, calendar: Calendar) -> Time:
    """The same period a year before, or the one just before it. To date where the period itself is to date."""
    open_end = time.last > today
    days = ((today if open_end else time.last) - time.first).days
    if kind == "year":
        if time.holiday and time.unit == "day":
            first = last = calendar.day(time.holiday, time.first.year - 1)
            return replace(time, first=first, last=last, label=units.said(first))
        if time.holiday:
            first, last = calendar.days(time.holiday, time.first.year - 1)
            label = f"{first.year}年{time.holiday}（{units.said(first, year=False)}至{units.said(last, year=False)}）"
            return replace(time, first=first, last=last, label=label)
        if time.unit == "week":
            first, last = time.first - timedelta(days=364), time.last - timedelta(days=364)
        else:
            first, last = units.back(time.first, 12), units.back(time.last, 12, end=True)
        end = min(last, units.back(today, 12)) if open_end and time.unit != "week" else last
        end = first + timedelta(days=days) if open_end and time.unit == "week" else end
    elif time.unit in ("week", "month", "quarter", "half", "year", "fiscal"):
        first, last = units.around(time.first, time.unit, -1, calendar.fiscal_month)
        end = min(last, first + timedelta(days=days)) if open_end else last
    else:
        end = time.first - timedelta(days=1)
        first = end - timedelta(days=days)
    label = units.named(first, time.unit) if not open_end and time.unit in units.NAMED else units.between(first, end)
    return replace(time, first=first, last=end, label=label)


def in_year(time: Time, year: int, today: date, calendar: Calendar) -> Time:
    """The same part of another year; of one that is not over, as much of it as there has been."""
    if time.holiday:
        days = (calendar.day(time.holiday, year),) * 2 if time.unit == "day" else calendar.days(time.holiday, year)
        label = f"{year}年{time.holiday}（{units.said(days[0], year=False)}至{units.said(days[1], year=False)}）"
        label = f"{year}年{time.holiday}当天" if time.unit == "day" else label
        return replace(time, first=days[0], last=days[1], label=label)
    months = 12 * (time.first.year - year)
    last = today if time.first <= today < time.last else time.last
    first, end = units.back(time.first, months), units.back(last, months, end=True)
    whole = last == time.last and time.unit in units.NAMED - {"week"}
    label = units.named(first, time.unit) if whole else units.between(first, end)
    return replace(time, first=first, last=end, unit=time.unit if whole else "range", label=label)
