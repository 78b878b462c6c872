"""The arguments of a tool: what the message names, then what was spoken of before, then what the shopper bought.

Enters: a tool's name and a `Turn`. Leaves: slot → value. Pure but for reading the member's recent orders and
appointments. Called by `outcomes`, `context` and `understand`.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.agent import (
    amounts,
    bodies,
    complaints,
    dialogue,
    occasions,
    purchases,
    questions,
    ruled_out,
    shown,
)
from assistant.agent.exchange import Turn
from assistant.agent.mentions import Mentions
from assistant.agent.particulars import OTHER_SIZE, called, called_other_size, steps
from assistant.agent.yes_no import VERBS
from assistant.clock import local
from assistant.domain.conversation import Focus, Offer, Pending
from tools import browse, whom
from tools.all import TOOLS
from tools.errors import BackendDown, ToolError
from tools.tickets import category_of

ORDER_TOOLS = ("order_status", "order_logistics", "return_check", "return_request", "order_cancel")
_LOOSE = {
    "points_redeem": ("item",),
    "coupons_claim": ("coupon",),
    "size_advice": ("height", "weight", "wearer", "usual", "fit"),
}  # named before by a tool that has no such slot
_BACK = re.compile(r"(这|那|它|刚才|上面|刚刚)")
_OF_WARES = ("product_find", "size_advice", "stock_check")
_ANEW = re.compile(
    "^(?:算了|不对|不是|那|[，,。 ])*(?:我|让我)?(?:重新|再重新|从头)(?:说|讲|描述)(?:一?遍|一下|下|吧)?(?:[，,：: ]+|$)"
)
_UPWARDS = re.compile("升(?:了|上去|级|到|完)|下一(?:级|档)|再往上|高一级|上一级")
_ON_AGAIN = re.compile("打开|开启|恢复|开(?:着|了|吧|回)|又想|重新")
_THERE = re.compile("[这那](?:家?店|家(?!的|里)|边(?!的)|里(?!面)|儿)|店里|(?:我|就)过去(?!买|一年|的|几)")
_NOT_NOW = re.compile("别|不|已经|莫|甭")
_ELSEWHERE = re.compile("哪|别的|别家|其他|其它|附近|另外|换家|最近|any|other|which|where")


def args(tool: str, turn: Turn, part: str = "") -> dict[str, str]:
    """Arguments of a tool from what the message (or one part of it) names."""
    text = part or turn.text
    named = _of_its_clause(tool, turn, text) or turn.mentions.slots
    slots = TOOLS[tool].slots
    found = {k: v for k, v in named.items() if k in slots}
    found |= shown.picked(tool, turn, text)
    if tool == "knowledge_search" and "store" not in found and len(turn.mentions.stores) == 1:
        found["store"] = turn.mentions.stores[0]  # "我在西单": of that store, wherever they stand
    if "question" in slots:
        found["question"] = questions.beside_the_last(turn, text)
        found |= with_focus(tool, found, turn.state.focus, text, turn.state.last_tool)
    if tool == "size_advice":
        found |= _of_body(turn, text, found)
    if tool == "ticket_file" and turn.english and (category := complaints.english_category(text)):
        found["category"] = category
    if tool == "ticket_file" and len(complaints.bare_complaint(text)) >= 4:
        found["body"] = part or turn.words
    if tool == "coupons_claim" and "coupon" not in found:
        names = called(turn.playbook.names.coupons_of_brands, ruled_out.left(text))
        found |= {"coupon": coupon} if (coupon := names or amounts.spoken(ruled_out.left(text))) else {}
    if "topic" in slots and (topic := occasions.told(text) or occasions.find(text)):
        found["topic"] = topic
    if "note" in slots and (added := complaints.note(text)):
        found["note"] = added
    if tool.startswith("return"):
        found |= _of_return(tool, turn, text, found)
    if tool == "handoff":
        found["reason"] = text[:200]
    return found


def _of_its_clause(tool: str, turn: Turn, text: str) -> dict[str, str]:
    """Of several things that a message names, what stands beside the change itself ("那靴子帮我取消吧 羽绒服让我室友收"); empty
    where none alone does."""
    if tool not in ORDER_TOOLS or tool not in VERBS or len(turn.mentions.products) < 2:
        return {}
    clauses = [c for c in re.split(r"[，,。.!！?？;；~～、\s]+", text) if c]
    made = [c for c in clauses if any(v in c for v in VERBS[tool])]
    wished = [c for c in made if not _NOT_NOW.search(c)] or [c for c in clauses if c not in made]
    found = turn.named_in(wished[0]) if made and len(wished) == 1 else None
    return found.slots if found is not None and found.products else {}


def _of_body(turn: Turn, text: str, found: dict[str, str]) -> dict[str, str]:
    """Who is to wear it and how, and bare numbers that tell how tall somebody is or what shoes they usually wear."""
    left = ruled_out.left(text)
    told = bodies.besides(text)
    item = turn.ctx.catalog.products.get(found.get("product") or turn.state.focus.product_id or "")
    if item is not None and item.category == "鞋履":
        return {"usual": shoe, **told} if (shoe := bodies.bare_shoe(left)) else told
    return {"height": tall, **told} if "height" not in found and (tall := bodies.bare_height(left)) else told


def _of_return(tool: str, turn: Turn, text: str, found: dict[str, str]) -> dict[str, str]:
    """Why a thing goes back, and as what: one that does not fit is exchanged unless the shopper says otherwise."""
    reason = found.get("reason") or (OTHER_SIZE if called_other_size(text) else "")
    told = {"reason": reason} if reason else {}
    if "kind" in found:
        return told
    state = turn.state
    likely = "换货" if reason == OTHER_SIZE else "退货" if tool == "return_request" else ""
    kind = state.last_args.get("kind", likely) if state.last_tool.startswith("return") else likely
    return {**told, "kind": kind} if kind else told


def _variant_wanted(turn: Turn, filled: dict[str, str]) -> dict[str, str]:
    """The reason of an exchange for another size or colour is what is wanted instead."""
    named = turn.mentions.slots
    if step := steps(turn.text):
        return {"reason": f"换成{size}码"} if (size := purchases.next_size(turn, filled, step)) else {}
    if "size" in named:
        return {"reason": f"换成{named['size']}码"}
    if "colour" not in named or purchases.has_coloured(turn, named["colour"]):
        return {}
    return {"reason": f"换成{named['colour']}"}


def loose(turn: Turn) -> dict[str, str]:
    """Rewards, coupons and a person's build that a message names: kept, whichever tool served it."""
    kept = {slot for slots in _LOOSE.values() for slot in slots}
    named = {k: v for k, v in turn.mentions.slots.items() if k in kept} | bodies.besides(turn.text)
    before = {k: v for k, v in _body_before(turn).items() if k in _LOOSE["size_advice"]}
    if turn.state.shown_slot == "coupon" and (coupon := amounts.named(turn.text, turn.state.shown)):
        named["coupon"] = coupon
    return {**before, **named}


