"""What a conversation remembers between turns: what was spoken of, what is being asked, what waits for a yes."""

from dataclasses import dataclass, field
from datetime import datetime

from assistant.domain.shopper import Shopper


@dataclass(frozen=True)
class Focus:
    """The last things spoken of, so that "那白色的呢" can be understood."""

    product_id: str | None = None
    colour: str | None = None
    size: str | None = None
    store_id: str | None = None
    place: str | None = None
    order_id: str | None = None
    line_no: str | None = None
    ticket_id: str | None = None
    appointment_id: str | None = None


@dataclass(frozen=True)
class Offer:
    """One of the things that were offered to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class Task:
    """A wish that is not served yet: the tool, the arguments so far, the slot that was asked for."""

    tool: str
    args: dict[str, str]
    slot: str = ""
    question: str = ""
    offers: tuple[Offer, ...] = ()
    tries: int = 0


@dataclass(frozen=True)
class Pending:
    """A change that waits for the shopper's yes until `expires_at`."""

    tool: str
    args: dict[str, str]
    key: str
    title: str
    expires_at: datetime


@dataclass(frozen=True)
class State:
    """All of the above. Frozen: a turn makes the next one.

    `shown` is what was listed last, of the kind `shown_slot`, to be picked by its number; `last_question` is the
    question that the documents answered last, empty once something else was served; `proposed` is the tool that the last
    reply offers to use; `made` is the tool of the change that was made last.
    """

    focus: Focus = field(default_factory=Focus)
    asking: Task | None = None
    pending: Pending | None = None
    parked: tuple[Task, ...] = ()
    last_tool: str = ""
    last_args: dict[str, str] = field(default_factory=dict)
    last_reply: str = ""
    last_question: str = ""
    proposed: str = ""
    made: str = ""
    shown_slot: str = ""
    shown: tuple[Offer, ...] = ()
    misses: int = 0
    upset: int = 0


@dataclass(frozen=True)
class Conversation:
    """A conversation with its shopper. `holder` is who answers: assistant, queue or person."""

    id: str
    shopper: Shopper
    store_id: str | None
    holder: str
    state: State
