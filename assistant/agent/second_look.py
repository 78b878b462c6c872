"""A second look at a message that the first tier doubts: the language model reads it, and a linear model reads the model.

Enters: messages whose names were replaced by their kinds, and what was said to the shopper before. Leaves: intents with
probabilities, of the message alone and after that reply; none where the model is not up, or is another than was learnt from.
Called by `ranking`. What was learnt of the playbook's examples is shipped beside this file; `zhike playbook learn` makes
it anew, for other weights or other examples. What was learnt of labelled dialogues comes from `eval.shopper_fit --twice`.
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
SHIPPED_AFTER_REPLY = Path(__file__).with_name("after_reply.npz")
ASKS = "顾客：“{}”\n顾客想要"  # the state behind it holds what comes next: the wish
AFTER = "助手：{}\n"
READ = 80  # characters of a message
REPLY = 44  # and of the reply before it
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


def asked(text: str, reply: str = "") -> str:
    """What the model reads of a message, perhaps after the reply that it follows."""
    before = AFTER.format(reply.replace("\n", " ")[:REPLY]) if reply else ""
    return before + ASKS.format(gist(text, READ))


@dataclass(frozen=True)
class Look:
    """Intents with probabilities: what the words say alone, and after the reply before them."""

    alone: Shares
    after_reply: Shares


class SecondLook:
    """Reads messages. Threads share it. `heads`, `after_reply`: where what was learnt lies, the first that fits the model is
    used."""

    def __init__(
        self,
        states: States | None,
        heads: Sequence[Path] = (SHIPPED,),
        after_reply: Sequence[Path] = (SHIPPED_AFTER_REPLY,),
    ) -> None:
        self._head = _fitting(states, heads)
        self._after_reply = _fitting(states, after_reply)
        self._states = states
        self._recent: dict[tuple[str, str], Look] = {}

    def ready(self) -> bool:
        return self._head is not None and self._states is not None and self._states.ready()

    def read(self, text: str, reply: str = "") -> Look | None:
        """None where the model does not answer in time."""
        if self._head is None or self._states is None or not self._states.ready():
            return None
        if (text, reply) not in self._recent:
            texts = dict.fromkeys((asked(text), asked(text, reply if self._after_reply else "")))
            try:
                states = self._states.of(list(texts), WITHIN_S)
            except ModelDown as error:
                log.warning("no_second_look", cause=str(error))
                return None
            if len(self._recent) >= REMEMBERED:
                self._recent.clear()
            (alone,) = self._head.shares(states[:1])
            (after,) = (self._after_reply or self._head).shares(states[-1:])
            self._recent[text, reply] = Look(alone, after)
        return self._recent[text, reply]


def _fitting(states: States | None, heads: Sequence[Path]) -> Head | None:
    found = [head for path in heads if (head := Head.load(path)) is not None]
    return next((h for h in found if states is not None and h.model == states.name), None)


def _even(states: Floats, mean: Floats, spread: Floats) -> NDArray[np.float32]:
    """Every direction counts alike; every text has length one."""
    rows = (states - mean) / spread
    even: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return even
