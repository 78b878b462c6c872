"""Words that the pages of surveys share."""

from assistant.surveys.rules import Segment

STORE = "徐家汇店"  # in previews
KINDS = {
    "nps": "NPS（0–10 推荐分）", "csat": "满意度（1–5）", "ces": "费力度（1–7）", "single": "单选", "multi": "多选",
    "matrix": "矩阵打分", "text": "开放题", "voice": "语音", "photo": "照片",
}  # fmt: skip
SHORT = {"nps": "NPS", "csat": "满意度", "ces": "费力度"} | {k: w for k, w in KINDS.items() if "（" not in w}
HELD = {
    "opted_out": "顾客不接受调研", "no_channel": "没有可用的渠道", "cool_down": "冷却期内", "undelivered": "渠道都没送到",
    "late": "等得太久，不再打扰",
}  # fmt: skip
REWARDS = {"given": "已送出", "instead": "改送其他", "owed": "稍后补送", "refused": "没能送上"}
TONES = {"pos": "满意", "neu": "中性", "neg": "不满"}
_CHANNELS = {"store": "门店", "online": "线上"}


def meant(who: Segment) -> str:
    """Whom a rule means."""
    groups = [
        who.tiers,
        who.stages,
        [_CHANNELS.get(c, c) for c in who.channels],
        who.stores,
        who.products,
        who.attitudes,
    ]
    said = ["、".join(group) for group in groups if group]
    if who.least_cents is not None:
        said.append(f"满{who.least_cents // 100}元")
    if who.most_cents is not None:
        said.append(f"不超过{who.most_cents // 100}元")
    return " ".join(said) or "全部"
