"""A message in the light of what was said before: an answer to a pending change or an open question, a follow-up.

Enters: a `Turn` whose state is the conversation's. Leaves: a `Reply`, or None where the message stands alone. Called by
`turn` before `understand`; also brings an open question back after a digression.
"""

import re
from dataclasses import replace

from assistant.agent import answers, dialogue, fill
from assistant.agent.compose import asked_again
from assistant.agent.exchange import Turn
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import resume
from assistant.agent.router import MORE, Router
from assistant.agent.toolbelt import execute
from assistant.domain.conversation import Pending, Task
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.registry import Access

MAX_ANSWER = 16  # characters of a yes or a no that the learner may judge
OWN_WISH = 0.6  # probability from which the router's reading stands against an answer
SURE_YES = 0.9  # a change is made on a learnt yes from here; between the two we ask once more
LIKELY = 0.5
_DOUBT = re.compile(r"[?？不别没停吗么嘛怎什哪多几]|but|how|what|when|don'?t")
_WANTS = re.compile("(?:那|就|行|好|，|,| )*(?:我要|给我|帮我|我想|来|换|领|兑|留)")
_WHEN = re.compile("昨天|前天|上周|上午|下午|晚上|早上|中午|刚才|刚刚|点左右|点多|号那天|yesterday|last week")
_MOVES = re.compile(r"改|挪|推|延|提前|换(?:到|成|个时间)|move|push|reschedule")
_POLITE_INTENTS = ("greet", "thanks", "bye", "praise", "chitchat")
_CANCELS = ("order_cancel", "appointment_cancel")


