"""Our own labelled comments: many, of every kind, told apart into two halves."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.feedback.examples import retail
from assistant.feedback.generate import generate
from assistant.feedback.tagger import ASPECTS
from assistant.feedback.taxonomy import load

TREE = load(ASPECTS)


def test_there_are_six_hundred_of_them_with_every_leaf_and_every_hard_kind() -> None:
    rows = retail(TREE)

    assert len(rows) >= 600
    assert len({r.text for r in rows}) == len(rows)
    assert {leaf.id for leaf in TREE.leaves} == {leaf for r in rows for leaf in r.aspects}
    assert {"irony", "mixed", "negation", "comparison", "dialect", "speech"} <= {r.kind for r in rows}
    assert min(Counter(r.part for r in rows).values()) >= 300


def test_a_line_with_an_unknown_leaf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("## plain\n+|nowhere+|好\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="nowhere"):
        retail(TREE, path)


def test_sentences_made_from_the_tree_are_the_same_for_a_seed_and_leave_out_what_they_are_told() -> None:
    made = generate(TREE, seed=3)
    left_out = {row.text for row in made[:50]}

    assert made == generate(TREE, seed=3) != generate(TREE, seed=4)
    assert not left_out & {row.text for row in generate(TREE, seed=3, without=left_out)}
