"""What became of a survey's invitations: the funnel, the scores, stores, periods and wordings beside each other. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import erfc, sqrt
from typing import Any

from assistant.surveys.files import SCALES, Survey

REACHED = ("sent", "open", "paused", "done", "stopped", "expired")
LEAST = 5  # answers below which a score is not shown
_WEEKS_FROM = 45  # days of a period from which on it is shown by weeks


@dataclass(frozen=True)
class Tally:
    """`n` invitations that are alike. `key`: the store, the wording, the survey or the day; `score`: the first one given."""

    key: str
    status: str
    score: int | None
    opened: bool
    begun: bool
    n: int


@dataclass
class Funnel:
    """Invitations sent, seen (a page opened, or a word about it), begun (a first answer) and finished.

    `partial`: begun and not finished, though what was answered is kept.
    """

    sent: int = 0
    opened: int = 0
    begun: int = 0
    done: int = 0
    partial: int = 0
    scores: Counter[int] = field(default_factory=Counter)

    def add(self, row: Tally) -> None:
        if row.status not in REACHED:
            return
        self.sent += row.n
        self.opened += row.n * (row.opened or row.begun)
        self.begun += row.n * row.begun
        self.done += row.n * (row.status == "done")
        self.partial += row.n * (row.begun and row.status != "done")
        if row.score is not None:
            self.scores[row.score] += row.n

    @property
    def rate(self) -> float | None:
        """Share of those reached that finished."""
        return self.done / self.sent if self.sent else None

    @property
    def steps(self) -> list[tuple[str, int]]:
        return [("已邀请", self.sent), ("看到", self.opened), ("答了第一题", self.begun), ("答完", self.done)]


def funnels(rows: Iterable[Tally]) -> dict[str, Funnel]:
    """A funnel for every key."""
    found = defaultdict[str, Funnel](Funnel)
    for row in rows:
        found[row.key].add(row)
    return {key: funnel for key, funnel in found.items() if funnel.sent}


def whole(rows: Iterable[Tally]) -> Funnel:
    """All of them together."""
    funnel = Funnel()
    for row in rows:
        funnel.add(row)
    return funnel


def kind_of(survey: Survey) -> str:
    """The scale by which a survey is summed up; empty where it has none."""
    return next((q.kind for q in survey.questions if q.kind in SCALES), "")


def score_of(kind: str, scores: Mapping[int, int]) -> float | None:
    """NPS from -100 to 100, the others as a mean; None below the least sample."""
    total = sum(scores.values())
    if total < LEAST:
        return None
    if kind == "nps":
        return sum(n * ((s >= 9) - (s <= 6)) for s, n in scores.items()) / total * 100
    return sum(s * n for s, n in scores.items()) / total


def score_words(kind: str, scores: Mapping[int, int]) -> str:
    """The score as people say it; "–" below the least sample."""
    score = score_of(kind, scores)
    return "–" if score is None else f"{round(score):+d}" if kind == "nps" else f"{score:.1f}"


def difference(found: Sequence[Funnel]) -> float | None:
    """How likely chance alone makes the first two wordings differ so in finishing (p, two-sided); None below 30 each."""
    if len(found) < 2 or min(f.sent for f in found[:2]) < 30:
        return None
    a, b = found[:2]
    pooled = (a.done + b.done) / (a.sent + b.sent)
    spread = sqrt(pooled * (1 - pooled) * (1 / a.sent + 1 / b.sent))
    return 1.0 if spread == 0 else float(erfc(abs(a.done / a.sent - b.done / b.sent) / spread / sqrt(2)))


# -- over time -------------------------------------------------------------------------------------------------------


def periods(rows: Iterable[Tally], first: date, last: date) -> list[tuple[str, Funnel]]:
    """Days (weeks where there are many) from first to last, those without invitations too. Keys of rows are ISO days."""
    step = 7 if (last - first).days >= _WEEKS_FROM else 1
    starts = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    found = {start: Funnel() for start in starts}
    for row in rows:
        place = (date.fromisoformat(row.key) - first).days // step * step
        if (start := first + timedelta(days=place)) in found:
            found[start].add(row)
    return [(start.isoformat()[5:], funnel) for start, funnel in found.items()]


def charts(kind: str, named: str, over: Sequence[tuple[str, Funnel]]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Invitations and answers over time, and the score where there are enough answers, as the pages draw them."""
    days = [day for day, _ in over]
    counted = {"已邀请": [f.sent for _, f in over], "答完": [f.done for _, f in over]}
    scores = [None if (s := score_of(kind, f.scores)) is None else round(s, 1) for _, f in over]
    flow = _chart(days, "份", [{"name": words, "type": "bar", "data": data} for words, data in counted.items()])
    if sum(s is not None for s in scores) < 2:
        return flow, None
    return flow, _chart(days, named, [{"name": named, "type": "line", "connectNulls": True, "data": scores}])


def _chart(days: Sequence[str], unit: str, series: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "line",
        "option": {
            "tooltip": {"trigger": "axis"}, "legend": {"data": [s["name"] for s in series]},
            "xAxis": {"type": "category", "data": list(days)}, "yAxis": {"type": "value", "name": unit, "minInterval": 1},
            "series": series,
        },
    }  # fmt: skip
