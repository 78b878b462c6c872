"""Words: segmentation, normalisation, scores."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vectorstore.lexical import LexicalIndex, add_words, content_words, normalise, pairs, words

TEXTS = ["停车场前三十分钟免费", "金卡会员积分一点五倍", "羽绒服怎么洗"]


def test_width_case_and_traditional_characters_do_not_matter() -> None:
    assert normalise("請問ＷｉＦｉ在哪裡？") == normalise("请问wifi在哪里?")


def test_the_text_with_the_words_scores_highest() -> None:
    index = LexicalIndex.build(TEXTS)

    scores = index.match("停車免費嗎").scores

    assert scores.argmax() == 0
    assert scores[2] == 0


def test_unknown_words_are_found_by_their_character_pairs() -> None:
    index = LexicalIndex.build(["鹿角巷专柜在三楼", "步川专柜在二楼"])

    assert index.match("鹿角").scores.argmax() == 0


def test_politeness_and_function_words_say_nothing() -> None:
    assert content_words("请问你们可以告诉我吗") == []
    assert "停车" in content_words("请问停车多少钱呀")


def test_words_of_the_trade_can_be_taught() -> None:
    add_words(["拾光焕颜霜"])

    assert "拾光焕颜霜" in words("拾光焕颜霜多少钱")


@given(st.text(max_size=60))
def test_any_query_gets_scores_between_zero_and_about_one(query: str) -> None:
    match = LexicalIndex.build(TEXTS).match(query)

    assert match.scores.shape == (3,)
    assert (match.scores >= 0).all()
    assert (match.scores <= 2.3).all()


def test_an_index_of_nothing_answers_nothing() -> None:
    assert LexicalIndex.build([]).match("停车").scores.shape == (0,)


def test_a_saved_index_scores_as_before(tmp_path: Path) -> None:
    index = LexicalIndex.build(TEXTS)
    index.save(tmp_path)

    again = LexicalIndex.load(tmp_path)

    assert (again.match("会员积分").scores == index.match("会员积分").scores).all()


def test_pairs_keep_numbers_and_latin_words_whole() -> None:
    assert pairs("AED在1F服务台") == ["aed", "在", "1f", "服务", "务台"]
