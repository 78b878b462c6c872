"""Decides whether what was found answers the question.

In: the ranked candidates of one query. Out: the probability that the best of them answers it. Called by `retrieve`.
One cosine cannot tell: with this family of models, nonsense and a good match lie within a few hundredths. A
small logistic model weighs several witnesses; `zhike eval retrieval --fit` writes it to `calibration.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from statistics import fmean

import numpy as np

from vectorstore.chunk import Chunk
from vectorstore.fuse import Candidate, Ranked
from vectorstore.lexical import content_words, normalise, pairs
from vectorstore.snapshot import Snapshot

FEATURES = (
    "lead",  # best score over the mean of the others
    "gap",  # best score over the first from another document
    "cosine_lead",  # best cosine over the mean cosine
    "cosine",
    "cohort",  # highest cosine to the questions that no shop answers
    "over_cohort",  # best cosine over that
    "five_over_cohort",  # the same for the mean of the best five on both sides
    "words",  # word score of the best
    "words_lead",  # over the mean word score
    "covered",  # share of the query's word weight that the best three contain
    "pairs_covered",  # share of the query's character pairs that the best contains
    "known",  # share of the query's word weight that any passage contains which may answer
    "withheld",  # share that only passages contain which may not answer (over, or another store's)
    "agreement",  # how high the best stands in both orders
    "length",  # logarithm of the number of content words
)


@dataclass(frozen=True)
class Calibration:
    """Means, deviations and weights of the features, and the probabilities from which an answer counts and is offered.

    `faq_start` is what a question-to-question cosine of the model has over a question-to-passage one, negative.
    """

    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    weight: Mapping[str, float]
    start: float
    threshold: float
    faq_start: float = 0.0
    offer: float = 0.25

    def probability(self, features: Mapping[str, float]) -> float:
        total = self.start + sum(
            weight * (features[name] - self.mean[name]) / self.deviation[name] for name, weight in self.weight.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@lru_cache(maxsize=8)
def calibration(model: str) -> Calibration:
    """The calibration of an embedding model; one that does without cosines where the model was never fitted."""
    text = resources.files("vectorstore").joinpath("calibration.json").read_text(encoding="utf-8")
    known = json.loads(text)
    return Calibration(**known.get(model, known["*"]))


def features(ranked: Ranked, snapshot: Snapshot) -> dict[str, float]:
    """The witnesses, by name. Needs at least one candidate."""
    chunks = snapshot.chunks
    best, *rest = ranked.candidates[:20]
    others = rest or [Candidate(-1, 0.0, 0.0, 0.0)]
    source = chunks[best.position].source
    apart = [one.score for one in rest if chunks[one.position].source != source]
    cosines = sorted((one.cosine for one in ranked.candidates), reverse=True)[:5]
    cohort = np.sort(snapshot.cohort @ ranked.asked.vector)[::-1]
    weights = ranked.match.weights
    known, withheld = _held(ranked)
    return {
        "lead": best.score - fmean(one.score for one in others),
        "gap": best.score - max(apart, default=0.0),
        "cosine_lead": best.cosine - fmean(one.cosine for one in others),
        "cosine": best.cosine,
        "cohort": float(cohort[0]),
        "over_cohort": cosines[0] - float(cohort[0]),
        "five_over_cohort": fmean(cosines) - float(cohort[:5].mean()),
        "words": best.words,
        "words_lead": best.words - fmean(one.words for one in others),
        "covered": _covered(weights, [chunks[one.position] for one in ranked.candidates[:3]]),
        "pairs_covered": _pairs_covered(ranked.asked.text, chunks[best.position]),
        "known": known,
        "withheld": withheld,
        "agreement": _agreement(best, ranked.candidates),
        "length": math.log1p(len(weights)),
    }


def asks_about_the_past(ranked: Ranked, snapshot: Snapshot) -> bool:
    """Whether the query names a year that is over and none of the best passages speaks of it."""
    asked = ranked.asked
    past = [str(asked.on.year - back) for back in (1, 2, 3)]
    named = [word for word in ("去年", "前年", *past) if word in normalise(asked.text)]
    said = "".join(_said(snapshot.chunks[one.position]) for one in ranked.candidates[:3])
    return bool(named) and not any(word in said for word in named)


def _held(ranked: Ranked) -> tuple[float, float]:
    total = sum(ranked.match.weights.values())
    known = withheld = 0.0
    for word, holders in ranked.match.holders.items():
        if ranked.asked.eligible[holders].any():
            known += ranked.match.weights[word]
        elif len(holders):
            withheld += ranked.match.weights[word]
    return (known / total, withheld / total) if total else (0.0, 0.0)


def _said(chunk: Chunk) -> str:
    return "\n".join((*chunk.title_path, *chunk.asks(), chunk.text))


def _covered(asked: Mapping[str, float], best: Sequence[Chunk]) -> float:
    total = sum(asked.values())
    said = {word for chunk in best for word in content_words(_said(chunk))}
    return sum(weight for word, weight in asked.items() if word in said) / total if total else 0.0


def _pairs_covered(query: str, best: Chunk) -> float:
    asked = {pair for word in content_words(query) for pair in pairs(word)}
    said = normalise(_said(best))
    return sum(pair in said for pair in asked) / len(asked) if asked else 0.0


def _agreement(best: Candidate, candidates: Sequence[Candidate]) -> float:
    by_meaning = sum(one.cosine > best.cosine for one in candidates)
    by_words = sum(one.words > best.words for one in candidates)
    return 1.0 / (1 + by_meaning) + 1.0 / (1 + by_words)
