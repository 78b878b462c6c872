"""Our own retail comments with gold labels: `data/retail.txt`, half for fitting and half for the test, and
`data/more.txt`, for fitting alone.

Leaves: `Example`s. Called by the training command and the evaluation.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import ConfigError
from assistant.feedback.labels import Sentiment
from assistant.feedback.taxonomy import SIGNS, Tree

RETAIL = Path(__file__).parent / "data" / "retail.txt"
MORE = Path(__file__).parent / "data" / "more.txt"
Part = Literal["fit", "test"]


@dataclass(frozen=True)
class Example:
    """A text with what it says. `aspects`: leaf id → sentiment."""

    text: str
    sentiment: Sentiment
    aspects: dict[str, Sentiment]
    kind: str
    part: Part


def retail(tree: Tree, path: Path = RETAIL, more: Path | None = MORE) -> list[Example]:
    """All of them. Raises ConfigError where a line is not in form or names an unknown leaf."""
    leaves = {leaf.id.rsplit(".", 1)[-1]: leaf.id for leaf in tree.leaves}
    found = _file(path, leaves, halved=True)
    texts = {one.text for one in found}
    return found + [one for one in (_file(more, leaves, halved=False) if more else []) if one.text not in texts]


def _file(path: Path, leaves: dict[str, str], *, halved: bool) -> list[Example]:
    found: list[Example] = []
    kind, number = "", 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind, number = line[3:], 0
        elif line and not line.startswith("#"):
            found.append(_example(line, kind, "test" if halved and number % 2 else "fit", leaves, path))
            number += 1
    return found


def _example(line: str, kind: str, part: Part, leaves: dict[str, str], path: Path) -> Example:
    try:
        sign, aspects, text = line.split("|", 2)
        said: dict[str, Sentiment] = {leaves[a[:-1]]: _sentiment(a[-1]) for a in aspects.split()}
        return Example(text, _sentiment(sign), said, kind, part)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{path}: {line!r}: {error!r}") from error


def _sentiment(sign: str) -> Sentiment:
    found = SIGNS[sign]
    if found == "pos":
        return "pos"
    return "neg" if found == "neg" else "neu"
