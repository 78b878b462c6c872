"""For whom something is."""

import pytest

from tools import whom
from tools.whom import Whom


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("给女儿买件羽绒服", Whom.CHILD), ("我孙女一米一五", Whom.CHILD), ("男孩穿的", Whom.CHILD), ("给我老公买", Whom.HIM), ("孩子他爸穿", Whom.HIM),
        ("给孩子妈妈买条围巾", Whom.HER), ("送女朋友", Whom.HER), ("women's coat", Whom.HER), ("men's shoes", Whom.HIM), ("羽绒服有吗", None), ("哥 我的羽绒服到哪了", None), ("先生 羽绒服", None), ("他妈的 羽绒服怎么还没到", None), ("one moment please", None), ("给我弟媳妇买", Whom.HER),
    ],
)  # fmt: skip
def test_a_message_tells_for_whom(text: str, meant: Whom | None) -> None:
    assert whom.heard(text) is meant


@pytest.mark.parametrize(
    ("label", "meant"),
    [("云织男士轻薄羽绒服", Whom.HIM), ("初禾儿童羽绒服", Whom.CHILD), ("女装", Whom.HER), ("丰年五常大米5kg", None)],
)
def test_a_label_tells_for_whom(label: str, meant: Whom | None) -> None:
    assert whom.on_label(label) is meant
