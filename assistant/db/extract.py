"""Hands whole tables to the mart as CSV files: the quickest way out of either engine, in bounded memory.

Enters: a stream's name and, for the streams that grow, a moment from which on rows are wanted. Leaves: a CSV file with
a header; moments in UTC. Called by `assistant.mart`.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect

from assistant.db.tables.base import metadata


@dataclass(frozen=True)
class Stream:
    """Columns of a table. `moment`: the column by which new rows are told; `through`: the parent that carries it."""

    table: str
    columns: tuple[str, ...]
    moment: str = ""
    through: tuple[str, str, str] | None = None  # parent table, its key, our column


def _stream(table: str, columns: str, moment: str = "", through: tuple[str, str, str] | None = None) -> Stream:
    return Stream(table, tuple(columns.split()), moment, through)


_ORDER = ("orders", "id", "order_id")
STREAMS: dict[str, Stream] = {
    "org_units": _stream("org_units", "id parent_id kind name"),
    "stores": _stream("stores", "id name short kind region city aliases opened_on"),
    "products": _stream("products", "id name brand category price_cents aliases"),
    "skus": _stream("skus", "id product_id"),
    "stock": _stream("stock", "sku_id store_id quantity"),
    "stock_outs": _stream("stock_outs", "day store_id product_id skus_out skus_total"),
    "store_days": _stream("store_days", "day store_id visits"),
    "members": _stream("members", "id gender birthday tier stage city home_store_id joined_at spend_cents"),
    "orders": _stream(
        "orders", "id member_id store_id channel status created_at total_cents points campaign_id", "created_at"
    ),
    "order_lines": _stream(
        "order_lines", "order_id line_no sku_id batch quantity price_cents", "created_at", _ORDER
    ),
    "returns": _stream(
        "returns", "id order_id line_no reason status refund_cents created_at", "created_at", _ORDER
    ),
    "points_entries": _stream("points_entries", "member_id at delta reason expires_on"),
    "campaigns": _stream("campaigns", "id name starts_on ends_on"),
    "campaign_members": _stream("campaign_members", "campaign_id member_id in_control"),
    "survey_answers": _stream(
        "survey_answers", "id member_id store_id order_id touchpoint at nps csat ces comment", "at"
    ),
    "tickets": _stream("tickets", "number conversation_id shopper store_id category severity status created_at due_at"),
    "ticket_events": _stream("ticket_events", "ticket_number at actor kind"),
    "conversations": _stream("conversations", "id channel member_id store_id created_at"),
    "messages": _stream("messages", "conversation_id author at"),
    "handoffs": _stream("handoffs", "conversation_id at"),
}  # fmt: skip


def copy_out(connection: Connection, name: str, path: Path, since: datetime | None = None) -> int:
    """Write a stream as CSV and return how many rows. `since` narrows only streams that have a moment."""
    stream = STREAMS[name]
    statement = f"SELECT {', '.join('t.' + c for c in stream.columns)} FROM {stream.table} t"
    if since is not None and stream.moment:
        stamp = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        source = "t"
        if stream.through:
            parent, key, column = stream.through
            statement, source = f"{statement} JOIN {parent} p ON p.{key} = t.{column}", "p"
        statement += f" WHERE {source}.{stream.moment} >= '{stamp}'"
    if connection.dialect.name == "postgresql":
        return _copy_postgres(connection, statement, path)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(stream.columns)
        rows = connection.exec_driver_sql(statement).cursor
        total = 0
        while rows is not None and (batch := rows.fetchmany(20_000)):
            writer.writerows(batch)
            total += len(batch)
    return total


def _copy_postgres(connection: Connection, statement: str, path: Path) -> int:
    cursor = connection.connection.cursor()
    cursor.execute("SET LOCAL timezone = 'UTC'")
    with path.open("wb") as file, cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv, HEADER)") as copy:
        for piece in copy:
            file.write(piece)
    return int(cursor.rowcount)


def missing_tables(connection: Connection) -> list[str]:
    """Streams whose table is not there: the store has never been migrated."""
    there = set(inspect(connection).get_table_names())
    assert all(s.table in metadata.tables for s in STREAMS.values())
    return [s.table for s in STREAMS.values() if s.table not in there]
