"""The fake WeChat platform: one account, its users, everything that was sent, called and broken.

Tests make a `FakeWeChat`, point the service's API base at `.app` (or serve it), give `deliver` a way to the service's
callback, and act through `.phone(openid)`. `.violations` lists every rule that the service broke.
"""

import itertools
import secrets
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistant.clock import Clock, local
from assistant.web.fake_wechat import rules, samples
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.faults import FaultPlan
from assistant.web.fake_wechat.records import (
    Account,
    Bubble,
    Call,
    Delivery,
    Media,
    Mode,
    QrCode,
    Template,
    User,
    Violation,
)
from assistant.web.fake_wechat.tokens import Tokens

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.web.fake_wechat.phone import Phone
    from assistant.web.fake_wechat.push import Deliver

KEPT = 2_000  # happenings that the page can still ask for


class FakeWeChat:
    """One Official Account on a WeChat of our own. Thread-safe.

    `deliver`: brings a push to the callback (see `push.through` and `push.over_http`); none: pushes meet a fault.
    `mode`: overrides the account's. `background`: later events (template finished) are pushed by a thread as they
    come; else they wait for `flush`. `public_url`: where phones and pictures reach this platform.
    """

    def __init__(
        self, *, account: Account = samples.DEMO_ACCOUNT, mode: Mode | None = None, clock: Clock | None = None,
        deliver: "Deliver | None" = None, public_url: str = "http://fake-wechat.test", background: bool = False,
    ) -> None:  # fmt: skip
        self.account = account if mode is None else replace(account, mode=mode)
        self.clock = clock or Clock()
        self.deliver = deliver
        self.public_url = public_url.rstrip("/")
        self.background = background
        self.faults = FaultPlan()
        self.tokens = Tokens()
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.violations: list[Violation] = []
        self.users: dict[str, User] = {}
        self.templates: dict[str, Template] = {t.id: t for t in samples.DEMO_TEMPLATES}
        self.menu: list[dict[str, Any]] = []
        self.media: dict[str, Media] = {}
        self.qr_codes: dict[str, QrCode] = {}
        self.daily: dict[str, int] = dict(rules.DAILY)
        self.per_minute: dict[str, int] = dict(rules.PER_MINUTE)
        self.codes: dict[str, dict[str, Any]] = {}  # OAuth and phone number codes
        self.oauth_tokens: dict[str, dict[str, Any]] = {}
        self.sent_once: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.happenings: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._bubbles: list[Bubble] = []
        self._used: Counter[tuple[str, str]] = Counter()
        self._recent: dict[str, deque[datetime]] = {}
        self._ids = itertools.count(1)
        self._msg_ids = itertools.count(24_000_000_000_000_001)
        self._later: deque[Callable[[], object]] = deque()
        self._held: list[Callable[[], Delivery]] | None = None

    @cached_property
    def app(self) -> "FastAPI":
        """The API, the phone's endpoints and the phone page. Mount it anywhere, or serve it."""
        from assistant.web.fake_wechat.app import make_app

        return make_app(self)

    def now(self) -> datetime:
        return self.clock.now()

    # -- users and what they see -------------------------------------------------------------------------------------

    def phone(self, openid: str, name: str = "") -> "Phone":
        """The phone of a user, who is known from now on (and follows nobody yet)."""
        from assistant.web.fake_wechat.phone import Phone

        with self.lock:
            known = self.users.setdefault(openid, User(openid, unionid=f"u{openid[1:]}"))
            known.name = name or known.name or openid[-6:]
        return Phone(self, openid)

    def add_qr(self, scene: str, lives: timedelta | None = None) -> QrCode:
        """A code with a scene; permanent where it does not say how long it lives."""
        until = None if lives is None else self.now() + lives
        ticket, url = f"gQ{secrets.token_urlsafe(60)}==", f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
        code = self.qr_codes[ticket] = QrCode(ticket, url, scene, until)
        self.happened("qr", ticket=ticket, scene=scene)
        return code

    def add_demo_users(self) -> None:
        """The users of the demo. All but the last follow the account already; nothing is pushed for that."""
        for openid, (name, number) in samples.DEMO_USERS.items():
            user = self.phone(openid, name).user
            user.phone_number = number
            if openid != list(samples.DEMO_USERS)[-1]:
                user.subscribed_at, user.ever_subscribed = self.now(), True

    def user(self, openid: Any) -> User:
        """A known user. Refuses 40003."""
        if not isinstance(openid, str) or openid not in self.users:
            raise Refused(40003)
        return self.users[openid]

    def chat(self, openid: str) -> tuple[Bubble, ...]:
        """The chat as the user sees it."""
        with self.lock:
            return tuple(b for b in self._bubbles if b.openid == openid)

    def show(self, openid: str, side: Any, kind: str, content: dict[str, Any], via: Any, *, ai: bool = False) -> Bubble:
        """Put something into a chat."""
        with self.lock:
            bubble = Bubble(self.new_id(), openid, side, kind, content, self.now(), via, ai)
            self._bubbles.append(bubble)
            if side == "account":
                self.users[openid].typing_until = None
            self.happened("bubble", openid=openid, bubble=bubble_json(bubble))
            return bubble

    def new_id(self) -> int:
        return next(self._ids)

    def new_msg_id(self) -> int:
        return next(self._msg_ids)

    # -- records -----------------------------------------------------------------------------------------------------

    def happened(self, kind: str, **what: Any) -> None:
        """Tell the page."""
        with self.lock:
            self.happenings.append({"id": self.new_id(), "kind": kind, "at": self.now().isoformat(), **what})

    def violated(self, where: str, code: int, words: str) -> None:
        with self.lock:
            self.violations.append(Violation(self.now(), where, code, words))
            self.happened("violation", where=where, code=code, words=words)

    def called(self, call: Call) -> None:
        with self.lock:
            self.calls.append(call)
            self.happened("call", path=call.path, code=call.errcode, ms=call.ms, injected=call.injected)

    def delivered(self, delivery: Delivery) -> None:
        with self.lock:
            self.deliveries.append(delivery)
            tries = [{"status": a.status, "error": a.error, "ms": a.ms} for a in delivery.attempts]
            what = str(delivery.fields.get("Event") or delivery.fields.get("MsgType") or "raw")
            self.happened("push", openid=delivery.openid, what=what, outcome=delivery.outcome, attempts=tries)

    def calls_of(self, path: str) -> list[Call]:
        """The calls of one endpoint, oldest first."""
        with self.lock:
            return [c for c in self.calls if c.path == path]

    # -- quotas ------------------------------------------------------------------------------------------------------

    def count(self, path: str) -> None:
        """Count a call. Refuses 45009 (day) or 45011 (minute)."""
        now = self.now()
        with self.lock:
            key = (path, local(now).date().isoformat())
            if self._used[key] >= self.daily_limit(path):
                raise Refused(45009)
            recent = self._recent.setdefault(path, deque())
            while recent and recent[0] <= now - timedelta(minutes=1):
                recent.popleft()
            most = self.per_minute.get(path)
            if most is not None and len(recent) >= most:
                raise Refused(45011)
            self._used[key] += 1
            if most is not None:
                recent.append(now)

    def daily_limit(self, path: str) -> int:
        return self.daily.get(path, rules.DAILY_DEFAULT)

    def used(self, path: str) -> int:
        return self._used[(path, local(self.now()).date().isoformat())]

    def clear_counts(self) -> None:
        """What clear_quota does. Refuses 48006 after ten times a month."""
        key = ("/cgi-bin/clear_quota", f"{local(self.now()):%Y-%m}")
        with self.lock:
            if self._used[key] >= rules.CLEARS_A_MONTH:
                raise Refused(48006)
            kept = {k: n for k, n in self._used.items() if k[0] == key[0]}
            self._used = Counter(kept)
            self._used[key] += 1

    # -- media and templates -----------------------------------------------------------------------------------------

    def keep_media(self, kind: str, data: bytes, content_type: str) -> Media:
        with self.lock:
            made = Media(secrets.token_urlsafe(48), kind, data, content_type, self.now() + rules.MEDIA_LIVES)
            self.media[made.id] = made
            return made

    def find_media(self, media_id: Any, *kinds: str) -> Media:
        """A file that has not expired. Refuses 41006, 40007."""
        if not media_id:
            raise Refused(41006)
        found = self.media.get(str(media_id))
        if found is None or self.now() >= found.until or (kinds and found.kind not in kinds):
            raise Refused(40007)
        return found

    def add_template(
        self,
        template_id: str,
        title: str,
        keywords: Mapping[str, str],
        *,
        subscription: bool = False,
        one_time: bool = True,
    ) -> Template:
        """Choose a template from WeChat's library, so that it can be sent. `keywords`: name and label of each."""
        made = Template(template_id, title, dict(keywords), subscription, one_time)
        self.templates[template_id] = made
        return made

    # -- pushes ------------------------------------------------------------------------------------------------------

    def later(self, push: Callable[[], object]) -> None:
        """An event that WeChat pushes by itself, some time after."""
        if self.background:
            threading.Thread(target=push, daemon=True).start()
        else:
            self._later.append(push)

    def flush(self) -> int:
        """Push what waits. Returns how many."""
        pushed = 0
        while self._later:
            self._later.popleft()()
            pushed += 1
        return pushed

    def hold(self) -> None:
        """Keep pushes back from now on, so that `release` can deliver them in another order."""
        self._held = []

    def release(self, order: Sequence[int] | None = None) -> list[Delivery]:
        """Deliver what was held, in this order of indices (none: last first), and hold no more."""
        held, self._held = self._held or [], None
        return [held[at]() for at in (order if order is not None else range(len(held) - 1, -1, -1))]

    def hold_back(self, push: Callable[[], Delivery]) -> bool:
        """True where pushes are held now."""
        if self._held is None:
            return False
        self._held.append(push)
        return True

    def verify_callback(self) -> bool:
        """What the developer page does on saving: a signed GET whose `echostr` must come back as it is."""
        from assistant.web.fake_wechat.push import verify

        return verify(self)


def bubble_json(bubble: Bubble) -> dict[str, Any]:
    return {
        "id": bubble.id, "side": bubble.side, "kind": bubble.kind, "content": dict(bubble.content),
        "at": bubble.at.isoformat(), "via": bubble.via, "ai": bubble.ai,
    }  # fmt: skip
