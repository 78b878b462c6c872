"""Shoppers who were misunderstood, change their mind in passing, or answer in their own words."""

from assistant.bootstrap import Service
from tests.talk import Shopper, intents_of, tools_of


def test_a_correction_leaves_the_question_that_rested_on_the_mistake(service: Service) -> None:
    shopper = Shopper(service)

    assert "门店" in shopper.hear("预约穿搭顾问")
    corrected = shopper.say("谁要约穿搭了 我问的是静安寺店几点关门")

    assert tools_of(corrected) == ["store_info"]
    assert "哪家门店的穿搭顾问" not in corrected.reply.text


def test_a_change_is_let_go_and_what_is_asked_besides_is_answered(service: Service) -> None:
    shopper = Shopper(service)

    assert "请确认" in shopper.hear("西单店三楼试衣间门坏了关不上 我要投诉")
    reply = shopper.say("先不投诉 你们几点关门")

    assert reply.reply.text.startswith("好的，已经取消")
    assert "store_info" in intents_of(reply)
    assert shopper.say("好的").trace["intents"][0]["intent"] == "thanks"


def test_cancel_means_the_change_that_waits(service: Service) -> None:
    shopper = Shopper(service, "M0000001")

    assert "请确认删除个人数据" in shopper.hear("删除我的所有数据")
    assert "没有做任何改动" in shopper.hear("我说别删了！取消！")


def test_what_was_put_aside_is_put_aside_in_another_size(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("春熙路店给我留一件白色M码短款面包服")
    shopper.hear("确认")

    assert "白色 S" in shopper.hear("哎等哈 我想换成S码 M怕大了")


def test_the_assistant_comes_back_where_nobody_was_asked_for(service: Service) -> None:
    assert intents_of(Shopper(service).say("继续机器人")) == ["back"]


def test_a_remark_on_a_passage_does_not_bring_it_again_and_the_same_question_does(service: Service) -> None:
    shopper = Shopper(service)
    first = shopper.hear("羽绒服可以机洗吗")

    assert shopper.hear("羽绒服可以机洗吗") == first
    assert shopper.hear("羽绒服可以机洗吗 说清楚点嘛") != first


def test_danger_is_heard_whatever_is_corrected(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("你好")

    assert "ticket_file" in intents_of(shopper.say("孩子在你们店滑倒了 我问的是谁来管"))


def test_what_is_left_of_a_correction_is_no_yes(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("删除我的所有数据")

    done = shopper.say("没让你删 我说的是删除")

    assert all(entry["by"] != "confirmed" for entry in done.trace["intents"])


def test_the_answer_in_words_is_kept_as_it_was_written(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("我要投诉")

    assert "没让我试穿" in shopper.hear("西单店没让我试穿 我说的是那个穿红衣服的店员")


def test_an_english_talk_stays_english(service: Service) -> None:
    shopper = Shopper(service)
    shopper.hear("how many points do i have")

    assert "welcome" in shopper.hear("thanks")


def test_a_short_ok_leaves_a_talk_in_chinese(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear("我有多少积分")

    assert "不客气" in shopper.hear("OK")


def test_a_yes_to_a_person_brings_one(service: Service) -> None:
    shopper = Shopper(service)

    assert "转人工" in shopper.hear("你们电梯是什么牌子的")
    assert intents_of(shopper.say("好的")) == ["handoff"]
