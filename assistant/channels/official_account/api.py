"""Calls to WeChat's servers: one token shared by all replicas, one refresh at a time, errors by code, a circuit breaker.

Raises `WeChatRefused` with the code, or `WeChatDown`. Called by the delivery, the journeys and the command line, from
many threads.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from assistant import logs
from assistant.breaker import Breaker
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.clock import Clock
from assistant.config import WeChatSettings
from assistant.db import wechat
from assistant.db.engine import Database

log = logs.get("wechat")
Trace = Callable[[str, Mapping[str, Any]], None]
_EARLY = timedelta(minutes=5)  # a token is replaced before it ends
_LEASE = timedelta(seconds=15)
_WAIT_S = 8.0
_MAX_MEDIA = 20 * 1024 * 1024


@dataclass(frozen=True)
class Media:
    """A downloaded attachment."""

    content: bytes
    mime: str


class Token:
    """The account's access token (`stable_token`), kept in the store so that all replicas use the same one."""

    def __init__(self, settings: WeChatSettings, database: Database, http: httpx.Client, clock: Clock) -> None:
        self._settings = settings
        self._db = database
        self._http = http
        self._clock = clock
        self._owner = f"tok-{uuid4().hex[:12]}"
        self._lock = threading.Lock()
        self._spoiled = ""

    def get(self) -> str:
        """A good token: the shared one, or a new one that this or another replica fetches."""
        app = self._settings.app_id
        with self._lock:
            deadline = time.monotonic() + _WAIT_S
            while True:
                now = self._clock.now()
                with self._db.read() as connection:
                    if known := wechat.token(connection, app, now):
                        return known
                with self._db.write() as connection:
                    mine = wechat.lease_token(connection, app, self._owner, now, _LEASE)
                    known = wechat.token(connection, app, now) if mine else None
                    if known:  # another replica was done between our look and our lease
                        wechat.release_token(connection, app, self._owner)
                if known:
                    return known
                if mine:
                    return self._fetch()
                if time.monotonic() > deadline:
                    raise WeChatDown("another replica has been fetching a token for too long")
                time.sleep(0.1)

    def spoil(self, token: str) -> None:
        """WeChat refused this token. One that was fetched meanwhile stays."""
        self._spoiled = token
        with self._db.write() as connection:
            wechat.spoil_token(connection, self._settings.app_id, token)

    def _fetch(self) -> str:
        app = self._settings.app_id
        try:
            found = self.ask(force=False)
            if found["access_token"] == self._spoiled:  # WeChat gives what WeChat refuses: only force helps
                found = self.ask(force=True)
        except (WeChatDown, WeChatRefused):
            with self._db.write() as connection:
                wechat.release_token(connection, app, self._owner)
            raise
        token = str(found["access_token"])
        life = timedelta(seconds=int(found.get("expires_in", 7200)))
        until = self._clock.now() + max(life - _EARLY, life / 2)
        with self._db.write() as connection:
            wechat.save_token(connection, app, self._owner, token, until)
        log.info("token_fetched", app=app)
        return token

    def ask(self, *, force: bool) -> dict[str, Any]:
        """WeChat's own answer: the token that is valid, or (`force`) a new one."""
        body = {
            "grant_type": "client_credential",
            "appid": self._settings.app_id,
            "secret": self._settings.secret.get_secret_value(),
            "force_refresh": force,
        }
        try:
            found = _json(self._http.post("/cgi-bin/stable_token", json=body))
        except httpx.HTTPError as error:
            raise WeChatDown(repr(error)) from error
        if "access_token" not in found:
            raise WeChatRefused(int(found.get("errcode", -1)), str(found.get("errmsg", "")))
        return found


