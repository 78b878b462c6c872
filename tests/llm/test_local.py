"""The supervised server: shared, restarted, never orphaned. A stand-in process plays llama-server."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.config import LlmSettings
from assistant.errors import ConfigError, ModelDown
from assistant.llm.local import LocalServer, answers, read_state, state_path

Start = Callable[..., LocalServer]


@pytest.fixture
def settings(tmp_path: Path) -> LlmSettings:
    weights = tmp_path / "tiny.gguf"
    weights.write_bytes(b"GGUF tiny")
    return LlmSettings(weights=weights)


@pytest.fixture
def server(tmp_path: Path, settings: LlmSettings) -> Iterator[Start]:
    """Makes servers over one state folder; all are stopped at the end."""
    with ExitStack() as stack:

        def make(*more: str) -> LocalServer:
            command = ("-m", "tests.llm.fake_server", str(tmp_path), *more)
            made = LocalServer(settings, tmp_path / "state", command=command)
            stack.callback(made.stop)
            return made

        yield make


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_comes_up_and_leaves_nothing_behind(server: Start, tmp_path: Path) -> None:
    local = server()

    local.start(wait=True)
    state = local.state
    assert state is not None and local.ready() and answers(state)
    local.stop()

    assert not local.ready()
    assert gone(state.pid)
    assert not state_path(tmp_path / "state").exists()


def test_the_key_is_for_the_user_only_and_needed(server: Start, tmp_path: Path) -> None:
    from dataclasses import replace

    local = server()
    local.start(wait=True)
    state = local.state
    assert state is not None

    mode = stat.S_IMODE(state_path(tmp_path / "state").stat().st_mode)
    argv = Path(f"/proc/{state.pid}/cmdline").read_text()

    assert mode == 0o600
    assert state.api_key not in argv
    assert not answers(replace(state, api_key="guess"))


def test_a_second_process_shares_the_server_and_takes_over_when_the_owner_stops(server: Start) -> None:
    first, second = server(), server()
    first.start(wait=True)

    second.start(wait=True)
    shared = second.state
    assert shared == first.state and first.owner and not second.owner

    first.stop()
    eventually(lambda: second.owner and second.ready())
    assert second.state != shared


def test_a_server_that_dies_is_started_again_and_warmed_again(server: Start, tmp_path: Path) -> None:
    local = server()
    prompt = [{"role": "system", "content": "你是知客。"}]
    local.warm([prompt])
    local.start(wait=True)
    before = local.state
    assert before is not None

    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: local.ready() and local.state != before)

    asked = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert [body["messages"] for body in asked] == [prompt, prompt]
    assert all(body["max_tokens"] == 1 for body in asked)


def test_a_server_that_cannot_start_says_why_and_is_tried_again(server: Start) -> None:
    local = server("broken")

    with pytest.raises(ModelDown):
        local.start(wait=True)

    assert not local.ready()


def test_weights_that_are_no_weights_are_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model")
    local = LocalServer(LlmSettings(weights=tmp_path / "notes.txt"), tmp_path / "state")

    with pytest.raises(ConfigError):
        local.start(wait=True)

    local.stop()


def test_a_state_file_from_a_former_life_is_ignored(server: Start, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "state").mkdir()
    stale = {"url": "http://127.0.0.1:1", "api_key": "old", "pid": ended.pid, "owner_pid": ended.pid}
    state_path(tmp_path / "state").write_text(json.dumps(stale))

    assert read_state(tmp_path / "state") is None
    local = server()
    local.start(wait=True)

    assert local.url != "http://127.0.0.1:1"


OWNER = """
import os, sys, time
from pathlib import Path
from assistant.config import LlmSettings
from assistant.llm.local import LocalServer
folder = Path(sys.argv[1])
command = ("-m", "tests.llm.fake_server", str(folder))
local = LocalServer(LlmSettings(weights=folder / "tiny.gguf"), folder / "state", command=command)
local.start(wait=True)
os.write(1, b"\\n%d\\n" % local.state.pid)  # at once: the supervisor may be logging
time.sleep(600)
"""


def test_the_server_goes_when_its_owner_is_killed(settings: LlmSettings, tmp_path: Path, server: Start) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdout is not None
        try:
            pid = next(int(line) for line in owner.stdout if line.strip().isdigit())
            follower = server()
            follower.start(wait=True)
            assert follower.state is not None and follower.state.pid == pid
        finally:
            owner.kill()

    eventually(lambda: gone(pid))
    eventually(lambda: follower.owner and follower.ready())
