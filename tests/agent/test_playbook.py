"""The operators' files: faults are named, changes are taken up, a broken file never stops the service."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.agent.particulars import called, find
from assistant.agent.playbook import PlaybookFiles, load
from assistant.config import AgentSettings
from assistant.errors import ConfigError


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the playbook that an operator may spoil."""
    target = tmp_path / "playbook"
    shutil.copytree(AgentSettings().playbook, target)
    return target


def change(path: Path, text: str) -> None:
    """Write as an editor does, with a time stamp that is surely new."""
    path.write_text(text, encoding="utf-8")
    stamp = path.stat().st_mtime + 10
    os.utime(path, (stamp, stamp))


def append(path: Path, text: str) -> None:
    change(path, path.read_text(encoding="utf-8") + text)


def test_the_playbook_that_is_shipped_is_good() -> None:
    book = load(AgentSettings().playbook)

    assert len(book.intents) >= 40
    assert {intent for _, intent in book.examples()} == set(book.intents)
    assert all(not rule.fits("") for rule in book.rules)


def test_a_retailer_names_its_own_rewards_and_coupons_in_a_file(files: Path) -> None:
    change(files / "names.yaml", "rewards: {面包: 全麦面包}\ncoupons_of_brands: {云雀: 饮品券}\n")

    names = load(files).names

    assert find("换个面包", names)["item"] == "全麦面包"
    assert "item" not in find("换杯咖啡", names)
    assert called(names.coupons_of_brands, "云雀那张给我") == "饮品券"


def test_a_playbook_that_is_older_than_the_file_of_names_still_loads(files: Path) -> None:
    (files / "names.yaml").unlink()

    assert not {"item", "tier"} & set(find("金卡换咖啡", load(files).names))


INTENT = "\n- intent: {name}\n  hint: 试试\n  examples: |\n    一\n    二\n    三\n"
FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no YAML": (lambda f: change(f / "replies.yaml", "hello: [unclosed"), "replies.yaml"),
    "not UTF-8": (lambda f: (f / "rules.yaml").write_bytes(b"\xff\xfe\x00"), "rules.yaml"),
    "a list where a mapping belongs": (lambda f: change(f / "policy.yaml", "- a"), "expected a dict"),
    "an empty file": (lambda f: change(f / "intents" / "care.yaml", ""), "expected a list"),
    "a file that is gone": (lambda f: (f / "replies.yaml").unlink(), "replies.yaml"),
    "an unknown field": (lambda f: append(f / "rules.yaml", "\n- {intent: points_balance, when: x, prio: 1}\n"), "prio"),
    "a pattern that is none": (lambda f: append(f / "rules.yaml", "\n- {intent: points_balance, when: '('}\n"), "rules.yaml"),
    "a rule for no intent": (lambda f: append(f / "rules.yaml", "\n- {intent: fly, when: x}\n"), "fly is no intent"),
    "an intent twice": (lambda f: append(f / "intents/care.yaml", INTENT.format(name="points_balance")), "declared twice"),
    "an intent that nothing serves": (lambda f: append(f / "intents/care.yaml", INTENT.format(name="fly")), "is no tool"),
    "a reply that is not there": (
        lambda f: append(f / "intents/care.yaml", INTENT.format(name="fly") + "  reply: nowhere\n"), "names the reply nowhere",
    ),
    "a table of names that we do not know": (lambda f: append(f / "names.yaml", "\nrewards_of_brands: {a: b}\n"), "names.yaml"),
    "too few examples": (
        lambda f: append(f / "intents/care.yaml", INTENT.format(name="fly").replace("    三\n", "") + "  reply: wait\n"),
        "at least three",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_file(files: Path, fault: str) -> None:
    spoil, words = FAULTS[fault]
    spoil(files)

    with pytest.raises(ConfigError) as error:
        load(files)

    assert words in str(error.value)
    assert str(files) in str(error.value)


def test_a_change_is_taken_up_without_a_restart(files: Path) -> None:
    playbook = PlaybookFiles(files)
    before = playbook.get()

    append(files / "intents" / "care.yaml", INTENT.format(name="fly") + "  reply: wait\n")
    after = playbook.get()

    assert "fly" not in before.intents
    assert "fly" in after.intents
    assert before.version != after.version


def test_nothing_is_read_again_where_nothing_changed(files: Path) -> None:
    playbook = PlaybookFiles(files)

    assert playbook.get() is playbook.get()


def test_a_broken_file_keeps_the_last_good_playbook_until_it_is_mended(files: Path) -> None:
    playbook = PlaybookFiles(files)
    good = playbook.get()
    whole = (files / "replies.yaml").read_text(encoding="utf-8")

    change(files / "replies.yaml", "hello: [unclosed")
    while_broken = playbook.get()
    change(files / "replies.yaml", whole.replace("{brand}", "云上"))
    mended = playbook.get()

    assert while_broken is good
    assert mended is not good


@pytest.mark.parametrize("gone", ["replies.yaml", "intents/care.yaml", "policy.yaml"])
def test_a_file_that_vanishes_while_an_editor_saves_keeps_the_last_good_playbook(files: Path, gone: str) -> None:
    playbook = PlaybookFiles(files)

    (files / gone).unlink()

    assert playbook.get().intents
