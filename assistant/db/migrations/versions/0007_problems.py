"""topics that the tree does not hold, recurring problems and what solved them

Revision: 0007
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from assistant.db.tables import base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "feedback_topics",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("members", JSON, nullable=False),
        sa.Column("middle", base.Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("leaf", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("first_seen", base.Moment(timezone=True), nullable=False),
        sa.Column("computed_at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_topics")),
    )
    op.create_table(
        "feedback_problems",
        sa.Column("id", BIG, nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("store_id", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("days", JSON, nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("tickets", JSON, nullable=False),
        sa.Column("first_seen", base.Moment(timezone=True), nullable=False),
        sa.Column("last_seen", base.Moment(timezone=True), nullable=False),
        sa.Column("counted_at", base.Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("team", sa.String(length=24), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column("tell", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("edited_at", base.Moment(timezone=True), nullable=True),
        sa.Column("edited_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_problems")),
        sa.UniqueConstraint("about", "store_id", name=op.f("uq_feedback_problems_about_store_id")),
    )
    with op.batch_alter_table("feedback_problems", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_problems_store", ["store_id", "count"], unique=False)
    op.create_table(
        "feedback_problem_acts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("problem_id", BIG, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_problem_acts")),
    )
    with op.batch_alter_table("feedback_problem_acts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_problem_acts_problem_id"), ["problem_id"], unique=False)


def downgrade() -> None:
    op.drop_table("feedback_problem_acts")
    op.drop_table("feedback_problems")
    op.drop_table("feedback_topics")
