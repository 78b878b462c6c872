"""What is kept of WeChat: followers, what may still be sent to them, consents, and the token shared by replicas.

Rules of WeChat (customer messages): a message of the shopper allows 5 within 48 hours; a tap in the menu, a scan or a
subscription allows 3 within a minute. A new one of the same kind opens the window anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from assistant.db.engine import insert_into, upsert
from assistant.db.rowset import Types, in_order, pack, rowset
from assistant.db.tables.wechat import wechat_consents, wechat_tokens, wechat_users

MESSAGE_WINDOW, MESSAGE_LIMIT = timedelta(hours=48), 5
TAP_WINDOW, TAP_LIMIT = timedelta(minutes=1), 3


@dataclass(frozen=True)
class Contact:
    """Someone did something. `trigger`: message, tap (menu, scan, subscription) or none; None leaves a field as it is."""

    openid: str
    trigger: str = ""
    subscribed: bool | None = None
    scene: str | None = None
    lat: float | None = None
    lng: float | None = None


@dataclass(frozen=True)
class User:
    openid: str
    unionid: str | None
    member_id: str | None
    subscribed: bool
    scene: str | None
    lat: float | None
    lng: float | None
    placed_at: datetime | None


def touch(connection: Connection, app: str, contacts: Sequence[Contact], now: datetime) -> None:
    """Note contacts; those of one person are folded into one row first."""
    folded: dict[str, dict[str, Any]] = {}
    for contact in contacts:
        row = folded.setdefault(contact.openid, {"app": app, "openid": contact.openid, "updated_at": now})
        row |= {
            name: value
            for name in ("subscribed", "scene", "lat", "lng")
            if (value := getattr(contact, name)) is not None
        }
        if contact.lat is not None:
            row["placed_at"] = now
        if contact.trigger == "message":
            row |= {"message_until": now + MESSAGE_WINDOW, "message_used": 0}
        elif contact.trigger == "tap":
            row |= {"tap_until": now + TAP_WINDOW, "tap_used": 0}
    by_shape: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for openid in sorted(folded):  # one order: no deadlock
        row = folded[openid]
        by_shape.setdefault(tuple(sorted(row)), []).append(row)
    for shape, rows in sorted(by_shape.items()):
        packed = pack(connection.dialect, _types(shape), rows)
        connection.execute(_touch(connection.dialect.name, shape), {"rows": packed})


def _types(shape: tuple[str, ...]) -> Types:
    return {name: wechat_users.c[name].type for name in shape}


@cache
def _touch(dialect: str, shape: tuple[str, ...]) -> Any:
    """The statement for rows with these columns, made once."""
    statement = insert_into(dialect, wechat_users).from_select(
        [*shape], in_order(rowset(dialect, _types(shape)), *shape)
    )
    changes = {name: statement.excluded[name] for name in shape if name not in ("app", "openid")}
    return statement.on_conflict_do_update(index_elements=["app", "openid"], set_=changes)


def get(connection: Connection, app: str, openid: str) -> User | None:
    row = connection.execute(
        select(wechat_users).where(wechat_users.c.app == app, wechat_users.c.openid == openid)
    ).first()
    if row is None:
        return None
    return User(row.openid, row.unionid, row.member_id, row.subscribed, row.scene, row.lat, row.lng, row.placed_at)


def take_quota(connection: Connection, app: str, openid: str, now: datetime, *, keep: int) -> bool:
    """Take one customer message, leaving `keep` of the larger window. False where none is left.

    Rights do not add up: a message counts against each window that is open.
    """
    u = wechat_users.c
    tapped = and_(u.tap_until > now, u.tap_used < TAP_LIMIT)
    written = and_(u.message_until > now, u.message_used < MESSAGE_LIMIT - keep)
    taken = connection.execute(
        update(wechat_users)
        .where(u.app == app, u.openid == openid, or_(tapped, written))
        .values(
            tap_used=case((u.tap_until > now, u.tap_used + 1), else_=u.tap_used),
            message_used=case((u.message_until > now, u.message_used + 1), else_=u.message_used),
        )
    )
    return bool(taken.rowcount)


def give_back_quota(connection: Connection, app: str, openid: str, now: datetime) -> None:
    """What was taken was not used: WeChat did not take the message."""
    u = wechat_users.c
    connection.execute(
        update(wechat_users)
        .where(u.app == app, u.openid == openid)
        .values(
            tap_used=case((and_(u.tap_until > now, u.tap_used > 0), u.tap_used - 1), else_=u.tap_used),
            message_used=case(
                (and_(u.message_until > now, u.message_used > 0), u.message_used - 1), else_=u.message_used
            ),
        )
    )


def close_windows(connection: Connection, app: str, openid: str) -> None:
    """WeChat says that no more may be sent: believe it."""
    connection.execute(
        update(wechat_users)
        .where(wechat_users.c.app == app, wechat_users.c.openid == openid)
        .values(message_until=None, tap_until=None)
    )


def bind(
    connection: Connection, app: str, openid: str, member_id: str | None, now: datetime, *, unionid: str = ""
) -> set[str]:
    """Note whose account an openid is (None: nobody's). Returns all openids of the person: a unionid joins them."""
    statement = upsert(connection, wechat_users).values(
        app=app, openid=openid, member_id=member_id, unionid=unionid or None, updated_at=now
    )
    statement = statement.on_conflict_do_update(
        index_elements=["app", "openid"],
        set_={
            "member_id": member_id,
            "unionid": func.coalesce(statement.excluded.unionid, wechat_users.c.unionid),
            "updated_at": now,
        },
    )
    known = connection.execute(statement.returning(wechat_users.c.unionid)).scalar_one()
    if not known:
        return {openid}
    same = connection.execute(
        update(wechat_users)
        .where(wechat_users.c.unionid == known)
        .values(member_id=member_id)
        .returning(wechat_users.c.openid)
    )
    return {row.openid for row in same}


def join(connection: Connection, app: str, openid: str, unionid: str, now: datetime) -> str | None:
    """Note a unionid; returns the member of another account of the same person, where one is bound."""
    touch(connection, app, [Contact(openid)], now)
    connection.execute(
        update(wechat_users).where(wechat_users.c.app == app, wechat_users.c.openid == openid).values(unionid=unionid)
    )
    return connection.execute(
        select(wechat_users.c.member_id)
        .where(wechat_users.c.unionid == unionid, wechat_users.c.member_id.is_not(None))
        .limit(1)
    ).scalar_one_or_none()


def forget(connection: Connection, app: str, openids: Collection[str]) -> None:
    """Remove what is kept of people who took their authorisation back."""
    for table in (wechat_users, wechat_consents):
        connection.execute(table.delete().where(table.c.app == app, table.c.openid.in_(openids)))


def forget_place(connection: Connection, app: str, openid: str) -> None:
    """Remove where someone was who no longer lets us know."""
    c = wechat_users.c
    gone = wechat_users.update().where(c.app == app, c.openid == openid)
    connection.execute(gone.values(lat=None, lng=None, placed_at=None))


def consent(connection: Connection, app: str, openid: str, answers: Mapping[str, bool], now: datetime) -> None:
    """Note what someone answered to the offer of subscribe messages: each yes allows one message more."""
    for template_id, agreed in sorted(answers.items()):
        statement = upsert(connection, wechat_consents).values(
            app=app, openid=openid, template_id=template_id, left=int(agreed), updated_at=now
        )
        left = wechat_consents.c.left + 1 if agreed else 0
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["app", "openid", "template_id"], set_={"left": left, "updated_at": now}
            )
        )


