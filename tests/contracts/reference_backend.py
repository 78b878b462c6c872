"""A retailer's backend as the contract wants it, in a page of code: the demo merchant behind `tools.contract`.

Routes come from `operations()`, refusals from `error_body`. A retailer may read this as the shortest correct answer;
the contract tests run the HTTP merchant against it. `serving` puts any ASGI application on a free port.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from fastapi.responses import JSONResponse

from tools.contract import Operation, error_body, operations
from tools.errors import ToolError
from tools.ports import Merchant


def reference_backend(merchant: Merchant, api_key: str = "") -> FastAPI:
    """The contract over a merchant. With `api_key`, a caller without it is refused with 401."""

    def known(authorization: str = Header(default="")) -> None:
        if api_key and authorization != f"Bearer {api_key}":
            raise HTTPException(401)

    app = FastAPI(dependencies=[Depends(known)])
    for operation in operations():
        _add(app, operation, merchant)

    @app.exception_handler(ToolError)
    def refused(_: Any, error: ToolError) -> JSONResponse:
        return JSONResponse(error_body(error), status_code=422)

    return app


def _add(app: FastAPI, operation: Operation, merchant: Merchant) -> None:
    method = getattr(getattr(merchant, operation.family), operation.method)

    def answer(body: Any) -> Response:
        fact = method(**{name: getattr(body, name) for name in operation.arguments})
        return Response(operation.reads_answer.dump_json(fact), media_type="application/json")

    answer.__annotations__["body"] = operation.body
    app.post(operation.path, name=operation.path)(answer)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application on a free local port; gives its address, and is gone afterwards."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    assert server.started, "the server did not start"
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
