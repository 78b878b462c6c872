"""What the assistant did in a turn, and whether that is what the label asks for and whether its facts are founded.

Enters: a `Served` of the journey. Leaves: `Seen` and `Verdict`. Called by `eval.shopper`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from assistant.agent import guard, render, written
from assistant.agent.outcomes import resolved_ids
from assistant.agent.render import words
from assistant.agent.toolbelt import Asked, Planned, Refused, ToolLog, call
from assistant.clock import local
from assistant.domain.conversation import State
from assistant.domain.message import Reply
from assistant.journeys.shopper_message import Served
from eval.shopper_args import Slots, same, settled
from eval.shopper_data import Turn
from tools.all import TOOLS
from tools.registry import ToolContext
from tools.types import KnowledgeAnswer, PassageFact

_DIGIT = re.compile(r"\d")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)
_EXECUTED = ("handoff", "privacy_export")  # reading tools that leave something behind: not called again for evidence


@dataclass(frozen=True)
class Seen:
    """What was done: actions, slots by tool, the tier that understood, milliseconds, the first fact without ground.

    `passage`: source and FAQ question of the passage that was said, None where none was; `sure`: said as the answer.
    `made`: the change that a yes made; `asking`: the tool that had asked something before, with nothing to say yes to.
    """

    actions: tuple[str, ...]
    slots: dict[str, Slots]
    tier: str
    ms: float
    reply: str
    unfounded: str = ""
    passage: tuple[str, str] | None = None
    sure: bool = True
    made: str = ""
    asking: str = ""


@dataclass(frozen=True)
class Verdict:
    """`args` is None where no labelled slot applies."""

    action: bool
    args: bool | None


def judge(turn: Turn, seen: Seen, *, done: bool = False) -> Verdict:
    """Compare with the label. `done`: the turn before made the change already, rightly, so that one more yes to it is
    met by a polite word."""
    if done and turn.wanted == ("confirmed",) and seen.actions == ("thanks",):
        return Verdict(action=True, args=None)
    return _compared(turn, seen)


def _compared(turn: Turn, seen: Seen) -> Verdict:
    """A label tells what the shopper wants, written before there was an assistant to talk to. Where its conversation
    came further than the writer thought, or less far, the same want is met by another act:
    the change itself was what waited for its yes; what was to be agreed to still had something to ask; whoever asks
    for a person has one already."""
    done = set(seen.actions)
    if seen.made in turn.wanted and "confirmed" in done and "confirmed" not in turn.wanted:
        done = done - {"confirmed"} | {seen.made}
    if seen.asking in done and "confirmed" in turn.wanted and seen.asking not in turn.wanted:
        done = done - {seen.asking} | {"confirmed"}
    if done == {"held_by_person"} and "handoff" in turn.wanted:
        done = {"handoff"}
    right = done == set(turn.wanted) if turn.every else bool(done) and done <= set(turn.wanted)
    if not turn.args:
        return Verdict(right, None)
    judged = [_slots_right(turn, tool, seen.slots.get(tool, {})) for tool in turn.wanted if tool in done]
    verdicts = [v for v in judged if v is not None]
    if right and not verdicts:
        return Verdict(right, None)  # an action that is right too and has none of these slots
    return Verdict(right, right and all(verdicts))


def _slots_right(turn: Turn, tool: str, got: Slots) -> bool | None:
    if tool not in TOOLS:
        return None
    wanted = {slot: values for slot, values in turn.args.items() if slot in TOOLS[tool].slots}
    if not wanted:
        return None
    return all(any(same(slot, value, got.get(slot)) for value in values) for slot, values in wanted.items())


def observe(ctx: ToolContext, before: State, served: Served, authored: str) -> Seen:
    """Read a turn from its trace. `authored` are the operator's texts, which need no other ground."""
    trace, answer = served.trace, served.answer
    actions = _actions(trace, ctx.text)
    slots: dict[str, Slots] = {}
    state = answer.state if answer else before
    made = next((e["intent"] for e in trace["intents"] if e.get("by") == "confirmed"), "")
    for name in (*actions, made):
        if name in TOOLS:
            slots[name] = settled(ctx, name, _raw_slots(name, served, state))
    reply = served.reply
    said = _without(template_phrases(), _NUMBERED.sub("", _spoken(reply)))
    evidence = "\n".join([authored, ctx.text, *_remembered(before), *_evidence(ctx, served)])
    wrong = guard.unfounded(said, evidence)
    best = _passage(served)
    passage, sure = ((best.source, best.question), best.sure) if best else (None, True)
    asking = before.asking.tool if before.asking is not None and before.pending is None else ""
    return Seen(actions, slots, trace["tier"], trace["ms"], reply.text, wrong, passage, sure, made, asking)


