"""The door to a language model: `client` connects, `local` runs the embedded one, `scripted` plays one."""

from assistant.llm.calls import ModelCall, collect_calls, within_budget
from assistant.llm.client import GatedLlm, Llm, connect

__all__ = ["GatedLlm", "Llm", "ModelCall", "collect_calls", "connect", "within_budget"]
