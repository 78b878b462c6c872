"""Brings answers to shoppers in WeChat: in the response to their own message, else as customer messages within quota.

Every row of the outbox is either carried by a response or pushed, never both (compare-and-set in the store). What may
not be sent now is held until the shopper writes again. Called by the web (carry, leave) and by the worker (push).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from assistant import logs
from assistant.channels.official_account import CHANNEL, NOTICE
from assistant.channels.official_account.api import WeChatApi
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.channels.official_account.profile import MiniProgram, ProfileFile
from assistant.channels.official_account.render import Look, Part, halve, parts, passive, text_part
from assistant.clock import SHANGHAI, Clock
from assistant.config import WeChatSettings
from assistant.db import conversations, outbox, wechat
from assistant.db.engine import Connection, Database
from assistant.db.jsonable import load
from assistant.db.outbox import Delivery
from assistant.domain.message import Reply
from assistant.errors import StoreDown

log = logs.get("wechat")
MAX_ATTEMPTS = 14  # about an hour, as WeChat may be away for minutes
_ROOM = {  # characters of a notice's field; others: 20
    "phrase": 5, "symbol": 5, "car_number": 8, "name": 10, "phone_number": 17, "letter": 32, "number": 32,
    "character_string": 32,
}  # fmt: skip
CARRYING = timedelta(seconds=6)  # longer than WeChat waits for a response
LONGEST_PAUSE = timedelta(minutes=10)
NO_CONSENT = 43101
_THUMB_LIVES = timedelta(days=2)  # WeChat keeps temporary media for three


@dataclass(frozen=True)
class Carried:
    """What a response can carry: `text` empty where there is nothing to say; `ready` False where the turn goes on.

    `rows`: deliveries that go with it and have not gone before; `left`: parts that have to follow. See `Courier.leave`.
    """

    ready: bool
    text: str = ""
    conversation_id: str = ""
    inbox_id: int = 0
    rows: tuple[int, ...] = ()
    left: tuple[Part, ...] = ()


class Courier:
    """One instance serves all threads."""

    def __init__(
        self, settings: WeChatSettings, database: Database, api: WeChatApi, profile: ProfileFile, clock: Clock
    ) -> None:
        self._settings = settings
        self._db = database
        self._api = api
        self._profile = profile
        self._clock = clock
        self._look = Look(settings.public_url)
        self._thumb: tuple[str, datetime] | None = None

    @property
    def may_push(self) -> bool:
        """Whether the account has customer messages at all: only verified ones do."""
        return self._settings.verified

    # -- in the response ---------------------------------------------------------------------------------------------

    def carry(self, conversation_id: str, inbox_id: int, still: Callable[[], bool] = lambda: True) -> Carried:
        """The text that answers a message, and whatever was held back before it. The same again for a retry.

        It is ours for `CARRYING`, and followed up by a push where the response does not leave by then. `still`: whether
        WeChat still waits, asked when it is our turn to write: nothing is given to a response that would come too late.
        """
        now = self._clock.now()
        with self._db.write() as connection:
            if not still() or not conversations.is_answered(connection, {inbox_id}):
                return Carried(ready=False)
            rows = outbox.carry(connection, CHANNEL, conversation_id, inbox_id, now, CARRYING)
        if not rows:
            return Carried(ready=True)
        by_ai = all(row.payload.get("by", "ai") == "ai" for row in rows)
        more = "" if self.may_push else self._profile.get().more
        text, left = passive([_content(row) for row in rows], self._look, by_ai=by_ai, more=more)
        fresh = [row for row in rows if not row.sent]
        if fresh and self.may_push:
            left += self._cards(rows)
        return Carried(
            True, text, conversation_id, inbox_id, tuple(row.id for row in fresh), tuple(left) if fresh else ()
        )

    def leave(self, carried: Carried) -> bool:
        """Note that what is carried goes out: to be called when the very next thing is to write the response, as a crash
        between the two would lose it, and one before it does not. False where it may not go: it follows as a push."""
        if not carried.rows:
            return True
        now = self._clock.now()
        try:
            with self._db.brief() as connection:
                went = outbox.carried_away(connection, carried.inbox_id, carried.rows, now)
                if went and carried.left:
                    parts = {"parts": list(carried.left)}
                    outbox.put(connection, carried.conversation_id, CHANNEL, parts, now, held=not self.may_push)
        except (StoreDown, LookupError) as error:
            log.info("not_carried", cause=str(error))
            return False
        logs.DELIVERIES.labels(CHANNEL, "carried").inc(went)
        return True

    def typing(self, openid: str) -> None:
        """Tell the shopper that an answer is being written. Of no consequence where it fails."""
        try:
            self._api.typing(openid)
        except (WeChatRefused, WeChatDown) as error:
            log.info("typing_hint_failed", cause=str(error))

    # -- pushed ------------------------------------------------------------------------------------------------------

    def deliver(self, delivery: Delivery) -> None:
        """Push a leased row. Its end (sent, later, held, failed) is noted in the store."""
        if delivery.channel == NOTICE:
            self._notice(delivery)
            return
        with self._db.read() as connection:
            conversation = conversations.get(connection, delivery.conversation_id)
            openid = conversation.shopper.identity.sender if conversation else ""
            user = wechat.get(connection, self._settings.app_id, openid)
        if user is None or not user.subscribed:
            self._end(delivery, "drop", "nobody follows")
            return
        if not self.may_push:
            self._end(delivery, "hold", "the account has no customer messages")
            return
        content = _content(delivery)
        left = content if isinstance(content, list) else [*parts(content, self._look), *self._cards([delivery])]
        self._push(delivery, user.openid, left)

    def _push(self, delivery: Delivery, openid: str, left: list[Part]) -> None:
        """Send what is left, part by part. A part is noted as gone at the moment at which its words go out, and
        taken back where WeChat did not take it: a crash while we wait for WeChat's answer must not send it again."""
        by_ai = delivery.payload.get("by", "ai") == "ai"
        while left:
            if not self._quota(openid, keep=self._settings.keep_messages):
                self._end(delivery, "hold", "no customer message left", left)
                return
            try:
                self._api.send(
                    openid, self._with_thumb(left[0]), by_ai=by_ai, leaving=partial(self._leave, delivery, left[1:])
                )
            except WeChatRefused as error:
                self._unused(openid)
                if error.verdict.outcome == "shorten" and (pieces := halve(left[0])):
                    left = [*pieces, *left[1:]]
                    self._come_back(delivery, left)
                    continue
                self._refused(delivery, openid, error, left)
                return
            except (WeChatDown, StoreDown) as error:
                self._unused(openid)
                self._end(delivery, "retry", str(error), left)
                return
            left = left[1:]
        self._end(delivery, "sent", "")

    def _leave(self, delivery: Delivery, after: list[Part]) -> None:
        with self._db.brief() as connection:  # a crash while a commit waited for the disk would lose the part
            payload = {**delivery.payload, "parts": after} if after else None
            outbox.leave(connection, delivery.id, payload, self._clock.now())

    def _come_back(self, delivery: Delivery, left: list[Part]) -> None:
        with self._db.write() as connection:
            outbox.come_back(connection, delivery.id, {**delivery.payload, "parts": left})

    def _refused(self, delivery: Delivery, openid: str, error: WeChatRefused, left: list[Part] | None) -> None:
        verdict = error.verdict
        if verdict.outcome == "hold":
            self._closed(openid)
        if verdict.outcome == "config":
            log.error("account_needs_attention", code=error.code, meaning=verdict.words)
        self._end(delivery, verdict.outcome, str(error), left)

    def _quota(self, openid: str, *, keep: int) -> bool:
        with self._db.write() as connection:
            return wechat.take_quota(connection, self._settings.app_id, openid, self._clock.now(), keep=keep)

    def _unused(self, openid: str) -> None:
        with self._db.write() as connection:
            wechat.give_back_quota(connection, self._settings.app_id, openid, self._clock.now())

    def _closed(self, openid: str) -> None:
        with self._db.write() as connection:
            wechat.close_windows(connection, self._settings.app_id, openid)

    def _end(self, delivery: Delivery, outcome: str, reason: str, left: list[Part] | None = None) -> None:
        """Note how it ended; `left`: what of it is still to be sent, None where nothing left us."""
        now = self._clock.now()
        with self._db.write() as connection:
            if left is not None:
                outbox.come_back(connection, delivery.id, {**delivery.payload, "parts": left})
            self._note(connection, delivery, outcome, reason, now)
        logs.DELIVERIES.labels(CHANNEL, outcome).inc()
        if outcome != "sent":
            log.info("delivery", delivery=delivery.id, outcome=outcome, cause=reason)

    @staticmethod
    def _note(connection: Connection, delivery: Delivery, outcome: str, reason: str, now: datetime) -> None:
        give_up = delivery.attempts >= MAX_ATTEMPTS
        match outcome:
            case "sent" | "ignore":
                outbox.mark_sent(connection, delivery.id, now)
            case "config" | "retry" | "token" if delivery.channel == NOTICE:  # answers nobody, so no message fetches it
                pause = timedelta(hours=1) if outcome == "config" else _pause(delivery.attempts)
                outbox.retry_later(connection, delivery.id, now + pause, reason, give_up=give_up)
            case "hold" | "config":
                outbox.hold(connection, delivery.id, reason)
            case "drop" | "shorten":
                outbox.retry_later(connection, delivery.id, now, reason, give_up=True)
            case "slow":
                outbox.retry_later(connection, delivery.id, now + timedelta(minutes=1), reason, give_up=False)
            case "tomorrow":
                outbox.retry_later(connection, delivery.id, _midnight(now), reason, give_up=False)
            case _ if give_up:  # not lost: the shopper gets it with the answer to their next message
                outbox.hold(connection, delivery.id, reason)
            case _:
                outbox.retry_later(connection, delivery.id, now + _pause(delivery.attempts), reason, give_up=False)

    # -- cards -------------------------------------------------------------------------------------------------------

    def _cards(self, rows: list[Delivery]) -> list[Part]:
        """At most one card after the words: of our mini-program, or an article."""
        profile = self._profile.get()
        for row in rows:
            content = _content(row)
            for card in content.cards if isinstance(content, Reply) else ():
                program = profile.mini_program
                if program and card.kind in program.pages:
                    page = {"title": card.title[:60], "appid": program.app_id, "pagepath": program.pages[card.kind]}
                    return [{"msgtype": "miniprogrampage", "miniprogrampage": page}]
                if card.kind in profile.news:
                    return [{"msgtype": "news", "news": {"articles": [profile.news[card.kind].model_dump()]}}]
        return []

    def _with_thumb(self, part: Part) -> Part:
        program = self._profile.get().mini_program
        if part["msgtype"] != "miniprogrampage" or program is None:
            return part
        return {**part, "miniprogrampage": {**part["miniprogrampage"], "thumb_media_id": self._thumb_id(program)}}

    def _thumb_id(self, program: MiniProgram) -> str:
        now = self._clock.now()
        if self._thumb is None or self._thumb[1] < now:
            path = program.thumb
            kind = "image/png" if path.suffix == ".png" else "image/jpeg"
            media_id = self._api.upload_media("image", path.name, path.read_bytes(), kind)
            self._thumb = (media_id, now + _THUMB_LIVES)
        return self._thumb[0]

    # -- notices -----------------------------------------------------------------------------------------------------

    def tell(self, connection: Connection, openid: str, notice: str, facts: dict[str, str]) -> None:
        """Put a notice of the profile into the outbox, within the caller's transaction."""
        payload = {"openid": openid, "notice": notice, "facts": facts}
        outbox.put(connection, openid[:40], NOTICE, payload, self._clock.now())  # those of one person in order

    def _notice(self, delivery: Delivery) -> None:
        """Words where a window is open, else the message that the shopper agreed to, else the template.

        `only` in the payload: this way or none; `page`: where it leads.
        """
        only = delivery.payload.get("only", "")
        openid, facts = delivery.payload["openid"], delivery.payload["facts"]
        notice = self._profile.get().notices.get(delivery.payload["notice"])
        if notice is None or not self.may_push:
            self._end(delivery, "drop", "no such notice, or no way to send one")
            return
        data = {name: text.format_map(facts)[: _room(name)] for name, text in notice.fields.items()}
        page = delivery.payload.get("page") or notice.page or self._settings.public_url
        try:
            if not (
                (not only and notice.text and self._said(openid, notice.text.format_map(facts)))
                or (only != "template" and self._agreed(openid, notice.subscribe_id, data, page))
            ):
                if only == "subscribe" or not notice.template_id:
                    self._end(delivery, "drop", "no open window, no consent, no template")
                    return
                self._api.send_template(openid, notice.template_id, data, page, f"zhike-{delivery.id}")
        except WeChatRefused as error:
            self._refused(delivery, openid, error, None)
        except WeChatDown as error:
            self._end(delivery, "retry", str(error))
        else:
            self._end(delivery, "sent", "")

    def _said(self, openid: str, words: str) -> bool:
        """Send a notice as a customer message. False where no window is open."""
        if not self._quota(openid, keep=0):
            return False
        try:
            self._api.send(openid, text_part(words), by_ai=False)
        except (WeChatRefused, WeChatDown) as error:
            self._unused(openid)
            if not (isinstance(error, WeChatRefused) and error.verdict.outcome == "hold"):
                raise
            self._closed(openid)
            return False
        return True

    def _agreed(self, openid: str, template_id: str, data: dict[str, str], page: str) -> bool:
        """Send a notice that the shopper agreed to receive. False where they did not."""
        app = self._settings.app_id
        with self._db.write() as connection:
            if not template_id or not wechat.use_consent(connection, app, openid, template_id):
                return False
        try:
            self._api.send_subscribe(openid, template_id, data, page)
        except (WeChatRefused, WeChatDown) as error:
            if isinstance(error, WeChatRefused) and error.code == NO_CONSENT:
                return False
            with self._db.write() as connection:
                wechat.give_back_consent(connection, app, openid, template_id)
            raise
        return True


def _content(delivery: Delivery) -> Reply | list[Part]:
    """What a row says: a whole reply, or the parts of one that are left."""
    payload: dict[str, Any] = delivery.payload
    if "parts" in payload:
        return list(payload["parts"])
    return load(Reply, {k: v for k, v in payload.items() if k != "by"})


def _room(field: str) -> int:
    """How many characters WeChat takes in a field of a notice, by the kind that its name begins with (thing1, phrase2)."""
    return _ROOM.get(field.rstrip("0123456789"), 20)


def _pause(attempts: int) -> timedelta:
    """Until the next try, ever longer."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_PAUSE)


def _midnight(now: datetime) -> datetime:
    """When WeChat's daily counts begin anew."""
    return datetime.combine(now.astimezone(SHANGHAI).date() + timedelta(days=1), time(0, 1), SHANGHAI)
