"""The metric dictionary as a document, made from the catalogue. `zhike metrics --markdown > docs/metrics.md`."""

from assistant.chatbi.catalogue import Catalogue

_TYPES = {"additive": "可加", "distinct": "去重计数", "ratio": "比率", "score": "得分", "quantile": "分位数"}
_BETTER = {"up": "↑", "down": "↓", "none": "–"}
_KINDS = {"flow": "按发生日", "snapshot": "按月末", "spells": "按日末", "current": "当前值", "period": "按活动"}


def markdown(catalogue: Catalogue) -> str:
    """The whole document."""
    lines = [
        "# 指标字典",
        "",
        "由 `zhike metrics --markdown` 从 `assistant/chatbi/metrics.yaml` 生成，请勿手改。",
        "",
        f"共 {len(catalogue.metrics)} 个指标、{len(catalogue.dimensions)} 个维度。方向：↑ 越高越好，↓ 越低越好。",
        "样本少于“最少样本”的结果会注明仅供参考，也不参加排名。",
        "",
        "## 指标",
        "",
        "| 指标 | 又叫 | 定义 | 类型 | 单位 | 方向 | 时间 | 最少样本 | 可用维度 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, metric in catalogue.metrics.items():
        allowed = catalogue.dimensions_of(name)
        dimensions = "、".join(d.name for n, d in catalogue.dimensions.items() if n in allowed)
        kinds = "、".join(_KINDS[k] for k in sorted(catalogue.kinds(name)))
        lines.append(
            f"| {metric.name} | {'、'.join(metric.synonyms)} | {metric.definition} | {_TYPES[metric.type]} "
            f"| {metric.unit} | {_BETTER[metric.better]} | {kinds} | {metric.min_sample or '–'} | {dimensions} |"
        )
    lines += ["", "## 维度", "", "| 维度 | 又叫 | 取值 |", "|---|---|---|"]
    for dimension in catalogue.dimensions.values():
        values = "、".join(dimension.order) or {"store": "门店资料", "product": "商品资料"}.get(
            dimension.via, "数据中出现的值"
        )
        lines.append(f"| {dimension.name} | {'、'.join(dimension.synonyms)} | {values} |")
    return "\n".join(lines) + "\n"
