"""Members, their points and coupons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from assistant.db.tables.retail import (
    coupons,
    member_coupons,
    members,
    order_lines,
    orders,
    points_entries,
    products,
    reward_items,
    skus,
)
from tools.types import Coupon, Measurements, PointsEntry, RewardItem


@dataclass(frozen=True)
class MemberRow:
    """A member as stored."""

    member_id: str
    name: str
    phone: str
    tier: str
    tier_until: date
    birthday: date | None
    city: str
    home_store_id: str
    spend_cents: int
    stage: str


def get(connection: Connection, member_id: str) -> MemberRow | None:
    row = connection.execute(select(members).where(members.c.id == member_id)).first()
    if row is None:
        return None
    return MemberRow(
        row.id, row.name, row.phone, row.tier, row.tier_until, row.birthday, row.city, row.home_store_id,
        row.spend_cents, row.stage or "",
    )  # fmt: skip


def by_phone(connection: Connection, phone: str) -> str | None:
    """The member with a phone number; the one who joined first where families share it."""
    query = select(members.c.id).where(members.c.phone == phone).order_by(members.c.id).limit(1)
    return connection.execute(query).scalar_one_or_none()


def measurements(connection: Connection, member_id: str) -> Measurements:
    row = connection.execute(
        select(members.c.height_cm, members.c.weight_kg, members.c.foot_mm).where(members.c.id == member_id)
    ).one()
    bought = connection.execute(
        select(products.c.category, skus.c.size, func.count().label("times"))
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .join(skus, skus.c.id == order_lines.c.sku_id)
        .join(products, products.c.id == skus.c.product_id)
        .where(orders.c.member_id == member_id, orders.c.status != "已取消")
        .group_by(products.c.category, skus.c.size)
        .order_by(func.count().desc())
    ).all()
    return Measurements(row.height_cm, row.weight_kg, row.foot_mm, tuple((b.category, b.size, b.times) for b in bought))


def balance(connection: Connection, member_id: str) -> int:
    total = select(func.coalesce(func.sum(points_entries.c.delta), 0)).where(points_entries.c.member_id == member_id)
    return int(connection.execute(total).scalar_one())


def expiring(connection: Connection, member_id: str, today: date) -> tuple[int, date | None]:
    """Points that lapse on the next date of expiry. What was spent is taken from the oldest first."""
    rows = connection.execute(
        select(points_entries.c.expires_on, func.sum(points_entries.c.delta).label("earned"))
        .where(points_entries.c.member_id == member_id, points_entries.c.delta > 0)
        .group_by(points_entries.c.expires_on)
        .order_by(points_entries.c.expires_on)
    ).all()
    spent = connection.execute(
        select(func.coalesce(func.sum(-points_entries.c.delta), 0)).where(
            points_entries.c.member_id == member_id, points_entries.c.delta < 0
        )
    ).scalar_one()
    for row in rows:
        left = max(0, row.earned - spent)
        spent = max(0, spent - row.earned)
        if left and row.expires_on and row.expires_on >= today:
            return int(left), row.expires_on
    return 0, None


def ledger(connection: Connection, member_id: str, limit: int) -> Sequence[PointsEntry]:
    rows = connection.execute(
        select(points_entries)
        .where(points_entries.c.member_id == member_id)
        .order_by(points_entries.c.at.desc())
        .limit(limit)
    ).all()
    return [PointsEntry(row.at, row.delta, row.reason) for row in rows]


def add_points(connection: Connection, member_id: str, delta: int, reason: str, at: datetime) -> None:
    connection.execute(
        insert(points_entries).values(member_id=member_id, at=at, delta=delta, reason=reason, expires_on=None)
    )


def lock(connection: Connection, member_id: str) -> None:
    """Serialise changes to one member's account until the transaction ends."""
    connection.execute(select(members.c.id).where(members.c.id == member_id).with_for_update())


def rewards(connection: Connection) -> Sequence[RewardItem]:
    rows = connection.execute(select(reward_items).order_by(reward_items.c.points)).all()
    return [RewardItem(row.id, row.name, row.points, row.stock) for row in rows]


def take_reward(connection: Connection, item_id: str) -> bool:
    """Take one piece; False where none is left."""
    done = connection.execute(
        update(reward_items)
        .where(reward_items.c.id == item_id, reward_items.c.stock > 0)
        .values(stock=reward_items.c.stock - 1)
    )
    return done.rowcount == 1


def coupons_of(connection: Connection, member_id: str, now: datetime) -> Sequence[Coupon]:
    """Coupons that the member holds and may still use, the soonest to lapse first."""
    rows = connection.execute(
        select(member_coupons, coupons.c.title, coupons.c.value_cents, coupons.c.least_cents, coupons.c.scope)
        .join(coupons, coupons.c.id == member_coupons.c.coupon_id)
        .where(
            member_coupons.c.member_id == member_id,
            member_coupons.c.status == "available",
            member_coupons.c.valid_until > now,
        )
        .order_by(member_coupons.c.valid_until)
    ).all()
    return [Coupon(r.coupon_id, r.title, r.value_cents, r.least_cents, r.scope, r.valid_until, r.status) for r in rows]


@dataclass(frozen=True)
class CouponOffer:
    """A coupon that may be claimed, before the member is known to qualify."""

    coupon: Coupon
    tiers: tuple[str, ...]
    valid_days: int


def offers(connection: Connection, member_id: str, now: datetime) -> Sequence[CouponOffer]:
    """Open coupons that this member has never claimed."""
    held = select(member_coupons.c.coupon_id).where(member_coupons.c.member_id == member_id)
    rows = connection.execute(
        select(coupons)
        .where(coupons.c.claim_until > now, coupons.c.id.not_in(held))
        .order_by(coupons.c.value_cents.desc())
    ).all()
    return [
        CouponOffer(
            Coupon(r.id, r.title, r.value_cents, r.least_cents, r.scope, r.claim_until, "claimable"),
            tuple(r.tiers),
            r.valid_days,
        )
        for r in rows
    ]


def give_coupon(connection: Connection, member_id: str, coupon_id: str, until: datetime) -> None:
    connection.execute(
        insert(member_coupons).values(
            id=f"MC-{member_id}-{coupon_id}",
            member_id=member_id,
            coupon_id=coupon_id,
            status="available",
            valid_until=until,
        )
    )


def ids(connection: Connection) -> list[str]:
    """All members, in order."""
    return list(connection.execute(select(members.c.id).order_by(members.c.id)).scalars())


def put_offer(connection: Connection, row: Mapping[str, Any]) -> None:
    """A coupon that members may claim."""
    connection.execute(insert(coupons).values(**row))


def claims(connection: Connection, coupon_id: str) -> dict[str, int]:
    """How often each member holds a coupon."""
    held = member_coupons.c
    query = select(held.member_id, func.count().label("n")).where(held.coupon_id == coupon_id).group_by(held.member_id)
    return {row.member_id: row.n for row in connection.execute(query)}
