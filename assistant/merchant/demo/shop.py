"""Range, stock, stores and advisers of the demo store."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from assistant.clock import SHANGHAI, Clock, local
from assistant.db import effects
from assistant.db.engine import Connection, Database
from assistant.db.retail import shop
from assistant.merchant.demo.loyalty import code_of
from tools.errors import ToolRefused, UnknownThing
from tools.types import Appointment, AppointmentStatus, Product, Reservation, Store, StoreStock

KEEP = timedelta(hours=48)
_FIRST_HOUR, _LAST_HOUR = 11, 20  # advisers start on the hour between these


class DemoInventory:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def products(self) -> Sequence[Product]:
        with self._db.read() as connection:
            return shop.all_products(connection)

    def stock(self, product_id: str, colour: str | None, size: str | None) -> Sequence[StoreStock]:
        with self._db.read() as connection:
            return shop.stock_of(connection, product_id, colour, size)

    def reserve(
        self, member_id: str, product_id: str, colour: str, size: str, store_id: str, quantity: int, key: str
    ) -> Reservation:
        now = self._clock.now()
        with self._db.write() as connection:
            if done := effects.done_before(connection, key, Reservation):
                return done
            sku = shop.sku_of(connection, product_id, colour, size)
            store = next((s for s in shop.all_stores(connection) if s.store_id == store_id), None)
            product = next((p for p in shop.all_products(connection) if p.product_id == product_id), None)
            if sku is None or product is None:
                raise UnknownThing("size", "这款商品没有这个颜色或尺码。")
            if store is None:
                raise UnknownThing("store", "没有找到这家门店。")
            if not shop.take_pieces(connection, sku, store_id, quantity):
                raise ToolRefused("out_of_stock", f"{store.name}的货刚刚不够了，要不要看看附近其他门店？")
            reservation_id = f"Y{code_of(key)[:8]}"
            shop.add_reservation(connection, reservation_id, member_id, store_id, sku, quantity, now + KEEP)
            result = Reservation(reservation_id, store_id, store.name, product.name, colour, size, now + KEEP, quantity)
            effects.remember(connection, key, result, now)
        return result


class DemoStores:
    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> Sequence[Store]:
        with self._db.read() as connection:
            return shop.all_stores(connection)


class DemoAppointments:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def mine(self, member_id: str) -> Sequence[Appointment]:
        with self._db.read() as connection:
            return shop.appointments_of(connection, member_id, self._clock.now())

    def free(self, store_id: str, day: date) -> Sequence[datetime]:
        with self._db.read() as connection:
            return self._free(connection, store_id, day)

    def _free(self, connection: Connection, store_id: str, day: date) -> list[datetime]:
        staff = set(shop.advisers(connection, store_id))
        if not staff:
            raise ToolRefused("no_adviser", "这家门店暂时没有穿搭顾问。")
        start = datetime.combine(day, time(_FIRST_HOUR), SHANGHAI).astimezone(UTC)
        hours = [start + timedelta(hours=h) for h in _hours()]
        busy = shop.taken(connection, store_id, hours[0], hours[-1] + timedelta(hours=1))
        return [
            h
            for h in hours
            if h > self._clock.now() + timedelta(minutes=30) and staff - {a for at, a in busy if at == h}
        ]

    def _adviser(self, connection: Connection, store_id: str, starts_at: datetime) -> str:
        if starts_at not in self._free(connection, store_id, local(starts_at).date()):
            raise ToolRefused("slot_taken", "这个时间已经约满或不在预约时段（11:00–20:00整点），换个时间好吗？")
        busy = {a for at, a in shop.taken(connection, store_id, starts_at, starts_at + timedelta(hours=1))}
        return next(a for a in shop.advisers(connection, store_id) if a not in busy)

    def book(self, member_id: str, store_id: str, starts_at: datetime, topic: str, key: str) -> Appointment:
        with self._db.write() as connection:
            shop.lock_store(connection, store_id)
            if done := effects.done_before(connection, key, Appointment):
                return done
            adviser = self._adviser(connection, store_id, starts_at)
            appointment_id = f"A{code_of(key)[:6]}"
            shop.add_appointment(
                connection, appointment_id, member_id, store_id, adviser, starts_at, topic or "日常穿搭"
            )
            return self._remember(connection, member_id, appointment_id, key)

    def move(self, member_id: str, appointment_id: str, starts_at: datetime, key: str) -> Appointment:
        with self._db.write() as connection:
            old = self._mine(connection, member_id, appointment_id)
            shop.lock_store(connection, old.store_id)
            if done := effects.done_before(connection, key, Appointment):
                return done
            adviser = self._adviser(connection, old.store_id, starts_at)
            shop.change_appointment(
                connection,
                appointment_id,
                starts_at=starts_at,
                adviser=adviser,
                status=AppointmentStatus.BOOKED,
            )
            return self._remember(connection, member_id, appointment_id, key)

    def cancel(self, member_id: str, appointment_id: str, key: str) -> Appointment:
        with self._db.write() as connection:
            old = self._mine(connection, member_id, appointment_id)
            shop.change_appointment(
                connection, appointment_id, starts_at=old.starts_at, adviser=old.adviser,
                status=AppointmentStatus.CANCELLED,
            )  # fmt: skip
            return self._remember(connection, member_id, appointment_id, key)

    def _mine(self, connection: Connection, member_id: str, appointment_id: str) -> Appointment:
        found = shop.appointment(connection, member_id, appointment_id)
        if found is None:
            raise UnknownThing("appointment", "没有找到这个预约。")
        return found

    def _remember(self, connection: Connection, member_id: str, appointment_id: str, key: str) -> Appointment:
        result = self._mine(connection, member_id, appointment_id)
        effects.remember(connection, key, result, self._clock.now())
        return result


def _hours() -> list[int]:
    return list(range(_LAST_HOUR - _FIRST_HOUR + 1))
