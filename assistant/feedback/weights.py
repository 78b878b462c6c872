"""The trained heads of a tagger as one file without pickle: `load(path, tree)`, `save(path, weights)`.

The aspect heads belong to one tree: leaves that are gone are ignored, new ones are found by rules until the next
training.
"""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import ConfigError
from assistant.feedback.facts import NUMBERS
from assistant.feedback.linear import Heads

SHIPPED = Path(__file__).parent / "weights.npz"


@dataclass(frozen=True)
class Weights:
    """`leaves`: the tree's leaves when it was trained, in their order. `trust`: how far a plain verdict of the rules
    counts against the heads (0 to 1): much where they learnt from little. `note`: how it came about."""

    sentiment: Heads
    aspects: Heads
    leaves: tuple[str, ...]
    threshold: float
    trust: float = 0.0
    note: dict[str, Any] = field(default_factory=dict)


def save(path: Path, weights: Weights) -> None:
    """Write in one step: a reader sees the old file or the new one."""
    arrays = weights.sentiment.arrays("sentiment") | weights.aspects.arrays("aspects")
    about = {"leaves": weights.leaves, "threshold": weights.threshold, "trust": weights.trust, "note": weights.note}
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
    part = path.with_suffix(".part.npz")
    part.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(part, **arrays)  # type: ignore[arg-type]
    part.replace(path)


def load(path: Path = SHIPPED) -> Weights:
    """Raises ConfigError where the file is missing or not ours."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            if len(stored["sentiment.centre"]) != NUMBERS:
                raise ValueError("trained for other numbers of the rules")
            return Weights(
                Heads.from_arrays("sentiment", stored),
                Heads.from_arrays("aspects", stored),
                tuple(about["leaves"]),
                float(about["threshold"]),
                float(about["trust"]),
                dict(about["note"]),
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path}: {error!r}: make it again with `zhike feedback train`") from error
