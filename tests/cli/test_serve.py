"""The service as a process: it opens without documents or a model, and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from assistant.cli.serve import _Rooms
from assistant.errors import ConfigError
from eval.serving import free_port
from tools.errors import BackendDown


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_service_without_documents_serves_and_ends_cleanly(tmp_path: Path, told: signal.Signals) -> None:
    port = free_port()
    settings = {"ZHIKE_DATA_DIR": str(tmp_path), "ZHIKE_LLM__KIND": "off"}
    service = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", str(port)],
        env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                ready = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        service.send_signal(told)
        _, errors = service.communicate(timeout=60)
    finally:
        service.kill()

    assert ready.json()["store"] is True
    assert service.returncode == 0
    assert "Traceback" not in errors


def test_what_is_away_does_not_keep_a_service_from_starting() -> None:
    def away() -> None:
        raise BackendDown("the till does not answer")

    def wrong() -> None:
        raise ConfigError("an intent has no examples")

    rooms = _Rooms(None, None, None)
    rooms._warm("router", away)
    with pytest.raises(ConfigError):
        rooms._warm("router", wrong)


def test_a_service_that_is_told_to_end_makes_nothing_more() -> None:
    made: list[str] = []
    rooms = _Rooms(None, None, None)
    rooms._closing.set()
    rooms._warm("model", lambda: made.append("model"))
    assert made == []
