"""Vectors of examples are read once: from the shipped file, else from the folder, else made and kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.agent import vectors
from assistant.agent.vectors import KeptVectors


class Counting:
    """Random vectors by text, the same every time; remembers what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        rows = np.stack([np.random.default_rng(sum(map(ord, text))).normal(size=64) for text in texts])
        found: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return found


TEXTS = ["有货吗", "几点关门", "积分多少"]


@pytest.fixture()
def shipped(tmp_path: Path) -> Path:
    path = tmp_path / "shipped.npz"
    vectors.save(path, Counting(), TEXTS)
    return path


def test_what_was_shipped_is_not_read_again(tmp_path: Path, shipped: Path) -> None:
    embedder = Counting()

    found = KeptVectors(embedder, tmp_path / "kept", shipped).queries([*TEXTS, "停车"])

    assert embedder.asked == ["停车"]
    true = Counting().queries([*TEXTS, "停车"])
    assert (found * true).sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-3)


def test_what_was_read_once_is_kept_in_the_folder_and_what_is_no_longer_asked_for_goes(
    tmp_path: Path, shipped: Path
) -> None:
    folder = tmp_path / "kept"
    KeptVectors(Counting(), folder, shipped).queries(["停车", "发票", TEXTS[0]])
    embedder = Counting()

    kept = KeptVectors(embedder, folder, shipped)
    kept.queries(["停车", "雨伞"])
    kept.queries(["停车", "发票"])

    assert embedder.asked == ["雨伞", "发票"]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half of one"])
def test_a_shipped_file_that_cannot_be_read_costs_only_time(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "shipped.npz"
    if content is not None:
        path.write_bytes(content)
    embedder = Counting()

    found = KeptVectors(embedder, tmp_path / "kept", path).queries(TEXTS)

    assert embedder.asked == TEXTS
    assert found.shape == (3, 64)


def test_vectors_of_another_model_are_not_taken(shipped: Path) -> None:
    assert vectors.load(shipped, "another") == {}
    assert len(vectors.load(shipped, "counting")) == 3
