"""What is complained of again and again: complaints counted by what they speak of, by store and for the group.

Enters: `Complaint`s of two windows, one after the other. Leaves: `Recurring`s. Pure; called by the refresh of problems.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from assistant.clock import local
from assistant.feedback.taxonomy import Leaf

WINDOW_DAYS = 30
GROUP = ""  # stands for all stores together
LEAST, LEAST_GROUP = 3, 5  # complaints in the window, on two days at least; of the group from two stores at least
MOST_WORDS = 8


@dataclass(frozen=True)
class Complaint:
    """Somebody spoke ill of `about` (a leaf, or `topic:ID`). `words`: what exactly they said of it."""

    about: str
    store_id: str | None
    at: datetime
    words: str = ""


@dataclass(frozen=True)
class Recurring:
    """`days`: complaints a local day, oldest first; `earlier`: of the window before."""

    about: str
    store_id: str
    count: int
    earlier: int
    days: tuple[int, ...]
    words: tuple[str, ...]
    first: datetime
    last: datetime


@dataclass
class _Heap:
    days: Counter[date] = field(default_factory=Counter)
    earlier: int = 0
    stores: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


def recurring(complaints: Iterable[Complaint], leaves: Sequence[Leaf], now: datetime) -> list[Recurring]:
    """What recurs, most first. Complaints of any order; what is older than two windows is left out."""
    known = {leaf.id: words_of(leaf) for leaf in leaves}
    today = local(now).date()
    since, before = today - timedelta(days=WINDOW_DAYS - 1), today - timedelta(days=2 * WINDOW_DAYS - 1)
    heaps: dict[tuple[str, str], _Heap] = {}
    for one in complaints:
        day = local(one.at).date()
        if not before <= day <= today:
            continue
        said = spoken(one.words, known.get(one.about, frozenset())) if day >= since else ()
        for place in {one.store_id or GROUP, GROUP}:
            _add(heaps.setdefault((one.about, place), _Heap()), one, day, since, said)
    found = [
        Recurring(
            about, place, heap.days.total(), heap.earlier,
            tuple(heap.days[since + timedelta(days=n)] for n in range(WINDOW_DAYS)),
            tuple(word for word, _ in heap.words.most_common(MOST_WORDS)), heap.first, heap.last,
        )
        for (about, place), heap in heaps.items()
        if heap.first and heap.last and _often(place, heap)
    ]  # fmt: skip
    return sorted(found, key=lambda r: (-r.count, r.about, r.store_id))


def _add(heap: _Heap, one: Complaint, day: date, since: date, said: Iterable[str]) -> None:
    heap.first = min(heap.first or one.at, one.at)
    if day < since:
        heap.earlier += 1
        return
    heap.days[day] += 1
    heap.words.update(said)
    if one.store_id:
        heap.stores.add(one.store_id)
    heap.last = max(heap.last or one.at, one.at)


def _often(place: str, heap: _Heap) -> bool:
    if len(heap.days) < 2:
        return False
    if place == GROUP:
        return heap.days.total() >= LEAST_GROUP and len(heap.stores) >= 2
    return heap.days.total() >= LEAST


def words_of(leaf: Leaf) -> frozenset[str]:
    """A leaf's own words: the operator's, so counting them keeps nobody's sentence."""
    return frozenset(w for w in (*leaf.words, *leaf.weak, *leaf.praise, *leaf.complaint) if "*" not in w)


def spoken(span: str, known: frozenset[str]) -> set[str]:
    """The words of a leaf that stand in a span, none inside another."""
    here = {w for w in known if w in span}
    return here - {w for w in here for other in here if w != other and w in other}
