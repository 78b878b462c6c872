"""A message in the light of what was said before: steering words, an answer, a follow-up.

Enters: a `Turn` whose state is the conversation's. Leaves: a `Reply`, or None where the message stands alone. Called by
`turn` before `understand`; also brings an open question back after a digression.
"""

import re
from dataclasses import replace

from assistant.agent import amounts, dialogue, fill, purchases, refusals, remarks, wanting, yes_no
from assistant.agent.amending import MOVES
from assistant.agent.asking import Asking
from assistant.agent.confirming import Confirming
from assistant.agent.exchange import Turn
from assistant.agent.kin import kin
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import stop
from assistant.agent.router import Router
from assistant.agent.stance import POLITE_INTENTS, Stance
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.registry import Access

_LOOKED_AT = ("stock_check", "product", "size")  # tools after which "不要了" is of a ware and not of an order
_FILES = re.compile("(?:那|就|给我|帮我|行|好|我要|，|,| )*办(?:理)?(?:个|一下)?(?:退|换)货?(?:吧|了|呗)?")
_OF_COUPON = re.compile("满多少|要满|门槛|到期|过期|怎么用|什么时候|啥时候|能用|适用|范围")
_HAVE = re.compile("(?:有没有|有木有|有冇|有卖|卖不卖|有得卖)|有.{1,8}(?:卖吗|卖不|卖没)")
_RESIGNED = re.compile("(?:[嗯哦噢]+|[好行]吧)[，,。.!！~ 了]*")  # takes note of an offer, and takes it up not
_DO_IT = re.compile("弄|办|搞|换|要|改成")
_NOT = re.compile("不|别|算了")
_IF_YOU_MAY = re.compile(
    "^[诶哎啊唉哦]*(?:等下|等一下|等等|等会儿?)[，, ]*|(?:行不行|好不好|可不可以|能不能|[行好可成中]以?(?:不|吗|么|嘛|伐))[?？呀啊]*$"
)
_TAKES_DOWN = re.compile(  # what we offer beside a person where we know no answer
    "(?:那|就|行|好|嗯|可以|请|麻烦|你|给我|帮我|[，,。 ])*(?:登记|记)(?:一?下来?|上|着)?(?:吧|呗|了|好了|[。!！~ ])*(?:谢谢|麻烦了)?"
)
_CHANGES = re.compile("换|改|还是要|要的是")
_WANTS = re.compile("(?:那|就|行|好|，|,| )*(?:我要|给我|帮我|我想|来|换|领|兑|留)")


