"""Carrying out a change that was agreed to.

Called by `confirming` and `amending`; letting go of one is in `resume`.
"""

from dataclasses import replace

from assistant.agent.exchange import Turn
from assistant.agent.outcomes import Outcomes
from assistant.agent.resume import resume
from assistant.agent.toolbelt import Served, execute
from assistant.domain.conversation import Pending
from assistant.domain.message import Reply


def confirmed(outcomes: Outcomes, turn: Turn, pending: Pending) -> Reply:
    """A yes: the change is carried out, unless it has waited too long, and what was left open before it is taken up."""
    return resume(outcomes, turn, made(outcomes, turn, pending))


def made(outcomes: Outcomes, turn: Turn, pending: Pending) -> Reply:
    """The change carried out, with what is stated of it; one that has waited too long is not."""
    store = turn.mentions.slots.get("store", "")
    if pending.tool == "ticket_file" and not pending.args.get("store") and store in turn.ctx.catalog.stores:
        pending = replace(pending, args={**pending.args, "store": store})  # "是福田店买的 登吧"
    parked = tuple(task for task in turn.state.parked if task.tool != pending.tool or not task.slot)  # it is done with
    asking = turn.state.asking if turn.state.asking and turn.state.asking.tool != pending.tool else None
    turn.state = replace(turn.state, pending=None, asking=asking, parked=parked)
    if pending.expires_at < turn.now:
        turn.did(pending.tool, "expired")
        return outcomes.say(turn, "expired")
    turn.did(pending.tool, "confirmed")
    outcome = execute(turn.ctx, pending.tool, pending.args, pending.key, turn.trace.tools)
    if isinstance(outcome, Served):
        turn.state = replace(turn.state, made=pending.tool)
    return outcomes.state(turn, outcome)
