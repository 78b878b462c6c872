"""Makes the demo world: `seed(database, size=…)` fills the retail tables and writes the truth file.

One transaction: a reader sees the old world or the new one, a killed seeding leaves the old one. Progress is
reported by calls of `progress(done, of, what)`.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from assistant.clock import SHANGHAI
from assistant.db import seeds as seed_records
from assistant.db.bulk import clear, load_rows, roomy
from assistant.db.engine import Database
from assistant.db.tables import retail
from assistant.merchant.world.history import DAYS, Ints, Plan, Planted, Trade, plant
from assistant.merchant.world.people import full_name, phone
from assistant.merchant.world.personas import PERSONAS, PersonaRows
from assistant.merchant.world.personas import rows as persona_rows
from assistant.merchant.world.places import StoreSeed, org_rows, store_row, store_seeds
from assistant.merchant.world.range import BRANDS, PRODUCTS, skus
from assistant.merchant.world.service_feed import write_feeds

Progress = Callable[[int, int, str], None]

SIZES: dict[str, tuple[int, int, int, int]] = {
    # stores, members, orders, survey answers
    "tiny": (16, 400, 3_000, 600),
    "demo": (40, 8_000, 80_000, 9_000),
    "large": (1_000, 1_000_000, 12_000_000, 1_200_000),
}

TIERS = ((5_000_000, "钻石"), (1_000_000, "金卡"), (200_000, "银卡"), (0, "普通"))

_TABLES = (
    retail.org_units, retail.stores, retail.products, retail.skus, retail.stock, retail.stock_outs,
    retail.store_days, retail.members, retail.orders, retail.order_lines, retail.order_steps, retail.returns,
    retail.points_entries, retail.reward_items, retail.coupons, retail.member_coupons, retail.campaigns,
    retail.campaign_members, retail.reservations, retail.appointments, retail.survey_answers,
)  # fmt: skip

REWARDS = (
    ("PARK1", "停车券1小时", 500, 9_999), ("CASH10", "10元现金券", 1_000, 9_999), ("COFFEE", "咖啡券", 2_000, 860),
    ("CASH50", "50元现金券", 5_000, 1_200), ("CASH200", "200元现金券", 20_000, 150),
)  # fmt: skip


@dataclass(frozen=True)
class Seeded:
    """What was made."""

    size: str
    seed: int
    as_of: date
    stores: int
    members: int
    orders: int
    answers: int
    truth: Path


def seed(database: Database, data_dir: Path, *, size: str, seed: int, as_of: date, progress: Progress) -> Seeded:
    """Replace the retail tables by a new world."""
    stores, members, orders, answers = SIZES[size]
    plan = Plan(size, stores, members, orders, answers, seed, as_of)
    rng = Random(seed)
    stores_made = store_seeds(stores, rng, as_of)
    home = np.random.default_rng(seed + 7).choice(
        stores, members, p=np.array([s.weight for s in stores_made]) / sum(s.weight for s in stores_made)
    )
    planted = plant(plan)
    trade = Trade(plan, stores_made, home.astype(np.int64), planted)
    steps = orders // 50_000 + 4
    with database.write() as connection, roomy(connection):

        def load(table: Any, columns: str, rows: Any) -> int:
            return load_rows(connection, table, columns.split(), rows)

        progress(0, steps, "清空旧数据")
        clear(connection, _TABLES)
        _load_range(load, stores_made, as_of)
        progress(1, steps, "门店与商品")
        for number, batch in enumerate(trade.batches(), 2):
            _load_trade(load, batch)
            progress(number, steps, f"订单 {min((number - 1) * 50_000, orders):,} / {orders:,}")
        planted = _load_members(load, plan, trade, planted, stores_made)
        progress(steps - 1, steps, "会员、积分与优惠券")
        _load_days(load, plan, planted, stores_made)
        _load_personas(load, persona_rows(as_of))
        done = Seeded(size, seed, as_of, stores, members, orders, trade.totals.answers, data_dir / "truth.json")
        seed_records.note(connection, {"size": size, "seed": seed, "as_of": as_of.isoformat()}, datetime.now(UTC))
    write_feeds(database, data_dir / "feeds", plan, planted)
    _write_truth(done, planted, trade)
    progress(steps, steps, "完成")
    return done


def _load_range(load: Any, stores: list[StoreSeed], as_of: date) -> None:
    load(retail.org_units, "id parent_id kind name", org_rows(stores, list(BRANDS)))
    rows = [store_row(s) for s in stores]
    json_columns = {"aliases", "hours", "floors", "facilities", "advisers"}
    load(
        retail.stores,
        " ".join(rows[0]),
        [tuple(_json(v) if k in json_columns else v for k, v in row.items()) for row in rows],
    )
    load(
        retail.products,
        "id name brand category price_cents colours sizes aliases blurb",
        [
            (p.product_id, p.name, p.brand, p.category, p.price_cents, _json(p.colours), _json(p.sizes),
             _json(p.aliases), p.blurb)
            for p in PRODUCTS
        ],
    )  # fmt: skip
    load(
        retail.skus, "id product_id colour size",
        [(sku, p.product_id, colour, sz) for p in PRODUCTS for sku, colour, sz in skus(p)],
    )  # fmt: skip
    load(retail.reward_items, "id name points stock", REWARDS)
    end = datetime.combine(as_of + timedelta(days=20), time(23, 59), SHANGHAI).astimezone(UTC)
    load(
        retail.coupons,
        "id title value_cents least_cents scope tiers claim_until valid_days",
        [
            ("CO01", "满300减30券", 3_000, 30_000, "全场通用（黄金珠宝除外）", _json(["普通", "银卡", "金卡", "钻石"]), end, 15),
            ("CO02", "鞋履满500减80券", 8_000, 50_000, "步川鞋履", _json(["普通", "银卡", "金卡", "钻石"]), end, 15),
            ("CO03", "金卡专享满800减150券", 15_000, 80_000, "女装、男装", _json(["金卡", "钻石"]), end, 10),
            ("CO04", "美妆满200减25券", 2_500, 20_000, "拾光美妆护肤", _json(["普通", "银卡", "金卡", "钻石"]), end, 15),
            ("CO05", "童装满199减40券", 4_000, 19_900, "初禾童装", _json(["普通", "银卡", "金卡", "钻石"]), end, 15),
            ("CO06", "钻石专享满2000减500券", 50_000, 200_000, "全场通用（黄金珠宝除外）", _json(["钻石"]), end, 30),
        ],
    )  # fmt: skip


def _load_trade(load: Any, batch: dict[str, list[tuple[Any, ...]]]) -> None:
    load(
        retail.orders,
        "id member_id store_id channel status created_at delivered_at total_cents points campaign_id",
        batch["orders"],
    )
    load(retail.order_lines, "order_id line_no sku_id batch quantity price_cents", batch["order_lines"])
    load(retail.returns, "id order_id line_no kind reason status refund_cents created_at", batch["returns"])
    load(
        retail.survey_answers,
        "id member_id store_id order_id touchpoint at nps csat ces comment",
        batch["survey_answers"],
    )


def tier_of(spend_cents: int) -> str:
    """The tier that a rolling 12-month spend gives."""
    return next(name for least, name in TIERS if spend_cents >= least)


def _stage(orders: int, last_day: int, spend_cents: int, joined_days: int) -> str:
    idle = DAYS - 1 - last_day
    if orders == 0:
        return "新会员" if joined_days < 60 else "潜客"
    if idle > 365:
        return "流失"
    if idle > 120:
        return "沉默"
    if spend_cents >= 1_000_000:
        return "高价值"
    return "新会员" if joined_days < 90 else "老会员"


def _load_members(load: Any, plan: Plan, trade: Trade, planted: Planted, stores: list[StoreSeed]) -> Planted:
    rng = Random(plan.seed + 3)
    totals = trade.totals
    personas = {p.member_id: p for p in PERSONAS}
    today = datetime.combine(plan.as_of, time(9), SHANGHAI).astimezone(UTC)
    members: list[tuple[Any, ...]] = []
    points: list[tuple[Any, ...]] = []
    coupons: list[tuple[Any, ...]] = []
    campaign: list[tuple[Any, ...]] = []
    year_end = date(plan.as_of.year, 12, 31)

    def flush() -> None:
        load(
            retail.members,
            "id name phone gender birthday tier tier_until stage city home_store_id joined_at spend_cents "
            "height_cm weight_kg foot_mm",
            members,
        )
        load(retail.points_entries, "member_id at delta reason expires_on", points)
        load(retail.member_coupons, "id member_id coupon_id status valid_until", coupons)
        load(retail.campaign_members, "campaign_id member_id in_control", campaign)
        for rows in (members, points, coupons, campaign):
            rows.clear()

    for i in range(plan.members):
        member_id = f"M{i + 1:07d}"
        campaign.append((planted.campaign_id, member_id, int(trade.control[i])))
        if member_id in personas:
            p = personas[member_id]
            members.append(
                (member_id, p.name, p.phone, p.gender, p.birthday, p.tier, plan.as_of + timedelta(days=201), p.stage,
                 p.city, p.store_id, today - timedelta(days=700 if p.spend_cents else 12), p.spend_cents,
                 p.height_cm, p.weight_kg, p.foot_mm)
            )  # fmt: skip
            continue
        gender = "女" if rng.random() < 0.62 else "男"
        spend, orders = int(totals.spend_cents[i]), int(totals.orders[i])
        joined_days = rng.randint(1, 1500) if orders == 0 else rng.randint(DAYS - int(totals.last_day[i]), 2000)
        store = stores[int(trade.home[i])]
        birthday = date(1960, 1, 1) + timedelta(days=int(rng.triangular(0, 17_500, 11_500)))
        members.append(
            (member_id, full_name(rng, gender), phone(rng, i + 20_000_000), gender, birthday, tier_of(spend),
             plan.as_of + timedelta(days=rng.randint(20, 364)),
             _stage(orders, int(totals.last_day[i]), spend, joined_days), store.city, store.store_id,
             today - timedelta(days=joined_days), spend, *_body(rng, gender))
        )  # fmt: skip
        earned = int(totals.points[i])
        if earned:
            points.append((member_id, today - timedelta(days=420), earned // 6, "历史积分结余", year_end))
            points.append(
                (
                    member_id,
                    today - timedelta(days=20),
                    earned // 4,
                    "购物积分",
                    date(plan.as_of.year + 1, 12, 31),
                )
            )
        if orders and rng.random() < 0.4:
            coupons.append((f"MC-{member_id}-1", member_id, "CO01", "available", today + timedelta(days=9)))
        if len(members) >= 20_000:
            flush()
    flush()
    lapsing = tuple(f"M{int(i) + 1:07d}" for i in trade.lapsing[:200] if totals.orders[i] >= 3 and i >= len(PERSONAS))
    load(
        retail.campaigns, "id name starts_on ends_on",
        [(planted.campaign_id, "双11会员狂欢", planted.campaign_from, planted.campaign_until)],
    )  # fmt: skip
    return replace(planted, lapsing=lapsing)


def _body(rng: Random, gender: str) -> tuple[int | None, int | None, int | None]:
    if rng.random() < 0.5:
        return None, None, None
    height = round(rng.gauss(162 if gender == "女" else 174, 6))
    return height, round(height - 107 + rng.gauss(0, 7)), round(height * 1.45)


def _load_days(load: Any, plan: Plan, planted: Planted, stores: list[StoreSeed]) -> None:
    rng = np.random.default_rng(plan.seed + 5)
    days = [plan.as_of - timedelta(days=d) for d in range(min(DAYS, 400 if plan.size == "large" else DAYS))]
    week = np.array([1.4 if d.weekday() >= 5 else 0.85 for d in days])
    for s in stores:
        visits: Ints = rng.poisson(900 * s.weight * week)
        load(
            retail.store_days, "day store_id visits",
            [(d, s.store_id, v) for d, v in zip(days, visits.tolist(), strict=True)],
        )  # fmt: skip
        load(
            retail.stock_outs,
            "day store_id product_id skus_out skus_total",
            _stock_outs(rng, plan, planted, s),
        )
        load(retail.stock, "sku_id store_id quantity", _stock(rng, s, planted))


def _stock_outs(rng: np.random.Generator, plan: Plan, planted: Planted, store: StoreSeed) -> list[tuple[Any, ...]]:
    rows = []
    for back in range(180):
        day = plan.as_of - timedelta(days=back)
        rate = 0.04
        if store.region == planted.stock_out_region and day >= planted.stock_out_from:
            rate += 0.16 * (day - planted.stock_out_from).days / 42
        hit = np.flatnonzero(rng.random(len(PRODUCTS)) < rate)
        for p in hit.tolist():
            variants = len(skus(PRODUCTS[p]))
            rows.append((day, store.store_id, PRODUCTS[p].product_id, 1 + int(rng.integers(variants)), variants))
    return rows


def _stock(rng: np.random.Generator, store: StoreSeed, planted: Planted) -> list[tuple[Any, ...]]:
    empty = 0.42 if store.region == planted.stock_out_region else 0.28
    rows = []
    for product in PRODUCTS:
        for sku, _, _ in skus(product):
            quantity = 0 if rng.random() < empty else 1 + int(rng.poisson(3 * store.weight))
            if quantity:
                rows.append((sku, store.store_id, quantity))
    return rows


def _load_personas(load: Any, rows: PersonaRows) -> None:
    load(
        retail.orders,
        "id member_id store_id channel status created_at delivered_at total_cents points campaign_id carrier "
        "tracking_no",
        rows.orders,
    )
    load(retail.order_lines, "order_id line_no sku_id batch quantity price_cents", rows.order_lines)
    load(retail.order_steps, "order_id at text", rows.order_steps)
    load(retail.returns, "id order_id line_no kind reason status refund_cents created_at", rows.returns)
    load(retail.points_entries, "member_id at delta reason expires_on", rows.points)
    load(retail.member_coupons, "id member_id coupon_id status valid_until", rows.coupons)
    load(retail.appointments, "id member_id store_id adviser starts_at topic status", rows.appointments)


def _write_truth(done: Seeded, planted: Planted, trade: Trade) -> None:
    done.truth.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "size": done.size,
        "seed": done.seed,
        "as_of": done.as_of,
        "planted": asdict(planted),
        "control_share": round(float(trade.control.mean()), 4),
    }
    done.truth.write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
