"""The last tier: a language model judges the sentiment of what the heads doubt, within a budget of seconds a minute.

Enters: a text and its tags. Leaves: tags with the model's sentiment, or None where it has no budget, is away, or
answers off the schema. It chooses one of three words and writes nothing else. Off unless a setting gives it a budget.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from assistant.errors import ModelDown, ModelOffSchema
from assistant.feedback.labels import SENTIMENTS, Sentiment, Tags
from assistant.llm.client import Llm
from prompts.loader import load

MINUTE = 60.0
LONGEST = 400  # characters that the model reads
SURE = 0.8
CALL_S = 6.0
SCHEMA = {
    "type": "object",
    "properties": {"sentiment": {"type": "string", "enum": list(SENTIMENTS)}},
    "required": ["sentiment"],
    "additionalProperties": False,
}


class ModelJudge:
    """Threads share it and its budget."""

    def __init__(self, llm: Llm, budget_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._llm = llm
        self._budget_s = budget_s
        self._now = now
        self._lock = threading.Lock()
        self._since, self._spent = now(), 0.0
        self._prompt = load("feedback/sentiment")

    def judge(self, text: str, tags: Tags) -> Tags | None:
        """Tags with the model's sentiment; junk is never shown to it."""
        left = self._left()
        if tags.junk or left <= 0 or not self._llm.available():
            return None
        messages = [
            {"role": "system", "content": self._prompt.render()},
            {"role": "user", "content": text[:LONGEST]},
        ]
        begun = self._now()
        try:
            said = self._llm.decide(messages, SCHEMA, purpose="feedback", max_tokens=12, deadline_s=min(left, CALL_S))[
                "sentiment"
            ]
        except (ModelDown, ModelOffSchema):
            return None
        finally:
            with self._lock:
                self._spent += self._now() - begun
        if said not in SENTIMENTS:
            return None
        return _with(tags, said)

    def _left(self) -> float:
        """Seconds that may still be spent in this minute."""
        with self._lock:
            if self._now() - self._since >= MINUTE:
                self._since, self._spent = self._now(), 0.0
            return self._budget_s - self._spent


def _with(tags: Tags, said: Sentiment) -> Tags:
    score = tags.score
    if said != tags.sentiment:
        score = {"pos": 0.6, "neu": 0.0, "neg": -0.6}[said]
    return replace(tags, sentiment=said, score=score, confidence=SURE, tier="model")
