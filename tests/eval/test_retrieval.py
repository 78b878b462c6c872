"""The labelled questions, the fit, and the figures that must not fall."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.config import Settings
from eval import retrieval, retrieval_fit, retrieval_public
from eval.embeddings import CachedEmbedder
from tests.vectorstore.conftest import LetterEmbedder
from vectorstore.documents import is_meta, read_document


@pytest.fixture(scope="module")
def sources() -> Iterator[list[tuple[str, str]]]:
    """Every source and FAQ question that an answer can come from."""
    found = []
    for path in sorted(retrieval.KNOWLEDGE.rglob("*")):
        if path.is_file() and not is_meta(path):
            source = path.relative_to(retrieval.KNOWLEDGE).as_posix()
            document = read_document(path, source=source)
            found += [(source, entry.question) for entry in document.faqs] or [(source, "")]
    yield found


def test_there_are_enough_questions_of_both_kinds_in_both_parts() -> None:
    asked = retrieval.questions()

    assert len(asked) >= 160
    assert sum(not one.gold for one in asked) >= 50
    assert len({one.query for one in asked}) == len(asked)
    assert {(one.part, bool(one.gold)) for one in asked} == {
        ("fit", True), ("fit", False), ("test", True), ("test", False)
    }  # fmt: skip


def test_every_label_points_at_something_in_the_demo_knowledge(sources: list[tuple[str, str]]) -> None:
    for one in retrieval.questions():
        assert not one.gold or any(one.is_answered_by(source, question) for source, question in sources), one


def test_no_question_stands_word_for_word_in_what_the_fit_leans_on() -> None:
    cohort = (Path(retrieval_fit.TARGET).parent / "cohort.txt").read_text(encoding="utf-8").splitlines()

    assert not {one.query for one in retrieval.questions()} & set(cohort)


def test_the_figures_on_the_demo_hold(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    report = retrieval.run(settings, public=tmp_path / "nowhere")

    row = report["demo"]["test"]
    assert row["recall@1"] >= 0.87
    assert row["recall@5"] >= 0.97
    assert row["answered"] >= 0.80
    assert row["refused"] >= 0.77
    assert row["wrong"] <= 0.13
    assert report["skipped"] == list(retrieval_public.SETS)
    assert retrieval.tables(report)[0].row_count == 2


def test_the_fit_tells_what_can_be_told() -> None:
    rng = np.random.default_rng(0)
    labels = [bool(at % 2) for at in range(200)]
    rows = [{"words": float(rng.normal(2.0 if label else 0.0)), "noise": float(rng.normal())} for label in labels]

    fitted = retrieval_fit.fit(rows, labels, ("words", "noise"))

    assert fitted.weight["words"] > 1 > abs(fitted.weight["noise"])
    assert fitted.probability({"words": 3.0, "noise": 0.0}) > fitted.threshold
    assert fitted.probability({"words": -2.0, "noise": 0.0}) < fitted.threshold


def test_cached_vectors_are_computed_once(tmp_path: Path) -> None:
    engine = LetterEmbedder()
    first = CachedEmbedder(engine, tmp_path)
    vectors = first.queries(["停车", "退货", "停车"])
    first.save()

    again = CachedEmbedder(engine, tmp_path).queries(["停车", "退货", "停车"])

    assert engine.embedded == ["停车", "退货"]
    assert (again == vectors).all()


def test_a_public_set_is_measured_with_every_engine(tmp_path: Path) -> None:
    public = retrieval_public.PublicSet(
        "tiny",
        {"A": ("停车多少钱", "停车收费"), "B": ("怎么退货",), "C": ("几点开门",)},
        is_faq=True,
        queries=("停车要多少钱", "想退货"),
        gold=("A", "B"),
    )

    found = retrieval_public.measure(public, CachedEmbedder(LetterEmbedder(), tmp_path / "vectors"), tmp_path)

    assert {name: row["recall@1"] for name, row in found.items()} == {
        "zhike": 1.0, "words": 1.0, "meaning": 1.0, "langchain": 1.0
    }  # fmt: skip


def test_the_public_sets_can_be_read() -> None:
    name = retrieval_public.SETS[0]
    if not (retrieval.PUBLIC / name).is_dir():
        pytest.skip("the public evaluation data is not here")

    public = retrieval_public.load(retrieval.PUBLIC, name, 5)

    assert len(public.queries) == 5
    assert set(public.gold) <= set(public.units)
