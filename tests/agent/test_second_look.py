"""A second look reads the model's state; where it cannot, it says nothing rather than something wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.agent.playbook import load
from assistant.agent.second_look import SHIPPED, SHIPPED_AFTER_REPLY, Head, SecondLook, asked, fitted, learn
from assistant.config import AgentSettings
from assistant.errors import ModelDown
from assistant.llm.states import Floats, weights_name

EXAMPLES = [(f"{verb}{thing}", wish) for wish, verb in (("order_status", "看看订单"), ("points_balance", "查积分"), ("bye", "再见"))
            for thing in ("啊", "呢", "吧", "了", "呀", "哦")]  # fmt: skip

REPLIES = [("有吗", "stock_check", "云织羽绒服，¥899。"), ("有吗", "coupons_mine", "满300减30券，本月底到期。"),
           ("有吗", "order_status", "您的订单已经发货。")]  # fmt: skip


class Reader:
    """States by the characters of a text; counts how often it was asked."""

    name = "reader"

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.up = True

    def ready(self) -> bool:
        return self.up

    def of(self, texts: Sequence[str], within_s: float) -> Floats:
        self.asked.append(texts)
        if not self.up:
            raise ModelDown("down")
        rows = np.zeros((len(texts), 96), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for character in text:
                row[ord(character) % 96] += 1
        return rows


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def learnt(reader: Reader, tmp_path: Path) -> Path:
    path = tmp_path / "second_look.npz"
    learn(reader, EXAMPLES).save(path)
    reader.asked.clear()
    return path


def test_it_names_the_wish_of_words_like_the_examples(reader: Reader, learnt: Path) -> None:
    found = SecondLook(reader, (learnt,)).read("查积分哈")

    assert found is not None
    assert max(found.alone, key=lambda wish: found.alone[wish]) == "points_balance"
    assert sum(found.alone.values()) == pytest.approx(1.0, abs=1e-3)


def test_a_message_is_read_after_the_reply_before_it_too(reader: Reader, learnt: Path, tmp_path: Path) -> None:
    path = tmp_path / "after_reply.npz"
    after = [(f"{text}\n{reply}", wish) for text, wish, reply in REPLIES for _ in range(3)]
    rows = reader.of([asked(*both.split("\n")) for both, _ in after], 1.0)
    fitted(reader.name, rows, [wish for _, wish in after]).save(path)
    reader.asked.clear()

    second = SecondLook(reader, (learnt,), (path,))
    looks = {reply: second.read("有吗", reply) for _, _, reply in REPLIES}

    for _, wish, reply in REPLIES:
        look = looks[reply]
        assert look is not None
        assert max(look.after_reply, key=lambda name: look.after_reply[name]) == wish
    assert reader.asked[0] == [asked("有吗"), asked("有吗", REPLIES[0][2])]


def test_without_what_was_learnt_of_replies_the_message_alone_counts(reader: Reader, learnt: Path) -> None:
    look = SecondLook(reader, (learnt,), ()).read("查积分哈", "您有860积分。")

    assert look is not None
    assert look.after_reply == look.alone
    assert reader.asked == [[asked("查积分哈")]]


def test_a_message_is_read_once(reader: Reader, learnt: Path) -> None:
    second = SecondLook(reader, (learnt,))

    first = second.read("查积分哈")
    again = second.read("查积分哈")

    assert first == again
    assert reader.asked == [[asked("查积分哈")]]


def test_what_was_learnt_from_other_weights_is_passed_over(learnt: Path) -> None:
    other = Reader()
    other.name = "another"
    second = SecondLook(other, (learnt,))

    assert not second.ready()
    assert second.read("查积分哈") is None


def test_a_model_that_goes_down_leaves_the_first_look(reader: Reader, learnt: Path) -> None:
    second = SecondLook(reader, (learnt,))
    reader.up = False

    assert second.read("查积分哈") is None


def test_a_file_that_is_cut_off_is_passed_over(reader: Reader, learnt: Path) -> None:
    learnt.write_bytes(learnt.read_bytes()[:100])

    assert not SecondLook(reader, (learnt,)).ready()


def test_of_a_long_message_beginning_and_end_are_read() -> None:
    text = "头" + "啊" * 200 + "尾"

    assert "头" in asked(text)
    assert "尾" in asked(text)
    assert len(asked(text)) < 110


def test_what_is_shipped_fits_our_weights_and_the_playbook() -> None:
    head = Head.load(SHIPPED)

    assert head is not None
    assert head.model == weights_name(None)
    assert set(head.labels) == set(load(AgentSettings().playbook).intents)


def test_what_is_shipped_of_replies_fits_too() -> None:
    head = Head.load(SHIPPED_AFTER_REPLY)

    assert head is not None
    assert head.model == weights_name(None)
    assert set(head.labels) <= set(load(AgentSettings().playbook).intents)
