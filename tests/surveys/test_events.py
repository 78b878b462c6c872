"""Events as retailers send them: what can be read of them, and how the rest is refused."""

from pathlib import Path

import pytest

from assistant.errors import BadInput
from assistant.surveys.events import Refused, read_csv, read_event, read_events

HEAD = "id,type,member_id,at,store_id\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_of_events_may_be_saved_by_any_spreadsheet(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(HEAD + "单1,paid,M1,2026-11-22 09:00:00,S001\n单2,paid,M1,昨天,S001\n单3,paid\n", encoding=encoding)

    good, refused = read_events(read_csv(path))

    assert [event.id for event in good] == ["单1"]
    assert [(one.place, one.id) for one in refused] == [(2, "单2"), (3, "单3")]


@pytest.mark.parametrize("content", [b"x" * 200_000, HEAD.encode() + b"\xd7\xff\xff,paid\n"])
def test_what_is_no_csv_is_refused_with_the_name_of_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(content)

    with pytest.raises(BadInput, match=r"events\.csv"):
        list(read_csv(path))


def test_half_a_character_in_an_id_can_be_answered_with() -> None:
    found = read_event({"id": "\ud800", "type": "paid", "member_id": "M1", "at": "2026-11-22T09:00:00+08:00"})

    assert isinstance(found, Refused)
    assert found.id.encode("utf-8")
    assert found.error.encode("utf-8")
