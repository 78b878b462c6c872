"""What shoppers sent beside words (pictures, recordings, files): wanted from the channel, kept, attached to a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from assistant.db.engine import upsert
from assistant.db.tables.service import attachments


@dataclass(frozen=True)
class Attachment:
    id: int
    conversation_id: str
    inbox_id: int | None
    kind: str
    media_id: str
    status: str
    path: str | None
    ticket_number: int | None
    invitation_id: str | None
    mime: str


def want(connection: Connection, conversation_id: str, inbox_id: int, kind: str, media_id: str, now: datetime) -> int:
    """Note that something is to be fetched. Returns its id; the same message twice is one attachment."""
    connection.execute(
        upsert(connection, attachments)
        .values(
            conversation_id=conversation_id, inbox_id=inbox_id, kind=kind, media_id=media_id, status="wanted", at=now
        )
        .on_conflict_do_nothing(index_elements=["inbox_id"])
    )
    return int(connection.execute(select(attachments.c.id).where(attachments.c.inbox_id == inbox_id)).scalar_one())


def put(
    connection: Connection, conversation_id: str, invitation_id: str, path: str, mime: str, size: int, now: datetime
) -> int:
    """A picture that came by a page and lies on disk already. Returns its id."""
    row = connection.execute(
        insert(attachments)
        .values(
            conversation_id=conversation_id, invitation_id=invitation_id, kind="image", media_id="", status="kept",
            path=path, mime=mime[:80], size=size, at=now,
        )
        .returning(attachments.c.id)
    ).one()  # fmt: skip
    return int(row.id)


def of_message(connection: Connection, inbox_id: int) -> int | None:
    """The attachment that came with a message."""
    return connection.execute(select(attachments.c.id).where(attachments.c.inbox_id == inbox_id)).scalar_one_or_none()


def answers(connection: Connection, attachment_id: int, invitation_id: str) -> None:
    """Note which survey it answers."""
    connection.execute(update(attachments).where(attachments.c.id == attachment_id).values(invitation_id=invitation_id))


def get(connection: Connection, attachment_id: int) -> Attachment | None:
    row = connection.execute(select(attachments).where(attachments.c.id == attachment_id)).first()
    if row is None:
        return None
    return Attachment(
        row.id, row.conversation_id, row.inbox_id, row.kind, row.media_id, row.status, row.path, row.ticket_number,
        row.invitation_id, row.mime or "",
    )  # fmt: skip


def keep(connection: Connection, attachment_id: int, path: str, mime: str, size: int) -> None:
    connection.execute(
        update(attachments)
        .where(attachments.c.id == attachment_id)
        .values(status="kept", path=path, mime=mime[:80], size=size)
    )


def lose(connection: Connection, attachment_id: int) -> None:
    """The channel no longer has it."""
    connection.execute(update(attachments).where(attachments.c.id == attachment_id).values(status="gone"))


def attach(connection: Connection, conversation_id: str, ticket_number: int, since: datetime) -> int:
    """Attach what was sent lately and belongs to no ticket yet. Returns how many."""
    done = connection.execute(
        update(attachments)
        .where(
            attachments.c.conversation_id == conversation_id,
            attachments.c.ticket_number.is_(None),
            attachments.c.at >= since,
        )
        .values(ticket_number=ticket_number)
    )
    return done.rowcount


def paths_of(connection: Connection, conversation_ids: Sequence[str], invitation_ids: Sequence[str]) -> list[str]:
    """The files kept for some conversations and surveys (to delete them)."""
    rows = connection.execute(
        select(attachments.c.path).where(
            or_(attachments.c.conversation_id.in_(conversation_ids), attachments.c.invitation_id.in_(invitation_ids)),
            attachments.c.path.is_not(None),
        )
    )
    return [row.path for row in rows]
