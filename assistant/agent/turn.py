"""One turn of a shopper: message + state → reply + next state. The store is touched only through tools.

Order: unreadable → danger → control words → a change that waits for a yes → an open question → a follow-up → wishes,
each by the first tier where it is plain and by the model where it is not. Called by `journeys.shopper_message`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from assistant import logs
from assistant.agent import dialogue, mentions
from assistant.agent.compose import Composer, asked_again, confirm_reply, merge
from assistant.agent.decide import Decision, Question, decide
from assistant.agent.guard import clean, has_words, is_english, tidy
from assistant.agent.mentions import Mentions
from assistant.agent.playbook import Playbook
from assistant.agent.render.words import choices
from assistant.agent.router import Ranking, Router
from assistant.agent.toolbelt import Asked, Down, NotBound, Outcome, Planned, Refused, Served, ToolLog, call, execute
from assistant.clock import Clock
from assistant.config import AgentSettings
from assistant.domain.conversation import Conversation, Offer, Pending, State, Task
from assistant.domain.message import Inbound, Reply
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load
from tools.all import TOOLS
from tools.catalog import CatalogCache
from tools.ports import Ports
from tools.registry import Access, ToolContext
from tools.types import (
    Appointment,
    Eligibility,
    KnowledgeAnswer,
    Logistics,
    Order,
    ProductList,
    ReturnRequest,
    UsualList,
)

log = logs.get("agent")
MAX_PARKED = 3
MAX_WISHES = 3
OnText = Callable[[str], None]


@dataclass
class TurnTrace:
    """How a reply came to be."""

    tier: str = "router"
    intents: list[dict[str, Any]] = field(default_factory=list)
    tools: ToolLog = field(default_factory=ToolLog)
    passages: list[dict[str, Any]] = field(default_factory=list)
    prompt_sha: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What a turn leaves. `state` replaces the conversation's; `trace` is kept."""

    reply: Reply
    state: State
    trace: TurnTrace
    served: tuple[Served, ...]


