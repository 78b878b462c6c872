"""A second look at a message that the first tier doubts: the language model reads it, and a linear model reads the model.

Enters: messages whose names were replaced by their kinds. Leaves: intents with probabilities; none where the model
is not up, or is another than was learnt from. Called by `ranking`. What was learnt from the playbook's
examples is shipped beside this file; `zhike playbook learn` makes it anew, for other weights or other examples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from assistant import logs
from assistant.agent.written import gist
from assistant.errors import ModelDown
from assistant.llm.states import Floats, States

log = logs.get("agent")
SHIPPED = Path(__file__).with_suffix(".npz")
ASKS = "顾客：“{}”\n顾客想要"  # the state behind it holds what comes next: the wish
READ = 80  # characters of a message
SLACK = 0.5  # how much the linear model may bend to single examples
SCALE = 4.0  # of the margins before softmax
WITHIN_S = 3.0
AT_ONCE = 8
REMEMBERED = 256
Shares = Mapping[str, float]


@dataclass(frozen=True)
class Head:
    """What was learnt. `model`: of whose states. Shapes: mean and spread (n,), margins (labels, n), bias (labels,)."""

    model: str
    labels: tuple[str, ...]
    mean: Floats
    spread: Floats
    margins: Floats
    bias: Floats

    def shares(self, states: Floats) -> list[Shares]:
        """One mapping a row, intents with a probability worth naming."""
        found = _even(states, self.mean, self.spread) @ self.margins.T + self.bias
        raised = np.exp(SCALE * (found - found.max(axis=1, keepdims=True)))
        shares = raised / raised.sum(axis=1, keepdims=True)
        return [{self.labels[i]: float(row[i]) for i in np.argsort(-row)[:12]} for row in shares]

    def save(self, path: Path) -> None:
        kept = {name: getattr(self, name).astype(np.float16) for name in ("spread", "margins", "bias")}
        np.savez_compressed(
            path, model=np.array(self.model), labels=np.array(self.labels), mean=self.mean, allow_pickle=False, **kept
        )

    @staticmethod
    def load(path: Path) -> "Head | None":
        """None where there is none that can be read."""
        try:
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                rows = {name: file[name].astype(np.float32) for name in ("mean", "spread", "margins", "bias")}
                return Head(str(file["model"]), tuple(map(str, file["labels"])), **rows)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            return None


def learn(
    states: States,
    examples: Sequence[tuple[str, str]],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Head:
    """Learn from (text, intent) pairs, about a sixth of a second each. Raises ModelDown."""
    rows: list[Floats] = []
    for start in range(0, len(examples), AT_ONCE):
        rows.append(states.of([asked(text) for text, _ in examples[start : start + AT_ONCE]], 60.0))
        progress(min(start + AT_ONCE, len(examples)), len(examples))
    return fitted(states.name, np.concatenate(rows), [intent for _, intent in examples])


def fitted(model: str, states: Floats, intents: Sequence[str]) -> Head:
    """A head from states that are there already."""
    from sklearn.svm import LinearSVC

    mean, spread = states.mean(axis=0), states.std(axis=0) + 1e-6
    found: Any = LinearSVC(C=SLACK, random_state=0).fit(_even(states, mean, spread), intents)
    labels = tuple(str(label) for label in found.classes_)
    return Head(model, labels, mean, spread, found.coef_.astype(np.float32), found.intercept_.astype(np.float32))


def asked(text: str) -> str:
    """What the model reads of a message."""
    return ASKS.format(gist(text, READ))


class SecondLook:
    """Reads messages. Threads share it. `heads`: where what was learnt lies, the first that fits the model is used."""

    def __init__(self, states: States | None, heads: Sequence[Path] = (SHIPPED,)) -> None:
        found = [head for path in heads if (head := Head.load(path)) is not None]
        self._head = next((h for h in found if states is not None and h.model == states.name), None)
        self._states = states
        self._recent: dict[str, Shares] = {}

    def ready(self) -> bool:
        return self._head is not None and self._states is not None and self._states.ready()

    def read(self, text: str) -> Shares:
        """Intents with probabilities; empty where the model does not answer in time."""
        if self._head is None or self._states is None or not self._states.ready():
            return {}
        if text not in self._recent:
            try:
                (shares,) = self._head.shares(self._states.of([asked(text)], WITHIN_S))
            except ModelDown as error:
                log.warning("no_second_look", cause=str(error))
                return {}
            if len(self._recent) >= REMEMBERED:
                self._recent.clear()
            self._recent[text] = shares
        return self._recent[text]


def _even(states: Floats, mean: Floats, spread: Floats) -> NDArray[np.float32]:
    """Every direction counts alike; every text has length one."""
    rows = (states - mean) / spread
    even: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return even
