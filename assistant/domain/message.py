"""What a shopper sends and what we answer: plain blocks that every channel renders in its own way."""

from dataclasses import dataclass, field
from datetime import datetime

from assistant.domain.shopper import Identity


@dataclass(frozen=True)
class Inbound:
    """One message of a shopper. `dedup_key` is the same for every delivery of it; `value` is what a tap stands for.

    `kind`: text; image, voice, video or file (`media` is the channel's id of what was sent); location; link;
    welcome (someone began to follow us); nudge (asks for an answer that is held back).
    `reply_by`: until then the channel can carry the answer in its own response; nothing is pushed before.
    """

    identity: Identity
    dedup_key: str
    text: str
    at: datetime
    value: str = ""
    client_id: str = ""
    store_id: str | None = None
    lat: float | None = None
    lng: float | None = None
    kind: str = "text"
    media: str = ""
    reply_by: datetime | None = None


@dataclass(frozen=True)
class Choice:
    """A quick reply: `label` is shown, `send` is what the shopper says by tapping it."""

    label: str
    send: str


@dataclass(frozen=True)
class Card:
    """A fact to look at. `kind` picks the look: product, store, order, coupon, points, ticket, member, appointment."""

    kind: str
    title: str
    subtitle: str = ""
    badge: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Confirm:
    """A change that waits for the shopper's yes."""

    title: str
    rows: tuple[tuple[str, str], ...]
    yes: str = "确认"
    no: str = "取消"


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from."""

    title: str
    source: str
    page: int | None
    text: str


@dataclass(frozen=True)
class Link:
    """A page to open: `url` is absolute."""

    label: str
    url: str


@dataclass(frozen=True)
class Reply:
    """A whole answer. `text` alone must be enough for a channel that can show nothing else."""

    text: str
    cards: tuple[Card, ...] = ()
    choices: tuple[Choice, ...] = ()
    confirm: Confirm | None = None
    citations: tuple[Citation, ...] = ()
    download: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class StoredMessage:
    """A line of a conversation as it is kept."""

    id: int
    author: str
    text: str
    at: datetime
    reply: Reply | None = None
    client_id: str = ""
    trace_id: str = field(default="")
