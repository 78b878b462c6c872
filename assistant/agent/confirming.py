"""A change that waits for its yes: confirmed, refused, corrected, told more of, or left waiting.

Enters: a `Turn` and the pending change. Leaves: a `Reply`, or None where the message is about something else. Called by
`context`.
"""

import re
from dataclasses import replace

from assistant.agent import (
    as_shown,
    complaints,
    dialogue,
    fill,
    refusals,
    remarks,
    yes_and_more,
    yes_at_length,
    yes_no,
)
from assistant.agent.amending import Amending
from assistant.agent.compose import merge
from assistant.agent.exchange import Turn
from assistant.agent.kin import beyond, kin
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import let_go
from assistant.agent.settling import confirmed, made
from assistant.agent.stance import LIKELY, MAX_ANSWER, OWN_WISH, POLITE_INTENTS, Stance
from assistant.agent.toolbelt import Served, call
from assistant.agent.wanting import ACTS
from assistant.domain.conversation import Pending
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.types import KnowledgeAnswer

SURE_YES = 0.9  # a change is made on a learnt yes from here; between the two we ask once more
_WANTS_BESIDE = re.compile(
    "有没有|是不是|能不能|可不可以|会不会|想(?:知道|问|了解)|帮我|帮忙|给我(?:看|查|找|转)|(?:查|看)(?:一?下|看看)|转人工|找(?:个|一个)?(?:活?人|客服)"
)
_OF_PLACES = ("ticket_note", "store_info", "store_find")  # what is told of a complaint reads like these
_MAY = re.compile(".{3,}(?:可不可以|能不能|行不行|可以不|可以吗|行不)")
_OF_THIS = re.compile("[这它]|要钱|收费|花钱|多少钱|怎么[取拿付]")
_OF_IT = re.compile(f"{_OF_THIS.pattern}|券|积分|订单|会员|运费|手续费|扣|退款|货|钱")
_COSTS = ("order_cancel", "return_request", "points_redeem", "coupons_claim")  # what these cost is asked beside the yes
_ASKS_US = re.compile("查|帮我|给我|问|约|看看|找")
_THINGS = ("item", "coupon", "product", "order")  # whose other one makes a wish of its own
_MORE_OF = {"ticket_file": ("ticket_note", "ticket_status"), "ticket_note": ("ticket_file", "ticket_status")}


