"""Where the mart lies: one file a version, and a pointer that is replaced in one step.

A reader opens the version that the pointer names and keeps it as long as it likes; a refresh writes another file and
then moves the pointer. So nobody blocks and nobody sees half a mart. Called by the refresh and by the engine's opener.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

STAR = Path(__file__).parent / "sql" / "star.sql"
KEEP = 2  # versions that stay: the current one, and the last for readers that have just looked


@dataclass(frozen=True)
class Version:
    """What the pointer says. `as_of`: the last local day that the data speak of; `made_at`: aware UTC."""

    file: str
    stamp: str
    as_of: str
    made_at: str
    rows: dict[str, int]
    shape: str = ""  # fingerprint of the star's definition

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


@cache
def shape() -> str:
    """The fingerprint of the star that this code makes and asks."""
    return hashlib.sha256(STAR.read_bytes()).hexdigest()[:12]


class MartFiles:
    """The folder of the mart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _pointer(self) -> Path:
        return self.folder / "current.json"

    def current(self) -> Version | None:
        """The version to read, None where no mart was ever made."""
        try:
            found = Version(**json.loads(self._pointer.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        return found if self.path(found).exists() else None

    def path(self, version: Version) -> Path:
        return self.folder / version.file

    def fresh(self, stamp: str) -> Path:
        """Where the next version is written; leftovers of a killed refresh go away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob("*.part*"):
            left.unlink(missing_ok=True)
        return self.folder / f"mart-{stamp}.duckdb.part"

    def publish(self, part: Path, version: Version) -> None:
        """Make a finished file the current version."""
        part.replace(self.path(version))
        beside = self._pointer.with_suffix(".new")
        beside.write_text(json.dumps(asdict(version), ensure_ascii=False), encoding="utf-8")
        beside.replace(self._pointer)
        marts = sorted(self.folder.glob("mart-*.duckdb"))
        for old in marts[:-KEEP]:
            old.unlink(missing_ok=True)
