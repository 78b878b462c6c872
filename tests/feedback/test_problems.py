"""What recurs: often enough, on more than one day, of the group in more than one store; counted by local days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.feedback.problems import WINDOW_DAYS, Complaint, recurring, spoken, words_of
from assistant.feedback.taxonomy import Leaf

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
QUEUE = Leaf(id="process.queue", name="排队结账", words=("排队", "收银"), complaint=("排队太久", "*没人"))


def said(days: float, store: str | None = "S001", about: str = "process.queue", words: str = "") -> Complaint:
    return Complaint(about, store, NOW - timedelta(days=days), words)


def test_three_complaints_on_two_days_recur_in_a_store() -> None:
    found = recurring([said(1, words="排队太久了"), said(1), said(2), said(40)], [QUEUE], NOW)

    assert [(r.store_id, r.count, r.earlier) for r in found] == [("S001", 3, 1)]
    assert found[0].words == ("排队太久",)
    assert (len(found[0].days), sum(found[0].days), found[0].days[-2]) == (WINDOW_DAYS, 3, 2)
    assert found[0].first == NOW - timedelta(days=40)


def test_one_bad_day_or_one_single_store_is_no_problem_of_the_group() -> None:
    one_day = recurring([said(1) for _ in range(9)], [QUEUE], NOW)
    one_store = recurring([said(n) for n in range(9)], [QUEUE], NOW)
    two_stores = recurring([said(n, f"S00{n % 2}") for n in range(9)], [QUEUE], NOW)

    assert one_day == []
    assert {r.store_id for r in one_store} == {"S001"}
    assert {r.store_id for r in two_stores} == {"", "S000", "S001"}


def test_what_belongs_to_no_store_counts_for_the_group_once() -> None:
    found = recurring([said(n, None) for n in range(4)] + [said(1), said(2, "S002")], [QUEUE], NOW)

    assert [(r.store_id, r.count) for r in found] == [("", 6)]


@given(st.lists(st.tuples(st.floats(-2, 90), st.sampled_from(["S001", "S002", None])), max_size=40))
def test_days_add_up_to_the_count_and_nothing_is_counted_twice(rows: list[tuple[float, str | None]]) -> None:
    found = recurring([said(days, store) for days, store in rows], [QUEUE], NOW)

    for one in found:
        assert sum(one.days) == one.count <= len(rows)
        assert one.first <= one.last


def test_words_are_those_of_the_tree_and_none_inside_another() -> None:
    assert spoken("排队太久了，收银没人", words_of(QUEUE)) == {"排队太久", "收银"}
