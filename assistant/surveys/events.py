"""Events as a retailer sends them, JSON or CSV, checked one by one: what is wrong with one does not stop the others."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.clock import SHANGHAI
from assistant.domain.moment import Event
from assistant.encodings import encoding_of
from assistant.errors import BadInput
from assistant.surveys.rules import EVENTS

_WORDS = {
    "missing": "缺少这一项",
    "string_too_short": "不能为空",
    "string_too_long": "太长",
    "extra_forbidden": "没有这一项",
    "greater_than_equal": "不能是负数",
    "int_parsing": "应是整数（分）",
    "int_from_float": "应是整数（分）",
    "timezone_aware": "时间要带时区，例如 2026-11-22T10:00:00+08:00",
}


class EventIn(BaseModel):
    """One event. `at` needs its time zone; `amount_cents` is integer cents (分)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=80)
    type: str
    member_id: str = Field(min_length=1, max_length=16)
    at: AwareDatetime
    store_id: str | None = Field(default=None, max_length=16)
    order_id: str | None = Field(default=None, max_length=24)
    channel: Literal["", "store", "online"] = ""
    amount_cents: int | None = Field(default=None, ge=0, le=2**31 - 1)

    @field_validator("id", "member_id", "store_id", "order_id")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            raise ValueError("编号里有不可见字符")
        return text

    @field_validator("at")
    @classmethod
    def _in_our_time(cls, at: datetime) -> datetime:
        if not 2000 <= at.year <= 2100:
            raise ValueError("at：时间不对")
        return at

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in EVENTS:
            raise ValueError(f"没有 {kind[:30]} 这种事件，可用的有 {'、'.join(EVENTS)}")
        return kind


@dataclass(frozen=True)
class Refused:
    """An event that was not taken: where it stood, its id as far as it is known, and why."""

    place: int
    id: str
    error: str


def read_event(given: Any, place: int = 0) -> Event | Refused:
    """One event of plain data."""
    named = str(given.get("id", ""))[:80] if isinstance(given, Mapping) else ""
    named = named.encode("utf-8", "backslashreplace").decode()  # half a character has no bytes to answer with
    try:
        return Event(**EventIn.model_validate(given).model_dump())
    except ValidationError as error:
        return Refused(place, named, "；".join(_words(e) for e in error.errors()[:5]))


def _words(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "事件"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"{where}：{_WORDS.get(error['type'], '格式不对')}"


def read_events(given: Iterable[Any]) -> tuple[list[Event], list[Refused]]:
    """Events of plain data; good ones and refused ones."""
    good: list[Event] = []
    refused: list[Refused] = []
    for place, one in enumerate(given, 1):
        found = read_event(one, place)
        (good if isinstance(found, Event) else refused).append(found)  # type: ignore[arg-type]
    return good, refused


def read_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a CSV file (UTF-8, with or without BOM, or GB18030) as plain data; a moment without zone is Shanghai's.

    Raises BadInput where it cannot be read as one.
    """
    try:
        with path.open(encoding=encoding_of(path), newline="") as file:
            yield from _csv_rows(csv.DictReader(file))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} 读不成 CSV：{error}") from error


def _csv_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        found = {name: value for name, value in row.items() if name and value not in (None, "")}
        if "at" in found:
            found["at"] = _aware(found["at"])
        yield found


def _aware(text: str) -> str | datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
