"""`/dev/style`: every component of the chat page in its states, on one page."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from assistant.web.state import web_of

router = APIRouter()


@router.get("/dev/style", response_class=HTMLResponse)
def style(request: Request) -> Response:
    web = web_of(request)
    return web.templates.TemplateResponse(request, "style.html", {"brand": web.service.settings.brand_name})
