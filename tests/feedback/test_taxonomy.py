"""The tree is checked, and taken up when it changes."""

import os
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import TreeFile, load

SMALL = """
商品:
  - {id: a, name: 质量, words: [质量], good: [好], bad: [差]}
"""


def test_the_shipped_tree_has_two_levels_and_about_thirty_leaves_with_examples() -> None:
    tree = load(ASPECTS)

    assert set(tree.groups) == {"人员", "商品", "环境", "价格", "流程", "数字化"}
    assert 30 <= len(tree.leaves) <= 45
    assert all(leaf.lines for leaf in tree.leaves)


@pytest.mark.parametrize(
    "text",
    ["", "商品: 3", "商品: [{id: a}]", SMALL + "  - {id: a, name: 别的, words: [别]}", SMALL.replace("质量, w", "质量, x: 1, w"),
     SMALL.replace("bad: [差]", "examples: 没有符号")],
)  # fmt: skip
def test_a_wrong_tree_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=str(path)):
        load(path)


def test_a_change_is_taken_up_and_a_broken_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SMALL, encoding="utf-8")
    tagger = Tagger(TreeFile(path).get)
    assert tagger.tag("宠物区很好").aspects == ()

    path.write_text(SMALL + "  - {id: b, name: 宠物, words: [宠物]}\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    after_edit = [a.aspect for a in tagger.tag("宠物区很好").aspects]
    path.write_text("商品: [", encoding="utf-8")
    os.utime(path, ns=(2, 2))

    assert after_edit == ["宠物"]
    assert [a.aspect for a in tagger.tag("宠物区很好").aspects] == ["宠物"]
