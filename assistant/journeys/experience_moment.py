"""Journey 2: something happened at the retailer's → whom to ask → invitation → survey in chat → reward, ticket, answer kept.

`take` puts events on disk with the work to decide them; `decide` and `invite` are that work, done by the worker; what the
shopper then says is journey 1's, which asks `surveys.talk` first. Each step is one transaction and done once: events by
their own id, decisions and invitations by compare-and-set.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from assistant import logs
from assistant.channels.web_chat import LiveChat, LiveEvent
from assistant.clock import Clock, local
from assistant.db import conversations, due, moments, outbox, privacy
from assistant.db.engine import Connection, Database
from assistant.db.moments import Invitation
from assistant.domain.moment import Event
from assistant.surveys.files import Survey
from assistant.surveys.letters import Letters
from assistant.surveys.places import Place
from assistant.surveys.rehearsal import MOST_EVENTS, Rehearsed, rehearse
from assistant.surveys.rules import Decision, Past, Rules, Way, asleep, awake, decide
from assistant.surveys.shelf import Shelf
from assistant.surveys.talk import TOPIC, run_of
from assistant.surveys.ways import PUSHED, Open, Ways
from tools.errors import NeedLogin, UnknownThing
from tools.ports import Ports

log = logs.get("moments")
CODE = "code"  # the channel of surveys that begin at a place
REWARD_AGAIN = timedelta(days=30)
DEFAULT: tuple[Way, ...] = ("customer_message", "web")  # of a rule that is gone
DECIDE, INVITE, CHECK, EXPIRE = "moment.decide", "moment.invite", "moment.check", "moment.expire"
LATE = timedelta(days=3)  # after that, nobody wants to be asked about it any more
TALKING = timedelta(minutes=15)  # somebody who is asked something right now is not asked for their opinion
UNDELIVERED = timedelta(minutes=30)  # what did not go out by then goes another way
MARGIN = timedelta(minutes=1)  # between the last delivery and the quiet hours


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
        shelf: Shelf,
        rules: Rules,
        ports: Ports,
        live: LiveChat,
        *,
        ways: Ways,
        letters: Letters,
        delivered: Callable[[], None] = lambda: None,
        attitudes: Callable[[str], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self._db = database
        self._clock = clock
        self.shelf = shelf
        self.rules = rules
        self._ports = ports
        self._live = live
        self.ways = ways
        self._letters = letters
        self._delivered = delivered
        self._attitudes = attitudes

    @property
    def surveys(self) -> Mapping[str, Survey]:
        """As they are now."""
        return self.shelf.current()

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
        known = self._known(event)
        with self._db.write() as connection:
            moments.lock_member(connection, event.member_id)
            decision = decide(self.rules, event, self._past(connection, event.member_id, known), now)
            if decision.rule is not None and decision.rule.survey not in self.surveys:
                log.error("survey_gone", survey=decision.rule.survey, rule=decision.rule.id)
                decision = Decision("no_rule")  # of one that nobody can be asked
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

    def _known(self, event: Event) -> Past:
        """What the retailer and our labels say of the shopper and the order; only what the event's rules ask for."""
        merchant = self._ports.merchant
        asked = [r.who for r in self.rules.rules if r.event == event.type]
        try:
            profile = merchant.membership.profile(event.member_id)
        except (NeedLogin, UnknownThing):
            return Past(None)
        bought: frozenset[str] = frozenset()
        if event.order_id and any(who.products for who in asked):
            bought = self._bought(event.member_id, event.order_id)
        feels = self._attitudes(event.member_id) if any(who.attitudes for who in asked) else frozenset()
        return Past(str(profile.tier), attitudes=feels, stage=profile.stage, bought=bought)

    def _bought(self, member_id: str, order_id: str) -> frozenset[str]:
        merchant = self._ports.merchant
        try:
            lines = merchant.orders.get(member_id, order_id).lines
        except UnknownThing:
            return frozenset()
        found = {p.product_id: p for p in merchant.inventory.products()}
        items = [found[line.product_id] for line in lines if line.product_id in found]
        return frozenset(word for p in items for word in (p.product_id, p.category, p.brand))

    def _past(self, connection: Connection, member_id: str, known: Past) -> Past:
        now = self._clock.now()
        invited = moments.invited(connection, member_id)
        allowed = privacy.choices(connection, member_id).get(TOPIC, True)
        last = max(invited.values(), default=None)
        unfinished = moments.unfinished(connection, member_id, now)
        return replace(known, allowed=allowed, last_invited=last, by_rule=invited, unfinished=unfinished)

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
            if now > found.due_at + LATE:
                return self._hold(connection, found, "late")
            rule = self.rules.rule(found.rule_id)
            tried = found.tried.split(",") if found.tried else []
            way = self.ways.first(connection, found.member_id, rule.channels if rule else DEFAULT, now, tried=tried)
            if way is None:
                return self._hold(connection, found, "undelivered" if tried else "no_channel")
            if pause := self._engaged(connection, way.conversation_id, now):
                return self._postpone(connection, found, now + pause)
            if not self._send(connection, found, way, ",".join([*tried, way.way])):
                return "sent"  # by another worker
        if way.conversation_id:
            self._live.tell(way.conversation_id, LiveEvent("message"))
        self._delivered()
        return "sent"

    def _send(self, connection: Connection, found: Invitation, way: Open, tried: str) -> bool:
        """Put the invitation on its way. What can wait on its way is looked after: see `check`."""
        now = self._clock.now()
        run = run_of(found)
        expires = now + timedelta(days=run.survey.days)
        values = {
            "status": "sent", "sent_at": now, "expires_at": expires, "channel": way.channel, "tried": tried,
            "conversation_id": way.conversation_id or None,
        }  # fmt: skip
        if not moments.change(connection, found.id, values, was=("planned",)):
            return False
        quiet = asleep(self.rules, now)
        last = min(expires, quiet - MARGIN) if quiet else expires
        pushed = way.channel in PUSHED
        sent = self._letters.put(connection, found, run, way, now, not_after=last if pushed else None)
        if pushed:
            self._look_again(connection, {"invitation": found.id, **sent}, min(last, now + UNDELIVERED))
        due.schedule(connection, EXPIRE, f"{EXPIRE}:{found.id}:{expires.timestamp():.0f}", {}, expires)
        return True

    @staticmethod
    def _look_again(connection: Connection, payload: Mapping[str, int | str | None], at: datetime) -> None:
        due.schedule(connection, CHECK, f"{CHECK}:{payload['delivery']}:{at.timestamp():.0f}", dict(payload), at)

    def check(self, invitation_id: str, delivery: int, message: int | None) -> str:
        """Whether an invitation went out. One that did not in its time is taken back and goes another way."""
        now = self._clock.now()
        with self._db.write() as connection:
            found = moments.get(connection, invitation_id)
            if found is None or found.status != "sent" or found.opened_at is not None:
                return "seen"
            status, last = outbox.lasts(connection, delivery)
            if status == "sent":
                return "sent"
            again: dict[str, int | str | None] = {"invitation": invitation_id, "delivery": delivery, "message": message}
            if status == "ready" and last is not None and now < last:
                self._look_again(connection, again, last)
                return "waits"
            if not outbox.withdraw(connection, delivery, now, "came too late"):
                self._look_again(connection, again, now + timedelta(minutes=2))
                return "going"
            if message is not None:
                conversations.remove_message(connection, message)
            moments.change(connection, found.id, {"status": "planned", "channel": "", "conversation_id": None})
            later = awake(self.rules, now)
            log.info("invitation_undelivered", invitation=found.id, tried=found.tried)
            return self._postpone(connection, found, later)

    @staticmethod
    def _engaged(connection: Connection, conversation_id: str, now: datetime) -> timedelta | None:
        """How long to leave somebody alone who talks to a person, or has just been asked something."""
        found = conversations.get(connection, conversation_id) if conversation_id else None
        if found is None:
            return None
        if found.holder != "assistant":
            return timedelta(hours=1)
        if found.state.asking is None and found.state.pending is None:
            return None
        last = conversations.answered_at(connection, conversation_id)
        return TALKING if last is not None and last > now - TALKING else None

    @staticmethod
    def _postpone(connection: Connection, found: Invitation, at: datetime) -> str:
        due.schedule(connection, INVITE, f"{INVITE}:{found.id}:{at.timestamp():.0f}", {"invitation": found.id}, at)
        return "planned"

    @staticmethod
    def _hold(connection: Connection, found: Invitation, reason: str) -> str:
        moments.change(connection, found.id, {"status": "held", "reason": reason})
        return "held"

    # -- a dry run ---------------------------------------------------------------------------------------------------

    def rehearse(self, since: datetime, stores: Collection[str] | None = None) -> tuple[Rehearsed, Counter[str]]:
        """The rules over past events, and in what ways those invited would be reached today. Nothing is sent."""
        feeling = {rule.event for rule in self.rules.rules if rule.who.attitudes}
        feels = cache(self._attitudes)
        with self._db.read() as connection:
            past = moments.past_events(connection, since, topic=TOPIC, stores=stores, limit=MOST_EVENTS)
            known = (
                (p.event, Past(p.tier, p.allowed, stage=p.stage, bought=p.bought,
                               attitudes=feels(p.event.member_id) if p.event.type in feeling else frozenset()))
                for p in past
            )  # fmt: skip
            found = rehearse(self.rules, known)
            return found, self.ways.forecast(connection, found.invited, self._clock.now())

    # -- at a place --------------------------------------------------------------------------------------------------

    def at_place(self, place: Place, now: datetime, member_id: str = "") -> Invitation:
        """The invitation that a code at a place leads to, not kept anywhere yet."""
        survey = self.surveys[place.survey_id]
        rule = self.rules.rule(place.rule_id)
        return Invitation(
            id="", event_id="", rule_id=place.rule_id, survey_id=survey.id, survey=survey.model_dump(mode="json"),
            variant="", greeting=rule.variants[0].greeting if rule and rule.variants else "", member_id=member_id,
            store_id=place.store_id or None, order_id=None, conversation_id=None, channel=CODE, status="sent",
            reason="", current="", path=(), answers={}, unclear=0, rewarded=False, due_at=now, sent_at=now,
            started_at=None, ended_at=None, expires_at=now + timedelta(days=survey.days), opened_at=now,
        )  # fmt: skip

    def start_at(self, place: Place, visitor: str, member_id: str) -> str:
        """Begin the survey of a place; returns its invitation, the same for the same visitor on the same day.

        Whoever is unknown, or had the reward within a month, is asked without a reward.
        """
        now = self._clock.now()
        found = self.at_place(place, now, member_id)
        day = local(now).date().isoformat()
        seed = "|".join((visitor, member_id, place.survey_id, place.store_id, day))
        with self._db.write() as connection:
            body = dict(found.survey)
            if not member_id or moments.rewarded(connection, member_id, place.survey_id, now - REWARD_AGAIN):
                body["reward"] = None
            which = moments.start(connection, {
                "id": f"v-{secrets.token_urlsafe(18)}", "event_id": f"code:{sha256(seed.encode()).hexdigest()[:40]}",
                "rule_id": found.rule_id, "survey_id": found.survey_id, "survey": body, "greeting": found.greeting,
                "variant": "", "member_id": member_id, "store_id": found.store_id, "order_id": None, "channel": CODE,
                "due_at": now, "sent_at": now, "opened_at": now, "expires_at": found.expires_at,
            })  # fmt: skip
            assert found.expires_at is not None
            due.schedule(connection, EXPIRE, f"{EXPIRE}:{which}", {}, found.expires_at)
        return which

    def expire(self) -> None:
        """End what may no longer be answered; what was answered stays."""
        with self._db.write() as connection:
            moments.expire(connection, self._clock.now())
