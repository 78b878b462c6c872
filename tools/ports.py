"""The ports: what a retailer's systems must answer for the assistant to serve shoppers.

Implemented on the built-in demo store (`assistant.merchant.demo`), over HTTP (`assistant.merchant.http`, contract
in `docs/backend-openapi.json`), and in part by the service's own store (tickets, handoff, privacy).

Every method takes the member from the caller's context, never from a model. Errors are those of `tools.errors`.
Methods that change something take an idempotency `key`: the same key twice has one effect and one answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from tools.types import (
    Appointment,
    Coupon,
    Eligibility,
    KeptData,
    Logistics,
    Measurements,
    Membership,
    Order,
    PassageFact,
    PointsBalance,
    PointsEntry,
    Product,
    Redemption,
    Reservation,
    ReturnKind,
    ReturnRequest,
    RewardItem,
    Store,
    StoreStock,
    Ticket,
    TierRights,
    UsualPurchase,
)


class MembershipPort(Protocol):
    def profile(self, member_id: str) -> Membership: ...

    def by_phone(self, phone: str) -> str | None:
        """The id of the member with this phone number (11 digits), None where there is none. For binding accounts."""

    def phone(self, member_id: str) -> str | None:
        """A member's phone number (11 digits), None where there is none. For invitations by text."""

    def tiers(self) -> Sequence[TierRights]: ...

    def measurements(self, member_id: str) -> Measurements: ...


class PointsPort(Protocol):
    def balance(self, member_id: str) -> PointsBalance: ...

    def ledger(self, member_id: str, limit: int) -> Sequence[PointsEntry]: ...

    def rewards(self) -> Sequence[RewardItem]: ...

    def redeem(self, member_id: str, item_id: str, key: str) -> Redemption: ...

    def grant(self, member_id: str, points: int, reason: str, key: str) -> PointsBalance:
        """Gives points (1 or more), such as the reward of a survey; the balance afterwards."""
        ...


class CouponsPort(Protocol):
    def mine(self, member_id: str) -> Sequence[Coupon]: ...

    def claimable(self, member_id: str) -> Sequence[Coupon]: ...

    def claim(self, member_id: str, coupon_id: str, key: str) -> Coupon: ...


class OrdersPort(Protocol):
    def recent(self, member_id: str, limit: int) -> Sequence[Order]:
        """Newest first."""
        ...

    def get(self, member_id: str, order_id: str) -> Order:
        """Raises UnknownThing for an order that is not this member's, as if it did not exist."""
        ...

    def logistics(self, member_id: str, order_id: str) -> Logistics: ...

    def eligibility(
        self, member_id: str, order_id: str, line_no: int, kind: ReturnKind, reason: str | None
    ) -> Eligibility:
        """Whether a line may go back. `reason`: why, as far as it is told; "质量问题" for a fault of quality."""
        ...

    def request_return(
        self, member_id: str, order_id: str, line_no: int, kind: ReturnKind, reason: str, key: str
    ) -> ReturnRequest: ...

    def cancel(self, member_id: str, order_id: str, key: str) -> Order: ...

    def usual(self, member_id: str) -> Sequence[UsualPurchase]:
        """What the member buys again and again, most often first."""
        ...


class InventoryPort(Protocol):
    def products(self) -> Sequence[Product]:
        """The whole range that may be spoken of; cached by the caller."""
        ...

    def stock(self, product_id: str, colour: str | None, size: str | None) -> Sequence[StoreStock]:
        """Every store with at least one piece of a fitting SKU."""
        ...

    def reserve(
        self, member_id: str, product_id: str, colour: str, size: str, store_id: str, quantity: int, key: str
    ) -> Reservation: ...


class StoresPort(Protocol):
    def all(self) -> Sequence[Store]:
        """Every open store; cached by the caller."""
        ...


class AppointmentsPort(Protocol):
    def mine(self, member_id: str) -> Sequence[Appointment]: ...

    def free(self, store_id: str, day: date) -> Sequence[datetime]:
        """Free starting times on a local day."""
        ...

    def book(self, member_id: str, store_id: str, starts_at: datetime, topic: str, key: str) -> Appointment: ...

    def move(self, member_id: str, appointment_id: str, starts_at: datetime, key: str) -> Appointment: ...

    def cancel(self, member_id: str, appointment_id: str, key: str) -> Appointment: ...


class TicketsPort(Protocol):
    """`shopper` is the conversation's owner: a member where bound, else the channel identity."""

    def file(
        self,
        shopper: str,
        conversation_id: str,
        category: str,
        subject: str,
        body: str,
        store_id: str,
        key: str,
    ) -> Ticket: ...

    def mine(self, shopper: str) -> Sequence[Ticket]: ...

    def add_note(self, shopper: str, ticket_id: str, note: str, key: str) -> Ticket: ...


class PrivacyPort(Protocol):
    def kept(self, shopper: str) -> KeptData: ...

    def export(self, shopper: str) -> str:
        """Makes the file and returns the path of its one-time download."""
        ...

    def delete(self, shopper: str, key: str) -> datetime:
        """Schedules the deletion and returns when it will be done."""
        ...

    def deletion_due(self, shopper: str) -> datetime | None:
        """When the deletion that waits will be done; None where none waits."""
        ...

    def keep(self, shopper: str, key: str) -> bool:
        """Withdraws the deletion that waits; False where it is under way or done by now."""
        ...

    def choose(self, shopper: str, topic: str, allowed: bool, key: str) -> KeptData: ...


class HandoffPort(Protocol):
    def request(self, conversation_id: str, reason: str) -> int:
        """Puts the conversation into the queue of people; returns how many wait before it."""
        ...


class KnowledgePort(Protocol):
    def find(self, query: str, store_id: str | None, on: date) -> Sequence[PassageFact]:
        """Passages that answer the query or, marked as not sure, lie near it, best first; empty where nothing fits."""
        ...


class FixesPort(Protocol):
    def known(self, text: str, store_id: str | None) -> str | None:
        """What a shopper who reports this may be told of a known problem, word for word; None where nothing is known."""
        ...


class NoFixes:
    """Nothing is known."""

    def known(self, text: str, store_id: str | None) -> str | None:
        return None


@dataclass(frozen=True)
class Merchant:
    """The ports that a retailer's systems answer."""

    membership: MembershipPort
    points: PointsPort
    coupons: CouponsPort
    orders: OrdersPort
    inventory: InventoryPort
    stores: StoresPort
    appointments: AppointmentsPort


@dataclass(frozen=True)
class Ports:
    """All that the tools stand on."""

    merchant: Merchant
    tickets: TicketsPort
    privacy: PrivacyPort
    handoff: HandoffPort
    knowledge: KnowledgePort
    fixes: FixesPort = field(default_factory=NoFixes)
