"""The port by which the assistant files and reads a shopper's tickets, on the operational store."""

from collections.abc import Sequence
from datetime import timedelta

from assistant.clock import Clock
from assistant.db import attachments, effects, tickets
from assistant.db.engine import Database
from assistant.tickets.clock import due
from tools.errors import UnknownThing
from tools.types import Ticket

SAME_MATTER = timedelta(minutes=30)  # pictures sent so long before a ticket belong to it
_URGENT = (
    "受伤",
    "流血",
    "过敏",
    "中毒",
    "拉肚子",
    "吃坏",
    "漏电",
    "触电",
    "着火",
    "冒烟",
    "烫伤",
    "住院",
    "晕倒",
    "骨折",
    "摔",
)
_HIGH = (
    "曝光",
    "媒体",
    "12315",
    "消协",
    "工商",
    "律师",
    "起诉",
    "记者",
    "报警",
    "老人",
    "孕妇",
    "退款",
    "欺骗",
    "假货",
)


def severity_of(category: str, body: str) -> str:
    """How fast a complaint must be answered, by what it speaks of."""
    if any(w in body for w in _URGENT):
        return "紧急"
    if category == "安全卫生" or any(w in body for w in _HIGH):
        return "高"
    return "低" if category == "其他" else "中"


class TicketDesk:
    """Files, lists and supplements tickets of one shopper at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def file(
        self, shopper: str, conversation_id: str, category: str, subject: str, body: str, store_id: str, key: str
    ) -> Ticket:
        now = self._clock.now()
        severity = severity_of(category, body)
        with self._db.write() as connection:
            if done := effects.done_before(connection, key, Ticket):
                return done
            ticket = tickets.file(
                connection,
                conversation_id=conversation_id,
                shopper=shopper,
                store_id=store_id or None,
                category=category,
                severity=severity,
                subject=subject,
                body=body,
                now=now,
                due_at=due(now, severity),
            )
            number = tickets.number_of(ticket.ticket_id)
            assert number is not None
            attachments.attach(connection, conversation_id, number, now - SAME_MATTER)
            effects.remember(connection, key, ticket, now)
        return ticket

    def mine(self, shopper: str) -> Sequence[Ticket]:
        with self._db.read() as connection:
            return tickets.mine(connection, shopper)

    def add_note(self, shopper: str, ticket_id: str, note: str, key: str) -> Ticket:
        now = self._clock.now()
        number = tickets.number_of(ticket_id)
        with self._db.write() as connection:
            if done := effects.done_before(connection, key, Ticket):
                return done
            if number is None or tickets.get(connection, shopper, number) is None:
                raise UnknownThing("ticket", "没有找到这个工单，请核对一下编号。")
            tickets.add_event(connection, number, now, "shopper", "note", note)
            ticket = tickets.get(connection, shopper, number)
            assert ticket is not None
            effects.remember(connection, key, ticket, now)
        return ticket
