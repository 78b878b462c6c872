"""WeChat's rules as pure functions and numbers: windows, quotas, bytes, who may call what. No state, no clock.

Each number names the page of developers.weixin.qq.com that states it (doc/service/…, the present manual, or
doc/offiaccount/…, the one before). The platform keeps the state and calls in here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from assistant.web.fake_wechat.codes import Refused

ANSWER_WITHIN_S = 5.0  # guide "passive reply": no answer in five seconds ends the connection
DELIVERIES = 3  # the same page: three tries in all
TEXT_BYTES = 2048  # api_sendcustommessage, 45002
CODE_LIVES = timedelta(minutes=5)  # webdev: an OAuth code, used once
TOKEN_LIVES = timedelta(seconds=7200)  # api_getaccesstoken
OLD_TOKEN_LIVES = timedelta(minutes=5)  # the same page: old and new both work while they change
FORCED_REFRESHES_A_DAY = 20  # api_getstableaccesstoken
FORCED_REFRESH_APART = timedelta(seconds=30)  # the same page: sooner does not refresh
MEDIA_LIVES = timedelta(days=3)  # api_uploadtempmedia
TYPING_LIVES = timedelta(seconds=15)  # customer message guide, "typing"
TYPING_AFTER_CONTACT = timedelta(seconds=30)  # api_typing, 45080
QR_DEFAULT_S, QR_LONGEST_S = 60, 2_592_000  # api_createqrcode
PERMANENT_QR_CODES = 100_000
SAME_CLIENT_MSG_ID = timedelta(minutes=10)  # api_sendtemplatemessage, client_msg_id
CLEARS_A_MONTH = 10  # api_clearquota
NEWS_IN_CUSTOMER_MESSAGE = 1  # api_sendcustommessage, 45008
NEWS_IN_REPLY_TO_MESSAGE, NEWS_IN_REPLY_TO_EVENT = 1, 8  # guide "passive reply"


class Scene(StrEnum):
    """What a user did that lets the account write."""

    MESSAGE = "message"
    MENU = "menu"
    SUBSCRIBE = "subscribe"
    SCAN = "scan"


# doc/offiaccount/Customer_Service/Customer_Service_Messages.html: messages and how long they may be sent
GRANTS: Mapping[Scene, tuple[int, timedelta]] = {
    Scene.MESSAGE: (5, timedelta(hours=48)),
    Scene.MENU: (3, timedelta(minutes=1)),
    Scene.SUBSCRIBE: (3, timedelta(minutes=1)),
    Scene.SCAN: (3, timedelta(minutes=1)),
}
# the same page: of the menu, only these give a right to write
MENU_GRANTS = frozenset({"click", "scancode_push", "scancode_waitmsg"})


@dataclass(frozen=True)
class Grant:
    """The right to send `left` customer messages until `until`."""

    left: int
    until: datetime


Allowance = Mapping[Scene, Grant]


def granted(allowance: Allowance, scene: Scene, now: datetime) -> dict[Scene, Grant]:
    """The allowance after a user's act. An act renews its own scene; rights do not add up."""
    count, lasts = GRANTS[scene]
    return {**allowance, scene: Grant(count, now + lasts)}


def spent(allowance: Allowance, now: datetime) -> dict[Scene, Grant]:
    """The allowance after one customer message. Refuses 45015 with no open window, 45047 with none left.

    Rights do not add up, so a message counts against every window that is open.
    """
    opened = {scene: grant for scene, grant in allowance.items() if now <= grant.until}
    if not opened:
        raise Refused(45015)
    if all(grant.left == 0 for grant in opened.values()):
        raise Refused(45047)
    return {scene: replace(grant, left=max(0, grant.left - 1)) for scene, grant in opened.items()}


def left(allowance: Allowance, now: datetime) -> int:
    """Customer messages that may be sent now."""
    return max((grant.left for grant in allowance.values() if now <= grant.until), default=0)


# -- who may call what ------------------------------------------------------------------------------------------------

