"""The errors of the knowledge index.

VectorstoreError
├── Unreadable     one document is refused; the others go on (file and reason)
├── IndexMissing   nothing has been ingested yet
├── IndexBusy      another ingest is writing
├── IndexBroken    what is on disk does not fit together; ingest again
└── StorageFull    the disk is full; the index that was there keeps answering
"""


class VectorstoreError(Exception):
    """Root of everything that the knowledge index raises on purpose."""


class Unreadable(VectorstoreError):
    """A document that cannot be taken. `reason` is a sentence for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IndexMissing(VectorstoreError):
    """There is no index yet in this folder."""


class IndexBusy(VectorstoreError):
    """Another process is ingesting into this index."""


class IndexBroken(VectorstoreError):
    """The index on disk does not fit together, or was made with another embedding model."""


class StorageFull(VectorstoreError):
    """No room to write the new generation; the one before is untouched."""
