"""The knowledge port over `vectorstore`: passages as facts, doubtful ones marked, nothing where nothing is near."""

from collections.abc import Sequence
from datetime import date

from tools.types import PassageFact
from vectorstore.retrieve import Retriever


class IndexedKnowledge:
    def __init__(self, retriever: Retriever, top_k: int) -> None:
        self._retriever = retriever
        self._top_k = top_k

    def find(self, query: str, store_id: str | None, on: date) -> Sequence[PassageFact]:
        stores = frozenset({store_id}) if store_id else None
        found = self._retriever.retrieve(query[:300], store_ids=stores, on=on, k=self._top_k)
        if not (found.confident or found.likely):
            return []
        return [
            PassageFact(
                p.chunk_id, p.answer or p.text, p.title, p.source, p.page, p.kind, p.question, p.score,
                sure=found.confident, confidence=found.confidence, heading=p.title_path[-1],
            )
            for p in found.passages
        ]  # fmt: skip
