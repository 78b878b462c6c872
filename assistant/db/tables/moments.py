"""Experience moments: events of the retailer's, invitations that they led to, and how far shoppers came."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from assistant.db.tables.base import Moment, json_type, metadata
from assistant.db.tables.retail import BigId

events = Table(
    "moment_events",
    metadata,
    Column("id", String(80), primary_key=True),  # the retailer's own: the same twice is the same event
    Column("type", String(24), nullable=False),
    Column("member_id", String(32), nullable=False),
    Column("store_id", String(16)),
    Column("order_id", String(24)),
    Column("channel", String(16), nullable=False, default=""),
    Column("amount_cents", Integer),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("outcome", String(24), nullable=False, default="new"),  # new, or the reason of the decision
    Index("ix_moment_events_at", "at"),
    Index("ix_moment_events_outcome", "outcome"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("event_id", String(80), nullable=False, unique=True),
    Column("rule_id", String(40), nullable=False),
    Column("survey_id", String(40), nullable=False),
    Column("survey", json_type(), nullable=False),  # as it was when it was sent: an edit changes no open survey
    Column("variant", String(40), nullable=False, default=""),
    Column("greeting", Text, nullable=False, default=""),
    Column("member_id", String(32), nullable=False, index=True),
    Column("store_id", String(16)),
    Column("order_id", String(24)),
    Column("conversation_id", String(40), index=True),
    Column("channel", String(24), nullable=False, default=""),  # by which it was sent
    Column("status", String(12), nullable=False),  # planned | held | sent | open | paused | done | stopped | expired
    Column("reason", String(40), nullable=False, default=""),  # why it is held
    Column("current", String(40), nullable=False, default=""),
    Column("path", json_type(), nullable=False),
    Column("answers", json_type(), nullable=False),
    Column("unclear", Integer, nullable=False, default=0),
    Column("rewarded", Boolean, nullable=False, default=False),
    Column("due_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("expires_at", Moment),
    Column("tried", String(120), nullable=False, default="", server_default=""),  # ways in which it was sent, by comma
    Column("reward", String(12), nullable=False, default="", server_default=""),  # given | instead | owed | refused
    Column("opened_at", Moment),  # the first sign that it was seen: its page, or a word about it
    Column("score", Integer),  # the first score that was given
    Column("answer_id", BigId),  # in survey_answers
    Index("ix_invitations_status", "status", "due_at"),
    Index("ix_invitations_survey", "survey_id", "due_at"),
    Index("ix_invitations_rule", "rule_id", "due_at"),
)

survey_versions = Table(  # surveys as they were edited on the page: the newest stands above the file
    "survey_versions",
    metadata,
    Column("survey_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", json_type()),  # null: back to the file
    Column("at", Moment, nullable=False),
    Column("who", String(80), nullable=False),
    Column("note", String(200), nullable=False),
)
