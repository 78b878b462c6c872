"""Start and stop one embedded server process.

Enters: `ServeOptions` and a file for llama.cpp's log. Leaves: a `ServerProcess` with its address.
Called by `assistant.llm.local` (supervised) and by the benchmark (bare).
"""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelDown
from assistant.llm.serve_local import ServeOptions

SERVE = ("-m", "assistant.llm.serve_local")  # arguments for this Python

# OpenMP's threads spin while they wait for each other. When another process holds one of the cores they spin
# for whole time slices: 0.3 tokens a second on two busy cores instead of 15. Waiting asleep mends it.
PATIENT = {"OMP_WAIT_POLICY": "passive"}


@dataclass(frozen=True)
class ServerProcess:
    """A running embedded server. `url` has no trailing slash and no `/v1`."""

    url: str
    popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The process id."""
        return self.popen.pid

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.popen.poll() is None

    def stop(self, grace_s: float = 3.0) -> None:
        """End the process: first by closing its stdin, then by force."""
        end(self.popen, grace_s)


def end(popen: subprocess.Popen[bytes], grace_s: float = 3.0) -> None:
    """End a server process and free its pipes."""
    if popen.stdin is not None:
        with contextlib.suppress(OSError):
            popen.stdin.close()
    try:
        popen.wait(grace_s)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
    if popen.stdout is not None:
        popen.stdout.close()


def spawn(
    options: ServeOptions,
    *,
    log_file: Path,
    timeout_s: float = 120.0,
    cancelled: Callable[[], bool] = lambda: False,
    command: tuple[str, ...] = SERVE,
    env: Mapping[str, str] | None = None,
) -> ServerProcess:
    """Start a server and wait until it has loaded the model.

    Raises `ModelDown` if it ends early, is not ready within `timeout_s` seconds, or `cancelled()` turns true.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        popen = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **(PATIENT if env is None else env)},
        )
    try:
        assert popen.stdin is not None
        popen.stdin.write(options.to_line().encode())
        popen.stdin.flush()
        return ServerProcess(_await_url(popen, time.monotonic() + timeout_s, cancelled), popen)
    except (OSError, ValueError, KeyError) as error:
        end(popen, 0.2)
        raise ModelDown(f"the embedded server did not start, see {log_file}") from error
    except BaseException:
        end(popen, 0.2)
        raise


def _await_url(popen: subprocess.Popen[bytes], until: float, cancelled: Callable[[], bool]) -> str:
    assert popen.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(popen.stdout, selectors.EVENT_READ)
        while time.monotonic() < until and not cancelled():
            if not selector.select(0.2):
                continue
            line = popen.stdout.readline()
            if not line:
                raise ModelDown(f"the embedded server ended with status {popen.wait()}")
            if line.startswith(b'{"url"'):
                return str(json.loads(line)["url"])
    raise ModelDown("the embedded server was not ready in time")
