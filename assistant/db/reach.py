"""What is known of how members can be reached: their chats, WeChat's windows and consents, texts of today. In bulk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from assistant.db.tables.moments import invitations
from assistant.db.tables.service import conversations
from assistant.db.tables.wechat import wechat_consents, wechat_users
from assistant.db.wechat import MESSAGE_LIMIT, TAP_LIMIT

CHUNK = 500


@dataclass
class Follower:
    """A WeChat account of a member. `left`: customer messages that WeChat would take now; `conversation`: empty for none."""

    openid: str
    left: int
    conversation: str = ""
    consents: set[str] = field(default_factory=set)


@dataclass
class Reach:
    """`web`: the conversation on the web chat that was last used, empty for none; `texts`: invitations by text today."""

    web: str = ""
    followers: list[Follower] = field(default_factory=list)
    texts: int = 0


@dataclass(frozen=True)
class Asked:
    """Names of the channels, the account (empty: none), and when the day began."""

    web: str
    wechat: str
    sms: str
    app: str
    keep: int
    now: datetime
    today: datetime


def reach(connection: Connection, member_ids: Iterable[str], asked: Asked) -> dict[str, Reach]:
    """How some members can be reached. Members of whom nothing is known get a blank."""
    found = {member: Reach() for member in member_ids}
    everyone = list(found)
    for start in range(0, len(everyone), CHUNK):
        _fill(connection, found, everyone[start : start + CHUNK], asked)
    return found


def _fill(connection: Connection, found: dict[str, Reach], members: list[str], asked: Asked) -> None:
    followers = {f.openid: f for member, f in _followers(connection, members, asked) if _add(found[member], f)}
    c = conversations.c
    query = select(c.id, c.member_id, c.channel, c.app, c.sender).where(
        c.member_id.in_(members), c.channel.in_((asked.web, asked.wechat))
    )
    for row in connection.execute(query.order_by(c.updated_at)):
        if row.channel == asked.web:
            found[row.member_id].web = row.id
        elif row.app == asked.app and row.sender in followers:
            followers[row.sender].conversation = row.id
    if followers:
        t = wechat_consents.c
        allowed = select(t.openid, t.template_id).where(t.app == asked.app, t.openid.in_(followers), t.left > 0)
        for openid, template_id in connection.execute(allowed):
            followers[openid].consents.add(template_id)
    i = invitations.c
    texts = select(i.member_id, func.count().label("n")).where(
        i.member_id.in_(members), i.channel == asked.sms, i.sent_at >= asked.today
    )
    for member_id, n in connection.execute(texts.group_by(i.member_id)):
        found[member_id].texts = n


def _add(reach_: Reach, follower: Follower) -> bool:
    reach_.followers.append(follower)
    return True


def _followers(connection: Connection, members: list[str], asked: Asked) -> Iterator[tuple[str, Follower]]:
    if not asked.app:
        return
    u = wechat_users.c
    query = select(u.member_id, u.openid, u.message_until, u.message_used, u.tap_until, u.tap_used).where(
        u.app == asked.app, u.member_id.in_(members), u.subscribed
    )
    for row in connection.execute(query):
        left = 0
        if row.tap_until is not None and row.tap_until > asked.now:
            left = TAP_LIMIT - row.tap_used
        if row.message_until is not None and row.message_until > asked.now:
            left = max(left, MESSAGE_LIMIT - asked.keep - row.message_used)
        yield row.member_id, Follower(row.openid, max(0, left))
