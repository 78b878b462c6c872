"""The demo world: the same seed gives the same world, its sums hold, and what was planted can be found in it."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.clock import SHANGHAI
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.merchant.world.personas import PERSONAS
from assistant.merchant.world.seed import seed, tier_of
from tests.conftest import AS_OF

TABLES = ("orders", "order_lines", "members", "returns", "survey_answers", "stock", "stock_outs", "points_entries")


def stamp(day: date) -> str:
    """The beginning of a local day as the store writes it."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture(scope="module")
def world(world_file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{world_file / 'zhike.db'}?mode=ro", uri=True)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def planted(world_file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world_file / "truth.json").read_text(encoding="utf-8"))["planted"]
    return found


def one(world: sqlite3.Connection, sql: str, *values: object) -> Any:
    return world.execute(sql, values).fetchone()[0]


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: sqlite3.Connection, tmp_path: Path) -> None:
    worlds = []
    for number in (1, 2):
        database = Database(f"sqlite:///{tmp_path / f'{number}.db'}")
        migrate(database)
        seed(database, tmp_path, size="tiny", seed=number, as_of=AS_OF, progress=lambda *_: None)
        database.close()
        made = sqlite3.connect(tmp_path / f"{number}.db")
        worlds.append({t: sorted(made.execute(f"select * from {t}").fetchall(), key=repr) for t in TABLES})
        made.close()

    again, other = worlds

    for table in TABLES:
        assert again[table] == sorted(world.execute(f"select * from {table}").fetchall(), key=repr), table
    assert other["orders"] != again["orders"]


def test_the_truth_file_says_what_was_made(world_file: Path) -> None:
    truth = json.loads((world_file / "truth.json").read_text(encoding="utf-8"))

    assert (truth["size"], truth["seed"], truth["as_of"]) == ("tiny", 1, AS_OF.isoformat())
    assert 0.1 < truth["control_share"] < 0.3


def test_the_tier_of_every_member_fits_their_spend_of_a_year(world: sqlite3.Connection) -> None:
    personas = {p.member_id for p in PERSONAS}
    year = stamp(AS_OF - timedelta(days=364))
    spent = dict(
        world.execute("select member_id, sum(total_cents) from orders where created_at >= ? group by 1", (year,))
    )

    for member, tier, spend in world.execute("select id, tier, spend_cents from members"):
        if member not in personas:
            assert (tier, spend) == (tier_of(spend), spent.get(member, 0)), member


def test_an_order_costs_its_lines_or_a_tenth_less(world: sqlite3.Connection) -> None:
    sums = world.execute(
        "select o.total_cents, sum(l.price_cents * l.quantity) from orders o join order_lines l on l.order_id = o.id "
        "group by o.id"
    ).fetchall()

    assert len(sums) == one(world, "select count(*) from orders")
    assert all(total in (gross, int(gross * 0.9)) for total, gross in sums)


def test_nothing_happens_after_the_present(world: sqlite3.Connection) -> None:
    end = stamp(AS_OF + timedelta(days=1))

    assert one(world, "select count(*) from orders where created_at >= ?", end) == 0


@pytest.mark.parametrize(
    "orphans",
    [
        "select count(*) from order_lines where order_id not in (select id from orders)",
        "select count(*) from order_lines where sku_id not in (select id from skus)",
        "select count(*) from orders where member_id is not null and member_id not in (select id from members)",
        "select count(*) from orders where store_id not in (select id from stores)",
        "select count(*) from returns where order_id not in (select id from orders)",
        "select count(*) from survey_answers where order_id not in (select id from orders)",
        "select count(*) from stores where id not in (select id from org_units)",
        "select count(*) from org_units where parent_id is not null and parent_id not in (select id from org_units)",
    ],
)
def test_every_row_belongs_to_something(world: sqlite3.Connection, orphans: str) -> None:
    assert one(world, orphans) == 0


