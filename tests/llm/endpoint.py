"""A fake OpenAI-compatible endpoint over real HTTP, with faults that can be chosen per request."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request and the means to answer it."""

    body: dict[str, Any]
    http: BaseHTTPRequestHandler
    closing: threading.Event

    def send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.http.send_response(status)
        self.http.send_header("Content-Type", kind)
        self.http.send_header("Content-Length", str(len(body)))
        self.http.end_headers()
        self.http.wfile.write(body)

    def open_stream(self) -> None:
        self.http.send_response(200)
        self.http.send_header("Content-Type", "text/event-stream")
        self.http.end_headers()

    def event(self, data: dict[str, Any] | str) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.http.wfile.write(f"data: {text}\n\n".encode())
        self.http.wfile.flush()


@dataclass
class Endpoint:
    """A running fake. `handlers` are used in turn, the last one repeats; `bodies` keeps what was asked."""

    url: str
    handlers: list[Handler]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def serve(*handlers: Handler) -> Iterator[Endpoint]:
    closing = threading.Event()

    class Http(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.bodies.append(body)
            endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
            handler = endpoint.handlers[min(len(endpoint.bodies), len(endpoint.handlers)) - 1]
            try:
                handler(Exchange(body, self, closing))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client left, as it should

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    server.daemon_threads = True
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", list(handlers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def says(text: str, finish: str = "stop") -> Handler:
    """A good answer, whole or streamed as the request asks."""

    def handle(exchange: Exchange) -> None:
        usage = {
            "prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97,
            "prompt_tokens_details": {"cached_tokens": 80},
        }  # fmt: skip
        base = {"id": "1", "object": "chat.completion", "created": 1, "model": "fake"}
        if not exchange.body.get("stream"):
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "finish_reason": finish, "message": message}
            exchange.send(200, json.dumps({**base, "choices": [choice], "usage": usage}).encode())
            return
        exchange.open_stream()
        base["object"] = "chat.completion.chunk"
        for character in text:
            delta = {"index": 0, "delta": {"role": "assistant", "content": character}, "finish_reason": None}
            exchange.event({**base, "choices": [delta]})
        exchange.event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        exchange.event({**base, "choices": [], "usage": usage})
        exchange.event("[DONE]")

    return handle


def hangs(exchange: Exchange) -> None:
    """Accepts and never answers."""
    exchange.closing.wait(30)
    exchange.http.close_connection = True


def trickles(exchange: Exchange) -> None:
    """One byte of a never-ending body every 20 ms."""
    exchange.http.send_response(200)
    exchange.http.send_header("Content-Type", "application/json")
    exchange.http.end_headers()
    while not exchange.closing.is_set():
        exchange.http.wfile.write(b" ")
        exchange.http.wfile.flush()
        time.sleep(0.02)
    exchange.http.close_connection = True


def garbage(exchange: Exchange) -> None:
    """An HTML page where JSON should be."""
    exchange.send(200, b"<html>welcome</html>", "text/html")


def status(code: int) -> Handler:
    """An error answer."""
    return lambda exchange: exchange.send(code, b'{"error": {"message": "no", "type": "x"}}')


def cuts_the_stream(exchange: Exchange) -> None:
    """Two pieces of text and then the connection is gone, without a finish reason."""
    exchange.open_stream()
    for character in "你好":
        delta = {"index": 0, "delta": {"role": "assistant", "content": character}, "finish_reason": None}
        exchange.event({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "f", "choices": [delta]})
    exchange.http.close_connection = True
