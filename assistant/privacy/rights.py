"""See, export, delete, choose: the port by which a shopper exercises their rights.

An export is a JSON file under a name that cannot be guessed, gone after a day. A deletion is due work after a day, so
that a slip can be taken back.
"""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from assistant.clock import Clock
from assistant.db import due, effects, privacy
from assistant.db.engine import Database
from tools.privacy import TOPICS
from tools.types import DeletionScheduled, DeletionWithdrawn, KeptData

CONSENT_VERSION = "2026-11"
DELETE_AFTER = timedelta(hours=24)
EXPORT_LIVES = timedelta(hours=24)
DELETION = "privacy.delete"


class PrivacyRights:
    def __init__(self, database: Database, clock: Clock, export_dir: Path) -> None:
        self._db = database
        self._clock = clock
        self._export_dir = export_dir

    def kept(self, shopper: str) -> KeptData:
        with self._db.read() as connection:
            families = tuple(privacy.counts(connection, shopper).items())
            chosen = privacy.choices(connection, shopper)
        return KeptData(families, tuple((t, chosen.get(t, True)) for t in TOPICS), CONSENT_VERSION)

    def export(self, shopper: str) -> str:
        with self._db.read() as connection:
            body = privacy.export(connection, shopper)
        self._export_dir.mkdir(parents=True, exist_ok=True)
        self._sweep()
        name = f"{secrets.token_urlsafe(24)}.json"
        (self._export_dir / name).write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
        return f"/chat/export/{name}"

    def _sweep(self) -> None:
        oldest = (self._clock.now() - EXPORT_LIVES).timestamp()
        for path in self._export_dir.glob("*.json"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def delete(self, shopper: str, key: str) -> datetime:
        now = self._clock.now()
        with self._db.write() as connection:
            if done := effects.done_before(connection, key, DeletionScheduled):
                return done.at
            at = now + DELETE_AFTER
            due.schedule(connection, DELETION, key, {"shopper": shopper}, at)
            effects.remember(connection, key, DeletionScheduled(at), now)
        return at

    def deletion_due(self, shopper: str) -> datetime | None:
        with self._db.read() as connection:
            return due.waiting(connection, DELETION, "shopper", shopper)

    def keep(self, shopper: str, key: str) -> bool:
        now = self._clock.now()
        with self._db.write() as connection:
            if done := effects.done_before(connection, key, DeletionWithdrawn):
                return done.in_time
            result = DeletionWithdrawn(due.withdraw(connection, DELETION, "shopper", shopper, now) > 0)
            effects.remember(connection, key, result, now)
        return result.in_time

    def erase(self, shopper: str) -> None:
        """The deletion itself, when it falls due."""
        with self._db.write() as connection:
            files = privacy.erase(connection, shopper)
        for path in files:
            Path(path).unlink(missing_ok=True)

    def choose(self, shopper: str, topic: str, allowed: bool, key: str) -> KeptData:
        with self._db.write() as connection:
            privacy.choose(connection, shopper, topic, allowed, CONSENT_VERSION, self._clock.now())
        return self.kept(shopper)
