"""`zhike accounts …` from the outside, and what `zhike ask` makes of an account."""

import json
from pathlib import Path
from typing import Any

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


def run(*words: str, status: int = 0) -> Any:
    """One command with `--json`; its object."""
    done = runner.invoke(app, ["accounts", *words, "--json"])
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def test_an_account_is_added_shown_changed_in_state_and_audited(here: Path) -> None:
    added = run("add", "Li.Lei", "--title", "一店店长 李雷", "--role", "店长", "--units", "S001")
    shown = run("show", "li.lei")
    off = run("disable", "li.lei")
    on = run("enable", "li.lei")
    unlocked = run("unlock", "li.lei")
    reset = run("reset", "li.lei")
    found = run("list", "李雷")
    log = run("audit", "--target", "li.lei")

    assert "/staff/link/" in added["link"]
    assert reset["link"] != added["link"]
    assert (shown["role"], shown["units"], shown["stores"]) == ("store_manager", ["S001"], 1)
    assert [off["state"], on["state"], unlocked["state"]] == ["disabled", "invited", "invited"]
    assert found["total"] == 1
    assert [e["what"] for e in log["entries"]][::-1] == [
        "accounts.add", "accounts.disable", "accounts.enable", "accounts.unlock", "accounts.link",
    ]  # fmt: skip
    assert all(e["who"].startswith("cli") for e in log["entries"])


def test_tokens_and_sessions_are_made_listed_and_revoked(here: Path) -> None:
    made = run("token", "east", "--label", "报表", "--days", "3")
    listed = run("token", "east", "--list")
    dropped = run("token", "east", "--drop", made["id"])
    gone = run("token", "east", "--drop", made["id"], status=1)
    sessions = run("sessions", "east")
    ended = run("revoke", "east")

    assert made["token"].startswith("zk_")
    assert [t["name"] for t in listed["tokens"]] == ["报表"]
    assert made["token"] not in json.dumps(listed)
    assert dropped["revoked"] == made["id"]
    assert not gone["ok"]
    assert (sessions["sessions"], ended["ended"]) == ([], 0)


def test_a_list_is_imported_first_dry_and_then_again_without_change(here: Path, tmp_path: Path) -> None:
    file, links = tmp_path / "list.csv", tmp_path / "links.csv"
    file.write_text("name,title,role,units\nnew.one,新人,门店员工,S001\nbad,坏行,king,S001\n", encoding="utf-8")

    dry = run("import", str(file), "--dry-run")
    done = run("import", str(file), "--links", str(links))
    again = run("import", str(file))

    assert dry["created"] == ["new.one"]
    assert (done["created"], done["refused"][0]["line"]) == (["new.one"], 3)
    assert "links" not in done
    assert links.read_text(encoding="utf-8").startswith("new.one,http")
    assert links.stat().st_mode & 0o077 == 0
    assert (again["created"], again["unchanged"], again["links"]) == ([], 1, {})


def test_what_cannot_be_done_is_refused_in_a_sentence(here: Path) -> None:
    unknown = run("show", "no.such", status=1)
    last = run("disable", "admin", status=1)

    assert unknown["error"] == "没有这个账号。"
    assert "最后一个" in last["error"]


def test_a_disabled_account_asks_nothing_and_follow_ups_survive_the_process(here: Path) -> None:
    runner.invoke(app, ["mart", "refresh"])
    first = runner.invoke(app, ["ask", "2026年10月各区域销售额", "--account", "EAST", "--thread", "t", "--json"])
    second = runner.invoke(app, ["ask", "换成按城市", "--account", "east", "--thread", "t", "--json"])
    other = runner.invoke(app, ["ask", "换成按城市", "--account", "south", "--thread", "t", "--json"])
    log = run("audit", "--what", "ops")
    run("disable", "east")
    refused = runner.invoke(app, ["ask", "上月销售额", "--account", "east", "--json"])

    assert first.exit_code == 0
    assert json.loads(second.stdout)["query"]["dimensions"] == ["city"]
    assert json.loads(other.stdout)["status"] != "answered", "a thread of somebody else is not there"
    assert (refused.exit_code, "已停用" in json.loads(refused.stdout)["error"]) == (1, True)
    assert [e["target"] for e in log["entries"]] == ["t", "t", "t"]
    assert log["entries"][1]["detail"]["query"]["dimensions"] == ["city"]
    assert "S001" in log["entries"][1]["detail"]["scope"]
    assert "换成" not in json.dumps(log, ensure_ascii=False)
