"""The first tier: which wish is this? A linear model over embeddings and characters of example utterances.

Names are replaced by their kinds before (`mentions.plain`), so that "徐家汇店有M码羽绒服吗" teaches every store, size
and product. The answer is a ranking with probabilities; the caller judges by lead, never by a cosine.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant import logs
from assistant.agent.playbook import Playbook

log = logs.get("agent")
Floats = NDArray[np.float32]
EMBEDDING_WEIGHT = 2.0  # of the embedding beside the characters, in the features
FORM = "2"  # changes when the features do, so that kept learners of another form are not read
SHARPNESS = 12.0  # inverse regularisation of the linear model


class Embedder(Protocol):
    """What the router needs of `vectorstore.embed`."""

    @property
    def name(self) -> str: ...

    def queries(self, texts: Sequence[str]) -> Floats:
        """One row of length one per text."""
        ...


@dataclass(frozen=True)
class Guess:
    intent: str
    probability: float


@dataclass(frozen=True)
class Ranking:
    """Guesses, best first, and the nearest examples (utterance, intent)."""

    guesses: tuple[Guess, ...]
    nearest: tuple[tuple[str, str], ...]

    @property
    def best(self) -> Guess:
        return self.guesses[0]

    @property
    def margin(self) -> float:
        return self.guesses[0].probability - (self.guesses[1].probability if len(self.guesses) > 1 else 0.0)


class Learner:
    """Texts → labels: a multinomial logistic regression over embedding and character n-grams.

    Used by the router, and by the evaluation on public intent sets.
    """

    def __init__(self, embed: Callable[[Sequence[str]], Floats], sharpness: float = SHARPNESS) -> None:
        self._embed = embed
        self._sharpness = sharpness
        self._words: Any = None
        self._model: Any = None
        self._mean: Any = 0.0

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> "Learner":
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self._words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, lowercase=True)
        self._words.fit(texts)
        embedded = self._embed(texts)
        self._mean = embedded.mean(axis=0)
        self._model = LogisticRegression(C=self._sharpness, max_iter=400)
        self._model.fit(self.features(texts, embedded), labels)
        return self

    def features(self, texts: Sequence[str], embedded: Floats | None = None) -> Any:
        from scipy.sparse import csr_matrix, hstack

        dense = self._embed(texts) if embedded is None else embedded
        dense = dense - self._mean  # what all texts share says nothing
        dense = dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-6) * EMBEDDING_WEIGHT
        return hstack([csr_matrix(dense), self._words.transform(texts)]).tocsr()

    def probabilities(self, texts: Sequence[str], embedded: Floats | None = None) -> NDArray[np.float64]:
        """One row per text, one column per label of `labels`."""
        found: NDArray[np.float64] = self._model.predict_proba(self.features(texts, embedded))
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


class Router:
    """Ranks intents for an utterance. Retrains itself when the playbook changes; threads share it."""

    def __init__(
        self, playbook: Callable[[], Playbook], embedder: Embedder, plain: Callable[[str], str], cache_dir: Path
    ) -> None:
        self._playbook = playbook
        self._embedder = embedder
        self._plain = plain
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._version = ""
        self._learner: Learner | None = None
        self._examples: list[tuple[str, str]] = []
        self._vectors: Floats = np.zeros((0, 1), dtype=np.float32)

    def rank(self, plain_text: str) -> Ranking:
        """Rank a message whose names were replaced already."""
        learner = self._trained()
        vector = self._embedder.queries([plain_text])
        probabilities = learner.probabilities([plain_text], vector)[0]
        order = np.argsort(-probabilities)[:12]
        labels = learner.labels
        guesses = tuple(Guess(labels[i], float(probabilities[i])) for i in order)
        near = np.argsort(-(self._vectors @ vector[0]))[:12]
        return Ranking(guesses, tuple(self._examples[i] for i in near))

    def _trained(self) -> Learner:
        playbook = self._playbook()
        if playbook.version == self._version and self._learner is not None:
            return self._learner
        with self._lock:
            if playbook.version != self._version or self._learner is None:
                self._train(playbook)
            assert self._learner is not None
            return self._learner

    def _train(self, playbook: Playbook) -> None:
        import joblib

        examples = playbook.examples()
        texts = [self._plain(text) for text, _ in examples]
        labels = [label for _, label in examples]
        digest = hashlib.sha256("\n".join([FORM, self._embedder.name, *texts, *labels]).encode()).hexdigest()[:16]
        path = self._cache_dir / f"router-{digest}.joblib"
        if path.exists():
            state = joblib.load(path)
        else:
            vectors = self._embedder.queries(texts)
            learner = Learner(lambda _: vectors).fit(texts, labels)
            state = {"learner": learner.state, "vectors": vectors}
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            for old in self._cache_dir.glob("router-*.joblib"):
                old.unlink(missing_ok=True)
            joblib.dump(state, path)
        learner = Learner(self._embedder.queries)
        learner.state = state["learner"]
        self._learner, self._vectors = learner, state["vectors"]
        self._examples = examples
        self._version = playbook.version
        log.info("router_ready", examples=len(examples), intents=len(set(labels)))
