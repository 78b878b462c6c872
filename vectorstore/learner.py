"""A small learner of short texts: embeddings and characters in, labels with probabilities out.

Called by whoever tells wishes, stances or metrics apart by examples. Learns in about a second for thousands of texts;
scikit-learn is imported where something is learnt, not where something is read. What was learnt is kept in a file.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WEIGHT = 1.5  # of the embedding and of the characters, each, in the features
SLACK = 0.5  # how much the linear model may bend to single examples
SCALE = 5.0  # of the margins before softmax: makes probabilities honest on held-out folds of the examples
_READ: dict[
    str, tuple[str, Any]
] = {}  # kind → name of the file that was read last, and what it holds: shared in a process


class Embedder(Protocol):
    """What is needed of `vectorstore.embed` where texts are told apart."""

    @property
    def name(self) -> str: ...

    def queries(self, texts: Sequence[str]) -> Floats:
        """One row of length one per text."""
        ...


class Learner:
    """Texts → labels: a linear model with a hinge loss over embedding and character n-grams, calibrated by one scale.

    `embed` gives one row of length one per text.
    """

    def __init__(self, embed: Callable[[Sequence[str]], Floats], slack: float = SLACK) -> None:
        self._embed = embed
        self._slack = slack
        self._words: Any = None
        self._model: Any = None
        self._mean: Any = 0.0

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> "Learner":
        """Learn. Needs at least two labels."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        self._words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, lowercase=True)
        self._words.fit(texts)
        embedded = self._embed(texts)
        self._mean = embedded.mean(axis=0)
        self._model = LinearSVC(C=self._slack, random_state=0)
        self._model.fit(self.features(texts, embedded), labels)
        return self

    def features(self, texts: Sequence[str], embedded: Floats | None = None) -> Any:
        from scipy.sparse import csr_matrix, hstack

        dense = self._embed(texts) if embedded is None else embedded
        dense = dense - self._mean  # what all texts share says nothing
        dense = dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-6)
        return hstack([csr_matrix(dense) * WEIGHT, self._words.transform(texts) * WEIGHT]).tocsr()

    def probabilities(self, texts: Sequence[str], embedded: Floats | None = None) -> NDArray[np.float64]:
        """One row per text, one column per label of `labels`."""
        margins = self._model.decision_function(self.features(texts, embedded))
        if margins.ndim == 1:  # two labels have one margin
            margins = np.stack([-margins, margins], axis=1)
        scaled = np.exp(SCALE * (margins - margins.max(axis=1, keepdims=True)))
        found: NDArray[np.float64] = scaled / scaled.sum(axis=1, keepdims=True)
        return found

    @property
    def state(self) -> tuple[Any, Any, Any]:
        """What was learnt, to be kept in a file."""
        return self._words, self._model, self._mean

    @state.setter
    def state(self, learnt: tuple[Any, Any, Any]) -> None:
        self._words, self._model, self._mean = learnt

    @property
    def labels(self) -> list[str]:
        return [str(label) for label in self._model.classes_]


def remembered(folder: Path, kind: str, made_of: Iterable[str], learn: Callable[[], Any]) -> Any:
    """What `learn` gives, from the file of this kind where it was learnt of the same; what was learnt of else goes."""
    import joblib

    path = folder / f"{kind}-{hashlib.sha256(chr(10).join(made_of).encode()).hexdigest()[:16]}.joblib"
    if path.exists():
        name, found = _READ.get(kind, ("", None))
        found = found if name == path.name else joblib.load(path)
    else:
        found = learn()
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{kind}-*.joblib"):
            old.unlink(missing_ok=True)
        joblib.dump(found, path)
    _READ[kind] = path.name, found
    return found
