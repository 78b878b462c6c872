"""Surveys as they were edited, version above version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from assistant.db.engine import upsert
from assistant.db.tables.moments import survey_versions


@dataclass(frozen=True)
class Version:
    """`body` None: back to the file."""

    survey_id: str
    version: int
    body: Mapping[str, Any] | None
    at: datetime
    who: str
    note: str


def newest(connection: Connection) -> list[Version]:
    """The newest version of every survey that was edited."""
    t = survey_versions.c
    last = select(t.survey_id, func.max(t.version).label("version")).group_by(t.survey_id).subquery()
    query = select(survey_versions).join(last, (last.c.survey_id == t.survey_id) & (last.c.version == t.version))
    return [Version(**row) for row in connection.execute(query).mappings()]


def history(connection: Connection, survey_id: str, limit: int = 30) -> list[Version]:
    """The newest versions of a survey, newest first."""
    t = survey_versions.c
    query = select(survey_versions).where(t.survey_id == survey_id).order_by(t.version.desc()).limit(limit)
    return [Version(**row) for row in connection.execute(query).mappings()]


def add(connection: Connection, row: Version) -> bool:
    """False where that version is there already."""
    put = upsert(connection, survey_versions).values(
        survey_id=row.survey_id, version=row.version, body=row.body, at=row.at, who=row.who[:80], note=row.note[:200]
    )
    put = put.on_conflict_do_nothing(index_elements=["survey_id", "version"]).returning(survey_versions.c.version)
    return connection.execute(put).first() is not None  # see db.moments.note_event
