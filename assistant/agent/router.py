"""The first tier: which wish is this? A linear model over embeddings and characters of example utterances.

Names are replaced by their kinds before (`mentions.plain`), so that "徐家汇店有M码羽绒服吗" teaches every store, size
and product. The answer is a ranking with probabilities; the caller judges by lead, never by a cosine. A second small
learner tells a yes, a no and a "wait" from everything else, for messages that answer a question.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant import logs
from assistant.agent.playbook import Playbook
from assistant.agent.vectors import KeptVectors, Progress
from assistant.agent.written import gist
from vectorstore.learner import Embedder, Floats, Learner, remembered

log = logs.get("agent")
SAMPLED = 100  # every such example tells by its plain form whether names are replaced as they were
FORM = "3"  # changes when the features do, so that kept learners of another form are not read
MORE = "more"  # the stance of a message that is no answer
MORE_OF_EACH = 12  # examples of each intent that teach it
READ = 160  # characters of a message that tell what it wants
REMEMBERED = 256  # vectors of recent messages: one is ranked in several lights


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

    @property
    def shares(self) -> dict[str, float]:
        """Intent → probability, of the guesses."""
        return {g.intent: g.probability for g in self.guesses}

    def of(self, intent: str) -> float:
        """The probability of an intent."""
        return next((g.probability for g in self.guesses if g.intent == intent), 0.0)


@dataclass(frozen=True)
class _Taught:
    """What was learnt from one version of the playbook."""

    version: str
    intents: Learner
    stances: Learner | None
    examples: list[tuple[str, str]]
    vectors: Floats


class Router:
    """Ranks intents for an utterance. Retrains itself when the playbook changes; threads share it."""

    def __init__(
        self,
        playbook: Callable[[], Playbook],
        embedder: Embedder,
        plain: Callable[[str], str],
        cache_dir: Path,
        named: Callable[[], str] = lambda: "",
    ) -> None:
        self._playbook = playbook
        self._embedder = embedder
        self._plain = plain
        self._cache_dir = cache_dir
        self._named = named
        self._lock = threading.Lock()
        self._taught: _Taught | None = None
        self._recent: dict[str, Floats] = {}

    def rank(self, plain_text: str) -> Ranking:
        """Rank a message whose names were replaced already. Of a long one its beginning and its end are read."""
        plain_text = gist(plain_text, READ)
        taught = self._ready()
        vector = self._vector(plain_text)
        probabilities = taught.intents.probabilities([plain_text], vector)[0]
        order = np.argsort(-probabilities)[:12]
        labels = taught.intents.labels
        guesses = tuple(Guess(labels[i], float(probabilities[i])) for i in order)
        near = np.argsort(-(taught.vectors @ vector[0]))[:12]
        return Ranking(guesses, tuple(taught.examples[i] for i in near))

    def stance(self, plain_text: str) -> tuple[str, float]:
        """yes, no, wait or more, with its probability; more where the playbook teaches no stances."""
        taught = self._ready()
        if taught.stances is None:
            return MORE, 1.0
        probabilities = taught.stances.probabilities([plain_text], self._vector(plain_text))[0]
        best = int(np.argmax(probabilities))
        return taught.stances.labels[best], float(probabilities[best])

    def _vector(self, text: str) -> Floats:
        known = self._recent.get(text)
        if known is None:
            known = self._embedder.queries([text])
            if len(self._recent) >= REMEMBERED:
                self._recent.clear()
            self._recent[text] = known
        return known

    def prepare(self, progress: Progress = lambda done, of: None) -> None:
        """Learn the playbook now, before the first shopper comes. `progress` hears of sentences read."""
        with self._lock:
            self._taught = self._train(self._playbook(), progress)

    def texts(self) -> list[str]:
        """All that is learnt from, names replaced."""
        (texts, _), (answers, _) = self._lessons(self._playbook())
        return [*texts, *answers]

    def _ready(self) -> _Taught:
        """What was learnt. A changed playbook is learnt aside, and taken up once that is done."""
        playbook = self._playbook()
        taught = self._taught
        if taught is None:
            with self._lock:
                if self._taught is None:
                    self._taught = self._train(playbook)
                return self._taught
        if taught.version != playbook.version and self._lock.acquire(blocking=False):
            threading.Thread(target=self._learn_anew, args=(playbook,), name="router", daemon=True).start()
        return taught

    def _learn_anew(self, playbook: Playbook) -> None:
        try:
            self._taught = self._train(playbook)
        finally:
            self._lock.release()

    def _train(self, playbook: Playbook, progress: Progress = lambda done, of: None) -> _Taught:
        examples = playbook.examples()

        def learn() -> dict[str, Any]:
            (texts, labels), (answers, stances) = self._lessons(playbook)
            both = KeptVectors(self._embedder, self._cache_dir).queries([*texts, *answers], progress)
            vectors, of_answers = both[: len(texts)], both[len(texts) :]
            learner = Learner(lambda _: vectors).fit(texts, labels)
            second = Learner(lambda _: of_answers).fit(answers, stances) if answers else None
            return {"learner": learner.state, "vectors": vectors, "stances": second.state if second else None}

        state = remembered(self._cache_dir, "router", self._made_of(playbook, examples), learn)
        log.info("router_ready", examples=len(examples), intents=len(state["learner"][1].classes_))
        second = self._learner(state["stances"]) if state["stances"] else None
        return _Taught(playbook.version, self._learner(state["learner"]), second, examples, state["vectors"])

    def _made_of(self, playbook: Playbook, examples: Sequence[tuple[str, str]]) -> list[str]:
        """Tells all that the learners are made of, without replacing the names in every example: the examples, the names
        that are replaced, and how they are, by a sample."""
        sample = [self._plain(text) for text, _ in examples[::SAMPLED]]
        parts = [FORM, self._embedder.name, self._named(), *sample, *(f"{t}\t{i}" for t, i in examples)]
        return parts + [f"{line}\t{name}" for name, lines in playbook.stances.items() for line in lines]

    def _learner(self, state: tuple[Any, Any, Any]) -> Learner:
        learner = Learner(self._embedder.queries)
        learner.state = state
        return learner

    def _lessons(self, playbook: Playbook) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
        """Texts with intents, and texts with stances; their names replaced."""
        examples = playbook.examples()
        texts, labels = [self._plain(text) for text, _ in examples], [label for _, label in examples]
        return (texts, labels), self._answers(playbook, texts, labels)

    def _answers(self, playbook: Playbook, texts: list[str], labels: list[str]) -> tuple[list[str], list[str]]:
        """Examples of the stances, and some of each intent as examples of what is no answer."""
        if not playbook.stances:
            return [], []
        pairs = [(self._plain(line), name) for name, lines in playbook.stances.items() for line in lines]
        known = {text for text, _ in pairs}
        taken: dict[str, int] = {}
        for text, label in zip(texts, labels, strict=True):
            if text not in known and taken.get(label, 0) < MORE_OF_EACH:
                taken[label] = taken.get(label, 0) + 1
                pairs.append((text, MORE))
        return [text for text, _ in pairs], [name for _, name in pairs]
