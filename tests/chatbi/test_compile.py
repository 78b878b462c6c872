"""The compiler: every metric by every dimension, no fan-out, sums that add up, and a scope that nothing leaves."""

from datetime import date
from pathlib import Path
from random import Random

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.compile import compile_query
from assistant.chatbi.query import (
    Calculation,
    Comparison,
    Filter,
    MetricQuery,
    Order,
    Period,
    Subset,
    Threshold,
)
from assistant.domain.account import Scope
from assistant.errors import BadInput, NotAllowed
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles

CATALOGUE = catalogue()
AUTUMN = Period(start=date(2026, 9, 1), end=date(2026, 11, 22), label="秋天")
SUMMER = Period(start=date(2026, 6, 1), end=date(2026, 8, 31), label="夏天")
STORES = [f"S{n:03d}" for n in range(1, 17)]
BRANDS = ["云织", "步川", "拾光"]


def breakdown(metric: str, *dimensions: str, comparison: bool = False) -> MetricQuery:
    against = (
        Comparison(kind="period", period=SUMMER) if comparison and "current" not in CATALOGUE.kinds(metric) else None
    )
    kind = Calculation.BREAKDOWN if dimensions else Calculation.VALUE
    return MetricQuery(calculation=kind, metrics=(metric,), dimensions=dimensions, period=AUTUMN, comparison=against)


@pytest.mark.parametrize("metric", CATALOGUE.metrics)
def test_every_metric_runs_by_every_dimension_it_allows_and_is_legible_elsewhere(
    metric: str, questions: OpsQuestions, everything: Scope
) -> None:
    for dimension in (None, *sorted(CATALOGUE.dimensions_of(metric))):
        query = breakdown(metric, *([dimension] if dimension else []), comparison=dimension in (None, "store"))

        compiled = compile_query(query, CATALOGUE, everything)
        table = questions.engine.run(compiled.sql(), compiled.parameters, everything.key)

        assert set(table.columns) == {c.name for c in compiled.columns}
        for dialect in ("postgres", "clickhouse") if dimension in (None, "store") else ():
            assert sqlglot.parse_one(compiled.sql(dialect), read=dialect)


def test_the_metric_layer_is_as_wide_as_promised() -> None:
    assert len(CATALOGUE.metrics) >= 60
    assert len(CATALOGUE.dimensions) >= 20


@pytest.mark.parametrize("metric", [m for m, d in CATALOGUE.metrics.items() if d.type == "additive"])
def test_parts_of_a_sum_add_up_to_the_whole(metric: str, questions: OpsQuestions, everything: Scope) -> None:
    whole = questions.analyst.table(breakdown(metric), everything).rows[0][0]

    for dimension in sorted(CATALOGUE.dimensions_of(metric)):
        table = questions.analyst.table(breakdown(metric, dimension), everything)
        parts = sum(row[table.columns.index(metric)] for row in table.rows)

        assert float(parts) == pytest.approx(float(whole), abs=0.05), dimension


def test_two_facts_side_by_side_count_nothing_twice(questions: OpsQuestions, everything: Scope) -> None:
    both = breakdown("sales", "store").model_copy(update={"metrics": ("sales", "visits", "tickets", "nps")})

    together = questions.analyst.table(both, everything)

    for metric in both.metrics:
        alone = questions.analyst.table(breakdown(metric, "store"), everything)
        one = {r[0]: r[alone.columns.index(metric)] for r in alone.rows}
        assert {r[0]: r[together.columns.index(metric)] for r in together.rows if r[0] in one} == one


def test_a_share_is_taken_of_the_whole_before_the_filter_on_its_own_dimension(
    questions: OpsQuestions, everything: Scope
) -> None:
    query = breakdown("sales", "region").model_copy(update={"calculation": Calculation.SHARE})
    east = query.model_copy(update={"filters": (Filter(dimension="region", values=("华东",)),)})

    every = {r[0]: r[2] for r in questions.analyst.table(query, everything).rows}
    only = questions.analyst.table(east, everything).rows

    assert sum(every.values()) == pytest.approx(100)
    assert [(r[0], r[2]) for r in only] == [("华东", every["华东"])]


