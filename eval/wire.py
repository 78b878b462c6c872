"""A very small HTTP client for benchmarks: requests made beforehand, connections kept, nothing parsed but the length."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    ms: float


def post(path: str, body: bytes, kind: str = "text/xml") -> bytes:
    """The bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()


async def send_all(port: int, requests: Sequence[bytes], connections: int) -> list[Answer]:
    """Send requests over some connections, each waiting for its answers; the answers in any order."""
    waiting = list(reversed(requests))
    answers: list[Answer] = []

    async def lane() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            answers.append(await _one(reader, writer, waiting.pop()))
        writer.close()

    await asyncio.gather(*(lane() for _ in range(connections)))
    return answers


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    started = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
    body = await reader.readexactly(length)
    return Answer(int(lines[0].split()[1]), body, (time.perf_counter() - started) * 1000)
