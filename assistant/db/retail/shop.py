"""Products, stock, stores, reservations, advisers' calendars."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from assistant.db.tables.retail import appointments, products, reservations, skus, stock, stores
from tools.types import Appointment, AppointmentStatus, Product, Store, StoreHours, StoreStock


def all_products(connection: Connection) -> Sequence[Product]:
    return [
        Product(
            r.id, r.name, r.brand, r.category, r.price_cents, tuple(r.colours), tuple(r.sizes), tuple(r.aliases),
            r.blurb,
        )
        for r in connection.execute(select(products).order_by(products.c.id)).all()
    ]  # fmt: skip


def all_stores(connection: Connection) -> Sequence[Store]:
    return [
        Store(
            store_id=r.id, name=r.name, short=r.short, aliases=tuple(r.aliases), region=r.region, city=r.city,
            district=r.district, address=r.address, phone=r.phone, lat=r.lat, lng=r.lng,
            hours=tuple(StoreHours(*h) for h in r.hours), floors=tuple((f[0], f[1]) for f in r.floors),
            facilities=tuple((f[0], f[1]) for f in r.facilities), parking=r.parking, adviser=bool(r.advisers),
        )
        for r in connection.execute(select(stores).order_by(stores.c.id)).all()
    ]  # fmt: skip


def advisers(connection: Connection, store_id: str) -> list[str]:
    return list(connection.execute(select(stores.c.advisers).where(stores.c.id == store_id)).scalar_one_or_none() or [])


def stock_of(connection: Connection, product_id: str, colour: str | None, size: str | None) -> Sequence[StoreStock]:
    query = (
        select(stock, skus.c.colour, skus.c.size, stores.c.name, stores.c.city)
        .join(skus, skus.c.id == stock.c.sku_id)
        .join(stores, stores.c.id == stock.c.store_id)
        .where(skus.c.product_id == product_id, stock.c.quantity > 0)
    )
    if colour:
        query = query.where(skus.c.colour == colour)
    if size:
        query = query.where(skus.c.size == size)
    return [
        StoreStock(r.store_id, r.name, r.city, r.sku_id, r.colour, r.size, r.quantity)
        for r in connection.execute(query.order_by(stock.c.store_id, stock.c.sku_id)).all()
    ]


def sku_of(connection: Connection, product_id: str, colour: str, size: str) -> str | None:
    return connection.execute(
        select(skus.c.id).where(skus.c.product_id == product_id, skus.c.colour == colour, skus.c.size == size)
    ).scalar_one_or_none()


def take_pieces(connection: Connection, sku_id: str, store_id: str, quantity: int) -> bool:
    """Take so many pieces out of stock, all or none; False where fewer are left."""
    done = connection.execute(
        update(stock)
        .where(stock.c.sku_id == sku_id, stock.c.store_id == store_id, stock.c.quantity >= quantity)
        .values(quantity=stock.c.quantity - quantity)
    )
    return done.rowcount == 1


def add_reservation(
    connection: Connection,
    reservation_id: str,
    member_id: str,
    store_id: str,
    sku_id: str,
    quantity: int,
    until: datetime,
) -> None:
    connection.execute(
        insert(reservations).values(
            id=reservation_id,
            member_id=member_id,
            store_id=store_id,
            sku_id=sku_id,
            quantity=quantity,
            keep_until=until,
            status="已预留",
        )
    )


def _appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        row.id, row.store_id, row.store, row.adviser, row.starts_at, row.topic, AppointmentStatus(row.status)
    )


def appointments_of(connection: Connection, member_id: str, after: datetime) -> Sequence[Appointment]:
    """Booked appointments that are still to come, soonest first."""
    rows = connection.execute(
        select(appointments, stores.c.name.label("store"))
        .join(stores, stores.c.id == appointments.c.store_id)
        .where(
            appointments.c.member_id == member_id,
            appointments.c.starts_at > after,
            appointments.c.status == AppointmentStatus.BOOKED.value,
        )
        .order_by(appointments.c.starts_at)
    ).all()
    return [_appointment(row) for row in rows]


def appointment(connection: Connection, member_id: str, appointment_id: str) -> Appointment | None:
    row = connection.execute(
        select(appointments, stores.c.name.label("store"))
        .join(stores, stores.c.id == appointments.c.store_id)
        .where(appointments.c.id == appointment_id, appointments.c.member_id == member_id)
    ).first()
    return _appointment(row) if row else None


def taken(connection: Connection, store_id: str, start: datetime, end: datetime) -> Sequence[tuple[datetime, str]]:
    """(start, adviser) of what is booked in a store between two moments."""
    rows = connection.execute(
        select(appointments.c.starts_at, appointments.c.adviser).where(
            appointments.c.store_id == store_id,
            appointments.c.starts_at >= start,
            appointments.c.starts_at < end,
            appointments.c.status == AppointmentStatus.BOOKED.value,
        )
    ).all()
    return [(row.starts_at, row.adviser) for row in rows]


def lock_store(connection: Connection, store_id: str) -> None:
    """Serialise bookings of one store until the transaction ends."""
    connection.execute(select(stores.c.id).where(stores.c.id == store_id).with_for_update())


def add_appointment(
    connection: Connection, appointment_id: str, member_id: str, store_id: str, adviser: str, starts_at: datetime,
    topic: str,
) -> None:  # fmt: skip
    connection.execute(
        insert(appointments).values(
            id=appointment_id,
            member_id=member_id,
            store_id=store_id,
            adviser=adviser,
            starts_at=starts_at,
            topic=topic[:60],
            status=AppointmentStatus.BOOKED.value,
        )
    )


def change_appointment(
    connection: Connection,
    appointment_id: str,
    *,
    starts_at: datetime,
    adviser: str,
    status: AppointmentStatus,
) -> None:
    connection.execute(
        update(appointments)
        .where(appointments.c.id == appointment_id)
        .values(starts_at=starts_at, adviser=adviser, status=status.value)
    )