def _body_before(turn: Turn) -> dict[str, str]:
    """The last arguments, less what they tell of somebody else than is to wear it now."""
    last = turn.state.last_args
    if not bodies.changes_wearer(last.get("wearer", ""), bodies.wearer_in(turn.text)):
        return last
    return {k: v for k, v in last.items() if k not in _LOOSE["size_advice"]}


def completed(tool: str, named: dict[str, str], turn: Turn, text: str) -> dict[str, str]:
    """Fill the slots that a message leaves open."""
    state = turn.state
    if tool == "product_find" and "product" not in named and (product := shown.cheapest(turn, text)):
        named = {**named, "product": product}
    filled = with_focus(tool, _ordered(tool, named, turn), state.focus, text, state.last_tool)
    before = _body_before(turn) if tool == "size_advice" else state.last_args
    filled = {**{slot: before[slot] for slot in _LOOSE.get(tool, ()) if slot in before}, **filled}
    if tool == "size_advice":
        filled |= bodies.besides(text)
    if tool == "return_request" and state.last_tool == "return_check" and "reason" in state.last_args:
        filled.setdefault("reason", state.last_args["reason"])
    if tool in ORDER_TOOLS and "order" not in filled and "product" not in filled:
        filled |= purchases.meant(tool, turn, text, filled.get("reason", ""))
    if tool == "return_request" and "换" in filled.get("kind", "") and _may_tell_variant(turn):
        filled |= _variant_wanted(turn, filled)
    if tool in ("stock_check", "stock_reserve") and "size" not in filled and (size := _by_height(turn, filled)):
        filled["size"] = size
    if tool == "appointment_move":
        filled |= _shifted(turn, filled)
    if tool == "membership_rights" and "tier" not in filled and _UPWARDS.search(text):
        filled |= _next_tier(turn)
    if tool == "privacy_choose" and "subject" not in filled and "subject" in state.last_args:
        filled["subject"] = state.last_args["subject"]
        filled.setdefault("allowed", "yes" if _ON_AGAIN.search(text) else "no")
    return filled


