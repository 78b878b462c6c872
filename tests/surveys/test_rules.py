"""Whom to ask, about what, when."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.clock import local
from assistant.domain.moment import Event
from assistant.errors import ConfigError
from assistant.surveys.files import read_surveys
from assistant.surveys.rules import Past, Rules, awake, decide, read_rules

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai
RULES = read_rules(surveys=read_surveys())
KNOWN = Past("金卡")


def event(kind: str = "refunded", **changes: object) -> Event:
    return Event(**{"id": "E1", "type": kind, "member_id": "M1", "at": NOW, "store_id": "S001", **changes})  # type: ignore[arg-type]


def test_an_event_with_a_rule_invites_after_the_delay() -> None:
    found = decide(RULES, event(), KNOWN, NOW)

    assert found.reason == "invited"
    assert found.rule is not None
    assert found.rule.survey == "after_sale"
    assert found.due_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("kind", "changes", "past", "reason"),
    [
        ("cart_left", {}, KNOWN, "no_rule"),
        ("refunded", {"at": NOW + timedelta(hours=1)}, KNOWN, "future"),
        ("refunded", {"at": NOW - timedelta(days=30)}, KNOWN, "stale"),
        ("refunded", {}, Past(None), "unknown_member"),
        ("refunded", {}, Past("金卡", allowed=False), "opted_out"),
        ("refunded", {}, Past("金卡", unfinished=True), "asked"),
        ("refunded", {}, Past("金卡", last_invited=NOW - timedelta(days=3)), "cool_down"),
        ("refunded", {}, Past("金卡", NOW > NOW or True, NOW - timedelta(days=20), {"refunded": NOW - timedelta(days=20)}),
         "cool_down"),
        ("paid", {"channel": "store", "amount_cents": 100}, KNOWN, "segment"),
    ],
)  # fmt: skip
def test_whoever_is_not_asked_is_not_asked_for_a_reason(
    kind: str, changes: dict[str, object], past: Past, reason: str
) -> None:
    assert decide(RULES, event(kind, **changes), past, NOW).reason == reason


def test_a_segment_may_ask_for_a_stage_of_life_and_for_what_was_bought() -> None:
    body = RULES.model_dump()
    body["rules"] = [
        {"id": "creams", "event": "paid", "survey": "product", "who": {"stages": ["高价值"], "products": ["美妆护肤"]}}
    ]
    rules = Rules.model_validate(body)
    paid = event("paid", order_id="O1")

    fits = decide(rules, paid, Past("金卡", stage="高价值", bought=frozenset({"P039", "美妆护肤", "拾光"})), NOW)
    other_stage = decide(rules, paid, Past("金卡", stage="沉默", bought=frozenset({"美妆护肤"})), NOW)
    other_things = decide(rules, paid, Past("金卡", stage="高价值", bought=frozenset({"鞋履"})), NOW)

    assert [d.reason for d in (fits, other_stage, other_things)] == ["invited", "segment", "segment"]


def test_nobody_is_written_to_at_night() -> None:
    late = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)  # 21:30 in Shanghai

    found = decide(RULES, event(at=late), KNOWN, late)

    assert found.due_at is not None
    assert local(found.due_at).strftime("%d %H:%M") == "23 09:00"


@given(minutes=st.integers(0, 60 * 24 * 3))
def test_a_moment_is_never_moved_back_nor_into_the_quiet_hours(minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)

    moved = awake(RULES, at)

    assert moved >= at
    assert 9 <= local(moved).hour < 21


def test_a_share_is_drawn_the_same_for_the_same_event() -> None:
    def reasons() -> Counter[str]:
        paid = (event("paid", id=f"E{n}", channel="store", amount_cents=9900) for n in range(2000))
        return Counter(decide(RULES, one, KNOWN, NOW).reason for one in paid)

    first = reasons()

    assert first == reasons()
    assert 500 < first["invited"] < 700  # 30 % of 2,000


def test_wordings_are_dealt_out_evenly() -> None:
    dealt: Counter[str] = Counter()
    for n in range(4000):
        one = event("paid", id=f"E{n}", member_id=f"M{n}", channel="store", amount_cents=9900)
        if (found := decide(RULES, one, KNOWN, NOW)).variant:
            dealt[found.variant.id] += 1

    assert set(dealt) == {"warm", "short"}
    assert abs(dealt["warm"] - dealt["short"]) < 150


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rules: [{id: a, event: moon_landing, survey: product}]", "no event moon_landing"),
        ("rules: [{id: a, event: paid, survey: nothing}]", "which does not exist"),
        ("rules: [{id: a, event: paid, survey: product}, {id: a, event: visit, survey: product}]", "same id"),
        ("rules: [{id: a, event: paid, survey: product, share: 2}]", "less than or equal to 1"),
        ("rules: {", "rules.yaml"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=fault):
        read_rules(path, read_surveys())


def test_a_rule_that_matches_everybody_still_cools_down() -> None:
    everybody = Rules.model_validate({"rules": [{"id": "all", "event": "visit", "survey": "store_visit"}]})

    again = decide(everybody, event("visit"), Past("普通", last_invited=NOW - timedelta(days=1)), NOW)

    assert again.reason == "cool_down"


def test_a_rule_may_be_for_those_who_feel_so_lately() -> None:
    who = {"attitudes": ["排队结账-负面", "价格-负面"]}
    unhappy = Rules.model_validate({"rules": [{"id": "r", "event": "visit", "survey": "s", "who": who}]})

    of_them = decide(unhappy, event("visit"), Past("普通", attitudes=frozenset({"价格-负面", "环境-正面"})), NOW)
    of_others = decide(unhappy, event("visit"), Past("普通", attitudes=frozenset({"价格-正面"})), NOW)
    of_silent = decide(unhappy, event("visit"), Past("普通"), NOW)

    assert (of_them.reason, of_others.reason, of_silent.reason) == ("invited", "segment", "segment")


def test_an_attitude_is_named_with_how_it_feels() -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate({"rules": [{"id": "r", "event": "visit", "survey": "s", "who": {"attitudes": ["价格"]}}]})


@pytest.mark.parametrize(
    "change",
    [
        {"who": {"channels": ["shop"]}},
        {"who": {"least_cents": 900, "most_cents": 300}},
        {"variants": [{"id": "a", "greeting": "您好"}, {"id": "a", "greeting": "嗨"}]},
        {"variants": [{"id": "a", "greeting": ""}]},
        {"variants": [{"id": "a", "greeting": "{stroe}您好"}]},
    ],
)
def test_a_rule_that_can_never_do_what_it_says_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate({"rules": [{"id": "r", "event": "visit", "survey": "s", **change}]})