def test_the_store_with_the_queue_is_rated_lower_from_that_day_on(
    world: sqlite3.Connection, planted: dict[str, Any]
) -> None:
    start = stamp(date.fromisoformat(planted["queue_from"]))
    mean = "select avg(nps) from survey_answers where store_id = ? and touchpoint = '到店' and at "

    before = one(world, f"{mean} < ?", planted["queue_store"], start)
    after = one(world, f"{mean} >= ?", planted["queue_store"], start)

    assert after < before - 1


def test_stock_outs_rise_in_the_region_and_nowhere_else(world: sqlite3.Connection, planted: dict[str, Any]) -> None:
    def rise(sign: str) -> float:
        count = (
            "select count(*) * 1.0 / count(distinct day) from stock_outs join stores on stores.id = store_id "
            f"where region {sign} ? and day "
        )
        region, start = planted["stock_out_region"], planted["stock_out_from"]
        late = date.fromisoformat(start) + timedelta(days=21)
        return float(one(world, f"{count} >= ?", region, late.isoformat())) / float(
            one(world, f"{count} < ?", region, start)
        )

    assert rise("=") > 2.5
    assert 0.8 < rise("<>") < 1.2


def test_the_bad_batch_comes_back_far_more_often(world: sqlite3.Connection, planted: dict[str, Any]) -> None:
    rate = (
        "select avg(r.id is not null) from order_lines l join orders o on o.id = l.order_id "
        "left join returns r on r.order_id = l.order_id and r.line_no = l.line_no "
        "where o.status = '已完成' and o.created_at < ? and l.batch "
    )
    settled = stamp(AS_OF - timedelta(days=9))

    bad = one(world, f"{rate} = ?", settled, planted["bad_batch"])
    usual = one(world, f"{rate} <> ?", settled, planted["bad_batch"])

    assert usual < 0.06
    assert bad > usual * 2
    assert (
        one(world, "select count(distinct substr(sku_id, 1, 4)) from order_lines where batch = ?", planted["bad_batch"])
        == 1
    )


def test_the_campaign_lifts_orders_of_those_who_got_it_by_about_what_was_planted(
    tmp_path: Path, planted: dict[str, Any]
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'demo.db'}")
    migrate(database)
    from assistant.merchant.world import seed as seeding

    seeding.SIZES["measured"] = (16, 2_000, 40_000, 10)
    try:
        seed(database, tmp_path, size="measured", seed=1, as_of=AS_OF, progress=lambda *_: None)
    finally:
        del seeding.SIZES["measured"]
    database.close()
    world = sqlite3.connect(tmp_path / "demo.db")
    first, last = date.fromisoformat(planted["campaign_from"]), date.fromisoformat(planted["campaign_until"])

    def per_day(control: int, start: date, end: date) -> float:
        count = one(
            world,
            "select count(*) from orders o join campaign_members c on c.member_id = o.member_id "
            "where c.in_control = ? and o.created_at >= ? and o.created_at < ?",
            control, stamp(start), stamp(end + timedelta(days=1)),
        )  # fmt: skip
        return float(count) / ((end - start).days + 1)

    calm = (first - timedelta(days=300), first - timedelta(days=31))
    treated = per_day(0, first, last) / per_day(0, *calm)
    control = per_day(1, first, last) / per_day(1, *calm)
    world.close()

    assert treated / control - 1 == pytest.approx(planted["campaign_lift"], abs=0.2)
    assert treated > control


def test_those_about_to_lapse_have_not_bought_since(world: sqlite3.Connection, planted: dict[str, Any]) -> None:
    last = stamp(date.fromisoformat(planted["lapsing_last_bought"]) + timedelta(days=1))

    assert planted["lapsing"]
    for member in planted["lapsing"]:
        assert one(world, "select count(*) from orders where member_id = ?", member) >= 3
        assert one(world, "select count(*) from orders where member_id = ? and created_at >= ?", member, last) == 0
