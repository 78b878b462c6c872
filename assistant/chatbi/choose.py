"""The second tier: where rules find no metric, the model chooses one of a few, or none. It never writes anything else.

A metric that the model chose is only taken where nothing in the question speaks against it; times, values, order and
limits stay with the rules. Model down or unsure: the question goes back to the asker.
"""

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.outcome import Choice
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load

NONE = "none"


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
        offered = "\n".join(
            f"- {name}: {self._catalogue.metrics[name].name}，{self._catalogue.metrics[name].definition}"
            for name in choice.metrics
        )
        schema = {
            "type": "object",
            "properties": {"metric": {"type": "string", "enum": [*choice.metrics, NONE]}},
            "required": ["metric"],
            "additionalProperties": False,
        }
        messages = [
            {"role": "system", "content": self._prompt.render()},
            {"role": "user", "content": f"{offered}\n- {NONE}: 都不是\n\n问题：{choice.question}"},
        ]
        try:
            picked = self._llm.decide(messages, schema, purpose="chatbi", max_tokens=24, deadline_s=self._budget_s)[
                "metric"
            ]
        except (ModelDown, ModelOffSchema):
            return None
        return str(picked) if picked in choice.metrics else None