def give_back_consent(connection: Connection, app: str, openid: str, template_id: str) -> None:
    """What was taken was not used: WeChat did not take the message."""
    c = wechat_consents.c
    connection.execute(
        update(wechat_consents)
        .where(c.app == app, c.openid == openid, c.template_id == template_id)
        .values(left=c.left + 1)
    )


def use_consent(connection: Connection, app: str, openid: str, template_id: str) -> bool:
    """Take one consent. False where there is none."""
    c = wechat_consents.c
    done = connection.execute(
        update(wechat_consents)
        .where(c.app == app, c.openid == openid, c.template_id == template_id, c.left > 0)
        .values(left=c.left - 1)
    )
    return bool(done.rowcount)


# -- the token that all replicas share -----------------------------------------------------------------------------


def token(connection: Connection, app: str, now: datetime) -> str | None:
    """The shared token, where it is good for a while yet."""
    row = connection.execute(select(wechat_tokens).where(wechat_tokens.c.app == app)).first()
    return row.token if row and row.token and row.until and row.until > now else None


def lease_token(connection: Connection, app: str, owner: str, now: datetime, lease: timedelta) -> bool:
    """Become the one replica that fetches a new token. False where another is at it."""
    connection.execute(
        upsert(connection, wechat_tokens).values(app=app, token="").on_conflict_do_nothing(index_elements=["app"])
    )
    c = wechat_tokens.c
    done = connection.execute(
        update(wechat_tokens)
        .where(c.app == app, or_(c.lease_until.is_(None), c.lease_until < now, c.lease_owner == owner))
        .values(lease_owner=owner, lease_until=now + lease)
    )
    return bool(done.rowcount)


def save_token(connection: Connection, app: str, owner: str, value: str, until: datetime) -> None:
    connection.execute(
        update(wechat_tokens)
        .where(wechat_tokens.c.app == app, wechat_tokens.c.lease_owner == owner)
        .values(token=value, until=until, lease_owner=None, lease_until=None)
    )


def release_token(connection: Connection, app: str, owner: str) -> None:
    connection.execute(
        update(wechat_tokens)
        .where(wechat_tokens.c.app == app, wechat_tokens.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def spoil_token(connection: Connection, app: str, value: str) -> None:
    """WeChat refused this very token: nobody may use it any more."""
    connection.execute(
        update(wechat_tokens).where(wechat_tokens.c.app == app, wechat_tokens.c.token == value).values(until=None)
    )
