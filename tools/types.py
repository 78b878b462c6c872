"""The facts that tools return: frozen, plain, serialisable. They are also the bodies of the HTTP contract.

Money is integer cents (分), fields end in `_cents`. Times are aware UTC. Ids are opaque strings.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class Tier(StrEnum):
    BASIC = "普通"
    SILVER = "银卡"
    GOLD = "金卡"
    DIAMOND = "钻石"


@dataclass(frozen=True)
class Membership:
    """Who the member is in the loyalty programme. `next_tier` is None at the top."""

    member_id: str
    name: str
    tier: Tier
    tier_until: date
    spend_cents: int
    next_tier: Tier | None
    next_tier_cents: int
    rights: tuple[str, ...]
    birthday: date | None = None
    stage: str = ""  # of the life cycle, in the retailer's words; empty where they keep none


@dataclass(frozen=True)
class TierRights:
    """The rights of one tier and the rolling 12-month spend that it takes."""

    tier: Tier
    threshold_cents: int
    points_factor: float
    rights: tuple[str, ...]


@dataclass(frozen=True)
class PointsBalance:
    """Points now, and those that lapse next."""

    balance: int
    expiring: int
    expires_on: date | None
    worth_cents: int


@dataclass(frozen=True)
class PointsEntry:
    at: datetime
    delta: int
    reason: str


@dataclass(frozen=True)
class RewardItem:
    """Something that points buy."""

    item_id: str
    name: str
    points: int
    stock: int


@dataclass(frozen=True)
class Redemption:
    item: RewardItem
    code: str
    balance: int


@dataclass(frozen=True)
class Coupon:
    """A coupon that a member holds or may claim. `least_cents` is the spend that it needs."""

    coupon_id: str
    title: str
    value_cents: int
    least_cents: int
    scope: str
    valid_until: datetime
    status: str = "available"  # available | used | expired | claimable


class OrderStatus(StrEnum):
    UNPAID = "待付款"
    PAID = "待发货"
    SHIPPED = "运输中"
    READY = "待自提"
    DONE = "已完成"
    CANCELLED = "已取消"
    RETURNING = "退换处理中"
    REFUNDED = "已退款"


@dataclass(frozen=True)
class OrderLine:
    line_no: int
    sku_id: str
    product_id: str
    product: str
    colour: str
    size: str
    quantity: int
    price_cents: int


@dataclass(frozen=True)
class Order:
    """An order with its lines. `store` is where it was bought, or 小程序; `pickup_store` is where it waits to be fetched,
    empty where it does not or nobody knows.
    """

    order_id: str
    status: OrderStatus
    channel: str  # store | online
    store_id: str
    store: str
    created_at: datetime
    total_cents: int
    points: int
    lines: tuple[OrderLine, ...]
    delivered_at: datetime | None = None
    cancellable: bool = False
    pickup_store: str = ""


@dataclass(frozen=True)
class TrackStep:
    at: datetime
    text: str


@dataclass(frozen=True)
class Logistics:
    order_id: str
    carrier: str
    tracking_no: str
    steps: tuple[TrackStep, ...]
    expected_on: date | None


class ReturnKind(StrEnum):
    RETURN = "退货"
    EXCHANGE = "换货"


@dataclass(frozen=True)
class Eligibility:
    """Whether a line may be returned or exchanged, by which rule, until when."""

    order_id: str
    line: OrderLine
    kind: ReturnKind
    allowed: bool
    until: datetime | None
    rule: str
    refund_cents: int


@dataclass(frozen=True)
class ReturnRequest:
    request_id: str
    order_id: str
    line: OrderLine
    kind: ReturnKind
    refund_cents: int
    next_step: str


@dataclass(frozen=True)
class Product:
    """A product as shoppers see it. `aliases` are what people call it."""

    product_id: str
    name: str
    brand: str
    category: str
    price_cents: int
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    blurb: str = ""


@dataclass(frozen=True)
class StoreHours:
    """Opening hours of one weekday (0 Monday … 6 Sunday), local, as HH:MM."""

    weekday: int
    opens: str
    closes: str


@dataclass(frozen=True)
class Store:
    """A store. `floors` says what is on which floor, `facilities` what it offers where."""

    store_id: str
    name: str
    short: str
    aliases: tuple[str, ...]
    region: str
    city: str
    district: str
    address: str
    phone: str
    lat: float
    lng: float
    hours: tuple[StoreHours, ...]
    floors: tuple[tuple[str, str], ...]
    facilities: tuple[tuple[str, str], ...]
    parking: str
    adviser: bool = False


@dataclass(frozen=True)
class StoreStock:
    """How many pieces of one SKU lie in one store. `distance_km` is None where no place is known."""

    store_id: str
    store: str
    city: str
    sku_id: str
    colour: str
    size: str
    quantity: int
    distance_km: float | None = None


@dataclass(frozen=True)
class Reservation:
    reservation_id: str
    store_id: str
    store: str
    product: str
    colour: str
    size: str
    keep_until: datetime
    quantity: int = 1


@dataclass(frozen=True)
class Measurements:
    """What is known of a member's body, None where it is not. Sizes bought maps category to (size, times)."""

    height_cm: int | None
    weight_kg: int | None
    foot_mm: int | None
    sizes_bought: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class UsualPurchase:
    product: Product
    times: int
    last_at: datetime
    every_days: int | None


class AppointmentStatus(StrEnum):
    BOOKED = "已预约"
    CANCELLED = "已取消"
    DONE = "已完成"


