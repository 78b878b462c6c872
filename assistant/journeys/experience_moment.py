"""Journey 2: something happened at the retailer's → whom to ask → invitation → survey in chat → reward, ticket, answer kept.

`take` puts events on disk with the work to decide them; `decide` and `invite` are that work, done by the worker; what the
shopper then says is journey 1's, which asks `surveys.talk` first. Each step is one transaction and done once: events by
their own id, decisions and invitations by compare-and-set.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant import logs
from assistant.channels.official_account import CHANNEL as OFFICIAL_ACCOUNT
from assistant.channels.web_chat import CHANNEL as WEB
from assistant.channels.web_chat import LiveChat, LiveEvent
from assistant.clock import Clock
from assistant.db import conversations, due, moments, outbox, privacy, wechat
from assistant.db.engine import Connection, Database
from assistant.db.jsonable import dump
from assistant.db.moments import Invitation
from assistant.domain.moment import Event
from assistant.surveys import dialogue
from assistant.surveys.files import Survey
from assistant.surveys.rules import Past, Rules, awake, decide
from assistant.surveys.talk import TOPIC, names_of, run_of
from tools.errors import NeedLogin, UnknownThing
from tools.ports import Ports

log = logs.get("moments")
DECIDE, INVITE, EXPIRE = "moment.decide", "moment.invite", "moment.expire"


@dataclass(frozen=True)
class Taken:
    """What became of events that came in."""

    fresh: int
    repeated: int


class Moments:
    """One instance serves all threads. `store_name`: the name of a store, None where there is none."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        surveys: Mapping[str, Survey],
        rules: Rules,
        ports: Ports,
        live: LiveChat,
        *,
        brand: str,
        app_id: str,
        keep_messages: int,
        store_name: Callable[[str], str | None],
        delivered: Callable[[], None] = lambda: None,
        attitudes: Callable[[str], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self._db = database
        self._clock = clock
        self.surveys = surveys
        self.rules = rules
        self._ports = ports
        self._live = live
        self._brand = brand
        self._app_id = app_id
        self._keep = keep_messages
        self._store_name = store_name
        self._delivered = delivered
        self._attitudes = attitudes

    # -- events ------------------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> Taken:
        """Put events on disk, each once, with the work of deciding them."""
        now = self._clock.now()
        fresh = 0
        with self._db.write() as connection:
            for event in events:
                row = {
                    "id": event.id, "type": event.type, "member_id": event.member_id, "store_id": event.store_id,
                    "order_id": event.order_id, "channel": event.channel, "amount_cents": event.amount_cents,
                    "at": event.at, "received_at": now,
                }  # fmt: skip
                if moments.note_event(connection, row):
                    fresh += 1
                    due.schedule(connection, DECIDE, f"{DECIDE}:{event.id}", {"event": event.id}, now)
        return Taken(fresh, len(events) - fresh)

    def decide(self, event_id: str) -> str:
        """Decide one event; returns the reason. The same event twice is decided once."""
        now = self._clock.now()
        with self._db.read() as connection:
            row = moments.event(connection, event_id)
        if row is None or row["outcome"] != "new":
            return str(row["outcome"]) if row else "gone"
        event = Event(**{name: row[name] for name in Event.__dataclass_fields__})
        tier = self._tier(event.member_id)
        feels = self._attitudes(event.member_id) if any(r.who.attitudes for r in self.rules.rules) else frozenset()
        with self._db.write() as connection:
            moments.lock_member(connection, event.member_id)
            decision = decide(self.rules, event, self._past(connection, event.member_id, tier, feels), now)
            if not moments.decided(connection, event_id, decision.reason):
                return decision.reason
            if decision.rule is not None and decision.due_at is not None:
                survey = self.surveys[decision.rule.survey]
                invitation = f"v-{secrets.token_urlsafe(18)}"
                moments.plan(connection, {
                    "id": invitation, "event_id": event.id, "rule_id": decision.rule.id, "survey_id": survey.id,
                    "survey": survey.model_dump(mode="json"), "member_id": event.member_id,
                    "variant": decision.variant.id if decision.variant else "",
                    "greeting": decision.variant.greeting if decision.variant else "",
                    "store_id": event.store_id, "order_id": event.order_id, "due_at": decision.due_at,
                })  # fmt: skip
                due.schedule(connection, INVITE, f"{INVITE}:{invitation}", {"invitation": invitation}, decision.due_at)
        logs.MOMENTS.labels(event.type, decision.reason).inc()
        return decision.reason

    def _tier(self, member_id: str) -> str | None:
        try:
            return str(self._ports.merchant.membership.profile(member_id).tier)
        except (NeedLogin, UnknownThing):
            return None

    def _past(self, connection: Connection, member_id: str, tier: str | None, feels: frozenset[str]) -> Past:
        now = self._clock.now()
        invited = moments.invited(connection, member_id)
        allowed = privacy.choices(connection, member_id).get(TOPIC, True)
        last = max(invited.values(), default=None)
        return Past(tier, allowed, last, invited, moments.unfinished(connection, member_id, now), feels)

    # -- invitations -------------------------------------------------------------------------------------------------

    def invite(self, invitation_id: str) -> str:
        """Send an invitation that is due; returns its status. Nobody is written to in quiet hours or against a choice."""
        now = self._clock.now()
        with self._db.write() as connection:
            found = moments.get(connection, invitation_id)
            if found is None or found.status != "planned":
                return found.status if found else "gone"
            later = awake(self.rules, now)
            if later > now:
                return self._postpone(connection, found, later)
            if not privacy.choices(connection, found.member_id).get(TOPIC, True):
                return self._hold(connection, found, "opted_out")
            way = self._way(connection, found)
            if way is None:
                return self._hold(connection, found, "no_channel")
            conversation_id, channel = way
            if self._with_person(connection, conversation_id):
                return self._postpone(connection, found, now + timedelta(hours=1))
            run = run_of(found)
            reply = dialogue.invite(run, names_of(found, self._brand, self._store_name))
            expires = now + timedelta(days=run.survey.days)
            values = {
                "status": "sent", "sent_at": now, "expires_at": expires, "channel": channel,
                "conversation_id": conversation_id,
            }  # fmt: skip
            if not moments.change(connection, found.id, values, was=("planned",)):
                return "sent"  # by another worker
            message = conversations.add_message(connection, conversation_id, "assistant", reply, now)
            outbox.put(connection, conversation_id, channel, dump(reply), now, message_id=message)
            due.schedule(connection, EXPIRE, f"{EXPIRE}:{found.id}", {}, expires)
        self._live.tell(conversation_id, LiveEvent("message"))
        self._delivered()
        return "sent"

    @staticmethod
    def _with_person(connection: Connection, conversation_id: str) -> bool:
        found = conversations.get(connection, conversation_id)
        return found is not None and found.holder != "assistant"

    @staticmethod
    def _postpone(connection: Connection, found: Invitation, at: datetime) -> str:
        due.schedule(connection, INVITE, f"{INVITE}:{found.id}:{at.timestamp():.0f}", {"invitation": found.id}, at)
        return "planned"

    @staticmethod
    def _hold(connection: Connection, found: Invitation, reason: str) -> str:
        moments.change(connection, found.id, {"status": "held", "reason": reason})
        return "held"

    def _way(self, connection: Connection, found: Invitation) -> tuple[str, str] | None:
        """Conversation and channel by which this member can be written to now: WeChat within its window, else the page."""
        now = self._clock.now()
        for openid in wechat.openids_of(connection, self._app_id, found.member_id) if self._app_id else ():
            if wechat.may_send(connection, self._app_id, openid, now, keep=self._keep):
                known = conversations.of_member(connection, found.member_id, OFFICIAL_ACCOUNT, openid)
                if known:
                    return known, OFFICIAL_ACCOUNT
        page = conversations.of_member(connection, found.member_id, WEB)
        return (page, WEB) if page else None

    def expire(self) -> None:
        """End what may no longer be answered; what was answered stays."""
        with self._db.write() as connection:
            moments.expire(connection, self._clock.now())
