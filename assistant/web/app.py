"""Makes the application of a service. Called by `zhike demo` and `zhike serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from assistant import logs
from assistant.accounts.keys import secret_key
from assistant.bootstrap import Service
from assistant.db.migrate import is_current
from assistant.errors import NotAllowed, NotFound, Refusal, StoreDown
from assistant.web import chat, moments, staff, style, surveys, wechat
from assistant.web.callback import Callback, is_push
from assistant.web.icons import icon
from assistant.web.security import HEADERS, Hardened, RateLimit, Visitors
from assistant.web.staff import guard
from assistant.web.state import Web, web_of

log = logs.get("web")
HERE = Path(__file__).parent
_FRAMEWORK_SAYS = {404: "没有这个页面。", 405: "这个地址不支持这样的请求。"}


class Application(FastAPI):
    """The pages and doors of a service; WeChat's pushes go past the framework, which has nothing to check for them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_push(scope):
            await self.state.web.callback(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def close(self) -> None:
        """Let go of whoever listens. Called in the loop that serves."""
        self.state.web.stopping.set()
        self.state.web.callback.close()


def make_app(service: Service, callback: Callback | None = None) -> Application:
    """All pages and doors of a service. `callback`: WeChat's door where it is open already."""
    settings = service.settings

    @asynccontextmanager
    async def life(app: Application) -> AsyncIterator[None]:
        yield
        app.close()

    app = Application(title="Zhike", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.web = Web(
        service=service,
        templates=Jinja2Templates(HERE / "templates"),
        visitors=Visitors(secret_key(settings.web.secret.get_secret_value(), settings.data_dir)),
        limit=RateLimit(settings.web.messages_per_minute),
        callback=callback or Callback(service),
    )
    app.state.web.templates.env.globals["icon"] = icon
    photos = settings.moments.max_photo_bytes + 65_536  # and the form around it
    larger = {"/admin/import": settings.accounts.max_import_bytes, surveys.PHOTOS: photos, "/ops/surveys/": 524_288}
    app.add_middleware(Hardened, max_body_bytes=settings.web.max_body_bytes, larger=larger)
    app.include_router(chat.router)
    app.include_router(style.router)
    app.include_router(wechat.router)
    app.include_router(moments.router)
    app.include_router(surveys.router)
    staff.install(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    if settings.wechat.fake:
        from assistant.web.fake_wechat.demo import demo_platform

        app.mount("/fake-wechat", demo_platform(service).app)
    _plumbing(app)
    _errors(app)
    return app


def _plumbing(app: FastAPI) -> None:
    @app.get("/")
    def home() -> Response:
        return RedirectResponse("/chat")

    @app.get("/healthz")
    def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    def ready(request: Request) -> JSONResponse:
        """The store answers and has the newest schema. The model may be away: service then degrades, not stops."""
        service = web_of(request).service
        store = service.database.healthy() and is_current(service.database)
        body = {"store": store, "model": service.llm.available()}
        return JSONResponse(body, status_code=200 if store else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _page(request: Request, status: int, words: str, *, known: bool = True) -> Response | None:
    """A page for people; None where a script asks. `known` False: the store cannot be asked who it is."""
    return guard.refused(request, status, words, known=known) or surveys.refused(request, status, words)


def _errors(app: FastAPI) -> None:
    """Every error is one sentence in the user's language; causes go to the log."""

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        words = str(error.detail)
        if words.isascii():  # the framework's own words, in English
            words = _FRAMEWORK_SAYS.get(error.status_code, "请求格式不对，请刷新页面后重试。")
        told = _page(request, error.status_code, words)
        return told or JSONResponse({"error": words}, error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        log.info("request_refused", faults=len(error.errors()))
        words = "请求格式不对，请刷新页面后重试。"
        return _page(request, 422, words) or JSONResponse({"error": words}, 422)

    @app.exception_handler(Refusal)
    def refused(request: Request, error: Refusal) -> Response:
        status = 404 if isinstance(error, NotFound) else 403 if isinstance(error, NotAllowed) else 400
        told = _page(request, status, error.public)
        return told or JSONResponse({"error": error.public}, status if request.url.path.startswith("/ops") else 400)

    @app.exception_handler(StoreDown)
    def down(request: Request, error: StoreDown) -> Response:
        log.error("store_down", cause=str(error))
        if told := _page(request, 503, "系统繁忙，请稍后再试。", known=False):
            return told
        return JSONResponse({"error": "系统繁忙，消息还没有收到，请稍后重发。"}, 503)

    @app.exception_handler(Exception)
    def crashed(_: Request, error: Exception) -> JSONResponse:
        log.error("request_crashed", cause=repr(error))
        # this answer is made outside all middleware
        return JSONResponse({"error": "系统出了点问题，请稍后再试。"}, 500, headers=HEADERS)
