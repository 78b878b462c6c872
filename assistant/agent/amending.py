"""Changing what waits for its yes: other terms, more told of it, a part left out.

Enters: a `Turn` and the pending change. Leaves: a `Reply` that shows the change anew (or carries it out where more of the same
is agreed to), or None where the message changes nothing. Called by `confirming`.
"""

import re
from dataclasses import replace

from assistant.agent import amounts, complaints, dialogue, fill, occasions, refusals, several, yes_and_more, yes_no
from assistant.agent.compose import asked_again, merge
from assistant.agent.exchange import Turn
from assistant.agent.kin import kin
from assistant.agent.outcomes import Outcomes
from assistant.agent.settling import confirmed
from assistant.agent.stance import MAX_ANSWER, OWN_WISH, Stance
from assistant.domain.conversation import Offer, Pending, Task
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.tickets import CATEGORIES, category_named, category_of, disputes_category, upholds_category

MOVES = re.compile(r"改|挪|推|延|提前|换(?:到|成|个时间)|move|push|reschedule")
_AGREES_AND_TELLS = re.compile("(?:对(?!了)|是的?|嗯)(?:对|的|啊)*[，, ]*(?:就是?|她|他|当时)")
_BY_WISH = ("不喜欢", "未说明")
_ONE_AT_A_TIME = ("points_redeem", "coupons_claim")  # changes that know no number
_REASON = re.compile(
    "(?:原因|理由)(?:就|还是|帮我)?(?:写成?|填|改成?|是|为)[：: ]*(?!什么|啥|一下|错|不|没|我不|还没)([^，,。!！?？ ]{2,20})(?<![吗么])(?=$|[，,。!！ ])"
)


