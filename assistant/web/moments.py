"""The webhook through which a retailer tells events.

Events are signed: `X-Zhike-Signature: t=<unix seconds>,v1=<hex>` with HMAC-SHA256 of "<t>.<body>" under the shared key.
"""

import hashlib
import hmac
import json

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from assistant import logs
from assistant.surveys.events import read_events
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
