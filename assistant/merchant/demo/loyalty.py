"""Membership, points and coupons of the demo store."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from assistant.clock import Clock, local
from assistant.db import effects
from assistant.db.engine import Database
from assistant.db.retail import members
from tools.errors import NeedLogin, ToolRefused, UnknownThing
from tools.types import (
    Coupon,
    Measurements,
    Membership,
    PointsBalance,
    PointsEntry,
    Redemption,
    RewardItem,
    Tier,
    TierRights,
)

TIERS: tuple[TierRights, ...] = (
    TierRights(Tier.BASIC, 0, 1.0, ("消费1元积1分", "生日月双倍积分", "裤脚修改会员价")),
    TierRights(Tier.SILVER, 200_000, 1.2, ("积分1.2倍", "生日月双倍积分", "免押金租借轮椅和婴儿车")),
    TierRights(Tier.GOLD, 1_000_000, 1.5, ("积分1.5倍", "每天停车另免2小时", "金卡专享券", "生日月双倍积分")),
    TierRights(
        Tier.DIAMOND,
        5_000_000,
        2.0,
        ("积分2倍", "每天停车另免4小时", "VIP休息室", "专属穿搭顾问", "钻石专享券"),
    ),
)
_RIGHTS = {t.tier: t for t in TIERS}


class DemoMembership:
    def __init__(self, database: Database) -> None:
        self._db = database

    def by_phone(self, phone: str) -> str | None:
        with self._db.read() as connection:
            return members.by_phone(connection, phone)

    def phone(self, member_id: str) -> str | None:
        with self._db.read() as connection:
            row = members.get(connection, member_id)
        return row.phone or None if row else None

    def profile(self, member_id: str) -> Membership:
        with self._db.read() as connection:
            row = members.get(connection, member_id)
        if row is None:
            raise NeedLogin
        tier = Tier(row.tier)
        above = [t for t in TIERS if t.threshold_cents > _RIGHTS[tier].threshold_cents]
        return Membership(
            member_id=row.member_id,
            name=row.name,
            tier=tier,
            tier_until=row.tier_until,
            spend_cents=row.spend_cents,
            next_tier=above[0].tier if above else None,
            next_tier_cents=max(0, above[0].threshold_cents - row.spend_cents) if above else 0,
            rights=_RIGHTS[tier].rights,
            birthday=row.birthday,
            stage=row.stage,
        )

    def tiers(self) -> Sequence[TierRights]:
        return TIERS

    def measurements(self, member_id: str) -> Measurements:
        with self._db.read() as connection:
            return members.measurements(connection, member_id)


class DemoPoints:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def balance(self, member_id: str) -> PointsBalance:
        today = local(self._clock.now()).date()
        with self._db.read() as connection:
            total = members.balance(connection, member_id)
            expiring, on = members.expiring(connection, member_id, today)
        return PointsBalance(total, expiring, on, total)

    def ledger(self, member_id: str, limit: int) -> Sequence[PointsEntry]:
        with self._db.read() as connection:
            return members.ledger(connection, member_id, limit)

    def rewards(self) -> Sequence[RewardItem]:
        with self._db.read() as connection:
            return members.rewards(connection)

    def redeem(self, member_id: str, item_id: str, key: str) -> Redemption:
        now = self._clock.now()
        with self._db.write() as connection:
            members.lock(connection, member_id)
            if done := effects.done_before(connection, key, Redemption):
                return done
            item = next((i for i in members.rewards(connection) if i.item_id == item_id), None)
            if item is None:
                raise UnknownThing("item", "没有找到这个可兑换的礼品。")
            have = members.balance(connection, member_id)
            if have < item.points:
                raise ToolRefused(
                    "points_short",
                    f"兑换{item.name}需要{item.points:,}分，您现在有{have:,}分，还差{item.points - have:,}分。",
                )
            if not members.take_reward(connection, item_id):
                raise ToolRefused("reward_gone", f"{item.name}已经兑完了，可以看看其他礼品。")
            members.add_points(connection, member_id, -item.points, f"兑换{item.name}", now)
            result = Redemption(item, f"YS{code_of(key)}", have - item.points)
            effects.remember(connection, key, result, now)
        return result

    def grant(self, member_id: str, points: int, reason: str, key: str) -> PointsBalance:
        now = self._clock.now()
        if points < 1:
            raise ToolRefused("points_none", "没有可以发放的积分。")
        with self._db.write() as connection:
            members.lock(connection, member_id)
            if done := effects.done_before(connection, key, PointsBalance):
                return done
            if members.get(connection, member_id) is None:
                raise NeedLogin
            members.add_points(connection, member_id, points, reason[:60], now)
            total = members.balance(connection, member_id)
            result = PointsBalance(total, *members.expiring(connection, member_id, local(now).date()), total)
            effects.remember(connection, key, result, now)
        return result


class DemoCoupons:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def mine(self, member_id: str) -> Sequence[Coupon]:
        with self._db.read() as connection:
            return members.coupons_of(connection, member_id, self._clock.now())

    def claimable(self, member_id: str) -> Sequence[Coupon]:
        with self._db.read() as connection:
            member = members.get(connection, member_id)
            offers = members.offers(connection, member_id, self._clock.now())
        return [o.coupon for o in offers if member and member.tier in o.tiers]

    def claim(self, member_id: str, coupon_id: str, key: str) -> Coupon:
        now = self._clock.now()
        with self._db.write() as connection:
            members.lock(connection, member_id)
            if done := effects.done_before(connection, key, Coupon):
                return done
            member = members.get(connection, member_id)
            offer = next(
                (o for o in members.offers(connection, member_id, now) if o.coupon.coupon_id == coupon_id),
                None,
            )
            if offer is None:
                raise ToolRefused("coupon_gone", "这张券您已经领过，或者已经领完了。")
            if member is None or member.tier not in offer.tiers:
                raise ToolRefused("coupon_tier", f"{offer.coupon.title}需要{'、'.join(offer.tiers)}会员才能领取。")
            until = now + timedelta(days=offer.valid_days)
            members.give_coupon(connection, member_id, coupon_id, until)
            c = offer.coupon
            result = Coupon(c.coupon_id, c.title, c.value_cents, c.least_cents, c.scope, until, "available")
            effects.remember(connection, key, result, now)
        return result


def code_of(key: str) -> str:
    """A stable ten-digit code of an idempotency key, to be shown at a counter."""
    return f"{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**10:010d}"
