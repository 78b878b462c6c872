"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`retail` the built-in demo store of a retailer, `accounts` the staff: who they are and what they did."""

from assistant.db.tables import accounts, retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["accounts", "metadata", "retail", "service", "wechat"]