def _by_height(turn: Turn, filled: dict[str, str]) -> str:
    """The size of a child's thing is the height that was told ("幺儿一米二"); empty where it comes in no such size."""
    tall = turn.mentions.slots.get("height") or turn.state.last_args.get("height", "")
    thing = turn.ctx.catalog.products.get(filled.get("product", ""))
    return tall if thing is not None and whom.made_for(thing) is whom.Whom.CHILD and tall in thing.sizes else ""


def _ordered(tool: str, named: dict[str, str], turn: Turn) -> dict[str, str]:
    """For tools of orders: the order spoken of where it holds the named product; the product spoken of where one turned
    to it since and owns it."""
    if tool not in ORDER_TOOLS or "order" in named:
        return named
    focus, product = turn.state.focus, named.get("product")
    if product is None and (told := purchases.told_kind(tool, turn)):
        return {**named, **told}
    if (
        product is None
        and focus.product_id
        and turn.state.last_tool in _OF_WARES
        and purchases.owns(turn, focus.product_id)
    ):
        return {**named, "product": focus.product_id}
    held = any(
        o.order_id == focus.order_id and any(x.product_id == product for x in o.lines) for o in purchases.recent(turn)
    )
    return {**named, "order": focus.order_id} if product and focus.order_id and held else named


def _may_tell_variant(turn: Turn) -> bool:
    """True where no reason is told but that the size does not fit, beside the step to the one that does."""
    told = turn.mentions.slots.get("reason")
    return told is None or (told == OTHER_SIZE and steps(turn.text) != 0)


def added(pending: Pending, named: dict[str, str], turn: Turn) -> dict[str, str]:
    """What a message adds to the change of the same kind that waits for its yes."""
    args = dialogue.repaired(pending.args, named)
    if "body" in named:
        before = pending.args.get("body", "")
        anew, told = _ANEW.sub("", named["body"]), complaints.told(named["body"])
        args["body"] = anew if anew != named["body"] else f"{before}；{told}".strip("；")
        if "category" not in named and args.get("category") == category_of(before):
            args.pop("category")  # nobody chose it, and what is told now may say another
    if "topic" in named:
        args["topic"] = named["topic"]
    if (at := moved(pending.args.get("time"), turn)) and "time" in pending.args:
        args["time"] = at
    return args


def _next_tier(turn: Turn) -> dict[str, str]:
    """ "升了给啥": of the tier above the member's own."""
    if turn.ctx.member_id is None:
        return {}
    try:
        above = turn.ctx.ports.merchant.membership.profile(turn.ctx.member_id).next_tier
    except (ToolError, BackendDown):
        return {}
    return {"tier": above.value} if above else {}


