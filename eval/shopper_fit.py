"""Learns the weights of `assistant.agent.weigh` from labelled dialogues, and tells how honest they are on held-out ones.

Enters: splits that may be studied. Leaves: the weights to be put into `weigh.WEIGHTS`, and shares and precisions by
threshold, each dialogue judged by weights that have not seen it. By hand: ``python -m eval.shopper_fit``.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from assistant import logs
from assistant.agent import weigh
from assistant.agent.exchange import Turn
from assistant.agent.ranking import looked_twice
from assistant.agent.second_look import SecondLook
from assistant.config import Settings
from assistant.llm.local import LocalServer
from assistant.llm.states import HiddenStates
from eval.shopper_data import FILES, Dialogue, load
from eval.shopper_world import Stage, stage

FOLDS = 8
BEND = 10.0  # how strongly weights are drawn to where they start
THRESHOLDS = (0.7, 0.8, 0.85, 0.9, 0.95)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One decision: its dialogue, the features of each candidate, which candidates are right."""

    dialogue: str
    rows: Floats
    right: NDArray[np.bool_]


def watched(made: Stage, dialogues: Sequence[Dialogue], second: SecondLook | None) -> Iterator[Seen]:
    """Play dialogues and note what was known at each decision between wishes; `second`: with its look at every one."""
    noted: list[tuple[Turn, weigh.Known]] = []
    made.service.agent.ranker.watch = lambda turn, known: noted.append((turn, known))
    for dialogue in track(dialogues, description="dialogues", console=Console(stderr=True)):
        made.fresh()
        for number, turn in enumerate(dialogue.turns):
            noted.clear()
            made.say(dialogue, number, turn.say)
            if noted:
                asked, known = noted[-1]
                yield _seen(dialogue.id, looked_twice(second, asked, known) if second else known, turn.wanted)


@contextmanager
def second_look(settings: Settings) -> Iterator[SecondLook]:
    """A second look of its own, so that the dialogues are played as the first look serves them."""
    with TemporaryDirectory() as folder:
        server = LocalServer(settings.llm, Path(folder))
        server.start(wait=True)
        try:
            yield SecondLook(HiddenStates(settings.llm, server))
        finally:
            server.stop()


def _seen(dialogue: str, known: weigh.Known, wanted: Sequence[str]) -> Seen:
    found = weigh.candidates(known)
    names = weigh.TWICE if known.second else weigh.WEIGHTS
    seen = [weigh.features(known, intent) for intent in found]
    rows = np.array([[features[name] for name in names] for features in seen], dtype=np.float64)
    return Seen(dialogue, rows, np.array([intent in wanted for intent in found]))


def learnt(seen: Sequence[Seen], start: Mapping[str, float], bend: float = BEND) -> Floats:
    """The weights that make the right candidates likeliest, drawn to where they start."""
    begin = np.array(list(start.values()))
    usable = [s for s in seen if s.right.any()]

    def loss(w: Floats) -> tuple[float, Floats]:
        value, slope = bend * float(((w - begin) ** 2).sum()), 2 * bend * (w - begin)
        for s in usable:
            p = shares(w, s)
            right = p[s.right].sum() + 1e-12
            value -= float(np.log(right))
            slope -= s.rows.T @ (np.where(s.right, p / right, 0.0) - p)
        return value, slope

    found: Any = minimize(loss, begin, jac=True, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def shares(weights: Floats, seen: Seen) -> Floats:
    """Probabilities of the candidates."""
    scores = seen.rows @ weights
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float64)


def held_out(seen: Sequence[Seen], start: Mapping[str, float]) -> tuple[Floats, NDArray[np.bool_]]:
    """The best candidate's probability and whether it is right, each by weights of other dialogues."""
    ids = sorted({s.dialogue for s in seen})
    fold = {name: n % FOLDS for n, name in enumerate(ids)}
    best, right = np.zeros(len(seen)), np.zeros(len(seen), dtype=np.bool_)
    for k in range(FOLDS):
        weights = learnt([s for s in seen if fold[s.dialogue] != k], start)
        for n, s in enumerate(seen):
            if fold[s.dialogue] == k:
                p = shares(weights, s)
                best[n], right[n] = p.max(), s.right[p.argmax()]
    return best, right


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", nargs="+", default=["fit", "check"])
    parser.add_argument("--twice", action="store_true", help="the weights of the second look")
    parser.add_argument("--files", nargs="+", type=Path, default=list(FILES))
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    settings = Settings()
    off = settings.model_copy(update={"llm": settings.llm.model_copy(update={"kind": "off"})})
    start = weigh.TWICE if options.twice else weigh.WEIGHTS
    dialogues = [d for d in load(tuple(options.files)) if d.split in options.splits]
    with stage(off) as made, second_look(settings) if options.twice else nullcontext() as second:
        seen = list(watched(made, dialogues, second))
    best, right = held_out(seen, start)
    console = Console()
    console.print(f"{len(seen)} decisions, right on held-out dialogues {right.mean():.3f}")
    for t in THRESHOLDS:
        console.print(f"  from {t}: share {(best >= t).mean():.3f}, precision {right[best >= t].mean():.3f}")
    weights = dict(zip(start, learnt(seen, start), strict=True))
    console.print("\n".join(f'    "{name}": {value:.2f},' for name, value in weights.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
