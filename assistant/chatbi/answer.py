"""An answer to a question of the staff, as pages and programs get it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from assistant.chatbi.query import MetricQuery

Status = Literal["answered", "empty", "clarify", "refused", "told"]


@dataclass(frozen=True)
class Answer:
    """`columns`: {name, label, role, unit}; `rows` in their order; `clarify`: {label, text} to be asked instead."""

    status: Status
    narrative: str
    query: MetricQuery | None = None
    sql: str = ""
    columns: tuple[dict[str, str], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    chart: dict[str, Any] | None = None
    quotes: tuple[str, ...] = ()
    scope: str = ""
    clarify: tuple[dict[str, str], ...] = ()
    next: tuple[str, ...] = ()
    tier: str = "rules"
    reason: str = ""
    ms: dict[str, float] = field(default_factory=dict)
    model_calls: int = 0
    turn: int = 0  # of a thread that is kept; 0: not kept

    def as_json(self) -> dict[str, Any]:
        """One JSON object, in the form of the command line."""
        return {
            "status": self.status,
            "query": self.query.model_dump(mode="json", exclude_none=True) if self.query else None,
            "sql": self.sql,
            "columns": list(self.columns),
            "rows": [[plain(v) for v in row] for row in self.rows],
            "narrative": self.narrative,
            "chart": self.chart,
            "quotes": list(self.quotes),
            "scope": self.scope,
            "clarify": list(self.clarify),
            "next": list(self.next),
            "tier": self.tier,
            "reason": self.reason,
            "ms": self.ms,
            "model_calls": self.model_calls,
            "turn": self.turn,
        }


def plain(value: Any) -> Any:
    """A value as JSON has it: days as text, decimals and long fractions as floats."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
