"""What was understood of what shoppers said: labels of comments and chat messages, and people's corrections."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from assistant.db.tables.base import Moment, json_type, metadata
from assistant.db.tables.retail import BigId

feedback_tags = Table(
    "feedback_tags",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", String(8), nullable=False),  # answer | message
    Column("source_id", BigId, nullable=False),
    Column("said_at", Moment, nullable=False),
    Column("store_id", String(16)),
    Column("member_id", String(32), index=True),
    Column("conversation_id", String(40), index=True),
    Column("sentiment", String(4), nullable=False),  # pos | neu | neg
    Column("score", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("tier", String(8), nullable=False),  # rules | linear | model | person
    Column("intent", String(12), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("emotions", json_type(), nullable=False),
    Column("risks", json_type(), nullable=False),
    Column("junk", String(12)),
    Column("version", String(64), nullable=False),
    UniqueConstraint("source", "source_id"),
    Index("ix_feedback_tags_said", "said_at"),
    Index("ix_feedback_tags_store_said", "store_id", "said_at"),
)

feedback_mentions = Table(
    "feedback_mentions",
    metadata,
    Column("tag_id", BigId, primary_key=True),
    Column("leaf", String(40), primary_key=True),
    Column("sentiment", String(4), nullable=False),
    Column("start", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("tier", String(8), nullable=False),
    Index("ix_feedback_mentions_leaf", "leaf", "tag_id"),
)

feedback_corrections = Table(
    "feedback_corrections",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("tag_id", BigId, nullable=False, index=True),
    Column("sentiment", String(4), nullable=False),
    Column("aspects", json_type(), nullable=False),  # leaf → pos | neu | neg
    Column("actor", String(40), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("at", Moment, nullable=False),
)
