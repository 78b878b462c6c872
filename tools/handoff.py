"""Handing over to a person."""

from tools.registry import Args, Family, ToolContext
from tools.types import HandedOff

family = Family()


class HandoffArgs(Args):
    reason: str | None = None


@family.read(HandoffArgs)
def handoff(ctx: ToolContext, args: HandoffArgs) -> HandedOff:
    """转人工客服。例：转人工；我要跟真人说；叫你们客服来"""
    return HandedOff(ctx.ports.handoff.request(ctx.conversation_id, args.reason or ctx.text))
