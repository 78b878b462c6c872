"""The measuring of the feedback heads: figures are counted right, absent data is skipped aloud."""

from pathlib import Path

import numpy as np

from assistant.config import Settings
from assistant.feedback.score import macro_f1
from assistant.feedback.taxonomy import load
from eval.feedback import run
from eval.feedback_aspects import DINING, row


def test_macro_f1_is_the_mean_over_the_classes_of_the_gold() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"]) == (2 / 3 + 2 / 3) / 2


def test_mentions_and_four_classes_are_counted_by_aspect() -> None:
    gold = np.array([[1, -2], [-1, -2]])

    perfect, wrong = row("x", gold, gold), row("x", gold, np.array([[-2, 0], [-2, 0]]))

    assert (perfect["mention_f1_micro"], perfect["four_class_f1"]) == (1.0, 1.0)
    assert (wrong["mention_f1"], wrong["four_class_f1"]) == (0.0, 0.0)


def test_a_set_that_is_not_there_is_skipped_aloud(tmp_path: Path) -> None:
    notes: list[str] = []

    report = run(Settings(data_dir=tmp_path), ["eprstmt"], data=tmp_path, on=notes.append)

    assert report == {"eprstmt": {"skipped": "没有数据 eprstmt"}}
    assert "跳过" in notes[0]


def test_the_tree_of_restaurants_is_whole() -> None:
    assert len(load(DINING).leaves) == 20
