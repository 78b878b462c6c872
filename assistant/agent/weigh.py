"""How likely is each wish, given the words and the conversation? One small log-linear model over the router's readings.

Enters: what is known of a message (`Known`). Leaves: intents with probabilities. Called by `ranking`. The weights are
learnt from the labelled dialogues by `eval.shopper_fit`, few enough that a few hundred turns suffice; the probabilities
are honest on held-out dialogues, so that a threshold on them is a promise of precision.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.all import TOOLS
from tools.registry import Access

SHORT = 10  # characters up to which a message leans on what was spoken of
FLOOR = 1e-3  # a probability below it says no more than it

# wishes that follow each other in one matter
_MATTERS: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "order_status order_logistics orders_recent order_cancel return_check return_request",
        "stock_check stock_reserve product_find size_advice", "usual_purchases product_find stock_check",
        "appointment_book appointment_move appointment_list appointment_cancel",
        "points_rewards points_redeem points_balance points_history", "coupons_claim coupons_claimable coupons_mine",
        "store_find store_info", "membership_status membership_rights", "ticket_file ticket_status ticket_note handoff",
        "privacy_show privacy_export privacy_delete privacy_keep privacy_choose",
    )
)  # fmt: skip
_OF_ORDERS = _MATTERS[0]
_OF_PRODUCTS = _MATTERS[1] | {"usual_purchases"}
_OF_MEMBERS = _OF_ORDERS | {
    "usual_purchases", "appointment_move", "appointment_list", "appointment_cancel", "points_redeem", "points_balance",
    "points_history", "coupons_claim", "coupons_mine", "membership_status",
}  # fmt: skip
_POLITE = frozenset(["thanks", "bye", "greet", "praise", "who", "chitchat", "handoff", "out_of_scope"])
_ASKED = "knowledge_search"
_COMPLAINT = "ticket_file"
_SUPPOSES = re.compile("要是|如果|万一|的话|假如|一般|规定|政策|if ")
_ASKS = re.compile(
    "[?？吗么咩]|怎么|咋|什么|啥|多少|多久|几|哪|能不能|可不可以|[好行成可中要够]不|可行|行的吧|(?:不|没|没有|没得|伐|否)[呀啊哦嘛]?$|how|what|when|can "
)
_MINE = re.compile("我的?|俺|咱|my|买的")
_HURTS = re.compile(
    "差|坏|破|脏|臭|慢|乱|骗|假|过期|投诉|举报|反映|反馈|没人|态度|素质|骂|凶|冷|吵|挤|掉|裂|漏|烂|少[了发]|错|气|怒|烦|坑|贵|多收|乱收|虫|毛病|不理|不管|没到|没收|不给|不见|丢|等了|排队|complain|bad|broke|rude|terrible|wrong"
)

WEIGHTS: dict[str, float] = {
    "alone": 0.42,
    "topic_short": 0.36,
    "topic_long": 0.49,
    "question_short": 0.22,
    "rule": 2.54,
    "rule_in_context": 1.35,
    "rule_of_matter": 0.15,
    "again": 1.54,
    "again_short": 0.57,
    "again_after_question": -0.19,
    "near": 0.25,
    "near_short": 0.17,
    "near_after_question": -0.42,
    "asked": 2.87,
    "asked_again": 1.67,
    "asked_again_short": -0.11,
    "asked_if": -0.31,
    "asked_no_question": 0.02,
    "asked_mine": 0.20,
    "owned_order": 0.48,
    "other_order": -0.17,
    "product": 0.33,
    "product_unknown": -0.72,
    "polite": 1.27,
    "polite_long": 0.34,
    "polite_product": -0.19,
    "abroad": -0.21,
    "change_asked": -0.88,
    "neighbours": 1.88,
    "guest": -1.55,
    "complaint": 0.77,
    "complaint_plain": -0.26,
    "complaint_asked": 0.12,
    "complaint_short": -0.34,
    "slots": 0.48,
}

# for messages that were looked at twice: learnt on those that the first look doubts
TWICE: dict[str, float] = {
    "alone": 0.47,
    "topic_short": 0.24,
    "topic_long": 0.37,
    "question_short": 0.21,
    "rule": 2.95,
    "rule_in_context": 1.06,
    "rule_of_matter": -0.04,
    "again": 0.95,
    "again_short": 0.60,
    "again_after_question": 0.08,
    "near": 0.08,
    "near_short": 0.15,
    "near_after_question": -0.33,
    "asked": 2.28,
    "asked_again": 1.18,
    "asked_again_short": -0.05,
    "asked_if": -0.41,
    "asked_no_question": -0.13,
    "asked_mine": 0.06,
    "owned_order": 0.58,
    "other_order": -0.19,
    "product": 0.41,
    "product_unknown": -0.59,
    "polite": 1.12,
    "polite_long": 0.33,
    "polite_product": -0.13,
    "abroad": -0.10,
    "change_asked": -1.10,
    "neighbours": 1.38,
    "guest": -1.18,
    "complaint": 0.31,
    "complaint_plain": -0.34,
    "complaint_asked": 0.12,
    "complaint_short": -0.28,
    "slots": 0.45,
    "second": 0.12,
    "after_reply": 0.51,
}


@dataclass(frozen=True)
class Known:
    """A message and its light. The readings are the router's: of the message alone, after the last tool's topic, after
    the last question (empty where there is none)."""

    text: str
    alone: Mapping[str, float]
    in_topic: Mapping[str, float]
    in_question: Mapping[str, float]
    rules: Sequence[str]
    rules_in_context: bool
    last_tool: str
    after_question: bool
    slots: frozenset[str]
    names_product: bool
    owns_product: bool
    knows_product: bool  # one is named or was spoken of
    nearest: Mapping[str, float] = field(default_factory=dict)  # intent → its share of the nearest examples
    is_guest: bool = False  # no member is bound
    second: Mapping[str, float] = field(default_factory=dict)  # of the second look; empty where there was none
    after_reply: Mapping[str, float] = field(default_factory=dict)  # the same, with the reply before the message


def same_matter(one: str, other: str) -> bool:
    """Two different wishes of one matter."""
    return one != other and any(one in matter and other in matter for matter in _MATTERS)


def candidates(known: Known) -> list[str]:
    """Every intent that a reading or a pattern speaks for."""
    readings = (known.alone, known.in_topic, known.in_question, known.second, known.after_reply)
    return list(dict.fromkeys([*(intent for reading in readings for intent in reading), *known.rules]))


def features(known: Known, intent: str) -> dict[str, float]:
    """What speaks for and against an intent, by name."""
    short, last, lower = len(known.text) <= SHORT, known.last_tool, known.text.lower()
    topic = known.in_topic or known.alone
    question = known.in_question or topic
    asks, tool, asked = bool(_ASKS.search(lower)), TOOLS.get(intent), intent == _ASKED
    ruled = intent in known.rules
    again, near = intent == last, same_matter(intent, last)
    polite, of_orders = intent in _POLITE, intent in _OF_ORDERS
    named = known.slots - {"day", "time"}
    return {
        "alone": _log(known.alone, intent),
        "topic_short": _log(topic, intent) if short else 0.0,
        "topic_long": 0.0 if short else _log(topic, intent),
        "question_short": _log(question, intent) if short else 0.0,
        "rule": ruled and not known.rules_in_context,
        "rule_in_context": ruled and known.rules_in_context,
        "rule_of_matter": any(same_matter(intent, rule) for rule in known.rules),
        "again": again,
        "again_short": again and short,
        "again_after_question": again and known.after_question,
        "near": near,
        "near_short": near and short,
        "near_after_question": near and known.after_question,
        "asked": asked,
        "asked_again": asked and known.after_question,
        "asked_again_short": asked and known.after_question and short,
        "asked_if": asked and bool(_SUPPOSES.search(lower)),
        "asked_no_question": asked and not asks,
        "asked_mine": asked and bool(_MINE.search(lower)),
        "owned_order": of_orders and known.owns_product,
        "other_order": of_orders and known.names_product and not known.owns_product,
        "product": intent in _OF_PRODUCTS and known.names_product,
        "product_unknown": intent in _OF_PRODUCTS and not known.knows_product,
        "polite": polite,
        "polite_long": polite and not short,
        "polite_product": polite and known.names_product,
        "abroad": intent == "out_of_scope",
        "change_asked": asks and tool is not None and tool.access is Access.WRITE,
        "neighbours": known.nearest.get(intent, 0.0),
        "guest": known.is_guest and intent in _OF_MEMBERS,
        "complaint": intent == _COMPLAINT,
        "complaint_plain": intent == _COMPLAINT and not _HURTS.search(lower),
        "complaint_asked": intent == _COMPLAINT and asks,
        "complaint_short": intent == _COMPLAINT and short,
        "slots": len(named & set(tool.slots)) / 2 if tool else 0.0,
        **(_twice(known, intent) if known.second else {}),
    }


def _twice(known: Known, intent: str) -> dict[str, float]:
    return {"second": _log(known.second, intent), "after_reply": _log(known.after_reply, intent)}


def likelihoods(known: Known) -> dict[str, float]:
    """Intent → probability."""
    weights = TWICE if known.second else WEIGHTS
    scores = {
        intent: sum(weights[name] * value for name, value in features(known, intent).items())
        for intent in candidates(known)
    }
    top = max(scores.values())
    raised = {intent: math.exp(score - top) for intent, score in scores.items()}
    total = sum(raised.values())
    return {intent: value / total for intent, value in raised.items()}


def _log(reading: Mapping[str, float], intent: str) -> float:
    return math.log(max(reading.get(intent, 0.0), FLOOR))
