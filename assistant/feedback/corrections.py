"""People's corrections as training rows: from a file of JSON lines, or from the store.

Enters: texts with the labels that a person gave them. Leaves: `Example`s. Called by `zhike feedback train`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import ConfigError
from assistant.feedback.examples import Example
from assistant.feedback.labels import Sentiment
from assistant.feedback.taxonomy import Tree


class Given(Protocol):
    """A correction as the store or a file has it."""

    @property
    def text(self) -> str: ...
    @property
    def sentiment(self) -> str: ...
    @property
    def aspects(self) -> dict[str, str]: ...


class Line(BaseModel):
    """One line of a file."""

    model_config = ConfigDict(frozen=True)

    text: str
    sentiment: Sentiment
    aspects: dict[str, str] = {}


def from_file(path: Path) -> list[Line]:
    """Raises ConfigError, which names the line."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Line.model_validate(json.loads(line)))
            except (ValidationError, ValueError) as error:
                raise ConfigError(f"{path}, line {number}: {error}") from error
    return found


def usable(given: Sequence[Given], tree: Tree) -> list[Example]:
    """The newest of each text, without leaves that the tree has no more."""
    leaves = {leaf.id for leaf in tree.leaves} | {leaf.name for leaf in tree.leaves}
    ids = {leaf.name: leaf.id for leaf in tree.leaves}
    newest = {one.text: one for one in given if one.text.strip()}
    return [
        Example(
            text,
            _sentiment(one.sentiment),
            {ids.get(leaf, leaf): _sentiment(said) for leaf, said in one.aspects.items() if leaf in leaves},
            "correction",
            "fit",
        )
        for text, one in newest.items()
    ]


def _sentiment(word: str) -> Sentiment:
    return "pos" if word == "pos" else "neg" if word == "neg" else "neu"
