"""The embedded model's state after reading a text: what it has understood so far, as one vector.

Enters: texts, short ones (about 15 ms a token on two cores). Leaves: one row of length one per text. A small linear model
over these rows tells wishes apart far better than the model's own words do (decision 0009). Called by `agent.second_look`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx
import numpy as np
from numpy.typing import NDArray

from assistant.config import LlmSettings
from assistant.errors import ModelDown
from assistant.llm.local import LocalServer
from assistant.llm.weights import QWEN

Floats = NDArray[np.float32]


class States(Protocol):
    """Whoever can read a text to its end."""

    @property
    def name(self) -> str:
        """Which model reads: what was learnt from one model's states says nothing about another's."""
        ...

    def ready(self) -> bool: ...

    def of(self, texts: Sequence[str], within_s: float) -> Floats:
        """One row per text. Raises ModelDown."""
        ...


class HiddenStates:
    """`States` of the embedded server. Threads share it."""

    def __init__(self, settings: LlmSettings, server: LocalServer) -> None:
        self.name = weights_name(settings.weights)
        self._server = server
        self._http = httpx.Client(trust_env=False)

    def ready(self) -> bool:
        return self._server.ready()

    def of(self, texts: Sequence[str], within_s: float) -> Floats:
        state = self._server.state
        if state is None:
            raise ModelDown("the embedded server is not up")
        try:
            answer = self._http.post(
                f"{state.url}/v1/embeddings",
                json={"input": list(texts)},
                headers={"Authorization": f"Bearer {state.api_key}"},
                timeout=within_s,
            ).raise_for_status()
            rows = sorted(answer.json()["data"], key=lambda row: row["index"])
            return np.array([row["embedding"] for row in rows], dtype=np.float32)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ModelDown(f"no state from the embedded server ({type(error).__name__})") from error

    def close(self) -> None:
        self._http.close()


def weights_name(own: Path | None) -> str:
    """Which weights: ours by their sum, others by name and size."""
    if own is None:
        return QWEN.sha256[:16]
    return f"{own.name}:{own.stat().st_size}" if own.exists() else own.name
