"""The tables: `service` is what the assistant itself keeps, `wechat` its knowledge of WeChat's users and quotas,
`retail` the built-in demo store of a retailer, `feedback` what was understood of what shoppers said."""

from assistant.db.tables import feedback, retail, service, wechat
from assistant.db.tables.base import metadata

__all__ = ["feedback", "metadata", "retail", "service", "wechat"]
