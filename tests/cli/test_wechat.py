"""``zhike wechat``: one sentence for people, one JSON object for scripts, where the account or WeChat refuses."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from assistant.cli import wechat
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT


def _zhike(folder: Path, *args: str, **settings: str) -> Result:
    app = typer.Typer()
    wechat.register(app)
    told = {"DATA_DIR": str(folder), "LLM__KIND": "off", **settings}
    return CliRunner().invoke(app, ["wechat", *args], env={f"ZHIKE_{name}": value for name, value in told.items()})


@pytest.mark.parametrize("command", [["check"], ["menu", "diff"], ["menu", "push"], ["qr", "store:S001"]])
def test_without_an_account_every_command_says_what_to_set(tmp_path: Path, command: list[str]) -> None:
    told = _zhike(tmp_path, *command, "--json", WECHAT__APP_ID="")

    assert told.exit_code == 1
    assert "ZHIKE_WECHAT__APP_ID" in json.loads(told.stdout)["error"]


def test_a_wechat_that_is_away_is_an_error_for_scripts_too(tmp_path: Path) -> None:
    account = {
        "WECHAT__APP_ID": DEMO_ACCOUNT.appid, "WECHAT__SECRET": DEMO_ACCOUNT.secret,
        "WECHAT__TOKEN": DEMO_ACCOUNT.token, "WECHAT__AES_KEY": DEMO_ACCOUNT.aes_key,
    }  # fmt: skip

    told = _zhike(tmp_path, "menu", "diff", "--json", WECHAT__API_URL="http://127.0.0.1:9", **account)

    assert told.exit_code == 1
    assert json.loads(told.stdout)["ok"] is False


def test_a_code_lives_thirty_days_at_most(tmp_path: Path) -> None:
    assert _zhike(tmp_path, "qr", "thanks2026", "--seconds", "2592001").exit_code == 2
