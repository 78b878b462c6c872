"""The chat page and its API. A message is answered 202 once it lies on disk; replies come over server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from assistant.agent.written import tidy
from assistant.channels.web_chat import CHANNEL, LiveEvent
from assistant.db import conversations, inbox
from assistant.db.jsonable import dump
from assistant.domain.message import Inbound, StoredMessage
from assistant.domain.shopper import Identity
from assistant.merchant.world.personas import PERSONAS
from assistant.privacy.rights import EXPORT_LIVES
from assistant.web.security import COOKIE, new_sender, same_origin
from assistant.web.state import Web, web_of

router = APIRouter()
POLL_S = 1.0
HEARTBEAT_S = 15.0
APP = "chat"


class Visitor(BaseModel):
    """Who the cookie says this browser is."""

    sender: str
    member: str

    @property
    def identity(self) -> Identity:
        return Identity(CHANNEL, APP, f"{self.sender}:{self.member}" if self.member else self.sender)


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    text: str = Field(max_length=20_000)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lng: float | None = Field(default=None, ge=-180, le=180)


class Account(BaseModel):
    model_config = ConfigDict(extra="forbid")

    member: str = Field(max_length=16)


def visitor(request: Request) -> Visitor:
    """The visitor of a request. 401 where the page was never opened."""
    found = web_of(request).visitors.read(request)
    if found is None:
        raise HTTPException(401, "请刷新页面后重试。")
    return Visitor(**found)


Who = Annotated[Visitor, Depends(visitor)]


def ours(request: Request) -> None:
    if not same_origin(request):
        raise HTTPException(403, "请求来源不对。")


def set_cookie(web: Web, response: Response, sender: str, member: str) -> None:
    """Remember who a browser is."""
    response.set_cookie(
        COOKIE, web.visitors.sign(sender, member), max_age=180 * 86_400, httponly=True, samesite="lax", path="/"
    )


@router.get("/chat", response_class=HTMLResponse)
def page(request: Request, store: str = "") -> Response:
    """The chat page. `?store=S001` is what a code in a store carries."""
    web = web_of(request)
    known = web.visitors.read(request)
    who = Visitor(**known) if known else Visitor(sender=new_sender(), member="")
    demo = web.service.settings.web.demo_accounts
    accounts = [{"id": p.member_id, "name": p.name, "about": p.about} for p in PERSONAS] if demo else []
    stores = web.service.catalog.get().stores
    response = web.templates.TemplateResponse(
        request,
        "chat.html",
        {
            "brand": web.service.settings.brand_name,
            "accounts": accounts,
            "member": who.member,
            "store": stores[store].name if store in stores else "",
            "max_chars": web.service.settings.web.max_message_chars,
        },
    )
    if known is None:
        set_cookie(web, response, who.sender, who.member)
    if store in stores:
        _open(web, who, store)
    response.headers["cache-control"] = "no-store"
    return response


def _open(web: Web, who: Visitor, store_id: str | None = None) -> str:
    with web.service.database.write() as connection:
        return inbox.open_conversation(
            connection, who.identity, web.service.clock.now(), member_id=who.member or None, store_id=store_id
        )


@router.post("/chat/api/messages", status_code=202, dependencies=[Depends(ours)])
def send(request: Request, message: NewMessage, who: Who) -> dict[str, Any]:
    """Accept a message. The same `client_id` twice is one message, so that a page may retry."""
    web = web_of(request)
    limit = web.service.settings.web.max_message_chars
    if not tidy(message.text):
        raise HTTPException(422, "请先写点什么再发送。")
    if len(message.text) > limit:
        raise HTTPException(422, f"一条消息最多{limit}字，您可以分几条发。")
    if not web.limit.allows(who.sender):
        raise HTTPException(429, "发得太快啦，请稍等一会儿再发。")
    inbound = Inbound(
        identity=who.identity,
        dedup_key=f"web:{who.identity.sender}:{message.client_id}",
        text=message.text,
        at=web.service.clock.now(),
        client_id=message.client_id,
        lat=message.lat,
        lng=message.lng,
    )
    accepted = web.service.shopper_messages.accept(inbound, member_id=who.member or None)
    return {"accepted": True, "fresh": accepted.fresh}


@router.get("/chat/api/history")
def history(request: Request, who: Who, after: int = 0) -> dict[str, Any]:
    """Messages after an id, oldest first."""
    web = web_of(request)
    with web.service.database.read() as connection:
        found = conversations.find(connection, who.identity)
        lines = conversations.history(connection, found, after=after, limit=60) if found else []
        state = conversations.get(connection, found) if found else None
    return {"messages": [_line(m) for m in lines], "holder": state.holder if state else "assistant"}


def _line(m: StoredMessage) -> dict[str, Any]:
    return {
        "id": m.id,
        "author": m.author,
        "text": m.text,
        "at": m.at.isoformat(),
        "client_id": m.client_id,
        "reply": dump(m.reply) if m.reply else None,
    }


@router.get("/chat/api/stream")
async def stream(request: Request, who: Who, after: int = 0) -> StreamingResponse:
    """Server-sent events: `typing`, `text` (a piece of an answer), `message` (as in the history)."""
    web = web_of(request)
    conversation_id = await run_in_threadpool(_open, web, who)
    last = request.headers.get("last-event-id", "")
    start = max(after, int(last) if last.isdigit() else 0)
    return StreamingResponse(
        _events(request, web, conversation_id, start),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(request: Request, web: Web, conversation_id: str, after: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[LiveEvent] = asyncio.Queue(maxsize=500)

    def put(event: LiveEvent) -> None:
        loop.call_soon_threadsafe(lambda: None if queue.full() else queue.put_nowait(event))

    stop = web.service.live.listen(conversation_id, put)
    beat = loop.time()
    try:
        yield "retry: 2000\n\n"
        while not web.stopping.is_set() and not await request.is_disconnected():
            for line in await run_in_threadpool(_newer, web, conversation_id, after):
                after = line["id"]
                yield f"id: {after}\nevent: message\ndata: {json.dumps(line, ensure_ascii=False)}\n\n"
            try:
                event = await asyncio.wait_for(queue.get(), POLL_S)
            except TimeoutError:
                if loop.time() - beat > HEARTBEAT_S:
                    beat = loop.time()
                    yield ": still here\n\n"
                continue
            if event.kind != "message":
                yield f"event: {event.kind}\ndata: {json.dumps({'text': event.text}, ensure_ascii=False)}\n\n"
    finally:
        stop()


def _newer(web: Web, conversation_id: str, after: int) -> list[dict[str, Any]]:
    with web.service.database.read() as connection:
        return [_line(m) for m in conversations.history(connection, conversation_id, after=after, limit=60)]


@router.post("/chat/api/account", dependencies=[Depends(ours)])
def switch(request: Request, account: Account, who: Who) -> Response:
    """Become another demo member. Only where demo accounts are on."""
    web = web_of(request)
    if not web.service.settings.web.demo_accounts:
        raise HTTPException(404, "没有演示账号。")
    if account.member and account.member not in {p.member_id for p in PERSONAS}:
        raise HTTPException(404, "没有这个演示账号。")
    response = Response(status_code=204)
    set_cookie(web, response, who.sender, account.member)
    return response


@router.get("/chat/export/{name}")
def export(request: Request, name: str, who: Who) -> FileResponse:
    """A shopper's own data, once packed. The name cannot be guessed and lives for a day."""
    web = web_of(request)
    folder = web.service.settings.data_dir / "exports"
    path = folder / Path(name).name
    oldest = (web.service.clock.now() - EXPORT_LIVES).timestamp()
    if "\0" in name or len(name) > 100 or not path.is_file() or path.stat().st_mtime < oldest:
        raise HTTPException(404, "链接已过期，请重新导出。")
    return FileResponse(
        path, media_type="application/json", filename="我的数据.json", headers={"cache-control": "no-store"}
    )