def with_focus(tool: str, args: dict[str, str], focus: Focus, text: str, last_tool: str = "") -> dict[str, str]:
    """Fill from what was spoken of last the slots that a message leaves open."""
    known = {
        "product": focus.product_id, "store": focus.store_id, "order": focus.order_id, "line": focus.line_no,
        "appointment": focus.appointment_id, "colour": focus.colour, "size": focus.size,
    }  # fmt: skip
    filled = dict(args)
    for slot, value in known.items():
        is_open = slot in TOOLS[tool].slots and slot not in filled
        if value and is_open and _may_fill(slot, tool, args, filled, focus, text, last_tool):
            filled[slot] = value
    return filled


def _may_fill(
    slot: str, tool: str, args: dict[str, str], filled: dict[str, str], focus: Focus, text: str, last_tool: str
) -> bool:
    other_product = args.get("product", focus.product_id) != focus.product_id
    if slot == "product":
        of_orders = tool in ("order_status", "order_logistics", "order_cancel")
        if tool == "product_find" and browse.wish(text).anything:
            return False
        return not of_orders and not (tool.startswith("return") and ("order" in filled or "line" in filled))
    if slot in ("colour", "size"):
        return not other_product and tool in ("stock_check", "stock_reserve")
    if slot in ("order", "line"):
        of_orders = bool(_BACK.search(text)) or tool.startswith("return") or last_tool in ORDER_TOOLS
        return "product" not in args and "order" not in args and of_orders
    if slot == "store" and tool == "stock_check":
        same = args.get("product", focus.product_id) == focus.product_id
        goes_on = (same and last_tool in ("stock_check", "stock_reserve")) or bool(_THERE.search(text))
        return goes_on and "place" not in args and not _ELSEWHERE.search(text)
    if slot == "store":
        if tool == last_tool == "appointment_book":  # named for it, before something was asked in between
            return True
        elsewhere = ("appointment_book", "ticket_file", "stock_check")
        asked_there = tool != "knowledge_search" or last_tool.startswith("store_") or bool(_THERE.search(text))
        return "place" not in args and tool not in elsewhere and asked_there
    return True


def _shifted(turn: Turn, filled: dict[str, str]) -> dict[str, str]:
    """ "往后挪一天", "改到四点": the moment of the one appointment, moved."""
    shift, named = turn.mentions.shift, turn.mentions.slots
    an_hour = "time" in named and "day" not in named and filled.get("time") == named["time"]  # not moved already
    if (shift == timedelta(0) if "time" not in filled else not an_hour) or turn.ctx.member_id is None:
        return {}
    try:
        mine = list(turn.ctx.ports.merchant.appointments.mine(turn.ctx.member_id))
    except (ToolError, BackendDown):
        return {}
    if len(mine) != 1:
        return {}
    before = mine[0].starts_at.isoformat()
    at = dialogue.moved(before, turn.mentions) if an_hour else (mine[0].starts_at + shift).isoformat()
    return {"time": at, "day": at, "appointment": mine[0].appointment_id} if at else {}


def moved(old: str | None, turn: Turn) -> str | None:
    """The moment that a correction names, from the one spoken of."""
    if old is not None and turn.mentions.shift != timedelta(0) and "time" not in turn.mentions.slots:
        return (datetime.fromisoformat(old) + turn.mentions.shift).isoformat()
    return dialogue.moved(old, turn.mentions)


def on_offered_day(offers: Sequence[Offer], mentions: Mentions) -> str | None:
    """The moment of an hour that is named without a day, among moments that were offered or on the day of the first
    ("下午两点可以"), in ISO; None where no hour or a day is named."""
    named = mentions.slots.get("time")
    if named is None or "day" in mentions.slots or not offers:
        return None
    hour = local(datetime.fromisoformat(named)).time()
    offered = [o.value for o in offers if local(datetime.fromisoformat(o.value)).time() == hour]
    return offered[0] if offered else dialogue.moved(offers[0].value, mentions)
