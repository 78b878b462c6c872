"""An ops question from account to answer: what it says, what it keeps, what it audits."""

import json
from pathlib import Path

import pytest

from assistant.clock import FixedClock
from assistant.db.engine import Database
from assistant.domain.account import Account, OrgUnit, Role, Scope, resolve
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from assistant.merchant.world.accounts import demo_accounts
from tests.conftest import NOW

TREE = {
    u.unit_id: u
    for u in (
        OrgUnit("G", None, "group", "集团"), OrgUnit("R-东", "G", "region", "东"), OrgUnit("C-沪", "R-东", "city", "沪"),
        OrgUnit("S1", "C-沪", "store", "一店"), OrgUnit("S2", "C-沪", "store", "二店"),
        OrgUnit("S1-B1", "S1", "counter", "云织"),
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def questions(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> OpsQuestions:
    folder = tmp_path_factory.mktemp("ops")
    database = Database(f"sqlite:///{world_file / 'zhike.db'}")
    refresh(Sources(database, world_file / "feeds"), MartFiles(folder), NOW)
    database.close()
    return OpsQuestions(MartFiles(folder), FixedClock(NOW))


@pytest.mark.parametrize(
    ("units", "scope"),
    [
        (("G",), Scope(frozenset({"S1", "S2"}), whole=True)),
        (("R-东",), Scope(frozenset({"S1", "S2"}))),
        (("S2",), Scope(frozenset({"S2"}))),
        (("S1-B1",), Scope(frozenset(), frozenset({("S1", "云织")}))),
        (("S1", "S1-B1"), Scope(frozenset({"S1"}))),
        (("不存在",), Scope(frozenset())),
        ((), Scope(frozenset())),
    ],
)
def test_units_become_the_stores_below_them_and_nothing_else(units: tuple[str, ...], scope: Scope) -> None:
    assert resolve(Account("x", "x", Role.STORE_STAFF, units), TREE) == scope


def test_an_answer_has_everything_a_page_or_a_program_needs(questions: OpsQuestions) -> None:
    answer = questions.ask(demo_accounts()["east"], "上月各城市销售额").as_json()

    assert json.loads(json.dumps(answer)) == answer
    assert answer["status"] == "answered"
    assert answer["scope"].startswith("您权限内")
    assert [c["label"] for c in answer["columns"]] == ["城市", "销售额"]
    assert answer["chart"]["type"] == "bar"
    assert answer["query"]["metrics"] == ["sales"]
    assert "scope_stores" in answer["sql"]


def test_numbers_of_a_counter_are_those_of_its_brand_in_its_store(questions: OpsQuestions) -> None:
    accounts = demo_accounts()

    counter = questions.ask(accounts["counter"], "上月销售额")
    store = questions.ask(accounts["analyst"], "徐家汇店云织上月销售额")

    assert counter.rows == store.rows
    assert "1个专柜" in counter.narrative


def test_what_a_counter_cannot_be_cut_to_is_empty_for_it(questions: OpsQuestions) -> None:
    answer = questions.ask(demo_accounts()["counter"], "上月客流")

    assert not answer.rows or not answer.rows[0][0]


def test_every_store_manager_sees_a_part_and_the_parts_are_the_whole(questions: OpsQuestions) -> None:
    accounts = demo_accounts()
    whole = questions.ask(accounts["analyst"], "上月销售额").rows[0][0]
    stores = questions.scope(accounts["analyst"]).stores

    parts = [questions.ask(Account(s, s, Role.STORE_MANAGER, (s,)), "上月销售额").rows[0][0] for s in sorted(stores)]

    assert sum(parts) == pytest.approx(whole)


def test_the_same_question_is_not_computed_twice_but_never_shared_across_scopes(questions: OpsQuestions) -> None:
    accounts = demo_accounts()
    questions.ask(accounts["east"], "上上周销售额")

    again = questions.ask(accounts["east"], "上上周销售额")
    other = questions.ask(accounts["south"], "上上周销售额")

    assert again.ms["engine"] == 0
    assert other.rows != again.rows


def test_of_two_that_are_compared_it_is_said_by_how_much_one_is_ahead(questions: OpsQuestions) -> None:
    answer = questions.ask(demo_accounts()["analyst"], "上个月华东和华南的销售额差多少")

    east, south = ({row[0]: float(row[1]) for row in answer.rows}[region] for region in ("华东", "华南"))
    ahead, behind = ("华东", "华南") if east > south else ("华南", "华东")
    share = 100 * abs(east - south) / min(east, south)
    assert f"{ahead}比{behind}多" in answer.narrative
    assert f"（{share:.1f}%）" in answer.narrative


def test_the_log_names_account_and_metric_but_no_words(
    questions: OpsQuestions, capsys: pytest.CaptureFixture[str]
) -> None:
    questions.ask(demo_accounts()["east"], "徐家汇店上月销售额")

    said = "".join(capsys.readouterr())
    assert "徐家汇店" not in said


@pytest.mark.parametrize("fell", ["掉得最快", "跌得最狠", "下降最多", "降得最厉害", "下滑最明显"])
def test_what_fell_most_comes_first_with_its_reasons(questions: OpsQuestions, fell: str) -> None:
    answer = questions.ask(demo_accounts()["analyst"], f"上个月哪些门店NPS{fell}，为什么？").as_json()

    changes = [row[3] for row in answer["rows"]]
    assert changes == sorted(changes), "the steepest fall first"
    assert changes[0] < 0
    assert "影响最大的是" in answer["narrative"]
