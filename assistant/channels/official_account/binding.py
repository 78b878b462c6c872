"""Whose account an openid is: bound by WeChat's sign-in page and a code sent to the phone, taken back by a word.

A state, a ticket and a code are good once and for some minutes. Identity comes from WeChat (the code of the sign-in)
or from a link that only this shopper was sent; never from what a page says.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from assistant import logs
from assistant.channels.official_account import CHANNEL
from assistant.channels.official_account.api import WeChatApi
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.channels.sms import SmsDown, SmsPort, SmsRefused
from assistant.clock import Clock
from assistant.config import WeChatSettings
from assistant.db import conversations, inbox, single_use, wechat
from assistant.db.engine import Database
from assistant.domain.message import Link, Reply
from assistant.domain.shopper import Identity, Shopper
from assistant.errors import BadInput, NotAllowed

log = logs.get("binding")
STATE_LIVES = timedelta(minutes=10)
CODE_LIVES = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)
CODES_A_DAY = 5
TRIES = 5
_PHONE = re.compile(r"1[3-9]\d{9}")
STALE = "链接已失效，请回到公众号重新点“绑定会员”。"


@dataclass(frozen=True)
class Signed:
    """Someone whose openid is proven. `ticket` carries that to the next step; `member_id` where they are bound."""

    ticket: str
    member_id: str | None


class Binding:
    """`member_of`: the member with a phone number, None where there is none."""

    def __init__(
        self,
        settings: WeChatSettings,
        database: Database,
        api: WeChatApi,
        clock: Clock,
        *,
        member_of: Callable[[str], str | None],
        sms: SmsPort | None,
        show_codes: bool,
    ) -> None:
        self._settings = settings
        self._db = database
        self._api = api
        self._clock = clock
        self._member_of = member_of
        self._sms = sms
        self._show_codes = show_codes

    @property
    def by_oauth(self) -> bool:
        """Only verified service accounts have WeChat's sign-in page."""
        return self._settings.verified and self._settings.account == "service"

    # -- in the chat -------------------------------------------------------------------------------------------------

    def offer(self, shopper: Shopper) -> Reply:
        """The way to the page."""
        if shopper.member_id:
            return Reply("您已经绑定会员了。要换绑请先说“解绑会员”。")
        base = self._settings.public_url
        if not base:
            return Reply("绑定页面还没有开通，请到门店服务台或转人工办理。")
        url = f"{base}/wechat/bind"
        if not self.by_oauth:
            url += "?" + urlencode({"ticket": self._ticket(shopper.identity.sender, "")})
        return Reply(
            "点下面的链接，用会员手机号验证一下就能绑定，链接10分钟内有效，请勿转发。", links=(Link("绑定会员", url),)
        )

    def undo(self, shopper: Shopper) -> Reply:
        """Take the binding back at once; it can be made again any time."""
        if not shopper.member_id:
            return Reply("您还没有绑定会员，说“绑定会员”就可以绑定。")
        self.bind(shopper.identity.sender, None, "")
        return Reply("已经解除绑定，这个微信不再能查看会员信息。需要时说“绑定会员”即可重新绑定。")

    # -- on the page -------------------------------------------------------------------------------------------------

    def sign_in_url(self, browser: str, back: str = "/wechat/bind/back") -> str:
        """WeChat's sign-in page, with a state that is good once and for this browser only. `back`: the page behind it."""
        state = secrets.token_urlsafe(24)
        self._issue(f"state:{state}", {"browser": browser}, STATE_LIVES)
        query = {
            "appid": self._settings.app_id,
            "redirect_uri": f"{self._settings.public_url}{back}",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        return f"{self._settings.oauth_url}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"

    def signed_in(self, code: str, state: str, browser: str) -> Signed:
        """Back from WeChat. Raises NotAllowed where the state is not this browser's, unknown or used."""
        with self._db.write() as connection:
            known = single_use.use(connection, f"state:{state[:80]}", self._clock.now())
        if known is None or not hmac.compare_digest(str(known["browser"]), browser):
            raise NotAllowed(STALE)
        found = self._api.signed_in(code)
        openid = str(found["openid"])
        unionid = str(found.get("unionid") or self._unionid(openid))
        member = self._known(openid)
        if member is None and unionid:  # bound in another of the retailer's accounts
            with self._db.write() as connection:
                member = wechat.join(connection, self._settings.app_id, openid, unionid, self._clock.now())
            if member is not None:
                self.bind(openid, member, unionid)
        return Signed(self._ticket(openid, unionid), member)

    def send_code(self, ticket: str, phone: str) -> str:
        """Send a code to a phone. Returns the code itself only in the demo, where there is no phone."""
        self._holder(ticket)
        if not _PHONE.fullmatch(phone):
            raise BadInput("请填写11位手机号。")
        if self._sms is None and not self._show_codes:
            raise NotAllowed("短信验证还没有开通，请到门店服务台或转人工绑定。")
        now = self._clock.now()
        code = f"{secrets.randbelow(1_000_000):06d}"
        day = f"codes:{phone}:{now:%Y%m%d}"
        with self._db.write() as connection:
            if single_use.issued(connection, f"pause:{phone}", now):
                raise BadInput("验证码刚刚发过，请一分钟后再试。")
            if not single_use.issued(connection, day, now):
                single_use.issue(connection, day, {}, now + timedelta(days=1))
            if single_use.look(connection, day, now, most_tries=CODES_A_DAY) is None:
                raise BadInput("今天获取验证码次数太多了，请明天再试或转人工。")
            single_use.issue(connection, f"pause:{phone}", {}, now + AGAIN_AFTER)
            single_use.issue(connection, f"code:{ticket}:{phone}", {"code": code}, now + CODE_LIVES)
        if self._sms is not None:
            try:
                self._sms.send(phone, f"您的绑定验证码是{code}，5分钟内有效，请勿告诉他人。")
            except (SmsDown, SmsRefused) as error:
                log.error("sms_failed", cause=str(error))
                with self._db.write() as connection:  # so that it can be tried again at once
                    single_use.withdraw(connection, f"pause:{phone}")
                    single_use.withdraw(connection, f"code:{ticket}:{phone}")
                raise BadInput("验证码没有发出去，请稍后再试。") from error
            return ""
        return code

    def awaits_code(self, ticket: str, phone: str) -> bool:
        """Whether a code is under way to this phone."""
        with self._db.read() as connection:
            return single_use.issued(connection, f"code:{ticket[:80]}:{phone}", self._clock.now())

    def confirm(self, ticket: str, phone: str, code: str) -> str:
        """Bind, where the code is right. Returns the member; raises BadInput or NotAllowed in the shopper's words."""
        holder = self._holder(ticket)
        now = self._clock.now()
        key = f"code:{ticket}:{phone}"
        with self._db.write() as connection:
            known = single_use.look(connection, key, now, most_tries=TRIES)
        if known is None:
            raise BadInput("验证码已失效，请重新获取。")
        if not hmac.compare_digest(str(known["code"]).encode(), code.encode()):
            raise BadInput("验证码不对，请核对后再填。")
        member = self._member_of(phone)
        if member is None:
            raise BadInput("这个手机号还不是会员，可以在门店或小程序免费注册后再绑定。")
        with self._db.write() as connection:
            single_use.use(connection, key, now)
            single_use.use(connection, f"ticket:{ticket}", now)
        self.bind(str(holder["openid"]), member, str(holder["unionid"]))
        return member

    def holds(self, ticket: str) -> bool:
        """Whether a ticket is good."""
        with self._db.read() as connection:
            return single_use.issued(connection, f"ticket:{ticket[:80]}", self._clock.now())

    def who(self, ticket: str) -> tuple[str, str]:
        """The openid of a ticket, and its member (empty for none) as they are bound now. Raises NotAllowed."""
        openid = str(self._holder(ticket)["openid"])
        return openid, self._known(openid) or ""

    def _holder(self, ticket: str) -> dict[str, Any]:
        with self._db.write() as connection:
            found = single_use.look(connection, f"ticket:{ticket[:80]}", self._clock.now(), most_tries=20)
        if found is None:
            raise NotAllowed(STALE)
        return found

    def _ticket(self, openid: str, unionid: str) -> str:
        ticket = secrets.token_urlsafe(24)
        self._issue(f"ticket:{ticket}", {"openid": openid, "unionid": unionid}, STATE_LIVES)
        return ticket

    def _issue(self, key: str, body: dict[str, Any], lives: timedelta) -> None:
        now = self._clock.now()
        with self._db.write() as connection:
            single_use.issue(connection, key, body, now + lives)

    def _unionid(self, openid: str) -> str:
        """The quiet sign-in does not tell it, the list of followers does."""
        try:
            return str(self._api.user(openid).get("unionid", ""))
        except (WeChatDown, WeChatRefused) as error:
            log.info("no_unionid", cause=str(error))
            return ""

    def _known(self, openid: str) -> str | None:
        with self._db.read() as connection:
            user = wechat.get(connection, self._settings.app_id, openid)
        return user.member_id if user else None

    def bind(self, openid: str, member_id: str | None, unionid: str = "") -> None:
        """Note whose account an openid, and whatever else its unionid joins, is; None: nobody's."""
        app = self._settings.app_id
        with self._db.write() as connection:
            now = self._clock.now()
            openids = wechat.bind(connection, app, openid, member_id, now, unionid=unionid)
            me = Identity(CHANNEL, app, openid)
            inbox.open_conversation(connection, me, now, member_id=member_id, store_id=None)
            conversations.bind(connection, CHANNEL, app, openids, member_id)
        log.info("bound" if member_id else "unbound", accounts=len(openids))
