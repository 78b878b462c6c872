"""Linear heads over what the rules found, the characters of a text and, where asked for, its embedding.

Enters: `Facts` of texts (readable text, numbers of the rules, optional vectors) and labels. Leaves: probabilities, and
weights as plain arrays (`.npz`, read without pickle). Called by the tagger, the training command and the evaluation.

A `Heads` is the mean of three linear views of the same text: TF-IDF of character n-grams; n-grams weighed by how much
more often they stand in one class than in the others (as in NB-SVM); and the dense numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Fill = Mapping[str, Any]
GRAMS = (1, 4)
SEED = 7


@dataclass(frozen=True)
class Facts:
    """What the heads see of texts. `numbers`: (n, k) of the rules; `vectors`: (n, d), or None where not embedded."""

    texts: Sequence[str]
    numbers: Floats
    vectors: Floats | None = None

    def only(self, rows: NDArray[np.intp]) -> "Facts":
        vectors = None if self.vectors is None else self.vectors[rows]
        return Facts([self.texts[i] for i in rows], self.numbers[rows], vectors)


class Grams:
    """Counts of character n-grams over a fixed vocabulary."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        self.names = list(vocabulary)
        self._count = CountVectorizer(
            analyzer="char", ngram_range=GRAMS, lowercase=False, vocabulary=self.names, dtype=np.float32
        )

    @classmethod
    def of(cls, texts: Sequence[str], least: int) -> "Grams":
        from sklearn.feature_extraction.text import CountVectorizer

        found = CountVectorizer(analyzer="char", ngram_range=GRAMS, lowercase=False, min_df=least).fit(texts)
        return cls(sorted(found.vocabulary_))

    def __call__(self, texts: Sequence[str]) -> Any:
        return self._count.transform(texts)


def _unit(matrix: Any) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(matrix, copy=False)


def _sigmoid(scores: NDArray[Any]) -> Floats:
    found: Floats = (1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))).astype(np.float32)
    return found


@dataclass(frozen=True)
class Line:
    """One linear view: a column per class."""

    coef: Floats
    bias: Floats

    def __call__(self, matrix: Any) -> Floats:
        return _sigmoid(np.asarray(matrix @ self.coef) + self.bias)


