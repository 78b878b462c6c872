"""Invitations that the demo world has behind it: what was answered lately, and rows to put beside it. Called by `surveys.past`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from assistant.db.bulk import load_rows
from assistant.db.tables.moments import events, invitations
from assistant.db.tables.retail import orders, survey_answers

MADE = "made-"  # ids of what was made here begin so

INVITATION = (
    "id", "event_id", "rule_id", "survey_id", "survey", "variant", "greeting", "member_id", "store_id", "order_id",
    "channel", "status", "reason", "current", "path", "answers", "unclear", "rewarded", "due_at", "sent_at", "started_at",
    "ended_at", "expires_at", "tried", "reward", "opened_at", "score", "answer_id",
)  # fmt: skip
EVENT = ("id", "type", "member_id", "store_id", "order_id", "channel", "amount_cents", "at", "received_at", "outcome")


def past(connection: Connection, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
    """Orders of members in a period, oldest first, with the answer that was given to each (`answer_id` None: none)."""
    o, a = orders.c, survey_answers.c
    query = (
        select(
            o.id, o.member_id, o.store_id, o.channel, o.created_at, o.total_cents, a.id.label("answer_id"), a.at, a.nps,
            a.csat, a.comment, a.touchpoint,
        )
        .outerjoin(survey_answers, a.order_id == o.id)
        .where(o.created_at >= since, o.created_at < until, o.member_id.is_not(None))
        .order_by(o.created_at, o.id)
    )  # fmt: skip
    return [dict(row) for row in connection.execute(query).mappings()]


def replace(connection: Connection, told: Iterable[Sequence[Any]], asked: Iterable[Sequence[Any]]) -> None:
    """Put events and invitations (columns `EVENT`, `INVITATION`) in place of those that were made before."""
    for table in (invitations, events):
        connection.execute(delete(table).where(table.c.id.startswith(MADE)))
    load_rows(connection, events, EVENT, told)
    load_rows(connection, invitations, INVITATION, asked)
