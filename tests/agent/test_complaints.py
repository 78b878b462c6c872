"""What a complaint says, and what is to stand in it no more."""

import pytest

from assistant.agent import complaints


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("后头那句不用写进去撒", True),
        ("末尾那句删了", True),
        ("最后一段不要", True),
        ("刚才的店员不该骂我", False),
        ("后面的店员不要脸", False),
        ("最后他们不该收我钱", False),
        ("最后那句别忘了写", False),
        ("最后你们不要只是记一下", False),
        ("后面不要再问了 登吧", False),
        ("最后一段不要删", False),
    ],
)
def test_the_last_sentence_is_taken_out(text: str, out: bool) -> None:
    assert complaints.takes_out(text) is out