@pytest.mark.parametrize("metric", ["nps", "return_rate", "buyers", "aov"])
def test_what_does_not_add_up_has_no_share(metric: str, everything: Scope) -> None:
    query = breakdown(metric, "store").model_copy(update={"calculation": Calculation.SHARE})

    with pytest.raises(BadInput, match="占比"):
        compile_query(query, CATALOGUE, everything)


def test_a_metric_by_a_dimension_it_does_not_have_is_refused_with_what_it_has(everything: Scope) -> None:
    with pytest.raises(BadInput, match="可以按"):
        compile_query(breakdown("visits", "category"), CATALOGUE, everything)


def test_nobody_sees_anything_without_a_scope() -> None:
    with pytest.raises(NotAllowed):
        compile_query(breakdown("sales"), CATALOGUE, Scope(frozenset()))


def test_values_are_bound_and_never_written_into_the_statement(everything: Scope) -> None:
    nasty = "上海' OR 1=1; DROP TABLE f_orders; --"
    query = breakdown("sales").model_copy(update={"filters": (Filter(dimension="city", values=(nasty,)),)})

    compiled = compile_query(query, CATALOGUE, everything)

    assert "DROP" not in compiled.sql()
    assert nasty in compiled.parameters.values()


def test_a_ranking_leaves_out_groups_that_are_too_small(questions: OpsQuestions, everything: Scope) -> None:
    day = Period(start=date(2026, 11, 20), end=date(2026, 11, 20), label="一天")
    query = MetricQuery(
        calculation=Calculation.RANK,
        metrics=("nps",),
        dimensions=("store",),
        period=day,
        order=Order(metric="nps"),
        limit=5,
    )

    assert questions.analyst.table(query, everything).rows == ()


def test_the_first_of_each_group_are_those_of_the_whole_ranking(questions: OpsQuestions, everything: Scope) -> None:
    whole = MetricQuery(
        calculation=Calculation.RANK, metrics=("sales",), dimensions=("region", "store"), period=AUTUMN,
        order=Order(metric="sales"), limit=1000,
    )  # fmt: skip
    first = whole.model_copy(update={"within": "region", "limit": 2})

    ranking = questions.analyst.table(whole, everything).rows
    found = questions.analyst.table(first, everything)

    wanted = {region: [r for r in ranking if r[0] == region][:2] for region in {r[0] for r in ranking}}
    assert [tuple(r) for r in found.rows] == [tuple(r) for region in sorted(wanted) for r in wanted[region]]
    assert found.columns == ("region", "store", "sales")


def test_a_group_that_is_not_grouped_by_is_refused() -> None:
    query = breakdown("sales", "store").model_copy(
        update={"within": "region", "limit": 1, "order": Order(metric="sales")}
    )

    with pytest.raises(BadInput, match="每组"):
        compile_query(query, CATALOGUE, Scope(frozenset({"S001"})))


# scope

metrics_of = st.sampled_from(sorted(CATALOGUE.metrics))


