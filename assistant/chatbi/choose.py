"""The model's say on which metric is meant: one letter among a few metrics, or none. It never writes anything else.

Whose word counts for how much is decided in `language.described`; times, values, order and limits stay with the rules.
Model down, slow or unsure: no say.
"""

from string import ascii_uppercase

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.outcome import Choice
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load

NEITHER = "N"
MOST = ascii_uppercase.index(NEITHER)  # letters before it


class ModelChooser:
    """Callable with a `Choice`; gives a metric's name or None."""

    def __init__(self, llm: Llm, catalogue: Catalogue, budget_s: float) -> None:
        self._llm = llm
        self._catalogue = catalogue
        self._budget_s = budget_s
        self._prompt = load("chatbi/choose")

    def __call__(self, choice: Choice) -> str | None:
        if not self._llm.available():
            return None
        letters = dict(zip(ascii_uppercase[:MOST], choice.metrics, strict=False))
        known = self._catalogue.metrics
        offered = "\n".join(f"{letter} {known[m].name}（{known[m].definition}）" for letter, m in letters.items())
        schema = {
            "type": "object",
            "properties": {"metric": {"type": "string", "enum": [*letters, NEITHER]}},
            "required": ["metric"],
            "additionalProperties": False,
        }
        messages = [
            {"role": "system", "content": self._prompt.render()},
            {"role": "user", "content": f"{offered}\n{NEITHER} 都不是\n问题：{choice.question}"},
        ]
        try:
            said = self._llm.decide(messages, schema, purpose="chatbi", max_tokens=16, deadline_s=self._budget_s)
        except (ModelDown, ModelOffSchema):
            return None
        return letters.get(str(said["metric"]))
