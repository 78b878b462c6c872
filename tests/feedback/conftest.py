"""A tagger of the shipped tree."""

import pytest

from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import TreeFile


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    return Tagger(TreeFile(ASPECTS).get)
