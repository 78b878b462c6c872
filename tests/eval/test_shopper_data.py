"""The labelled turns of shoppers are complete, and agree with the world that they are played in."""

from collections import Counter
from itertools import pairwise

import pytest

from assistant.merchant.world.personas import PERSONAS
from eval.shopper_data import (
    CONTROLS,
    FILES,
    Dialogue,
    actions,
    demo_order_owner,
    demo_orders,
    load,
    products,
)
from tools.all import TOOLS
from tools.registry import Access

DIALOGUES = load()
TURNS = [(dialogue, turn) for dialogue in DIALOGUES for turn in dialogue.turns]


def test_there_are_enough_dialogues_and_turns() -> None:
    assert len(DIALOGUES) >= 60
    assert len(TURNS) >= 400


def test_every_dialogue_has_its_own_id() -> None:
    repeated = [name for name, times in Counter(d.id for d in DIALOGUES).items() if times > 1]

    assert repeated == []


def test_the_unseen_part_stands_in_the_files_of_strangers() -> None:
    strangers = {"shopper_blind.yaml", "shopper_strangers.yaml", "shopper_talk.yaml"}
    studied = load(tuple(path for path in FILES if path.name not in strangers))

    assert {dialogue.split for dialogue in studied} == {"fit", "check"}


def test_nobody_says_nothing() -> None:
    assert [turn for _, turn in TURNS if not turn.say.strip()] == []


def test_every_tool_is_asked_for_in_both_studied_splits() -> None:
    for split in ("fit", "check"):
        wanted = {name for dialogue, turn in TURNS if dialogue.split == split for name in turn.wanted}

        assert set(TOOLS) - wanted == set(), split


def test_every_action_exists() -> None:
    wanted = {name for _, turn in TURNS for name in turn.wanted}

    assert wanted <= actions()
    assert {"confirmed", "denied", "repeat", "wait", "stop", "unreadable"} <= wanted & CONTROLS


def test_members_are_demo_accounts() -> None:
    known = {p.member_id for p in PERSONAS} | {None}

    assert {dialogue.member for dialogue in DIALOGUES} <= known


def test_labelled_slots_belong_to_a_wanted_tool() -> None:
    strangers = [
        (turn.say, slot)
        for _, turn in TURNS
        for slot in turn.args
        if not any(slot in TOOLS[name].slots for name in turn.wanted if name in TOOLS)
    ]

    assert strangers == []


def test_labelled_orders_belong_to_the_member_who_speaks() -> None:
    suffix_of = {number: suffix for suffix, number in demo_orders().items()}
    wrong = [
        turn.say
        for dialogue, turn in TURNS
        for number in turn.args.get("order", ())
        if demo_order_owner(suffix_of[number]) != dialogue.member
    ]

    assert wrong == []


def test_labelled_variants_are_in_the_range() -> None:
    wrong = []
    for _, turn in TURNS:
        for product_id in turn.args.get("product", ()):
            product = products()[product_id]
            wrong += [(turn.say, c) for c in turn.args.get("colour", ()) if c not in product.colours]
            wrong += [(turn.say, s) for s in turn.args.get("size", ()) if s not in product.sizes]

    assert wrong == []


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda d: d.id)
def test_a_yes_follows_a_change_that_could_be_confirmed(dialogue: Dialogue) -> None:
    writes = {name for name, tool in TOOLS.items() if tool.access is Access.WRITE}
    open_change = False
    for before, turn in pairwise(dialogue.turns):
        open_change = bool(writes & set(before.wanted)) or (open_change and before.wanted != ("confirmed",))

        assert open_change or turn.wanted != ("confirmed",), turn.say
