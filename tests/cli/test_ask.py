"""`zhike mart`, `zhike ask`, `zhike metrics` from the outside."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.__main__ import app

runner = CliRunner()


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIKE_DATA_DIR", str(folder))
    monkeypatch.setenv("ZHIKE_LLM__KIND", "off")
    monkeypatch.setenv("ZHIKE_LOG_LEVEL", "ERROR")
    return folder


def test_without_a_mart_asking_and_status_are_refused(here: Path) -> None:
    status = runner.invoke(app, ["mart", "status", "--json"])
    asked = runner.invoke(app, ["ask", "上月销售额", "--account", "analyst", "--json"])

    assert (status.exit_code, asked.exit_code) == (1, 1)
    assert "zhike mart refresh" in json.loads(asked.stdout)["narrative"]


def test_refresh_then_ask(here: Path) -> None:
    refreshed = runner.invoke(app, ["mart", "refresh", "--json"])
    asked = runner.invoke(app, ["ask", "2026年10月各区域销售额", "--account", "east", "--json"])
    refused = runner.invoke(app, ["ask", "西单店上月销售额", "--account", "east"])

    done = json.loads(refreshed.stdout)
    answer = json.loads(asked.stdout)
    assert done["rows"]["f_orders"] > 0
    assert all(f["error"] == "" for f in done["feeds"])
    assert answer["rows"][0][0] == "华东"
    assert {
        "query",
        "sql",
        "columns",
        "rows",
        "narrative",
        "chart",
        "scope",
        "clarify",
        "tier",
        "ms",
        "model_calls",
    } <= set(answer)
    assert refused.exit_code == 1
    assert "权限" in refused.stdout


def test_an_unknown_account_is_told_the_known_ones(here: Path) -> None:
    asked = runner.invoke(app, ["ask", "上月销售额", "--account", "谁", "--json"])

    assert asked.exit_code == 1
    assert "analyst" in json.loads(asked.stdout)["error"]


def test_metrics_lists_all_with_what_they_allow(here: Path) -> None:
    listed = json.loads(runner.invoke(app, ["metrics", "--json"]).stdout)["metrics"]

    assert len(listed) >= 60
    assert all(row["definition"] and row["dimensions"] for row in listed)
