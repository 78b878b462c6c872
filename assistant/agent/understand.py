"""Which wish is it? Rules and router where they are sure, the documents for questions, the model for the rest.

Enters: a `Turn` that context did not answer. Leaves: a `Reply`. Called by `turn`. Where no tier is sure enough, the
shopper is asked with two or three buttons instead of guessed at.
"""

import re
from dataclasses import dataclass, replace
from functools import partial

from assistant import logs
from assistant.agent import dialogue, fill, mentions, purchases, questions
from assistant.agent import ranking as ranked_by
from assistant.agent.compose import Composer, merge
from assistant.agent.decide import Decision, Question, decide
from assistant.agent.exchange import Turn
from assistant.agent.outcomes import Outcomes
from assistant.agent.playbook import Playbook
from assistant.agent.ranking import Ranker
from assistant.agent.render.words import choices
from assistant.agent.resume import after_digression, parked
from assistant.agent.router import Ranking
from assistant.agent.toolbelt import Outcome, Served, call
from assistant.config import AgentSettings
from assistant.domain.message import Reply
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load
from tools.all import TOOLS
from tools.registry import Access
from tools.types import KnowledgeAnswer, PassageFact

log = logs.get("agent")
MAX_WISHES = 3
GUESS = 0.3  # without the model: from which probability an intent is served
LIKELY = 0.7  # from which probability a question goes to the documents without the model
SURE = 0.8  # and from which one of these is
FAINT = 0.08  # below it a question for the documents is not tried
ENOUGH_WITH_RULE = 0.66  # the same for a part of a message that a pattern fits
SURE_ALONE = 0.9  # and for one that none fits
OWN_WORDS = 0.3  # how much surer the documents must be of a longer question in context than of it alone
_FOR_PEOPLE = ("ticket_file", "ticket_note")  # what is told to the person who is waited for
COSTLY = ("handoff", "privacy_export")  # reading tools that leave something behind


_WHILE = re.compile("时候")
_OWN = re.compile("我的(?!天)|我那|到哪|哪儿了|my ")  # asks after their own things, and not for a rule
_TO_US = re.compile(
    "你先(?!别|等|忙)|先(?:告诉|帮|给)我|先(?:看|查|说|问)|顺便(?:问|看|查)|问(?:一?下|个|问)|就问|你能"
)


@dataclass(frozen=True)
class Model:
    """The second tier: the model, its static prompt, whether it calls tools natively."""

    llm: Llm
    brand: str
    native: bool

    def prompt(self, playbook: Playbook) -> str:
        actions = "\n".join(f"- {i.intent}：{i.hint}" for i in playbook.intents.values())
        return load("agent/decide").render(brand=self.brand, actions=actions)


