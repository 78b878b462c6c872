"""A small embedding engine for tests that are not about meaning, and folders to work in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from vectorstore.config import IndexConfig
from vectorstore.embed import Vectors


class LetterEmbedder:
    """Texts are alike when they share characters. Counts what it was asked to embed."""

    name = "letters"
    dim = 256

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        table = np.full((len(texts), self.dim), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                table[row, crc32(letter.encode("utf-8", "replace")) % self.dim] += 1.0
        return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True), dtype=np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.queries(texts)


@pytest.fixture
def engine() -> LetterEmbedder:
    return LetterEmbedder()


@pytest.fixture
def config(tmp_path: Path) -> IndexConfig:
    return IndexConfig(index_dir=tmp_path / "index", embedding_model=LetterEmbedder.name)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


@pytest.fixture
def write(docs: Path) -> Callable[[str, str], Path]:
    """Put a text file into the folder of documents."""

    def put(name: str, text: str) -> Path:
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put
