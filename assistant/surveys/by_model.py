"""The language model reads an answer that rules and meanings leave open. Its choice is one of the question's own values.

Enters: the question and the words. Leaves: a `Reading`, unclear where the model is down, slow or does not know. Called by
`reading`, and alone by `zhike eval survey --model`.
"""

from typing import Any, get_args

from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from assistant.surveys.files import Question
from assistant.surveys.reading import UNCLEAR, Reading, Wish
from prompts.loader import load

PURPOSE = "survey"
WISHES = get_args(Wish)


class ModelReader:
    """Reads answers with a model. Threads share it. `choices`: options too; a small model tells scores apart, not options."""

    def __init__(self, llm: Llm, *, choices: bool = True, within_s: float = 3.0) -> None:
        self._llm = llm
        self._choices = choices
        self._within_s = within_s

    def read(self, question: Question, text: str) -> Reading:
        """What the model takes an answer for; never raises for the model's sake."""
        if not self._llm.available() or (question.options and not self._choices):
            return UNCLEAR
        messages = [
            {"role": "system", "content": load("surveys/read").render()},
            {"role": "user", "content": _asked(question, text)},
        ]
        try:
            found = self._llm.decide(
                messages, _schema(question), purpose=PURPOSE, max_tokens=60, deadline_s=self._within_s
            )["answer"]
        except (ModelDown, ModelOffSchema):
            return UNCLEAR
        if found == "unclear":
            return UNCLEAR
        if found in WISHES:
            return Reading(wish=found)
        return Reading(tuple(found) if isinstance(found, list) else found, by="model", sure=False)


def _asked(question: Question, text: str) -> str:
    things = [*question.options, *question.rows]
    listed = "；".join(f"{n}. {o.id}={o.label}" for n, o in enumerate(things, 1))
    return f"问题：{question.text}\n{'选项：' + listed if listed else ''}\n回答：{text[:200]}"


def _schema(question: Question) -> dict[str, Any]:
    ids = [o.id for o in question.options]
    values: dict[str, Any]
    if question.scale and question.kind != "matrix":
        values = {"enum": list(range(question.scale[0], question.scale[1] + 1))}
    elif question.kind == "single":
        values = {"enum": ids}
    elif question.kind == "multi":
        values = {"type": "array", "items": {"enum": ids}, "maxItems": len(ids)}
    elif question.kind == "matrix":
        rows = {r.id: {"enum": [1, 2, 3, 4, 5]} for r in question.rows}
        values = {"type": "object", "properties": rows, "required": list(rows), "additionalProperties": False}
    else:
        values = {"type": "string", "maxLength": 60}
    return {
        "type": "object",
        "properties": {"answer": {"anyOf": [values, {"enum": [*WISHES, "unclear"]}]}},
        "required": ["answer"],
        "additionalProperties": False,
    }
