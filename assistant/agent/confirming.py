"""A change that waits for its yes: confirmed, refused, corrected, told more of, or left waiting.

Enters: a `Turn` and the pending change. Leaves: a `Reply`, or None where the message is about something else. Called by
`context`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.agent import (
    amounts,
    complaints,
    dialogue,
    fill,
    occasions,
    refusals,
    remarks,
    several,
    yes_and_more,
    yes_at_length,
    yes_no,
)
from assistant.agent.compose import asked_again, merge
from assistant.agent.exchange import Turn
from assistant.agent.kin import beyond, kin
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import let_go, resume
from assistant.agent.stance import LIKELY, MAX_ANSWER, OWN_WISH, POLITE_INTENTS, Stance
from assistant.agent.toolbelt import Planned, Served, call, execute
from assistant.agent.wanting import ACTS
from assistant.domain.conversation import Offer, Pending, Task
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.tickets import CATEGORIES, category_named, disputes_category, upholds_category
from tools.types import KnowledgeAnswer

SURE_YES = 0.9  # a change is made on a learnt yes from here; between the two we ask once more
MOVES = re.compile(r"改|挪|推|延|提前|换(?:到|成|个时间)|move|push|reschedule")
_DOUBT = re.compile(r"[?？不别没停吗么怎什哪多几]|[能行有是好成得以]嘛|but|how|what|when|don'?t")
_AGREES_AND_TELLS = re.compile("(?:对(?!了)|是的?|嗯)(?:对|的|啊)*[，, ]*(?:就是?|她|他|当时)")
_PROOF = re.compile("小票|照片|截图|视频|录音|凭证|单据|发票")
_WANTS_BESIDE = re.compile(
    "有没有|是不是|能不能|可不可以|会不会|想(?:知道|问|了解)|帮我|帮忙|给我(?:看|查|找|转)|(?:查|看)(?:一?下|看看)|转人工|找(?:个|一个)?(?:活?人|客服)"
)
_OF_PLACES = ("ticket_note", "store_info", "store_find")  # what is told of a complaint reads like these
_WHERE = re.compile(
    "[一二三四五六七八九负\\d]楼|[Bb]\\d|男厕|女厕|厕所|洗手间|卫生间|专?柜台?那|收银台|电梯|扶梯|试衣间|门口|出口|停车场|靠[窗墙门]|那边|旁边|隔壁"
)
_ONE_AT_A_TIME = ("points_redeem", "coupons_claim")  # changes that know no number
_MAY = re.compile(".{3,}(?:可不可以|能不能|行不行|可以不|可以吗|行不)")
_REASON = re.compile(
    "(?:原因|理由)(?:就|还是|帮我)?(?:写成?|填|改成?|是|为)[：: ]*(?!什么|啥|一下|错|不|没|我不|还没)([^，,。!！?？ ]{2,20})(?<![吗么])(?=$|[，,。!！ ])"
)
_OF_THIS = re.compile("[这它]|要钱|收费|花钱|多少钱|怎么[取拿付]")
_OF_IT = re.compile(f"{_OF_THIS.pattern}|券|积分|订单|会员|运费|手续费|扣|退款|货|钱")
_COSTS = ("order_cancel", "return_request", "points_redeem", "coupons_claim")  # what these cost is asked beside the yes
_ASKS_US = re.compile("查|帮我|给我|问|约|看看|找")
_THINGS = ("item", "coupon", "product", "order")  # whose other one makes a wish of its own
_MORE_OF = {"ticket_file": ("ticket_note", "ticket_status"), "ticket_note": ("ticket_file", "ticket_status")}
_WHEN = re.compile("昨天|前天|上周|上午|下午|晚上|早上|中午|刚才|刚刚|点左右|点多|号那天|yesterday|last week")


class Confirming:
    """Reads answers to a pending change. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, stance: Stance) -> None:
        self._outcomes = outcomes
        self._stance = stance

    def settled(self, turn: Turn, pending: Pending) -> Reply | None:
        """Made on a plain yes, let go on a plain no; None for anything else."""
        if yes_no.is_yes(turn.text, pending.tool):
            return self._yes(turn, pending)
        return let_go(self._outcomes, turn) if yes_no.is_no(turn.text, pending.tool) else None

    def answered(self, turn: Turn, pending: Pending) -> Reply | None:
        rules = [r for r in turn.rules if r not in POLITE_INTENTS]
        if not turn.corrects and (wish := self._wish_after_yes(turn, pending)):
            turn.lead = self._made(turn, pending)
            turn.reads_on(wish)
            return None
        told = self._one_at_a_time(turn, pending) or self._renamed(turn, pending) or self._disputed(turn, pending)
        if told is not None:
            return told
        if turn.corrects:  # what is left of a correction may refuse or change what waits, and is never the yes to it
            rest = refusals.after_refusal(turn.text, pending.tool)
            if rest is not None or yes_no.is_no(turn.text, pending.tool):
                return self._refused(turn, rest or "")
            if refusals.after_refusal(turn.words, pending.tool) is not None:  # in the part that is rejected
                return self._refused(turn, turn.text)
            return self._changes(turn, pending, rules) or self._tells_more(turn, pending, rules)
        other_kind = turn.mentions.slots.get("kind", pending.args.get("kind")) != pending.args.get("kind")
        wavers = yes_no.wavers(turn.text)
        lets_be = yes_and_more.lets_be(turn.text, pending.tool) and not self._names_another(turn, pending)
        ends = yes_and_more.ends_in_yes(turn.text, pending.tool) and not self._names_another(turn, pending)
        agrees = yes_no.is_yes(turn.text, pending.tool) or ends or (lets_be and not wavers)
        if agrees and not (other_kind and "kind" in pending.args):
            return self._yes(turn, pending)
        takes_back = refusals.takes_back(turn.text, pending.tool) or refusals.refuses(turn.text, pending.tool)
        if takes_back or yes_no.is_no(turn.text, pending.tool) or dialogue.control(turn.text) == "stop":
            return self._refused(turn, refusals.after_refusal(turn.text, pending.tool) or "")
        if not wavers and self._restates(turn, pending):
            return self._yes(turn, pending)
        if (told := self._agrees_and_tells(turn, pending, rules)) is not None:
            return told
        if self._accepts(turn, pending):
            return self._yes(turn, pending)
        if (changed := self._changes(turn, pending, rules)) is not None:
            return changed
        if (rest := refusals.after_refusal(turn.text, pending.tool)) is not None:
            return self._refused(turn, rest)
        if refusals.only_no(turn.text, pending.tool):
            return let_go(self._outcomes, turn)
        # a short message that names nothing, or only the change that waits ("算啦不退了", "嗯就退这双")
        slots = {
            k for k, v in turn.mentions.slots.items() if pending.args.get(k) != v and k not in ("place", "quantity")
        }
        if refusals.gives_up(turn.text) and slots <= {"kind", "reason"}:
            return let_go(self._outcomes, turn)
        if (
            "reason" in turn.mentions.slots
            and slots <= {"kind", "reason"}
            and pending.tool == "return_request"
            and not rules
        ):
            turn.did(pending.tool, "asked_to_confirm")
            return self._outcomes.pending_again(turn)
        if wavers and not slots and not beyond(rules, pending.tool) and not dialogue.asks(turn.text):
            turn.did("wait", "stance")
            return self._outcomes.say(turn, "wait")
        if not slots and not beyond(rules, pending.tool) and self._wants_it_again(turn, pending) and not wavers:
            return self._yes(turn, pending)
        remark = yes_and_more.yes_and_remark(turn.text, pending.tool)
        if (
            remark
            and not yes_at_length.holds(turn.text, pending.tool)
            and not slots
            and self._stance.is_small_talk(turn)
        ):
            return self._yes(turn, pending)
        if refusals.refuses_a_part(turn.text, pending.tool) and not self._names_another(turn, pending):
            return self._leaves_out(turn, pending)
        if len(turn.text) <= MAX_ANSWER and slots <= {"kind"} and self._stance.is_an_answer(turn, pending.tool, rules):
            stance, sure = self._stance.router.stance(turn.mentions.plain)
            wishes = yes_no.names_change(turn.text, pending.tool) or yes_no.insists(turn.text, pending.tool)
            if stance == "no" and wishes:
                stance, sure = "yes", LIKELY  # it names the change that waits: rather ask once more
            doubtful = bool(_DOUBT.search(turn.text.lower())) or remarks.only_heard(turn.text) or wavers
            doubtful = doubtful or yes_at_length.holds(turn.text, pending.tool)
            if stance == "yes" and sure >= SURE_YES and not doubtful:
                return self._yes(turn, pending)
            if stance == "no" and sure >= LIKELY:
                return let_go(self._outcomes, turn)
            if stance == "wait" and sure >= LIKELY:
                turn.did("wait", "stance")
                return self._outcomes.say(turn, "wait")
            leans = (stance == "yes" and sure >= LIKELY) or yes_no.leans_to_yes(turn.text)
            if leans and (wishes or not doubtful) and not rules and pending.expires_at >= turn.now:
                turn.did(pending.tool, "asked_to_confirm")
                return self._outcomes.pending_again(turn)
        if pending.expires_at < turn.now:
            turn.state = replace(turn.state, pending=None)
            return None
        return self._tells_more(turn, pending, rules) or self._asked_beside(turn, rules)

    def _one_at_a_time(self, turn: Turn, pending: Pending) -> Reply | None:
        """Two wished of what is made one by one ("是两张哦"): said so, and what waits shown once more."""
        if pending.tool not in _ONE_AT_A_TIME or not yes_and_more.counts_several(turn.text):
            return None
        turn.did(pending.tool, "asked_to_confirm")
        return self._once_more(turn, "one_at_a_time")

    def _disputed(self, turn: Turn, pending: Pending) -> Reply | None:
        """A complaint whose category is wrong: asked which it is."""
        if "category" not in TOOLS[pending.tool].slots or not disputes_category(turn.text):
            return None
        turn.did(pending.tool, "changed_before_yes")
        offers = tuple(Offer(name, name) for name in CATEGORIES if name != pending.args.get("category"))
        task = Task(pending.tool, pending.args, "category", "应该归哪一类？", offers)
        turn.state = replace(turn.state, asking=task)
        return asked_again(task, turn.english, first=True)

    def _renamed(self, turn: Turn, pending: Pending) -> Reply | None:
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
                return self._yes(turn, pending)  # with the one before
            args = dialogue.repaired(pending.args, named)
        elif "reason" in slots and (told := _REASON.search(turn.text)):
            args = {**pending.args, "reason": told.group(1).removesuffix("吧").removesuffix("行吗")}
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

    @staticmethod
    def _names_another(turn: Turn, pending: Pending) -> bool:
        """True where something is named that the change, as it waits, would not do."""
        slots, named = TOOLS[pending.tool].slots, turn.mentions.slots
        if pending.tool == "ticket_file" and not pending.args.get("store"):
            return False  # where it happened is no other complaint
        other = {k for k, v in named.items() if k in slots and k not in ("kind", "reason") and pending.args.get(k) != v}
        if other <= {"day", "time"} and fill.moved(pending.args.get("time"), turn) == pending.args.get("time"):
            return False
        return bool(other)

    def _agrees_and_tells(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A complaint is filed with what is told beside the yes ("登吧 昨天下午四点多 一楼化妆品那边")."""
        if pending.tool != "ticket_file":
            return None
        named, agrees = turn.mentions.slots, yes_at_length.agrees(turn.text, pending.tool)
        told = complaints.told(turn.text) if agrees else yes_and_more.after_yes(turn.text, pending.tool)
        particular = agrees or {"day", "time"} & set(named) or any(x.search(told) for x in (_WHEN, _PROOF, _WHERE))
        if not told or not particular or beyond([r for r in rules if r not in _OF_PLACES], pending.tool):
            return None
        if pending.args.get("store", "") not in ("", named.get("store", pending.args.get("store"))):
            return None  # of another store: shown once more
        named = {"body": told, "category": pending.args["category"]}  # which they have seen
        return self._yes(turn, replace(pending, args=fill.added(pending, named, turn)))

    def _refused(self, turn: Turn, rest: str) -> Reply | None:
        """Lets go of the change; what is asked in the same message is left to be answered."""
        if not self._wants(turn, rest):
            return let_go(self._outcomes, turn)
        turn.state = replace(turn.state, pending=None, asking=None)
        turn.lead = self._outcomes.say(turn, "cancelled")
        turn.reads_on(rest)
        return None

    def _leaves_out(self, turn: Turn, pending: Pending) -> Reply | None:
        """What is not wished of the change that waits: written into a complaint, of anything else shown once more."""
        if pending.tool == "ticket_file":
            turn.did(pending.tool, "changed_before_yes")
            return self._outcomes.run(turn, pending.tool, fill.added(pending, {"body": turn.words}, turn))
        turn.did(pending.tool, "asked_to_confirm")
        return self._outcomes.pending_again(turn)

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

    def _restates(self, turn: Turn, pending: Pending) -> bool:
        """A yes with what waits told in its words ("对 就五十的")."""
        first, *rest = re.split(r"[，,。！! ]+|(?<=^[嗯对好])(?=[退换留约领取要])", turn.text)
        if not rest or len(turn.text) > MAX_ANSWER or _DOUBT.search(turn.text.lower()):
            return False
        said, slots = turn.mentions.slots, TOOLS[pending.tool].slots
        named = {k: v for k, v in said.items() if k in slots}
        if (at := pending.args.get("time")) and {"time", "day"} & set(named):
            if fill.moved(at, turn) != at:
                return False  # "嗯约吧 周四" where Wednesday waits
            named = {**named, "time": at, "day": pending.args.get("day", at)}
        told = self._told_of_variant(turn, pending)
        if not (named or told) or len(dialogue.residue(turn.mentions)) > 4 or not yes_no.is_yes(first, pending.tool):
            return False
        again = call(turn.ctx, pending.tool, dialogue.repaired(pending.args, named), turn.trace.tools)
        if not isinstance(again, Planned) or again.plan.args != pending.args:
            return False
        return self._are_shown(turn, pending, told)

    @staticmethod
    def _told_of_variant(turn: Turn, pending: Pending) -> list[str]:
        """The colour and size that a message names of a change that has no slot for them."""
        slots = TOOLS[pending.tool].slots
        return [v for k, v in turn.mentions.slots.items() if k in ("colour", "size") and k not in slots]

    @staticmethod
    def _are_shown(turn: Turn, pending: Pending, values: Sequence[str]) -> bool:
        """True where what waits is shown with these words, each whole; of an exchange in what is got for it."""
        if not values:
            return True
        again = call(turn.ctx, pending.tool, pending.args, turn.trace.tools)
        rows = again.plan.rows if isinstance(again, Planned) else ()
        if pending.args.get("reason", "").startswith("换成"):  # whose first row shows what goes back
            rows = rows[1:]
        whole = [re.compile(rf"(?<![0-9a-z]){re.escape(value)}(?![0-9a-z])", re.IGNORECASE) for value in values]
        return all(any(value.search(row) for _, row in rows) for value in whole)

    def _accepts(self, turn: Turn, pending: Pending) -> bool:
        """A yes by the name of what waits, with a remark ("嗯嗯取消 不好意思哈 被老婆发现了", "咖啡就咖啡 换")."""
        if taken := yes_at_length.accepts(turn.text, pending.tool):
            return self._is_shown(turn, pending, amounts.in_digits(taken))
        if self._names_another(turn, pending) or turn.mentions.shift:
            return False
        told = self._told_of_variant(turn, pending)
        return yes_at_length.agrees(turn.text, pending.tool) and self._are_shown(turn, pending, told)

    def _is_shown(self, turn: Turn, pending: Pending, name: str) -> bool:
        """True where what waits is shown by this name, whole, and nothing else is named beside it."""
        if not {k for k, v in turn.mentions.slots.items() if pending.args.get(k, v) != v} <= {"item", "coupon"}:
            return False
        return self._are_shown(turn, pending, [name])

    def _wants_it_again(self, turn: Turn, pending: Pending) -> bool:
        """A yes and the change once more ("对 帮我把它退了"), or the change alone wished once more ("也给我关嘛")."""
        text = turn.text
        if yes_and_more.opens_with_yes(text, pending.tool):
            return True
        if len(text) > MAX_ANSWER or _DOUBT.search(text.lower()) or yes_at_length.holds(text, pending.tool):
            return False
        if pending.tool in ("ticket_file", "privacy_delete") or not yes_no.names_change(text, pending.tool):
            return False
        best = self._stance.router.rank(turn.mentions.plain).best
        return best.intent == pending.tool and best.probability >= OWN_WISH

    def _tells_more(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """ "昨天下午" after a complaint that waits for its yes: belongs to it."""
        if turn.state.asking is not None or pending.tool != "ticket_file" or len(turn.text) > 2 * MAX_ANSWER:
            return None
        agrees = bool(_AGREES_AND_TELLS.match(turn.text)) and not dialogue.asks(turn.text)
        if rules or (not agrees and _DOUBT.search(turn.text.lower())) or refusals.gives_up(turn.text):
            return None
        best = self._stance.router.rank(turn.mentions.plain).best
        timed = {"day", "time", "store", "place"} & set(turn.mentions.slots) or _WHEN.search(turn.text)
        tells = best.intent in ("ticket_note", "ticket_file") and best.probability >= OWN_WISH
        if not agrees and not timed and (not tells or turn.text.endswith("吧")):
            return None
        turn.did(pending.tool, "changed_before_yes")
        named = {**fill.args(pending.tool, turn), "body": turn.words}
        return self._outcomes.run(turn, pending.tool, fill.added(pending, named, turn))

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

    def _yes(self, turn: Turn, pending: Pending) -> Reply:
        return resume(self._outcomes, turn, self._made(turn, pending))

    def _made(self, turn: Turn, pending: Pending) -> Reply:
        store = turn.mentions.slots.get("store", "")
        if pending.tool == "ticket_file" and not pending.args.get("store") and store in turn.ctx.catalog.stores:
            pending = replace(pending, args={**pending.args, "store": store})  # "是福田店买的 登吧"
        parked = tuple(
            task for task in turn.state.parked if task.tool != pending.tool or not task.slot
        )  # it is done with
        asking = turn.state.asking if turn.state.asking and turn.state.asking.tool != pending.tool else None
        turn.state = replace(turn.state, pending=None, asking=asking, parked=parked)
        turn.did(pending.tool, "confirmed")
        if pending.expires_at < turn.now:
            return self._outcomes.say(turn, "expired")
        outcome = execute(turn.ctx, pending.tool, pending.args, pending.key, turn.trace.tools)
        if isinstance(outcome, Served):
            turn.state = replace(turn.state, made=pending.tool)
        return self._outcomes.state(turn, outcome)

    def _changes(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
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
                return self._yes(turn, pending)
            turn.did(pending.tool, "asked_to_confirm")
            return self._once_more(turn, "one_by_one")
        turn.did(pending.tool, "changed_before_yes")
        if pending.tool == "ticket_file" and len(dialogue.residue(turn.mentions)) > 4:  # "徐家汇二楼 短头发那个"
            changed = {**changed, "body": turn.words}
        return self._outcomes.run(turn, pending.tool, fill.added(pending, changed, turn))

    def _once_more(self, turn: Turn, words: str) -> Reply | None:
        """What waits, shown once more after some words of the playbook."""
        again = self._outcomes.pending_again(turn)
        return merge([Reply(self._outcomes.words(turn, words)), again]) if again else None

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
