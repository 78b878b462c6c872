"""What became of a survey's invitations: the funnel, the scores, stores and wordings beside each other. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import erfc, sqrt
from typing import Any

from assistant.surveys.files import Survey

REACHED = ("sent", "open", "paused", "done", "stopped", "expired")
_LEAST = 5  # answers below which a store's score is not shown


@dataclass(frozen=True)
class Row:
    """One invitation, as far as results need it."""

    status: str
    variant: str
    store_id: str | None
    answers: Mapping[str, Any]
    ended_at: datetime | None = None


@dataclass
class Funnel:
    """Invitations sent, begun and finished. `partial`: begun, not finished, something answered."""

    sent: int = 0
    begun: int = 0
    done: int = 0
    partial: int = 0
    scores: list[int] = field(default_factory=list)

    def add(self, row: Row, score: int | None) -> None:
        self.sent += 1
        self.begun += bool(row.answers)
        self.done += row.status == "done"
        self.partial += row.status != "done" and bool(row.answers)
        if score is not None:
            self.scores.append(score)

    @property
    def rate(self) -> float | None:
        """Share of those reached that finished."""
        return self.done / self.sent if self.sent else None


@dataclass(frozen=True)
class Results:
    """`held`: not sent, by reason. `difference`: p of the wordings' finishing alike (two-sided), None below 30 each."""

    kind: str
    all: Funnel
    by_store: dict[str, Funnel]
    by_variant: dict[str, Funnel]
    held: Counter[str]
    difference: float | None

    @property
    def score(self) -> str:
        return score_words(self.kind, self.all.scores)


def results(survey: Survey, rows: Iterable[Row], held: Mapping[str, int]) -> Results:
    """The results of one survey."""
    first = next((q for q in survey.questions if q.scale and q.kind != "matrix"), None)
    whole, stores, variants = Funnel(), defaultdict[str, Funnel](Funnel), defaultdict[str, Funnel](Funnel)
    for row in rows:
        if row.status not in REACHED:
            continue
        value = row.answers.get(first.id) if first else None
        for funnel in (whole, stores[row.store_id or ""], variants[row.variant]):
            funnel.add(row, value if isinstance(value, int) else None)
    named = {k: v for k, v in variants.items() if k}
    return Results(
        first.kind if first else "", whole, dict(stores), named, Counter(held), _difference(list(named.values()))
    )


def score_words(kind: str, scores: Sequence[int]) -> str:
    """The score as people say it: NPS as a whole number, the others as a mean; "–" below the least sample."""
    if len(scores) < _LEAST:
        return "–"
    if kind == "nps":
        promoters, detractors = sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)
        return f"{round((promoters - detractors) / len(scores) * 100):+d}"
    return f"{sum(scores) / len(scores):.1f}"


def _difference(funnels: Sequence[Funnel]) -> float | None:
    """Two proportions, normal approximation, for the first two wordings."""
    if len(funnels) < 2 or min(f.sent for f in funnels[:2]) < 30:
        return None
    a, b = funnels[:2]
    pooled = (a.done + b.done) / (a.sent + b.sent)
    spread = sqrt(pooled * (1 - pooled) * (1 / a.sent + 1 / b.sent))
    return 1.0 if spread == 0 else float(erfc(abs(a.done / a.sent - b.done / b.sent) / spread / sqrt(2)))
