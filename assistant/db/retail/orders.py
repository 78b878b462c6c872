"""Orders, their lines, their way, returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from assistant.db.tables.retail import order_lines, order_steps, orders, products, returns, skus, stores
from tools.types import Order, OrderLine, OrderStatus, TrackStep

CANCELLABLE = (OrderStatus.UNPAID, OrderStatus.PAID)


@dataclass(frozen=True)
class Parcel:
    """What the carrier is given."""

    carrier: str
    tracking_no: str
    steps: tuple[TrackStep, ...]


def recent(connection: Connection, member_id: str, limit: int) -> Sequence[Order]:
    rows = connection.execute(
        _base().where(orders.c.member_id == member_id).order_by(orders.c.created_at.desc()).limit(limit)
    ).all()
    lines = _lines(connection, [row.id for row in rows])
    return [_order(row, lines.get(row.id, ())) for row in rows]


def get(connection: Connection, member_id: str, order_id: str) -> Order | None:
    """An order of this member; None for anybody else's."""
    row = connection.execute(_base().where(orders.c.member_id == member_id, orders.c.id == order_id)).first()
    return _order(row, _lines(connection, [row.id]).get(row.id, ())) if row else None


def _base() -> Any:
    return select(orders, stores.c.name.label("store")).join(stores, stores.c.id == orders.c.store_id)


def _order(row: Row[Any], lines: tuple[OrderLine, ...]) -> Order:
    status = OrderStatus(row.status)
    return Order(
        order_id=row.id,
        status=status,
        channel=row.channel,
        store_id=row.store_id,
        store="小程序" if row.channel == "online" else row.store,
        created_at=row.created_at,
        total_cents=row.total_cents,
        points=row.points,
        lines=lines,
        delivered_at=row.delivered_at,
        cancellable=status in CANCELLABLE,
        pickup_store=row.store if status is OrderStatus.READY else "",
    )


def _lines(connection: Connection, ids: list[str]) -> dict[str, tuple[OrderLine, ...]]:
    rows = connection.execute(
        select(order_lines, skus.c.product_id, skus.c.colour, skus.c.size, products.c.name)
        .join(skus, skus.c.id == order_lines.c.sku_id)
        .join(products, products.c.id == skus.c.product_id)
        .where(order_lines.c.order_id.in_(ids))
        .order_by(order_lines.c.order_id, order_lines.c.line_no)
    ).all()
    found: dict[str, list[OrderLine]] = {}
    for r in rows:
        found.setdefault(r.order_id, []).append(
            OrderLine(r.line_no, r.sku_id, r.product_id, r.name, r.colour, r.size, r.quantity, r.price_cents)
        )
    return {order_id: tuple(lines) for order_id, lines in found.items()}


def parcel(connection: Connection, order_id: str) -> Parcel:
    row = connection.execute(select(orders.c.carrier, orders.c.tracking_no).where(orders.c.id == order_id)).one()
    steps = connection.execute(
        select(order_steps).where(order_steps.c.order_id == order_id).order_by(order_steps.c.at)
    ).all()
    return Parcel(row.carrier or "", row.tracking_no or "", tuple(TrackStep(s.at, s.text) for s in steps))


def open_return(connection: Connection, order_id: str, line_no: int) -> str | None:
    """The status of a return or exchange of this line that was asked for before."""
    return connection.execute(
        select(returns.c.status)
        .where(returns.c.order_id == order_id, returns.c.line_no == line_no)
        .order_by(returns.c.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def add_return(
    connection: Connection,
    order_id: str,
    line_no: int,
    kind: str,
    reason: str,
    refund_cents: int,
    at: datetime,
) -> str:
    return_id = f"R{order_id}{line_no}"
    connection.execute(
        insert(returns).values(
            id=return_id,
            order_id=order_id,
            line_no=line_no,
            kind=kind,
            reason=reason,
            status="处理中",
            refund_cents=refund_cents,
            created_at=at,
        )
    )
    set_status(connection, order_id, OrderStatus.RETURNING)
    return return_id


def set_status(connection: Connection, order_id: str, status: OrderStatus) -> None:
    connection.execute(update(orders).where(orders.c.id == order_id).values(status=status.value))


def lock(connection: Connection, order_id: str) -> None:
    connection.execute(select(orders.c.id).where(orders.c.id == order_id).with_for_update())


def bought_often(connection: Connection, member_id: str) -> Sequence[tuple[str, int, datetime, datetime]]:
    """(product id, times, first, last) of what was bought more than once."""
    rows = connection.execute(
        select(
            skus.c.product_id,
            func.count(orders.c.id.distinct()).label("times"),
            func.min(orders.c.created_at, type_=orders.c.created_at.type).label("first"),
            func.max(orders.c.created_at, type_=orders.c.created_at.type).label("last"),
        )
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .join(skus, skus.c.id == order_lines.c.sku_id)
        .where(orders.c.member_id == member_id, orders.c.status != OrderStatus.CANCELLED.value)
        .group_by(skus.c.product_id)
        .having(func.count(orders.c.id.distinct()) > 1)
        .order_by(func.count(orders.c.id.distinct()).desc())
        .limit(5)
    ).all()
    return [(r.product_id, r.times, r.first, r.last) for r in rows]
