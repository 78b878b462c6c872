"""One's own account: sessions, API tokens, the second step."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from assistant.accounts.sessions import SignedIn
from assistant.errors import BadInput, Refusal
from assistant.web.staff import guard
from assistant.web.staff.guard import Me, Ours, go, origin_of, page
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]


def _page(request: Request, me: SignedIn, *, status: int = 200, **more: Any) -> Response:
    accounts = web_of(request).service.accounts
    context = {
        "me": accounts.staff.find(me.name),
        "here_id": me.session_id,
        "scope": guard.scope_of(request, me),
        "sessions": accounts.sessions.listed(me.stored.id),
        "tokens": accounts.sessions.tokens_of(me.stored.id),
        "codes_left": accounts.second.codes_left(me.stored),
        "set_up": accounts.second.begun(me.stored),
        "now": web_of(request).service.clock.now(),
        "codes": [], "token": "", "error": "",
    }  # fmt: skip
    return page(request, "me.html", me, status=status, **{**context, **more})


@router.get("/staff/me", response_class=HTMLResponse)
def show(request: Request, me: Me) -> Response:
    return _page(request, me)


@router.post("/staff/me/sessions/{session_id}", dependencies=[Ours])
def end_session(request: Request, me: Me, session_id: str) -> Response:
    """End one session by its id, or all but this one (`others`)."""
    sessions = web_of(request).service.accounts.sessions
    if session_id == "others":
        sessions.revoke_all(me.stored, origin_of(request, me), but=me.session_id)
    else:
        sessions.revoke(me.stored, session_id, origin_of(request, me))
    return go("/staff/me", "ended")


@router.post("/staff/me/tokens", response_class=HTMLResponse, dependencies=[Ours])
def add_token(request: Request, me: Me, name: Text = "", days: Annotated[int, Form()] = 90) -> Response:
    """A new token, shown this once."""
    try:
        token, _ = web_of(request).service.accounts.sessions.new_token(me.stored, name, days, origin_of(request, me))
    except Refusal as error:
        return _page(request, me, status=422, error=error.public)
    return _page(request, me, token=token)


@router.post("/staff/me/tokens/{token_id}", dependencies=[Ours])
def drop_token(request: Request, me: Me, token_id: str) -> Response:
    web_of(request).service.accounts.sessions.drop_token(me.stored, token_id, origin_of(request, me))
    return go("/staff/me", "token-dropped")


@router.post("/staff/me/totp/{act}", response_class=HTMLResponse, dependencies=[Ours])
def second_step(request: Request, me: Me, act: str, code: Text = "", password: Text = "") -> Response:
    """`start`, `confirm` with a first code; `off` and `codes` with the password."""
    accounts = web_of(request).service.accounts
    origin = origin_of(request, me)
    try:
        if act == "confirm":
            return _page(request, me, codes=accounts.second.confirm(me.stored, code, origin))
        if not accounts.staff.proves(me.stored, password):
            raise BadInput("密码不对。")
        if act == "start":
            accounts.second.begin(me.stored)
        elif act == "codes":
            return _page(request, me, codes=accounts.second.renew_codes(me.stored, origin))
        elif act == "off":
            accounts.second.off(me.stored, origin)
            return go("/staff/me", "totp-off")
    except Refusal as error:
        return _page(request, me, status=422, error=error.public)
    return go("/staff/me")
