"""Teaches the knowledge when to keep silent.

In: labelled questions and an open retriever. Out: `vectorstore/calibration.json`. Called by `eval.retrieval --fit`.
Only the `fit` part of the questions is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import vectorstore
from vectorstore.confidence import FEATURES, Calibration

SURE = 0.5  # said as the answer
OFFERED = 0.25  # said to be the nearest
FAQ_STARTS = (-0.10, -0.08, -0.07, -0.06, -0.05, -0.04, -0.03, -0.02, 0.0)
# Without a fit for the model itself nothing is known about its cosines; these do without them.
MODEL_FREE = ("words", "words_lead", "covered", "pairs_covered", "known", "withheld", "agreement", "length")
TARGET = Path(vectorstore.__file__).parent / "calibration.json"


def fit(rows: Sequence[dict[str, float]], right: Sequence[bool], names: Sequence[str]) -> Calibration:
    """A logistic model over the named features: the probability that the best passage answers the question."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = np.array([[row[name] for name in names] for row in rows])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=5000)).fit(table, np.array(right))
    scaler, logistic = model[0], model[1]
    return Calibration(
        mean=_named(names, scaler.mean_),
        deviation=_named(names, scaler.scale_),
        weight=_named(names, logistic.coef_[0]),
        start=round(float(logistic.intercept_[0]), 4),
        threshold=SURE,
        offer=OFFERED,
    )


def _named(names: Sequence[str], values: NDArray[Any]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}


def best_faq_start(recall_at: Callable[[float], float]) -> float:
    """The offset with the best recall@1; of equals the middle one."""
    found = [(recall_at(start), start) for start in FAQ_STARTS]
    best = [start for recall, start in found if recall == max(found)[0]]
    return best[len(best) // 2]


def save(model: str, fitted: Calibration, model_free: Calibration, target: Path = TARGET) -> None:
    """Write the calibration of a model and the one for models that were never fitted."""
    known = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    known |= {"*": asdict(model_free), model: asdict(fitted)}
    target.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


__all__ = ["FEATURES", "MODEL_FREE", "best_faq_start", "fit", "save"]