class Understanding:
    """Finds the wish and serves it. One instance serves all threads."""

    def __init__(
        self,
        settings: AgentSettings,
        ranker: Ranker,
        model: Model,
        composer: Composer,
        outcomes: Outcomes,
    ) -> None:
        self._settings = settings
        self._ranker = ranker
        self._model = model
        self._composer = composer
        self._outcomes = outcomes

    # -- one wish or several -----------------------------------------------------------------------------------------

    def served(self, turn: Turn) -> Reply:
        """Serve what a message wishes."""
        parts = dialogue.wishes(turn.text)[:6]
        plain: list[tuple[str, str]] = []
        if len(parts) > 1:
            joined = dialogue.joins(turn.text)
            for part in parts:
                intent = self._part(turn, part, joined)
                if intent and (not plain or plain[-1][1] != intent):
                    plain.append((part, intent))
        distinct = [p for p in plain if not turn.playbook.intents[p[1]].reply][:MAX_WISHES]
        if len({intent for _, intent in distinct}) >= 2 and not _one_complaint(distinct):
            return self._several(turn, distinct)
        return self._in_general(turn, self._one(turn))

    def plain_answer(self, turn: Turn) -> Reply | None:
        """What a tool or the documents say to a plain question, or the change that is plainly wished, for its yes; None for
        anything else, and where we would have to ask back. Who turns to us while waiting need not be as plain."""
        ranking = self._ranker.ranked(turn, partial(self._is_plain, turn))
        intent = ranking.best.intent
        plain = self._is_plain(turn, ranking)
        plain = plain or (ranking.best.probability >= GUESS and bool(_TO_US.search(turn.text)))
        if not plain or intent not in TOOLS or intent in (*COSTLY, *_FOR_PEOPLE):
            return None
        if intent == "knowledge_search":
            if dialogue.urges(turn.text):  # "要等多久啊 前面几个人": of the person who is to come
                return None
            reply = self._by_knowledge(turn, "meanwhile")
            best = _best(turn.served[-1]) if turn.served else None
            return reply if best is not None and best.sure else None
        turn.did(intent, "meanwhile")
        reply = self._outcomes.act(turn, intent)
        return reply if turn.served or reply.confirm is not None else None

    def _part(self, turn: Turn, part: str, joined: bool) -> str | None:
        """The wish of one part of a message, where a pattern fits or, of parts that words like 还有 join, without one."""
        if _WHILE.search(part):
            return None  # tells when, and wishes nothing
        plain = mentions.plain(part, turn.ctx.catalog)
        rules = turn.playbook.plain_intents(plain.lower())
        if len(rules) == 1:
            return rules[0]
        if not rules and not joined:
            return None
        best = self._ranker.of_part(plain, rules).best
        enough = ENOUGH_WITH_RULE if rules else SURE_ALONE
        return best.intent if best.probability >= enough else None

    def _several(self, turn: Turn, found: list[tuple[str, str]]) -> Reply:
        """Serve each wish; one that asks back or waits for a yes comes last, further such ones are parked."""
        replies: list[Reply] = []
        for part, intent in found:
            whole = turn.mentions
            turn.mentions = mentions.find(part, turn.ctx.catalog, turn.now, names=turn.playbook.names)
            turn.did(intent, "rule", part=len(replies))
            before = (turn.state.asking, turn.state.pending)
            reply = self._outcomes.run(turn, intent, fill.args(intent, turn, part), text=part)
            if before != (None, None) and (turn.state.asking, turn.state.pending) != before:
                turn.state = parked(replace(turn.state, asking=None), before[0])
            replies.append(reply)
            turn.mentions = whole
        return merge(replies)

    def _one(self, turn: Turn) -> Reply:
        rules = turn.rules
        ranking = self._ranker.ranked(turn, partial(self._is_plain, turn))
        digressed = turn.state.asking or None
        intent = _bare_thing(turn, rules) or (ranking.best.intent if self._is_plain(turn, ranking) else None)
        if intent is None:
            reply = self._unsure(turn, ranking)
        elif intent == "knowledge_search":
            reply = self._by_knowledge(turn, "router") or self._no_answer(turn, "router", ranking)
        else:
            turn.did(intent, "rule" if intent in rules else "router", p=round(ranking.best.probability, 3))
            reply = self._outcomes.act(turn, intent)
        if intent == "handoff":  # a person goes on from here: nothing is asked any more
            return reply
        return after_digression(self._outcomes, turn, reply, digressed)

    # -- the first tier ----------------------------------------------------------------------------------------------

    @staticmethod
    def _is_plain(turn: Turn, ranking: Ranking) -> bool:
        policy, best = turn.playbook.policy.router, ranking.best
        enough = max(policy.serve, SURE) if best.intent in COSTLY else policy.serve
        return best.probability >= enough and ranking.margin >= policy.margin

    def _by_knowledge(self, turn: Turn, by: str) -> Reply | None:
        """The documents' answer, None where they hold none."""
        found = self._found(turn)
        if found is None:
            return None
        turn.did("knowledge_search", by)
        return self._outcomes.state(turn, found)

    def _in_general(self, turn: Turn, reply: Reply) -> Reply:
        """For a guest whose orders we cannot see: what holds for everybody, where the documents are sure of it."""
        rules_exist = turn.not_bound in fill.ORDER_TOOLS and TOOLS[turn.not_bound].access is Access.READ
        if not rules_exist or _OWN.search(turn.text.lower()):
            return reply
        found = self._found(turn)
        best = _best(found)
        if found is None or best is None or not best.sure:
            return reply
        turn.did_instead(turn.not_bound, "knowledge_search")
        general = self._outcomes.state(turn, found)
        return replace(general, text=f"{general.text}\n\n{self._outcomes.words(turn, 'bind_for_own')}")

    def _found(self, turn: Turn) -> Served | None:
        """What the documents hold on a message, alone or in context."""
        args = fill.args("knowledge_search", turn)
        alone, in_context = (self._asked(turn, args, question) for question in questions.alone_and_in_context(turn))
        least = 0.0 if len(turn.text) <= questions.SHORT else OWN_WORDS
        found = in_context if _confidence(in_context) > _confidence(alone) + least else alone
        if found is not None and found is in_context:
            found = self._earned(turn, args, found, alone)
        return found

    def _earned(self, turn: Turn, args: dict[str, str], found: Served, alone: Served | None) -> Served:
        """The answer in context; only a doubtful one where what was spoken of finds it without the question, and better."""
        before = self._asked(turn, args, questions.spoken_of(turn).strip())
        then, now, itself = _best(before), _best(found), _best(alone)
        if then is None or now is None or then.chunk_id != now.chunk_id or now.confidence > then.confidence:
            return found
        if alone is not None and itself is not None and itself.sure:
            return alone
        return replace(found, result=_doubted(found.result))

    @staticmethod
    def _asked(turn: Turn, args: dict[str, str], question: str) -> Served | None:
        """What the documents hold on a question, None where that is nothing."""
        if not question:
            return None
        outcome = call(turn.ctx, "knowledge_search", {**args, "question": question}, turn.trace.tools)
        if not isinstance(outcome, Served) or not isinstance(outcome.result, KnowledgeAnswer):
            return None
        return outcome if outcome.result.passages else None

    # -- where the first tier is not sure ------------------------------------------------------------------------------

    def _unsure(self, turn: Turn, ranking: Ranking) -> Reply:
        """A question that our documents answer where no tool is the likelier reading, else what the model says."""
        if ranking.best.intent == "knowledge_search" and ranking.best.probability >= LIKELY:
            answered = self._by_knowledge(turn, "retrieval")
            if answered is not None:
                return answered
        if turn.trace.tier == "model":  # it has looked already, and sees more than it can say
            return self._likeliest(turn, ranking, "second_look")
        return self._by_model(turn, ranking)

    def _no_answer(self, turn: Turn, by: str, ranking: Ranking) -> Reply:
        """An honest no: it is a question for the documents, and they hold nothing on it. Or for nobody here."""
        if ranking.of("out_of_scope") >= max(GUESS, ranking.of("knowledge_search") / 2):
            turn.did("out_of_scope", by)
            return self._outcomes.act(turn, "out_of_scope")
        turn.did("knowledge_search", by)
        turn.state = replace(turn.state, last_question=turn.text[:60])
        return self._outcomes.say(turn, "no_knowledge")

    def _by_model(self, turn: Turn, ranking: Ranking) -> Reply:
        candidates = self._candidates(turn, ranking)
        examples = ranked_by.examples(ranking, candidates)
        system = self._model.prompt(turn.playbook)
        question = Question(
            system, turn.text[:300], turn.state.last_reply[:40], candidates, examples,
            lambda chosen: self._preferred(chosen, ranking),
        )  # fmt: skip
        turn.trace.tier = "model"
        turn.trace.prompt_sha = load("agent/decide").sha

        def run(name: str, args: dict[str, str]) -> Outcome:
            return self._outcomes.outcome(turn, name, {**args, **self._outcomes.named(turn, name)})

        try:
            decision = decide(
                self._model.llm, question, turn.playbook.intents, run, native=self._model.native,
                max_steps=self._settings.max_steps, budget_s=self._settings.model_budget_s,
            )  # fmt: skip
        except (ModelDown, ModelOffSchema) as error:
            log.warning("model_tier_failed", cause=type(error).__name__, detail=str(error)[:200])
            return self._without_model(turn, ranking)
        return self._decided(turn, decision, ranking)

    def _decided(self, turn: Turn, decision: Decision, ranking: Ranking) -> Reply:
        if decision.reply:
            turn.did(decision.reply, "model")
            return self._outcomes.act(turn, decision.reply)
        results = [o.result for o in decision.outcomes if isinstance(o, Served)]
        if results and all(isinstance(r, KnowledgeAnswer) and not r.passages for r in results):
            return self._nothing_found(turn, ranking)
        for outcome in decision.outcomes:
            turn.did(outcome.tool, "model")
        parts = [self._outcomes.state(turn, outcome) for outcome in decision.outcomes]
        if decision.words and (not parts or self._model.native):
            spoken = self._composer.checked(decision.words, parts)
            if spoken is not None:
                return merge([Reply(spoken), *[replace(p, text="") for p in parts]])
        return merge(parts) if parts else self._outcomes.say(turn, "unknown")

    def _preferred(self, chosen: str, ranking: Ranking) -> str:
        """The model's choice, unless the router finds another one far likelier; a strong model is not corrected."""
        best = ranking.best
        if self._model.native or chosen == best.intent:
            return chosen
        return best.intent if best.probability >= GUESS and ranking.of(chosen) < best.probability / 3 else chosen

    def _nothing_found(self, turn: Turn, ranking: Ranking) -> Reply:
        """The documents hold nothing: the likeliest other reading where there is one, else an honest no."""
        other = ranked_by.without(ranking, "knowledge_search").best
        if other.probability >= GUESS:
            turn.did(other.intent, "second_guess")
            return self._outcomes.act(turn, other.intent)
        return self._no_answer(turn, "model", ranking)

    def _candidates(self, turn: Turn, ranking: Ranking) -> tuple[str, ...]:
        """What the model may choose from: the router's first few, and the ways out."""
        policy = turn.playbook.policy.router
        ranked = [g.intent for g in ranking.guesses[: policy.candidates] if g.probability >= 0.02]
        return tuple(dict.fromkeys([*ranked, "knowledge_search", "out_of_scope", "chitchat"]))

    def _without_model(self, turn: Turn, ranking: Ranking) -> Reply:
        """The model is down or slow, and the first look has to do."""
        turn.trace.tier = "fallback"
        reply = self._likeliest(turn, ranking, "fallback")
        if turn.trace.intents[-1]["intent"] != "unknown":
            return reply
        return replace(reply, text=f"{self._outcomes.words(turn, 'model_down')}{reply.text}")

    def _likeliest(self, turn: Turn, ranking: Ranking, by: str) -> Reply:
        """The likeliest reading where it is likely, else the documents, else a question."""
        if ranking.best.intent == "knowledge_search" and (found := self._by_knowledge(turn, by)) is not None:
            return found
        best = ranked_by.without(ranking, "knowledge_search").best
        if best.probability >= (0.5 if _leaves_something(best.intent) else GUESS):
            turn.did(best.intent, by)
            return self._outcomes.act(turn, best.intent)
        asks = ranking.of("knowledge_search")
        if asks >= FAINT and (answered := self._by_knowledge(turn, by)) is not None:
            return answered
        if asks >= GUESS:
            return self._no_answer(turn, by, ranking)
        turn.did("unknown", by)
        return self._unknown(turn, ranking)

    def _unknown(self, turn: Turn, ranking: Ranking) -> Reply:
        """Ask which of the likeliest is meant."""
        turn.state = replace(turn.state, misses=turn.state.misses + 1)
        if turn.state.misses >= 2:
            return self._outcomes.say(turn, "unknown_again")
        hints = [turn.playbook.intents[g.intent].lines[0] for g in ranking.guesses[:3]]
        return replace(self._outcomes.say(turn, "unknown"), choices=choices(*hints, "转人工"))


