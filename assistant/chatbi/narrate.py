"""The sentences of an answer, rendered by code: period, scope, to date or full, numbers from rows, samples too small."""

import operator
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from assistant.chatbi import said
from assistant.chatbi.catalogue import GRAINS, STATES, Catalogue, Metric
from assistant.chatbi.language import units
from assistant.chatbi.query import Calculation, Comparison, Filter, MetricQuery, Period
from assistant.domain.account import Scope

Row = Sequence[Any]
_LEADS = {"year": "同比", "previous": "环比", "period": "与对比期比"}
SHOWN = 3
MOST_GROUPS = 30  # rows of a ranking within groups


class Narrator:
    """Says what a result shows. `names` are the columns of the rows; `first`: the first day that has rows at all."""

    def __init__(
        self, query: MetricQuery, catalogue: Catalogue, scope: Scope, names: Sequence[str], first: date | None = None
    ) -> None:
        self.first = first
        self.query = query
        self.catalogue = catalogue
        self.scope = scope
        self.at = {name: i for i, name in enumerate(names)}

    def head(self) -> str:
        """When and where: 2026年10月，您权限内12家店，金卡会员."""
        parts = [when(self.query.period)] if self.query.period else ["目前"]
        states = [m for m in self.query.metrics if STATES & self.catalogue.kinds(m)]
        if states and not self.query.grain:
            assert self.query.period is not None
            until = f"截至{units.said(self.query.period.end)}"
            names = "、".join(self.catalogue.metrics[m].name for m in states)
            mixed = len(states) < len(self.query.metrics)
            parts = [f"{when(self.query.period)}（{names}是{until}的）" if mixed else until]
        elif self.query.period and all(self.catalogue.kinds(m) <= {"current", "period"} for m in self.query.metrics):
            parts = [] if self.query.spans.get("period") == "default" else parts
        parts.append(self.scope.words)
        parts += [filter_words(f) for f in self.query.filters]
        if self.query.subset:
            parts.append(self._subset())
        return "，".join(p for p in parts if p)

    def text(self, rows: Sequence[Row]) -> str:
        """All sentences."""
        if not rows or all(self._value(r, m) is None for r in rows for m in self.query.metrics):
            return self.nothing()
        body = self._body(rows)
        return f"{self.head()}：{body}{self._small(rows)}{self.known_since()}"

    def known_since(self) -> str:
        """Where the period or what it is held against begins before there were rows."""
        period, comparison = self.query.period, self.query.comparison
        if self.first is None or period is None:
            return ""
        if period.start < self.first:
            return f"数据从{units.said(self.first)}开始，此前的没有计入。"
        if comparison is not None and self.comparable() and comparison.period.start < self.first:
            return f"对比期的数据从{units.said(self.first)}才开始，并不完整。"
        return ""

    def comparable(self) -> bool:
        """Whether there were rows at all in what the period is held against."""
        comparison = self.query.comparison
        return comparison is None or self.first is None or comparison.period.end >= self.first

    def _moved(self, now: Any, before: Any, metric: Metric) -> str:
        return (said.change(now, before, metric) if self.comparable() else "") or "无法比较"

    def nothing(self) -> str:
        """Nothing was found, which is not the same as not being allowed to look."""
        names = "、".join(self.catalogue.metrics[m].name for m in self.query.metrics)
        if self.first is not None and self.query.period is not None and self.query.period.end < self.first:
            since = units.said(self.first)
            return f"{self.head()}：没有{names}的数据。您有查看权限，只是{names}从{since}开始才有数据。"
        if self.query.having:
            return f"{self.head()}：没有满足条件的结果。"
        return f"{self.head()}：没有{names}的数据。您有查看权限，只是这段时间或这些条件下没有记录。"

    def _body(self, rows: Sequence[Row]) -> str:
        calculation = self.query.calculation
        if not self.query.dimensions and not self.query.grain:
            return self._single(rows[0])
        if self.query.grain and calculation is not Calculation.RANK:
            return self._trends(rows) if self.query.dimensions else self._trend(rows)
        if calculation is Calculation.SHARE:
            return self._listed(rows, share=True)
        return self._listed(rows)

    def _value(self, row: Row, column: str) -> Any:
        return row[self.at[column]] if column in self.at else None

    def _single(self, row: Row) -> str:
        parts = []
        for name in self.query.metrics:
            metric = self.catalogue.metrics[name]
            value, before = self._value(row, name), self._value(row, f"{name}_previous")
            text = f"{metric.name}为{said.number(value, metric)}"
            if self.query.comparison:
                moved = self._moved(value, before, metric)
                against = against_words(self.query.comparison)
                number = said.number(before, metric) if self.comparable() else "还没有数据"
                text += f"，{against}（{number}）{moved}{self._otherwise(value, before)}"
                if self.comparable() and float(before or 0) and (note := said.verdict(value, before, metric)):
                    text += f"，{note}" if moved != "持平" else ""
            parts.append(text)
        return "；".join(parts) + "。"

    def _otherwise(self, value: Any, before: Any) -> str:
        """Says so where it moved the other way than a why takes for granted."""
        supposed = self.query.supposed
        if supposed is None or not self.comparable() or value is None or before is None:
            return ""
        if (value > before) if supposed == "up" else (value < before):
            return ""
        return f"——并没有{'上升' if supposed == 'up' else '下降'}"

    def _trend(self, rows: Sequence[Row]) -> str:
        name = self.query.metrics[0]
        metric = self.catalogue.metrics[name]
        points = [(r[self.at[str(self.query.grain)]], self._value(r, name)) for r in rows]
        points = [p for p in points if p[1] is not None]
        high, low = max(points, key=lambda p: p[1]), min(points, key=lambda p: p[1])
        first, last = points[0], points[-1]
        if len(points) == 1:
            return f"按{GRAINS[str(self.query.grain)]}看目前只有一期，{said.key(first[0], True)}的{metric.name}为{said.number(first[1], metric)}。"
        period = self.query.period
        partial = "首期不满一期。" if period and self._begins_inside(period) else ""
        if self.query.grain in ("week", "xun") and STATES & self.catalogue.kinds(name):
            partial += "各期是期末那天的状态。"
        partial += self._nothing_on(len(points), metric)
        open_end = "（未满一期）" if self.query.period and self.query.period.to_date else ""
        return (
            f"按{GRAINS[str(self.query.grain)]}看共{len(points)}期，{metric.name}从{said.key(first[0], True)}的{said.number(first[1], metric)}"
            f"到{said.key(last[0], True)}{open_end}的{said.number(last[1], metric)}；最高是{said.key(high[0], True)}的{said.number(high[1], metric)}，"
            f"最低是{said.key(low[0], True)}的{said.number(low[1], metric)}。{self._compared(rows, metric)}{partial}"
        )

    def _nothing_on(self, days: int, metric: Metric) -> str:
        """Days without a row are no lowest day of a count."""
        period = self.query.period
        counted = metric.type in ("additive", "distinct") and self.catalogue.kinds(self.query.metrics[0]) == {"flow"}
        by_day = {"weekday", "day_type"} & {f.dimension for f in self.query.filters}
        if self.query.grain != "day" or period is None or not counted or by_day or self.first is None:
            return ""
        missing = (period.end - max(period.start, self.first)).days + 1 - days
        return f"另有{missing}天没有记录，没有算进最低。" if missing > 0 else ""

    def _compared(self, rows: Sequence[Row], metric: Metric) -> str:
        """How many parts rose and fell against those they are held against, and which moved most."""
        if self.query.comparison is None:
            return ""
        lead = _LEADS[self.query.comparison.kind]
        name = self.query.metrics[0]
        pairs = [
            (r[self.at[str(self.query.grain)]], self._value(r, name), self._value(r, f"{name}_previous")) for r in rows
        ]
        moved = [
            (key, float(now), float(then))
            for key, now, then in pairs
            if None not in (now, then) and (then or metric.in_points)
        ]
        if not moved:
            return f"{lead}没有可比的数据。"
        up, down = (sum(1 for _, now, then in moved if way(now, then)) for way in (operator.gt, operator.lt))
        most = max(moved, key=lambda m: abs(m[1] - m[2]) if metric.in_points else abs((m[1] - m[2]) / m[2]))
        text = f"{lead}有{len(moved)}期可比，{up}期上升、{down}期下降，变化最大的是{said.key(most[0], True)}"
        return f"{text}（{said.change(most[1], most[2], metric)}）。"

    def _trends(self, rows: Sequence[Row]) -> str:
        """Several lines: from where to where each of the first groups went, the largest at the end first."""
        name, grain = self.query.metrics[0], str(self.query.grain)
        metric = self.catalogue.metrics[name]
        lines: dict[str, list[tuple[Any, Any]]] = {}
        for row in rows:
            if (value := self._value(row, name)) is not None:
                label = "·".join(said.key(row[self.at[d]], False) for d in self.query.dimensions)
                lines.setdefault(label, []).append((row[self.at[grain]], value))
        largest = sorted(lines.items(), key=lambda line: -float(line[1][-1][1]))
        items = [
            f"{label}从{said.key(points[0][0], True)}的{said.number(points[0][1], metric)}"
            f"到{said.key(points[-1][0], True)}的{said.number(points[-1][1], metric)}"
            for label, points in largest[:SHOWN]
        ]
        noun = self._noun(self.query.dimensions)
        rest = f"共{len(lines)}项，最近一期最高的是" if len(lines) > SHOWN else ""
        open_end = "最后一期未满。" if self.query.period and self.query.period.to_date else ""
        partial = "首期不满一期。" if self.query.period and self._begins_inside(self.query.period) else ""
        return f"按{GRAINS[grain]}看，{noun}{metric.name}{rest}：" + "；".join(items) + f"。{partial}{open_end}"

    def _begins_inside(self, period: Period) -> bool:
        """The first group of the trend holds fewer days than it could, and they are added up."""
        grain = str(self.query.grain)
        if self.catalogue.kinds(self.query.metrics[0]) <= {"spells"}:
            return False
        return grain not in ("day",) and units.around(period.start, grain, 0, 1)[0] != period.start

    def _listed(self, rows: Sequence[Row], share: bool = False) -> str:
        keys = [*self.query.dimensions, *([self.query.grain] if self.query.grain else [])]
        name = self.query.order.metric if self.query.order else self.query.metrics[0]
        metric = self.catalogue.metrics[name]
        items = []
        within = self.query.within
        for row in rows[: MOST_GROUPS if within else self.query.limit or SHOWN]:
            label = "·".join(said.key(row[self.at[k]], k in GRAINS) for k in keys)
            text = f"{label} {said.number(self._value(row, name), metric)}"
            if share and (part := self._value(row, f"{name}_share")) is not None:
                text += f"（占{float(part):.1f}%）"
            if self.query.comparison:
                moved = self._moved(self._value(row, name), self._value(row, f"{name}_previous"), metric)
                against = (
                    _LEADS[self.query.comparison.kind] if self.query.grain else against_words(self.query.comparison)
                )
                text += f"（{against}{moved}）"
            others = [m for m in self.query.metrics if m != name]
            for other in others[:2]:
                text += f"，{self.catalogue.metrics[other].name}{said.number(self._value(row, other), self.catalogue.metrics[other])}"
            items.append(text)
        shown = items[:10]
        lead = self._each(within, metric) if within else self._of(keys, metric)
        if len(rows) > len(shown):
            lead += f"共{len(rows)}项，{'依次' if self.query.order else '前几项'}是"
        return f"{lead}：" + "；".join(shown) + "。" + self._apart(rows, metric)

    def _apart(self, rows: Sequence[Row], metric: Metric) -> str:
        """By how much one of two groups that were named is ahead of the other; empty for anything else."""
        query = self.query
        plain = len(query.dimensions) == len(query.metrics) == 1 and not (
            query.grain or query.comparison or query.within
        )
        named = [f for f in query.filters if f.dimension in query.dimensions and len(f.values) == 2 and not f.exclude]
        if not plain or not named or len(rows) != 2:
            return ""
        values = [
            (said.key(row[self.at[query.dimensions[0]]], False), self._value(row, query.metrics[0])) for row in rows
        ]
        (ahead, more), (behind, less) = sorted(values, key=lambda one: -float(one[1] or 0))
        difference = said.apart(more, less, metric)
        days = self._days(metric)
        return f"{ahead}比{behind}{difference}。{days}" if difference else days

    def _days(self, metric: Metric) -> str:
        """Weekends have fewer days than the rest: said wherever sums of both stand side by side."""
        period = self.query.period
        if (
            self.query.per
            or self.query.dimensions != ("day_type",)
            or metric.in_points
            or metric.type == "ratio"
            or period is None
        ):
            return ""
        ends = sum(1 for n in range(period.days) if (period.start + timedelta(days=n)).weekday() >= 5)
        return f"这段时间有{period.days - ends}个工作日、{ends}个周末日。"

    def _each(self, group: str, metric: Metric) -> str:
        order = self.query.order
        other = [self.catalogue.dimensions[d].name for d in self.query.dimensions if d != group]
        most = "最高" if order is None or order.descending else "最低"
        moved = {"change": "变化", "rate": "变化率", "share": "占比"}.get(order.by, "") if order else ""
        count = "" if self.query.limit == 1 else f"{self.query.limit}个"
        return f"每个{self.catalogue.dimensions[group].name}{metric.name}{moved}{most}的{count}{'、'.join(other)}"

    def _of(self, keys: Sequence[str], metric: Metric) -> str:
        """各门店销售额; 各活动销售提升, where the metric's name begins with the grouping."""
        noun = self._noun(keys)
        return f"各{metric.name}" if noun[1:] and metric.name.startswith(noun[1:]) else f"{noun}{metric.name}"

    def _noun(self, keys: Sequence[str]) -> str:
        names = [GRAINS.get(k) or self.catalogue.dimensions[k].name for k in keys]
        return "各" + "、".join(names)

    def _subset(self) -> str:
        subset = self.query.subset
        assert subset is not None
        metric = self.catalogue.metrics[subset.metric]
        noun = self.catalogue.dimensions[subset.dimension].name
        if subset.limit:
            descending = subset.order is None or subset.order.descending
            return f"{metric.name}{'最高' if descending else '最低'}的{subset.limit}个{noun}"
        conditions = "、".join(f"{t.op}{said.bound(t)}" for t in subset.having)
        return f"{metric.name}{conditions}的{noun}"

    def left_out(self, count: int) -> str:
        """How many groups had too little to be ranked."""
        order = self.query.order
        if not count or order is None:
            return ""
        least = self.catalogue.metrics[order.metric].min_sample
        ranked = next(d for d in self.query.dimensions if d != self.query.within)
        return f"另有{count}个{self.catalogue.dimensions[ranked].name}样本少于{least}，没有参加比较。"

    def _small(self, rows: Sequence[Row]) -> str:
        """A warning where what was counted is too little to lean on."""
        keys = [*self.query.dimensions, *([self.query.grain] if self.query.grain else [])]
        thin = []
        for name in self.query.metrics:
            least = self.catalogue.metrics[name].min_sample
            if not least or f"{name}_sample" not in self.at:
                continue
            weak = [r for r in rows if 0 < float(self._value(r, f"{name}_sample") or 0) < least]
            if weak and not keys:
                count = int(self._value(weak[0], f"{name}_sample"))
                thin.append(f"样本只有{count}，少于{least}，仅供参考。")
            elif weak:
                thin.append(f"其中{len(weak)}项样本少于{least}，仅供参考。")
        return "".join(dict.fromkeys(thin))


def when(period: Period) -> str:
    """The period as an answer says it, with its days where the name does not give them."""
    days = units.between(period.start, period.end)
    if period.to_date:
        return f"{period.label}（截至{units.said(period.end)}）"
    return period.label if period.label == days or period.label[:4].isdigit() else f"{period.label}（{days}）"


def against_words(comparison: Comparison) -> str:
    """What the change is measured against."""
    return f"{'比' if comparison.kind == 'period' else _LEADS[comparison.kind]}{comparison.period.label}"


def filter_words(one: Filter) -> str:
    values = "、".join(one.values)
    return f"不含{values}" if one.exclude else values
