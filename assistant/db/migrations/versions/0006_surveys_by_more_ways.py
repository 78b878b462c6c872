"""surveys by more ways: what was tried, opened, scored, rewarded; edited surveys; deliveries that lapse

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from assistant.db.tables import base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tried", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("reward", sa.String(length=12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("opened_at", base.Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("score", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answer_id", BIG, nullable=True))
        batch_op.create_index("ix_invitations_survey", ["survey_id", "due_at"], unique=False)
    op.execute("UPDATE invitations SET reward = 'given' WHERE rewarded")
    op.execute("UPDATE invitations SET opened_at = started_at WHERE started_at IS NOT NULL")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("not_after", base.Moment(timezone=True), nullable=True))
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.alter_column("inbox_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("invitation_id", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_attachments_invitation_id"), ["invitation_id"], unique=False)
    op.create_table(
        "survey_versions",
        sa.Column("survey_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", JSON, nullable=True),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("survey_id", "version", name=op.f("pk_survey_versions")),
    )


def downgrade() -> None:
    op.drop_table("survey_versions")
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachments_invitation_id"))
        batch_op.drop_column("invitation_id")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("not_after")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index("ix_invitations_survey")
        for name in ("answer_id", "score", "opened_at", "reward", "tried"):
            batch_op.drop_column(name)
