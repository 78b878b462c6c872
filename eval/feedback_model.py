"""The language model as a peer: it reads a text as it stands and chooses one word, without any training.

Enters: texts, and the words that it may choose from. Leaves: a word a text; what it cannot say in time counts as the
first word of the classes. Called by the two evaluations of feedback, on a sample: a call takes a second or two, so
answers are kept in the data folder and asked for once.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random

from assistant.config import Settings
from assistant.errors import ModelDown, ModelOffSchema
from assistant.feedback.judge import LONGEST
from assistant.llm.client import Llm, connect
from assistant.llm.local import LocalServer
from prompts.loader import load

CALL_S = 60.0
SEED = 0


class ModelPeer:
    """`size`: texts of a set that it is asked about. `lost` counts what it did not answer."""

    def __init__(self, llm: Llm, size: int, keep: Path, model: str) -> None:
        self._llm = llm
        self._prompt = load("feedback/sentiment").render()
        self._base = f"{model}\n{self._prompt}"
        self._keep = keep
        self._known: dict[str, str] = json.loads(keep.read_text()) if keep.exists() else {}
        self.size = size
        self.lost = 0

    def picks(self, count: int) -> list[int]:
        """Rows of a set of so many, the same ones every time."""
        return sorted(Random(SEED).sample(range(count), min(self.size, count)))

    def __call__(self, texts: Sequence[str], classes: Sequence[str]) -> list[str]:
        """One of the classes for every text."""
        return [self._one(text, classes) for text in texts]

    def save(self) -> None:
        """Keep the answers; a key is a fingerprint of what was asked, no words stand in the file."""
        self._keep.parent.mkdir(parents=True, exist_ok=True)
        self._keep.write_text(json.dumps(self._known))

    def _one(self, text: str, classes: Sequence[str]) -> str:
        key = sha256("\n".join([self._base, *classes, text]).encode("utf-8", "replace")).hexdigest()[:20]
        if key not in self._known:
            said = self._ask(text, classes)
            if said is None:
                self.lost += 1
                return classes[0]
            self._known[key] = said
        return self._known[key]

    def _ask(self, text: str, classes: Sequence[str]) -> str | None:
        schema = {
            "type": "object",
            "properties": {"sentiment": {"type": "string", "enum": list(classes)}},
            "required": ["sentiment"],
            "additionalProperties": False,
        }
        messages = [{"role": "system", "content": self._prompt}, {"role": "user", "content": text[:LONGEST]}]
        try:
            said = self._llm.decide(messages, schema, purpose="feedback", max_tokens=12, deadline_s=CALL_S)
        except (ModelDown, ModelOffSchema):
            return None
        return str(said["sentiment"])


@contextmanager
def model_peer(settings: Settings, size: int) -> Iterator[ModelPeer]:
    """The model of the settings; an embedded one runs as long as it is asked. Raises ModelDown."""
    embedded = LocalServer(settings.llm, settings.data_dir / "llm") if settings.llm.kind == "embedded" else None
    if embedded:
        embedded.start(wait=True)
    llm = connect(settings.llm, embedded=embedded)
    try:
        peer = ModelPeer(llm, size, settings.data_dir / "eval" / "model_sentiment.json", settings.llm.model)
        try:
            yield peer
        finally:
            peer.save()
    finally:
        llm.close()
        if embedded:
            embedded.stop()
