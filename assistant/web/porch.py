"""The doors of a service open before its pages are there.

WeChat tries a push three times within fifteen seconds and then gives it up (decision 0011). So pushes are taken from the
first second on, while what takes several seconds to import and build is made in a thread; whoever asks for a page waits
for it. Called by `zhike demo` and `zhike serve`.
"""

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from assistant.web.callback import Callback, is_push

if TYPE_CHECKING:
    from assistant.bootstrap import Service
    from assistant.web.app import Application


class Porch:
    """ASGI application: WeChat's door at once, all others as soon as `lead_to` names what is behind them."""

    def __init__(self, service: "Service") -> None:
        self.callback = Callback(service)
        self._behind: Future[Application] = Future()

    def lead_to(self, application: "Application") -> None:
        """Open all other doors. Called once, from any thread."""
        self._behind.set_result(application)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_push(scope):
            await self.callback(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            application = await asyncio.shield(asyncio.wrap_future(self._behind))
            await application(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._behind.done():
            self._behind.result().close()
        await send({"type": "lifespan.shutdown.complete"})