@dataclass(frozen=True)
class Appointment:
    appointment_id: str
    store_id: str
    store: str
    adviser: str
    starts_at: datetime
    topic: str
    status: AppointmentStatus
    length: timedelta = field(default=timedelta(minutes=60))


class TicketStatus(StrEnum):
    OPEN = "待处理"
    WORKING = "处理中"
    WAITING = "待您确认"
    CLOSED = "已完结"


@dataclass(frozen=True)
class Ticket:
    """A complaint or request that we promised to answer by `due_at`."""

    ticket_id: str
    category: str
    severity: str
    status: TicketStatus
    subject: str
    store: str
    created_at: datetime
    due_at: datetime
    notes: tuple[TrackStep, ...] = ()


@dataclass(frozen=True)
class KeptData:
    """What we keep of a shopper: family → number of records, and the choices in force."""

    families: tuple[tuple[str, int], ...]
    choices: tuple[tuple[str, bool], ...]
    consent_version: str


@dataclass(frozen=True)
class PassageFact:
    """One retrieved passage, with where it comes from. Not `sure`: it is the nearest, and may answer something else.

    `confidence`: the probability that the best of its list answers; `heading`: under which it stands.
    """

    chunk_id: str
    text: str
    title: str
    source: str
    page: int | None
    kind: str  # faq | passage | fix (of a known problem, told as it stands)
    question: str
    score: float
    sure: bool = True
    confidence: float = 1.0
    heading: str = ""


@dataclass(frozen=True)
class PointsOverview:
    """Points of a member with the rewards that they could buy, dearest first."""

    balance: PointsBalance
    affordable: tuple[RewardItem, ...]


@dataclass(frozen=True)
class StockAnswer:
    """Where a product (in a colour and size, where named) lies. `asked` is the stock of the store that was named.

    `near` is sorted by distance where a place is known, else by quantity. `alternatives` only where nothing fits.
    """

    product: Product
    colour: str | None
    size: str | None
    place: str
    asked_store: Store | None
    asked: int
    near: tuple[StoreStock, ...]
    alternatives: tuple[Product, ...]
    other_variants: tuple[str, ...] = ()
    brand: str = ""  # left out of the stores' names where several are listed


@dataclass(frozen=True)
class ProductList:
    """Products for `query`. `fits` is False where none meets the price that was asked for, and these come nearest."""

    query: str
    products: tuple[Product, ...]
    fits: bool = True


@dataclass(frozen=True)
class SizeAdvice:
    """A size and why. `sure` is False where it rests on the table alone. `roomier`: the next size up where it is to sit
    loosely, empty where that is not wished or there is none."""

    product: Product
    size: str
    because: str
    sure: bool
    roomier: str = ""


@dataclass(frozen=True)
class StoreNear:
    store: Store
    distance_km: float | None


@dataclass(frozen=True)
class StoreList:
    """Stores of a place; `elsewhere`: the city has none, and these are the nearest ones."""

    place: str
    stores: tuple[StoreNear, ...]
    elsewhere: bool = False


class StoreTopic(StrEnum):
    ALL = "概况"
    HOURS = "营业时间"
    PHONE = "电话"
    ADDRESS = "地址"
    PARKING = "停车"
    FLOOR = "楼层"


@dataclass(frozen=True)
class StoreAnswer:
    """What was asked of one store. `floor` is (where, what) for a thing that was looked for, None if not there."""

    store: Store
    topic: StoreTopic
    looked_for: str
    floor: tuple[str, str] | None
    open_now: bool
    on: date


@dataclass(frozen=True)
class HandedOff:
    waiting_before: int


@dataclass(frozen=True)
class Exported:
    path: str


@dataclass(frozen=True)
class ChoiceMade:
    """What a shopper allows or refuses from now on: one of `privacy.TOPICS`."""

    topic: str
    allowed: bool


@dataclass(frozen=True)
class DeletionScheduled:
    at: datetime


@dataclass(frozen=True)
class DeletionWithdrawn:
    """Whether the deletion could still be taken back; False where it is under way or done by now."""

    in_time: bool


@dataclass(frozen=True)
class KnowledgeAnswer:
    """Passages for a question, best first; empty where nothing fits."""

    question: str
    passages: tuple[PassageFact, ...]

    @property
    def sure(self) -> bool:
        """Whether the best passage answers the question; else it is but the nearest."""
        return bool(self.passages) and self.passages[0].sure


@dataclass(frozen=True)
class FreeSlots:
    store: Store
    day: date
    times: tuple[datetime, ...]


@dataclass(frozen=True)
class OrderList:
    orders: tuple[Order, ...]


@dataclass(frozen=True)
class CouponList:
    coupons: tuple[Coupon, ...]
    claimable: bool


@dataclass(frozen=True)
class PointsLedger:
    entries: tuple[PointsEntry, ...]


@dataclass(frozen=True)
class RewardList:
    balance: int
    items: tuple[RewardItem, ...]


@dataclass(frozen=True)
class TierTable:
    mine: Tier | None
    asked: Tier | None
    tiers: tuple[TierRights, ...]


@dataclass(frozen=True)
class UsualList:
    items: tuple[UsualPurchase, ...]


@dataclass(frozen=True)
class AppointmentList:
    items: tuple[Appointment, ...]


@dataclass(frozen=True)
class TicketNoted:
    """A ticket to which something was added."""

    ticket: Ticket


@dataclass(frozen=True)
class TicketList:
    items: tuple[Ticket, ...]


@dataclass(frozen=True)
class RemoteFact:
    """What a retailer's MCP server answered, as text without control characters."""

    title: str
    text: str
