"""A survey in a shopper's chat: takes the messages that belong to it, ends it with thanks, reward and ticket.

Called by journey 1 for every message of a conversation that is in the middle of a survey. What is to be written is handed
back and committed together with the answer.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from assistant import logs
from assistant.clock import Clock
from assistant.db import attachments, conversations, due, feedback, moments, privacy
from assistant.db.engine import Connection, Database
from assistant.db.moments import Invitation
from assistant.domain.conversation import Conversation
from assistant.domain.message import Inbound, Reply
from assistant.surveys import dialogue
from assistant.surveys.dialogue import Run, Tagger
from assistant.surveys.files import AS_KEPT, Survey
from assistant.surveys.options import Sense
from assistant.surveys.reading import names_surveys, opts_out, scores
from assistant.surveys.rewards import REWARD, Rewards
from tools.ports import Ports

log = logs.get("surveys")
TOPIC = "survey"  # of the choices that a shopper can make
CHOSEN_IN_CHAT = "2026-11"  # the version of the words by which they choose
LATELY = timedelta(days=3)
REMEMBERED = timedelta(days=30)  # for so long a score that comes late is known for what it is
_CATEGORY = {"到店": "服务态度", "商品": "商品质量", "配送": "物流配送"}  # of the ticket, by touchpoint


@dataclass(frozen=True)
class Heard:
    """A message that belonged to a survey: what is answered, and what is to be written with the answer."""

    reply: Reply
    change: Callable[[Connection], None]
    survey_id: str


class SurveyTalk:
    """One instance serves all threads. `store_name`: the name of a store, None where there is none.

    `folder`: where pictures are kept; `elsewhere`: words that are never for a survey, such as danger or a call for a person.
    """

    def __init__(
        self, database: Database, clock: Clock, ports: Ports, *, brand: str,
        store_name: Callable[[str], str | None], folder: Path, tag: Tagger | None = None,
        sense: Sense | None = None,
        elsewhere: Callable[[str], bool] = lambda text: False,
    ) -> None:  # fmt: skip
        self._db = database
        self._clock = clock
        self._ports = ports
        self.rewards = Rewards(database, ports.merchant)
        self._brand = brand
        self._store_name = store_name
        self._folder = folder
        self._tag = tag
        self._sense = sense
        self._elsewhere = elsewhere

    def open_in(self, conversation: Conversation, text: str = "") -> Invitation | None:
        """The survey that this conversation is in the middle of. By name it is found wherever it was begun."""
        member = conversation.shopper.member_id
        if member is None:
            return None
        now = self._clock.now()
        with self._db.read() as connection:
            found = moments.live(connection, conversation.id, now)
            if found is None and text.strip().rstrip("。！!~") in dialogue.RESUME:
                found = moments.live_of_member(connection, member, now)
        if found is None or found.conversation_id == conversation.id:
            return found
        return replace(found, status="paused", conversation_id=conversation.id)

    def hear(self, found: Invitation, conversation: Conversation, inbound: Inbound) -> Heard | None:
        """Take a message for the survey. None where it is about something else."""
        if self._assistant_asked_last(found, conversation):
            return None
        if found.member_id != conversation.shopper.member_id or self._elsewhere(inbound.text):
            return None
        run = run_of(found)
        step = dialogue.step(run, inbound.text, self.names(found), tag=self._tag, sense=self._sense)
        if step is None:
            return None
        return self._heard(found, run, step, conversation.shopper.key, conversation.id)

    def _assistant_asked_last(self, found: Invitation, conversation: Conversation) -> bool:
        """Whether a question of the assistant's is open that is newer than the survey's."""
        state, now = conversation.state, self._clock.now()
        if state.asking is None and (state.pending is None or state.pending.expires_at <= now):
            return False
        with self._db.read() as connection:
            answered = conversations.answered_at(connection, conversation.id)
        return answered is not None and (found.sent_at is None or answered >= found.sent_at)

    def over(self, conversation: Conversation, text: str) -> Reply | None:
        """What is said to whoever wants to go on with a survey, or scores, while none waits for them."""
        if text.strip().rstrip("。！!~") in dialogue.PLAIN_RESUME:
            return Reply("现在没有等您回答的评价：之前的已经答完、停下或过期了。谢谢您愿意说！")
        if not scores(text) or conversation.state.asking or not (member := conversation.shopper.member_id):
            return None
        now = self._clock.now()
        with self._db.read() as connection:
            last = moments.last_ended(connection, member, now - REMEMBERED, now)
        if last is None:
            return None
        why = "您之前已经答完了" if last.status == "done" else "上次的评价已经停下或过期了"
        return Reply(f"{why}，这个分数没能再记进去，抱歉。想说说哪里满意或不满意，直接告诉我就行，我会转达。")

    def opted_out(self, conversation: Conversation, text: str) -> Heard | None:
        """Whoever wants no more surveys is heard at once, whomever else they are talking to."""
        member, now = conversation.shopper.member_id, self._clock.now()
        if member is None or not opts_out(text):
            return None
        if not names_surveys(text):  # 退订: of what? of what came lately
            with self._db.read() as connection:
                if moments.last_sent(connection, member, now - LATELY) is None:
                    return None

        def change(connection: Connection) -> None:
            privacy.choose(connection, member, TOPIC, False, CHOSEN_IN_CHAT, now)

        return Heard(Reply(dialogue.OPTED_OUT), change, "")

    def seen(self, found: Invitation) -> None:
        """Note that somebody opened the page of a survey."""
        if found.opened_at is None and found.status in moments.LIVE:
            with self._db.write() as connection:
                moments.change(connection, found.id, {"opened_at": self._clock.now()}, was=moments.LIVE)

    def expired(self, found: Invitation) -> bool:
        """Whether it is too late to answer."""
        return found.status == "expired" or (found.expires_at is not None and found.expires_at <= self._clock.now())

    def answer(self, found: Invitation, text: str) -> bool:
        """Take an answer that was given on the page. False where it could not be read."""
        run = run_of(found)
        step = dialogue.step(
            replace(run, status="open"), text, self.names(found), tag=self._tag, sense=self._sense, on_page=True
        )
        if step is None:
            return False
        heard = self._heard(found, run, step, found.member_id or f"survey:{found.id}", found.conversation_id or "")
        with self._db.write() as connection:
            heard.change(connection)
        return True

    def keep(self, found: Invitation, conversation: Conversation, inbox_id: int, kind: str) -> Heard | None:
        """Take a picture or a recording that was kept as an attachment. None where the survey has nothing to say to it."""
        if self._assistant_asked_last(found, conversation):
            return None
        with self._db.read() as connection:
            which = attachments.of_message(connection, inbox_id)
        run = run_of(found)
        step = dialogue.keep(run, kind, which, self.names(found), tag=self._tag) if which is not None else None
        if step is None or which is None:
            aside = dialogue.beside(run, kind, self.names(found))
            return (
                Heard(aside, lambda connection: self._belongs(connection, which, found), found.survey_id)
                if aside
                else None
            )
        heard = self._heard(found, run, step, conversation.shopper.key, conversation.id)

        def change(connection: Connection) -> None:
            self._belongs(connection, which, found)
            heard.change(connection)

        return replace(heard, change=change)

    @staticmethod
    def _belongs(connection: Connection, which: int | None, found: Invitation) -> None:
        if which is not None:
            attachments.answers(connection, which, found.id)

    def upload(self, found: Invitation, content: bytes, mime: str, ending: str) -> bool:
        """Take a picture that was sent on the page. False where the open question wants none."""
        run = replace(run_of(found), status="open")
        if run.question.kind != "photo":
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"survey-{secrets.token_hex(8)}.{ending}"
        path.write_bytes(content)
        try:
            with self._db.write() as connection:
                which = attachments.put(
                    connection, found.conversation_id or "", found.id, str(path), mime, len(content), self._clock.now()
                )
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        step = dialogue.keep(run, "image", which, self.names(found), tag=self._tag)
        assert step is not None
        heard = self._heard(found, run, step, found.member_id or f"survey:{found.id}", found.conversation_id or "")
        with self._db.write() as connection:
            heard.change(connection)
        return True

    def find(self, invitation_id: str) -> Invitation | None:
        with self._db.read() as connection:
            return moments.get(connection, invitation_id)

    def names(self, found: Invitation) -> dict[str, str]:
        return names_of(found, self._brand, self._store_name)

    def _heard(self, found: Invitation, before: Run, step: dialogue.Step, shopper: str, conversation_id: str) -> Heard:
        run, lines = step.run, [step.reply.text]
        completed = run.complete and not before.complete
        if run.status == "done" and run.wants_care:
            lines.append(self._care(found, run, shopper, conversation_id))
        reward = ""
        if completed and run.survey.reward is not None:
            reward, words = self.rewards.give(found, run.survey.reward)
            lines.insert(0, words)
        reply = replace(step.reply, text="\n".join(filter(None, lines)))
        opted_out = step.reading.wish == "opt_out"
        return Heard(
            reply,
            lambda connection: self._keep_run(
                connection, found, run, completed=completed, reward=reward, opted_out=opted_out
            ),
            found.survey_id,
        )

    def remind(self, found: Invitation, answer: Reply) -> Heard | None:
        """After something else was answered in the middle of a survey: the question again, under the answer."""
        run = run_of(found)
        if run.status != "open":
            return None
        again, reply = dialogue.remind(run, self.names(found), answer)
        return Heard(reply, lambda connection: self._keep_run(connection, found, again), found.survey_id)

    def _care(self, found: Invitation, run: Run, shopper: str, conversation_id: str) -> str:
        """File what went wrong, once; what is said of it."""
        wants_call = run.answers[dialogue.CARE] == "callback"
        ticket = self._ports.tickets.file(
            shopper, conversation_id, _CATEGORY.get(run.survey.touchpoint, "其他"),
            f"{run.survey.title}：顾客不满意" + ("，希望回电" if wants_call else ""),
            run.comment or "顾客在满意度调查中给了低分", found.store_id or "", f"survey-care:{found.id}",
        )  # fmt: skip
        return f"已为您登记，工单号 {ticket.ticket_id}，" + ("同事会给您回电。" if wants_call else "处理进展会通知您。")

    def _keep_run(
        self, connection: Connection, found: Invitation, run: Run, *,
        completed: bool = False, reward: str = "", opted_out: bool = False,
    ) -> None:  # fmt: skip
        now = self._clock.now()
        values: dict[str, Any] = {
            "status": run.status, "current": run.current, "path": list(run.path), "unclear": run.unclear,
            "answers": dialogue.plain_answers(run),
            "started_at": found.started_at or (now if run.answers else None),
            "opened_at": found.opened_at or now, "score": run.first_score,
            "conversation_id": found.conversation_id,
        }  # fmt: skip
        if completed:
            values |= {"answer_id": _number(found.id), "reward": reward, "rewarded": reward in ("given", "instead")}
        if run.status in ("done", "stopped"):
            values["ended_at"] = now
        if not moments.change(connection, found.id, values, was=moments.LIVE, current=found.current):
            return  # answered elsewhere meanwhile
        if opted_out and found.member_id:
            privacy.choose(connection, found.member_id, TOPIC, False, CHOSEN_IN_CHAT, now)
        if completed:
            moments.keep_answer(connection, {
                "id": _number(found.id), "member_id": found.member_id or None, "store_id": found.store_id or "",
                "order_id": found.order_id, "touchpoint": run.survey.touchpoint, "at": now, "nps": run.score("nps"),
                "csat": run.score("csat"), "ces": run.score("ces"), "comment": run.comment,
            })  # fmt: skip
            if run.comment:
                feedback.announce(connection, "answer", _number(found.id), now)
        if reward == "owed" and run.survey.reward is not None:
            due.schedule(connection, REWARD, f"{REWARD}:{found.id}", {"invitation": found.id}, now)


def names_of(found: Invitation, brand: str, store_name: Callable[[str], str | None]) -> dict[str, str]:
    """What stands for {brand} and {store} in a survey's words."""
    return {"brand": brand, "store": (store_name(found.store_id) if found.store_id else None) or brand}


def run_of(found: Invitation) -> Run:
    """How far an invitation's survey has come."""
    survey = Survey.model_validate(
        found.survey, extra="ignore", context=AS_KEPT
    )  # as another version of us may have kept it
    return Run(
        survey, found.status, found.current, tuple(found.path), dialogue.values_of(found.answers),  # type: ignore[arg-type]
        found.unclear, found.greeting, known=bool(found.member_id),
    )  # fmt: skip


def _number(invitation_id: str) -> int:
    """The id of an answer in the mart: the same for the same invitation."""
    return int.from_bytes(sha256(invitation_id.encode()).digest()[:7], "big")
