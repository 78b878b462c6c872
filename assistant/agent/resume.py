"""Leaving a task and coming back to it: what was left open is asked again, what was set aside is taken up.

Called by `confirming`, `asking`, `context` and `understand` once the rest of a message is served.
"""

from dataclasses import replace

from assistant.agent.compose import asked_again, merge
from assistant.agent.exchange import Turn
from assistant.agent.kin import kin
from assistant.agent.outcomes import Outcomes
from assistant.domain.conversation import State, Task
from assistant.domain.message import Reply
from tools.all import TOOLS

MAX_PARKED = 3


def resume(outcomes: Outcomes, turn: Turn, reply: Reply) -> Reply:
    """After a task is through, come back to one that was left open."""
    state = turn.state
    if state.asking is not None or state.pending is not None or not state.parked:
        return reply
    *rest, task = state.parked
    if not task.slot:  # nothing was left to ask
        turn.state = replace(state, parked=tuple(rest))
        return merge([reply, outcomes.run(turn, task.tool, task.args)])
    turn.state = replace(state, asking=task, parked=tuple(rest))
    return merge([reply, asked_again(task, turn.english)])


def let_go(outcomes: Outcomes, turn: Turn) -> Reply:
    """A no: the change that waited and the question for it are gone."""
    turn.state = replace(turn.state, pending=None, asking=None)
    turn.did("deny", "control")
    return resume(outcomes, turn, outcomes.say(turn, "cancelled"))


def stop(outcomes: Outcomes, turn: Turn) -> Reply:
    """Enough of it: nothing is left open."""
    turn.did("stop", "control")
    turn.state = replace(turn.state, asking=None, parked=())
    return outcomes.say(turn, "stop")


def after_digression(outcomes: Outcomes, turn: Turn, reply: Reply, open_before: Task | None) -> Reply:
    """A question that was left open is asked again after a digression, once; a change still waits for its yes."""
    state = turn.state
    if open_before is not None and state.asking is open_before:
        if any(fact.tool == open_before.tool for fact in turn.served):  # what it was asked for is done
            turn.state = replace(state, asking=None)
            return reply
        if open_before.tries >= 1:  # asked again once already: it stays open, but we do not nag
            return reply
        task = replace(open_before, tries=open_before.tries + 1)
        turn.state = replace(state, asking=task)
        return merge([reply, asked_again(task, turn.english)])
    if open_before is not None and state.asking is not None and state.asking is not open_before:
        turn.state = parked(state, open_before)
        return reply
    if state.pending is not None and turn.conversation.state.pending is state.pending:
        if turn.corrects and _served_another(turn, state.pending.tool):  # that change was a misunderstanding
            turn.state = replace(state, pending=None)
            return reply
        again = outcomes.pending_again(turn)
        return merge([reply, again]) if again else reply
    return reply


def _served_another(turn: Turn, tool: str) -> bool:
    return any(entry["intent"] in TOOLS and entry["intent"] not in kin(tool) for entry in turn.trace.intents)


def parked(state: State, task: Task | None) -> State:
    """The state with a task set aside, to come back to; one of a kind, the newest few."""
    if task is None or any(t.tool == task.tool for t in state.parked):
        return state
    return replace(state, parked=(*state.parked, replace(task, tries=0))[-MAX_PARKED:])
