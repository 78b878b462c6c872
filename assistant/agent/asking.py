"""An open question of ours: answered, given up, or passed over for something else.

Enters: a `Turn` and the task whose slot was asked for. Leaves: a `Reply`, or None where the message is no answer. Called by
`context`.
"""

import re
from dataclasses import replace

from assistant.agent import dialogue, fill, picks, refusals, wanting, yes_no
from assistant.agent.compose import asked_again
from assistant.agent.exchange import Turn
from assistant.agent.kin import kin
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import let_go, resume, stop
from assistant.agent.stance import MAX_ANSWER, OWN_WISH, Stance
from assistant.domain.conversation import Task
from assistant.domain.message import Reply
from tools.all import TOOLS
from tools.registry import Access

_ASKS_IF = re.compile("[^了吧]{2,}(?:不|没|伐|咩|吗|么)[?？]?$")  # "含酒精不" asks

_NONE_OF_THEM = re.compile(
    "(?:不[，, ]*)?(?:这[些几]个?|那[些几]个?|两个|上面)?(?:都|全|一个也|哪个都)(?:不(?:是|要|对|想要|行)|没有)(?:我(?:要|想)的)?[了啊呀的]*(?:$|[，,。.!！… ]+)"
)
_REFUSES = re.compile("我?(?:又|根本|也|都)?(?:没|不)(?:要|想|说|问|是)")


class Asking:
    """Reads answers to open questions. One instance serves all threads."""

    def __init__(self, outcomes: Outcomes, stance: Stance) -> None:
        self._outcomes = outcomes
        self._stance = stance

    def answered(self, turn: Turn, task: Task) -> Reply | None:
        chosen = picks.choose(turn.text, task.offers) if task.slot != "quantity" else None
        if chosen is None and self._gives_up(turn, task):
            return (let_go if TOOLS[task.tool].access is Access.WRITE else stop)(self._outcomes, turn)
        if chosen is None and task.offers and (none := _NONE_OF_THEM.match(turn.text)):
            return self._none_of_them(turn, turn.text[none.end() :])
        rules = turn.rules
        elsewhere = [r for r in rules if r != task.tool and r not in ("greet", "thanks")]
        if chosen is None and not rules and self._is_about_something_else(turn, task):
            return None
        by_number = TOOLS[task.tool].in_own_words and any(c.isdigit() for c in turn.text)
        if chosen is None and elsewhere and not by_number and not set(elsewhere) <= kin(task.tool):
            return None
        added = dialogue.answer_to(task, turn.text, turn.mentions)
        if added is None:
            return self._agreed_to_offers(turn, task)
        if set(turn.mentions.slots) & {"store", "place", "colour"} and task.tool == "size_advice":
            return None  # asks where there is one, as the size is known
        if task.slot == "time" and "time" in added and "day" not in added and task.args.get("day"):
            added["time"] = dialogue.moved(task.args["day"], turn.mentions) or added["time"]
        elif task.slot == "time" and (at := fill.on_offered_day(task.offers, turn.mentions)):
            added["time"] = at
        if added.get(task.slot) == turn.text:
            added[task.slot] = turn.words  # as it was written
        turn.state = replace(turn.state, asking=None)
        tool = self._nearer(turn, task, elsewhere)
        turn.did(tool, "slot")
        if tool != task.tool:
            added |= {k: v for k, v in turn.mentions.slots.items() if k in TOOLS[tool].slots}
        answered = task.slot in added  # narrows what was asked for; anything else that is named replaces it
        args = {**task.args, **added} if answered else dialogue.repaired(task.args, added)
        return resume(self._outcomes, turn, self._outcomes.run(turn, tool, args))

    def _none_of_them(self, turn: Turn, rest: str) -> Reply | None:
        """ "都不是。。我没要买羽绒服": the question is gone; None where something else is wished in the same message."""
        turn.state = replace(turn.state, asking=None)
        if turn.rules or (len(rest) > 2 and not _REFUSES.match(rest)):
            return None
        turn.did("deny", "control")
        return self._outcomes.say(turn, "none_of_these")

    def _nearer(self, turn: Turn, task: Task, rules: list[str]) -> str:
        """The tool that an answer is for: another of the family where the answer asks for that ("德比鞋42有货吗")."""
        nearer = [rule for rule in rules if rule in fill.ORDER_TOOLS and rule in kin(task.tool)]
        if len(nearer) == 1 and task.slot != "reason":  # a reason that is told as a story stays one
            return nearer[0]
        where = {"store", "place"} & set(turn.mentions.slots)
        if task.tool == "product_find" and task.slot == "product" and where and "product" in turn.mentions.slots:
            return "stock_check"
        if task.slot == "product" and not task.args and dialogue.residue(turn.mentions):
            best = self._stance.router.rank(turn.mentions.plain).best
            reads = best.intent in TOOLS and TOOLS[best.intent].access is Access.READ
            if reads and best.intent in kin(task.tool) and best.probability >= OWN_WISH:
                return best.intent
        return task.tool

    def _agreed_to_offers(self, turn: Turn, task: Task) -> Reply | None:
        """A yes where one of several was to be picked: the only one, else the question once more."""
        if not task.offers or task.tries or turn.mentions.any_thing or not yes_no.is_yes(turn.text, task.tool):
            return None
        turn.did(task.tool, "slot")
        if len(task.offers) == 1:
            turn.state = replace(turn.state, asking=None)
            return resume(
                self._outcomes,
                turn,
                self._outcomes.run(turn, task.tool, {**task.args, task.slot: task.offers[0].value}),
            )
        turn.state = replace(turn.state, asking=replace(task, tries=task.tries + 1))
        return asked_again(task, turn.english)

    def _gives_up(self, turn: Turn, task: Task) -> bool:
        if yes_no.is_no(turn.text) or refusals.refuses(turn.text, task.tool):
            return True
        if _ASKS_IF.search(turn.text):
            return False
        if refusals.gives_up(turn.text) and not set(turn.mentions.slots) - {"kind"}:
            return True
        if self._refuses_with_more(turn, task):
            return True
        if turn.mentions.any_thing or len(turn.text) > MAX_ANSWER or turn.rules or dialogue.is_free_text(task):
            return False
        return self._stance.is_an_answer(turn, task.tool, []) and self._stance.of(turn) == "no"

    @staticmethod
    def _refuses_with_more(turn: Turn, task: Task) -> bool:
        """ "28是日子！不留了不留了 气笑了": the change itself is refused, and nothing asked beside it."""
        if TOOLS[task.tool].access is not Access.WRITE or dialogue.is_free_text(task):
            return False
        rest = refusals.after_refusal(turn.text, task.tool)
        return rest is not None and not wanting.ACTS.search(rest)

    def _is_about_something_else(self, turn: Turn, task: Task) -> bool:
        """A long message that names things is an answer only if it does not read like another wish."""
        beyond = len(dialogue.residue(turn.mentions))
        if task.slot == "height" and dialogue.tells_height(turn.text):
            return False
        if beyond <= 1 or dialogue.is_free_text(task):
            return False
        best = self._stance.router.rank(turn.mentions.plain).best
        if best.intent in kin(task.tool):
            return False
        policy = turn.playbook.policy.router
        enough = policy.floor if beyond > 4 else OWN_WISH
        if task.slot in turn.mentions.slots and not dialogue.asks(turn.text):
            enough = policy.serve  # what was asked for is named, with a remark ("春熙路吧离我近")
        return best.intent != task.tool and best.probability >= enough
