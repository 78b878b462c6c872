"""What is kept of a shopper, their choices, and the deletion of both."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from assistant.db import attachments, feedback
from assistant.db.engine import upsert
from assistant.db.tables import moments, retail, service


def choices(connection: Connection, shopper: str) -> dict[str, bool]:
    rows = connection.execute(select(service.choices).where(service.choices.c.shopper == shopper)).all()
    return {row.topic: row.allowed for row in rows}


def choose(connection: Connection, shopper: str, topic: str, allowed: bool, version: str, now: datetime) -> None:
    statement = upsert(connection, service.choices).values(
        shopper=shopper, topic=topic, allowed=allowed, version=version, at=now
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["shopper", "topic"], set_={"allowed": allowed, "version": version, "at": now}
        )
    )


def _conversation_ids(connection: Connection, shopper: str) -> list[str]:
    table = service.conversations
    if ":" in shopper:
        channel, app, sender = shopper.split(":", 2)
        query = select(table.c.id).where(table.c.channel == channel, table.c.app == app, table.c.sender == sender)
    else:
        query = select(table.c.id).where(table.c.member_id == shopper)
    return list(connection.execute(query).scalars())


def counts(connection: Connection, shopper: str) -> Mapping[str, int]:
    """Number of records per family, under the names that a shopper reads."""
    conversations = _conversation_ids(connection, shopper)

    def count(table: Table, *where: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    return {
        "聊天记录": count(service.messages, service.messages.c.conversation_id.in_(conversations)),
        "工单": count(service.tickets, service.tickets.c.shopper == shopper),
        "满意度调查": count(moments.invitations, moments.invitations.c.member_id == shopper),
        "订单": count(retail.orders, retail.orders.c.member_id == shopper),
        "积分记录": count(retail.points_entries, retail.points_entries.c.member_id == shopper),
        "优惠券": count(retail.member_coupons, retail.member_coupons.c.member_id == shopper),
        "预约": count(retail.appointments, retail.appointments.c.member_id == shopper),
    }


def export(connection: Connection, shopper: str) -> dict[str, Any]:
    """All that the assistant itself keeps of a shopper, as plain data."""
    ids = _conversation_ids(connection, shopper)
    messages = connection.execute(
        select(service.messages).where(service.messages.c.conversation_id.in_(ids)).order_by(service.messages.c.id)
    ).all()
    tickets = connection.execute(select(service.tickets).where(service.tickets.c.shopper == shopper)).all()
    surveys = connection.execute(select(moments.invitations).where(moments.invitations.c.member_id == shopper)).all()
    return {
        "满意度调查": [{"时间": i.due_at.isoformat(), "调查": i.survey["title"], "回答": i.answers} for i in surveys],
        "聊天记录": [{"时间": m.at.isoformat(), "说话人": m.author, "内容": m.text} for m in messages],
        "工单": [
            {"编号": t.number, "时间": t.created_at.isoformat(), "主题": t.subject, "内容": t.body} for t in tickets
        ],
        "个人选择": choices(connection, shopper),
    }


def erase(connection: Connection, shopper: str) -> list[str]:
    """Delete what was said. Tickets stay as records of a dispute, without their words and their owner.

    Returns the paths of the files that were kept, for the caller to delete.
    """
    ids = _conversation_ids(connection, shopper)
    asked = list(
        connection.execute(select(moments.invitations.c.id).where(moments.invitations.c.member_id == shopper)).scalars()
    )
    files = attachments.paths_of(connection, ids, asked)
    feedback.forget(connection, ids)
    for table in (
        service.attachments,
        service.messages,
        service.traces,
        service.inbox,
        service.outbox,
        service.handoffs,
    ):
        connection.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    kept = service.attachments.c
    connection.execute(delete(service.attachments).where(kept.invitation_id.in_(asked)))
    connection.execute(delete(service.outbox).where(service.outbox.c.conversation_id.in_(asked)))
    numbers = select(service.tickets.c.number).where(service.tickets.c.shopper == shopper)
    connection.execute(
        update(service.ticket_events)
        .where(service.ticket_events.c.ticket_number.in_(numbers))
        .values(note="（已按顾客要求删除）")
    )
    connection.execute(
        update(service.tickets)
        .where(service.tickets.c.shopper == shopper)
        .values(shopper="erased", subject="（已删除）", body="（已按顾客要求删除）")
    )
    said = retail.survey_answers
    connection.execute(update(said).where(said.c.member_id == shopper).values(member_id=None, comment=""))
    for table in (moments.invitations, moments.events):
        connection.execute(delete(table).where(table.c.member_id == shopper))
    connection.execute(delete(service.conversations).where(service.conversations.c.id.in_(ids)))
    return files