def _leaves_something(intent: str) -> bool:
    """True for what is not served on a guess: changes, and reading tools that leave something behind."""
    return intent in COSTLY or (intent in TOOLS and TOOLS[intent].access is Access.WRITE)


def _bare_thing(turn: Turn, rules: list[str]) -> str | None:
    """A message that only names a product ("小白鞋 38") asks for it; "我那件卫衣" for its order."""
    m = turn.mentions
    if rules or not m.products or dialogue.residue(m):
        return None
    if {"size", "colour", "store", "place"} & set(m.slots):
        return "stock_check"
    mine = "我" in turn.text and any(purchases.owns(turn, product) for product in m.products)
    return "order_status" if mine else "product_find"


def _one_complaint(found: list[tuple[str, str]]) -> bool:
    """A story that is told with a complaint is one wish: the complaint."""
    return any(intent == "ticket_file" for _, intent in found) and not any(
        intent in ("handoff", "ticket_status", "points_balance", "coupons_mine") for _, intent in found
    )


def _doubted(result: object) -> object:
    """The same answer as but the nearest."""
    assert isinstance(result, KnowledgeAnswer)
    return replace(result, passages=tuple(replace(p, sure=False) for p in result.passages))


def _best(found: Served | None) -> PassageFact | None:
    """The first passage of an answer of the documents."""
    return found.result.passages[0] if found and isinstance(found.result, KnowledgeAnswer) else None


def _confidence(found: Served | None) -> float:
    best = _best(found)
    return best.confidence if best else 0.0
