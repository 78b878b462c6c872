"""The scope of an account never leaves the part of the tree that it names, whatever the tree and the units."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.clock import FixedClock
from assistant.db.engine import Database
from assistant.domain.account import Account, OrgUnit, Permission, Role, resolve
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from tests.conftest import NOW

KINDS = ("group", "region", "city", "store", "counter")
Tree = dict[str, OrgUnit]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Trees of any shape, with units whose parent is missing too."""
    found: Tree = {"G": OrgUnit("G", None, "group", "集团")}
    for level, kind in enumerate(KINDS[1:], 1):
        parents = [u.unit_id for u in found.values() if u.kind == KINDS[level - 1]] + ["lost"]
        for number in range(draw(st.integers(0, 6))):
            parent = draw(st.sampled_from(parents))
            found[f"{kind}{number}"] = OrgUnit(f"{kind}{number}", parent, kind, f"{kind}{number}")
    return found


def below(unit: str, tree: Tree) -> set[str]:
    """A unit and all below it, by climbing up from every leaf: another way than `resolve` goes."""
    found = set()
    for leaf in tree:
        at: str | None = leaf
        while at in tree:
            if at == unit:
                found.add(leaf)
            at = tree[at].parent_id
    return found


@settings(max_examples=300, deadline=None)
@given(trees(), st.data())
def test_a_scope_is_what_lies_below_its_units_and_nothing_else(tree: Tree, data: st.DataObject) -> None:
    units = tuple(data.draw(st.lists(st.sampled_from([*tree, "unknown"]), max_size=4)))

    scope = resolve(Account("a", "a", Role.STORE_STAFF, units), tree)

    reach = set().union(*(below(u, tree) for u in units))
    stores = {u for u in reach if tree[u].kind == "store"}
    counters = {(tree[u].parent_id or "", tree[u].name) for u in reach if tree[u].kind == "counter"}
    assert scope.stores == stores
    assert scope.counters == {c for c in counters if c[0] not in stores}
    assert scope.whole == ("G" in units)
    assert scope.empty == (not stores and not counters and "G" not in units)


def account(rng: Random, tree: Tree, number: int) -> Account:
    """An account with up to four units from anywhere, and a unit that does not exist now and then."""
    units = rng.sample(sorted(tree), rng.randint(0, 4)) + ["不存在"] * (rng.random() < 0.2)
    return Account(f"a{number}", "x", rng.choice([r for r in Role if r is not Role.SERVICE_AGENT]), tuple(units))


@pytest.fixture(scope="module")
def questions(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> OpsQuestions:
    folder = tmp_path_factory.mktemp("scope")
    database = Database(f"sqlite:///{world_file / 'zhike.db'}")
    refresh(Sources(database, world_file / "feeds"), MartFiles(folder), NOW)
    database.close()
    return OpsQuestions(MartFiles(folder), FixedClock(NOW))


def test_ten_thousand_accounts_of_the_demo_world_stay_below_their_units(questions: OpsQuestions) -> None:
    tree = questions.lookup.tree()
    stores = {u: {s for s in below(u, tree) if tree[s].kind == "store"} for u in tree if tree[u].kind != "counter"}
    rng = Random(11)

    for number in range(10_000):
        one = account(rng, tree, number)
        allowed = set().union(*(stores.get(u, set()) for u in one.units))
        scope = resolve(one, tree)
        assert scope.stores == allowed
        assert {c[0] for c in scope.counters} <= {tree[u].parent_id for u in one.units if u in tree}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 10_000),
    st.sampled_from(["2026年10月各门店销售额", "2026年10月各门店NPS", "2026年10月各门店退货率排名"]),
)
def test_an_answer_names_only_stores_within_the_scope(questions: OpsQuestions, number: int, question: str) -> None:
    tree = questions.lookup.tree()
    one = account(Random(number), tree, number)

    answer = questions.ask(one, question)

    reach = resolve(one, tree)
    seen = reach.stores | {c[0] for c in reach.counters}
    allowed = {tree[s].name for s in seen}  # 北京望京店; answers say 望京店
    named = {str(row[0]) for row in answer.rows if answer.columns[0]["name"] == "store"}
    assert all(any(full.endswith(short) for full in allowed) for short in named)
    assert len(named) <= len(seen)
    if reach.empty:
        assert answer.reason == "permission"


def test_every_role_has_its_row_in_the_table_of_permissions() -> None:
    told = {r: sorted(p.value for p in Permission if Account("a", "a", r, ()).may(p)) for r in Role}

    assert told[Role.SERVICE_AGENT] == ["answer_desk"]
    assert told[Role.STORE_STAFF] == ["ask"]
    assert told[Role.ADMIN] == sorted(p.value for p in Permission)
    assert [r for r in Role if "manage_accounts" in told[r]] == [Role.ADMIN]
