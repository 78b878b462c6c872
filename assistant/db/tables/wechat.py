"""What is kept of WeChat: who follows, what may be sent to them, the token that all replicas share."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from assistant.db.tables.base import Moment, metadata

wechat_users = Table(
    "wechat_users",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("openid", String(128), primary_key=True),
    Column("unionid", String(128), index=True),
    Column("member_id", String(32), index=True),
    Column("subscribed", Boolean, nullable=False, default=True),
    Column("scene", String(64)),
    Column("lat", Float),
    Column("lng", Float),
    Column("placed_at", Moment),
    # windows for customer messages: 5 within 48 h of a message, 3 within a minute of a tap, scan or subscription
    Column("message_until", Moment),
    Column("message_used", Integer, nullable=False, default=0),
    Column("tap_until", Moment),
    Column("tap_used", Integer, nullable=False, default=0),
    Column("updated_at", Moment, nullable=False),
    Index("ix_wechat_users_member", "member_id", "app"),
)

wechat_consents = Table(
    "wechat_consents",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("openid", String(128), primary_key=True),
    Column("template_id", String(64), primary_key=True),
    Column("left", Integer, nullable=False),  # messages still allowed; 0: asked and refused, or used up
    Column("updated_at", Moment, nullable=False),
)

wechat_tokens = Table(
    "wechat_tokens",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("token", String(512), nullable=False, default=""),
    Column("until", Moment),
    Column("lease_owner", String(64)),
    Column("lease_until", Moment),
)
