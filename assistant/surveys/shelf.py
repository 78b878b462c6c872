"""The surveys as they are now: the files, and above them what was edited on the page, kept in the store with its history.

All processes see a change within seconds. Called by the journey of moments and by the staff's pages.
"""

import threading
import time
from collections.abc import Mapping

from pydantic import ValidationError

from assistant import logs
from assistant.clock import Clock
from assistant.db import audit, survey_versions
from assistant.db.audit import Act, Origin
from assistant.db.engine import Database
from assistant.db.survey_versions import Version
from assistant.errors import NotFound, Refusal
from assistant.surveys.files import AS_KEPT, Survey

log = logs.get("surveys")
FRESH_S = 3.0


class Shelf:
    """Threads share it. `files`: the surveys of the files."""

    def __init__(self, database: Database, files: Mapping[str, Survey], clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self.files = files
        self._lock = threading.Lock()
        self._now: Mapping[str, Survey] = files
        self._read_at = 0.0

    def current(self) -> Mapping[str, Survey]:
        """All surveys by id."""
        if self._read_at and time.monotonic() - self._read_at < FRESH_S:
            return self._now
        with self._lock, self._db.read() as connection:
            edited = survey_versions.newest(connection)
            self._now = {**self.files, **{v.survey_id: s for v in edited if (s := self._survey(v)) is not None}}
            self._read_at = time.monotonic()
        return self._now

    def _survey(self, version: Version) -> Survey | None:
        if version.body is None:
            return None
        try:
            return Survey.model_validate(
                version.body, extra="ignore", context=AS_KEPT
            )  # as another version of us may have kept it
        except ValidationError as error:
            log.error(
                "edited_survey_refused", survey=version.survey_id, version=version.version, faults=error.error_count()
            )
            return None

    def history(self, survey_id: str) -> list[Version]:
        """The newest versions, newest first; none where only the file speaks."""
        with self._db.read() as connection:
            return survey_versions.history(connection, survey_id)

    def create(self, survey: Survey, origin: Origin, note: str = "") -> None:
        """Put a survey that has no file on the shelf. Raises Refusal where its id is taken."""
        now = self._clock.now()
        row = Version(survey.id, 1, survey.model_dump(mode="json"), now, origin.who, note)
        with self._db.write() as connection:
            if survey.id in self.files or not survey_versions.add(connection, row):
                raise Refusal(f"编号 {survey.id} 已经有一份问卷了，请换一个编号。")
            audit.note(connection, origin, [Act("surveys.create", survey.id, {"note": note})], now)
        self._read_at = 0.0

    def free_id(self, like: str) -> str:
        """An id that no survey has or had, made of another one's."""
        stem = like.rstrip("0123456789").rstrip("_")[:26] or "survey"
        with self._db.read() as connection:
            taken = {*self.files, *(v.survey_id for v in survey_versions.newest(connection))}
        return next(name for n in range(2, 10_000) if (name := f"{stem}_{n}") not in taken)

    def save(self, survey_id: str, body: Survey | None, seen: int, origin: Origin, note: str = "") -> int:
        """Put a version above the others (None: back to the file); returns its number.

        `seen`: the newest that the editor knew. Raises Refusal where somebody was faster.
        """
        if survey_id not in self.files and (body is None or survey_id not in self.current()):
            raise NotFound("没有这份问卷。")
        now = self._clock.now()
        row = Version(survey_id, seen + 1, body.model_dump(mode="json") if body else None, now, origin.who, note)
        with self._db.write() as connection:
            if not survey_versions.add(connection, row):
                other = survey_versions.history(connection, survey_id)[0]
                raise Refusal(
                    f"{other.who} 刚刚改过这份问卷（第 {other.version} 版），您的修改还没有保存。请复制要紧的内容，重新打开编辑页再改。"
                )
            what = "surveys.edit" if body else "surveys.reset"
            audit.note(connection, origin, [Act(what, survey_id, {"version": row.version, "note": note})], now)
        self._read_at = 0.0
        return row.version

    def at(self, survey_id: str, version: int) -> Survey:
        """A survey as it was in a version; 0 is the file, where there is one."""
        if version == 0 and survey_id in self.files:
            return self.files[survey_id]
        found = next((v for v in self.history(survey_id) if v.version == version), None)
        if found is None:
            raise NotFound("没有这个版本。")
        survey = self._survey(found) if found.body is not None else self.files.get(survey_id)
        if survey is None:
            raise Refusal("这个版本已经不能用了，请选别的版本。")
        return survey

    def restore(self, survey_id: str, version: int, seen: int, origin: Origin) -> int:
        """Take an earlier version up again, as a new one; 0 is the file."""
        survey = self.at(survey_id, version)
        if survey == self.files.get(survey_id):
            return self.save(survey_id, None, seen, origin, "恢复为文件里的版本")
        return self.save(survey_id, survey, seen, origin, f"恢复到第 {version} 版")