class Context:
    """Reads messages in context. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, router: Router) -> None:
        self._outcomes = outcomes
        self._stance = Stance(router)
        self._confirming = Confirming(outcomes, self._stance)
        self._asking = Asking(outcomes, self._stance)

    def controlled(self, turn: Turn) -> Reply | None:
        """Words that steer the conversation: repeat, wait, stop, back to the assistant."""
        name = dialogue.control(turn.text)
        if name == "repeat":
            turn.did("repeat", "control")
            if not turn.state.last_reply:
                return self._outcomes.say(turn, "nothing_to_repeat")
            return replace(self._outcomes.pending_again(turn) or Reply(""), text=turn.state.last_reply)
        if name == "back":
            turn.did("back", "control")
            return self._outcomes.say(turn, "back_from_queue")
        if name == "wait":
            turn.did("wait", "control")
            return self._outcomes.say(turn, "wait")
        if name == "stop" and turn.state.pending is None and turn.state.asking is None:
            return stop(self._outcomes, turn)
        return None

    def answered(self, turn: Turn) -> Reply | None:
        """What was waited for, or a follow-up; None where the message stands alone."""
        state = turn.state
        if state.pending is not None and (reply := self._confirming.answered(turn, state.pending)) is not None:
            return reply
        if turn.state.asking is not None and (reply := self._asking.answered(turn, turn.state.asking)) is not None:
            return reply
        if turn.corrects:  # what was asked rested on the misunderstanding
            turn.state = replace(turn.state, asking=None)
        if turn.state.pending is None and turn.state.asking is None and self._is_bare_no(turn):
            return stop(self._outcomes, turn)
        return self._follow_up(turn) or self._agreed(turn)

    def settled(self, turn: Turn) -> Reply | None:
        """A change that was proposed in the reply before, made on a yes and let go on a no; None for anything else."""
        pending = turn.state.pending
        proposed = (
            pending is not None and turn.state.last_tool == pending.tool and pending.title in turn.state.last_reply
        )
        return self._confirming.settled(turn, pending) if pending is not None and proposed else None

    def _is_bare_no(self, turn: Turn) -> bool:
        if turn.state.last_tool.startswith(("order", "appointment")) and refusals.undoes(turn.text):
            return False
        looked = turn.state.last_tool.startswith(_LOOKED_AT) and refusals.lets_go(turn.text)
        return (looked or yes_no.is_no(turn.text) or refusals.gives_up(turn.text)) and not turn.rules

    def _agreed(self, turn: Turn) -> Reply | None:
        """A yes to nothing in particular: they are content."""
        waits = turn.state.pending is not None or turn.state.asking is not None
        if waits or turn.rules or set(turn.mentions.slots) - {"day", "time"}:
            return None
        takes_up = bool(turn.state.proposed) and yes_no.is_yes(turn.text, turn.state.proposed)
        hopes = turn.state.last_tool.startswith("ticket") and remarks.hopes(turn.text)
        content = any(fits(turn.text) for fits in (yes_no.is_yes, remarks.remarks, remarks.will_come))
        if not (takes_up or hopes or content):
            return None
        if takes_up and not _RESIGNED.fullmatch(turn.text):
            turn.did(turn.state.proposed, "follow_up")
            return self._outcomes.run(turn, turn.state.proposed, {})
        turn.did("thanks", "control")
        return self._outcomes.act(turn, "thanks")

    def _follow_up(self, turn: Turn) -> Reply | None:
        state, tool, rules = turn.state, turn.state.last_tool, turn.rules
        if (moved := self._moves_appointment(turn)) is not None:
            return moved
        if tool in ("privacy_delete", "privacy_keep") and "privacy_keep" in rules:  # "哎算了别删了": and not once more
            turn.did("privacy_keep", "follow_up")
            return self._outcomes.run(turn, "privacy_keep", {})
        was_a_change = tool in TOOLS and TOOLS[tool].access is Access.WRITE
        if was_a_change and not rules and yes_no.wants_after_all(turn.text):
            turn.did(tool, "follow_up")
            return self._outcomes.run(turn, tool, state.last_args)
        if (other := self._other_variant(turn)) is not None:
            return other
        if state.last_question and state.proposed == "handoff" and _TAKES_DOWN.fullmatch(turn.text):
            turn.did("ticket_file", "follow_up")
            return self._outcomes.run(turn, "ticket_file", {"body": state.last_question})
        if state.last_question:
            return self._same_question(turn)
        if (of_list := self._of_coupons(turn)) is not None:
            return of_list
        if tool == "return_check" and (yes_no.goes_ahead(turn.text) or _FILES.fullmatch(turn.text)):
            turn.did("return_request", "follow_up")
            return self._outcomes.run(turn, "return_request", state.last_args)
        named = dialogue.follow_up(turn.text, turn.mentions, state)
        if named is None and not rules and dialogue.asks_the_same(turn.text):
            return self._once_more(turn)
        if tool == "stock_check" and not dialogue.residue(turn.mentions):
            rules = [rule for rule in rules if rule != "store_find"]  # a place alone tells where it is looked for
        if named is None or len(rules) > 1 or not set(rules) <= {tool, *kin(tool)}:
            return None
        tool = next(iter(rules), tool)
        if tool == "return_check" and wanting.demands(turn.text):
            tool = "return_request"
        if not set(named) <= set(TOOLS[tool].slots):
            tool = "size_advice" if {"height", "weight"} & set(named) else "stock_check"
        if tool == "store_find" and named.get("store") in turn.ctx.catalog.stores:
            tool = "store_info"
        named |= {k: v for k, v in turn.mentions.slots.items() if k in ("about", "day") and k in TOOLS[tool].slots}
        args = dialogue.repaired(state.last_args, named) | self._same_size(turn, named)
        if "looked_for" in named and "about" not in named:
            args.pop("about", None)
        if "time" in TOOLS[tool].slots and (at := fill.moved(state.last_args.get("time"), turn)):
            args["time"] = at
        turn.did(tool, "follow_up")
        return self._outcomes.run(turn, tool, args)

    def _other_variant(self, turn: Turn) -> Reply | None:
        """Another size or colour of what was just put aside, or of what may be exchanged ("那帮我弄一下 要S的 深蓝")."""
        tool, wanted = turn.state.last_tool, {"size", "colour"} & set(turn.mentions.slots)
        waits = turn.state.pending is not None or turn.state.asking is not None
        text = _IF_YOU_MAY.sub("", turn.text)
        if waits or not wanted or turn.mentions.products or dialogue.asks(text) or _NOT.search(text):
            return None
        if not set(turn.rules) <= {tool, *kin(tool), "return_request", "return_check"}:
            return None
        if tool == "return_check" and _DO_IT.search(turn.text):
            tool = "return_request"
        elif tool != "stock_reserve" or not _CHANGES.search(turn.text):
            return None
        turn.did(tool, "follow_up")
        named = {k: v for k, v in turn.mentions.slots.items() if k in TOOLS[tool].slots}
        return self._outcomes.run(turn, tool, dialogue.repaired(turn.state.last_args, named))

    def _of_coupons(self, turn: Turn) -> Reply | None:
        """One of the coupons just listed, by its amount: "500那个要满多少" asks for it, "500那个" claims it."""
        state, tool = turn.state, turn.state.last_tool
        if state.pending is not None or tool not in ("coupons_claimable", "coupons_mine"):
            return None
        if amounts.named(turn.text, state.shown) is not None and _OF_COUPON.search(turn.text):
            turn.did(tool, "follow_up")
            return self._outcomes.run(turn, tool, state.last_args)
        if not amounts.only_names(turn.text):
            return None
        if tool == "coupons_claimable":
            tool = "coupons_claim"
        turn.did(tool, "follow_up")
        coupon = amounts.named(turn.text, state.shown) or turn.text
        return self._outcomes.run(turn, tool, {"coupon": coupon} if tool == "coupons_claim" else {})

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
        best = self._stance.router.rank(turn.mentions.plain).best
        sure = best.probability >= turn.playbook.policy.router.serve and best.intent not in POLITE_INTENTS
        if tool is None or tool.access is Access.WRITE or sure:
            return None
        turn.did(tool.name, "follow_up")
        return self._outcomes.run(turn, tool.name, turn.state.last_args)

    def _same_question(self, turn: Turn) -> Reply | None:
        """ "望京那边呢", "羊绒的呢": the question before, of another thing or place."""
        mine = "我" in turn.text and any(purchases.owns(turn, product) for product in turn.mentions.products)
        m = turn.mentions
        names = m.products or m.stores or m.places or {"tier", "coupon", "item", "looked_for"} & set(m.slots)
        if m.products and _HAVE.search(turn.state.last_question):  # "奶粉有没有", "猫粮呢": of wares
            return None
        variant = {"colour", "size"} & set(m.slots)  # is asked of a product, and not of the documents
        where = m.stores or m.places or "looked_for" in m.slots
        told = turn.corrects and where and not dialogue.asks(turn.text)  # "我问的是负一楼那个超市啊": asks nothing new
        beyond = [
            r for r in turn.rules if not told or r not in TOOLS or TOOLS[r].access is Access.WRITE or r == "handoff"
        ]
        left = len(dialogue.residue(turn.mentions)) - (4 if told else 0)
        if beyond or mine or not names or variant or _WANTS.match(turn.text) or left > 2:
            return None
        args = fill.args("knowledge_search", turn)
        args["question"] = f"{turn.state.last_question} {turn.text}"
        turn.did("knowledge_search", "follow_up")
        return self._outcomes.run(turn, "knowledge_search", args)

    def _moves_appointment(self, turn: Turn) -> Reply | None:
        """ "改到后天" after an appointment was made, shown or nearly cancelled."""
        names_time = {"time", "day"} & set(turn.mentions.slots) or turn.mentions.shift
        if not turn.state.last_tool.startswith("appointment") or not names_time or not MOVES.search(turn.text):
            return None
        if turn.state.pending is not None or turn.state.asking is not None:
            return None
        if set(turn.rules) - {"appointment_move", "appointment_book"} or turn.mentions.products:
            return None
        turn.did("appointment_move", "follow_up")
        return self._outcomes.run(turn, "appointment_move", fill.args("appointment_move", turn))
