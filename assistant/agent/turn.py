"""One turn of a shopper: message + state → reply + next state. The store is touched only through tools.

Order: unreadable → danger → control words → a change that waits for a yes → an open question → a follow-up → wishes,
each by the first tier where it is plain and by the model where it is not. Called by `journeys.shopper_message`.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.agent import correction, danger, dialogue, fill, mentions, refusals
from assistant.agent.compose import Composer, merge
from assistant.agent.context import Context
from assistant.agent.exchange import Answer, OnText, Turn, TurnTrace
from assistant.agent.outcomes import Outcomes
from assistant.agent.pinyin import Pinyin
from assistant.agent.playbook import Playbook
from assistant.agent.ranking import Ranker
from assistant.agent.render.words import choices
from assistant.agent.resume import resume
from assistant.agent.router import Router
from assistant.agent.second_look import SecondLook
from assistant.agent.toolbelt import Planned, call, execute
from assistant.agent.understand import Model, Understanding
from assistant.agent.wanting import ACTS
from assistant.agent.written import clean, has_words, is_english, simplified, tidy
from assistant.clock import Clock
from assistant.config import AgentSettings
from assistant.domain.conversation import Conversation
from assistant.domain.mashed import is_mashed
from assistant.domain.message import Inbound, Reply
from assistant.llm.client import Llm
from tools.all import TOOLS
from tools.catalog import Catalog, CatalogCache
from tools.ports import Ports
from tools.registry import ToolContext

__all__ = ["Agent", "Answer", "TurnTrace"]

_UNCLEAR = re.compile("清楚|明白|详细|具体|看不懂")


class Agent:
    """Answers shoppers. One instance serves all threads."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        ports: Ports,
        catalog: CatalogCache,
        playbook: Callable[[], Playbook],
        router: Router,
        second: SecondLook,
        llm: Llm,
        clock: Clock,
        brand: str,
        native_tools: bool = False,
    ) -> None:
        self._ports = ports
        self._catalog = catalog
        self._playbook = playbook
        self._clock = clock
        self._brand = brand
        self._composer = Composer(settings, llm, brand)
        self._model = Model(llm, brand, native_tools)
        self._outcomes = Outcomes(settings, self._composer, brand)
        self._context = Context(self._outcomes, router)
        self.ranker = Ranker(router, second)
        self._understanding = Understanding(settings, self.ranker, self._model, self._composer, self._outcomes)
        self._pinyin: tuple[str, Pinyin] = ("", Pinyin(()))

    def static_prompts(self) -> list[list[dict[str, str]]]:
        """The prompts whose prefix the embedded server should keep warm."""
        return [[{"role": "system", "content": self.system_prompt()}], self._composer.static_prompt()]

    def system_prompt(self) -> str:
        return self._model.prompt(self._playbook())

    def say(self, name: str) -> Reply:
        """A fixed reply of the playbook, in Chinese, for what happens outside a turn."""
        entry = self._playbook().replies[name]
        return Reply(entry.zh.replace("{brand}", self._brand), choices=choices(*entry.choices))

    def answer(
        self, conversation: Conversation, inbound: Inbound, key: str, on_text: OnText = lambda _: None
    ) -> Answer:
        """Serve one message. `key` is the base of the idempotency keys of this turn's effects."""
        turn = self._begin(conversation, inbound, key, on_text)
        if (cared_for := self._danger(turn)) is not None:
            reply = cared_for
        elif not has_words(turn.text) or is_mashed(turn.text):
            reply = self._outcomes.say(turn, "unreadable")
        else:
            context = self._context
            reply = context.controlled(turn) or context.answered(turn) or self._understanding.served(turn)
            reply = self._not_once_more(turn, reply)
        if turn.lead:
            reply = resume(self._outcomes, turn, merge([turn.lead, reply]))
        return turn.answered(self._with_care(turn, reply))

    def meanwhile(
        self, conversation: Conversation, inbound: Inbound, key: str, lead: str = "meanwhile"
    ) -> Answer | None:
        """A plain wish of somebody who waits for a person, served; None for all else, which is for that person. A change that
        we proposed meanwhile is made, or let go, on a plain yes or no. `lead`: the reply of the playbook to begin with."""
        turn = self._begin(conversation, inbound, key, lambda _: None)
        policy = turn.playbook.policy
        if danger.told(turn.text, policy.safety_words) or any(w in turn.text.lower() for w in policy.upset_words):
            return None
        if (settled := self._context.settled(turn)) is not None:
            return turn.answered(settled)
        reply = self._understanding.plain_answer(turn)
        if reply is None:
            return None
        reply = replace(reply, text=f"{self._outcomes.words(turn, lead)}{reply.text}")
        return turn.answered(reply)

    def _begin(self, conversation: Conversation, inbound: Inbound, key: str, on_text: OnText) -> Turn:
        now = self._clock.now()
        catalog, playbook = self._catalog.get(), self._playbook()
        written = simplified(clean(inbound.text)[:1000])
        text = self._read_pinyin(playbook, catalog, written)
        harm = danger.told(text, playbook.policy.safety_words)
        instead = correction.meant(text) if conversation.state.last_reply and not harm else ""
        text = instead or text
        shopper = conversation.shopper
        ctx = ToolContext(
            ports=self._ports, catalog=catalog, shopper=shopper.key, member_id=shopper.member_id,
            conversation_id=conversation.id, now=now, key=key, store_id=conversation.store_id,
            lat=inbound.lat, lng=inbound.lng, text=text, brand=self._brand,
        )  # fmt: skip
        found = mentions.find(text, catalog, now, conversation.state.focus.product_id, playbook.names)
        words = tidy(inbound.text)[:2000]
        before = conversation.state.last_reply
        in_chinese = len(text.split()) == 1 and bool(before) and not is_english(before)  # "ok" to words in Chinese
        english = is_english(text) and not is_mashed(text) and not in_chinese
        return Turn(
            ctx, conversation, playbook, text, words, found, english, key, now, on_text, state=conversation.state,
            corrects=bool(instead),
        )  # fmt: skip

    def _read_pinyin(self, playbook: Playbook, catalog: Catalog, text: str) -> str:
        if not is_english(text):
            return text
        version, reader = self._pinyin
        if version != playbook.version:
            names = [n for p in catalog.products.values() for n in (p.name, *p.aliases)]
            names += [n for s in catalog.stores.values() for n in (s.name, s.short, *s.aliases)]
            stances = [line for lines in playbook.stances.values() for line in lines]
            reader = Pinyin([*(example for example, _ in playbook.examples()), *names, *stances])
            self._pinyin = (playbook.version, reader)
        return reader.read(text)

    # -- before understanding ------------------------------------------------------------------------------------

    def _danger(self, turn: Turn) -> Reply | None:
        """Injury, poisoning, fire: care first, a ticket without asking back, a person at once."""
        words = danger.told(turn.text, turn.playbook.policy.safety_words)
        named = turn.mentions
        open_one = turn.state.pending if turn.state.pending and turn.state.pending.tool == "ticket_file" else None
        ours = danger.at_ours(
            turn.text,
            words,
            names_product=bool(named.products),
            names_store=bool(named.stores),
            complains=open_one is not None,
        )
        if not ours:
            return None
        args = {"body": turn.words, "category": "安全卫生", **fill.args("ticket_file", turn)}
        if open_one is not None and refusals.after_refusal(turn.text, "ticket_file") is None:
            args = {**fill.added(open_one, args, turn), "category": "安全卫生"}  # one complaint, with all that was told
        planned = call(turn.ctx, "ticket_file", args, turn.trace.tools)
        turn.trace.notes.append("danger")
        turn.did("ticket_file", "safety", words=words)
        if not isinstance(planned, Planned):
            return None
        done = execute(turn.ctx, "ticket_file", planned.plan.args, f"{turn.key}:ticket_file", turn.trace.tools)
        queued = call(turn.ctx, "handoff", {"reason": "安全事件"}, turn.trace.tools)
        parts = [Reply(self._outcomes.words(turn, "safety"))]
        parts += [self._outcomes.state(turn, outcome) for outcome in (done, queued)]
        turn.state = replace(turn.state, pending=None, asking=None, last_tool="ticket_file")
        return merge(parts)

    def _not_once_more(self, turn: Turn, reply: Reply) -> Reply:
        """What answers nothing that was asked is not said twice in the same words: a remark on a passage, a complaint about it.
        A question that is asked again gets its answer again."""
        before = turn.conversation.state
        same = bool(reply.text) and reply.text == before.last_reply and reply.confirm is None
        said = {entry["intent"] for entry in turn.trace.intents}
        from_documents = said == {"knowledge_search"}
        plain = {"rule", "control", "follow_up"} | (set() if from_documents else {"router"})
        plainly_asked = any(entry.get("by") in plain for entry in turn.trace.intents)
        if not same or plainly_asked or not said <= set(TOOLS) or turn.state.asking is not None:
            return reply
        once_more = from_documents and turn.text[:60] == before.last_question  # the very same message, sent again
        asks = dialogue.asks(turn.text)
        if once_more or (asks and not (from_documents or turn.corrects)):
            return reply
        if not (asks or ACTS.search(turn.text) or _wants_more(turn)):  # a remark on what was said
            turn.trace.intents.clear()
            turn.did("chitchat", "said_already")
            return self._outcomes.act(turn, "chitchat")
        return self._outcomes.say(turn, "said_already")

    def _with_care(self, turn: Turn, reply: Reply) -> Reply:
        """An angry shopper is met with care before anything else."""
        upset = any(w in turn.words.lower() for w in turn.playbook.policy.upset_words)
        agreed = any(entry.get("by") == "confirmed" for entry in turn.trace.intents)
        lets_go = (turn.lead and not agreed) or any(entry["intent"] == "deny" for entry in turn.trace.intents)
        if not upset or lets_go or "danger" in turn.trace.notes or reply.text.startswith(("抱歉", "非常抱歉")):
            return reply
        turn.state = replace(turn.state, upset=turn.state.upset + 1)
        return replace(reply, text=f"{self._outcomes.words(turn, 'upset')}{reply.text}")


def _wants_more(turn: Turn) -> bool:
    """Speaks of what was asked, or is cross about it ("电动车停车收费", "说清楚点"): the same words again are no answer."""
    text, before = turn.text, turn.conversation.state.last_question
    cross = any(w in turn.words.lower() for w in turn.playbook.policy.upset_words)
    of_it = any(text[n : n + 2] in before for n in range(len(text) - 1))
    return cross or of_it or bool(_UNCLEAR.search(text))