def _passage(served: Served) -> PassageFact | None:
    for fact in served.answer.served if served.answer else ():
        if isinstance(fact.result, KnowledgeAnswer) and fact.result.passages:
            return fact.result.passages[0]
    return None


def _actions(trace: dict[str, Any], text: str) -> tuple[str, ...]:
    names = []
    for entry in trace["intents"]:
        by, name = entry.get("by", ""), entry["intent"]
        names.append("confirmed" if by == "confirmed" else "denied" if name == "deny" else name)
    if names:
        return tuple(dict.fromkeys(names))
    if not written.has_words(written.clean(text)):
        return ("unreadable",)
    return ("held_by_person",) if "held_by_person" in trace["notes"] else ("unknown",)


def _raw_slots(tool: str, served: Served, state: State) -> Slots:
    raw: Slots = {}
    for entry in served.trace["tools"]:
        if entry["tool"] == tool:
            raw |= entry["args"]
    for fact in served.answer.served if served.answer else ():
        if fact.tool == tool:
            raw |= resolved_ids(fact.result)
    if state.pending is not None and state.pending.tool == tool:
        raw |= state.pending.args
    return raw


def _spoken(reply: Reply) -> str:
    """Everything of a reply that a shopper reads."""
    cards = [t for c in reply.cards for t in (c.title, c.subtitle, c.badge, *(f"{k} {v}" for k, v in c.rows))]
    rows = [f"{k} {v}" for k, v in reply.confirm.rows] if reply.confirm else []
    return "\n".join([reply.text, *cards, *rows])


# -- the ground of facts ---------------------------------------------------------------------------------------------


def _remembered(before: State) -> Iterator[str]:
    """What tools said in earlier turns and that may be said again: the last reply, questions that were left open."""
    yield before.last_reply
    for task in (before.asking, *before.parked):
        if task is not None:
            yield "\n".join([task.question, *(offer.label for offer in task.offers)])


def _evidence(ctx: ToolContext, served: Served) -> Iterator[str]:
    """What the tools said in this turn: results, plans, questions, refusals."""
    for fact in served.answer.served if served.answer else ():
        yield from facts(fact.result)
    for entry in served.trace["tools"]:
        if entry["outcome"] in ("planned", "asked", "refused") and entry["tool"] not in _EXECUTED:
            again = call(ctx, entry["tool"], entry["args"], ToolLog())
            if isinstance(again, Planned):
                yield from (f"{k} {v}" for k, v in (("", again.plan.title), *again.plan.rows))
            elif isinstance(again, Asked):
                yield "\n".join([again.question, *(o.label for o in again.options)])
            elif isinstance(again, Refused):
                yield again.text


def facts(value: object, name: str = "") -> Iterator[str]:
    """Every value inside a tool's result in the forms in which people read it: cents as yuan, moments local."""
    if is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            yield from facts(getattr(value, f.name), f.name)
    elif isinstance(value, tuple | list):
        yield str(len(value))
        for item in value:
            yield from facts(item, name)
    elif isinstance(value, datetime):
        here = local(value)
        yield f"{words.moment(value)} {words.day(value)} {here:%Y-%m-%d %H:%M}"
    elif isinstance(value, date):
        yield f"{value.year}年{value.month}月{value.day}日 {value.isoformat()}"
    elif isinstance(value, timedelta):
        yield f"{value.total_seconds() / 60:.0f}"
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int) and name.endswith("_cents"):
        yield f"{value / 100:.2f} {value / 100:,.2f} {value // 100} {value // 100:,}"
    elif isinstance(value, int | float):
        yield f"{value} {value:,} {value:.1f}"
    else:
        yield str(value)


@cache
def template_phrases() -> tuple[str, ...]:
    """Fixed words with a number in the templates of replies ("近12个月消费"), longest first.

    Each excuses only itself, word for word, not its number elsewhere.
    """
    phrases: set[str] = set()
    for path in Path(render.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                phrases.add(node.value)
    telling = [p for p in phrases if _DIGIT.search(p) and _CHINESE.search(p)]
    return tuple(sorted(telling, key=len, reverse=True))


def _without(phrases: tuple[str, ...], text: str) -> str:
    for phrase in phrases:
        text = text.replace(phrase, " ")
    return text


def authored_texts(playbook: Path) -> str:
    """The operator's own sentences: the replies of the playbook."""
    return (playbook / "replies.yaml").read_text(encoding="utf-8")