@st.composite
def queries(draw: st.DrawFn) -> MetricQuery:
    """Queries that can be asked: groupings, filters, comparisons, subsets."""
    metric = draw(metrics_of)
    allowed = sorted(CATALOGUE.dimensions_of(metric))
    dimensions = draw(st.lists(st.sampled_from(allowed), max_size=2, unique=True))
    filters = []
    if draw(st.booleans()) and "region" in allowed:
        filters = [Filter(dimension="region", values=("华东", "西南"), exclude=draw(st.booleans()))]
    chosen = draw(st.sampled_from(["sales", "nps", "tickets", "visits"]))
    subset = None
    if draw(st.booleans()) and "store" in allowed:
        subset = Subset(dimension="store", metric=chosen, order=Order(metric=chosen), limit=draw(st.integers(1, 8)))
    against = (
        Comparison(kind="period", period=SUMMER)
        if draw(st.booleans()) and "current" not in CATALOGUE.kinds(metric)
        else None
    )
    having = (Threshold(metric=metric, op=">", value=-1e12),) if draw(st.booleans()) else ()
    query = MetricQuery(
        calculation=Calculation.BREAKDOWN, metrics=(metric,), dimensions=tuple(dimensions), filters=tuple(filters),
        period=AUTUMN, comparison=against, subset=subset, having=having,
    )  # fmt: skip
    if len(dimensions) == 2 and draw(st.booleans()):
        best = {"within": dimensions[0], "order": Order(metric=metric), "limit": draw(st.integers(1, 3))}
        query = query.model_copy(update=best)
    return (
        query
        if CATALOGUE.allows(metric, query.touched)
        else query.model_copy(update={"dimensions": (), "subset": None, "within": None})
    )


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    stores = frozenset(draw(st.lists(st.sampled_from(STORES), max_size=5)))
    counters = draw(st.lists(st.tuples(st.sampled_from(STORES), st.sampled_from(BRANDS)), max_size=2))
    found = Scope(stores, frozenset(c for c in counters if c[0] not in stores))
    return Scope(frozenset({"S001"})) if found.empty else found


def only_within(scope: Scope, mart: Path) -> duckdb.DuckDBPyConnection:
    """The same mart with every row outside the scope gone."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{mart}' AS mart (READ_ONLY)")
    stores = ", ".join(f"'{s}'" for s in scope.stores) or "''"
    pairs = " OR ".join(f"(x.store_id = '{s}' AND p.brand = '{b}')" for s, b in scope.counters) or "FALSE"
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'mart'").fetchall()
    with_product = {f.table for f in CATALOGUE.facts.values() if "product" in f.joins}
    for (table,) in rows:
        where = ""
        if table.startswith("f_"):
            where = f"WHERE x.store_id IN ({stores})"
            if table in with_product:
                where += f" OR EXISTS (SELECT 1 FROM mart.d_product p WHERE p.product_id = x.product_id AND ({pairs}))"
        connection.execute(f"CREATE VIEW {table} AS SELECT x.* FROM mart.{table} x {where}")
    return connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries(), scope=scopes())
def test_an_answer_is_what_it_would_be_if_nothing_else_existed(
    query: MetricQuery, scope: Scope, questions: OpsQuestions, mart_folder: Path
) -> None:
    version = MartFiles(mart_folder).current()
    assert version is not None
    compiled = compile_query(query, CATALOGUE, scope)
    reference = compile_query(query, CATALOGUE, Scope(scope.stores, scope.counters, whole=True))

    got = questions.engine.run(compiled.sql(), compiled.parameters, scope.key).rows
    with only_within(scope, MartFiles(mart_folder).path(version)) as world:
        wanted = world.execute(reference.sql(), reference.parameters).fetchall()

    assert [tuple(map(_rounded, r)) for r in got] == [tuple(map(_rounded, r)) for r in wanted]


def _rounded(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else value


def test_every_fact_of_every_account_carries_the_scope() -> None:
    rng = Random(7)
    metrics = sorted(CATALOGUE.metrics)
    for number in range(360):
        scope = Scope(frozenset(rng.sample(STORES, rng.randint(1, 6))))
        metric = metrics[number % len(metrics)]
        query = breakdown(metric, rng.choice(sorted(CATALOGUE.dimensions_of(metric))), comparison=True)
        if "store" in CATALOGUE.dimensions_of(metric) and CATALOGUE.allows(metric, query.touched | {"store"}):
            query = query.model_copy(
                update={"subset": Subset(dimension="store", metric="sales", order=Order(metric="sales"), limit=3)}
            )

        tree = compile_query(query, CATALOGUE, scope).tree

        for table in tree.find_all(exp.Table):
            if table.name.startswith("f_"):
                select = table.find_ancestor(exp.Select)
                assert select is not None
                assert "scope_stores" in str(select.args.get("where")), (metric, table.name)
