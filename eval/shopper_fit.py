"""Learns the weights of `assistant.agent.weigh` from labelled dialogues, and tells how honest they are on held-out ones.

Enters: splits that may be studied. Leaves: the weights to be put into `weigh.WEIGHTS`, and shares and precisions by
threshold, each dialogue judged by weights that have not seen it. With `--twice` the embedded model reads every message after
the reply before it (half an hour on two cores): what is learnt of that is written beside `assistant.agent.second_look`, and
the weights are those of messages that the first look doubts. By hand: ``python -m eval.shopper_fit``.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from assistant import logs
from assistant.agent import second_look, weigh
from assistant.agent.exchange import Turn
from assistant.agent.second_look import SecondLook, Shares
from assistant.config import Settings
from assistant.llm.local import LocalServer
from assistant.llm.states import HiddenStates
from eval.shopper_data import CONTROLS, FILES, Dialogue, load
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


@dataclass(frozen=True)
class Decision:
    """What was known where one wish was chosen: the message with its names replaced, the reply before it, the label."""

    dialogue: str
    text: str
    reply: str
    known: weigh.Known
    wanted: tuple[str, ...]

    def seen(self) -> Seen:
        found = weigh.candidates(self.known)
        names = weigh.TWICE if self.known.second else weigh.WEIGHTS
        features = [weigh.features(self.known, intent) for intent in found]
        rows = np.array([[row[name] for name in names] for row in features], dtype=np.float64)
        return Seen(self.dialogue, rows, np.array([intent in self.wanted for intent in found]))


def watched(made: Stage, dialogues: Sequence[Dialogue]) -> Iterator[Decision]:
    """Play dialogues and note what was known at each decision between wishes."""
    noted: list[tuple[Turn, weigh.Known, str]] = []
    made.service.agent.ranker.watch = lambda turn, known: noted.append((turn, known, turn.state.last_reply))
    for dialogue in track(dialogues, description="dialogues", console=Console(stderr=True)):
        made.fresh()
        for number, turn in enumerate(dialogue.turns):
            noted.clear()
            made.say(dialogue, number, turn.say)
            if noted:
                asked, known, reply = noted[-1]
                yield Decision(dialogue.id, asked.mentions.plain, reply, known, turn.wanted)


@contextmanager
def embedded(settings: Settings) -> Iterator[HiddenStates]:
    """The embedded model beside the stage, so that the dialogues are played as the first look serves them."""
    with TemporaryDirectory() as folder:
        server = LocalServer(settings.llm, Path(folder))
        server.start(wait=True)
        try:
            yield HiddenStates(settings.llm, server)
        finally:
            server.stop()


def read_twice(states: HiddenStates, decisions: Sequence[Decision], doubt: float, out: Path) -> list[Decision]:
    """The decisions that the first look doubts, with what the second one says; its reading after replies is of heads that
    have not seen the dialogue, while `out` gets the head that has seen them all."""
    asked = [second_look.asked(d.text, d.reply) for d in decisions]
    steps = range(0, len(asked), second_look.AT_ONCE)
    rows = np.concatenate([
        states.of(asked[n : n + second_look.AT_ONCE], 60.0)
        for n in track(steps, description="after replies", console=Console(stderr=True))
    ])  # fmt: skip
    wanted = np.array([d.wanted[0] for d in decisions])
    wishes = ~np.isin(wanted, list(CONTROLS))  # all else answers something, and is no wish
    second_look.fitted(states.name, rows[wishes], wanted[wishes].tolist()).save(out)
    folds = folds_of([d.dialogue for d in decisions])
    after: dict[int, Shares] = {}
    for k in range(FOLDS):
        others = wishes & (folds != k)
        head = second_look.fitted(states.name, rows[others], wanted[others].tolist())
        after |= dict(zip(np.flatnonzero(folds == k).tolist(), head.shares(rows[folds == k]), strict=True))
    look, found = SecondLook(states), []
    for n, decision in enumerate(track(decisions, description="second look", console=Console(stderr=True))):
        if max(weigh.likelihoods(decision.known).values()) < doubt and (seen := look.read(decision.text)):
            found.append(replace(decision, known=replace(decision.known, second=seen.alone, after_reply=after[n])))
    return found


def folds_of(dialogues: Sequence[str]) -> NDArray[np.int64]:
    """Which part each decision is held out with; those of a dialogue go together."""
    ids = {name: n % FOLDS for n, name in enumerate(sorted(set(dialogues)))}
    return np.array([ids[name] for name in dialogues])


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
    folds = folds_of([s.dialogue for s in seen])
    best, right = np.zeros(len(seen)), np.zeros(len(seen), dtype=np.bool_)
    for k in range(FOLDS):
        weights = learnt([s for s, fold in zip(seen, folds, strict=True) if fold != k], start)
        for n in np.flatnonzero(folds == k).tolist():
            p = shares(weights, seen[n])
            best[n], right[n] = p.max(), seen[n].right[p.argmax()]
    return best, right


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", nargs="+", default=["fit", "check"])
    parser.add_argument("--twice", action="store_true", help="the weights of the second look")
    parser.add_argument("--out", type=Path, default=second_look.SHIPPED_AFTER_REPLY, help="where --twice writes")
    parser.add_argument("--files", nargs="+", type=Path, default=list(FILES))
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    settings = Settings()
    off = settings.model_copy(update={"llm": settings.llm.model_copy(update={"kind": "off"})})
    start = weigh.TWICE if options.twice else weigh.WEIGHTS
    dialogues = [d for d in load(tuple(options.files)) if d.split in options.splits]
    with stage(off) as made:
        decisions = list(watched(made, dialogues))
        doubt = made.service.playbook.get().policy.router.serve
    if options.twice:
        with embedded(settings) as states:
            decisions = read_twice(states, decisions, doubt, options.out)
    seen = [d.seen() for d in decisions]
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
