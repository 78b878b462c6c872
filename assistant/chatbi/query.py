"""A metric query: what a question means, before any SQL. Made by the language (or a strong model), read by the compiler.

`spans` says of every slot where it comes from: words of the question, `inherited` from the query before, or `default`.
"""

from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

INHERITED, DEFAULT = "inherited", "default"
MOST_METRICS, MOST_NAMED = 8, 4  # of a query; of a question, which names them: only an overview has more
PLACES = frozenset({"region", "city", "store"})
Grain = Literal["day", "week", "xun", "month", "quarter", "half", "year"]


class Calculation(StrEnum):
    """The kind of question."""

    VALUE = "value"
    BREAKDOWN = "breakdown"
    TREND = "trend"
    RANK = "rank"  # top or bottom by `order`
    SHARE = "share"
    COMPARE = "compare"  # groups side by side
    DISTRIBUTION = "distribution"
    CORRELATE = "correlate"
    DRIVERS = "drivers"
    WORDS = "words"  # what was said
    TICKETS = "tickets"  # the tickets behind a number
    MEMBERS = "members"  # members by id
    PLACE = "place"  # of those in `placed` among all
    OVERVIEW = "overview"  # the headline metrics, each beside what it was


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Filter(_Model):
    """Rows whose dimension has one of these values (or none of them)."""

    dimension: str
    values: tuple[str, ...] = Field(min_length=1)
    exclude: bool = False


class Period(_Model):
    """Local days, both included. `to_date`: the named period is not over. `label`: how the answer says it."""

    start: date
    end: date
    label: str
    to_date: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start > self.end:
            raise ValueError("a period ends before it begins")
        return self

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


class Comparison(_Model):
    """What the period is held against."""

    kind: Literal["year", "previous", "period"]
    period: Period


class Threshold(_Model):
    """A condition on a result: on the value, its change or its share.

    A `value` of `average` is that of all groups that the query has, `overall` that of all places that the asker may see.
    """

    metric: str
    op: Literal[">", ">=", "<", "<=", "="]
    value: float | Literal["average", "overall"]
    on: Literal["value", "change", "rate", "share"] = "value"


class Order(_Model):
    """By which metric and which of its columns rows are ordered."""

    metric: str
    by: Literal["value", "change", "rate", "share"] = "value"
    descending: bool = True


class Subset(_Model):
    """Members of a dimension chosen by another metric: the ten stores that sell most."""

    dimension: str
    metric: str
    order: Order | None = None
    limit: int | None = Field(default=None, ge=1, le=1000)
    having: tuple[Threshold, ...] = ()


class MetricQuery(_Model):
    """One question. Dimensions are names of the catalogue; the time grain is apart.

    `within`: one of two dimensions, in each member of which the limit counts (the best store of each city).
    `per`: sums are divided by the days of the period, or by the stores of the group. `supposed`: how the asker of a why
    takes the number to have moved. `placed`: the groups whose place among all is asked for.
    """

    calculation: Calculation
    metrics: tuple[str, ...] = Field(min_length=1, max_length=MOST_METRICS)
    dimensions: tuple[str, ...] = Field(default=(), max_length=3)
    grain: Grain | None = None
    filters: tuple[Filter, ...] = ()
    period: Period | None = None
    comparison: Comparison | None = None
    order: Order | None = None
    limit: int | None = Field(default=None, ge=1, le=1000)
    within: str | None = None
    per: Literal["day", "store"] | None = None
    having: tuple[Threshold, ...] = ()
    subset: Subset | None = None
    supposed: Literal["up", "down"] | None = None
    placed: tuple[str, ...] = ()
    spans: dict[str, str] = {}

    @property
    def touched(self) -> frozenset[str]:
        """All dimensions that the facts of this query must have."""
        named = {*self.dimensions, *(f.dimension for f in self.filters)}
        return frozenset(named | ({self.subset.dimension} if self.subset else set()))

    def same_meaning(self, other: "MetricQuery") -> bool:
        """Equal but for where the words stood, and for what the asker supposes."""
        bare: dict[str, Any] = {"spans": {}, "supposed": None}
        return self.model_copy(update=bare) == other.model_copy(update=bare)
