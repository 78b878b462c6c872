"""The phone page and what it asks for: state, live happenings, and every act of a phone over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from assistant.web.fake_wechat import samples
from assistant.web.fake_wechat.phone import CannotDo, Phone
from assistant.web.fake_wechat.platform import FakeWeChat, bubble_json
from assistant.web.fake_wechat.records import Delivery

COOKIE = "fake_wechat_openid"
POLL_S = 0.2
BEAT_S = 15.0
NOTED, MOST_NOTED = {"call", "push", "violation"}, 100  # what a page that is opened later is told of
router = APIRouter()


class Act(BaseModel):
    """What an act of a phone may need; each takes its own part."""

    words: str = ""
    menu_id: str = ""
    choice: str = ""
    button: str = ""
    scanned: str = "https://example.com/code"
    ticket: str = ""
    scene: str = ""
    lat: float = 0.0
    lng: float = 0.0
    label: str = ""
    place: int = 0
    title: str = ""
    url: str = ""
    description: str = ""
    size: int = 1024
    seconds: float = 2.0
    short: bool = False
    template_id: str = ""
    accept: bool = True
    fields: dict[str, Any] | str = ""
    params: dict[str, str] = {}


ACTS: dict[str, Callable[[Phone, Act], Delivery]] = {
    "subscribe": lambda p, a: p.subscribe(a.scene),
    "unsubscribe": lambda p, a: p.unsubscribe(),
    "scan": lambda p, a: p.scan(a.ticket),
    "text": lambda p, a: p.text(a.words, menu_id=a.menu_id),
    "choose": lambda p, a: p.choose(a.choice),
    "image": lambda p, a: p.image(),
    "voice": lambda p, a: p.voice(seconds=a.seconds),
    "video": lambda p, a: p.video(short=a.short),
    "location": lambda p, a: p.location(a.lat, a.lng, a.label),
    "report_location": lambda p, a: p.report_location(a.lat, a.lng),
    "link": lambda p, a: p.link(a.title, a.url, a.description),
    "file": lambda p, a: p.file(a.title, a.size),
    "tap": lambda p, a: p.tap(a.button, scanned=a.scanned, place=a.place),
    "consent": lambda p, a: p.consent(a.template_id, accept=a.accept),
    "withdraw": lambda p, a: p.withdraw(a.template_id),
    "raw": lambda p, a: p.raw(a.fields, a.params),
}
UPLOADS: dict[str, Callable[[Phone, bytes], Delivery]] = {
    "image": lambda p, data: p.image(data),
    "voice": lambda p, data: p.voice(data),
    "video": lambda p, data: p.video(data),
}


def _wechat(request: Request) -> FakeWeChat:
    found: FakeWeChat = request.app.state.wechat
    return found


@router.get("/", response_class=HTMLResponse)
def phone_page(request: Request) -> Response:
    wechat = _wechat(request)
    context = {"root": request.scope.get("root_path", ""), "account": wechat.account.name, "places": samples.PLACES}
    answer: Response = request.app.state.templates.TemplateResponse(request, "phone.html", context)
    return answer


@router.get("/phone/state")
def state(request: Request) -> dict[str, Any]:
    """Everything that the page needs at the start; `last` is where its stream begins."""
    wechat = _wechat(request)
    with wechat.lock:
        return {
            "account": wechat.account.name,
            "users": [{"openid": u.openid, "name": u.name, "subscribed": u.subscribed} for u in wechat.users.values()],
            "chats": {openid: [bubble_json(b) for b in wechat.chat(openid)] for openid in wechat.users},
            "menu": wechat.menu,
            "qr": [{"ticket": c.ticket, "scene": c.scene} for c in wechat.qr_codes.values()],
            "templates": [{"id": t.id, "title": t.title} for t in wechat.templates.values() if t.subscription],
            "happened": [h for h in wechat.happenings if h["kind"] in NOTED][-MOST_NOTED:],
            "last": wechat.happenings[-1]["id"] if wechat.happenings else 0,
        }


@router.get("/phone/violations")
def violations(request: Request) -> list[dict[str, Any]]:
    return [asdict(v) for v in _wechat(request).violations]


@router.get("/phone/events")
async def events(request: Request, after: int = 0) -> StreamingResponse:
    """Server-sent events: bubble, typing, call, push, violation, menu, user, qr."""
    last = request.headers.get("last-event-id", "")
    start = max(after, int(last) if last.isdigit() else 0)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(request, start), media_type="text/event-stream", headers=headers)


async def _events(request: Request, after: int) -> AsyncIterator[str]:
    wechat, loop = _wechat(request), asyncio.get_running_loop()
    beat = loop.time()
    yield "retry: 1000\n\n"
    while not await request.is_disconnected():
        with wechat.lock:
            fresh = [h for h in wechat.happenings if h["id"] > after]
        for happening in fresh:
            after = happening["id"]
            yield f"id: {after}\ndata: {json.dumps(happening, ensure_ascii=False)}\n\n"
        if loop.time() - beat > BEAT_S:
            beat = loop.time()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_S)


@router.get("/phone/media/{media_id}")
def media(request: Request, media_id: str) -> Response:
    """A file as a phone shows it."""
    kept = _wechat(request).media.get(media_id)
    if kept is None:
        raise HTTPException(404)
    return Response(kept.data, media_type=kept.content_type, headers={"x-content-type-options": "nosniff"})


@router.get("/phone/face/{openid}")
def face(openid: str) -> Response:
    """A user's picture: a colour of their own."""
    seed = sum(openid.encode())
    return Response(samples.png((90 + seed % 90, 90 + seed // 7 % 90, 90 + seed // 49 % 90)), media_type="image/png")


@router.post("/phone/{openid}/upload")
async def upload(request: Request, openid: str, kind: str = "image") -> dict[str, Any]:
    """Send a file of one's own: the body is the file."""
    data = await request.body()
    if kind not in UPLOADS:
        raise HTTPException(404, "没有这种文件。")
    return await run_in_threadpool(_done, request, openid, lambda phone: UPLOADS[kind](phone, data))


@router.post("/phone/{openid}/{act}")
def do(request: Request, openid: str, act: str, given: Act) -> dict[str, Any]:
    """Any act of a phone. Answers `outcome` and the attempts once the push is settled; 409 with what the phone says."""
    if act not in ACTS:
        raise HTTPException(404, "手机上没有这个动作。")
    return _done(request, openid, lambda phone: ACTS[act](phone, given))


def _done(request: Request, openid: str, act: Callable[[Phone], Delivery]) -> dict[str, Any]:
    wechat = _wechat(request)
    phone = wechat.phone(openid)
    try:
        delivery = act(phone)
    except CannotDo as cannot:
        raise HTTPException(409, f"{cannot}。") from cannot
    tries = [{"status": a.status, "error": a.error, "ms": a.ms} for a in delivery.attempts]
    return {"outcome": delivery.outcome, "attempts": tries, "msg_id": delivery.msg_id}
