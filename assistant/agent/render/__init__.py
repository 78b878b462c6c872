"""Facts → reply. Every number, date and name in a reply comes from here, from a tool's result.

`render(result, english)` finds the template of the result's type. A result without a template is a bug and raises.
"""

from collections.abc import Callable
from typing import Any

from assistant.agent.render import care, loyalty, orders, shop
from assistant.domain.message import Reply

_TEMPLATES: dict[type, Callable[[Any, bool], Reply]] = {
    **loyalty.TEMPLATES,
    **orders.TEMPLATES,
    **shop.TEMPLATES,
    **care.TEMPLATES,
}


def render(result: object, english: bool) -> Reply:
    """The reply that states a tool's result."""
    return _TEMPLATES[type(result)](result, english)


def knows(result: object) -> bool:
    """True where a template fits."""
    return type(result) in _TEMPLATES
