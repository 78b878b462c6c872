"""A dry run: what the rules would have done with events of the past. Nothing is sent, nothing is kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.domain.moment import Event
from assistant.surveys.rules import WAYS, Past, Reason, Rules, Way, decide

MOST_EVENTS = 200_000  # of one dry run: a few seconds
REACH_WORDS: dict[str, str] = {**WAYS, "quota": "微信窗口或条数已用完", "no_channel": "没有可用的渠道"}


@dataclass
class Rehearsed:
    """Events by reason, invitations by rule; who would have been invited, with the ways of the rule."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    invited: list[tuple[str, tuple[Way, ...]]] = field(default_factory=list)

    @property
    def bounded(self) -> bool:
        """Whether there may have been more events."""
        return self.reasons.total() >= MOST_EVENTS


def rehearse(rules: Rules, events: Iterable[tuple[Event, Past]]) -> Rehearsed:
    """Decide events in the order in which they happened, each with what is known of its member."""
    found = Rehearsed()
    invited: dict[str, dict[str, datetime]] = {}
    for event, known in events:
        mine = invited.setdefault(event.member_id, {})
        past = replace(known, last_invited=max(mine.values(), default=None), by_rule=mine)
        decision = decide(rules, event, past, event.at)
        found.reasons[decision.reason] += 1
        if decision.rule is not None and decision.due_at is not None:
            mine[decision.rule.id] = decision.due_at
            found.by_rule[decision.rule.id] += 1
            found.invited.append((event.member_id, decision.rule.channels))
    return found
