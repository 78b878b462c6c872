"""Puts pushes on disk, many in one transaction: the message, the window that it opens, and what else it changes.

Returns once they are there. The same push again (a retry of WeChat's) changes nothing and is told as not fresh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant import logs
from assistant.channels.official_account import CHANNEL
from assistant.channels.official_account.meaning import Meaning
from assistant.channels.official_account.profile import ProfileFile
from assistant.clock import Clock
from assistant.db import conversations, due, effects, inbox, moments, outbox, wechat
from assistant.db.engine import Connection, Database
from assistant.db.group import GroupCommit
from assistant.db.inbox import Accepted
from assistant.db.wechat import Contact
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity

log = logs.get("wechat")
FORGET = "wechat.forget"


@dataclass(frozen=True)
class Taken:
    """A push on disk. `accepted` is None where no answer is to be given."""

    accepted: Accepted | None


class Intake:
    """`known_store`: whether a store id exists. Any thread may put."""

    def __init__(
        self,
        app: str,
        database: Database,
        profile: ProfileFile,
        clock: Clock,
        *,
        known_store: Callable[[str], bool],
        may_push: Callable[[], bool],
    ) -> None:
        self._app = app
        self._profile = profile
        self._clock = clock
        self._known_store = known_store
        self._may_push = may_push
        self._group: GroupCommit[Meaning, Taken] = GroupCommit(database, self._write)

    async def put(self, meaning: Meaning) -> Taken:
        """Returns once the push is on disk. Raises StoreDown."""
        return await self._group.put(meaning)

    def close(self) -> None:
        self._group.close()

    def _write(self, connection: Connection, meanings: Sequence[Meaning]) -> list[Taken]:
        now = self._clock.now()
        inbounds = {id(m): self._readied(connection, m.inbound) for m in meanings if m.inbound is not None}
        accepted = dict(
            zip(inbounds, inbox.accept_all(connection, list(inbounds.values()), now), strict=True)
        ) if inbounds else {}  # fmt: skip
        taken = [Taken(accepted.get(id(m))) for m in meanings]
        news = [m for m, t in zip(meanings, taken, strict=True) if t.accepted is None or t.accepted.fresh]
        for meaning in news:
            self._change(connection, meaning)
        if contacts := [_contact(m) for m in news if not m.erase]:
            wechat.touch(connection, self._app, contacts, now)
        fresh = {t.accepted.conversation_id for t in taken if t.accepted and t.accepted.fresh}
        if fresh and self._may_push():
            reply_by = max((i.reply_by for i in inbounds.values() if i.reply_by), default=now)
            outbox.let_go(connection, fresh, reply_by)
        return taken

    def _readied(self, connection: Connection, inbound: Inbound) -> Inbound:
        """A scene names a store where there is one; a word that only asks for what is held back is a nudge."""
        scene = inbound.value.removeprefix("store:")
        if inbound.kind in ("welcome", "scan") and self._known_store(scene):
            return replace(inbound, store_id=scene)
        if inbound.kind == "text" and inbound.text.strip().lower() in self._profile.get().nudges:
            known = conversations.find(connection, inbound.identity)
            asked = known is not None and moments.live(connection, known, self._clock.now()) is not None
            if known is not None and not asked and self._owes(connection, known):
                return replace(inbound, kind="nudge")
        return inbound

    def _owes(self, connection: Connection, conversation_id: str) -> bool:
        """Whether an answer is kept back; where none can be pushed, also one that is ready or still being made."""
        if self._may_push():
            return outbox.holds(connection, conversation_id)
        return conversations.waits(connection, conversation_id) or outbox.holds(connection, conversation_id, ready=True)

    def _change(self, connection: Connection, meaning: Meaning) -> None:
        """What changes beside the conversation: each once, however often it is told."""
        if not (meaning.consents or meaning.holder or meaning.erase or meaning.displaced or meaning.failed_notice):
            return
        if effects.done_before(connection, meaning.key, str) is not None:
            return
        now = self._clock.now()
        effects.remember(connection, meaning.key, meaning.name, now)
        if meaning.consents:
            wechat.consent(connection, self._app, meaning.openid, meaning.consents, now)
        identity = Identity(CHANNEL, self._app, meaning.openid)
        if meaning.holder and (known := conversations.find(connection, identity)):
            conversations.set_holder(connection, known, meaning.holder)
        if meaning.erase:
            due.schedule(connection, FORGET, meaning.key, {"openid": meaning.openid}, now)
        if meaning.displaced:
            wechat.forget_place(connection, self._app, meaning.openid)
        if meaning.failed_notice:
            log.warning("notice_not_delivered", status=meaning.failed_notice)


def _contact(meaning: Meaning) -> Contact:
    return Contact(
        meaning.openid, meaning.trigger, meaning.subscribed, meaning.scene, meaning.lat, meaning.lng
    )  # fmt: skip
