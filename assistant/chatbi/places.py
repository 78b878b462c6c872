"""The place of one group among all like it: “徐家汇店的NPS排第几”.

Enters: the rows of all groups, in their order. Leaves: the sentences, and the rows that took part. Groups with too small
a sample take no place; equal values share one.
"""

from collections.abc import Sequence
from typing import Any

from assistant.chatbi import said
from assistant.chatbi.averages import Average
from assistant.chatbi.catalogue import Catalogue, Metric
from assistant.chatbi.query import MetricQuery, Order

Row = Sequence[Any]
_COUNTED = {"store": "家"}


class Places:
    """One question. `names` are the columns of the rows; `cut`: there were more rows than these; `whole`: the
    asker sees all groups that there are."""

    def __init__(self, query: MetricQuery, catalogue: Catalogue, names: Sequence[str], cut: bool, whole: bool) -> None:
        assert query.order is not None
        self.order: Order = query.order
        self.metric: Metric = catalogue.metrics[query.order.metric]
        self.at = {name: i for i, name in enumerate(names)}
        self.placed = query.placed
        self.key = query.dimensions[0]
        self.noun = catalogue.dimensions[self.key].name
        self.counted = _COUNTED.get(self.key, "个")
        self.by = self.order.metric if self.order.by == "value" else f"{self.order.metric}_{self.order.by}"
        self.counts = self.metric.type in ("additive", "distinct") and self.metric.better == "down"
        self.more = cut
        self.whole = whole

    def ranked(self, rows: Sequence[Row]) -> list[Row]:
        """Those that take part."""
        return [row for row in rows if self._value(row) is not None and not self._small(row)]

    def text(self, rows: Sequence[Row], average: Average) -> str:
        """What is said of those that were named."""
        ranked = self.ranked(rows)
        said_of = "".join(self._one(name, rows, ranked, average) for name in self.placed)
        small = sum(1 for row in rows if self._small(row) and str(row[self.at[self.key]]) not in self.placed)
        left = f"另有{small}{self.counted}样本少于{self.metric.min_sample}，没有参加排名。" if small else ""
        return said_of + left + ("" if self.whole else f"只在您能看到的{self.noun}里排。")

    def _one(self, name: str, rows: Sequence[Row], ranked: Sequence[Row], average: Average) -> str:
        row = next((r for r in rows if str(r[self.at[self.key]]) == name), None)
        if row is None or self._value(row) is None:
            missing = f"排名只算了前{len(rows)}{self.counted}，{name}不在其中。" if self.more else ""
            if self.counts and row is None and not missing:
                return (
                    f"{name}这段时间没有{self.metric.name}的记录，没有参加排名；有记录的有{len(ranked)}{self.counted}。"
                )
            return missing or f"{name}没有可排的{self.metric.name}（不在这些{self.noun}里，或这段时间没有数据）。"
        lead = f"{name}的{self.metric.name}为{self._number(row)}"
        if self._small(row):
            count = int(row[self.at[f"{self.order.metric}_sample"]])
            return f"{lead}，样本只有{count}，少于{self.metric.min_sample}，不参加排名。"
        if len(ranked) < 2:
            return f"{lead}。可比的只有这1{self.counted}{self.noun}，排不出名次。"
        down = self.order.descending
        place = self._place(row, ranked, down)
        text = f"{lead}，{'从高到低' if down else '从低到高（倒数）'}排第 {place} / 共 {len(ranked)}{'+' if self.more else ''} {self.counted}"
        same = sum(1 for r in ranked if self._value(r) == self._value(row)) - 1
        text += f"，与{same}{self.counted}并列" if same else ""
        if self.counts:
            text += f"（没有记录的{self.noun}不在内）"
        elif down and self.metric.better == "down" and self.order.by == "value":
            text += f"（{self.metric.name}越低越好，从好到差是第 {self._place(row, ranked, False)}）"
        return text + self._beside(row, ranked) + self._against(row, average) + "。"

    def _place(self, row: Row, ranked: Sequence[Row], down: bool) -> int:
        mine = self._value(row)
        return 1 + sum(1 for r in ranked if (self._value(r) > mine if down else self._value(r) < mine))

    def _beside(self, row: Row, ranked: Sequence[Row]) -> str:
        """The next one on either side."""
        i = list(ranked).index(row)
        mine = self._value(row)
        ahead = next((r for r in reversed(ranked[:i]) if self._value(r) != mine), None)
        behind = next((r for r in ranked[i + 1 :] if self._value(r) != mine), None)
        parts = [
            f"{word}{one[self.at[self.key]]} {self._number(one)}"
            for word, one in (("前一名", ahead), ("后一名", behind))
            if one is not None
        ]
        if not parts:
            return ""
        return f"；{'，'.join(parts)}"

    def _against(self, row: Row, average: Average) -> str:
        if average.value is None or self.order.by != "value":
            return ""
        mine = float(row[self.at[self.order.metric]])
        name = f"平均每{self.counted}" if average.groups else "整体"
        more, less = max(mine, average.value), min(mine, average.value)
        apart = said.apart(more, less, self.metric)
        name += f"（{said.number(average.value, self.metric)}）"
        if not apart:
            return f"；与{name}持平"
        return f"；比{name}{apart}" if mine > average.value else f"；{name}比它{apart}"

    def _value(self, row: Row) -> Any:
        return row[self.at[self.by]]

    def _small(self, row: Row) -> bool:
        sample = self.at.get(f"{self.order.metric}_sample")
        return sample is not None and float(row[sample] or 0) < self.metric.min_sample

    def _number(self, row: Row) -> str:
        value = said.number(row[self.at[self.order.metric]], self.metric)
        if self.order.by == "value":
            return value
        now, before = row[self.at[self.order.metric]], row[self.at[f"{self.order.metric}_previous"]]
        return f"{value}（{said.change(now, before, self.metric)}）"
