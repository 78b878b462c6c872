"""What reading a question can come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.holidays import Calendar
from assistant.chatbi.language.times import Time
from assistant.chatbi.language.values import ValueIndex
from assistant.chatbi.query import MetricQuery


@dataclass(frozen=True)
class Understood:
    """A query with its evidence. `time`: the expression that its period comes from, for later edits.

    `groups`: members of the query's one dimension that its answer showed, in their order: what “这几家” means next.
    """

    query: MetricQuery
    time: Time | None = None
    tier: str = "rules"
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """A reading that the asker may choose. `text` asks the same question without the doubt."""

    label: str
    text: str


@dataclass(frozen=True)
class Clarify:
    """Two or more readings remain, or something was not understood: ask back. `of_metric`: it is open which one is meant,
    or a name was perhaps miswritten."""

    question: str
    options: tuple[Option, ...] = ()
    of_metric: Literal["", "open", "miswritten"] = ""


@dataclass(frozen=True)
class Refused:
    """It cannot be answered, and this is why. `reason`: future, date, permission, personal, metric, dimension, length."""

    text: str
    reason: str


@dataclass(frozen=True)
class Told:
    """A question about the metrics themselves. `metric` empty: what can be asked."""

    metric: str = ""


Outcome = Understood | Clarify | Refused | Told


NONE = "none"  # the name of no metric


@dataclass(frozen=True)
class Guess:
    """A metric that words may describe, or `NONE`."""

    metric: str
    probability: float


class Guesser(Protocol):
    """What was learnt of how people describe metrics."""

    @property
    def examples(self) -> Mapping[str, Sequence[str]]:
        """Metric → ways to ask for it."""
        ...

    def guess(self, text: str) -> Sequence[Guess]:
        """The likeliest, best first."""
        ...


@dataclass(frozen=True)
class Choice:
    """What the model is asked where nothing else is sure: which of these metrics does the asker mean?"""

    question: str
    metrics: tuple[str, ...]


Chooser = Callable[[Choice], str | None]


@dataclass(frozen=True)
class Reader:
    """Everything that reading needs, for one asker on one day. `guesser`: the learnt reading of descriptions; `choose`:
    the constrained model, where there is one; `trusts`: its choice is taken without words that speak for it."""

    catalogue: Catalogue
    index: ValueIndex
    today: date
    calendar: Calendar
    guesser: Guesser | None = None
    choose: Chooser | None = None
    trusts: bool = False
    previous: Understood | None = field(default=None)
