"""`zhike ingest` and `zhike search` as a script sees them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from assistant.cli.knowledge import register


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIKE_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "parking.md").write_text("# 停车\n\n## 收费\n\n前 30 分钟免费，之后每小时 10 元。", encoding="utf-8")
    return folder


def zhike(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(arguments))


def test_ingest_prints_one_json_object(docs: Path) -> None:
    (docs / "bad.pdf").write_bytes(b"nonsense")

    result = zhike("ingest", str(docs), "--json")

    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["taken"] == ["parking.md"]
    assert report["refused"][0][0] == "bad.pdf"


def test_search_prints_passages_with_scores_and_sources(docs: Path) -> None:
    zhike("ingest", str(docs), "--store", "S001")

    result = zhike("search", "停车多少钱", "--store", "s001", "--json")

    assert result.exit_code == 0
    (passage,) = json.loads(result.stdout)["passages"]
    assert (passage["source"], passage["stores"]) == ("parking.md", ["S001"])
    assert passage["score"] > 0


def test_search_in_words_for_people(docs: Path) -> None:
    zhike("ingest", str(docs))

    result = zhike("search", "停车多少钱")

    assert "parking.md（通用）" in result.stdout


def test_search_of_another_store_finds_nothing(docs: Path) -> None:
    zhike("ingest", str(docs), "--store", "S001")

    result = zhike("search", "停车多少钱", "--store", "S002")

    assert result.exit_code == 1
    assert "没有找到" in result.stderr


def test_search_before_ingest_says_what_to_do(docs: Path) -> None:
    result = zhike("search", "停车")

    assert result.exit_code == 1
    assert "zhike ingest" in result.stderr


def test_a_path_that_is_not_there_is_said(docs: Path) -> None:
    result = zhike("ingest", str(docs / "nowhere"))

    assert result.exit_code == 1
    assert "找不到" in result.stderr


def test_only_refused_files_end_with_one(docs: Path) -> None:
    (docs / "bad.pdf").write_bytes(b"nonsense")

    result = zhike("ingest", str(docs / "bad.pdf"))

    assert result.exit_code == 1
    assert "拒收  bad.pdf" in result.stdout


def test_an_empty_question_is_bad_usage(docs: Path) -> None:
    assert zhike("search", " ").exit_code == 2
