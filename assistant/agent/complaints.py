"""What a complaint or a note on a ticket says, beyond that it is one.

Pure functions on text. Called by `fill`, `confirming` and `amending`.
"""

import re

from assistant.agent import refusals, yes_at_length, yes_no
from tools.tickets import only_category

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
_CLAUSE = re.compile(r"[^，,。.；;！!？?…~\s]+[，,。.；;！!？?…~\s]*")
_TAKES_OUT = re.compile(
    "(?:后头|后面|后边|最后|末尾|刚才|刚刚)(?:的|那|这|加|说|补)*"
    "(?:(?:一?[句段]话?|的话)[^，,。 ]{0,2}(?:(?:去|删|划|拿)(?:掉|了|除)|(?:不用|不要|别|莫|甭|不该)(?!删|忘|去|改|漏)(?:.{0,3}[写记加登放]|了?$))"
    "|(?:不用|不要|别|莫|甭)(?!忘|漏).{0,1}[写记加登放](?:进|上|了|$))"
)
_WHEN = re.compile("昨天|前天|上周|上午|下午|晚上|早上|中午|刚才|刚刚|点左右|点多|号那天|yesterday|last week")
_PROOF = re.compile("小票|照片|截图|视频|录音|凭证|单据|发票")
_WHERE = re.compile(
    "[一二三四五六七八九负\\d]楼|[Bb]\\d|男厕|女厕|厕所|洗手间|卫生间|专?柜台?那|收银台|电梯|扶梯|试衣间|门口|出口|停车场|靠[窗墙门]|那边|旁边|隔壁"
)


def english_category(text: str) -> str:
    return next((name for name, words in _ENGLISH_CATEGORIES if re.search(words, text.lower())), "")


def told(text: str) -> str:
    """What a message tells beside words that only agree, refuse or call the category; empty where that is all."""
    clauses = _CLAUSE.findall(text)
    kept = [c for c in clauses if not _says_nothing(re.sub(r"\W+$", "", c))]
    return text if len(kept) == len(clauses) else "".join(kept).strip("，,；; ")


def _says_nothing(clause: str) -> bool:
    agrees = yes_no.is_yes(clause, "ticket_file") or yes_no.is_no(clause, "ticket_file")
    return (
        agrees
        or yes_at_length.says_nothing(clause)
        or refusals.after_refusal(clause, "ticket_file") == ""
        or only_category(clause)
    )


def takes_out(text: str) -> bool:
    """ "后头那句不用写进去撒": the last sentence that was added is to stand in the complaint no more."""
    return bool(_TAKES_OUT.search(text)) and "?" not in text and "？" not in text


def tells_when(text: str) -> bool:
    return bool(_WHEN.search(text))


def tells_particulars(text: str) -> bool:
    """Tells when or where it was, or by what it can be shown ("一楼化妆品那边", "我有录音")."""
    return any(said.search(text) for said in (_WHEN, _WHERE, _PROOF))


def bare_complaint(text: str) -> str:
    """What a complaint says beyond that it is one."""
    return _COMPLAINS.sub("", text).strip()


def note(text: str) -> str:
    """What a ticket is to be supplemented with, empty where nothing is said yet."""
    text = _ADDS.sub("", text).strip(" ，,。")
    return text if len(text) >= 4 else ""
