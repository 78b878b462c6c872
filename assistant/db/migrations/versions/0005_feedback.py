"""labels of what was said, and corrections

Revision: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from assistant.db.tables import base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "feedback_tags",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("said_at", base.Moment(timezone=True), nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("conversation_id", sa.String(length=40), nullable=True),
        sa.Column("sentiment", sa.String(length=4), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("tier", sa.String(length=8), nullable=False),
        sa.Column("intent", sa.String(length=12), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("emotions", JSON, nullable=False),
        sa.Column("risks", JSON, nullable=False),
        sa.Column("junk", sa.String(length=12), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_tags")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_feedback_tags_source_source_id")),
    )
    with op.batch_alter_table("feedback_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_tags_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_tags_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_feedback_tags_said", ["said_at"], unique=False)
        batch_op.create_index("ix_feedback_tags_store_said", ["store_id", "said_at"], unique=False)
    op.create_table(
        "feedback_mentions",
        sa.Column("tag_id", BIG, nullable=False, autoincrement=False),
        sa.Column("leaf", sa.String(length=40), nullable=False),
        sa.Column("sentiment", sa.String(length=4), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("tier", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("tag_id", "leaf", name=op.f("pk_feedback_mentions")),
    )
    with op.batch_alter_table("feedback_mentions", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_mentions_leaf", ["leaf", "tag_id"], unique=False)
    op.create_table(
        "feedback_corrections",
        sa.Column("id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("sentiment", sa.String(length=4), nullable=False),
        sa.Column("aspects", JSON, nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_corrections")),
    )
    with op.batch_alter_table("feedback_corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_corrections_tag_id"), ["tag_id"], unique=False)


def downgrade() -> None:
    op.drop_table("feedback_corrections")
    op.drop_table("feedback_mentions")
    op.drop_table("feedback_tags")
