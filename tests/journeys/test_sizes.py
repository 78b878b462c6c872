"""Advice on sizes, told by what the shopper says of whoever is to wear it."""

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper, tools_of


def test_somebody_elses_size_is_not_told_by_the_members_own_measures(service: Service) -> None:
    shopper = Shopper(service, member="M0000001")

    shopper.say("想给我妈挑件过冬的毛衣 羊绒圆领毛衣多少钱")
    asked = shopper.hear("羊绒圆领毛衣 我妈穿多大码")
    missing = shopper.hear("她一米六")
    told = shopper.hear("55公斤是我吧 我妈六十公斤")

    assert "身高和体重" in asked
    assert "体重大概多少" in missing
    assert "身高160厘米、体重60公斤" in told


def test_the_height_that_is_told_first_goes_with_the_weight_that_is_told_next(service: Service) -> None:
    shopper = Shopper(service, member=None)

    shopper.say("瑜伽裤多少钱")
    first = shopper.hear("我168穿什么码")
    then = shopper.hear("体重54公斤吧 大概")

    assert "身高168厘米" in first
    assert "身高168厘米、体重54公斤" in then


def test_a_height_is_corrected_by_a_bare_number(service: Service) -> None:
    shopper = Shopper(service, member="M0000002")

    shopper.say("给我老伴买白鹅绒羽绒服 她一米五八一百二十斤 穿多大码")

    assert "身高158厘米、体重60公斤" in shopper.hear("身高搞错了 一米七二是我 她一米五八")


def test_shoes_are_advised_by_the_size_that_is_usually_worn(service: Service) -> None:
    shopper = Shopper(service, member=None)

    asked = shopper.hear("雪地靴我穿多大码")
    told = shopper.hear("她平时穿37 脚胖")
    half = Shopper(service, member=None).hear("雪地靴 平时穿37码半 穿多大码")

    assert "平时穿多大码的鞋" in asked
    assert "建议您选37" in told
    assert "大一码的38" in told
    assert "建议您选38" in half


def test_a_looser_fit_is_told_beside_the_size_of_the_chart(service: Service) -> None:
    shopper = Shopper(service, member=None)

    plain = shopper.hear("冲锋衣 162厘米 49公斤 穿哪个码")
    loose = shopper.say("里面还要穿厚毛衣 S会不会紧啊")

    assert "大一码" not in plain
    assert tools_of(loose) == ["size_advice"]
    assert "冲锋衣建议您选S" in loose.reply.text
    assert "大一码的M" in loose.reply.text


def test_a_neighbouring_size_is_counted_from_the_one_that_was_bought(service: Service) -> None:
    shopper = Shopper(service, member="M0000003")

    assert "换成L码" in shopper.hear("西装收到了 XL肩膀那儿有点大 想换小一码")


def test_food_with_a_fault_may_go_back(service: Service) -> None:
    shopper = Shopper(service, member="M0000002")

    shopper.say("山茶油多少钱")
    reply = shopper.hear("上次买的米生虫了 这个能退不")

    assert "五常大米" in reply
    assert "可以退货" in reply


def test_a_day_without_a_topic_asks_for_its_hours(service: Service) -> None:
    shopper = Shopper(service, member=None)

    shopper.say("长沙那个店电话多少")

    assert "11月28日）营业时间" in shopper.hear("周六呢 我周六休息")


def test_an_appointment_is_made_in_the_store_that_was_named_for_it(service: Service) -> None:
    shopper = Shopper(service, member="M0000005")

    shopper.say("春熙路店可以约穿搭顾问嘛")
    shopper.say("我问的是顾问收不收钱 不是包装")

    assert "成都春熙路店" in shopper.hear("免费啊 那行 周三下午三点")


@pytest.mark.parametrize("said", ["七十六公分左右 上礼拜打疫苗刚量的", "我说了七十六 公分就是厘米"])
def test_a_childs_height_is_told_in_words(service: Service, said: str) -> None:
    shopper = Shopper(service)
    shopper.say("婴儿连体衣两件装穿多大码")

    advised = shopper.say(said)

    assert advised.trace["tools"][-1]["args"]["height"] == "76"


def test_a_childs_height_is_the_size_of_its_thing(service: Service) -> None:
    looked = Shopper(service).say("幺儿一米二 儿童羽绒服粉的解放碑有没有")

    assert looked.trace["tools"][-1]["args"]["size"] == "120"


@pytest.mark.parametrize("said", ["今天 39号雪地靴有货吗", "周六 39号的雪地靴还有吗"])
def test_the_size_of_a_shoe_is_no_day_of_the_month(service: Service, said: str) -> None:
    assert "（39）" in Shopper(service).hear(said)