class Confirming:
    """Reads answers to a pending change. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, stance: Stance) -> None:
        self._outcomes = outcomes
        self._stance = stance
        self._amending = Amending(outcomes, stance)

    def settled(self, turn: Turn, pending: Pending) -> Reply | None:
        """Made on a plain yes, let go on a plain no; None for anything else."""
        if yes_no.is_yes(turn.text, pending.tool):
            return confirmed(self._outcomes, turn, pending)
        return let_go(self._outcomes, turn) if yes_no.is_no(turn.text, pending.tool) else None

    def answered(self, turn: Turn, pending: Pending) -> Reply | None:
        rules = [r for r in turn.rules if r not in POLITE_INTENTS]
        if not turn.corrects and (wish := self._wish_after_yes(turn, pending)):
            turn.lead = made(self._outcomes, turn, pending)
            turn.reads_on(wish)
            return None
        told = (
            self._amending.one_at_a_time(turn, pending)
            or self._amending.renamed(turn, pending)
            or self._amending.disputed(turn, pending)
        )
        if told is not None:
            return told
        if turn.corrects:
            return self._corrected(turn, pending, rules)
        for read in (self._in_words, self._in_passing, self._as_learnt):
            reply = read(turn, pending, rules)
            if reply is not None or turn.state.pending is not pending:  # let go, and the rest is another matter
                return reply
        if pending.expires_at < turn.now:
            turn.state = replace(turn.state, pending=None)
            return None
        return self._amending.tells_more(turn, pending, rules) or self._asked_beside(turn, rules)

    def _corrected(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """What is left of a correction may refuse or change what waits, and is never the yes to it."""
        rest = refusals.after_refusal(turn.text, pending.tool)
        if rest is not None or yes_no.is_no(turn.text, pending.tool):
            return self._refused(turn, rest or "")
        if refusals.after_refusal(turn.words, pending.tool) is not None:  # in the part that is rejected
            return self._refused(turn, turn.text)
        return self._amending.changes(turn, pending, rules) or self._amending.tells_more(turn, pending, rules)

    def _in_words(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A yes, a no or a change in so many words."""
        text, tool = turn.text, pending.tool
        another = as_shown.names_another(turn, pending)
        other_kind = turn.mentions.slots.get("kind", pending.args.get("kind")) != pending.args.get("kind")
        wavers = yes_no.wavers(text)
        lets_be = yes_and_more.lets_be(text, tool) and not wavers
        agrees = yes_no.is_yes(text, tool) or ((lets_be or yes_and_more.ends_in_yes(text, tool)) and not another)
        if agrees and not (other_kind and "kind" in pending.args):
            return confirmed(self._outcomes, turn, pending)
        takes_back = refusals.takes_back(text, tool) or refusals.refuses(text, tool)
        if takes_back or yes_no.is_no(text, tool) or dialogue.control(text) == "stop":
            return self._refused(turn, refusals.after_refusal(text, tool) or "")
        if not wavers and as_shown.restates(turn, pending):
            return confirmed(self._outcomes, turn, pending)
        if (told := self._agrees_and_tells(turn, pending, rules)) is not None:
            return told
        if as_shown.accepts(turn, pending):
            return confirmed(self._outcomes, turn, pending)
        if (changed := self._amending.changes(turn, pending, rules)) is not None:
            return changed
        if (rest := refusals.after_refusal(text, tool)) is not None:
            return self._refused(turn, rest)
        return let_go(self._outcomes, turn) if refusals.only_no(text, tool) else None

    def _in_passing(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A short message that names nothing, or only the change that waits ("算啦不退了", "嗯就退这双")."""
        text, tool, slots = turn.text, pending.tool, _named_besides(turn, pending)
        wavers, about_it = yes_no.wavers(text), not slots and not beyond(rules, tool)
        of_reason = slots <= {"kind", "reason"}
        if refusals.gives_up(text) and of_reason:
            return let_go(self._outcomes, turn)
        if "reason" in turn.mentions.slots and of_reason and tool == "return_request" and not rules:
            return self._outcomes.asked_again(turn)
        if wavers and about_it and not dialogue.asks(text):
            turn.did("wait", "stance")
            return self._outcomes.say(turn, "wait")
        if about_it and not wavers and as_shown.wants_it_again(turn, pending, self._stance.router):
            return confirmed(self._outcomes, turn, pending)
        remark = yes_and_more.yes_and_remark(text, tool) and not remarks.only_heard(text)
        may = tool != "privacy_delete" and not yes_at_length.holds(text, tool)
        if remark and may and not slots and self._stance.is_small_talk(turn):
            return confirmed(self._outcomes, turn, pending)
        if refusals.refuses_a_part(text, tool) and not as_shown.names_another(turn, pending):
            return self._amending.leaves_out(turn, pending)
        return None

    def _as_learnt(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A short answer that stands in no word list, as the router has learnt to read it."""
        text, tool = turn.text, pending.tool
        if len(text) > MAX_ANSWER or not _named_besides(turn, pending) <= {"kind"}:
            return None
        if not self._stance.is_an_answer(turn, tool, rules):
            return None
        stance, sure = self._stance.router.stance(turn.mentions.plain)
        insists = yes_no.insists(text, tool) or yes_at_length.opens(text, tool)
        if stance == "no" and (insists or yes_no.names_change(text, tool)):
            stance, sure = "yes", LIKELY  # it names the change that waits: rather ask once more
        doubts = (
            yes_no.doubts(text),
            remarks.only_heard(text),
            yes_no.wavers(text),
            yes_at_length.holds(text, tool),
        )
        if stance == "yes" and sure >= SURE_YES and not any(doubts):
            return confirmed(self._outcomes, turn, pending)
        if stance == "no" and sure >= LIKELY:
            return let_go(self._outcomes, turn)
        if stance == "wait" and sure >= LIKELY:
            turn.did("wait", "stance")
            return self._outcomes.say(turn, "wait")
        leans = (stance == "yes" and sure >= LIKELY) or yes_no.leans_to_yes(text)
        waits = pending.expires_at >= turn.now
        return (
            self._outcomes.asked_again(turn) if leans and (insists or not any(doubts)) and not rules and waits else None
        )

    def _agrees_and_tells(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A complaint is filed with what is told beside the yes ("登吧 昨天下午四点多 一楼化妆品那边")."""
        if pending.tool != "ticket_file":
            return None
        named, agrees = turn.mentions.slots, yes_at_length.agrees(turn.text, pending.tool)
        told = complaints.told(turn.text) if agrees else yes_and_more.after_yes(turn.text, pending.tool)
        particular = agrees or {"day", "time"} & set(named) or complaints.tells_particulars(told)
        if not told or not particular or beyond([r for r in rules if r not in _OF_PLACES], pending.tool):
            return None
        if pending.args.get("store", "") not in ("", named.get("store", pending.args.get("store"))):
            return None  # of another store: shown once more
        named = {"body": told, "category": pending.args["category"]}  # which they have seen
        return confirmed(self._outcomes, turn, replace(pending, args=fill.added(pending, named, turn)))

    def _refused(self, turn: Turn, rest: str) -> Reply | None:
        """Lets go of the change; what is asked in the same message is left to be answered."""
        if not self._wants(turn, rest):
            return let_go(self._outcomes, turn)
        turn.state = replace(turn.state, pending=None, asking=None)
        turn.lead = self._outcomes.say(turn, "cancelled")
        turn.reads_on(rest)
        return None

    def _wants(self, turn: Turn, rest: str) -> bool:
        """Whether what is said beside a no asks or wishes something ("取消雪地靴", "人工"), and does not only explain it."""
        if dialogue.asks(rest) or rest.endswith(("不", "没", "呢")) or _WANTS_BESIDE.search(rest):
            return True
        if not rest or refusals.by_themselves(rest):
            return False
        found = turn.named_in(rest)
        best = self._stance.router.rank(found.plain).best
        by_rule = set(turn.playbook.plain_intents(found.plain.lower())) - set(POLITE_INTENTS)
        wishes = best.intent not in POLITE_INTENTS and best.probability >= OWN_WISH
        return bool(by_rule) or (wishes and bool(ACTS.search(rest)))

    def _wish_after_yes(self, turn: Turn, pending: Pending) -> str:
        """What is wished after a plain yes, where that is plainly another thing; empty for anything else."""
        tool, (agreed, rest) = pending.tool, yes_and_more.wish_after(turn.text, pending.tool)
        about_it = _OF_IT if tool in _COSTS else _OF_THIS
        if not rest or tool == "privacy_delete" or (dialogue.asks(rest) and about_it.search(rest)):
            return ""  # who asks about the change that waits may yet think better of it
        if yes_no.names(rest, tool) and dialogue.asks(rest):
            return ""
        if tool == "ticket_file" and not _ASKS_US.search(rest):
            return ""  # goes on with the story
        said = turn.named_in(agreed).slots
        if any(pending.args.get(k, v) != v for k, v in said.items() if k in TOOLS[tool].slots):
            return ""  # "换货 另外…" where a return waits
        found = turn.named_in(rest)
        wished = turn.playbook.plain_intents(found.plain.lower())
        best = self._stance.router.rank(found.plain).best
        if not wished and best.probability >= OWN_WISH:
            wished = [best.intent]
        wished = [intent for intent in wished if intent not in POLITE_INTENTS]
        another = any(found.slots.get(k, pending.args.get(k)) != pending.args.get(k) for k in _THINGS)
        near = {*kin(tool), *_MORE_OF.get(tool, ())} - ({tool} if another else set())
        return "" if not wished or near & set(wished) else rest

    def _asked_beside(self, turn: Turn, rules: list[str]) -> Reply | None:
        """Whether something may be besides ("我同学一起来可以不"): what the documents say, and what waits once more."""
        best = self._stance.router.rank(turn.mentions.plain).best
        plain = rules or turn.mentions.slots or best.probability >= turn.playbook.policy.router.serve
        if plain or len(turn.text) > 2 * MAX_ANSWER or not _MAY.search(turn.text):
            return None
        turn.did("knowledge_search", "meanwhile")
        args = fill.args("knowledge_search", turn)
        found = call(turn.ctx, "knowledge_search", {**args, "question": turn.text}, turn.trace.tools)
        sure = isinstance(found, Served) and isinstance(found.result, KnowledgeAnswer) and found.result.sure
        said = self._outcomes.state(turn, found) if sure else self._outcomes.say(turn, "no_knowledge")
        again = self._outcomes.pending_again(turn)
        return merge([said, again]) if again else said


def _named_besides(turn: Turn, pending: Pending) -> set[str]:
    """The slots that a message names otherwise than the change has them."""
    return {k for k, v in turn.mentions.slots.items() if pending.args.get(k) != v and k not in ("place", "quantity")}
