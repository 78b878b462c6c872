"""A tagger of the shipped tree."""

import pytest

from assistant.feedback.tagger import Tagger


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    return Tagger.shipped()
