"""`zhike tag`, `zhike feedback …` from the outside."""

import json
from pathlib import Path

from typer.testing import CliRunner

from assistant.__main__ import app

RUN = CliRunner()


def test_lines_come_out_with_their_labels_and_broken_ones_are_told(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 7, "text": "衣服很好，快递太慢"}\nbroken\n', encoding="utf-8")

    done = RUN.invoke(app, ["tag", str(source), "--out", str(tmp_path / "out.jsonl")])

    row = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert done.exit_code == 0
    assert "第 2 行" in done.stderr and "坏行 1 行" in done.stderr
    assert row["id"] == 7 and row["sentiment"] in ("pos", "neu", "neg") and -1 <= row["score"] <= 1
    assert {"aspect", "sentiment", "span"} <= row["aspects"][0].keys()
    assert ("物流配送", "neg") in [(a["aspect"], a["sentiment"]) for a in row["aspects"]]


def test_a_file_that_is_not_there_and_a_resume_without_a_file_are_refused(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["tag", str(tmp_path / "none")]).exit_code == 1
    assert RUN.invoke(app, ["tag", "-", "--resume"]).exit_code == 2


def test_a_file_is_never_labelled_into_itself(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 7, "text": "很好"}\n', encoding="utf-8")

    done = RUN.invoke(app, ["tag", str(source), "--out", str(source)])

    assert done.exit_code == 2
    assert source.stat().st_size > 0


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 7, "text": "很好"}\n', encoding="utf-8")

    done = RUN.invoke(app, ["tag", str(source), "--out", str(tmp_path / "nowhere" / "out.jsonl")])

    assert done.exit_code == 1
    assert "读写不了" in done.stderr


def test_a_broken_tree_is_named(tmp_path: Path) -> None:
    tree = tmp_path / "mine.yaml"
    tree.write_text("商品: 3", encoding="utf-8")

    done = RUN.invoke(app, ["feedback", "check", "--aspects", str(tree)])

    assert done.exit_code == 1
    assert "mine.yaml" in done.stderr


def test_the_shipped_files_are_whole_and_score_above_their_floor() -> None:
    done = RUN.invoke(app, ["feedback", "check", "--json"])

    figures = json.loads(done.stdout)
    assert figures["sentiment_f1"] > 0.6
    assert figures["mention_f1"] > 0.65
