"""Questions about the metrics themselves: what one means, what can be asked."""

from assistant.chatbi.catalogue import Catalogue

_BETTER = {"up": "越高越好", "down": "越低越好", "none": "没有好坏之分"}


def told(metric: str, catalogue: Catalogue) -> str:
    """The definition of a metric, or what can be asked where none is named."""
    if metric:
        found = catalogue.metrics[metric]
        may = "、".join(d.name for n, d in catalogue.dimensions.items() if n in catalogue.dimensions_of(metric))
        return f"{found.name}：{found.definition}。单位{found.unit}，{_BETTER[found.better]}。可以按{may}来看。"
    names = "、".join(m.name for m in list(catalogue.metrics.values())[:12])
    return (
        f"您可以直接用一句话问数，比如“上月各区域销售额”“本周NPS最低的5家店”“为什么上个月退货率上升了”。"
        f"目前有{len(catalogue.metrics)}个指标，例如{names}等；想了解某个指标，可以问“NPS怎么算”。"
    )