class Amending:
    """Reads what changes a pending change. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, stance: Stance) -> None:
        self._outcomes = outcomes
        self._stance = stance

    def one_at_a_time(self, turn: Turn, pending: Pending) -> Reply | None:
        """Two wished of what is made one by one ("是两张哦"): said so, and what waits shown once more."""
        if pending.tool not in _ONE_AT_A_TIME or not yes_and_more.counts_several(turn.text):
            return None
        return self._once_more(turn, "one_at_a_time")

    def renamed(self, turn: Turn, pending: Pending) -> Reply | None:
        """What waits under another topic, in another category or number ("主题改成面试穿搭", "是质量 不是价格", "就一袋")."""
        slots = TOOLS[pending.tool].slots
        named = {k: v for k, v in turn.mentions.slots.items() if k in slots}
        said = turn.words if turn.corrects else turn.text  # with the category that it rejects
        if "topic" in slots and (topic := occasions.told(turn.text)):
            at = fill.moved(pending.args.get("time"), turn)
            args = dialogue.repaired(pending.args, {**named, "topic": topic, **({"time": at} if at else {})})
        elif named.get("quantity", pending.args.get("quantity")) != pending.args.get("quantity"):
            if amounts.unwanted(turn.text) or dialogue.asks(turn.text):
                return None
            if pending.tool == turn.state.made and yes_and_more.yes_to_both(turn.text, pending.tool):
                return confirmed(self._outcomes, turn, pending)  # with the one before
            args = dialogue.repaired(pending.args, named)
        elif "reason" in slots and (told := _REASON.search(turn.text)):
            args = {**pending.args, "reason": told.group(1).removesuffix("吧").removesuffix("行吗")}
        elif _tells_a_defect(turn, pending):
            args = {**pending.args, "reason": "质量问题"}
        elif pending.tool == "ticket_file" and "；" in pending.args["body"] and complaints.takes_out(turn.text):
            args = {**pending.args, "body": pending.args["body"].rpartition("；")[0]}
        elif "category" in slots and upholds_category(said, pending.args.get("category", "")):
            args = pending.args  # shown once more
        elif "category" in slots and (category := category_named(said, pending.args.get("category", ""))):
            tells = len(turn.text) > MAX_ANSWER and not disputes_category(turn.text)
            more = {"body": turn.words} if tells else {}
            args = fill.added(pending, {**more, "category": category}, turn)
        else:
            return None
        turn.did(pending.tool, "changed_before_yes")
        reply = self._outcomes.run(turn, pending.tool, args)
        if turn.state.pending is pending:  # on these terms it cannot be, and the terms before are not meant any more
            turn.state = replace(turn.state, pending=None)
        return reply

    def disputed(self, turn: Turn, pending: Pending) -> Reply | None:
        """A complaint whose category is wrong: asked which it is."""
        if "category" not in TOOLS[pending.tool].slots or not disputes_category(turn.text):
            return None
        turn.did(pending.tool, "changed_before_yes")
        offers = tuple(Offer(name, name) for name in CATEGORIES if name != pending.args.get("category"))
        task = Task(pending.tool, pending.args, "category", "应该归哪一类？", offers)
        turn.state = replace(turn.state, asking=task)
        return asked_again(task, turn.english, first=True)

    def changes(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A correction of what waits: "不是L 是XL", "改成四点", or another moment instead of a cancellation."""
        slots, named = TOOLS[pending.tool].slots, turn.mentions.slots
        if pending.args.get("kind") == "退货" and named.get("kind") == "换货" and {"size", "colour"} & set(named):
            turn.did(pending.tool, "changed_before_yes")
            kept = {k: v for k, v in pending.args.items() if k != "reason"}
            return self._outcomes.run(turn, pending.tool, {**kept, "kind": "换货"})
        if dialogue.asks(turn.text) and len(dialogue.residue(turn.mentions)) > 4 and not MOVES.search(turn.text):
            return None  # asks of another thing
        moves = "time" in slots and bool({"time", "day"} & set(turn.mentions.slots) or turn.mentions.shift)
        if moves and pending.tool == "appointment_cancel":
            if not MOVES.search(turn.text):
                return None
            turn.state = replace(turn.state, pending=None)
            turn.did("appointment_move", "changed_before_yes")
            return self._outcomes.run(turn, "appointment_move", fill.args("appointment_move", turn))
        changed = {k: v for k, v in named.items() if k in slots and k != "quantity" and pending.args.get(k) != v}
        if "product" in changed and turn.ctx.catalog.products.get(changed["product"]) is None:
            changed.pop("product")  # a name of several products, one of which is meant already
        if "reason" in changed and pending.args.get("reason", "").startswith("换成"):
            changed.pop("reason")  # what is got instead says more than that the size does not fit
            if not changed:
                return self._outcomes.asked_again(turn)
        if moves and (at := fill.moved(pending.args.get("time"), turn)):
            changed["time"] = at
        family = {pending.tool, "return_request", "return_check"}  # "不要白的 换黑的"
        family = family if pending.tool == "stock_reserve" else {pending.tool, *kin(pending.tool)}
        if not changed or not set(rules) <= family:
            return None
        if pending.tool == "stock_reserve" and set(changed) <= set(several.VARIANT) and several.also(turn.text):
            other = Task(pending.tool, {**pending.args, **changed})
            turn.state = replace(turn.state, parked=(*turn.state.parked, other))
            if any(yes_and_more.wish_after(turn.text, pending.tool)):
                return confirmed(self._outcomes, turn, pending)
            return self._once_more(turn, "one_by_one")
        turn.did(pending.tool, "changed_before_yes")
        if pending.tool == "ticket_file" and len(dialogue.residue(turn.mentions)) > 4:  # "徐家汇二楼 短头发那个"
            changed = {**changed, "body": turn.words}
        return self._outcomes.run(turn, pending.tool, fill.added(pending, changed, turn))

    def tells_more(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """ "昨天下午" after a complaint that waits for its yes: belongs to it."""
        if turn.state.asking is not None or pending.tool != "ticket_file" or len(turn.text) > 2 * MAX_ANSWER:
            return None
        agrees = bool(_AGREES_AND_TELLS.match(turn.text)) and not dialogue.asks(turn.text)
        if rules or (not agrees and yes_no.doubts(turn.text)) or refusals.gives_up(turn.text):
            return None
        best = self._stance.router.rank(turn.mentions.plain).best
        timed = {"day", "time", "store", "place"} & set(turn.mentions.slots) or complaints.tells_when(turn.text)
        tells = best.intent in ("ticket_note", "ticket_file") and best.probability >= OWN_WISH
        if not agrees and not timed and (not tells or turn.text.endswith("吧")):
            return None
        turn.did(pending.tool, "changed_before_yes")
        named = {**fill.args(pending.tool, turn), "body": turn.words}
        return self._outcomes.run(turn, pending.tool, fill.added(pending, named, turn))

    def leaves_out(self, turn: Turn, pending: Pending) -> Reply | None:
        """What is not wished of the change that waits: written into a complaint, of anything else shown once more."""
        if pending.tool == "ticket_file":
            turn.did(pending.tool, "changed_before_yes")
            return self._outcomes.run(turn, pending.tool, fill.added(pending, {"body": turn.words}, turn))
        return self._outcomes.asked_again(turn)

    def _once_more(self, turn: Turn, words: str) -> Reply | None:
        """What waits, shown once more after some words of the playbook."""
        again = self._outcomes.asked_again(turn)
        return merge([Reply(self._outcomes.words(turn, words)), again]) if again else None


def _tells_a_defect(turn: Turn, pending: Pending) -> bool:
    """A thing that goes back for a mere wish turns out to be broken ("退吧 有个洞"), which changes who pays the postage."""
    by_wish = pending.tool == "return_request" and pending.args.get("reason") in _BY_WISH
    denies = re.search("没|不|无|[?？]|吗", turn.text)
    return by_wish and not denies and category_of(turn.text) == "商品质量"
