"""Who is speaking: a channel identity, bound to a member or not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """A person as a channel knows them. `app` tells apart several accounts of one channel."""

    channel: str
    app: str
    sender: str


@dataclass(frozen=True)
class Shopper:
    """The owner of a conversation. `member_id` comes from the channel's binding, never from a message."""

    identity: Identity
    member_id: str | None

    @property
    def key(self) -> str:
        """The stable name under which tickets and choices are kept."""
        return self.member_id or f"{self.identity.channel}:{self.identity.app}:{self.identity.sender}"
