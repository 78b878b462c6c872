"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`moments` events and surveys, `retail` the built-in demo store of a retailer."""

from assistant.db.tables import moments, retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["metadata", "moments", "retail", "service", "wechat"]