class WeChatApi:
    """The calls that the channel makes."""

    def __init__(
        self,
        settings: WeChatSettings,
        database: Database,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        timeout = httpx.Timeout(settings.timeout_s, connect=2.0)
        self._settings = settings
        self._http = httpx.Client(base_url=settings.api_url, timeout=timeout, transport=transport)
        self._token = Token(settings, database, self._http, clock)
        self._breaker = Breaker(failures=5, open_s=10.0)

    # -- messages ---------------------------------------------------------------------------------------------------

    def send(
        self, openid: str, part: Mapping[str, Any], *, by_ai: bool, leaving: Callable[[], None] = lambda: None
    ) -> None:
        """A customer message. `leaving` is called when the line to WeChat stands and the words are about to go out."""
        body = {"touser": openid, **part}
        if by_ai:
            body["aimsgcontext"] = {"is_ai_msg": 1}

        def trace(event: str, _: Mapping[str, Any]) -> None:
            if event.endswith("send_request_body.started"):
                leaving()

        self.post("/cgi-bin/message/custom/send", body, trace=trace)

    def typing(self, openid: str, *, on: bool = True) -> None:
        self.post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing" if on else "CancelTyping"})

    def send_template(self, openid: str, template_id: str, data: Mapping[str, str], url: str, key: str) -> None:
        """A template message. `key` makes a repetition harmless: WeChat sends one of a `client_msg_id` in 10 minutes."""
        fields = {name: {"value": value} for name, value in data.items()}
        body = {"touser": openid, "template_id": template_id, "url": url, "client_msg_id": key[:32], "data": fields}
        self.post("/cgi-bin/message/template/send", body)

    def send_subscribe(self, openid: str, template_id: str, data: Mapping[str, str], page: str) -> None:
        """A message that the shopper agreed to receive."""
        fields = {name: {"value": value} for name, value in data.items()}
        body = {"touser": openid, "template_id": template_id, "page": page, "data": fields}
        self.post("/cgi-bin/message/subscribe/bizsend", body)

    # -- media ------------------------------------------------------------------------------------------------------

    def fetch_media(self, media_id: str) -> Media:
        """Download a temporary attachment (kept by WeChat for three days)."""
        answer = self._call("GET", "/cgi-bin/media/get", params={"media_id": media_id})
        if _is_words(answer):  # of a video WeChat only tells where it lies
            answer = self._file_at(str(_json(answer).get("video_url", "")))
        mime = answer.headers.get("content-type", "application/octet-stream").partition(";")[0]
        if len(answer.content) > _MAX_MEDIA:
            raise WeChatRefused(40007, "too large")
        return Media(answer.content, mime)

    def _file_at(self, url: str) -> httpx.Response:
        if not url.startswith(("http://", "https://")):
            raise WeChatDown("neither a file nor where it lies")
        try:  # another host than WeChat's API, whose faults say nothing of it
            answer = self._http.get(url, follow_redirects=True)
        except httpx.HTTPError as error:
            raise WeChatDown(repr(error)) from error
        if answer.status_code >= 500:
            raise WeChatDown(f"HTTP {answer.status_code}")
        if answer.status_code != 200:
            raise WeChatRefused(40007, f"HTTP {answer.status_code}")
        return answer

    def upload_media(self, kind: str, name: str, content: bytes, mime: str) -> str:
        """Upload a temporary attachment; returns its media id."""
        answer = self._call(
            "POST", "/cgi-bin/media/upload", params={"type": kind}, files={"media": (name, content, mime)}
        )
        return str(_json(answer)["media_id"])

    # -- account ----------------------------------------------------------------------------------------------------

    def menu(self) -> dict[str, Any]:
        """The menu as it is, {} where there is none."""
        try:
            return dict(self.get("/cgi-bin/menu/get").get("menu", {}))
        except WeChatRefused as error:
            if error.code == 46003:
                return {}
            raise

    def push_menu(self, menu: Mapping[str, Any]) -> None:
        self.post("/cgi-bin/menu/create", menu)

    def qr_code(self, scene: str, *, seconds: int | None) -> dict[str, Any]:
        """A code with a scene: permanent, or for some seconds. Holds `ticket` and `url`."""
        action = {"action_name": "QR_LIMIT_STR_SCENE" if seconds is None else "QR_STR_SCENE"}
        life = {} if seconds is None else {"expire_seconds": seconds}
        return self.post("/cgi-bin/qrcode/create", {**life, **action, "action_info": {"scene": {"scene_str": scene}}})

    def user(self, openid: str) -> dict[str, Any]:
        return self.get("/cgi-bin/user/info", openid=openid, lang="zh_CN")

    def prove_secret(self) -> None:
        """Whether AppID and AppSecret are good as they are set here, whatever token is still kept. Changes no token."""
        self._token.ask(force=False)

    def callback_ips(self) -> list[str]:
        return [str(ip) for ip in self.get("/cgi-bin/getcallbackip").get("ip_list", [])]

    def quota(self, path: str) -> dict[str, Any]:
        """Calls of a path left today."""
        return dict(self.post("/cgi-bin/openapi/quota/get", {"cgi_path": path}).get("quota", {}))

    def signed_in(self, code: str) -> dict[str, Any]:
        """Who came back from the OAuth page: `openid` and, where known, `unionid`. No account token is needed."""
        params = {
            "appid": self._settings.app_id,
            "secret": self._settings.secret.get_secret_value(),
            "code": code,
            "grant_type": "authorization_code",
        }
        return self._checked(self._request("GET", "/sns/oauth2/access_token", params=params))

    # -- the call itself --------------------------------------------------------------------------------------------

    def get(self, path: str, **params: str) -> dict[str, Any]:
        return _json(self._call("GET", path, params=params))

    def post(self, path: str, body: Mapping[str, Any], *, trace: Trace | None = None) -> dict[str, Any]:
        # WeChat shows escaped characters as they are written, so they must not be escaped
        content = json.dumps(body, ensure_ascii=False).encode()
        headers, extensions = {"content-type": "application/json"}, {"trace": trace} if trace else {}
        return _json(self._call("POST", path, content=content, headers=headers, extensions=extensions))

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, **how: Any) -> httpx.Response:
        params = how.pop("params", {})
        for last in (False, True):
            token = self._token.get()
            answer = self._request(method, path, params={**params, "access_token": token}, **how)
            try:
                self._checked(answer)
            except WeChatRefused as error:
                if error.verdict.outcome != "token" or last:
                    raise
                log.info("token_refused", code=error.code)
                self._token.spoil(token)
            else:
                return answer
        raise AssertionError

    def _request(self, method: str, path: str, **how: Any) -> httpx.Response:
        if not self._breaker.enter():
            raise WeChatDown("circuit open")
        try:
            answer = self._http.request(method, path, **how)
        except httpx.HTTPError as error:
            self._breaker.fail()
            raise WeChatDown(repr(error)) from error
        if answer.status_code >= 500:
            self._breaker.fail()
            raise WeChatDown(f"HTTP {answer.status_code}")
        self._breaker.succeed()
        return answer

    @staticmethod
    def _checked(answer: httpx.Response) -> dict[str, Any]:
        if not _is_words(answer):
            return {}  # a file
        found = _json(answer)
        if code := int(found.get("errcode", 0)):
            logs.WECHAT_ERRORS.labels(str(code)).inc()
            raise WeChatRefused(code, str(found.get("errmsg", "")))
        return found


def _is_words(answer: httpx.Response) -> bool:
    return str(answer.headers.get("content-type", "")).startswith(("application/json", "text/"))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise WeChatDown(f"no JSON, HTTP {answer.status_code}") from error
    if not isinstance(found, dict):
        raise WeChatDown("no JSON object")
    return found
