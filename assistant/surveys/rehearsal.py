"""A dry run: what the rules would have done with events of the past. Nothing is sent, nothing is kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from assistant.domain.moment import Event
from assistant.surveys.rules import Past, Reason, Rules, decide


@dataclass
class Rehearsed:
    """Events by reason, invitations by rule."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)


def rehearse(rules: Rules, events: Iterable[tuple[Event, str | None]]) -> Rehearsed:
    """Decide events (each with its member's tier, None for nobody's) in the order in which they happened."""
    found = Rehearsed()
    invited: dict[str, dict[str, datetime]] = {}
    for event, tier in events:
        mine = invited.setdefault(event.member_id, {})
        decision = decide(rules, event, Past(tier, True, max(mine.values(), default=None), mine), event.at)
        found.reasons[decision.reason] += 1
        if decision.rule is not None and decision.due_at is not None:
            mine[decision.rule.id] = decision.due_at
            found.by_rule[decision.rule.id] += 1
    return found