def _fit_line(matrix: Any, labels: NDArray[np.bool_], strength: float, weight: Floats | None, balanced: bool) -> Line:
    """One against the rest, a column at a time. A class without two kinds of rows is never told."""
    from sklearn.linear_model import LogisticRegression

    coef = np.zeros((matrix.shape[1], labels.shape[1]), dtype=np.float32)
    bias = np.full(labels.shape[1], -6.0, dtype=np.float32)
    for column in range(labels.shape[1]):
        wanted = labels[:, column]
        if wanted.all() or not wanted.any():
            bias[column] = 6.0 if wanted.all() else -6.0
            continue
        model = LogisticRegression(
            C=strength, max_iter=500, class_weight="balanced" if balanced else None, random_state=SEED
        )
        model.fit(matrix, wanted, sample_weight=weight)
        coef[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return Line(coef, bias)


@dataclass(frozen=True)
class Heads:
    """Trained heads for some classes."""

    classes: tuple[str, ...]
    grams: Grams
    idf: Floats
    words: Line
    ratio: Floats
    ratios: Line
    centre: Floats
    spread: Floats
    dense: Line
    deep_centre: Floats
    deep_spread: Floats
    deep: Line | None

    def probabilities(self, facts: Facts) -> Floats:
        """(n, classes), each column by itself between 0 and 1."""
        counts = self.grams(facts.texts)
        seen = counts.sign()
        views = [self.words(_tfidf(counts, self.idf))]
        columns = [
            _sigmoid(
                np.asarray(_unit(seen.multiply(self.ratio[:, c]).tocsr()) @ self.ratios.coef[:, c])
                + self.ratios.bias[c]
            )
            for c in range(len(self.classes))
        ]
        views.append(np.stack(columns, axis=1))
        if self.deep is not None and facts.vectors is not None:
            both = np.hstack([facts.numbers, facts.vectors])
            views.append(self.deep((both - self.deep_centre) / self.deep_spread))
        else:
            views.append(self.dense((facts.numbers - self.centre) / self.spread))
        found: Floats = np.mean(views, axis=0)
        return found

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Plain arrays under names that begin with `name`."""
        half = np.float16
        found: dict[str, NDArray[Any]] = {
            "classes": _packed(self.classes), "grams": _packed(self.grams.names), "idf": self.idf.astype(half),
            "words": self.words.coef.astype(half), "words_bias": self.words.bias, "ratio": self.ratio.astype(half),
            "ratios": self.ratios.coef.astype(half), "ratios_bias": self.ratios.bias, "centre": self.centre,
            "spread": self.spread, "dense": self.dense.coef, "dense_bias": self.dense.bias,
        }  # fmt: skip
        if self.deep is not None:
            found |= {"deep_centre": self.deep_centre, "deep_spread": self.deep_spread, "deep": self.deep.coef}
            found["deep_bias"] = self.deep.bias
        return {f"{name}.{key}": value for key, value in found.items()}

    @classmethod
    def from_arrays(cls, name: str, stored: Mapping[str, NDArray[Any]]) -> "Heads":
        def get(key: str) -> Floats:
            return np.asarray(stored[f"{name}.{key}"], dtype=np.float32)

        deep = f"{name}.deep" in stored
        none = np.zeros(0, dtype=np.float32)
        return cls(
            _unpacked(stored[f"{name}.classes"]),
            Grams(_unpacked(stored[f"{name}.grams"])),
            get("idf"),
            Line(get("words"), get("words_bias")),
            get("ratio"),
            Line(get("ratios"), get("ratios_bias")),
            get("centre"),
            get("spread"),
            Line(get("dense"), get("dense_bias")),
            get("deep_centre") if deep else none,
            get("deep_spread") if deep else none,
            Line(get("deep"), get("deep_bias")) if deep else None,
        )


def _packed(names: Sequence[str]) -> NDArray[Any]:
    """Names as bytes: a text array would be padded, an object array would be a pickle."""
    return np.frombuffer("\x00".join(names).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _unpacked(raw: NDArray[Any]) -> tuple[str, ...]:
    return tuple(raw.tobytes().decode("utf-8", "surrogatepass").split("\x00"))


def _tfidf(counts: Any, idf: Floats) -> Any:
    found = counts.copy()
    found.data = 1.0 + np.log(found.data)
    return _unit(found.multiply(idf).tocsr())


@dataclass(frozen=True)
class Strengths:
    """Inverse regularisation of each view."""

    words: float = 10.0
    ratios: float = 10.0
    dense: float = 0.1
    deep: float = 0.003


def fit(
    facts: Facts,
    labels: NDArray[np.bool_],
    classes: Sequence[str],
    *,
    weight: Floats | None = None,
    strengths: Strengths | None = None,
    balanced: bool = False,
    on: Callable[[str], None] = lambda _: None,
) -> Heads:
    """Train all views. `labels`: (n, classes) of true and false. The same for the same input."""
    use = strengths or Strengths()
    grams = Grams.of(facts.texts, 2 if sum(map(len, facts.texts)) < 100_000 or len(facts.texts) > 2_000 else 4)
    counts = grams(facts.texts)
    seen = counts.sign()
    held = np.asarray(seen.sum(axis=0)).ravel()
    idf = (np.log((1 + counts.shape[0]) / (1 + held)) + 1).astype(np.float32)
    on("words")
    words = _fit_line(_tfidf(counts, idf), labels, use.words, weight, balanced)
    ratio = np.zeros((len(grams.names), len(classes)), dtype=np.float32)
    coef, bias = np.zeros_like(ratio), np.zeros(len(classes), dtype=np.float32)
    on("ratios")
    for column in range(len(classes)):
        ratio[:, column] = _ratio(seen, labels[:, column])
        line = _fit_line(
            _unit(seen.multiply(ratio[:, column]).tocsr()), labels[:, [column]], use.ratios, weight, balanced
        )
        coef[:, column], bias[column] = line.coef[:, 0], line.bias[0]
    centre, spread, scaled = _scaled(facts.numbers)
    dense = _fit_line(scaled, labels, use.dense, weight, balanced)
    deep, deep_centre, deep_spread = None, np.zeros(0, np.float32), np.zeros(0, np.float32)
    if facts.vectors is not None:
        on("deep")
        deep_centre, deep_spread, scaled = _scaled(np.hstack([facts.numbers, facts.vectors]))
        deep = _fit_line(scaled, labels, use.deep, weight, balanced)
    return Heads(
        tuple(classes),
        grams,
        idf,
        words,
        ratio,
        Line(coef, bias),
        centre,
        spread,
        dense,
        deep_centre,
        deep_spread,
        deep,
    )


def _ratio(seen: Any, wanted: NDArray[np.bool_]) -> Floats:
    there = np.asarray(seen[wanted].sum(axis=0)).ravel() + 1.0
    elsewhere = np.asarray(seen[~wanted].sum(axis=0)).ravel() + 1.0
    found: Floats = np.log((there / there.sum()) / (elsewhere / elsewhere.sum())).astype(np.float32)
    return found


def _scaled(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    centre, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-3
    return centre.astype(np.float32), spread.astype(np.float32), (matrix - centre) / spread
