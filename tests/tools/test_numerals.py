"""Whole numbers in Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.numerals import DIGITS, UNITS, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("十二", 12), ("二十", 20), ("两百", 200), ("两百零五", 205), ("三百五", 350), ("一百二十", 120), ("两千三", 2300),
        ("一千零五十", 1050), ("俩", 2), ("〇", 0), ("十", 10), ("六百六十六", 666),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_said(text: str, value: int) -> None:
    assert whole(text) == value


@pytest.mark.parametrize("text", ["", "多少", "3点", "万一"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no whole number"):
        whole(text)


@given(st.text(alphabet=[*DIGITS, *UNITS], min_size=1, max_size=8))
def test_whatever_is_made_of_numerals_has_a_value(text: str) -> None:
    assert whole(text) >= 0
