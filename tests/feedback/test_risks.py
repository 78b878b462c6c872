"""Accidents that are told in many words, and harmless words that look like one."""

import pytest

from assistant.feedback.tagger import Tagger

HURT = [
    "扶梯夹到我娃鞋带了吓死宝宝",
    "自动门突然关上，把我婆婆的胳膊撞青了",
    "孩子的手差点被玻璃门夹住",
    "裙角被扶梯卷进去了，幸好有人按了停",
    "货架上的箱子倒下来砸到旁边的大爷",
    "地板刚拖完也不放牌子，我滑了一跤",
    "我妈在门口台阶绊倒了，膝盖都流血了",
    "试衣间的镜子掉下来，差点砸到我脚",
    "电梯突然往下掉了一截，困在里面二十分钟",
    "充电宝充着充着就鼓起来了还冒烟",
    "插座冒火花，吓得我赶紧拔了",
    "热水壶漏电，手都麻了一下",
    "熨斗的电线裸露在外面，被电了一下",
    "进门一股煤气味，头都晕了",
    "消防通道被纸箱堵死了",
    "在你们三楼娃走散了，找了十分钟广播都没人放",
    "儿子把玩具小零件吞下去了",
    "新衣服领口里有根大头针，扎到我闺女脖子",
    "我爱人在排队的时候晕过去了，没人管",
    "婴儿车轮子卡在扶梯缝里动不了",
    "推车失控从坡道冲下来撞了人",
    "鞋里面有个钉子，把脚扎破了",
    "用了这个面霜脸上火辣辣的，第二天肿了一圈",
    "热汤洒出来把孩子胳膊烫起泡",
    "天花板的灯管掉下来摔在面前",
    "旋转门转太快，老太太被带倒摔了",
    "闸机夹了我孩子的头",
    "塑料椅子突然断了，我一屁股摔地上",
    "喝的里面有碎玻璃，割到嘴了",
    "孕妇在湿滑的地上差点滑倒",
]
HARMLESS = [
    "吓死宝宝了这价格",
    "孩子特别喜欢这个玩具",
    "价格划到心坎里了，比别家划算",
    "这双鞋防滑，雨天走路很稳",
    "面料很丝滑，贴着皮肤舒服",
    "今天优惠力度炸裂，我直接剁手",
    "这颜色戳中我了",
    "和同事撞衫了哈哈",
    "给我妈买的羽绒服，她很喜欢",
    "带宝宝来逛，母婴室很干净",
    "桌角是圆的，不会磕到孩子",
    "购物车很好推，带娃方便",
    "电梯有点慢，等了好一会儿",
    "裤子压箱底好久了，一直没穿",
    "这家炸鸡外酥里嫩，孩子吃了两块",
    "被店员的笑容电到了",
    "头发夹很好看，送了闺女一个",
    "积分卡在手机里找不到",
    "烫头的师傅手艺不错",
    "这把刀切肉很快，不费劲",
    "本宝宝今天很开心",
    "玻璃杯很透亮，放在柜子里好看",
]


@pytest.mark.parametrize("text", HURT)
def test_an_accident_is_a_danger_and_cannot_wait(tagger: Tagger, text: str) -> None:
    tags = tagger.tag(text)

    assert "safety" in {r.name for r in tags.risks} or "food" in {r.name for r in tags.risks}
    assert tags.urgency == 2


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_words_that_look_like_an_accident_are_none(tagger: Tagger, text: str) -> None:
    tags = tagger.tag(text)

    assert not {"safety", "food", "vulnerable"} & {r.name for r in tags.risks}
    assert tags.urgency < 2


@pytest.mark.parametrize(
    "text",
    [
        "扶梯夹到我娃鞋带了",
        "自动门把老太太的胳膊夹青了",
        "孕妇在湿滑的地上差点滑倒",
        "坐轮椅的人进不去，没有坡道，太差了",
    ],
)
def test_children_the_old_and_the_disabled_are_named_where_they_are_hurt_or_shut_out(tagger: Tagger, text: str) -> None:
    tags = tagger.tag(text)

    assert "vulnerable" in {r.name for r in tags.risks}
