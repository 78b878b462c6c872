"""The ChatBI questions: enough of them, apart by family, each with one right answer that can be run."""

from collections import Counter

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.check import check
from assistant.merchant.world.accounts import demo_accounts
from eval.chatbi_data import families, query_of


def test_there_are_enough_questions_in_enough_families_on_both_sides() -> None:
    found, _ = families()

    assert len(found) >= 40
    assert sum(len(f.items) for f in found) >= 300
    assert min(Counter(f.split for f in found).values()) >= 20
    assert len({f.name for f in found}) == len(found)


def test_every_question_has_one_right_answer() -> None:
    found, _ = families()

    for item in (i for f in found for i in f.items):
        right = [item.gold is not None, bool(item.plain), item.ask, bool(item.refuse), item.told is not None]
        assert sum(right) == 1, item.q
        assert item.account in demo_accounts(), item.q


def test_every_gold_query_can_be_asked() -> None:
    found, periods = families()

    for item in (i for f in found for i in f.items):
        for gold in (item.gold, item.also_query):
            if gold is not None:
                check(query_of(gold, periods), catalogue())


def test_no_question_is_on_both_sides() -> None:
    found, _ = families()
    sides = {s: {(i.q, i.account, i.after) for f in found if f.split == s for i in f.items} for s in ("fit", "test")}

    assert not sides["fit"] & sides["test"]
