"""Whether a metric query can be asked: every refusal says what is wrong and what may be asked instead."""

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.query import Calculation, MetricQuery
from assistant.errors import BadInput


def check(query: MetricQuery, catalogue: Catalogue) -> None:
    """Raises BadInput."""
    for name in (*query.metrics, *([query.subset.metric] if query.subset else [])):
        if name not in catalogue.metrics:
            raise BadInput(f"没有“{name}”这个指标。")
    for dimension in query.touched:
        if dimension not in catalogue.dimensions:
            raise BadInput(f"没有“{dimension}”这个维度。")
    if query.within and not (query.within in query.dimensions and query.order and query.limit):
        raise BadInput("每组取前几名时，要说明按什么分组、按什么排。")
    for name in query.metrics:
        _fits(name, query, catalogue)
    if query.per:
        _divides(query, catalogue)
    for name in query.metrics:
        metric = catalogue.metrics[name]
        if query.calculation is Calculation.SHARE and not catalogue.sums(name, query.touched):
            raise BadInput(f"{metric.name}不能相加，算不了占比；可以问各组的{metric.name}分别是多少。")
    if query.grain and any("current" in catalogue.kinds(m) for m in query.metrics):
        raise BadInput(f"{_names(query, catalogue)}只有当前值，看不了趋势。")
    if query.comparison and any("current" in catalogue.kinds(m) for m in query.metrics):
        raise BadInput(f"{_names(query, catalogue)}只有当前值，没有可以对比的历史。")
    monthly = tuple(m for m in query.metrics if "snapshot" in catalogue.kinds(m))
    if query.grain in ("day", "week", "xun") and monthly:
        names = "、".join(catalogue.metrics[m].name for m in monthly)
        raise BadInput(f"{names}按月末统计，可以按月看趋势。")


def touched(name: str, query: MetricQuery, catalogue: Catalogue) -> frozenset[str]:
    """Dimensions that the facts of a metric must have. Two metrics held against each other each keep their own filters."""
    if query.calculation is not Calculation.CORRELATE:
        return query.touched
    others = [m for m in query.metrics if m != name]
    mine = catalogue.dimensions_of(name)
    foreign = {
        f.dimension
        for f in query.filters
        if f.dimension not in mine and any(f.dimension in catalogue.dimensions_of(m) for m in others)
    }
    return query.touched - foreign


def _names(query: MetricQuery, catalogue: Catalogue) -> str:
    return "、".join(catalogue.metrics[m].name for m in query.metrics)


def _fits(name: str, query: MetricQuery, catalogue: Catalogue) -> None:
    if catalogue.allows(name, touched(name, query, catalogue)):
        return
    allowed = catalogue.dimensions_of(name)
    wrong = [catalogue.dimensions[d].name for d in sorted(query.touched - allowed)]
    may = "、".join(catalogue.dimensions[d].name for d in catalogue.dimensions if d in allowed)
    if wrong:
        raise BadInput(f"{catalogue.metrics[name].name}没有按{'、'.join(wrong)}的数据，可以按{may}来看。")
    both = "、".join(catalogue.dimensions[d].name for d in sorted(query.touched))
    raise BadInput(f"{catalogue.metrics[name].name}不能同时按{both}来看，请换一个维度。")


def _divides(query: MetricQuery, catalogue: Catalogue) -> None:
    """Only sums over days have an average by day or store."""
    said = "日均" if query.per == "day" else "店均"
    for name in query.metrics:
        if not catalogue.averages(name):
            raise BadInput(
                f"{catalogue.metrics[name].name}不能按天或按店平均，可以直接看{catalogue.metrics[name].name}。"
            )
    if query.per == "day" and query.grain:
        raise BadInput("日均值看不了趋势，可以看每天的趋势，或者分别问各个时间段的日均。")
    if query.per == "store" and not catalogue.allows("store_count", query.touched):
        wrong = "、".join(
            catalogue.dimensions[d].name for d in sorted(query.touched - catalogue.dimensions_of("store_count"))
        )
        raise BadInput(f"{said}{_names(query, catalogue)}不能按{wrong}来看，可以按区域、城市、门店类型来看。")
