"""Talking to a service in tests: one line in, the whole outcome out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from assistant.bootstrap import Service
from assistant.db import conversations
from assistant.domain.message import Inbound, StoredMessage
from assistant.domain.shopper import Identity
from assistant.journeys.shopper_message import Served


@dataclass
class Shopper:
    """A shopper in a conversation of their own."""

    service: Service
    member: str | None = "M0000001"
    store: str | None = None
    sender: str = ""

    def __post_init__(self) -> None:
        self.sender = self.sender or uuid4().hex

    def inbound(self, text: str, key: str = "") -> Inbound:
        identity = Identity("web", "test", self.sender)
        return Inbound(identity, key or uuid4().hex, text, self.service.clock.now(), store_id=self.store)

    def say(self, text: str) -> Served:
        accepted = self.service.shopper_messages.accept(self.inbound(text), member_id=self.member)
        return self.service.shopper_messages.serve_next(only=accepted.conversation_id)[-1]

    def hear(self, text: str) -> str:
        """The text of the answer."""
        return self.say(text).reply.text

    def history(self) -> Sequence[StoredMessage]:
        """The lines of the conversation, oldest first."""
        with self.service.database.read() as connection:
            mine = conversations.find(connection, Identity("web", "test", self.sender))
            assert mine is not None
            return conversations.history(connection, mine)


def tools_of(served: Served) -> list[str]:
    return [call["tool"] for call in served.trace["tools"]]


def intents_of(served: Served) -> list[str]:
    return [step["intent"] for step in served.trace["intents"]]
