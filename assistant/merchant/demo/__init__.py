"""The tool ports on the built-in demo store: a retailer's rules over the retail tables."""

from assistant.clock import Clock
from assistant.db.engine import Database
from assistant.merchant.demo.loyalty import DemoCoupons, DemoMembership, DemoPoints
from assistant.merchant.demo.orders import DemoOrders
from assistant.merchant.demo.shop import DemoAppointments, DemoInventory, DemoStores
from tools.ports import Merchant


def demo_merchant(database: Database, clock: Clock) -> Merchant:
    """All ports of the demo store."""
    return Merchant(
        membership=DemoMembership(database),
        points=DemoPoints(database, clock),
        coupons=DemoCoupons(database, clock),
        orders=DemoOrders(database, clock),
        inventory=DemoInventory(database, clock),
        stores=DemoStores(database),
        appointments=DemoAppointments(database, clock),
    )
