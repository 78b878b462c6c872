"""Files flow through: broken lines are skipped, what was cut short is taken up again."""

import json
from pathlib import Path

from assistant.feedback.labels import Tags
from assistant.feedback.stream import Crew, tag_file
from assistant.feedback.tagger import Tagger


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_broken_line_is_reported_and_the_rest_is_tagged_in_order(tmp_path: Path, tagger: Tagger) -> None:
    source = write(
        tmp_path / "in",
        ['{"id": 1, "text": "很好"}', "oops", '{"id": 2}', "[1]", "", '{"id": 3, "text": "\\ud800很差"}'],
    )
    notes: list[str] = []

    done = tag_file(str(source), tmp_path / "out", tagger, on=lambda _d, _b, note: notes.append(note))

    assert (done.tagged, done.broken) == (2, 3)
    assert [(row["id"], row["sentiment"]) for row in lines(tmp_path / "out")] == [(1, "pos"), (3, "neg")]
    assert [note for note in notes if "第 2 行" in note]


def test_an_output_cut_short_is_taken_up_where_it_ended(tmp_path: Path, tagger: Tagger) -> None:
    rows = [json.dumps({"id": n, "text": f"第{n}次来，服务很好"}, ensure_ascii=False) for n in range(700)]
    source = write(tmp_path / "in", [*rows[:300], "broken", *rows[300:]])
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    tag_file(str(source), whole, tagger)
    cut.write_bytes(whole.read_bytes()[:100_000])

    done = tag_file(str(source), cut, tagger, resume=True)

    assert done.resumed > 0 and done.resumed + done.tagged == 700
    assert cut.read_bytes() == whole.read_bytes()


def test_a_line_too_long_is_skipped(tmp_path: Path, tagger: Tagger) -> None:
    source = write(tmp_path / "in", ['{"id": 1, "text": "' + "好" * 2_000_000 + '"}', '{"id": 2, "text": "好"}'])

    done = tag_file(str(source), tmp_path / "out", tagger)

    assert (done.tagged, done.broken) == (1, 1)


class Shouts:
    """A tagger that can be sent to another process."""

    def tag_many(self, texts: list[str]) -> list[Tags]:
        return [Tags("neg" if "差" in text else "pos", 0.0, 1.0, "rules") for text in texts]


def test_several_processes_keep_the_order(tmp_path: Path) -> None:
    rows = [json.dumps({"id": n, "text": "差" if n % 3 else "好"}, ensure_ascii=False) for n in range(2_000)]
    source = write(tmp_path / "in", [*rows[:700], "broken", *rows[700:]])
    crew = Crew(Shouts, 2)

    done = tag_file(str(source), tmp_path / "out", crew)
    crew.close()

    assert (done.tagged, done.broken) == (2_000, 1)
    assert [(r["id"], r["sentiment"]) for r in lines(tmp_path / "out")] == [
        (n, "neg" if n % 3 else "pos") for n in range(2_000)
    ]


def test_a_number_that_is_no_json_breaks_its_line_alone(tmp_path: Path, tagger: Tagger) -> None:
    source = write(tmp_path / "in", ['{"id": NaN, "text": "很好"}', '{"id": 2, "text": "很好"}'])

    done = tag_file(str(source), tmp_path / "out", tagger)

    assert (done.tagged, done.broken) == (1, 1)
