"""How numbers, changes and labels are said in Chinese. Numbers come from rows and nowhere else."""

from typing import Any

from assistant.chatbi.catalogue import GRAINS, Catalogue, Metric
from assistant.chatbi.compile import Column
from assistant.chatbi.language import units
from assistant.chatbi.query import Threshold

_WHOLE = frozenset({"笔", "件", "人", "人次", "条", "份", "单", "次", "家", "张", "分_", "天_"})


def number(value: Any, metric: Metric) -> str:
    """A value with its unit: 1.23万元, 45.2%, 36.5分; “暂无” where there is none."""
    if value is None:
        return "暂无数据"
    amount = float(value)
    if metric.unit == "%":
        return f"{amount:.1f}%"
    if abs(amount) >= 1e8:
        return f"{amount / 1e8:.2f}亿{metric.unit}"
    if abs(amount) >= 1e4:
        return f"{amount / 1e4:.2f}万{metric.unit}"
    if metric.type in ("additive", "distinct") and amount == int(amount):
        return f"{int(amount):,}{metric.unit}"
    return f"{amount:,.1f}{metric.unit}"


def change(now: Any, before: Any, metric: Metric) -> str:
    """上升12.3%, 下降2.1个百分点, 持平; empty where one side is missing."""
    if now is None or before is None:
        return ""
    difference = float(now) - float(before)
    word = "上升" if difference > 0 else "下降"
    if metric.in_points:
        unit = "个百分点" if metric.unit == "%" else metric.unit
        return "持平" if abs(difference) < 0.05 else f"{word}{abs(difference):.1f}{unit}"
    if not float(before):
        return "上期为零，算不出变化率" if difference else "持平"
    rate = 100 * difference / abs(float(before))
    return "持平" if abs(rate) < 0.05 else f"{word}{abs(rate):.1f}%"


def apart(more: Any, less: Any, metric: Metric) -> str:
    """高6.7分, 高1.1个百分点, 多3.20万元（12.3%）; empty where one is missing or they are alike."""
    if more is None or less is None or float(more) - float(less) < 0.05:
        return ""
    difference = float(more) - float(less)
    if metric.in_points:
        return f"高{difference:.1f}{'个百分点' if metric.unit == '%' else metric.unit}"
    rate = f"（{100 * difference / abs(float(less)):.1f}%）" if float(less) else ""
    return f"{'多' if metric.type == 'additive' else '高'}{number(difference, metric)}{rate}"


def verdict(now: Any, before: Any, metric: Metric) -> str:
    """Whether a change is for the better."""
    if now is None or before is None or metric.better == "none" or now == before:
        return ""
    return "有所好转" if (float(now) > float(before)) == (metric.better == "up") else "需要留意"


def bound(threshold: Threshold) -> str:
    """What a condition is held against."""
    if isinstance(threshold.value, str):
        return {"average": "平均", "overall": "整体平均"}[threshold.value]
    return f"{threshold.value:g}"


def label(column: Column, catalogue: Catalogue) -> str:
    """The heading of a column."""
    if column.role == "dimension":
        return GRAINS.get(column.name) or catalogue.dimensions[column.name].name
    name = catalogue.metrics[column.of].name
    tail = {
        "value": "",
        "previous": "（对比期）",
        "change": "变化",
        "rate": "变化率",
        "share": "占比",
        "sample": "样本数",
    }
    return name + tail[column.role]


def unit(column: Column, catalogue: Catalogue) -> str:
    """The unit of a column, empty for names."""
    if column.role == "dimension":
        return ""
    if column.role in ("rate", "share"):
        return "%"
    metric = catalogue.metrics[column.of]
    if column.role == "change" and metric.unit == "%":
        return "个百分点"
    return "份" if column.role == "sample" else metric.unit


def key(value: Any, grain: bool) -> str:
    """A group as it is named in a sentence."""
    if grain and hasattr(value, "year"):
        return units.said(value)
    return f"{value}时" if isinstance(value, int) else str(value)
