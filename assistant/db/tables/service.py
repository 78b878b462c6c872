"""What the assistant keeps: messages in and out, conversations, traces, tickets, consents, effects already done."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from assistant.db.tables.base import Moment, json_type, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("dedup_key", String(200), nullable=False, unique=True),
    Column("payload", json_type(), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("status", String(12), nullable=False, default="new"),  # new | done | dead
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Index("ix_inbox_waiting", "status", "conversation_id", "id"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("channel", String(24), nullable=False),
    Column("app", String(64), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("member_id", String(32), index=True),
    Column("store_id", String(16)),
    Column("holder", String(12), nullable=False, default="assistant"),  # assistant | queue | person
    Column("state", json_type(), nullable=False),
    Column("lease_until", Moment),
    Column("lease_owner", String(64)),
    Column("waiting", Integer, nullable=False, default=0),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("channel", "app", "sender"),
    Index("ix_conversations_claim", "waiting", "lease_until"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("author", String(12), nullable=False),  # shopper | assistant | agent | system
    Column("text", Text, nullable=False),
    Column("blocks", json_type(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("inbox_id", Integer),
    Column("trace_id", String(40)),
    Column("client_id", String(64)),
    Index("ix_messages_conversation", "conversation_id", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("message_id", Integer),
    Column("channel", String(24), nullable=False),
    Column("payload", json_type(), nullable=False),
    Column("inbox_id", Integer),  # the message that it answers
    Column("status", String(12), nullable=False, default="ready"),  # ready | held (no quota) | sent | failed
    Column("carried_by", Integer),  # the message whose own response carried it (a passive reply)
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment),  # from then on it is not delivered any more
    Column("lease_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("error", Text),
    Index("ix_outbox_ready", "status", "not_before"),
    Index("ix_outbox_conversation", "conversation_id", "status", "id"),
    Index("ix_outbox_carried", "carried_by"),
)

due_work = Table(
    "due_work",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(120), nullable=False, unique=True),
    Column("payload", json_type(), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("status", String(12), nullable=False, default="ready"),  # ready | done | failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease_until", Moment),
    Column("error", Text),
    Index("ix_due_work_ready", "status", "due_at"),
)

traces = Table(
    "traces",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("body", json_type(), nullable=False),
)

effects = Table(
    "effects",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("result", json_type(), nullable=False),
    Column("at", Moment, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False),
    Column("shopper", String(160), nullable=False, index=True),
    Column("store_id", String(16), index=True),
    Column("category", String(24), nullable=False),
    Column("severity", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
)

ticket_events = Table(
    "ticket_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_number", Integer, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("note", Text, nullable=False),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("status", String(12), nullable=False),  # waiting | held | closed
    Column("at", Moment, nullable=False),
)

choices = Table(
    "choices",
    metadata,
    Column("shopper", String(160), primary_key=True),
    Column("topic", String(24), primary_key=True),
    Column("allowed", Boolean, nullable=False),
    Column("version", String(24), nullable=False),
    Column("at", Moment, nullable=False),
)

seeds = Table(
    "seeds",
    metadata,
    Column("key", String(24), primary_key=True),
    Column("body", json_type(), nullable=False),
    Column("at", Moment, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", String(40), nullable=False, index=True),
    Column("inbox_id", Integer, unique=True),  # null: sent on a page
    Column("invitation_id", String(40), index=True),  # the survey that it answers
    Column("kind", String(12), nullable=False),  # image | voice | video | file
    Column("media_id", String(256), nullable=False),
    Column("status", String(12), nullable=False),  # wanted | kept | gone
    Column("path", String(200)),
    Column("mime", String(80)),
    Column("size", Integer),
    Column("ticket_number", Integer, index=True),
    Column("at", Moment, nullable=False),
)

single_use = Table(  # a state of a sign-in, a code sent to a phone: good once, for a while
    "single_use",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("body", json_type(), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("until", Moment, nullable=False),
)
