"""Two years of trade of the demo world, drawn in batches with numpy so that millions of orders take minutes.

Enters: a plan (sizes, seed, as-of day), stores and members as weights. Leaves: rows for `orders`, `order_lines`,
`returns`, `survey_answers`, and what was planted into them. Called by `seed`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.clock import SHANGHAI
from assistant.merchant.world.people import BATCH_COMPLAINTS, comment
from assistant.merchant.world.personas import PERSONAS
from assistant.merchant.world.places import StoreSeed
from assistant.merchant.world.range import PRODUCTS, skus

DAYS = 730
BATCH = 50_000
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How big, from which seed, up to which local day (inclusive)."""

    size: str
    stores: int
    members: int
    orders: int
    answers: int
    seed: int
    as_of: date

    @property
    def first_day(self) -> date:
        return self.as_of - timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Planted:
    """The events that an analyst should find. Written to the truth file."""

    queue_store: str
    queue_from: date
    stock_out_region: str
    stock_out_from: date
    campaign_id: str
    campaign_from: date
    campaign_until: date
    campaign_lift: float
    bad_batch: str
    bad_product: str
    bad_return_rate: float
    lapsing_last_bought: date
    lapsing: tuple[str, ...] = ()


def plant(plan: Plan) -> Planted:
    return Planted(
        queue_store="S003",
        queue_from=plan.as_of - timedelta(days=45),
        stock_out_region="西南" if plan.stores >= 11 else "华东",
        stock_out_from=plan.as_of - timedelta(days=42),
        campaign_id="CP01",
        campaign_from=plan.as_of - timedelta(days=21),
        campaign_until=plan.as_of - timedelta(days=11),
        campaign_lift=0.25,
        bad_batch="B2609",
        bad_product="P001",
        bad_return_rate=0.22,
        lapsing_last_bought=plan.as_of - timedelta(days=80),
    )


@dataclass
class Totals:
    """What the batches add up to per member, for tiers, stages and points."""

    spend_cents: Ints
    points: Ints
    last_day: Ints
    orders: Ints
    answers: int = 0


