"""Which leaves a text speaks of, how, and where: rules and heads put together.

Enters: units (stretches of a few clauses), what the rules read in them, the heads' probabilities where there are any.
Leaves: one `AspectTag` a leaf, with a span. Called by the tagger.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.feedback.labels import SENTIMENTS, AspectTag, Sentiment, Tier
from assistant.feedback.linear import Floats
from assistant.feedback.rules import Found, Reading
from assistant.feedback.taxonomy import Leaf, Tree

WHOLE = 60  # characters: a text this short is one unit
UNIT = 36
SUPPORTED = 0.7  # of the threshold, where the rules found the leaf too
OWN, OWN_MIXED = 0.55, 0.9  # how much what is said of a leaf itself counts beside the feeling of its unit
PLAIN = 0.4  # a value of the rules beyond this points somewhere


@dataclass(frozen=True)
class Unit:
    """A stretch of the readable text."""

    start: int
    end: int
    text: str
    readings: list[Reading]


def units_of(plain: str, readings: list[Reading]) -> list[Unit]:
    """Whole where short, else a few clauses at a time."""
    if len(plain) <= WHOLE or len(readings) < 3:
        return [Unit(0, len(plain), plain, readings)]
    found: list[Unit] = []
    group: list[Reading] = []
    for reading in readings:
        if group and reading.clause.end - group[0].clause.start > UNIT:
            found.append(_unit(plain, group))
            group = []
        group.append(reading)
    if group:
        found.append(_unit(plain, group))
    return found


def _unit(plain: str, group: list[Reading]) -> Unit:
    start, end = group[0].clause.start, group[-1].clause.end
    return Unit(start, end, plain[start:end], group)


def aspects_of(
    text: str, units: Sequence[Unit], tree: Tree, odds: Floats | None, found: Floats | None,
    leaves: Sequence[str], threshold: float,
) -> list[AspectTag]:  # fmt: skip
    """Each leaf once, where it is said most plainly. `odds`: (units, 3) neg, neu, pos; `found`: (units, leaves)."""
    best: dict[str, tuple[float, AspectTag]] = {}
    groups = tree.group_of()
    by_id = {leaf.id: leaf for leaf in tree.leaves}
    for number, unit in enumerate(units):
        by_rules = _by_rules(unit)
        feeling = None if odds is None else odds[number]
        sure: dict[str, float] = {}
        if found is not None:
            sure = {leaf: float(found[number, n]) for n, leaf in enumerate(leaves)}
        named = {
            leaf
            for leaf, p in sure.items()
            if leaf in by_id and p >= threshold * (SUPPORTED if leaf in by_rules else 1)
        }
        named |= by_rules.keys() - sure.keys()  # of leaves that the heads never learnt the rules alone decide
        for key in named:
            tag = _tag(text, unit, by_id[key], groups[key], by_rules.get(key), feeling, sure.get(key))
            rank = tag.confidence + (0.05 if tag.sentiment == "neg" else 0)
            if key not in best or rank > best[key][0]:
                best[key] = (rank, tag)
    return sorted((tag for _, tag in best.values()), key=lambda tag: (tag.start, tag.leaf))


@dataclass(frozen=True)
class _Said:
    value: float
    start: int
    end: int
    strong: bool


def _by_rules(unit: Unit) -> dict[str, _Said]:
    said: dict[str, _Said] = {}
    for number, reading in enumerate(unit.readings):
        after = unit.readings[number + 1] if number + 1 < len(unit.readings) else None
        for one in reading.found:
            new = _value(one, reading, after)
            old = said.get(one.leaf.id)
            if old is None or abs(new.value) > abs(old.value):
                said[one.leaf.id] = new
    return said


def _value(found: Found, reading: Reading, after: Reading | None) -> _Said:
    """Which way a leaf points, and where: its own words, its clause, or the next clause that names no leaf."""
    start, end = reading.clause.start, reading.clause.end
    if found.value:
        value = found.value * (0.1 if reading.unreal and found.value > 0 else 1.0)
        return _Said(value, start, end, found.strong)
    if reading.value:
        return _Said(reading.value, start, end, found.strong)
    if after is not None and not after.found and after.value and after.clause.start - end <= 2:
        return _Said(after.value, start, after.clause.end, found.strong)
    return _Said(0.0, start, end, found.strong)


def _tag(
    text: str, unit: Unit, leaf: Leaf, group: str, said: _Said | None, odds: Floats | None, sure: float | None
) -> AspectTag:
    start, end = (said.start, said.end) if said else _trimmed(text, unit)
    value = said.value if said else 0.0
    tier: Tier = "rules" if odds is None else "linear"
    sentiment: Sentiment = "pos" if value > PLAIN else "neg" if value < -PLAIN else "neu"
    polarity = 0.55 + 0.05 * min(abs(value), 4)
    if odds is not None:
        lean = math.tanh(value / 2)
        share = OWN_MIXED if _both(unit) else OWN  # of a text that is torn, its feeling says little of either side
        mixed = [float(odds[0]) - share * lean, float(odds[1]) - 0.15 * abs(lean), float(odds[2]) + share * lean]
        sentiment = SENTIMENTS[mixed.index(max(mixed))]
        polarity = min(0.97, max(mixed))
    if sure is None:
        sure = 0.45 if sentiment == "neu" else min(0.95, 0.6 + 0.08 * abs(value))
    return AspectTag(
        leaf.id, leaf.name, group, sentiment, text[start:end], start, (sure + max(polarity, 0.3)) / 2, tier
    )


def _both(unit: Unit) -> bool:
    values = [r.value for r in unit.readings]
    return max(values, default=0.0) > PLAIN and min(values, default=0.0) < -PLAIN


def _trimmed(text: str, unit: Unit) -> tuple[int, int]:
    start, end = unit.start, unit.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
