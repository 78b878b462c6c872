"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`moments` events and surveys, `accounts` the staff: who they are and what they did, `retail` the built-in demo store of a
retailer."""

from assistant.db.tables import accounts, moments, retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["accounts", "metadata", "moments", "retail", "service", "wechat"]