@dataclass
class _Turn:
    """A turn in the making."""

    ctx: ToolContext
    conversation: Conversation
    playbook: Playbook
    text: str
    words: str
    mentions: Mentions
    english: bool
    key: str
    now: datetime
    on_text: OnText
    trace: TurnTrace = field(default_factory=TurnTrace)
    served: list[Served] = field(default_factory=list)
    state: State = field(default_factory=State)


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
        llm: Llm,
        clock: Clock,
        brand: str,
        native_tools: bool = False,
    ) -> None:
        self._settings = settings
        self._ports = ports
        self._catalog = catalog
        self._playbook = playbook
        self._router = router
        self._llm = llm
        self._clock = clock
        self._brand = brand
        self._native = native_tools
        self._composer = Composer(settings, llm, brand)

    def static_prompts(self) -> list[list[dict[str, str]]]:
        """The prompts whose prefix the embedded server should keep warm."""
        return [[{"role": "system", "content": self.system_prompt()}], self._composer.static_prompt()]

    def system_prompt(self) -> str:
        actions = "\n".join(f"- {i.intent}：{i.hint}" for i in self._playbook().intents.values())
        return load("agent/decide").render(brand=self._brand, actions=actions)

    def say(self, name: str) -> Reply:
        """A fixed reply of the playbook, in Chinese, for what happens outside a turn."""
        entry = self._playbook().replies[name]
        return Reply(entry.zh.replace("{brand}", self._brand), choices=choices(*entry.choices))

    def answer(
        self, conversation: Conversation, inbound: Inbound, key: str, on_text: OnText = lambda _: None
    ) -> Answer:
        """Serve one message. `key` is the base of the idempotency keys of this turn's effects."""
        turn = self._begin(conversation, inbound, key, on_text)
        if not has_words(turn.text):
            reply = self._say(turn, "unreadable")
        elif (danger := self._danger(turn)) is not None:
            reply = danger
        else:
            reply = self._controlled(turn) or self._in_context(turn) or self._served(turn)
        reply = self._with_care(turn, reply)
        state = replace(turn.state, last_reply=reply.text)
        return Answer(reply, state, turn.trace, tuple(turn.served))

    def _begin(self, conversation: Conversation, inbound: Inbound, key: str, on_text: OnText) -> _Turn:
        now = self._clock.now()
        catalog = self._catalog.get()
        text = clean(inbound.text)[:1000]
        shopper = conversation.shopper
        ctx = ToolContext(
            ports=self._ports, catalog=catalog, shopper=shopper.key, member_id=shopper.member_id,
            conversation_id=conversation.id, now=now, key=key, store_id=conversation.store_id,
            lat=inbound.lat, lng=inbound.lng, text=text,
        )  # fmt: skip
        found = mentions.find(text, catalog, now)
        return _Turn(
            ctx,
            conversation,
            self._playbook(),
            text,
            tidy(inbound.text)[:2000],
            found,
            is_english(text),
            key,
            now,
            on_text,
            state=conversation.state,
        )

    # -- before understanding ------------------------------------------------------------------------------------

    def _danger(self, turn: _Turn) -> Reply | None:
        """Injury, poisoning, fire: care first, a ticket without asking back, a person at once."""
        words = [w for w in turn.playbook.policy.safety_words if w in turn.text]
        asks = any(w in turn.text for w in ("吗", "怎么办", "会不会", "?", "？", "么"))
        ours = (
            any(w in turn.text for w in ("你们", "店", "买", "吃了", "用了", "商场", "商品")) or turn.mentions.products
        )
        if not words or not ours or (asks and not turn.mentions.stores and "了" not in turn.text):
            return None
        args = {"body": turn.words, "category": "安全卫生", **self._args("ticket_file", turn)}
        planned = call(turn.ctx, "ticket_file", args, turn.trace.tools)
        turn.trace.notes.append("danger")
        turn.trace.intents.append({"intent": "ticket_file", "by": "safety", "words": words})
        if not isinstance(planned, Planned):
            return None
        done = execute(turn.ctx, "ticket_file", planned.plan.args, f"{turn.key}:ticket_file", turn.trace.tools)
        queued = call(turn.ctx, "handoff", {"reason": "安全事件"}, turn.trace.tools)
        parts = [Reply(self._words(turn, "safety"))]
        parts += [self._state_outcome(turn, outcome) for outcome in (done, queued)]
        turn.state = replace(turn.state, pending=None, asking=None, last_tool="ticket_file")
        return merge(parts)

    def _controlled(self, turn: _Turn) -> Reply | None:
        name = dialogue.control(turn.text)
        if name == "repeat":
            turn.trace.intents.append({"intent": "repeat", "by": "control"})
            if not turn.state.last_reply:
                return self._say(turn, "nothing_to_repeat")
            return replace(self._pending_again(turn) or Reply(""), text=turn.state.last_reply)
        if name == "wait":
            turn.trace.intents.append({"intent": "wait", "by": "control"})
            return self._say(turn, "wait")
        if name == "stop" and turn.state.pending is None and turn.state.asking is None:
            turn.trace.intents.append({"intent": "stop", "by": "control"})
            turn.state = replace(turn.state, asking=None, parked=())
            return self._say(turn, "stop")
        return None

    def _pending_again(self, turn: _Turn) -> Reply | None:
        pending = turn.state.pending
        if pending is None:
            return None
        planned = call(turn.ctx, pending.tool, pending.args, turn.trace.tools)
        return confirm_reply(planned.plan, turn.english) if isinstance(planned, Planned) else None

    # -- in the light of what was said ---------------------------------------------------------------------------

    def _in_context(self, turn: _Turn) -> Reply | None:
        if turn.state.pending is not None:
            reply = self._answer_to_confirm(turn, turn.state.pending)
            if reply is not None:
                return reply
        if turn.state.asking is not None:
            reply = self._answer_to_question(turn, turn.state.asking)
            if reply is not None:
                return reply
        if turn.state.pending is None and turn.state.asking is None and dialogue.is_no(turn.text):
            turn.trace.intents.append({"intent": "stop", "by": "control"})
            return self._say(turn, "stop")
        named = dialogue.follow_up(turn.text, turn.mentions, turn.state)
        if named is not None and not turn.playbook.plain_intents(turn.mentions.plain.lower()):
            args = {**turn.state.last_args, **named}
            if "time" in named and (at := dialogue.moved(turn.state.last_args.get("time"), turn.mentions)):
                args["time"] = at
            if "place" in named:
                args.pop("store", None)
            turn.trace.intents.append({"intent": turn.state.last_tool, "by": "follow_up"})
            return self._run(turn, turn.state.last_tool, args)
        return None

    def _answer_to_confirm(self, turn: _Turn, pending: Pending) -> Reply | None:
        late = pending.expires_at < turn.now
        if dialogue.is_yes(turn.text, pending.tool):
            turn.state = replace(turn.state, pending=None)
            turn.trace.intents.append({"intent": pending.tool, "by": "confirmed"})
            if late:
                return self._say(turn, "expired")
            outcome = execute(turn.ctx, pending.tool, pending.args, pending.key, turn.trace.tools)
            return self._resume(turn, self._state_outcome(turn, outcome))
        if dialogue.is_no(turn.text, pending.tool) or dialogue.control(turn.text) == "stop":
            turn.state = replace(turn.state, pending=None)
            turn.trace.intents.append({"intent": "deny", "by": "control"})
            return self._resume(turn, self._say(turn, "cancelled"))
        slots = TOOLS[pending.tool].slots
        changed = {k: v for k, v in turn.mentions.slots.items() if k in slots and pending.args.get(k) != v}
        if "time" in slots and (at := dialogue.moved(pending.args.get("time"), turn.mentions)):
            changed["time"] = at
        rules = turn.playbook.plain_intents(turn.mentions.plain.lower())
        if changed and (not rules or rules == [pending.tool]):
            turn.trace.intents.append({"intent": pending.tool, "by": "changed_before_yes"})
            return self._run(turn, pending.tool, {**pending.args, **changed})
        if not rules and dialogue.leans_to_yes(turn.text) and not turn.mentions.any_thing and not late:
            turn.trace.intents.append({"intent": pending.tool, "by": "asked_to_confirm"})
            return self._pending_again(turn)
        if late:
            turn.state = replace(turn.state, pending=None)
        return None

    def _answer_to_question(self, turn: _Turn, task: Task) -> Reply | None:
        if dialogue.is_no(turn.text) and dialogue.choose(turn.text, task.offers) is None:
            turn.state = replace(turn.state, asking=None)
            turn.trace.intents.append({"intent": "stop", "by": "control"})
            return self._say(turn, "stop")
        rules = turn.playbook.plain_intents(turn.mentions.plain.lower())
        chosen = dialogue.choose(turn.text, task.offers)
        elsewhere = [r for r in rules if r != task.tool and r not in ("greet", "thanks")]
        if chosen is None and not rules and self._is_about_something_else(turn, task):
            return None
        if chosen is None and elsewhere and not (task.tool == "return_request" and "return_check" in elsewhere):
            return None
        added = dialogue.answer_to(task, turn.text, turn.mentions)
        if added is None:
            return None
        turn.state = replace(turn.state, asking=None)
        turn.trace.intents.append({"intent": task.tool, "by": "slot"})
        return self._resume(turn, self._run(turn, task.tool, {**task.args, **added}))

    def _is_about_something_else(self, turn: _Turn, task: Task) -> bool:
        """A long message that names things is an answer only if it does not read like another wish."""
        if len(dialogue.residue(turn.text, turn.mentions)) <= 4 or task.slot in dialogue.FREE_TEXT:
            return False
        best = self._router.rank(turn.mentions.plain).best
        return best.intent != task.tool and best.probability >= turn.playbook.policy.router.floor

    def _resume(self, turn: _Turn, reply: Reply) -> Reply:
        """After a task is through, come back to one that was left open."""
        state = turn.state
        if state.asking is not None or state.pending is not None or not state.parked:
            return reply
        *rest, task = state.parked
        turn.state = replace(state, asking=task, parked=tuple(rest))
        return merge([reply, asked_again(task, turn.english)])

    # -- understanding ---------------------------------------------------------------------------------------------

    def _served(self, turn: _Turn) -> Reply:
        parts = dialogue.wishes(turn.text)[:6]
        plain: list[tuple[str, str]] = []
        if len(parts) > 1:
            for part in parts:
                found = mentions.plain(part, turn.ctx.catalog).lower()
                rules = turn.playbook.plain_intents(found)
                if len(rules) == 1 and (not plain or plain[-1][1] != rules[0]):
                    plain.append((part, rules[0]))
        distinct = [p for p in plain if not turn.playbook.intents[p[1]].reply][:MAX_WISHES]
        if len({intent for _, intent in distinct}) >= 2 and not self._one_complaint(distinct):
            return self._several(turn, distinct)
        return self._one(turn)

    @staticmethod
    def _one_complaint(found: list[tuple[str, str]]) -> bool:
        """A story that is told with a complaint is one wish: the complaint."""
        return any(intent == "ticket_file" for _, intent in found) and not any(
            intent in ("handoff", "ticket_status", "points_balance", "coupons_mine") for _, intent in found
        )

    def _several(self, turn: _Turn, found: list[tuple[str, str]]) -> Reply:
        """Serve each wish; one that asks back or waits for a yes comes last, further such ones are parked."""
        replies: list[Reply] = []
        for part, intent in found:
            whole = turn.mentions
            turn.mentions = mentions.find(part, turn.ctx.catalog, turn.now)
            turn.trace.intents.append({"intent": intent, "by": "rule", "part": len(replies)})
            before = (turn.state.asking, turn.state.pending)
            reply = self._run(turn, intent, self._args(intent, turn, part), text=part)
            if before != (None, None) and (turn.state.asking, turn.state.pending) != before:
                turn.state = self._parked(replace(turn.state, asking=None), before[0])
            replies.append(reply)
            turn.mentions = whole
        return merge(replies)

    def _one(self, turn: _Turn) -> Reply:
        plain = turn.mentions.plain.lower()
        rules = turn.playbook.plain_intents(plain)
        ranking = self._router.rank(turn.mentions.plain)
        intent = self._bare_thing(turn, rules) or self._plain_intent(turn, rules, ranking)
        digressed = turn.state.asking or None
        if intent is not None:
            turn.trace.intents.append(
                {
                    "intent": intent,
                    "by": "rule" if intent in rules else "router",
                    "p": round(ranking.best.probability, 3),
                }
            )
            reply = self._act(turn, intent)
        else:
            reply = self._by_knowledge(turn, ranking, rules) or self._by_model(turn, ranking, rules)
        return self._after_digression(turn, reply, digressed)

    @staticmethod
    def _bare_thing(turn: _Turn, rules: list[str]) -> str | None:
        """A message that only names a product ("小白鞋 38") asks for it."""
        m = turn.mentions
        if rules or not m.products or dialogue.residue(turn.text, m):
            return None
        return "stock_check" if {"size", "colour", "store", "place"} & set(m.slots) else "product_find"

    def _plain_intent(self, turn: _Turn, rules: list[str], ranking: Ranking) -> str | None:
        """The intent where rules and router leave no doubt."""
        policy = turn.playbook.policy.router
        probability = {g.intent: g.probability for g in ranking.guesses}
        best = ranking.best
        if len(rules) == 1:
            rival = best.intent != rules[0] and best.probability >= policy.serve
            return None if rival else rules[0]
        if len(rules) > 1:
            ranked = sorted(rules, key=lambda r: -probability.get(r, 0.0))
            lead = probability.get(ranked[0], 0.0) - probability.get(ranked[1], 0.0)
            return ranked[0] if lead >= policy.margin and best.intent == ranked[0] else None
        if best.probability >= policy.serve and ranking.margin >= policy.margin and best.intent != "knowledge_search":
            return best.intent
        return None

    def _by_knowledge(self, turn: _Turn, ranking: Ranking, rules: list[str]) -> Reply | None:
        """A question that our documents answer, where no tool is the likelier reading."""
        if rules:
            return None
        best = ranking.best
        top = [g.intent for g in ranking.guesses[:2]]
        if "knowledge_search" not in top and best.probability >= 0.35:
            return None
        of_mine = turn.mentions.products and best.intent.startswith(("order", "return", "stock", "product", "size"))
        if of_mine and best.probability >= 0.25:
            return None
        outcome = call(turn.ctx, "knowledge_search", self._args("knowledge_search", turn), turn.trace.tools)
        if not isinstance(outcome, Served) or not isinstance(outcome.result, KnowledgeAnswer):
            return None
        answer = outcome.result
        if not answer.passages:
            return None
        turn.trace.intents.append({"intent": "knowledge_search", "by": "retrieval"})
        return self._state_outcome(turn, outcome)

    def _by_model(self, turn: _Turn, ranking: Ranking, rules: list[str]) -> Reply:
        candidates = self._candidates(turn, ranking, rules)
        examples = self._examples(ranking, candidates)
        question = Question(self.system_prompt(), turn.text[:300], turn.state.last_reply[:40], candidates, examples)
        turn.trace.tier = "model"
        turn.trace.prompt_sha = load("agent/decide").sha

        def run(name: str, args: dict[str, str]) -> Outcome:
            filled = dialogue.with_focus(
                name, {**args, **self._args(name, turn)}, turn.state.focus, turn.text, turn.state.last_tool
            )
            return call(turn.ctx, name, filled, turn.trace.tools)

        try:
            decision = decide(
                self._llm, question, turn.playbook.intents, run, native=self._native,
                max_steps=self._settings.max_steps, budget_s=self._settings.model_budget_s,
            )  # fmt: skip
        except (ModelDown, ModelOffSchema) as error:
            log.warning("model_tier_failed", cause=type(error).__name__, detail=str(error)[:200])
            return self._without_model(turn, ranking)
        if decision.reply:
            turn.trace.intents.append({"intent": decision.reply, "by": "model"})
            return self._act(turn, decision.reply)
        if self._nothing_known(decision):
            turn.trace.intents.append({"intent": "knowledge_search", "by": "model"})
            return self._nothing_found(turn, ranking)
        turn.trace.intents += [{"intent": outcome.tool, "by": "model"} for outcome in decision.outcomes]
        parts = [self._state_outcome(turn, outcome) for outcome in decision.outcomes]
        if decision.words and (not parts or self._native):
            spoken = self._composer.checked(decision.words, parts)
            if spoken is not None:
                return merge([Reply(spoken), *[replace(p, text="") for p in parts]])
        return merge(parts) if parts else self._say(turn, "unknown")

    @staticmethod
    def _nothing_known(decision: Decision) -> bool:
        """True where the model sent a question to the documents and they hold nothing on it."""
        results = [o.result for o in decision.outcomes if isinstance(o, Served)]
        return bool(results) and all(isinstance(r, KnowledgeAnswer) and not r.passages for r in results)

    def _nothing_found(self, turn: _Turn, ranking: Ranking) -> Reply:
        """The documents hold nothing: the likeliest other reading where there is one, else an honest no."""
        other = next((g for g in ranking.guesses if g.intent != "knowledge_search"), None)
        if other is not None and other.probability >= 0.3:
            turn.trace.intents[-1] = {"intent": other.intent, "by": "second_guess"}
            return self._act(turn, other.intent)
        return self._say(turn, "no_knowledge")

    def _candidates(self, turn: _Turn, ranking: Ranking, rules: list[str]) -> tuple[str, ...]:
        policy = turn.playbook.policy.router
        ranked = [g.intent for g in ranking.guesses[: policy.candidates]]
        always = ["knowledge_search", "ticket_file", "out_of_scope", "chitchat"]
        near = [intent for _, intent in ranking.nearest[:3]]
        return tuple(dict.fromkeys([*rules, *ranked, *near, *always]))

    @staticmethod
    def _examples(ranking: Ranking, candidates: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """The nearest examples, at most two of an intent, the nearest last."""
        picked: list[tuple[str, str]] = []
        for utterance, intent in ranking.nearest:
            if intent in candidates and sum(i == intent for _, i in picked) < 2:
                picked.append((utterance, intent))
        return tuple(reversed(picked[:5]))

    def _without_model(self, turn: _Turn, ranking: Ranking) -> Reply:
        """The model is down or slow: what the first tier and the documents can still do, and say so."""
        turn.trace.tier = "fallback"
        best = ranking.best
        outcome = call(turn.ctx, "knowledge_search", self._args("knowledge_search", turn), turn.trace.tools)
        if isinstance(outcome, Served) and isinstance(outcome.result, KnowledgeAnswer) and outcome.result.passages:
            turn.trace.intents.append({"intent": "knowledge_search", "by": "fallback"})
            return self._state_outcome(turn, outcome)
        if best.probability >= 0.4 and (best.intent not in TOOLS or TOOLS[best.intent].access is Access.READ):
            turn.trace.intents.append({"intent": best.intent, "by": "fallback"})
            return self._act(turn, best.intent)
        turn.trace.intents.append({"intent": "unknown", "by": "fallback"})
        reply = self._unknown(turn, ranking)
        return replace(reply, text=f"{self._words(turn, 'model_down')}{reply.text}")

    def _unknown(self, turn: _Turn, ranking: Ranking) -> Reply:
        turn.state = replace(turn.state, misses=turn.state.misses + 1)
        if turn.state.misses >= 2:
            return self._say(turn, "unknown_again")
        hints = [turn.playbook.intents[g.intent].lines[0] for g in ranking.guesses[:3]]
        reply = self._say(turn, "unknown")
        return replace(reply, choices=choices(*hints, "转人工"))

    # -- acting ---------------------------------------------------------------------------------------------------

    def _act(self, turn: _Turn, intent: str) -> Reply:
        known = turn.playbook.intents[intent]
        if known.reply:
            return self._say(turn, known.reply)
        return self._run(turn, intent, self._args(intent, turn))

    def _args(self, tool: str, turn: _Turn, part: str = "") -> dict[str, str]:
        """Arguments of a tool from what the message names."""
        text = part or turn.text
        slots = TOOLS[tool].slots
        args = {k: v for k, v in turn.mentions.slots.items() if k in slots}
        if "question" in slots:
            args["question"] = text
        if "body" in slots and tool == "ticket_file" and len(_bare_complaint(text)) >= 4:
            args["body"] = part or turn.words
        if "note" in slots and (note := _note(text)):
            args["note"] = note
        if tool == "return_request":
            args.setdefault("kind", "退货")
            if "size" in turn.mentions.slots and args["kind"] == "换货":
                args["reason"] = f"换成{turn.mentions.slots['size']}码"
            elif "换" in text and "reason" not in args and "colour" in turn.mentions.slots:
                args["reason"] = f"换成{turn.mentions.slots['colour']}"
        if tool == "handoff":
            args["reason"] = text[:200]
        return args

    def _run(self, turn: _Turn, tool: str, args: dict[str, str], text: str = "") -> Reply:
        filled = dialogue.with_focus(tool, args, turn.state.focus, text or turn.text, turn.state.last_tool)
        return self._state_outcome(turn, call(turn.ctx, tool, filled, turn.trace.tools))

    def _state_outcome(self, turn: _Turn, outcome: Outcome) -> Reply:
        """Turn an outcome into words, and note in the state what follows from it."""
        state = turn.state
        if isinstance(outcome, Served):
            return self._state_result(turn, outcome)
        if isinstance(outcome, Planned):
            key = f"{turn.key}:{outcome.tool}"
            expires = turn.now + timedelta(seconds=self._settings.confirm_ttl_s)
            pending = Pending(outcome.tool, outcome.plan.args, key, outcome.plan.title, expires)
            focus = dialogue.focus_of(outcome.plan.args, state.focus)
            turn.state = replace(
                state,
                pending=pending,
                asking=None,
                focus=focus,
                last_tool=outcome.tool,
                last_args=outcome.plan.args,
                misses=0,
            )
            return confirm_reply(outcome.plan, turn.english)
        if isinstance(outcome, Asked):
            offers = tuple(Offer(o.value, o.label) for o in outcome.options)
            again = state.asking.tries + 1 if state.asking and state.asking.slot == outcome.slot else 0
            task = Task(outcome.tool, outcome.args, outcome.slot, outcome.question, offers, again)
            known = {
                k: v for k, v in outcome.args.items() if v in turn.ctx.catalog.products or v in turn.ctx.catalog.stores
            }
            turn.state = replace(
                state,
                asking=task,
                focus=dialogue.focus_of(known, state.focus),
                last_tool=outcome.tool,
                last_args=outcome.args,
                misses=0,
            )
            return asked_again(task, turn.english, first=True)
        if isinstance(outcome, Refused):
            turn.state = replace(state, misses=0)
            return Reply(outcome.text)
        if isinstance(outcome, NotBound):
            return self._say(turn, "need_login")
        assert isinstance(outcome, Down)
        turn.state = replace(state, last_tool=outcome.tool, last_args=outcome.args)
        return self._say(turn, "backend_down")

    def _state_result(self, turn: _Turn, outcome: Served) -> Reply:
        turn.served.append(outcome)
        result = outcome.result
        if isinstance(result, KnowledgeAnswer):
            turn.trace.passages += [
                {"id": p.chunk_id, "source": p.source, "score": round(p.score, 4)} for p in result.passages
            ]
            turn.state = replace(turn.state, misses=0)
            if not result.passages:
                return self._say(turn, "no_knowledge")
            return self._composer.from_passages(result, turn.english, turn.on_text)
        args = {**outcome.args, **resolved_ids(result)}
        turn.state = replace(
            turn.state,
            focus=dialogue.focus_of(args, turn.state.focus),
            last_tool=outcome.tool,
            last_args=args,
            misses=0,
        )
        return self._composer.from_result(result, turn.english)

    def _after_digression(self, turn: _Turn, reply: Reply, open_before: Task | None) -> Reply:
        """A question that was left open is asked again after a digression, once; a change still waits for its yes."""
        state = turn.state
        if open_before is not None and state.asking is open_before:
            if open_before.tries >= 1:  # asked again once already: it stays open, but we do not nag
                return reply
            task = replace(open_before, tries=open_before.tries + 1)
            turn.state = replace(state, asking=task)
            return merge([reply, asked_again(task, turn.english)])
        if open_before is not None and state.asking is not None and state.asking is not open_before:
            turn.state = self._parked(state, open_before)
            return reply
        if state.pending is not None and turn.conversation.state.pending is state.pending:
            again = self._pending_again(turn)
            return merge([reply, again]) if again else reply
        return reply

    @staticmethod
    def _parked(state: State, task: Task | None) -> State:
        if task is None or any(t.tool == task.tool for t in state.parked):
            return state
        return replace(state, parked=(*state.parked, replace(task, tries=0))[-MAX_PARKED:])

    # -- words ----------------------------------------------------------------------------------------------------

    def _words(self, turn: _Turn, name: str) -> str:
        entry = turn.playbook.replies[name]
        return (entry.en if turn.english else entry.zh).replace("{brand}", self._brand)

    def _say(self, turn: _Turn, name: str) -> Reply:
        return Reply(self._words(turn, name), choices=choices(*turn.playbook.replies[name].choices))

    def _with_care(self, turn: _Turn, reply: Reply) -> Reply:
        """An angry shopper is met with care before anything else."""
        upset = any(w in turn.text.lower() for w in turn.playbook.policy.upset_words)
        if not upset or "danger" in turn.trace.notes or reply.text.startswith(("抱歉", "非常抱歉")):
            return reply
        turn.state = replace(turn.state, upset=turn.state.upset + 1)
        return replace(reply, text=f"{self._words(turn, 'upset')}{reply.text}")


def resolved_ids(result: object) -> dict[str, str]:
    """Ids of what a result speaks of, for the focus: product, store, order …"""
    ids: dict[str, str] = {}
    for attribute, slot, field_name in (
        ("product", "product", "product_id"),
        ("store", "store", "store_id"),
        ("asked_store", "store", "store_id"),
    ):
        thing = getattr(result, attribute, None)
        if thing is not None and hasattr(thing, field_name):
            ids[slot] = getattr(thing, field_name)
    if isinstance(result, Order | Logistics | Eligibility | ReturnRequest):
        ids["order"] = result.order_id
    if isinstance(result, Eligibility | ReturnRequest):
        ids |= {"line": str(result.line.line_no), "product": result.line.product_id}
    if isinstance(result, Order) and len(result.lines) == 1:
        ids["product"] = result.lines[0].product_id
    if isinstance(result, UsualList) and result.items:
        ids["product"] = result.items[0].product.product_id
    if isinstance(result, Appointment):
        ids["appointment"] = result.appointment_id
    if isinstance(result, ProductList) and len(result.products) == 1:
        ids["product"] = result.products[0].product_id
    return ids


def _bare_complaint(text: str) -> str:
    """What a complaint says beyond that it is one."""
    for words in (
        "我要投诉",
        "我想投诉",
        "投诉",
        "我很生气",
        "要个说法",
        "我要反映一个问题",
        "complain",
        "I want to",
        "，",
        "。",
        "！",
        "!",
    ):
        text = text.replace(words, "")
    return text.strip()


def _note(text: str) -> str:
    """What a ticket is to be supplemented with."""
    for words in (
        "我再补充一下",
        "补充一下",
        "我要补充说明",
        "补充信息",
        "工单补充",
        "补充",
        "再加一条信息到投诉里",
        "给工单加一句",
        "那个工单",
        "投诉那个",
        "我想再",
        "我要",
        "投诉内容",
        "：",
        ":",
    ):
        text = text.replace(words, "")
    text = text.strip(" ，,。")
    return text if len(text) >= 4 else ""
