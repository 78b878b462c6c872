"""An experience moment: something that happened between a shopper and the retailer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Event:
    """Something that happened at the retailer's. `id` is theirs: the same id twice is the same event."""

    id: str
    type: str
    member_id: str
    at: datetime
    store_id: str | None = None
    order_id: str | None = None
    channel: str = ""
    amount_cents: int | None = None