class Context:
    """Reads messages in context. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, router: Router) -> None:
        self._outcomes = outcomes
        self._router = router

    def controlled(self, turn: Turn) -> Reply | None:
        """Words that steer the conversation: repeat, wait, stop."""
        name = dialogue.control(turn.text)
        if name == "repeat":
            turn.did("repeat", "control")
            if not turn.state.last_reply:
                return self._outcomes.say(turn, "nothing_to_repeat")
            return replace(self._outcomes.pending_again(turn) or Reply(""), text=turn.state.last_reply)
        if name == "wait":
            turn.did("wait", "control")
            return self._outcomes.say(turn, "wait")
        if name == "stop" and turn.state.pending is None and turn.state.asking is None:
            return self._stop(turn)
        return None

    def answered(self, turn: Turn) -> Reply | None:
        """What was waited for, or a follow-up; None where the message stands alone."""
        state = turn.state
        if state.pending is not None and (reply := self._to_confirm(turn, state.pending)) is not None:
            return reply
        if turn.state.asking is not None and (reply := self._to_question(turn, turn.state.asking)) is not None:
            return reply
        if turn.state.pending is None and turn.state.asking is None and self._is_bare_no(turn):
            return self._stop(turn)
        return self._follow_up(turn) or self._agreed(turn)

    # -- a change that waits for its yes ---------------------------------------------------------------------------

    def _to_confirm(self, turn: Turn, pending: Pending) -> Reply | None:
        rules = [r for r in turn.rules if r not in _POLITE_INTENTS]
        other_kind = turn.mentions.slots.get("kind", pending.args.get("kind")) != pending.args.get("kind")
        agrees = answers.is_yes(turn.text, pending.tool) or answers.ends_in_yes(turn.text, pending.tool)
        if agrees and not (other_kind and "kind" in pending.args):
            return self._yes(turn, pending)
        takes_back = answers.takes_back(turn.text, pending.tool) or answers.refuses(turn.text, pending.tool)
        if takes_back or answers.is_no(turn.text, pending.tool) or dialogue.control(turn.text) == "stop":
            return self._no(turn)
        if (changed := self._changes(turn, pending, rules)) is not None:
            return changed
        # a short message that names nothing, or only the change that waits ("算啦不退了", "嗯就退这双")
        slots = {k for k, v in turn.mentions.slots.items() if pending.args.get(k) != v and k != "place"}
        if answers.gives_up(turn.text) and slots <= {"kind", "reason"}:
            return self._no(turn)
        if (
            "reason" in turn.mentions.slots
            and slots <= {"kind", "reason"}
            and pending.tool == "return_request"
            and not rules
        ):
            turn.did(pending.tool, "asked_to_confirm")
            return self._outcomes.pending_again(turn)
        if answers.opens_with_yes(turn.text, pending.tool) and not slots and not _beyond(rules, pending.tool):
            return self._yes(turn, pending)
        if answers.yes_and_remark(turn.text, pending.tool) and not slots and self._is_small_talk(turn):
            return self._yes(turn, pending)
        if (topic := answers.names_topic(turn.text)) and "topic" in TOOLS[pending.tool].slots:
            turn.did(pending.tool, "changed_before_yes")
            return self._outcomes.run(turn, pending.tool, {**pending.args, "topic": topic})
        if len(turn.text) <= MAX_ANSWER and slots <= {"kind"} and self._is_an_answer(turn, pending.tool, rules):
            stance, sure = self._router.stance(turn.mentions.plain)
            if stance == "no" and answers.names_change(turn.text, pending.tool):
                stance, sure = "yes", LIKELY  # it names the change that waits: rather ask once more
            doubtful = bool(_DOUBT.search(turn.text.lower())) or answers.only_heard(turn.text)
            if stance == "yes" and sure >= SURE_YES and not doubtful:
                return self._yes(turn, pending)
            if stance == "no" and sure >= LIKELY:
                return self._no(turn)
            if stance == "wait" and sure >= LIKELY:
                turn.did("wait", "stance")
                return self._outcomes.say(turn, "wait")
            leans = (stance == "yes" and sure >= LIKELY) or answers.leans_to_yes(turn.text)
            if leans and not doubtful and not rules and pending.expires_at >= turn.now:
                turn.did(pending.tool, "asked_to_confirm")
                return self._outcomes.pending_again(turn)
        if pending.expires_at < turn.now:
            turn.state = replace(turn.state, pending=None)
            return None
        return self._tells_more(turn, pending, rules)

    def _tells_more(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """ "昨天下午" after a complaint that waits for its yes: belongs to it."""
        if (
            turn.state.asking is not None
            or pending.tool != "ticket_file"
            or rules
            or len(turn.text) > 2 * MAX_ANSWER
            or _DOUBT.search(turn.text.lower())
        ):
            return None
        best = self._router.rank(turn.mentions.plain).best
        timed = {"day", "time", "store", "place"} & set(turn.mentions.slots) or _WHEN.search(turn.text)
        tells = best.intent in ("ticket_note", "ticket_file") and best.probability >= OWN_WISH
        if not timed and (not tells or turn.text.endswith("吧")):
            return None
        turn.did(pending.tool, "changed_before_yes")
        body = f"{pending.args.get('body', '')}；{turn.words}"
        return self._outcomes.run(turn, pending.tool, {**pending.args, **fill.args(pending.tool, turn), "body": body})

    def _is_an_answer(self, turn: Turn, tool: str, rules: list[str]) -> bool:
        """False where a message reads like a wish of its own."""
        if not set(rules) <= {tool, *_kin(tool)}:
            return False
        best = self._router.rank(turn.mentions.plain).best
        return best.intent in (tool, *_POLITE_INTENTS, *_CANCELS) or best.probability < OWN_WISH

    def _is_small_talk(self, turn: Turn) -> bool:
        return not turn.rules and self._router.rank(turn.mentions.plain).best.intent in _POLITE_INTENTS

    def _yes(self, turn: Turn, pending: Pending) -> Reply:
        parked = tuple(task for task in turn.state.parked if task.tool != pending.tool)  # it is done with
        asking = turn.state.asking if turn.state.asking and turn.state.asking.tool != pending.tool else None
        turn.state = replace(turn.state, pending=None, asking=asking, parked=parked)
        turn.did(pending.tool, "confirmed")
        if pending.expires_at < turn.now:
            return self._outcomes.say(turn, "expired")
        outcome = execute(turn.ctx, pending.tool, pending.args, pending.key, turn.trace.tools)
        return resume(turn, self._outcomes.state(turn, outcome))

    def _no(self, turn: Turn) -> Reply:
        turn.state = replace(turn.state, pending=None, asking=None)
        turn.did("deny", "control")
        return resume(turn, self._outcomes.say(turn, "cancelled"))

    def _changes(self, turn: Turn, pending: Pending, rules: list[str]) -> Reply | None:
        """A correction of what waits: "不是L 是XL", "改成四点", or another moment instead of a cancellation."""
        if dialogue.asks(turn.text) and len(dialogue.residue(turn.mentions)) > 4 and not _MOVES.search(turn.text):
            return None  # asks of another thing
        slots = TOOLS[pending.tool].slots
        moves = "time" in slots and bool({"time", "day"} & set(turn.mentions.slots) or turn.mentions.shift)
        if moves and pending.tool == "appointment_cancel":
            if not _MOVES.search(turn.text):
                return None
            turn.state = replace(turn.state, pending=None)
            turn.did("appointment_move", "changed_before_yes")
            return self._outcomes.run(turn, "appointment_move", fill.args("appointment_move", turn))
        changed = {k: v for k, v in turn.mentions.slots.items() if k in slots and pending.args.get(k) != v}
        if "product" in changed and turn.ctx.catalog.products.get(changed["product"]) is None:
            changed.pop("product")  # a name of several products, one of which is meant already
        if moves and (at := fill.moved(pending.args.get("time"), turn)):
            changed["time"] = at
        family = {pending.tool, "return_request", "return_check"}  # "不要白的 换黑的"
        family = family if pending.tool == "stock_reserve" else {pending.tool, *_kin(pending.tool)}
        if not changed or not set(rules) <= family:
            return None
        turn.did(pending.tool, "changed_before_yes")
        return self._outcomes.run(turn, pending.tool, dialogue.repaired(pending.args, changed))

    # -- an open question ------------------------------------------------------------------------------------------

    def _to_question(self, turn: Turn, task: Task) -> Reply | None:
        chosen = answers.choose(turn.text, task.offers)
        if chosen is None and self._gives_up(turn, task):
            return self._no(turn) if TOOLS[task.tool].access is Access.WRITE else self._stop(turn)
        rules = turn.rules
        elsewhere = [r for r in rules if r != task.tool and r not in ("greet", "thanks")]
        if chosen is None and not rules and self._is_about_something_else(turn, task):
            return None
        by_number = TOOLS[task.tool].in_own_words and any(c.isdigit() for c in turn.text)
        if chosen is None and elsewhere and not by_number and not set(elsewhere) <= _kin(task.tool):
            return None
        added = dialogue.answer_to(task, turn.text, turn.mentions)
        if added is None:
            return self._agreed_to_offers(turn, task)
        if set(turn.mentions.slots) & {"store", "place", "colour"} and task.tool == "size_advice":
            return None  # asks where there is one, as the size is known
        if task.slot == "time" and "time" in added and "day" not in added and task.args.get("day"):
            added["time"] = dialogue.moved(task.args["day"], turn.mentions) or added["time"]
        turn.state = replace(turn.state, asking=None)
        tool = self._nearer(turn, task, elsewhere)
        turn.did(tool, "slot")
        answered = task.slot in added  # narrows what was asked for; anything else that is named replaces it
        args = {**task.args, **added} if answered else dialogue.repaired(task.args, added)
        return resume(turn, self._outcomes.run(turn, tool, args))

    def _nearer(self, turn: Turn, task: Task, rules: list[str]) -> str:
        """The tool that an answer is for: another of the family where the answer asks for that ("德比鞋42有货吗")."""
        nearer = [rule for rule in rules if rule in fill.ORDER_TOOLS and rule in _kin(task.tool)]
        if len(nearer) == 1:
            return nearer[0]
        if task.slot == "product" and not task.args and dialogue.residue(turn.mentions):
            best = self._router.rank(turn.mentions.plain).best
            reads = best.intent in TOOLS and TOOLS[best.intent].access is Access.READ
            if reads and best.intent in _kin(task.tool) and best.probability >= OWN_WISH:
                return best.intent
        return task.tool

    def _agreed_to_offers(self, turn: Turn, task: Task) -> Reply | None:
        """A yes where one of several was to be picked: the only one, else the question once more."""
        if not task.offers or task.tries or turn.mentions.any_thing or not answers.is_yes(turn.text, task.tool):
            return None
        turn.did(task.tool, "slot")
        if len(task.offers) == 1:
            turn.state = replace(turn.state, asking=None)
            return resume(turn, self._outcomes.run(turn, task.tool, {**task.args, task.slot: task.offers[0].value}))
        turn.state = replace(turn.state, asking=replace(task, tries=task.tries + 1))
        return asked_again(task, turn.english)

    def _gives_up(self, turn: Turn, task: Task) -> bool:
        if answers.is_no(turn.text) or (answers.gives_up(turn.text) and not turn.mentions.any_thing):
            return True
        if turn.mentions.any_thing or len(turn.text) > MAX_ANSWER or turn.rules or dialogue.is_free_text(task):
            return False
        return self._is_an_answer(turn, task.tool, []) and self._stance(turn) == "no"

    def _is_about_something_else(self, turn: Turn, task: Task) -> bool:
        """A long message that names things is an answer only if it does not read like another wish."""
        beyond = len(dialogue.residue(turn.mentions))
        if beyond <= 1 or dialogue.is_free_text(task):
            return False
        best = self._router.rank(turn.mentions.plain).best
        if best.intent in _kin(task.tool):
            return False
        enough = turn.playbook.policy.router.floor if beyond > 4 else OWN_WISH
        return best.intent != task.tool and best.probability >= enough

    # -- nothing waits ---------------------------------------------------------------------------------------------

    def _is_bare_no(self, turn: Turn) -> bool:
        return (answers.is_no(turn.text) or answers.gives_up(turn.text)) and not turn.rules

    def _agreed(self, turn: Turn) -> Reply | None:
        """A yes to nothing in particular: they are content."""
        waits = turn.state.pending is not None or turn.state.asking is not None
        if waits or turn.mentions.any_thing or turn.rules:
            return None
        if not answers.is_yes(turn.text) and not answers.remarks(turn.text):
            return None
        turn.did("thanks", "control")
        return self._outcomes.act(turn, "thanks")

    def _follow_up(self, turn: Turn) -> Reply | None:
        state, tool, rules = turn.state, turn.state.last_tool, turn.rules
        if (moved := self._moves_appointment(turn)) is not None:
            return moved
        was_a_change = tool in TOOLS and TOOLS[tool].access is Access.WRITE
        if was_a_change and not rules and answers.wants_after_all(turn.text):
            turn.did(tool, "follow_up")
            return self._outcomes.run(turn, tool, state.last_args)
        if state.last_question:
            return self._same_question(turn)
        named = dialogue.follow_up(turn.text, turn.mentions, state)
        if named is None and not rules and dialogue.asks_the_same(turn.text):
            return self._once_more(turn)
        if named is None or len(rules) > 1 or not set(rules) <= {tool, *_kin(tool)}:
            return None
        tool = next(iter(rules), tool)
        if tool == "return_check" and answers.demands(turn.text):
            tool = "return_request"
        if not set(named) <= set(TOOLS[tool].slots):
            tool = "size_advice" if {"height", "weight"} & set(named) else "stock_check"
        if tool == "store_find" and named.get("store") in turn.ctx.catalog.stores:
            tool = "store_info"
        named |= {k: v for k, v in turn.mentions.slots.items() if k in ("about", "day") and k in TOOLS[tool].slots}
        args = dialogue.repaired(state.last_args, named) | self._same_size(turn, named)
        if "time" in TOOLS[tool].slots and (at := fill.moved(state.last_args.get("time"), turn)):
            args["time"] = at
        turn.did(tool, "follow_up")
        return self._outcomes.run(turn, tool, args)

    @staticmethod
    def _same_size(turn: Turn, named: dict[str, str]) -> dict[str, str]:
        """The size that was asked for, of another product of the same kind."""
        known, last = turn.ctx.catalog.products, turn.state.last_args
        new, old = known.get(named.get("product", "")), known.get(last.get("product", ""))
        size = last.get("size", "")
        keeps = new is not None and old is not None and new.category == old.category and size in new.sizes
        return {"size": size} if keeps and "size" not in named else {}

    def _once_more(self, turn: Turn) -> Reply | None:
        """The last question to a tool again, where a message asks for "that one too" and is nothing else."""
        tool = TOOLS.get(turn.state.last_tool)
        best = self._router.rank(turn.mentions.plain).best
        sure = best.probability >= turn.playbook.policy.router.serve and best.intent not in _POLITE_INTENTS
        if tool is None or tool.access is Access.WRITE or sure:
            return None
        turn.did(tool.name, "follow_up")
        return self._outcomes.run(turn, tool.name, turn.state.last_args)

    def _same_question(self, turn: Turn) -> Reply | None:
        """ "望京那边呢", "羊绒的呢": the question before, of another thing or place."""
        mine = "我" in turn.text and any(fill.owns(turn, product) for product in turn.mentions.products)
        m = turn.mentions
        names = m.products or m.stores or m.places or {"tier", "coupon", "item", "looked_for"} & set(m.slots)
        variant = {"colour", "size"} & set(m.slots)  # is asked of a product, and not of the documents
        if (
            turn.rules
            or mine
            or not names
            or variant
            or _WANTS.match(turn.text)
            or len(dialogue.residue(turn.mentions)) > 2
        ):
            return None
        args = fill.args("knowledge_search", turn)
        args["question"] = f"{turn.state.last_question} {turn.text}"
        turn.did("knowledge_search", "follow_up")
        return self._outcomes.run(turn, "knowledge_search", args)

    def _moves_appointment(self, turn: Turn) -> Reply | None:
        """ "改到后天" after an appointment was made, shown or nearly cancelled."""
        names_time = {"time", "day"} & set(turn.mentions.slots) or turn.mentions.shift
        if not turn.state.last_tool.startswith("appointment") or not names_time or not _MOVES.search(turn.text):
            return None
        if turn.state.pending is not None or turn.state.asking is not None:
            return None
        if set(turn.rules) - {"appointment_move", "appointment_book"} or turn.mentions.products:
            return None
        turn.did("appointment_move", "follow_up")
        return self._outcomes.run(turn, "appointment_move", fill.args("appointment_move", turn))

    def _stance(self, turn: Turn) -> str:
        stance, sure = self._router.stance(turn.mentions.plain)
        return stance if sure >= LIKELY else MORE

    def _stop(self, turn: Turn) -> Reply:
        turn.did("stop", "control")
        turn.state = replace(turn.state, asking=None, parked=())
        return self._outcomes.say(turn, "stop")


_FAMILIES = (
    {"return_check", "return_request"},
    {"stock_check", "stock_reserve", "product_find", "size_advice"},
    {"order_status", "order_logistics"},
    {"appointment_book", "appointment_move"},
    {"points_rewards", "points_redeem"},
    {"coupons_claim", "coupons_claimable"},
    {"store_find", "store_info"},
)


def _beyond(rules: list[str], tool: str) -> bool:
    """True where a pattern of another wish fits."""
    return not set(rules) <= {tool, *_kin(tool)}


def _kin(tool: str) -> set[str]:
    """Tools whose wishes are worded alike, so that a rule of one says little against the other."""
    return next((family for family in _FAMILIES if tool in family), {tool})
