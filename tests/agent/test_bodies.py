"""Who is to wear it, how tall and heavy they are, and what they usually wear."""

import pytest

from assistant.agent import bodies


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("我妈一米六 一百二十来斤", "60"),
        ("一米五八一百二十斤", "60"),
        ("55公斤是我吧 我妈六十公斤", "60"),
        ("九十八斤左右", "49"),
        ("120几斤", "60"),
        ("54公斤吧 大概", "54"),
        ("55公斤是我", "55"),
        ("来两斤", None),
    ],
)
def test_a_weight_is_that_of_whom_it_is_asked_for(text: str, weight: str | None) -> None:
    assert bodies.find(text).get("weight") == weight


@pytest.mark.parametrize(
    ("text", "wearer"),
    [
        ("酒红的好看 我妈穿哪个码", "妈"), ("想买给女朋友", "女朋友"), ("她平时穿37", "她"), ("我168穿什么码", "我"), ("我穿多大", "我"), ("我妈让我问 我穿多大", "我"),
        ("哥 这件多大", ""), ("姐 我穿多大", "我"), ("喂奶的地方在哪", ""), ("洗面奶和牛奶", ""), ("M码有货吗", ""),
    ],
)  # fmt: skip
def test_who_is_to_wear_it(text: str, wearer: str) -> None:
    assert bodies.wearer_in(text) == wearer


@pytest.mark.parametrize(
    ("text", "shoe"),
    [("她平时穿37 脚胖", "37"), ("37我说了呀 37要不要买大一码38", "37"), ("37码半", "37.5"), ("38.5的脚", "38.5"), ("37块", ""), ("168", "")],
)  # fmt: skip
def test_the_usual_size_of_shoes(text: str, shoe: str) -> None:
    assert bodies.bare_shoe(text) == shoe


@pytest.mark.parametrize(
    ("text", "height"), [("我168穿什么码", "168"), ("158！", "158"), ("168元", ""), ("1688", ""), ("145件", "")]
)
def test_a_bare_number_is_a_height_where_it_can_be_nothing_else(text: str, height: str) -> None:
    assert bodies.bare_height(text) == height


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("里面还要穿毛衣", True),
        ("我不喜欢太贴身的", True),
        ("宽松点", True),
        ("她脚宽", True),
        ("套装", False),
        ("穿什么码", False),
    ],
)
def test_a_loose_fit_is_wished(text: str, told: bool) -> None:
    assert ("fit" in bodies.besides(text)) is told


@pytest.mark.parametrize(
    "text", ["我闺蜜买了这件 我165cm 52kg 穿多大", "老公说我胖 我160cm 60kg穿什么码", "姐妹们 我160cm 50kg"]
)
def test_whoever_only_speaks_or_bought_does_not_wear_it(text: str) -> None:
    assert bodies.wearer_in(text) in ("", bodies.SELF)
    assert {"height", "weight"} <= set(bodies.find(text))


@pytest.mark.parametrize("text", ["太宽松了", "我不喜欢宽松的", "不想要宽松的", "这件宽松吗"])
def test_no_wish_for_a_loose_fit(text: str) -> None:
    assert "fit" not in bodies.besides(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("七十六公分左右 上礼拜打疫苗刚量的", {"height": "76"}),
        ("半年胖了十五斤 怪不得你们", {}),
        ("瘦了20斤 现在110斤", {"weight": "55"}),
        ("幺儿要件过冬的 一米二", {"height": "120"}),
    ],
)
def test_heights_in_words_and_weights_that_were_gained(text: str, told: dict[str, str]) -> None:
    assert bodies.find(text) == told
