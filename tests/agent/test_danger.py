"""Harm that is told of, and harm that is only supposed, ruled out or asked about."""

from pathlib import Path

import pytest

from assistant.agent import danger, playbook

PLAYBOOK = Path(danger.__file__).parent / "playbook"
WORDS = playbook.load(PLAYBOOK).policy.safety_words


@pytest.mark.parametrize(
    "text",
    [
        "用了你们的面膜过敏了",
        "孩子在店里不小心滑倒了",
        "没想到用完就过敏了",
        "太可怕了 我妈在商场受伤了",
        "要是你们早点擦地，我妈也不至于滑倒",
        "吃了你们的坚果拉肚子了 怎么办",
        "快递员在你们店门口摔倒了",
        "孩子被扶梯夹到手",
        "你们的保温杯烫伤我孩子了",
        "买的电饭锅漏电了",
        "手机着火了",
        "新买的鞋子磕破脚了",
    ],
)
def test_harm_that_happened_is_heard(text: str) -> None:
    assert danger.told(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "要24小时啊 好麻烦 那要是用了过敏能不退",
        "我还没买呢 我就问问万一过敏能不能退",
        "我就想知道面膜给不给退 没过敏！",
        "这款会不会容易过敏",
        "怕孩子玩滑梯受伤",
        "没有受伤 就是吓一跳",
        "门口有没有防滑倒的垫子",
        "快递摔了一跤似的 盒子全瘪了",
        "没人受伤 就是态度差",
        "心都受伤了",
        "手机夹了手机壳",
        "烫到位了 这裙子真平整",
        "买的瓷碗磕破了",
        "差点摔倒",
    ],
)
def test_harm_that_is_supposed_or_ruled_out_is_none(text: str) -> None:
    assert not danger.told(text, WORDS)


def test_harm_counts_where_it_is_of_our_goods_or_stores() -> None:
    assert danger.at_ours("用了你们的面膜过敏了", ["过敏"], names_product=False, names_store=False)
    assert danger.at_ours("擦了那个过敏了", ["过敏"], names_product=True, names_store=False)
    assert not danger.at_ours("我花粉过敏", ["过敏"], names_product=False, names_store=False)
    assert not danger.at_ours("你们的面膜敏感肌过敏吗", ["过敏"], names_product=False, names_store=False)


@pytest.mark.parametrize(
    "text",
    [
        "怕是受伤了 在你们店门口",
        "恐怕是过敏 用了你们的面霜",
        "容易过敏的人用了你们面霜过敏了",
        "要是你们早点提醒我就不会受伤",
        "你们店地太滑 容易摔 我妈滑倒了",
    ],
)
def test_harm_is_heard_beside_a_word_of_fear(text: str) -> None:
    assert danger.told(text, WORDS)
