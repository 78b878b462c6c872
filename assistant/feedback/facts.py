"""The rules' readings as numbers, for the linear heads."""

import math
from collections.abc import Sequence

import numpy as np

from assistant.feedback.linear import Floats
from assistant.feedback.rules import Reading, whole

NUMBERS = 22


def feelings(readings: Sequence[Reading]) -> list[float]:
    """How a text feels, in 22 numbers about -1 … 1: strength and order, then what tells mixed and ironic ones apart."""
    values = [r.value * r.weight for r in readings] or [0.0]
    score = whole(list(readings))
    return [
        score,
        max(score, 0.0),
        min(score, 0.0),
        math.tanh(sum(r.good for r in readings) / 4),
        math.tanh(sum(r.bad for r in readings) / 4),
        math.tanh(min(values) / 2),
        math.tanh(max(values) / 2),
        math.tanh(values[-1] / 2),
        math.tanh(values[0] / 2),
        sum(v < 0 for v in values) / len(values),
        sum(v > 0 for v in values) / len(values),
        float(score == 0),
        float(any(r.unreal for r in readings)),
        math.tanh(len(values) / 8),
        *_turns(readings),
    ]


def _turns(readings: Sequence[Reading]) -> list[float]:
    good, bad = sum(r.good for r in readings), -sum(r.bad for r in readings)
    worst = min(readings, key=lambda r: r.value * r.weight, default=None)
    blemish = worst is not None and worst.value < 0 and worst.mild
    both = good > 0 and bad > 0
    return [
        math.tanh(min(good, bad) / 2),
        float(any(r.turn for r in readings)),
        float(blemish and good > 0),
        float(both and not blemish and any(r.turn and r.value < 0 for r in readings)),
        float(any(r.rescue for r in readings[1:])),
        float(any(r.irony for r in readings)),
        float(any(r.waited for r in readings)) * math.tanh(good / 2),
        float(any(r.waited for r in readings) and good <= 0),
    ]


def mentions(readings: Sequence[Reading], leaves: Sequence[str]) -> Floats:
    """What the rules found of each leaf: named, named by a plain phrase, which way."""
    place = {leaf: n for n, leaf in enumerate(leaves)}
    found = np.zeros((3, len(place)), dtype=np.float32)
    for reading in readings:
        for one in reading.found:
            at = place.get(one.leaf.id, -1)
            if at < 0:
                continue
            found[0, at] = 1.0
            found[1, at] = max(found[1, at], float(one.strong))
            found[2, at] += math.tanh((one.value or reading.value) / 2)
    return np.clip(found, -1.5, 1.5).ravel()


def sentiment_numbers(all_readings: Sequence[Sequence[Reading]]) -> Floats:
    """(n, 14)."""
    return np.array([feelings(r) for r in all_readings], dtype=np.float32).reshape(-1, NUMBERS)


def aspect_numbers(all_readings: Sequence[Sequence[Reading]], leaves: Sequence[str]) -> Floats:
    """(n, 3 x leaves)."""
    return np.array([mentions(r, leaves) for r in all_readings], dtype=np.float32).reshape(-1, 3 * len(leaves))
