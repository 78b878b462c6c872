"""Surveys as pages: by the link of an invitation, or by the code on a receipt. Forms work without any script.

A page is reached by an address that cannot be guessed, and goes on where the chat stopped. Refusals are pages too.
"""

import re
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant import logs
from assistant.accounts.keys import secret_key
from assistant.channels.official_account.binding import Binding
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.db.moments import LIVE, Invitation
from assistant.errors import NotAllowed
from assistant.surveys import dialogue
from assistant.surveys.places import Place, Places
from assistant.surveys.talk import names_of, run_of
from assistant.web.chat import Visitor, set_cookie
from assistant.web.security import new_sender, same_origin
from assistant.web.state import Web, web_of

router = APIRouter()
log = logs.get("surveys")
BROWSER = "zhike_survey"  # the browser that went to WeChat's sign-in
HERE = "/survey/"
PHOTOS = "/survey/photo/"
UNREAD = "没有读懂，请点选一项，或换个说法。"
TOLD = {
    "unread": UNREAD, "kind": "只收 JPG、PNG 或 WebP 照片，请换一张。", "empty": "请先选一张照片，或者跳过。",
    "large": "照片太大了，请换一张小一点的。",
}  # fmt: skip
_ID = re.compile(r"v-[A-Za-z0-9_-]{1,38}")
_PICTURES = ((b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"))


def refused(request: Request, status: int, words: str) -> Response | None:
    """A page for a refusal on a page of ours; None on any other."""
    if not request.url.path.startswith(HERE):
        return None
    return _page(request, status=status, state="refused", words=words)


def _page(request: Request, *, status: int = 200, **context: Any) -> Response:
    web = web_of(request)
    around = {"brand": web.service.settings.brand_name, "asked": None, "title": "满意度调查"}
    response = web.templates.TemplateResponse(request, "survey.html", {**around, **context}, status_code=status)
    response.headers["cache-control"] = "no-store"
    return response


def ours(request: Request) -> None:
    if not same_origin(request):
        raise HTTPException(403, "请求来源不对，请从原来的链接重新打开。")


# -- at a place ------------------------------------------------------------------------------------------------------


def _places(web: Web) -> Places:
    settings = web.service.settings
    return Places(secret_key(settings.web.secret.get_secret_value(), settings.data_dir))


def _place(request: Request, token: str) -> Place:
    web = web_of(request)
    place = _places(web).read(token)
    if place is None or place.survey_id not in web.service.moments.surveys:
        raise HTTPException(404, "这个二维码已经失效，请向店员要一张新的。")
    return place


At = Annotated[Place, Depends(_place)]


@router.get("/survey/at/{token}", response_class=HTMLResponse)
def welcome(request: Request, token: str, place: At) -> Response:
    """Before a survey begins: looking starts nothing. Inside WeChat its sign-in goes first, so that a member is known."""
    if (binding := _sign_in(request)) is None:
        return _welcome(request, token, place)
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(16)
    response = RedirectResponse(binding.sign_in_url(browser, f"/survey/at/{token}/in"), 302)
    response.set_cookie(BROWSER, browser, max_age=900, httponly=True, samesite="lax", path=HERE)
    return response


def _sign_in(request: Request) -> Binding | None:
    """What signs people in, where they come in WeChat and the account has its sign-in page."""
    service = web_of(request).service
    wechat = service.settings.wechat
    if (
        not (wechat.app_id and wechat.public_url)
        or "micromessenger" not in request.headers.get("user-agent", "").lower()
    ):
        return None
    binding = service.official_account.binding
    return binding if binding.by_oauth else None


@router.get("/survey/at/{token}/in", response_class=HTMLResponse)
def signed_in(request: Request, token: str, place: At, code: str = "", state: str = "") -> Response:
    """Back from WeChat's sign-in. Whoever declined it, or comes with a stale link, is asked as somebody unknown."""
    binding = _sign_in(request)
    if binding is None or not code:
        return _welcome(request, token, place)
    try:
        signed = binding.signed_in(code, state, request.cookies.get(BROWSER, ""))
    except (NotAllowed, WeChatDown, WeChatRefused) as error:
        log.info("survey_sign_in_failed", cause=type(error).__name__)
        return _welcome(request, token, place)
    return _welcome(request, token, place, ticket=signed.ticket, member=signed.member_id)


def _welcome(request: Request, token: str, place: Place, ticket: str = "", member: str | None = None) -> Response:
    web = web_of(request)
    blank = web.service.moments.at_place(place, web.service.clock.now())
    names = names_of(blank, web.service.settings.brand_name, web.service.store_name)
    run = run_of(blank)
    return _page(
        request, state="welcome", token=token, title=run.survey.title, greeting=dialogue.greeting(run, names),
        minutes=run.survey.minutes, total=len(run.survey.questions), ticket=ticket, member=member,
    )  # fmt: skip


@router.post("/survey/at/{token}", dependencies=[Depends(ours)])
def begin(request: Request, token: str, place: At, ticket: Annotated[str, Form(max_length=80)] = "") -> Response:
    """Begin the survey, or go on with the one that this browser, or this follower, began today."""
    web = web_of(request)
    client = request.client.host if request.client else "?"
    if not web.limit.allows(f"survey:{client}"):
        raise HTTPException(429, "操作太频繁，请稍后再试。")
    if follower := _follower(request, ticket):
        openid, member = follower
        return RedirectResponse(f"{HERE}{web.service.moments.start_at(place, f'wechat:{openid}', member)}", 303)
    known = web.visitors.read(request)
    who = Visitor(**known) if known else Visitor(sender=new_sender(), member="")
    which = web.service.moments.start_at(place, who.sender, who.member)
    response = RedirectResponse(f"{HERE}{which}", 303)
    if known is None:
        set_cookie(web, response, who.sender, who.member)
    return response


def _follower(request: Request, ticket: str) -> tuple[str, str] | None:
    """Who a ticket of WeChat's sign-in says this is: openid and member. None where it is none, or too old."""
    binding = _sign_in(request) if ticket else None
    try:
        return binding.who(ticket) if binding else None
    except NotAllowed:
        return None


# -- an invitation ---------------------------------------------------------------------------------------------------


def _found(request: Request, invitation: str) -> Invitation:
    found = web_of(request).service.survey_talk.find(invitation) if _ID.fullmatch(invitation) else None
    if found is None or found.status in ("planned", "held"):
        raise HTTPException(404, "没有这份问卷，链接可能不完整。")
    return found


Found = Annotated[Invitation, Depends(_found)]


@router.get("/survey/{invitation}", response_class=HTMLResponse)
def show(request: Request, found: Found, told: str = "") -> Response:
    """The question that is open, or how the survey ended."""
    web = web_of(request)
    talk = web.service.survey_talk
    run, names = run_of(found), talk.names(found)
    late = found.status in LIVE and talk.expired(found)
    state = "expired" if late else "open" if found.status in LIVE else found.status
    if state != "open":
        return _page(request, state=state, title=run.survey.title, thanks=getattr(run.survey.thanks, run.outcome))
    talk.seen(found)
    total = len(run.survey.questions)
    return _page(
        request, state=state, title=run.survey.title, invitation=found.id, question=run.question,
        asked=dialogue.ask(run, names), told=TOLD.get(told, ""), known=run.known,
        greeting=dialogue.greeting(run, names) if not run.path else "", back=bool(run.path),
        step=min(len(run.path) + 1, total), total=total,
        max_photo=web.service.settings.moments.max_photo_bytes, max_words=web.service.settings.web.max_message_chars,
    )  # fmt: skip


@router.post("/survey/{invitation}", dependencies=[Depends(ours)])
def answer(
    request: Request, found: Found, question: Annotated[str, Form(max_length=40)],
    said: Annotated[list[str] | None, Form()] = None,
) -> Response:  # fmt: skip
    """Take an answer, by button or words. An answer to a question that is not open any more changes nothing."""
    web = web_of(request)
    text = "、".join(said or [])[: web.service.settings.web.max_message_chars].replace("\0", "")
    fine = not _answerable(web, found, question) or web.service.survey_talk.answer(found, text)
    return _on(found, "" if fine else "unread")


@router.post("/survey/photo/{invitation}", dependencies=[Depends(ours)])
def photo(request: Request, found: Found, question: Annotated[str, Form(max_length=40)], photo: UploadFile) -> Response:
    """Take a picture as the answer."""
    web = web_of(request)
    if not _answerable(web, found, question):
        return _on(found)
    most = web.service.settings.moments.max_photo_bytes
    content = photo.file.read(most + 1)
    if not content:
        return _on(found, "empty")
    if len(content) > most:
        return _on(found, "large")
    kind = picture_kind(content)
    if kind is None:
        return _on(found, "kind")
    web.service.survey_talk.upload(found, content, *kind)
    return _on(found)


def picture_kind(content: bytes) -> tuple[str, str] | None:
    """Type and ending of a picture by its own first bytes, whatever its name says; None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", "webp"
    return next(((mime, ending) for head, mime, ending in _PICTURES if content.startswith(head)), None)


def _answerable(web: Web, found: Invitation, question: str) -> bool:
    late = web.service.survey_talk.expired(found)
    return found.status in LIVE and not late and question == run_of(found).question.id


def _on(found: Invitation, told: str = "") -> Response:
    address = f"{HERE}{found.id}"
    return RedirectResponse(f"{address}?told={told}" if told else address, 303)