# doc/offiaccount/Getting_Started/Explanation_of_interface_privileges.html: (kind, verified)
_VERIFIED_SERVICE = frozenset({("service", True)})
_VERIFIED = frozenset({("service", True), ("subscription", True)})
_MENU = _VERIFIED | {("service", False)}
_CAPABILITIES: Mapping[str, frozenset[tuple[str, bool]]] = {
    "/cgi-bin/message/custom/": _VERIFIED,
    "/cgi-bin/message/template/": _VERIFIED_SERVICE,
    "/cgi-bin/message/subscribe/": _VERIFIED_SERVICE,
    "/cgi-bin/qrcode/": _VERIFIED_SERVICE,
    "/cgi-bin/user/": _VERIFIED,
    "/cgi-bin/media/": _VERIFIED,
    "/cgi-bin/menu/": _MENU,
    "/sns/userinfo": _VERIFIED_SERVICE,
    "/sns/oauth2/": _VERIFIED_SERVICE,
    "/connect/oauth2/": _VERIFIED_SERVICE,
}


def may_call(path: str, kind: str, verified: bool) -> bool:
    """Whether an account of this kind holds the interface."""
    return all((kind, verified) in who for start, who in _CAPABILITIES.items() if path.startswith(start))


# doc/offiaccount/Message_Management/API_Call_Limits.html: calls a day. Everything else: DAILY_DEFAULT.
DAILY = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/media/upload": 100_000,
    "/cgi-bin/media/get": 200_000,
    "/cgi-bin/user/info": 5_000_000,
}
DAILY_DEFAULT = 100_000
PER_MINUTE = {"/cgi-bin/stable_token": 10_000, "/sns/oauth2/access_token": 50_000}


# -- contents ---------------------------------------------------------------------------------------------------------


def text_fits(words: Any) -> str:
    """A text that may be sent: 1 to 2048 bytes of UTF-8. Refuses 44004 or 45002."""
    if not isinstance(words, str) or not words:
        raise Refused(44004)
    if len(words.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise Refused(45002)
    return words


# api_uploadtempmedia: bytes at most, first bytes of the file, code where it is too large
_MEDIA: Mapping[str, tuple[int, tuple[bytes, ...], int]] = {
    "image": (10 << 20, (b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), 40009),
    "voice": (2 << 20, (b"#!AMR", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), 40010),
    "video": (10 << 20, (), 40011),  # MP4 names itself at byte 4
    "thumb": (64 << 10, (b"\xff\xd8\xff",), 40012),
}


def media_fits(kind: str, data: bytes) -> None:
    """Refuses a file of the wrong kind (40004, 40005), an empty one (44001) or one too large."""
    if kind not in _MEDIA:
        raise Refused(40004)
    most, starts, too_large = _MEDIA[kind]
    if not data:
        raise Refused(44001)
    if len(data) > most:
        raise Refused(too_large)
    fits = data[4:8] == b"ftyp" if kind == "video" else data.startswith(starts)
    if not fits:
        raise Refused(40005)


# api_sendnewsubscribemsg, "value limits of the parameters": what a keyword's value may be
_KEYWORDS: Mapping[str, re.Pattern[str]] = {
    "thing": re.compile(r".{1,20}"),
    "number": re.compile(r"[\d.]{1,32}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r".{1,5}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(r".*\d.*"),
    "date": re.compile(r".*\d.*"),
    "amount": re.compile(r"[^\d]?\d{1,10}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+\- ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r".{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "const": re.compile(r".{1,20}"),
}


def keywords_fit(keywords: tuple[str, ...], data: Any, *, typed: bool) -> dict[str, str]:
    """The values of a template. Refuses 47003 where one is missing, or (`typed`) does not fit its kind."""
    if not isinstance(data, dict):
        raise Refused(47003)
    values: dict[str, str] = {}
    for keyword in keywords:
        given = data.get(keyword)
        value = given.get("value") if isinstance(given, dict) else None
        fits = isinstance(value, str | int | float) and str(value) != ""
        rule = _KEYWORDS.get(keyword.rstrip("0123456789"))
        if not fits or (typed and rule and not rule.fullmatch(str(value))):
            raise Refused(47003, f"data.{keyword}.value invalid")
        values[keyword] = str(value)
    return values
