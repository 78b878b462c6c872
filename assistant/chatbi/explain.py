"""What an answer rests on, in words: how the question was read, slot by slot, and what its metrics mean.

Enters: a metric query. Leaves: plain data for pages. Nothing here computes a number.
"""

from typing import Any

from assistant.chatbi import said
from assistant.chatbi.catalogue import GRAINS, Catalogue
from assistant.chatbi.narrate import against_words, filter_words, when
from assistant.chatbi.query import Calculation, MetricQuery, Threshold

_KINDS = {
    Calculation.VALUE: "一个数", Calculation.BREAKDOWN: "分组", Calculation.TREND: "趋势", Calculation.RANK: "排名",
    Calculation.SHARE: "占比", Calculation.COMPARE: "对比", Calculation.DISTRIBUTION: "分布", Calculation.CORRELATE: "相关",
    Calculation.PLACE: "名次", Calculation.OVERVIEW: "概览",
    Calculation.DRIVERS: "原因拆解", Calculation.WORDS: "原话", Calculation.TICKETS: "工单明细", Calculation.MEMBERS: "会员名单",
}  # fmt: skip
_ON = {"value": "", "change": "变化", "rate": "变化率", "share": "占比"}


def explain(query: MetricQuery, catalogue: Catalogue) -> dict[str, list[dict[str, str]]]:
    """`read`: {label, text} of every slot; `metrics`: {name, unit, definition}."""
    rows: list[tuple[str, str]] = [
        ("指标", "、".join(catalogue.metrics[m].name for m in query.metrics)),
        ("算法", _KINDS[query.calculation]),
        ("时间", when(query.period) if query.period else "目前"),
        ("对比", against_words(query.comparison) if query.comparison else ""),
        ("分组", "、".join(_groups(query, catalogue))),
        ("条件", "；".join(filter_words(f) for f in query.filters)),
        ("范围", _subset(query, catalogue)),
        ("筛选结果", "；".join(_threshold(t, catalogue) for t in query.having)),
        ("排序", _order(query, catalogue)),
    ]
    metrics = [
        {"name": m.name, "unit": m.unit, "definition": m.definition}
        for m in (catalogue.metrics[n] for n in query.metrics)
    ]
    return {"read": [{"label": a, "text": b} for a, b in rows if b], "metrics": metrics}


def _groups(query: MetricQuery, catalogue: Catalogue) -> list[str]:
    found = [catalogue.dimensions[d].name for d in query.dimensions]
    return [*found, f"按{GRAINS[query.grain]}"] if query.grain else found


def _threshold(threshold: Threshold, catalogue: Catalogue) -> str:
    metric = catalogue.metrics[threshold.metric]
    return f"{metric.name}{_ON[threshold.on]} {threshold.op} {said.bound(threshold)}"


def _order(query: MetricQuery, catalogue: Catalogue) -> str:
    if query.order is None:
        return ""
    words = f"按{catalogue.metrics[query.order.metric].name}{_ON[query.order.by]}从{'高到低' if query.order.descending else '低到高'}"
    each = f"每个{catalogue.dimensions[query.within].name}" if query.within else ""
    return f"{words}，{each}取前{query.limit}" if query.limit else words


def _subset(query: MetricQuery, catalogue: Catalogue) -> str:
    found = query.subset
    if found is None:
        return ""
    words = f"只看符合条件的{catalogue.dimensions[found.dimension].name}：{catalogue.metrics[found.metric].name}"
    if found.order is not None:
        words += "最高的" if found.order.descending else "最低的"
    if found.limit:
        words += f"{found.limit}个"
    return words + "".join(f"，{_threshold(t, catalogue)}" for t in found.having)


def examples(catalogue: Catalogue, role: str) -> list[str]:
    """Questions to begin with, by what somebody's work is about."""
    return list(_EXAMPLES.get(role, _EXAMPLES["analyst"])) if catalogue.metrics else []


_EXAMPLES: dict[str, Any] = {
    "store_staff": ("上月销售额", "近30天销售额按周的趋势", "上月差评说了什么"),
    "store_manager": ("上月销售额和去年同期比", "近30天NPS", "上月差评说了什么", "本月退货率"),
    "region_manager": ("上月各门店销售额排名", "上月各城市NPS", "近3个月销售额趋势", "上月销售额环比为什么变化"),
    "analyst": (
        "上月各区域销售额",
        "近6个月NPS趋势",
        "上月各品类退货率",
        "上个月哪些门店NPS降得最多，为什么",
        "会员销售占比",
    ),
    "supervisor": ("本月工单数", "上月各类工单占比", "上月投诉最多的门店", "近30天首次响应时长"),
    "admin": ("上月各区域销售额", "近6个月NPS趋势", "本月工单数"),
}
