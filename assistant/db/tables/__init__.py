"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`retail` the built-in demo store of a retailer."""

from assistant.db.tables import retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["metadata", "retail", "service", "wechat"]
