"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`moments` events and surveys, `accounts` the staff: who they are and what they did, `feedback`
what was understood of what shoppers said, `retail` the built-in demo store of a
retailer."""

from assistant.db.tables import accounts, feedback, moments, retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["accounts", "feedback", "metadata", "moments", "retail", "service", "wechat"]
