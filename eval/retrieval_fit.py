"""Teaches the knowledge when to keep silent.

In: labelled questions and an open retriever. Out: `vectorstore/calibration.json`. Called by `eval.retrieval --fit`.
Only the `fit` part of the questions is used; the threshold is where cross-validation loses least, a lost answer
counting twice as much as an answer that should not have been given.
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

LOST, FALSE = 0.05, 0.10  # shares that weigh the same
FAQ_STARTS = (-0.10, -0.08, -0.07, -0.06, -0.05, -0.04, -0.03, -0.02, 0.0)
# Without a fit for the model itself nothing is known about its cosines; these do without them.
MODEL_FREE = ("words", "words_lead", "covered", "pairs_covered", "known", "withheld", "agreement", "length")
TARGET = Path(vectorstore.__file__).parent / "calibration.json"


def fit(rows: Sequence[dict[str, float]], answerable: Sequence[bool], names: Sequence[str]) -> Calibration:
    """A logistic model over the named features, and its threshold by ten-fold cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = np.array([[row[name] for name in names] for row in rows])
    labels = np.array(answerable)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, class_weight="balanced", max_iter=5000))
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    held_out: NDArray[Any] = cross_val_predict(model, table, labels, cv=folds, method="predict_proba")[:, 1]
    model.fit(table, labels)
    scaler, logistic = model[0], model[1]
    return Calibration(
        mean=_named(names, scaler.mean_),
        deviation=_named(names, scaler.scale_),
        weight=_named(names, logistic.coef_[0]),
        start=round(float(logistic.intercept_[0]), 4),
        threshold=_threshold(held_out, labels),
    )


def _threshold(held_out: NDArray[Any], labels: NDArray[Any]) -> float:
    """Where the worse of the two kinds of mistake, each over its allowance, is smallest."""

    def worse(at: float) -> float:
        return max(float(np.mean(held_out[labels] < at)) / LOST, float(np.mean(held_out[~labels] >= at)) / FALSE)

    best: float = min((float(at) for at in held_out), key=worse)
    return round(best, 4)


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
