"""The words of an invitation in each of its ways, put into the outbox within the caller's transaction."""

from collections.abc import Callable
from datetime import datetime

from assistant.channels import sms
from assistant.channels.official_account import CHANNEL as OFFICIAL_ACCOUNT
from assistant.channels.official_account import NOTICE
from assistant.db import conversations, outbox
from assistant.db.engine import Connection
from assistant.db.jsonable import dump
from assistant.db.moments import Invitation
from assistant.domain.message import Link, Reply
from assistant.surveys import dialogue
from assistant.surveys.dialogue import Run
from assistant.surveys.talk import names_of
from assistant.surveys.ways import NOTICE_NAME, Open

TEXT = "【{brand}】{greeting}约{minutes}分钟：{url} 退订请在页面底部操作"
LINK = "也可以点这里填写"


class Letters:
    """`url`: where surveys are pages, empty for nowhere; `store_name`: the name of a store, None where there is none."""

    def __init__(self, *, brand: str, url: str, store_name: Callable[[str], str | None]) -> None:
        self._brand = brand
        self._url = url
        self._store_name = store_name

    def address(self, invitation_id: str) -> str:
        """The survey as a page; empty where there are none."""
        return f"{self._url}/survey/{invitation_id}" if self._url else ""

    def put(
        self, connection: Connection, found: Invitation, run: Run, way: Open, now: datetime, *,
        not_after: datetime | None,
    ) -> dict[str, int | None]:  # fmt: skip
        """The delivery, and the line of the conversation that it shows (None where there is none), by name."""
        message = None
        if way.channel == NOTICE:
            where, payload = found.id, self._notice(found, run, way)
        elif way.channel == sms.CHANNEL:
            where, payload = found.id, {"member": found.member_id, "text": self.text(found, run)}
        else:
            reply = self._chat(found, run, way.channel)
            where, payload = way.conversation_id, dump(reply)
            message = conversations.add_message(connection, where, "assistant", reply, now)
        delivery = outbox.put(connection, where, way.channel, payload, now, message_id=message, not_after=not_after)
        return {"delivery": delivery, "message": message}

    def text(self, found: Invitation, run: Run) -> str:
        """As a text to a phone."""
        greeting = dialogue.greeting(run, self._names(found))
        return TEXT.format(brand=self._brand, greeting=greeting, minutes=run.survey.minutes, url=self.address(found.id))

    def _chat(self, found: Invitation, run: Run, channel: str) -> Reply:
        reply = dialogue.invite(run, self._names(found))
        url = self.address(found.id) if channel == OFFICIAL_ACCOUNT else ""  # the web chat has its buttons
        return Reply(reply.text, choices=reply.choices, links=(Link(LINK, url),) if url else ())

    def _notice(self, found: Invitation, run: Run, way: Open) -> dict[str, object]:
        names = self._names(found)
        facts = {"title": run.survey.title, "words": dialogue.greeting(run, names), **names}
        return {
            "openid": way.openid, "notice": NOTICE_NAME, "facts": facts, "only": way.way,
            "page": self.address(found.id),
        }  # fmt: skip

    def _names(self, found: Invitation) -> dict[str, str]:
        return names_of(found, self._brand, self._store_name)
