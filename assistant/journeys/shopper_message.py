"""Journey 1: a shopper's message, from the channel's push to the reply in the outbox.

`accept` puts it on disk and returns; `serve` (a worker) leases the conversation and answers its messages in order.
The reply, the next state, the trace and the outbox row are one transaction; a killed worker's message is answered by
the next one, and effects of tools carry keys of the inbox row, so that nothing is done twice.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from assistant import logs
from assistant.agent.dialogue import called_back, control, urges
from assistant.agent.turn import Agent, Answer, TurnTrace
from assistant.channels.official_account.reception import Reception
from assistant.channels.web_chat import LiveChat, LiveEvent
from assistant.clock import Clock
from assistant.db import conversations, feedback, handoffs, inbox, outbox, traces
from assistant.db.conversations import Waiting
from assistant.db.engine import Database
from assistant.db.inbox import Accepted
from assistant.db.jsonable import dump
from assistant.db.moments import Invitation
from assistant.domain.conversation import Conversation
from assistant.domain.message import Inbound, Reply
from assistant.errors import StoreDown
from assistant.llm.calls import collect_calls
from assistant.surveys.talk import SurveyTalk

log = logs.get("journey")
ANSWERED_BY_PEOPLE = ("queue", "person")
GRACE = timedelta(seconds=0.5)  # between the last moment of a response and a push


@dataclass(frozen=True)
class Served:
    """One message answered: what the command line and the evaluation look at."""

    conversation_id: str
    trace_id: str
    reply: Reply
    answer: Answer | None
    trace: dict[str, Any]


class ShopperMessages:
    """Accepts and serves. One instance serves all threads of a process."""

    def __init__(
        self,
        database: Database,
        agent: Agent,
        live: LiveChat,
        clock: Clock,
        *,
        lease: timedelta,
        max_attempts: int,
        wake: Callable[[], None] = lambda: None,
        reception: Reception | None = None,
        surveys: SurveyTalk | None = None,
    ) -> None:
        self._db = database
        self._agent = agent
        self._live = live
        self._clock = clock
        self._lease = lease
        self._max_attempts = max_attempts
        self._wake = wake
        self._reception = reception
        self._surveys = surveys
        self.worker = f"w-{uuid4().hex[:12]}"

    def accept(self, inbound: Inbound, *, member_id: str | None = None) -> Accepted:
        """Put a message on disk. Returns once it is there; a repeated delivery changes nothing."""
        with self._db.write() as connection:
            accepted = inbox.accept(connection, inbound, self._clock.now(), member_id=member_id)
        if accepted.fresh:
            logs.INBOX_WAITING.inc()
            self._wake()
        return accepted

    def serve_next(self, only: str | None = None) -> list[Served]:
        """Lease the conversation that waits longest and answer all that waits in it. Empty where nothing waits."""
        with self._db.write() as connection:
            leased = conversations.lease_next(connection, self.worker, self._clock.now(), self._lease, only=only)
        if leased is None:
            return []
        served = []
        try:
            while (one := self._serve_one(leased)) is not None:
                served.append(one)
        finally:
            with self._db.write() as connection:
                conversations.release(connection, leased, self.worker)
        return served

    def _serve_one(self, conversation_id: str) -> Served | None:
        now = self._clock.now()
        with self._db.write() as connection:
            if not conversations.extend_lease(connection, conversation_id, self.worker, now + self._lease):
                return None
            waiting = conversations.next_waiting(connection, conversation_id, now)
            conversation = conversations.get(connection, conversation_id)
        if waiting is None or conversation is None:
            return None
        self._live.tell(conversation_id, LiveEvent("typing"))
        started = time.perf_counter()
        trace_id = f"t-{waiting.inbox_id}-{uuid4().hex[:8]}"
        with collect_calls() as calls:
            answer = self._answer(conversation, waiting)
        ms = round((time.perf_counter() - started) * 1000, 1)
        trace = _trace(answer, [asdict(c) for c in calls], ms, waiting)
        self._commit(conversation, waiting, answer, trace_id, trace)
        self._count(answer, ms, trace_id, conversation_id)
        return Served(conversation_id, trace_id, answer.reply, answer, trace)

    def _answer(self, conversation: Conversation, waiting: Waiting) -> Answer:
        if waiting.attempts > self._max_attempts:
            log.error("turn_gave_up", inbox=waiting.inbox_id, attempts=waiting.attempts)
            return self._apology(conversation)
        try:
            if conversation.holder in ANSWERED_BY_PEOPLE:
                return self._held_by_people(conversation, waiting)
            survey = self._surveys.open_in(conversation, waiting.inbound.text) if self._surveys else None
            if self._surveys and survey is None and (over := self._surveys.over(conversation, waiting.inbound.text)):
                trace = TurnTrace(tier="router", intents=[{"intent": "survey", "by": "over"}])
                return Answer(over, conversation.state, trace, ())
            typed = survey if waiting.inbound.kind == "text" else None
            if typed and (heard := self._heard(typed, conversation, waiting.inbound)):
                return heard
            inbound = self._received(conversation, waiting)
            if isinstance(inbound, Reply) and survey and (kept := self._kept(survey, conversation, waiting)):
                return kept
            if isinstance(inbound, Reply):
                trace = TurnTrace(notes=[waiting.inbound.kind], intents=[{"intent": "received", "by": "channel"}])
                return Answer(inbound, conversation.state, trace, ())
            if survey and waiting.inbound.kind == "voice" and (heard := self._heard(survey, conversation, inbound)):
                return heard  # spoken, and understood by now
            answer = self._agent.answer(
                conversation,
                inbound,
                f"in-{waiting.inbox_id}",
                lambda text: self._live.tell(conversation.id, LiveEvent("text", text)),
            )
            return self._with_reminder(survey, answer) if survey else answer
        except StoreDown:
            raise  # nothing can be committed now; the message stays in the inbox
        except Exception:
            # the last line of defence: the shopper hears an apology at once instead of nothing after three tries
            log.exception("turn_crashed", inbox=waiting.inbox_id, conversation=conversation.id)
            return self._apology(conversation)

    def _kept(self, survey: Invitation, conversation: Conversation, waiting: Waiting) -> Answer | None:
        """A picture or a recording in the middle of a survey: its answer, or at least no reason to forget the question."""
        assert self._surveys is not None
        heard = self._surveys.keep(survey, conversation, waiting.inbox_id, waiting.inbound.kind)
        if heard is None:
            return None
        trace = TurnTrace(notes=[waiting.inbound.kind], intents=[{"intent": "survey", "by": heard.survey_id}])
        return Answer(heard.reply, conversation.state, trace, (), (heard.change,))

    def _heard(self, survey: Invitation, conversation: Conversation, inbound: Inbound) -> Answer | None:
        """The answer of an open survey, where the message is for it."""
        if self._surveys is None:
            return None
        heard = self._surveys.hear(survey, conversation, inbound)
        if heard is None:
            return None
        trace = TurnTrace(tier="router", intents=[{"intent": "survey", "by": heard.survey_id}])
        state = replace(conversation.state, asking=None, pending=None)  # older than what the survey asks now
        return Answer(heard.reply, state, trace, (), (heard.change,))

    def _with_reminder(self, survey: Invitation, answer: Answer) -> Answer:
        """A question in the middle of a survey was answered: the survey goes on."""
        assert self._surveys is not None
        heard = None if answer.state.asking or answer.state.pending else self._surveys.remind(survey, answer.reply)
        return replace(answer, reply=heard.reply, changes=(*answer.changes, heard.change)) if heard else answer

    def _received(self, conversation: Conversation, waiting: Waiting) -> Inbound | Reply:
        """Words for the assistant, or what the channel answers by itself (a welcome, a picture kept)."""
        if self._reception is None:
            return waiting.inbound
        return self._reception.receive(conversation, waiting.inbox_id, waiting.inbound)

    def _apology(self, conversation: Conversation) -> Answer:
        trace = TurnTrace(tier="fallback", notes=["crashed"])
        return Answer(self._agent.say("crashed"), conversation.state, trace, ())

    def _held_by_people(self, conversation: Conversation, waiting: Waiting) -> Answer:
        """The assistant keeps quiet while a person answers; a waiting shopper may call it back."""
        trace = TurnTrace(tier="router", notes=["held_by_person"])
        if self._reception is not None:
            self._reception.keep_for_person(conversation, waiting.inbox_id, waiting.inbound)
        if conversation.holder == "queue" and control(waiting.inbound.text) == "back":
            with self._db.write() as connection:
                handoffs.withdraw(connection, conversation.id)
            if wish := called_back(waiting.inbound.text):
                inbound = replace(waiting.inbound, text=wish)
                if served := self._agent.meanwhile(conversation, inbound, f"in-{waiting.inbox_id}", "back_with_a_wish"):
                    return served
            trace.intents.append({"intent": "back", "by": "control"})
            return Answer(self._agent.say("back_from_queue"), conversation.state, trace, ())
        if self._surveys and (heard := self._surveys.opted_out(conversation, waiting.inbound.text)):
            trace.intents.append({"intent": "survey", "by": "opted_out"})
            return Answer(heard.reply, replace(conversation.state, last_tool="waiting"), trace, (), (heard.change,))
        asked = conversation.holder == "queue" and waiting.inbound.kind == "text"
        if asked and (told := self._agent.meanwhile(conversation, waiting.inbound, f"in-{waiting.inbox_id}")):
            return told
        said_so = conversation.state.last_tool == "waiting" and not urges(waiting.inbound.text)
        quiet = conversation.holder == "person" or said_so
        reply = Reply("") if quiet else self._agent.say("waiting_for_person")
        return Answer(reply, replace(conversation.state, last_tool="waiting"), trace, ())

    def _commit(
        self, conversation: Conversation, waiting: Waiting, answer: Answer, trace_id: str, trace: dict[str, Any]
    ) -> None:
        now = self._clock.now()
        reply = answer.reply if answer.reply.text else None
        with self._db.write() as connection:
            message_id = conversations.save_turn(
                connection,
                conversation.id,
                waiting.inbox_id,
                now,
                state=answer.state,
                reply=reply,
                trace_id=trace_id,
                owner=self.worker,
            )
            if message_id is not None and reply is not None:
                outbox.put(
                    connection,
                    conversation.id,
                    conversation.shopper.identity.channel,
                    dump(reply),
                    now,
                    message_id=message_id,
                    inbox_id=waiting.inbox_id,
                    not_before=not_before(waiting.inbound, now),
                )
            if message_id is not None or reply is None:
                for change in answer.changes:
                    change(connection)
            traces.save(connection, trace_id, conversation.id, now, trace)
            in_survey = any(one["intent"] == "survey" for one in answer.trace.intents)
            if waiting.inbound.kind == "text" and waiting.inbound.text and not in_survey:
                feedback.announce(connection, "message", waiting.inbox_id, now)
        logs.INBOX_WAITING.dec()
        self._live.tell(conversation.id, LiveEvent("message"))

    @staticmethod
    def _count(answer: Answer, ms: float, trace_id: str, conversation_id: str) -> None:
        tier = answer.trace.tier
        action = answer.trace.intents[-1]["intent"] if answer.trace.intents else "none"
        logs.TURNS.labels(tier, action).inc()
        logs.TURN_SECONDS.labels(tier).observe(ms / 1000)
        log.info("turn", trace=trace_id, conversation=conversation_id, tier=tier, action=action, ms=ms)


def not_before(inbound: Inbound, now: datetime) -> datetime:
    """From when an answer may be pushed: not while the channel may still carry it in its own response."""
    return max(now, inbound.reply_by + GRACE) if inbound.reply_by else now


def _trace(answer: Answer, calls: list[dict[str, Any]], ms: float, waiting: Waiting) -> dict[str, Any]:
    t = answer.trace
    return {
        "tier": t.tier,
        "intents": t.intents,
        "tools": t.tools.calls,
        "passages": t.passages,
        "prompt_sha": t.prompt_sha,
        "model_calls": calls,
        "notes": t.notes,
        "attempt": waiting.attempts,
        "ms": ms,
    }
