"""Weights are reproducible, hold no pickle, and are replaced only by better ones."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ConfigError
from assistant.feedback import weights
from assistant.feedback.attitudes import attitudes
from assistant.feedback.corrections import from_file, usable
from assistant.feedback.examples import Example
from assistant.feedback.linear import Floats
from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import Tree, load
from assistant.feedback.topics import Heard, emerging
from assistant.feedback.train import Trained, make, train

TREE = load(ASPECTS)
SMALL = Tree({"商品": TREE.groups["商品"][:2]}, "small")
ROWS = [
    Example(f"{w}{a}", s, {leaf: s}, "plain", "fit")
    for w, leaf in (
        ("质量", "goods.quality"),
        ("做工", "goods.quality"),
        ("款式", "goods.style"),
        ("颜色", "goods.style"),
    )
    for a, s in (("很好", "pos"), ("不错", "pos"), ("很差", "neg"), ("糟糕", "neg"), ("一般", "neu"), ("普通", "neu"))
]


def test_the_same_rows_make_the_same_weights_and_a_file_holds_them_whole(tmp_path: Path) -> None:
    first, second = make(SMALL, ROWS, None), make(SMALL, ROWS, None)
    weights.save(tmp_path / "w.npz", first)
    back = weights.load(tmp_path / "w.npz")

    texts = ["质量很差", "颜色不错", "今天天气"]
    tags = [Tagger(lambda: SMALL, weights=w).tag_many(texts) for w in (first, second, back)]

    assert tags[0] == tags[1]
    assert [t.sentiment for t in tags[2]] == [t.sentiment for t in tags[0]]
    with np.load(tmp_path / "w.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + b"\0" * 18, b"nonsense"])
def test_a_broken_weights_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"w\.npz"):
        weights.load(path)


def test_a_leaf_added_after_the_training_is_found_by_rules(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    more = "宠物:\n  - {id: pets, name: 宠物友好, words: [宠物], good: [友好]}\n"
    path.write_text(ASPECTS.read_text(encoding="utf-8") + more, encoding="utf-8")

    tags = Tagger.shipped(aspects=path).tag("对宠物很友好")

    assert [(a.aspect, a.sentiment) for a in tags.aspects if a.leaf == "pets"] == [("宠物友好", "pos")]


def test_weights_that_got_worse_are_not_better() -> None:
    done = train(TREE, (), None, None, today=date(2026, 11, 22))
    worse = Trained(done.weights, done.new, done.new)

    assert done.better
    assert not worse.better
    assert done.weights.note["trained_on"] == "2026-11-22"


def test_corrections_come_from_a_file_by_name_or_id_and_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(
        '{"text": "好", "sentiment": "neg", "aspects": {"停车": "neg", "gone": "pos"}}\n'
        '{"text": "好", "sentiment": "pos", "aspects": {"place.parking": "pos"}}\n',
        encoding="utf-8",
    )
    (tmp_path / "d.jsonl").write_text('\n{"text": "好", "sentiment": "great"}\n', encoding="utf-8")

    rows = usable(from_file(path), TREE)

    assert [(r.text, r.sentiment, r.aspects) for r in rows] == [("好", "pos", {"place.parking": "pos"})]
    with pytest.raises(ConfigError, match="line 2"):
        from_file(tmp_path / "d.jsonl")


def test_what_the_tree_does_not_hold_comes_up_with_a_name_growth_and_examples() -> None:
    start = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    pets = [
        "带宠物狗进来会被拦",
        "带宠物狗不能进来么",
        "带宠物狗要抱着走嘛",
        "带宠物狗在里面溜达",
        "带宠物狗去哪里寄放",
    ]
    others = ["月亮升起来了呀", "明早要去开大会"]
    heard = [Heard(t, start) for t in others] + [Heard(t, start + timedelta(days=9)) for t in pets]

    def embed(texts: object) -> Floats:
        return np.array([[1.0, 0.1] if "宠物" in t else [-1.0, 0.9] for t in texts], dtype=np.float32)  # type: ignore[attr-defined]

    found = emerging(TREE, heard, embed)

    assert [(t.count, t.growth > 1, "宠物" in t.name) for t in found] == [(5, True, True)]
    assert found[0].examples[0] in pets


def test_old_words_weigh_less_than_new_ones() -> None:
    now = datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    said = [
        ("price.level", "neg", now - timedelta(days=180), "answer"),
        ("price.level", "pos", now, "message"),
        ("gone", "pos", now, "message"),
        ("place.parking", "neg", now - timedelta(days=700), "answer"),
    ]

    found = attitudes(TREE, said, now)

    assert [(a.level, a.name, a.said, a.words) for a in found] == [
        (1, "价格", 2, "价格：满意"),
        (2, "价格高低", 2, "价格高低：满意"),
    ]
