"""Tags a file of JSON lines as it flows by, in constant memory: `tag_file(source, out)`.

Enters: lines of {"id", "text", …}. Leaves: the same lines with the labels added, in order. A broken line is reported
and skipped. `resume` goes on after the last whole line of an output that was cut short. Several processes may read at
once (`Crew`); a few batches are under way at a time, so memory stays constant. Called by `zhike tag`.
"""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from assistant.feedback.labels import Tags
from assistant.feedback.text import MAX_CHARS

BATCH = 256
BATCH_CHARS = 200_000
Rows = list[dict[str, Any]]
Lines = tuple[bytes, int]  # what is written, and how many lines it is
MAX_LINE = 4_000_000  # bytes; a longer line is broken
Progress = Callable[[int, int, str], None]


class Reader(Protocol):
    """What tags texts."""

    def tag_many(self, texts: list[str]) -> list[Tags]: ...


class Crew:
    """Tags batches in `jobs` processes of its own, each with a tagger that `make` builds; the order is kept.

    `make` is a function that can be sent to another process, or a `partial` of one.
    """

    def __init__(self, make: Callable[[], Reader], jobs: int) -> None:
        self._depth = jobs * 2
        self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(make,))

    def __call__(self, batches: Iterator[Rows]) -> Iterator[Lines]:
        waiting: deque[Future[Lines]] = deque()
        for batch in batches:
            waiting.append(self._pool.submit(_work, batch))
            if len(waiting) >= self._depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


_reader: list[Reader] = []  # of a process of a crew


def _begin(make: Callable[[], Reader]) -> None:
    _reader.append(make())


def _work(batch: Rows) -> Lines:
    return _lines(batch, _reader[0])


@dataclass
class Done:
    """What became of a file."""

    tagged: int = 0
    broken: int = 0
    resumed: int = 0


def tag_file(
    source: str, out: Path | None, tagger: Reader | Crew, *, resume: bool = False, on: Progress = lambda *_: None
) -> Done:
    """Tag `source` (a path, or - for standard input) into `out` (None: standard output)."""
    done = Done()
    seen = _mend(out) if resume and out is not None else 0
    with ExitStack() as files:
        read: BinaryIO = sys.stdin.buffer if source == "-" else files.enter_context(Path(source).open("rb"))
        write: BinaryIO = sys.stdout.buffer
        if out is not None:
            write = files.enter_context(out.open("ab" if resume else "wb"))
        batches = _batches(_rows(read, done, on), done, seen)
        made = tagger(batches) if isinstance(tagger, Crew) else (_lines(batch, tagger) for batch in batches)
        for text, count in made:
            write.write(text)
            done.tagged += count
            on(done.tagged, done.broken, "")
        write.flush()
    return done


def _batches(rows: Iterator[dict[str, Any]], done: Done, seen: int) -> Iterator[Rows]:
    """Rows by the batch, less those that an earlier run wrote. A batch of long texts is a small one."""
    batch: Rows = []
    size = 0
    for row in rows:
        if done.resumed < seen:
            done.resumed += 1
            continue
        batch.append(row)
        size += min(len(row["text"]), MAX_CHARS)
        if len(batch) == BATCH or size > BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _lines(batch: Rows, tagger: Reader) -> Lines:
    tags = tagger.tag_many([row["text"] for row in batch])
    lines = [json.dumps({**row, **t.as_json()}, ensure_ascii=False) for row, t in zip(batch, tags, strict=True)]
    # a lone surrogate has no bytes of its own
    return b"".join(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines), len(lines)


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
        row = json.loads(line, parse_constant=_refused)  # NaN is no JSON
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        return None
    return row


def _refused(constant: str) -> None:
    raise ValueError(constant)


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
