"""The spells of members' states say of every day what the definition of the month-end states says of it."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.db.engine import Database
from assistant.mart.files import STAR, MartFiles
from assistant.mart.refresh import Sources, refresh
from tests.conftest import AS_OF, NOW

FIRST = AS_OF - timedelta(days=400)
APART = """
SELECT COUNT(*) FROM (SELECT day, member_id, store_id, stage,
                             CASE WHEN last_day >= day - 90 THEN 1 ELSE 0 END AS active FROM t_stage) t
FULL JOIN (SELECT d.day, s.* FROM f_member_spells s JOIN d_state_day d ON d.day BETWEEN s.first_day AND s.last_day) s
  ON s.day = t.day AND s.member_id = t.member_id
WHERE (t.store_id, t.stage, t.active) IS DISTINCT FROM (s.store_id, s.stage, s.active)
"""


def run(connection: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """The statements of the star that make these tables."""
    text = "\n".join(line for line in STAR.read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
    made = {s.split()[2]: s for s in text.replace("{as_of}", f"'{AS_OF}'").split(";\n") if s.strip()}
    for table in tables:
        connection.execute(made[table])


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


@pytest.fixture(scope="module")
def mart(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = MartFiles(tmp_path_factory.mktemp("states"))
    store = Database(f"sqlite:///{world_file / 'zhike.db'}")
    version = refresh(Sources(store, world_file / "feeds"), files, NOW).version
    store.close()
    return files.path(version)


def test_on_every_day_of_the_small_world_spells_and_definition_agree_for_all_members(mart: Path) -> None:
    with duckdb.connect() as world:
        world.execute(f"ATTACH '{mart}' AS mart (READ_ONLY)")
        for table in ("d_state_day", "d_member", "f_member_spells"):
            world.execute(f"CREATE VIEW {table} AS SELECT * FROM mart.{table}")
        world.execute("CREATE VIEW d_snapshot AS SELECT day FROM d_state_day")
        world.execute("CREATE VIEW t_orders AS SELECT member_id, day, sales_cents AS total_cents FROM mart.f_orders")

        run(world, "t_spend", "t_stage")

        assert number(world, "SELECT COUNT(DISTINCT day) FROM t_stage") == 401
        assert number(world, "SELECT COUNT(DISTINCT stage) FROM f_member_spells") == 6
        assert number(world, APART) == 0


def test_the_month_ends_are_those_of_the_snapshots(mart: Path) -> None:
    with duckdb.connect(str(mart), read_only=True) as made:
        apart = number(
            made,
            "SELECT COUNT(*) FROM f_member_months m LEFT JOIN f_member_spells s ON s.member_id = m.member_id AND "
            "m.day BETWEEN s.first_day AND s.last_day "
            "WHERE (m.stage, m.active, m.store_id) IS DISTINCT FROM (s.stage, s.active, s.store_id)",
        )

        assert number(made, "SELECT COUNT(*) FROM f_member_months") > 0
        assert apart == 0


def test_spells_that_touch_differ_so_that_none_could_be_one(mart: Path) -> None:
    with duckdb.connect(str(mart), read_only=True) as made:
        alike = number(
            made,
            "SELECT COUNT(*) FROM f_member_spells a JOIN f_member_spells b ON a.member_id = b.member_id "
            "AND b.first_day = a.last_day + 1 WHERE a.stage = b.stage AND a.active = b.active",
        )

        assert alike == 0


DAYS = st.integers(0, 900).map(lambda n: AS_OF + timedelta(days=20 - n))
NEAR = st.sampled_from([0, 1, 59, 60, 61, 89, 90, 91, 119, 120, 121, 122, 363, 364, 365, 366, 367])


@st.composite
def orders(draw: st.DrawFn) -> tuple[date, list[tuple[date, int]]]:
    """The day of joining, and days and cents of orders, many of them just about a limit from another one or from joining."""
    joined = draw(DAYS)
    days = [joined]
    for _ in range(draw(st.integers(0, 7))):
        far = draw(NEAR) * draw(st.sampled_from([1, 1, 1, -1]))
        days.append(draw(st.sampled_from([draw(DAYS), draw(st.sampled_from(days)) + timedelta(days=far)])))
    cents = st.sampled_from([0, 100, 400_000, 500_000, 999_999, 1_000_000])
    return joined, [(day, draw(cents)) for day in days[1:]]


@settings(max_examples=60, deadline=None)
@given(st.lists(orders(), min_size=1, max_size=4))
def test_at_the_limits_too_they_agree(members: list[tuple[date, list[tuple[date, int]]]]) -> None:
    with duckdb.connect() as world:
        world.execute("CREATE TABLE d_day (day DATE)")
        world.execute(
            f"INSERT INTO d_day SELECT UNNEST(RANGE(DATE '{FIRST}' - 30, DATE '{AS_OF}' + 40, INTERVAL 1 DAY))"
        )
        world.execute("CREATE TABLE d_member (member_id VARCHAR, home_store_id VARCHAR, joined_on DATE)")
        world.execute("CREATE TABLE t_orders (member_id VARCHAR, day DATE, total_cents BIGINT)")
        for n, (joined, bought) in enumerate(members):
            world.execute("INSERT INTO d_member VALUES ($m, 'S001', $d)", {"m": f"M{n}", "d": joined})
            for day, cents in bought:
                world.execute("INSERT INTO t_orders VALUES ($m, $d, $c)", {"m": f"M{n}", "d": day, "c": cents})

        run(world, "d_state_day", "t_bought", "t_turns", "t_states", "f_member_spells")
        world.execute("CREATE VIEW d_snapshot AS SELECT day FROM d_state_day")
        run(world, "t_spend", "t_stage")

        assert number(world, APART) == 0
