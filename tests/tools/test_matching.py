"""Names in what shoppers type: exact, misheard, misspelt, in pinyin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.matching import NameIndex, sound

STORES = NameIndex(
    [("S001", "徐家汇店"), ("S001", "徐家汇"), ("S002", "静安寺店"), ("S003", "五角场"), ("S014", "五一广场")]
)
GOODS = NameIndex([
    ("P001", "羽绒服"), ("P002", "儿童羽绒服"), ("P003", "大衣"), ("P004", "小白鞋"), ("P005", "VIP"), ("P006", "大衣"),
])  # fmt: skip


def keys(index: NameIndex, text: str) -> list[str]:
    return [h.key for h in index.scan(text)]


def test_a_name_is_found_with_its_place_in_the_sentence() -> None:
    hit = STORES.scan("请问徐家汇店几点关门")[0]

    assert (hit.key, hit.name, hit.start, hit.end, hit.score) == ("S001", "徐家汇店", 2, 6, 1.0)


def test_the_longer_name_wins_over_one_inside_it() -> None:
    assert keys(GOODS, "有儿童羽绒服吗") == ["P002"]


def test_a_name_that_several_things_share_finds_them_all() -> None:
    assert set(keys(GOODS, "想买大衣")) == {"P003", "P006"}


def test_the_same_name_twice_is_found_twice() -> None:
    assert keys(GOODS, "羽绒服和羽绒服") == ["P001", "P001"]


@pytest.mark.parametrize("typo", ["徐家会几点关门", "许家汇店怎么走", "絮加汇"])
def test_a_name_that_sounds_the_same_is_found(typo: str) -> None:
    assert set(keys(STORES, typo)) == {"S001"}


@pytest.mark.parametrize("typed", ["xujiahui几点关门", "what about xujiahui", "XUJIAHUI", "xujiahuai"])
def test_a_name_in_pinyin_is_found(typed: str) -> None:
    assert "S001" in keys(STORES, typed)


def test_two_syllables_that_sound_alike_are_no_name() -> None:
    assert keys(GOODS, "打一把伞") == []


@pytest.mark.parametrize(("text", "found"), [("VIP休息室", True), ("我是vip", True), ("VIPS", False), ("aVIPb", False)])
def test_a_latin_name_stands_alone(text: str, found: bool) -> None:
    assert (keys(GOODS, text) == ["P005"]) is found


def test_a_near_spelling_of_a_whole_name_is_resolved() -> None:
    assert {h.key for h in STORES.resolve("五一广")} == {"S014"}


@pytest.mark.parametrize("words", ["", "x", "外星飞船", "？？", "1234567"])
def test_what_is_like_nothing_is_nothing(words: str) -> None:
    assert STORES.resolve(words) == []


@given(st.text(max_size=60) | st.text(alphabet="徐家会汇店五角场 xujiahui·'İ\u0307ßﬁ①\0😀", max_size=40))
def test_any_text_is_read_and_offsets_lie_inside_it(text: str) -> None:
    for index in (STORES, GOODS):
        for hit in [*index.scan(text), *index.resolve(text)]:
            assert 0 <= hit.start <= hit.end <= len(text)
            assert 0 < hit.score <= 1


@given(st.text(max_size=30), st.sampled_from(["徐家汇店", "静安寺店", "五角场"]), st.text(max_size=30))
def test_a_name_is_found_whatever_stands_around_it(before: str, name: str, after: str) -> None:
    assert name.removesuffix("店") in "".join(h.name for h in STORES.scan(f"{before} {name} {after}"))


@given(st.text(max_size=40))
def test_the_sound_of_a_text_is_stable(text: str) -> None:
    assert sound(text) == sound(text)
    assert all(sound(text))


def test_an_empty_index_finds_nothing() -> None:
    empty = NameIndex([])

    assert empty.scan("徐家汇") == []
    assert empty.resolve("徐家汇") == []
