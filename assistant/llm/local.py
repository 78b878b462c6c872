"""The embedded model server: one for all processes of the service, supervised, never orphaned.

Enters: settings and the folder for state. Leaves: `LocalServer`, which knows where the server is and keeps
it up. Whoever holds the file lock owns the server and runs it as a child; the others read the owner's state
file, and one of them takes over when the owner is gone. Called by `assistant.bootstrap` and `zhike model`.
"""

import contextlib
import json
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from filelock import FileLock, Timeout

from assistant import logs
from assistant.config import LlmSettings
from assistant.errors import Failure, ModelDown
from assistant.llm.grammar import compact_grammar
from assistant.llm.process import SERVE, ServerProcess, spawn
from assistant.llm.serve_local import ServeOptions
from assistant.llm.weights import OnProgress, Progress, ensure

log = logs.get("llm.local")

POLL_S = 0.3
LONGEST_PAUSE_S = 30.0
WARM_SCHEMA = {"type": "object", "properties": {"ok": {"const": 1}}, "required": ["ok"]}


@dataclass(frozen=True)
class ServerState:
    """Where a server answers. Kept in a file that only its user may read."""

    url: str
    api_key: str
    pid: int
    owner_pid: int


class LocalServer:
    """The embedded server as one process sees it. All methods may be called from any thread."""

    def __init__(
        self, settings: LlmSettings, state_dir: Path, *, slots: int = 1, command: tuple[str, ...] = SERVE
    ) -> None:
        self._settings = settings
        self._dir = state_dir
        self._slots = slots
        self._command = command
        self._lock = FileLock(str(state_dir / "server.lock"), thread_local=False)
        self._child: ServerProcess | None = None
        self._state: ServerState | None = None
        self._failure: Failure | None = None
        self._prompts: list[list[dict[str, Any]]] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> ServerState | None:
        """Where the server answers now, or None."""
        return self._state

    @property
    def url(self) -> str:
        """The server's address without `/v1`, or an empty string while it is not up."""
        state = self._state
        return state.url if state is not None else ""

    @property
    def owner(self) -> bool:
        """Whether the server is this process's child."""
        return self._child is not None

    def ready(self) -> bool:
        """Whether the server is up and warm. Cheap: makes no call."""
        return self._state is not None

    def start(self, wait: bool = False, on_progress: OnProgress | None = None) -> None:
        """Have a server run from now on: join the one that runs, or start it, weights fetched if need be.

        Returns at once unless `wait`; then raises the `Failure` that kept it from coming up.
        """
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._changed:
            if self._thread is None:
                self._stopping.clear()
                self._thread = threading.Thread(
                    target=self._supervise, args=(on_progress or _silent,), daemon=True, name="llm-supervisor"
                )
                self._thread.start()
            while wait and self._state is None:
                if self._failure is not None:
                    raise self._failure
                self._changed.wait(0.5)

    def warm(self, static_prompts: Sequence[Sequence[dict[str, Any]]]) -> None:
        """Read these prompts ahead, now and after each restart: calls that begin with them are quick.

        Before `start` this only notes them. While the server warms up, `ready()` is false.
        """
        with self._changed:
            self._prompts = [list(prompt) for prompt in static_prompts]
            state = self._state
            if self._child is None or state is None:
                return
            self._state = None
        try:
            self._read_ahead(state)
        finally:
            self._publish(state if self._child and self._child.alive() else None)

    def stop(self) -> None:
        """End the supervision, and the server if it is ours."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _supervise(self, on_progress: OnProgress) -> None:
        pause = 1.0
        try:
            while not self._stopping.is_set():
                if self._child is not None and self._child.alive():
                    self._stopping.wait(POLL_S)
                elif self._take_lock():
                    lived = self._run_once(on_progress)
                    pause = 1.0 if lived else min(pause * 2, LONGEST_PAUSE_S)
                    if not lived:
                        self._stopping.wait(pause)
                else:
                    self._follow()
                    self._stopping.wait(POLL_S)
        finally:
            self._let_go()

    def _run_once(self, on_progress: OnProgress) -> bool:
        """Bring a server up, or note why not. Whether it came up."""
        if self._child is not None:
            log.warning("the embedded server ended", status=self._child.popen.returncode)
            self._discard()
            self._stopping.wait(1.0)
        try:
            weights = ensure(self._settings, on_progress)
            state = self._spawn(weights)
            self._read_ahead(state)
        except (Failure, OSError) as error:
            failure = error if isinstance(error, Failure) else ModelDown(f"{type(error).__name__}: {error}")
            log.warning("the embedded server is not up", error=str(error))
            self._discard()
            self._publish(None, failure)
            return False
        self._write(state)
        self._publish(state)
        log.info("the embedded server is up", pid=state.pid)
        return True

    def _spawn(self, weights: Path) -> ServerState:
        settings = self._settings
        options = ServeOptions(
            weights=str(weights),
            api_key=secrets.token_urlsafe(24),
            alias=settings.model,
            threads=settings.threads or min(4, os.cpu_count() or 1),
            context_tokens=settings.context_tokens,
            slots=self._slots,
            cache_ram_mib=settings.cache_ram_mib,
        )
        self._child = spawn(
            options,
            log_file=self._dir / "server.log",
            cancelled=self._stopping.is_set,
            command=self._command,
        )
        return ServerState(self._child.url, options.api_key, self._child.pid, os.getpid())

    def _read_ahead(self, state: ServerState) -> None:
        """Each static prompt once; the first constrained call also pays for setting up the grammar engine."""
        prompts = self._prompts or [[{"role": "user", "content": "你好"}]]
        headers = {"Authorization": f"Bearer {state.api_key}"}
        try:
            with httpx.Client(base_url=state.url, headers=headers, timeout=180, trust_env=False) as http:
                for prompt in prompts:
                    if self._stopping.is_set():
                        return
                    body = {"messages": prompt, "max_tokens": 1, "grammar": compact_grammar(WARM_SCHEMA)}
                    http.post("/v1/chat/completions", json=body).raise_for_status()
        except httpx.HTTPError as error:
            raise ModelDown(f"the embedded server did not read ahead ({type(error).__name__})") from error

    def _follow(self) -> None:
        """Another process owns the server: use it if its state file is good."""
        state = read_state(self._dir)
        if state is None:
            self._publish(None)
        elif state != self._state and answers(state):
            self._publish(state)

    def _take_lock(self) -> bool:
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        self._publish(None)
        state_path(self._dir).unlink(missing_ok=True)  # whoever wrote it is gone
        return True

    def _let_go(self) -> None:
        self._publish(None)
        if self._lock.is_locked:
            state_path(self._dir).unlink(missing_ok=True)
            self._discard()
            self._lock.release()

    def _discard(self) -> None:
        if self._child is not None:
            self._publish(None)
            state_path(self._dir).unlink(missing_ok=True)
            self._child.stop()
            self._child = None

    def _write(self, state: ServerState) -> None:
        temporary = state_path(self._dir).with_suffix(".new")
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(asdict(state), file)
        temporary.replace(state_path(self._dir))

    def _publish(self, state: ServerState | None, failure: Failure | None = None) -> None:
        with self._changed:
            self._state, self._failure = state, failure
            self._changed.notify_all()


def state_path(state_dir: Path) -> Path:
    """The file in which the owner says where its server is."""
    return state_dir / "server.json"


def read_state(state_dir: Path) -> ServerState | None:
    """What the state file says, if it can be read and its owner and server still live."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        state = ServerState(**json.loads(state_path(state_dir).read_text()))
        if _lives(state.owner_pid) and _lives(state.pid):
            return state
    return None


def answers(state: ServerState, timeout_s: float = 2.0) -> bool:
    """Whether the server at `state` takes our key. One quick call, no generation."""
    headers = {"Authorization": f"Bearer {state.api_key}"}
    try:
        found = httpx.get(f"{state.url}/v1/models", headers=headers, timeout=timeout_s, trust_env=False)
    except httpx.HTTPError:
        return False
    return found.status_code == httpx.codes.OK


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _silent(_: Progress) -> None:
    return None
