"""A turn in the making and what it leaves: the things that every part of answering a message shares.

Made by `turn`, passed through `context`, `understand` and `outcomes`, read by `journeys.shopper_message`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from assistant.agent import mentions
from assistant.agent.mentions import Mentions
from assistant.agent.playbook import Playbook, Rule
from assistant.agent.toolbelt import Served, ToolLog
from assistant.domain.conversation import Conversation, State
from assistant.domain.message import Reply
from tools.registry import ToolContext
from tools.types import Order

OnText = Callable[[str], None]


@dataclass
class TurnTrace:
    """How a reply came to be."""

    tier: str = "router"
    intents: list[dict[str, Any]] = field(default_factory=list)
    tools: ToolLog = field(default_factory=ToolLog)
    passages: list[dict[str, Any]] = field(default_factory=list)
    prompt_sha: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What a turn leaves. `state` replaces the conversation's; `trace` is kept."""

    reply: Reply
    state: State
    trace: TurnTrace
    served: tuple[Served, ...]
    changes: tuple[Callable[[Any], None], ...] = ()  # written in the same transaction, given its connection


@dataclass
class Turn:
    """A turn in the making. `text` is the message as it is read, `words` as it was written."""

    ctx: ToolContext
    conversation: Conversation
    playbook: Playbook
    text: str
    words: str
    mentions: Mentions
    english: bool
    key: str
    now: datetime
    on_text: OnText
    trace: TurnTrace = field(default_factory=TurnTrace)
    served: list[Served] = field(default_factory=list)
    state: State = field(default_factory=State)
    proposes: str = ""  # the tool that the reply offers to use
    corrects: bool = False  # says that we misunderstood; `text` is what it means instead
    lead: Reply | None = None  # said before the reply
    not_bound: str = ""  # the tool that wants a member, where none is bound
    recent: tuple[int, tuple[Order, ...]] | None = None  # the member's last orders, after how many tool calls

    @property
    def rules(self) -> list[str]:
        """Intents whose patterns fit the message; those of a context only where nothing is waited for."""
        return list(dict.fromkeys(rule.intent for rule in self._fitting()))

    @property
    def rules_in_context(self) -> bool:
        """True where what was spoken of makes the patterns fit."""
        return any(rule.after for rule in self._fitting())

    def _fitting(self) -> list[Rule]:
        waits = self.state.asking is not None or self.state.pending is not None
        return self.playbook.fitting(self.mentions.plain.lower(), "" if waits else self.state.last_tool)

    def named_in(self, part: str) -> Mentions:
        """What a part of the message names, in the light of the product spoken of."""
        focus = self.state.focus.product_id
        return mentions.find(part, self.ctx.catalog, self.now, focus, self.playbook.names)

    def reads_on(self, rest: str) -> None:
        """The rest of a message is read as a message of its own."""
        self.text = self.words = rest
        self.ctx = replace(self.ctx, text=rest)
        self.mentions = self.named_in(rest)

    def answered(self, reply: Reply) -> Answer:
        """What the turn leaves with this reply."""
        made = self.state.made if any(entry.get("by") == "confirmed" for entry in self.trace.intents) else ""
        state = replace(self.state, last_reply=reply.text, proposed=self.proposes, made=made)
        return Answer(reply, state, self.trace, tuple(self.served))

    def did(self, intent: str, by: str, **more: Any) -> None:
        """Note in the trace what was understood, and by what."""
        self.trace.intents.append({"intent": intent, "by": by, **more})

    def did_instead(self, tool: str, other: str) -> None:
        """Another tool serves the wish that was noted last."""
        for entry in self.trace.intents:
            if entry["intent"] == tool:
                entry |= {"intent": other, "instead_of": tool}
