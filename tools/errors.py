"""What a tool may answer instead of a result. Part of the contract with a retailer's systems.

ToolError
├── ToolRefused      understood and refused by a rule ("超过退货期限"): told to the shopper as it stands
├── NeedLogin        the tool speaks of a member, and this shopper is not bound to one
├── NeedSlot         an argument is missing; `question` asks for it
├── NeedChoice       an argument fits several things; `options` are offered
├── UnknownThing     an argument fits nothing; `suggestions` may be offered
└── BackendDown      the retailer's system is down, slow or answers nonsense: apologise, keep the wish, log the cause
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One thing to choose: `value` is what the slot becomes, `label` what the shopper reads."""

    value: str
    label: str


class ToolError(Exception):
    """Root of what a tool may answer instead of a result."""


class ToolRefused(ToolError):
    """Refused by a rule. `code` is stable for machines, `public` is read by the shopper and may end in the offer to use
    the tool `proposes` instead."""

    def __init__(self, code: str, public: str, proposes: str = "") -> None:
        super().__init__(public)
        self.code = code
        self.public = public
        self.proposes = proposes


class NeedLogin(ToolError):
    """The shopper is not bound to a member."""


class NeedSlot(ToolError):
    """The argument `slot` is missing."""

    def __init__(self, slot: str, question: str, options: tuple[Option, ...] = ()) -> None:
        super().__init__(f"{slot} is missing")
        self.slot = slot
        self.question = question
        self.options = options


class NeedChoice(NeedSlot):
    """The argument `slot` fits several things; one of `options` is meant."""


class UnknownThing(ToolError):
    """The argument `slot` fits nothing that we know."""

    def __init__(self, slot: str, public: str, suggestions: tuple[Option, ...] = ()) -> None:
        super().__init__(f"{slot} fits nothing")
        self.slot = slot
        self.public = public
        self.suggestions = suggestions


class BackendDown(ToolError):
    """The retailer's system cannot answer. The text is the cause, for the log."""
