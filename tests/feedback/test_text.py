"""A readable twin has the length of its text, and clauses lie where they say."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.feedback.text import clauses, is_gibberish, readable

MIXED = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>/&;#x好差，。！ b\u3000\0服務")), max_size=120)


@given(MIXED)
def test_a_readable_text_is_as_long_as_what_came_in(text: str) -> None:
    assert len(readable(text)) == len(text)


@given(MIXED)
def test_a_clause_is_an_exact_slice(text: str) -> None:
    plain = readable(text)

    for clause in clauses(plain, ("但是", "不过")):
        assert plain[clause.start : clause.end] == clause.text
        assert clause.text.strip() == clause.text != ""


def test_tags_entities_and_traditional_script_are_read() -> None:
    text = "<p class='x'>服務&amp;環境ＯＫ</p>"

    plain = readable(text)

    assert plain.strip() == "服务&    环境ok"


def test_a_word_of_contrast_begins_a_clause() -> None:
    found = [c.text for c in clauses("东西好吃但是送得太慢", ("但是",))]

    assert found == ["东西好吃", "但是送得太慢"]


def test_twenty_thousand_characters_without_a_stop_come_in_windows() -> None:
    found = clauses("好" * 20_000)

    assert max(len(c.text) for c in found) <= 120
    assert sum(len(c.text) for c in found) == 20_000


def test_struck_keys_are_gibberish_and_short_praise_is_not() -> None:
    assert [is_gibberish(t) for t in ("asdfghjk", "......", "啊啊啊啊啊啊", "13800010001")] == [True] * 4
    assert [is_gibberish(t) for t in ("好好好好", "666666", "👍👍", "nice", "good")] == [False] * 5
