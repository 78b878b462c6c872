"""What every route needs, hung on the application."""

import asyncio
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.templating import Jinja2Templates

from assistant.bootstrap import Service
from assistant.web.callback import Callback
from assistant.web.security import RateLimit, Visitors


@dataclass
class Web:
    service: Service
    templates: Jinja2Templates
    visitors: Visitors
    limit: RateLimit
    callback: Callback
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def web_of(request: Request) -> Web:
    web: Web = request.app.state.web
    return web
