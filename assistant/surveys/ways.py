"""How somebody is invited: the ways of a rule in their order, each only where it is open to this member now.

A customer message needs WeChat's window, a subscribe message the member's consent, a template message an account that
may send one, a text its day's quota; the web chat needs a conversation. All but the chats carry a link to the survey's
page. Looking takes nothing of any quota: that is done when it is delivered, which may fail and lead to the next way.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol

from assistant.channels import sms
from assistant.channels.official_account import CHANNEL as OFFICIAL_ACCOUNT
from assistant.channels.official_account import NOTICE
from assistant.channels.web_chat import CHANNEL as WEB
from assistant.clock import SHANGHAI, local
from assistant.db import reach
from assistant.db.engine import Connection
from assistant.db.reach import Follower, Reach
from assistant.surveys.rules import Way

PUSHED = (OFFICIAL_ACCOUNT, NOTICE, sms.CHANNEL)  # whose rows may wait, and so may come too late
NOTICE_NAME = "survey"  # among the notices of the profile
QUOTA, NOWHERE = "quota", "no_channel"


class Notice(Protocol):
    """What the account's profile says of a notice; empty ids: it has none."""

    @property
    def template_id(self) -> str: ...
    @property
    def subscribe_id(self) -> str: ...


@dataclass(frozen=True)
class Open:
    """A way that is open. `conversation_id`: the chat in which the survey is talked about, empty for a page alone."""

    way: Way
    channel: str
    conversation_id: str = ""
    openid: str = ""


@dataclass(frozen=True)
class Means:
    """What this installation has. `account`: app id of a verified Official Account, empty where there is none."""

    account: str = ""
    keep_messages: int = 0
    templates: bool = False
    notice: Callable[[], Notice | None] = lambda: None
    link: bool = False
    sms_per_day: int = 0


class Ways:
    """One instance serves all threads."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def first(
        self, connection: Connection, member_id: str, wanted: Sequence[str], now: datetime, *, tried: Sequence[str] = ()
    ) -> Open | None:
        """The first way that is open to a member and was not tried yet."""
        known = self._reach(connection, [member_id], now)[member_id]
        return self._first(known, [way for way in wanted if way not in tried])

    def forecast(
        self, connection: Connection, invited: Sequence[tuple[str, Sequence[str]]], now: datetime
    ) -> Counter[str]:
        """By which ways these members would be reached now; `quota` and `no_channel` count those who would not."""
        known = self._reach(connection, [member for member, _ in invited], now)
        found: Counter[str] = Counter()
        for member, wanted in invited:
            way = self._first(known[member], wanted)
            if way is not None:
                found[way.way] += 1
            else:
                found[QUOTA if known[member].followers and "customer_message" in wanted else NOWHERE] += 1
        return found

    def _reach(self, connection: Connection, members: Sequence[str], now: datetime) -> dict[str, Reach]:
        today = datetime.combine(local(now).date(), time(), SHANGHAI)
        m = self._means
        asked = reach.Asked(WEB, OFFICIAL_ACCOUNT, sms.CHANNEL, m.account, m.keep_messages, now, today)
        return reach.reach(connection, members, asked)

    def _first(self, known: Reach, wanted: Sequence[str]) -> Open | None:
        return next((found for way in wanted if (found := self._open(known, way))), None)

    def _open(self, known: Reach, way: str) -> Open | None:
        if way == "web":
            return Open("web", WEB, known.web) if known.web else None
        if way == "sms":
            return Open("sms", sms.CHANNEL) if self._means.link and known.texts < self._means.sms_per_day else None
        return next((found for follower in known.followers if (found := self._in_wechat(follower, way))), None)

    def _in_wechat(self, follower: Follower, way: str) -> Open | None:
        if way == "customer_message":
            talks = follower.left > 0 and follower.conversation
            return Open("customer_message", OFFICIAL_ACCOUNT, follower.conversation, follower.openid) if talks else None
        notice = self._means.notice() if self._means.link else None
        if notice is None:
            return None
        if way == "subscribe" and notice.subscribe_id in follower.consents:
            return Open("subscribe", NOTICE, openid=follower.openid)
        if way == "template" and notice.template_id and self._means.templates:
            return Open("template", NOTICE, openid=follower.openid)
        return None
