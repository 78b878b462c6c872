"""English of visitors is read by the Chinese lists, and spans stay slices of what was written."""

import pytest
import yaml

from assistant.feedback.english import _FILE, glossed
from assistant.feedback.tagger import Tagger

TAGGER = Tagger.shipped()


@pytest.mark.parametrize(
    ("said", "sentiment", "aspects"),
    [
        ("Terrible service, never again", "neg", {("staff.attitude", "neg")}),
        ("I love the new store, clean and bright", "pos", {("place.clean", "pos"), ("place.comfort", "pos")}),
        ("delivery was late and the box was broken", "neg", {("process.delivery", "neg"), ("goods.packaging", "neg")}),
        ("Not very clean toilets, staff not helpful at all", "neg", {("place.clean", "neg"), ("staff.attitude", "neg")}),
    ],
)  # fmt: skip
def test_a_visitor_is_understood(said: str, sentiment: str, aspects: set[tuple[str, str]]) -> None:
    tags = TAGGER.tag(said)

    assert tags.sentiment == sentiment
    assert {(a.leaf, a.sentiment) for a in tags.aspects} == aspects
    assert all(said[a.start : a.start + len(a.span)] == a.span for a in tags.aspects)


@pytest.mark.parametrize(
    "said", ["I fell in love with this shirt", "The website’s slow", "kind of expensive", "no problem at all"]
)
def test_what_only_sounds_like_danger_or_trouble_is_none(said: str) -> None:
    tags = TAGGER.tag(said)

    assert tags.risks == ()
    assert len(glossed(said.lower())) == len(said)


def test_danger_is_heard_in_english() -> None:
    tags = TAGGER.tag("I slipped on the wet floor near the escalator and hurt my knee")

    assert [r.name for r in tags.risks] == ["safety"]
    assert tags.urgency == 2


@pytest.mark.parametrize("said", ["店员 very nice", "とても良かった", "très bien", "", "123", "ok"])
def test_nothing_else_is_translated_and_no_length_changes(said: str) -> None:
    assert len(glossed(said)) == len(said)
    assert glossed(said) == said or said == "ok"


def test_every_word_has_room_for_its_gloss() -> None:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))

    assert [en for en, zh in (raw["words"] | raw["turn"] | raw["very"]).items() if len(zh) > len(en)] == []
