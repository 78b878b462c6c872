"""The tables: `service` is what the assistant itself keeps, `retail` is the built-in demo store of a retailer."""

from assistant.db.tables import retail, service
from assistant.db.tables.base import metadata

__all__ = ["metadata", "retail", "service"]
