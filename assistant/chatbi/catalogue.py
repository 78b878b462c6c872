"""The metric layer as types: `metrics.yaml`, read and validated. Everything else in this room looks names up here."""

from functools import cache, cached_property
from pathlib import Path
from typing import Literal, Self

import sqlglot
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from sqlglot import exp

from assistant.chatbi.query import MOST_METRICS
from assistant.errors import ConfigError

GRAINS = {"day": "日", "week": "周", "xun": "旬", "month": "月", "quarter": "季度", "half": "半年", "year": "年"}
TIME_DIMENSIONS = frozenset(GRAINS)
STATES = frozenset(
    {"snapshot", "spells"}
)  # kinds of facts that hold how things stood, so that a period is its last day
STATE_DAYS = 400  # so far back the mart keeps them (`mart/sql/star.sql`)
JOINS: dict[str, frozenset[str]] = {
    "store": frozenset({"region", "city", "store", "store_type"}),
    "product": frozenset({"category", "brand", "product"}),
    "member": frozenset({"tier", "stage", "gender", "age_band"}),
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Model):
    """A fact table.

    `kind`: flow (sums over days), snapshot (state at month ends), spells (state on any day, rows from a first to a last
    day), current (now only), period (a campaign).
    """

    table: str
    name: str
    kind: Literal["flow", "snapshot", "spells", "current", "period"] = "flow"
    joins: tuple[Literal["store", "member", "product"], ...]
    dims: tuple[str, ...]

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """All dimensions that rows of this fact have."""
        found = set(self.dims).union(*(JOINS[j] for j in self.joins))
        found |= {"day_part"} if "hour" in found else set()
        return frozenset(found | {"weekday", "day_type"} if self.kind == "flow" else found)


class Dimension(_Model):
    """A way to break numbers down. `of`: the fact whose values are listed where it is a column of facts."""

    name: str
    synonyms: tuple[str, ...] = ()
    via: Literal["store", "product", "member", "fact", "day"]
    of: str = ""
    order: tuple[str, ...] = ()


class Metric(_Model):
    """A number with its meaning. See the head of `metrics.yaml`."""

    name: str
    synonyms: tuple[str, ...]
    definition: str
    type: Literal["additive", "distinct", "ratio", "score", "quantile"]
    unit: str
    scale: float = 1.0
    better: Literal["up", "down", "none"]
    facts: dict[str, dict[str, str]] = {}
    of: dict[Literal["n", "d"], str] = {}
    formula: str = ""
    min_sample: int = 0
    headline: bool = False  # opens an overview
    adds_in: tuple[str, ...] = ()  # facts in which a distinct count has nothing twice, so that parts add up
    distribution: tuple[str, str] | None = None  # (metric, dimension)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.facts) == bool(self.of):
            raise ValueError("a metric has either facts or two metrics")
        for parts in self.facts.values():
            wanted = {"v"} if self.type in ("additive", "distinct", "quantile") else {"n", "d"}
            if not self.formula and not wanted <= set(parts):
                raise ValueError(f"{self.type} needs {', '.join(sorted(wanted))}")
        return self

    @property
    def in_points(self) -> bool:
        """Changes are said in points (percentage points, score points), not in per cent."""
        return self.unit == "%" or self.type == "score"


class Catalogue(_Model):
    """All facts, dimensions and metrics."""

    facts: dict[str, Fact]
    dimensions: dict[str, Dimension]
    metrics: dict[str, Metric]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, fact in self.facts.items():
            if unknown := set(fact.dims) - set(self.dimensions):
                raise ValueError(f"fact {name}: unknown dimensions {unknown}")
        for name, dimension in self.dimensions.items():
            if (dimension.via == "fact") != bool(dimension.of) or (dimension.of and dimension.of not in self.facts):
                raise ValueError(f"dimension {name}: `of` must name a fact")
        for name, metric in self.metrics.items():
            self._metric_fits(name, metric)
        self._names_are_single()
        if sum(m.headline for m in self.metrics.values()) > MOST_METRICS:
            raise ValueError(f"an overview has at most {MOST_METRICS} metrics")
        return self

    def _metric_fits(self, name: str, metric: Metric) -> None:
        for fact, parts in metric.facts.items():
            if fact not in self.facts:
                raise ValueError(f"metric {name}: unknown fact {fact}")
            for text in parts.values():
                columns = list(sqlglot.parse_one(text, read="duckdb").find_all(exp.Column))
                if any(c.table != "f" for c in columns):
                    raise ValueError(f"metric {name}: columns must be written f.column in {text}")
        for part in metric.of.values():
            if part not in self.metrics or "v" not in next(iter(self.metrics[part].facts.values())):
                raise ValueError(f"metric {name}: {part} is no metric of one value")
        if metric.distribution and (
            metric.distribution[0] not in self.metrics or metric.distribution[1] not in self.dimensions
        ):
            raise ValueError(f"metric {name}: its distribution names something unknown")

    def _names_are_single(self) -> None:
        seen: dict[str, str] = {}
        for name, metric in self.metrics.items():
            for word in (metric.name, *metric.synonyms):
                if seen.setdefault(word.lower(), name) != name:
                    raise ValueError(f"“{word}” means both {seen[word.lower()]} and {name}")

    def dimensions_of(self, metric: str) -> frozenset[str]:
        """What a metric may be broken down and filtered by, time aside."""
        found = self.metrics[metric]
        if found.of:
            n, d = (self.dimensions_of(m) for m in found.of.values())
            return n & d
        return frozenset().union(*(self.facts[f].dimensions for f in found.facts))

    def fact_for(self, metric: str, dimensions: frozenset[str]) -> str | None:
        """The first fact of a plain metric that has these dimensions."""
        wanted = dimensions - TIME_DIMENSIONS
        return next((f for f in self.metrics[metric].facts if wanted <= self.facts[f].dimensions), None)

    def allows(self, metric: str, dimensions: frozenset[str]) -> bool:
        """Whether one query can have the metric by all of these dimensions at once."""
        parts = self.metrics[metric].of.values() or (metric,)
        return all(self.fact_for(m, dimensions) is not None for m in parts)

    def sums(self, metric: str, dimensions: frozenset[str]) -> bool:
        """Whether parts by these dimensions add up to the whole, so that a share makes sense."""
        found = self.metrics[metric]
        return found.type == "additive" or self.fact_for(metric, dimensions) in found.adds_in

    def averages(self, metric: str) -> bool:
        """Whether an average by day or by store makes sense: sums over days, nothing counted once over many of them."""
        found = self.metrics[metric]
        return (found.type == "additive" or bool(found.adds_in)) and self.kinds(metric) == {"flow"}

    def kinds(self, metric: str) -> frozenset[str]:
        """Kinds of the facts behind a metric."""
        parts = self.metrics[metric].of.values() or (metric,)
        return frozenset(self.facts[f].kind for m in parts for f in self.metrics[m].facts)


def averaged(catalogue: Catalogue, metrics: tuple[str, ...], per: Literal["day", "store"]) -> Catalogue:
    """The catalogue in which these metrics are called by their average: 日均销售额."""
    lead = {"day": "日均", "store": "店均"}[per]
    renamed = {m: catalogue.metrics[m].model_copy(update={"name": lead + catalogue.metrics[m].name}) for m in metrics}
    return catalogue.model_copy(update={"metrics": {**catalogue.metrics, **renamed}})


@cache
def catalogue() -> Catalogue:
    """The catalogue of the package. Raises ConfigError."""
    path = Path(__file__).parent / "metrics.yaml"
    try:
        return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
