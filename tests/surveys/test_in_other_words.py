"""Verdicts that no list holds: by mood, or by a model where there is one; never where something else is asked."""

import numpy as np
import pytest

from assistant.llm.scripted import Down, ScriptedLlm
from assistant.surveys.by_model import ModelReader
from assistant.surveys.files import read_surveys
from assistant.surveys.options import Sense
from assistant.surveys.reading import Reading, read

SURVEYS = read_surveys()
CSAT = SURVEYS["product"].by_id["satisfied"]
WRONG = SURVEYS["after_sale"].by_id["wrong"]


def sensing(mood: float = 0.0, think: "Reading | None" = None) -> Sense:
    """A sense of no leaves, vectors that know no difference, a mood, and a model that always says the same."""
    return Sense(
        lambda words: frozenset(),
        lambda words: np.full((len(words), 4), 0.5, dtype=np.float32),
        lambda text: mood,
        (lambda question, text: think) if think is not None else None,
    )


@pytest.mark.parametrize(("mood", "score"), [(0.8, 4), (-0.8, 2)])
def test_what_plainly_sounds_good_or_bad_is_a_score_that_is_said_back(mood: float, score: int) -> None:
    found = read(CSAT, "跟做梦一样", sense=sensing(mood))

    assert (found.value, found.sure) == (score, False)


def test_what_sounds_neither_good_nor_bad_is_asked_again() -> None:
    assert read(CSAT, "跟做梦一样", sense=sensing(0.1)).unclear


def test_the_model_comes_before_the_mood() -> None:
    found = read(CSAT, "跟做梦一样", sense=sensing(-0.9, Reading(5, by="model", sure=False)))

    assert found.value == 5


def test_another_question_is_no_verdict() -> None:
    assert read(CSAT, "帮我查下快递到哪了", sense=sensing(-0.9, Reading(1))).unclear


@pytest.mark.parametrize(
    ("said", "score"), [("满分减三", 2), ("柒分", None), ("十分不满意", 1), ("不是不满意，就是没惊喜", 3)]
)
def test_scores_are_reckoned(said: str, score: int | None) -> None:
    assert read(CSAT, said).value == score


def test_a_model_chooses_among_the_questions_own_options() -> None:
    reader = ModelReader(ScriptedLlm([{"answer": "money"}]))

    assert reader.read(WRONG, "银子还扣着").value == "money"


def test_a_small_model_is_not_asked_for_options() -> None:
    reader = ModelReader(ScriptedLlm([{"answer": "money"}]), choices=False)

    assert reader.read(WRONG, "银子还扣着").unclear


def test_a_model_that_is_down_leaves_the_question_open() -> None:
    assert ModelReader(ScriptedLlm([Down()])).read(CSAT, "跟做梦一样").unclear
