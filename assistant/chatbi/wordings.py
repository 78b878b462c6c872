"""Metrics that are described instead of named: learnt from everyday wordings, from names and from synonyms.

Enters: words of a question without its times, values and groups. Leaves: metrics with probabilities, `NONE` among them.
What was learnt is kept in a file. Called by the language, which decides what is sure enough to be answered.
"""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.outcome import NONE, Guess
from assistant.errors import ConfigError
from vectorstore.learner import Embedder, Learner, remembered

SHIPPED = Path(__file__).with_suffix(".yaml")
FORM = "1"  # changes when the features do
BEST = 6


class Wordings:
    """One per process; threads share it. `embedder` is made at the first guess."""

    def __init__(
        self, catalogue: Catalogue, embedder: Callable[[], Embedder], folder: Path, path: Path = SHIPPED
    ) -> None:
        self._catalogue = catalogue
        self._make_embedder = embedder
        self._folder = folder
        self._path = path
        self._lock = threading.Lock()

    @cached_property
    def examples(self) -> Mapping[str, tuple[str, ...]]:
        """Metric → the ways to ask for it. Raises ConfigError where the file cannot be read or names unknown metrics."""
        try:
            body = yaml.safe_load(self._path.read_text(encoding="utf-8"))
            read = {name: tuple(line for line in lines.splitlines() if line) for name, lines in body.items()}
        except (OSError, yaml.YAMLError, AttributeError) as error:
            raise ConfigError(f"{self._path.name}: {error}") from error
        known = self._catalogue.metrics
        if unknown := sorted(set(read) - {*known, NONE}):
            raise ConfigError(f"{self._path.name}: no such metrics: {', '.join(unknown)}")
        named = {name: (metric.name, *metric.synonyms) for name, metric in known.items()}
        return {name: (*named.get(name, ()), *read.get(name, ())) for name in (*known, NONE)}

    def guess(self, text: str) -> tuple[Guess, ...]:
        """The likeliest metrics, best first."""
        learner = self._learner
        (row,) = learner.probabilities([text])
        return tuple(Guess(learner.labels[i], float(row[i])) for i in np.argsort(-row)[:BEST])

    def prepare(self) -> None:
        """Learn now, or read what was learnt."""
        self._learner  # noqa: B018

    def texts(self) -> list[str]:
        """All that is learnt from."""
        return [text for texts in self.examples.values() for text in texts]

    @cached_property
    def _learner(self) -> Learner:
        with self._lock:
            embedder = self._make_embedder()
            labels = [name for name, texts in self.examples.items() for _ in texts]
            parts = [FORM, embedder.name, *(f"{text}\t{name}" for text, name in zip(self.texts(), labels, strict=True))]
            learner = Learner(embedder.queries)
            learner.state = remembered(self._folder, "wordings", parts, lambda: learner.fit(self.texts(), labels).state)
            return learner
