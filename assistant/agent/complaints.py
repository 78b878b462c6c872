"""What a complaint or a note on a ticket says, beyond that it is one.

Pure functions on text. Called by `fill`.
"""

import re

_COMPLAINS = re.compile(
    r"我(要|想)投诉|投诉|我很生气|要个说法|我要反映一个问题|complain|I want to|[，。！!,.]", re.IGNORECASE
)
_ADDS = re.compile(
    r"我再补充一下|补充一下|我要补充说明|补充信息|工单补充|补充|再加一条信息到投诉里|给工单加一句|那个工单|投诉那个|我想再|我要|投诉内容|[：:]"
)
_ENGLISH_CATEGORIES = (
    ("安全卫生", "hurt|injur|sick|allerg|burn|unsafe|expired"), ("服务态度", "rude|staff|attitude|ignored|clerk|cashier|assistant"),
    ("物流配送", "deliver|courier|parcel|package|shipping|late|wrong item"), ("商品质量", "broke|broken|fell apart|quality|defect|stopped working|tore|torn|leak|fake"),
    ("退款售后", "refund|repair|warranty|money back"), ("门店环境", "queue|toilet|restroom|dirty|parking|noisy"), ("价格活动", "price|overcharg|coupon|discount"),
)  # fmt: skip


def english_category(text: str) -> str:
    return next((name for name, words in _ENGLISH_CATEGORIES if re.search(words, text.lower())), "")


def bare_complaint(text: str) -> str:
    """What a complaint says beyond that it is one."""
    return _COMPLAINS.sub("", text).strip()


def note(text: str) -> str:
    """What a ticket is to be supplemented with, empty where nothing is said yet."""
    text = _ADDS.sub("", text).strip(" ，,。")
    return text if len(text) >= 4 else ""
