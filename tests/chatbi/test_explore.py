"""Exploration: what the model writes only reads, only within the scope, and is said to be what it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.confine import confine, views
from assistant.chatbi.explore import LABEL
from assistant.clock import FixedClock
from assistant.domain.account import Account, Role, Scope
from assistant.errors import BadInput
from assistant.journeys.ops_question import OpsQuestions
from assistant.llm.scripted import Down, ScriptedLlm
from tests.conftest import NOW

CATALOGUE = catalogue()
MANAGER = Account("manager", "一号店店长", Role.STORE_MANAGER, ("S001",))
MINE = Scope(frozenset({"S001"}))
PER_STORE = "SELECT store_id, COUNT(*) AS 单数 FROM f_orders GROUP BY store_id ORDER BY 1"


def rows(questions: OpsQuestions, sql: str, scope: Scope = MINE) -> tuple[tuple[Any, ...], ...]:
    confined = confine(sql, CATALOGUE, scope, "salt")
    return questions.engine.run(confined.tree, confined.parameters, scope.key).rows


def exploring(questions: OpsQuestions, *written: Mapping[str, Any] | Exception) -> OpsQuestions:
    return OpsQuestions(questions.marts, FixedClock(NOW), llm=ScriptedLlm([*written]), explore_budget_s=5.0)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM f_orders", "DROP TABLE f_orders", "SELECT 1; SELECT 2", "COPY f_orders TO '/tmp/x'", "SET threads=1",
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT getenv('HOME')",
        "SELECT * FROM information_schema.tables", "SELECT * FROM main.f_orders", "SELECT * FROM sqlite_master",
        "SELECT * FROM d_org", "SELECT comment FROM f_answers_raw", "WITH f_orders AS (SELECT * FROM f_orders) SELECT * FROM f_orders",
        "WITH a AS (SELECT * FROM later), later AS (SELECT 1) SELECT * FROM a",
        "SELECT * FROM (WITH x AS (SELECT 1 AS a) SELECT * FROM x) y", "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM r) SELECT * FROM r",
        "SELECT $1 FROM f_orders", "写一首诗", "",
    ],
)  # fmt: skip
def test_what_does_more_than_read_known_tables_is_not_run(sql: str) -> None:
    with pytest.raises(BadInput, match="没有执行"):
        confine(sql, CATALOGUE, MINE, "salt")


@pytest.mark.parametrize("table", [t for t, v in views().items() if "store_id" in v.names])
def test_every_table_holds_the_askers_stores_only(table: str, questions: OpsQuestions) -> None:
    found = rows(questions, f"SELECT DISTINCT store_id FROM {table}")

    assert {r[0] for r in found} <= {"S001"}


@pytest.mark.parametrize(
    "sql",
    [
        PER_STORE, "WITH a AS (SELECT store_id FROM f_orders) SELECT DISTINCT store_id, 1 FROM a",
        "SELECT store_id, 1 FROM f_orders UNION SELECT store_id, 2 FROM f_answers",
        "SELECT o.store_id, (SELECT COUNT(*) FROM f_tickets t WHERE t.store_id = o.store_id) AS n FROM f_orders o GROUP BY 1",
        "SELECT s.store_id, s.store FROM d_store s WHERE s.store_id IN (SELECT store_id FROM f_visits)",
        "SELECT home_store_id, COUNT(*) AS n FROM d_member GROUP BY 1",
    ],
)  # fmt: skip
def test_no_way_of_writing_it_leaves_the_scope(sql: str, questions: OpsQuestions) -> None:
    assert {r[0] for r in rows(questions, sql)} == {"S001"}
    assert len({r[0] for r in rows(questions, sql, Scope(frozenset(), whole=True))}) > 1


def test_members_are_codes_that_count_and_join(questions: OpsQuestions) -> None:
    everything = Scope(frozenset(), whole=True)

    joined = rows(questions, "SELECT COUNT(DISTINCT o.member_id), COUNT(DISTINCT m.member_id) FROM f_orders o JOIN d_member m ON m.member_id = o.member_id", everything)  # fmt: skip
    shown = rows(questions, "SELECT member_id FROM d_member LIMIT 3", everything)

    assert joined[0][0] == joined[0][1] > 10
    assert not any(str(r[0]).startswith("M0") for r in shown)


def test_a_counter_sees_its_own_brand_in_its_own_store(questions: OpsQuestions) -> None:
    counter = Scope(frozenset(), frozenset({("S001", "云织")}))

    sold = rows(questions, "SELECT DISTINCT l.store_id, p.brand FROM f_lines l JOIN d_product p ON p.product_id = l.product_id", counter)  # fmt: skip

    assert sold == (("S001", "云织"),)
    assert rows(questions, "SELECT * FROM f_orders", counter) == ()


def test_an_answer_says_what_it_is_and_shows_what_was_run(questions: OpsQuestions) -> None:
    asked = exploring(questions, {"sql": PER_STORE})

    answer = asked.ask(MANAGER, "各店有多少单", explore=True)

    assert (answer.status, answer.tier, len(answer.rows)) == ("answered", "explore", 1)
    assert LABEL in answer.narrative
    assert "f_orders" in answer.sql


def test_a_statement_that_fails_goes_back_to_the_model_once(questions: OpsQuestions) -> None:
    wrong = {"sql": "SELECT no_such_column FROM f_orders"}

    mended = exploring(questions, wrong, {"sql": PER_STORE}).ask(MANAGER, "各店有多少单", explore=True)
    hopeless = exploring(questions, wrong, wrong).ask(MANAGER, "各店有多少单", explore=True)

    assert mended.status == "answered"
    assert (hopeless.status, "换个说法" in hopeless.narrative) == ("refused", True)


def test_where_it_is_off_or_the_model_is_down_the_asker_is_told(questions: OpsQuestions) -> None:
    off = questions.ask(MANAGER, "各店有多少单", explore=True)
    down = exploring(questions, Down()).ask(MANAGER, "各店有多少单", explore=True)

    assert "没有开启探索模式" in off.narrative
    assert "探索模式暂时用不了" in down.narrative
