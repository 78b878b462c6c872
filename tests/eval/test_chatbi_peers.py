"""Peers are judged kindly: by their rows, whatever columns stand beside, money in yuan or in cents."""

from eval.chatbi_peers import agree


def test_rows_agree_whatever_comes_with_them() -> None:
    gold = [("上海", 1234.5), ("杭州", 200.0)]

    assert agree(gold, [("x", "杭州", 20_000), ("y", "上海", 123_450)])
    assert not agree(gold, [("上海", 1234.5)])
    assert not agree(gold, [("上海", 1234.5), ("杭州", 260.0)])
    assert not agree([], [(1,)])


def test_a_dump_of_everything_is_no_answer() -> None:
    assert not agree([(5,)], [(n,) for n in range(100)])