class Trade:
    """Draws orders batch by batch. Iterate `batches()` once; `totals` is complete afterwards."""

    def __init__(self, plan: Plan, seeds: list[StoreSeed], home: Ints, planted: Planted) -> None:
        self.plan = plan
        self.seeds = seeds
        self.planted = planted
        self.home = home
        self.rng = np.random.default_rng(plan.seed)
        self.words = Random(plan.seed + 1)
        count = plan.members
        pull = self.rng.lognormal(0, 1.1, count)
        self.member_cdf = np.cumsum(pull / pull.sum())
        self.lapsing = self.rng.choice(count, max(3, count // 100), replace=False)
        self.control = self.rng.random(count) < 0.2
        self.store_cdf = np.cumsum([s.weight for s in seeds]) / sum(s.weight for s in seeds)
        pulls = np.array([p.pull for p in PRODUCTS])
        self.product_cdf = np.cumsum(pulls / pulls.sum())
        self.prices = np.array([p.price_cents for p in PRODUCTS])
        self.skus = [[s[0] for s in skus(p)] for p in PRODUCTS]
        self.sku_counts = np.array([len(s) for s in self.skus])
        self.day_cdf = self._day_cdf()
        self.dates = [(plan.first_day + timedelta(days=d)) for d in range(DAYS)]
        zeros = [np.zeros(count, dtype=np.int64) for _ in range(4)]
        self.totals = Totals(zeros[0], zeros[1], zeros[2], zeros[3])
        self.totals.last_day -= 1

    def _day_cdf(self) -> NDArray[np.float64]:
        days = np.arange(DAYS)
        first = self.plan.first_day
        dates = [first + timedelta(days=int(d)) for d in days]
        week = np.array([1.35 if d.weekday() >= 5 else 0.86 for d in dates])
        season = np.array([{1: 1.3, 2: 0.9, 6: 1.15, 11: 1.3, 12: 1.2}.get(d.month, 1.0) for d in dates])
        weight = week * season * (1 + 0.18 * days / DAYS)
        cdf: NDArray[np.float64] = np.cumsum(weight / weight.sum())
        return cdf

    def batches(self) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Rows by table, `BATCH` orders at a time."""
        done = 0
        while done < self.plan.orders:
            size = min(BATCH, self.plan.orders - done)
            yield self._batch(done, size)
            done += size

    def _batch(self, start: int, size: int) -> dict[str, list[tuple[Any, ...]]]:
        rng, plan = self.rng, self.plan
        day = np.searchsorted(self.day_cdf, rng.random(size)).clip(0, DAYS - 1)
        member = np.searchsorted(self.member_cdf, rng.random(size)).clip(0, plan.members - 1)
        member[rng.random(size) < 0.25] = -1
        member[member < len(PERSONAS)] = -1  # the demo accounts have a history of their own
        day, member = self._campaign(day, member, size)
        late = day > (self.planted.lapsing_last_bought - plan.first_day).days
        member[late & np.isin(member, self.lapsing)] = -1
        store = np.searchsorted(self.store_cdf, rng.random(size)).clip(0, plan.stores - 1)
        at_home = (member >= 0) & (rng.random(size) < 0.8)
        store[at_home] = self.home[member[at_home]]
        online = rng.random(size) < 0.24
        second = (10 * 3600 + np.minimum(rng.beta(2.2, 1.8, size) * 43_000, 42_900)).astype(np.int64)
        if plan.as_of in self.dates[-1:]:  # nothing from the evening of a day that is still going on
            second = np.where(day == DAYS - 1, 36_000 + second % 7_200, second)
        lines = 1 + np.minimum(rng.poisson(0.55, size), 3)
        order_of_line = np.repeat(np.arange(size), lines)
        product = np.searchsorted(self.product_cdf, rng.random(len(order_of_line))).clip(0, len(PRODUCTS) - 1)
        variant = (rng.random(len(product)) * self.sku_counts[product]).astype(np.int64)
        quantity = 1 + (rng.random(len(product)) < 0.08)
        gross = np.bincount(order_of_line, self.prices[product] * quantity, size).astype(np.int64)
        total = (gross * np.where(rng.random(size) < 0.3, 0.9, 1.0)).astype(np.int64)
        age = DAYS - 1 - day
        self._count(member, day, total)
        return self._rows(start, day, member, store, online, second, total, age, lines, product, variant, quantity)

    def _campaign(self, day: Ints, member: Ints, size: int) -> tuple[Ints, Ints]:
        """Move a known share of later-free orders of treated members into the campaign's days."""
        first = (self.planted.campaign_from - self.plan.first_day).days
        last = (self.planted.campaign_until - self.plan.first_day).days
        window = (day >= first) & (day <= last) & (member >= 0)
        treated = window & ~self.control[member]
        extra = int(treated.sum() * self.planted.campaign_lift)
        outside = np.flatnonzero((day < first - 30) & (member >= 0))
        chosen = outside[~self.control[member[outside]]][:extra]
        day[chosen] = self.rng.integers(first, last + 1, len(chosen))
        return day, member

    def _count(self, member: Ints, day: Ints, total: Ints) -> None:
        known = member >= 0
        year = known & (day >= DAYS - 365)
        totals = self.totals
        totals.spend_cents += np.bincount(member[year], total[year], self.plan.members).astype(np.int64)
        totals.points += np.bincount(member[known], total[known] // 100, self.plan.members).astype(np.int64)
        totals.orders += np.bincount(member[known], minlength=self.plan.members)
        np.maximum.at(totals.last_day, member[known], day[known])

    def _rows(
        self, start: int, day: Ints, member: Ints, store: Ints, online: NDArray[np.bool_], second: Ints,
        total: Ints, age: Ints, lines: Ints, product: Ints, variant: Ints, quantity: Ints,
    ) -> dict[str, list[tuple[Any, ...]]]:  # fmt: skip
        rng = self.rng
        moments = [_moment(self.dates[d], s) for d, s in zip(day.tolist(), second.tolist(), strict=True)]
        status, delivered = self._status(online, age, moments)
        ids = [f"{self.dates[d]:%y%m%d}{start + i:08d}" for i, d in enumerate(day.tolist())]
        members = [_member_id(m) if m >= 0 else None for m in member.tolist()]
        stores = [self.seeds[s].store_id for s in store.tolist()]
        campaign = self.planted.campaign_id
        first = (self.planted.campaign_from - self.plan.first_day).days
        last = (self.planted.campaign_until - self.plan.first_day).days
        campaigns = [campaign if first <= d <= last and m else None for d, m in zip(day.tolist(), members, strict=True)]
        orders = list(
            zip(
                ids, members, stores, ["online" if o else "store" for o in online.tolist()], status, moments,
                delivered, total.tolist(), [t // 100 if m else 0 for t, m in zip(total.tolist(), members, strict=True)],
                campaigns,
                strict=True,
            )
        )  # fmt: skip
        order_of_line = np.repeat(np.arange(len(ids)), lines).tolist()
        line_no = [n + 1 for count in lines.tolist() for n in range(count)]
        bad_from = DAYS - 70
        batches = [
            "B2609" if p == 0 and day[o] >= bad_from and rng_hit else "B2600"
            for p, o, rng_hit in zip(
                product.tolist(), order_of_line, (rng.random(len(product)) < 0.6).tolist(), strict=True
            )
        ]
        line_rows = [
            (ids[o], n, self.skus[p][v], b, q, int(self.prices[p]))
            for o, n, p, v, b, q in zip(
                order_of_line,
                line_no,
                product.tolist(),
                variant.tolist(),
                batches,
                quantity.tolist(),
                strict=True,
            )
        ]
        returns = self._returns(line_rows, moments, order_of_line, age, status)
        answers = self._answers(start, ids, members, stores, online, day, moments, batches, order_of_line, age)
        return {"orders": orders, "order_lines": line_rows, "returns": returns, "survey_answers": answers}

    def _status(
        self, online: NDArray[np.bool_], age: Ints, moments: list[datetime]
    ) -> tuple[list[str], list[datetime | None]]:
        luck = self.rng.random(len(moments)).tolist()
        status: list[str] = []
        delivered: list[datetime | None] = []
        for is_online, days, at, chance in zip(online.tolist(), age.tolist(), moments, luck, strict=True):
            if not is_online:
                status.append("已完成")
                delivered.append(at)
            elif chance < 0.02:
                status.append("已取消")
                delivered.append(None)
            elif days <= 1:
                status.append("待发货")
                delivered.append(None)
            elif days <= 3:
                status.append("运输中")
                delivered.append(None)
            else:
                status.append("已完成")
                delivered.append(at + timedelta(days=2 + chance))
        return status, delivered

    def _returns(
        self, lines: list[tuple[Any, ...]], moments: list[datetime], order_of_line: list[int], age: Ints,
        status: list[str],
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        luck = self.rng.random(len(lines)).tolist()
        rows = []
        for line, order, chance in zip(lines, order_of_line, luck, strict=True):
            bad = line[3] == self.planted.bad_batch
            if age[order] < 9 or status[order] != "已完成" or chance >= (self.planted.bad_return_rate if bad else 0.03):
                continue
            reason = "钻绒、掉绒" if bad else ("尺码不合适", "不喜欢", "质量问题")[int(chance * 1e6) % 3]
            rows.append(
                (f"R{line[0]}{line[1]}", line[0], line[1], "退货", reason, "已完成", line[5] * line[4],
                 moments[order] + timedelta(days=5))
            )  # fmt: skip
        return rows

    def _answers(
        self, start: int, ids: list[str], members: list[str | None], stores: list[str], online: NDArray[np.bool_],
        day: Ints, moments: list[datetime], batches: list[str], order_of_line: list[int], age: Ints,
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """Survey answers to a share of the last year's orders."""
        share = min(0.9, self.plan.answers / max(1, self.plan.orders) * DAYS / 365)
        bad_orders = {o for o, b in zip(order_of_line, batches, strict=True) if b == self.planted.bad_batch}
        queue_from = (self.planted.queue_from - self.plan.first_day).days
        picks = np.flatnonzero((day >= DAYS - 365) & (age >= 2) & (self.rng.random(len(ids)) < share)).tolist()
        rows = []
        words = self.words
        for i in picks:
            score = min(10, max(0, round(words.gauss(8.1, 1.9))))
            forced = ""
            if i in bad_orders and words.random() < 0.7:
                score, forced = words.randint(1, 5), words.choice(BATCH_COMPLAINTS)
            elif (
                stores[i] == self.planted.queue_store
                and day[i] >= queue_from
                and not online[i]
                and words.random() < 0.5
            ):
                score, forced = words.randint(1, 6), "排队"
            text = comment(words, score, forced) if forced or words.random() < 0.45 else ""
            csat = min(5, max(1, round(score / 2)))
            rows.append(
                (start + i + 1, members[i], stores[i], ids[i], "配送" if online[i] else "到店",
                 moments[i] + timedelta(hours=26), score, csat, min(7, csat + 2), text)
            )  # fmt: skip
        self.totals.answers += len(rows)
        return rows


def _member_id(index: int) -> str:
    return f"M{index + 1:07d}"


def _moment(day: date, second: int) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(seconds=second)
    return local.astimezone(UTC)
