"""The tables: `service` is what the assistant itself keeps, `retail` is the built-in demo store of a retailer."""

from assistant.db.tables.base import metadata
from assistant.db.tables import retail, service  # noqa: I001 (the tables register themselves)

__all__ = ["metadata", "retail", "service"]
