"""Shapes of the staging tables: what the operational store and the feeds hand in, before the star is built of it.

`STAGED` come from the operational store (names and column order of `assistant.db.extract.STREAMS`); their moments are
UTC. `FED` come only from feeds; their moments are local time.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Columns with their types. `required`: a fed row that lacks one of them is rejected."""

    columns: Mapping[str, str]
    required: tuple[str, ...] = ()
    key: str = ""  # a fed row that repeats it is rejected

    @property
    def ddl(self) -> str:
        return ", ".join(f"{name} {kind}" for name, kind in self.columns.items())


def _table(columns: str, required: str = "", key: str = "") -> Table:
    pairs = (item.split() for item in columns.split(","))
    return Table({name: kind.upper() for name, kind in pairs}, tuple(required.split()), key)


STAGED: dict[str, Table] = {
    "org_units": _table("id varchar, parent_id varchar, kind varchar, name varchar"),
    "stores": _table(
        "id varchar, name varchar, short varchar, kind varchar, region varchar, city varchar, aliases varchar, "
        "opened_on date"
    ),
    "products": _table(
        "id varchar, name varchar, brand varchar, category varchar, price_cents bigint, aliases varchar"
    ),
    "skus": _table("id varchar, product_id varchar"),
    "stock": _table("sku_id varchar, store_id varchar, quantity bigint"),
    "stock_outs": _table("day date, store_id varchar, product_id varchar, skus_out bigint, skus_total bigint"),
    "store_days": _table("day date, store_id varchar, visits bigint"),
    "members": _table(
        "id varchar, gender varchar, birthday date, tier varchar, stage varchar, city varchar, home_store_id varchar, "
        "joined_at timestamp, spend_cents bigint"
    ),
    "orders": _table(
        "id varchar, member_id varchar, store_id varchar, channel varchar, status varchar, created_at timestamp, "
        "total_cents bigint, points bigint, campaign_id varchar"
    ),
    "order_lines": _table(
        "order_id varchar, line_no bigint, sku_id varchar, batch varchar, quantity bigint, price_cents bigint"
    ),
    "returns": _table(
        "id varchar, order_id varchar, line_no bigint, reason varchar, status varchar, refund_cents bigint, "
        "created_at timestamp"
    ),
    "points_entries": _table(
        "member_id varchar, moment timestamp, delta bigint, reason varchar, expires_on date"
    ),
    "campaigns": _table("id varchar, name varchar, starts_on date, ends_on date"),
    "campaign_members": _table("campaign_id varchar, member_id varchar, in_control bigint"),
    "survey_answers": _table(
        "id bigint, member_id varchar, store_id varchar, order_id varchar, touchpoint varchar, moment timestamp, "
        "nps bigint, csat bigint, ces bigint, comment varchar"
    ),
    "tickets": _table(
        "number bigint, conversation_id varchar, shopper varchar, store_id varchar, category varchar, "
        "severity varchar, status varchar, created_at timestamp, due_at timestamp"
    ),
    "ticket_events": _table("ticket_number bigint, moment timestamp, actor varchar, kind varchar"),
    "conversations": _table(
        "id varchar, channel varchar, member_id varchar, store_id varchar, created_at timestamp"
    ),
    "messages": _table("conversation_id varchar, author varchar, moment timestamp"),
    "handoffs": _table("conversation_id varchar, moment timestamp"),
}  # fmt: skip

FED: dict[str, Table] = {
    "feed_tickets": _table(
        "ticket_id varchar, store_id varchar, member_id varchar, category varchar, severity varchar, status varchar, "
        "team varchar, channel varchar, created_at timestamp, due_at timestamp, first_response_at timestamp, "
        "resolved_at timestamp, reopened bigint",
        "ticket_id store_id category severity status created_at due_at",
        "ticket_id",
    ),
    "feed_conversations": _table(
        "conversation_id varchar, store_id varchar, member_id varchar, channel varchar, started_at timestamp, "
        "first_reply_s double, handed_off bigint, suggestions_shown bigint, suggestions_used bigint",
        "conversation_id store_id started_at",
        "conversation_id",
    ),
    "feed_invitations": _table(
        "day date, store_id varchar, touchpoint varchar, sent bigint", "day store_id touchpoint sent"
    ),
    "feed_coupons": _table(
        "coupon_id varchar, coupon varchar, member_id varchar, sent_at timestamp, claimed_at timestamp, "
        "used_at timestamp",
        "coupon_id coupon member_id sent_at",
        "coupon_id",
    ),
    "feed_points": _table("member_id varchar, moment timestamp, delta bigint, reason varchar", "member_id moment delta"),
}  # fmt: skip

MADE: dict[str, Table] = {  # made by our own code while refreshing
    "days": _table(
        "day date, weekday varchar, week date, xun varchar, month varchar, quarter varchar, half varchar, "
        "year varchar, month_end bigint"
    ),
    "mentions": _table("answer_id bigint, aspect varchar, sentiment varchar, emotion varchar"),
    "answer_tags": _table("answer_id bigint, sentiment varchar, emotion varchar"),
}  # fmt: skip
