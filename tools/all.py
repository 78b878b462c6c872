"""All tools by name."""

from tools import (
    appointments,
    coupons,
    handoff,
    inventory,
    knowledge,
    membership,
    orders,
    points,
    privacy,
    stores,
    tickets,
)
from tools.registry import Tool

_FAMILIES = (
    membership, points, coupons, orders, inventory, stores, appointments, tickets, privacy, knowledge, handoff,
)  # fmt: skip

TOOLS: dict[str, Tool] = {tool.name: tool for module in _FAMILIES for tool in module.family.tools}
