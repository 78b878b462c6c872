"""Lost and doubled answers are counted by their words, whatever WeChat message carried them."""

from eval.bench_faults import missing_and_doubled


def test_two_answers_in_one_message_are_two_answers() -> None:
    assert missing_and_doubled(["二十二点关门", "停车前两小时免费"], "二十二点关门\n停车前两小时免费") == (0, 0)


def test_the_same_answer_twice_over_is_only_right_where_it_was_given_twice() -> None:
    assert missing_and_doubled(["二十二点关门"], "二十二点关门\n二十二点关门") == (0, 1)
    assert missing_and_doubled(["二十二点关门", "二十二点关门"], "二十二点关门\n二十二点关门") == (0, 0)


def test_an_answer_that_nobody_saw_is_lost() -> None:
    assert missing_and_doubled(["二十二点关门", "停车前两小时免费"], "停车前两小时免费") == (1, 0)
