"""Doors of the experience moments: the webhook through which a retailer tells events, and the survey as a page.

Events are signed: `X-Zhike-Signature: t=<unix seconds>,v1=<hex>` with HMAC-SHA256 of "<t>.<body>" under the shared key. A
page is reached by an address that cannot be guessed, and goes on where the chat stopped.
"""

import hashlib
import hmac
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from assistant import logs
from assistant.db.moments import Invitation
from assistant.surveys import dialogue
from assistant.surveys.events import read_events
from assistant.surveys.talk import run_of
from assistant.web.security import same_origin
from assistant.web.state import web_of

router = APIRouter()
log = logs.get("moments")
SKEW_S = 300


@router.post("/moments/events")
async def take(request: Request) -> JSONResponse:
    """Take events: `{"events": [...]}` or one. Good ones are on disk when this answers; bad ones are told one by one."""
    service = web_of(request).service
    body = await request.body()
    _check(request, body, service.settings.moments.secret.get_secret_value(), service.clock.now().timestamp())
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "内容不是 JSON。") from None
    rows = given.get("events", [given]) if isinstance(given, dict) else given
    if not isinstance(rows, list) or not rows:
        raise HTTPException(400, '没有事件：应是 {"events": [...]}。')
    good, refused = read_events(rows)
    taken = await run_in_threadpool(service.moments.take, good)
    told = [{"place": r.place, "id": r.id, "error": r.error} for r in refused]
    answer = {"accepted": taken.fresh, "repeated": taken.repeated, "refused": told}
    return JSONResponse(answer, status_code=202 if good else 422)


def _check(request: Request, body: bytes, secret: str, now: float) -> None:
    if not secret:
        raise HTTPException(404, "没有开通事件接口。")
    parts = dict(p.split("=", 1) for p in request.headers.get("x-zhike-signature", "").split(",") if "=" in p)
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp[:12])) > SKEW_S:
        log.info("event_refused", reason="stale")
        raise HTTPException(403, "签名不对或已过期。")
    proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof.encode(), parts.get("v1", "").encode()):
        log.info("event_refused", reason="signature")
        raise HTTPException(403, "签名不对或已过期。")


# -- the survey as a page --------------------------------------------------------------------------------------------


def _found(request: Request, invitation: str) -> Invitation:
    found = web_of(request).service.survey_talk.find(invitation)
    if found is None or found.status in ("planned", "held"):
        raise HTTPException(404, "没有这份问卷，链接可能不完整。")
    return found


Found = Annotated[Invitation, Depends(_found)]


@router.get("/survey/{invitation}", response_class=HTMLResponse)
def page(request: Request, found: Found, told: str = "") -> Response:
    """The question that is open, or how the survey ended."""
    web = web_of(request)
    run, names = run_of(found), web.service.survey_talk.names(found)
    asked = dialogue.ask(run, names) if found.status in ("sent", "open", "paused") else None
    total = len(run.survey.questions)
    response = web.templates.TemplateResponse(
        request, "survey.html",
        {
            "brand": web.service.settings.brand_name, "title": run.survey.title, "invitation": found.id,
            "question": run.question, "asked": asked, "status": found.status, "told": told[:60],
            "greeting": dialogue.greeting(run, names) if not run.answers else "",
            "step": min(len(run.path) + 1, total), "total": total,
            "thanks": getattr(run.survey.thanks, run.outcome),
        },
    )  # fmt: skip
    response.headers["cache-control"] = "no-store"
    return response


@router.post("/survey/{invitation}")
def answer(
    request: Request, found: Found, question: Annotated[str, Form(max_length=40)],
    said: Annotated[list[str] | None, Form()] = None,
) -> Response:  # fmt: skip
    """Take an answer, by button or words. An answer to a question that is not open any more changes nothing."""
    if not same_origin(request):
        raise HTTPException(403, "请求来源不对。")
    web = web_of(request)
    text = "、".join(said or [])[: web.service.settings.web.max_message_chars]
    told = ""
    if question == run_of(found).question.id and found.status in ("sent", "open", "paused"):
        told = "" if web.service.survey_talk.answer(found, text) else "没有读懂，请点选一项，或换个说法。"
    address = f"/survey/{found.id}"
    return RedirectResponse(f"{address}?told={told}" if told else address, 303)
