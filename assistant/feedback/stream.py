"""Tags a file of JSON lines as it flows by, in constant memory: `tag_file(source, out)`.

Enters: lines of {"id", "text", …}. Leaves: the same lines with the labels added, in order. A broken line is reported
and skipped. `resume` goes on after the last whole line of an output that was cut short. Called by `zhike tag`.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from assistant.feedback.labels import Tags

BATCH = 256
MAX_LINE = 4_000_000  # bytes; a longer line is broken
Progress = Callable[[int, int, str], None]


class Reader(Protocol):
    """What tags texts."""

    def tag_many(self, texts: list[str]) -> list[Tags]: ...


@dataclass
class Done:
    """What became of a file."""

    tagged: int = 0
    broken: int = 0
    resumed: int = 0


def tag_file(
    source: str, out: Path | None, tagger: Reader, *, resume: bool = False, on: Progress = lambda *_: None
) -> Done:
    """Tag `source` (a path, or - for standard input) into `out` (None: standard output)."""
    done = Done()
    seen = _mend(out) if resume and out is not None else 0
    with ExitStack() as files:
        read: BinaryIO = sys.stdin.buffer if source == "-" else files.enter_context(Path(source).open("rb"))
        write: BinaryIO = sys.stdout.buffer
        if out is not None:
            write = files.enter_context(out.open("ab" if resume else "wb"))
        batch: list[dict[str, Any]] = []
        for row in _rows(read, done, on):
            if done.resumed < seen:
                done.resumed += 1
                continue
            batch.append(row)
            if len(batch) == BATCH:
                _write(batch, write, tagger, done, on)
                batch = []
        _write(batch, write, tagger, done, on)
        write.flush()
    return done


def _write(batch: list[dict[str, Any]], write: BinaryIO, tagger: Reader, done: Done, on: Progress) -> None:
    if not batch:
        return
    for row, tags in zip(batch, tagger.tag_many([row["text"] for row in batch]), strict=True):
        line = json.dumps({**row, **tags.as_json()}, ensure_ascii=False)
        write.write(line.encode("utf-8", "backslashreplace") + b"\n")  # a lone surrogate has no bytes of its own
    done.tagged += len(batch)
    on(done.tagged, done.broken, "")


def _rows(read: BinaryIO, done: Done, on: Progress) -> Iterator[dict[str, Any]]:
    number = 0
    while line := read.readline(MAX_LINE):
        number += 1
        fault = ""
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := read.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            fault = "行太长"
        if not line.strip():
            continue
        row = None if fault else _row(line)
        if row is None:
            done.broken += 1
            on(done.tagged, done.broken, f"第 {number} 行跳过：{fault or '不是带 text 的 JSON 对象'}")
            continue
        yield row


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        return None
    return row


def _mend(out: Path) -> int:
    """Cut a half line from the end of an output and count its whole lines."""
    if not out.exists():
        return 0
    lines, end = 0, 0
    with out.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                lines += 1
                end += len(line)
    os.truncate(out, end)
    return lines
