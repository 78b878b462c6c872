"""`/dev/style`: every component in its states, on one page for each design: the shoppers' and the staff's."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from assistant.web.staff.guard import page
from assistant.web.state import web_of

router = APIRouter()


@router.get("/dev/style", response_class=HTMLResponse)
def style(request: Request) -> Response:
    web = web_of(request)
    return web.templates.TemplateResponse(request, "style.html", {"brand": web.service.settings.brand_name})


@router.get("/dev/style/staff", response_class=HTMLResponse)
def staff(request: Request) -> Response:
    return page(request, "style.html", states=("active", "locked", "disabled", "invited"))
