"""What was understood of what shoppers said: labels of comments and chat messages, people's corrections, topics, problems."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

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

feedback_topics = Table(  # what the tree does not hold; words and names, never a whole text
    "feedback_topics",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("words", json_type(), nullable=False),
    Column("members", json_type(), nullable=False),  # [tag id, start, length, store id or "", moment, sentiment]
    Column("middle", Moment, nullable=False),  # of the moments looked at: growth is counted from here
    Column("state", String(8), nullable=False),  # new | adopted | ignored
    Column("leaf", String(40), nullable=False, default=""),
    Column("days", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("computed_at", Moment, nullable=False),
)

feedback_problems = Table(  # what is complained of again and again, of a store or ("") of the group
    "feedback_problems",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("about", String(60), nullable=False),  # a leaf, or `topic:ID`
    Column("store_id", String(16), nullable=False),
    Column("count", Integer, nullable=False),
    Column("earlier", Integer, nullable=False),
    Column("days", json_type(), nullable=False),  # complaints a day of the window, oldest first
    Column("words", json_type(), nullable=False),
    Column("tickets", json_type(), nullable=False),  # numbers of closed tickets that may say what helped
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("counted_at", Moment, nullable=False),
    Column("state", String(8), nullable=False),  # open | known | solved | ignored
    Column("team", String(24), nullable=False, default=""),
    Column("fix", Text, nullable=False, default=""),
    Column("tell", Boolean, nullable=False, default=False),
    Column("told", Text, nullable=False, default=""),  # the words for shoppers; empty: the fix as it stands
    Column("edited_at", Moment),
    Column("edited_by", String(40), nullable=False, default=""),
    UniqueConstraint("about", "store_id"),
    Index("ix_feedback_problems_store", "store_id", "count"),
)

feedback_problem_acts = Table(  # what people did to a problem, and their notes
    "feedback_problem_acts",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("problem_id", BigId, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("who", String(40), nullable=False),
    Column("kind", String(8), nullable=False),  # edit | note | undo
    Column("before", json_type(), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("undone", Boolean, nullable=False, default=False),
)
