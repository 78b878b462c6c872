"""Learns the weights of `assistant.agent.weigh` from labelled dialogues, and tells how honest they are on held-out ones.

Enters: splits that may be studied. Leaves: the weights to be put into `weigh.WEIGHTS`, and shares and precisions by
threshold, each dialogue judged by weights that have not seen it. By hand: ``python -m eval.shopper_fit``.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from assistant import logs
from assistant.agent import ranking, weigh
from assistant.agent.exchange import Turn
from assistant.agent.router import Ranking, Router
from assistant.config import Settings
from eval.shopper_data import FILES, Dialogue, load
from eval.shopper_world import Stage, stage

FOLDS = 8
BEND = 1.0  # how strongly weights are drawn to where they start
START = {"alone": 0.6, "topic_short": 0.3, "rule": 2.0}
THRESHOLDS = (0.7, 0.8, 0.85, 0.9, 0.95)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One decision: its dialogue, the features of each candidate, which candidates are right."""

    dialogue: str
    rows: Floats
    right: NDArray[np.bool_]


def watched(made: Stage, dialogues: Sequence[Dialogue]) -> Iterator[Seen]:
    """Play dialogues and note what was known at each decision between wishes."""
    noted: list[weigh.Known] = []
    plain = ranking.ranked

    def noting(router: Router, turn: Turn) -> Ranking:
        noted.append(ranking.observed(router, turn)[0])
        return plain(router, turn)

    ranking.ranked = noting
    try:
        for dialogue in dialogues:
            made.fresh()
            for number, turn in enumerate(dialogue.turns):
                noted.clear()
                made.say(dialogue, number, turn.say)
                if noted:
                    yield _seen(dialogue.id, noted[-1], turn.wanted)
    finally:
        ranking.ranked = plain


def _seen(dialogue: str, known: weigh.Known, wanted: Sequence[str]) -> Seen:
    found = weigh.candidates(known)
    rows = np.array([list(weigh.features(known, intent).values()) for intent in found], dtype=np.float64)
    return Seen(dialogue, rows, np.array([intent in wanted for intent in found]))


def names() -> list[str]:
    """The features in their order."""
    nothing = weigh.Known("", {}, {}, {}, (), False, "", False, frozenset(), False, False)
    return list(weigh.features(nothing, "greet"))


def learnt(seen: Sequence[Seen], bend: float = BEND) -> Floats:
    """The weights that make the right candidates likeliest."""
    start = np.array([START.get(name, 0.0) for name in names()])
    usable = [s for s in seen if s.right.any()]

    def loss(w: Floats) -> tuple[float, Floats]:
        value, slope = bend * float(((w - start) ** 2).sum()), 2 * bend * (w - start)
        for s in usable:
            p = shares(w, s)
            right = p[s.right].sum() + 1e-12
            value -= float(np.log(right))
            slope -= s.rows.T @ (np.where(s.right, p / right, 0.0) - p)
        return value, slope

    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)


def shares(weights: Floats, seen: Seen) -> Floats:
    """Probabilities of the candidates."""
    scores = seen.rows @ weights
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float64)


def held_out(seen: Sequence[Seen]) -> tuple[Floats, NDArray[np.bool_]]:
    """The best candidate's probability and whether it is right, each by weights of other dialogues."""
    ids = sorted({s.dialogue for s in seen})
    fold = {name: n % FOLDS for n, name in enumerate(ids)}
    best, right = np.zeros(len(seen)), np.zeros(len(seen), dtype=np.bool_)
    for k in range(FOLDS):
        weights = learnt([s for s in seen if fold[s.dialogue] != k])
        for n, s in enumerate(seen):
            if fold[s.dialogue] == k:
                p = shares(weights, s)
                best[n], right[n] = p.max(), s.right[p.argmax()]
    return best, right


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", nargs="+", default=["fit", "check"])
    parser.add_argument("--files", nargs="+", type=Path, default=list(FILES))
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    settings = Settings()
    settings.llm.kind = "off"
    dialogues = [d for d in load(tuple(options.files)) if d.split in options.splits]
    with stage(settings) as made:
        seen = list(watched(made, dialogues))
    best, right = held_out(seen)
    console = Console()
    console.print(f"{len(seen)} decisions, right on held-out dialogues {right.mean():.3f}")
    for t in THRESHOLDS:
        console.print(f"  from {t}: share {(best >= t).mean():.3f}, precision {right[best >= t].mean():.3f}")
    weights = dict(zip(names(), learnt(seen), strict=True))
    console.print("\n".join(f'    "{name}": {value:.2f},' for name, value in weights.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
