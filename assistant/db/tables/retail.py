"""The built-in demo store of a retailer: organisation, range, stock, members, orders, loyalty, experience data."""

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, String, Table, Text

from assistant.db.tables.base import Moment, json_type, metadata

BigId = BigInteger().with_variant(Integer(), "sqlite")

org_units = Table(
    "org_units",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("parent_id", String(24), index=True),
    Column("kind", String(12), nullable=False),  # group | region | city | store | counter
    Column("name", String(60), nullable=False),
)

stores = Table(
    "stores",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("short", String(30), nullable=False),
    Column("aliases", json_type(), nullable=False),
    Column("kind", String(8), nullable=False),  # 直营 | 加盟
    Column("region", String(12), nullable=False),
    Column("city", String(20), nullable=False),
    Column("district", String(30), nullable=False),
    Column("address", String(120), nullable=False),
    Column("phone", String(24), nullable=False),
    Column("lat", Float, nullable=False),
    Column("lng", Float, nullable=False),
    Column("hours", json_type(), nullable=False),
    Column("floors", json_type(), nullable=False),
    Column("facilities", json_type(), nullable=False),
    Column("parking", Text, nullable=False),
    Column("advisers", json_type(), nullable=False),
    Column("opened_on", Date, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("brand", String(20), nullable=False),
    Column("category", String(16), nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("colours", json_type(), nullable=False),
    Column("sizes", json_type(), nullable=False),
    Column("aliases", json_type(), nullable=False),
    Column("blurb", Text, nullable=False),
)

skus = Table(
    "skus",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("product_id", String(16), nullable=False, index=True),
    Column("colour", String(16), nullable=False),
    Column("size", String(16), nullable=False),
)

stock = Table(
    "stock",
    metadata,
    Column("sku_id", String(24), primary_key=True),
    Column("store_id", String(16), primary_key=True),
    Column("quantity", Integer, nullable=False),
)

stock_outs = Table(
    "stock_outs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("store_id", String(16), primary_key=True),
    Column("product_id", String(16), primary_key=True),
    Column("skus_out", Integer, nullable=False),
    Column("skus_total", Integer, nullable=False),
)

store_days = Table(
    "store_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("store_id", String(16), primary_key=True),
    Column("visits", Integer, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(20), nullable=False),
    Column("phone", String(20), nullable=False, index=True),
    Column("gender", String(4), nullable=False),
    Column("birthday", Date),
    Column("tier", String(8), nullable=False),
    Column("tier_until", Date, nullable=False),
    Column("stage", String(8), nullable=False),  # 潜客 新会员 老会员 高价值 沉默 流失
    Column("city", String(20), nullable=False),
    Column("home_store_id", String(16), nullable=False, index=True),
    Column("joined_at", Moment, nullable=False),
    Column("spend_cents", BigInteger, nullable=False),
    Column("height_cm", Integer),
    Column("weight_kg", Integer),
    Column("foot_mm", Integer),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("member_id", String(16), index=True),
    Column("store_id", String(16), nullable=False),
    Column("channel", String(8), nullable=False),  # store | online
    Column("status", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("delivered_at", Moment),
    Column("total_cents", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("campaign_id", String(16)),
    Column("carrier", String(20)),
    Column("tracking_no", String(32)),
    Index("ix_orders_store_created", "store_id", "created_at"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", String(24), primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("sku_id", String(24), nullable=False),
    Column("batch", String(12), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_cents", Integer, nullable=False),
)

order_steps = Table(
    "order_steps",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("order_id", String(24), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("text", String(120), nullable=False),
)

returns = Table(
    "returns",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("order_id", String(24), nullable=False, index=True),
    Column("line_no", Integer, nullable=False),
    Column("kind", String(4), nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("refund_cents", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

points_entries = Table(
    "points_entries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("member_id", String(16), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("delta", Integer, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("expires_on", Date),
)

reward_items = Table(
    "reward_items",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("points", Integer, nullable=False),
    Column("stock", Integer, nullable=False),
)

coupons = Table(
    "coupons",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("title", String(40), nullable=False),
    Column("value_cents", Integer, nullable=False),
    Column("least_cents", Integer, nullable=False),
    Column("scope", String(60), nullable=False),
    Column("tiers", json_type(), nullable=False),
    Column("claim_until", Moment, nullable=False),
    Column("valid_days", Integer, nullable=False),
)

member_coupons = Table(
    "member_coupons",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("member_id", String(16), nullable=False, index=True),
    Column("coupon_id", String(16), nullable=False),
    Column("status", String(12), nullable=False),
    Column("valid_until", Moment, nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(40), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
)

campaign_members = Table(
    "campaign_members",
    metadata,
    Column("campaign_id", String(16), primary_key=True),
    Column("member_id", String(16), primary_key=True),
    Column("in_control", Integer, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("member_id", String(16), nullable=False, index=True),
    Column("store_id", String(16), nullable=False),
    Column("sku_id", String(24), nullable=False),
    Column("quantity", Integer, nullable=False, server_default="1"),
    Column("keep_until", Moment, nullable=False),
    Column("status", String(12), nullable=False),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("member_id", String(16), nullable=False, index=True),
    Column("store_id", String(16), nullable=False),
    Column("adviser", String(20), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("topic", String(60), nullable=False),
    Column("status", String(12), nullable=False),
    Index("ix_appointments_store_start", "store_id", "starts_at"),
)

survey_answers = Table(
    "survey_answers",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("member_id", String(16), index=True),
    Column("store_id", String(16), nullable=False),
    Column("order_id", String(24)),
    Column("touchpoint", String(16), nullable=False),  # 到店 | 商品 | 配送 | 售后
    Column("at", Moment, nullable=False),
    Column("nps", Integer),
    Column("csat", Integer),
    Column("ces", Integer),
    Column("comment", Text, nullable=False),
    Index("ix_survey_answers_store_at", "store_id", "at"),
)
