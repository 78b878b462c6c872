"""The staff: accounts, sessions, API tokens, the audit log, and threads of questions. Secrets only as hashes or sealed."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from assistant.db.tables.base import Moment, json_type, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),  # as `accounts.naming.plain` writes it
    Column("title", String(120), nullable=False),
    Column("role", String(24), nullable=False),
    Column("units", json_type(), nullable=False),
    Column("email", String(200), index=True),
    Column("password_hash", String(200)),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("totp", String(300)),  # sealed
    Column("totp_step", Integer, nullable=False, default=0),  # the last one used: none is good twice
    Column("failed", Integer, nullable=False, default=0),  # wrong proofs in a row
    Column("locks", Integer, nullable=False, default=0),  # in a row: each lasts twice as long as the one before
    Column("locked_until", Moment),
    Column("subject", String(400), unique=True),  # issuer and subject of single sign-on, from the first time on
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("seen_at", Moment),  # last sign-in
    Index("ix_accounts_role", "role", "disabled"),
)

recovery_codes = Table(
    "account_recovery_codes",
    metadata,
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", String(64), primary_key=True),
)

sessions = Table(
    "account_sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),  # what lists show; opens nothing
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("until", Moment, nullable=False, index=True),
    Column("way", String(12), nullable=False),  # password | totp | recovery | sso
    Column("ip", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
)

tokens = Table(
    "account_tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("used_at", Moment),
)

audit = Table(  # triggers refuse to change or delete a row
    "account_audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", String(80), nullable=False),
    Column("what", String(40), nullable=False),
    Column("target", String(160), nullable=False),
    Column("detail", json_type(), nullable=False),
    Column("ip", String(64), nullable=False),
    Index("ix_account_audit_who", "who", "id"),
    Index("ix_account_audit_what", "what", "id"),
    Index("ix_account_audit_target", "target", "id"),
)

tries = Table(  # how often a name or an address tried to sign in, in one window of time
    "account_tries",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)

threads = Table(
    "ops_threads",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("title", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("last", json_type()),  # the query that a follow-up edits
    Index("ix_ops_threads_account", "account", "changed_at"),
)

turns = Table(
    "ops_turns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("thread", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("question", String(2000), nullable=False),
    Column("answer", json_type(), nullable=False),
    Index("ix_ops_turns_thread", "account", "thread", "id"),
)
