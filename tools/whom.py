"""For whom something is: a child, a woman, a man. Heard in a message, read off a label, known of a product.

Pure. Called by the catalog, by looking round the range and by the choice among what was offered.
"""

import re
from enum import StrEnum

from tools.types import Product


class Whom(StrEnum):
    """Those for whom things are made, as the range calls them."""

    CHILD = "童"
    HER = "女"
    HIM = "男"


_FOR = "(?:给|送|帮|替|我|她)"  # "哥 我的羽绒服到哪了" speaks to somebody
_OF_BODY = "(?=个子|身高|体重|平时|穿|脚|一米|1米|里面|不高|[1-9]\\d\\d)"  # "她一米五八": for her
# a child's father and mother are no children, so they are looked for after a child that is no part of their name
_HEARD = (
    (Whom.CHILD, re.compile("童|kid|baby|婴儿|孩(?!子?(?:他|她|爸|妈))|宝宝(?!他|她|爸|妈)|儿子|女儿|闺女|孙[子女]|外孙|侄[子女儿]|外甥|娃(?!他|她|爸|妈)|小朋友", re.IGNORECASE)),
    (Whom.HIM, re.compile(rf"男|爸|老公|丈夫|哥哥|弟弟|[表堂][哥弟]|{_FOR}(?:先生|哥|弟(?!媳))|[给送]他(?!们|[爸妈])|他{_OF_BODY}|\bmen(?:'s)?\b|husband|boyfriend|\bdad(?:dy)?\b", re.IGNORECASE)),
    (Whom.HER, re.compile(rf"女|(?<!他)妈(?!的)|老婆|媳妇|太太|闺蜜|姐姐|妹妹|[表堂][姐妹]|对象|{_FOR}[姐妹]|[给送]她(?!们|[爸妈])|她{_OF_BODY}|women|wife|girlfriend|\bmom(?:my)?\b", re.IGNORECASE)),
)  # fmt: skip
_ON_LABELS = (
    (Whom.CHILD, ("童", "kid", "婴儿")),
    (Whom.HER, ("女", "women")),
    (Whom.HIM, ("男", "men's")),
)


def heard(text: str) -> Whom | None:
    """For whom a message wants something; None where it does not say."""
    return next((whom for whom, words in _HEARD if words.search(text)), None)


def on_label(label: str) -> Whom | None:
    """For whom a thing is by what it is called; None where it is for anybody."""
    lower = label.lower()
    return next((whom for whom, words in _ON_LABELS if any(word in lower for word in words)), None)


def made_for(product: Product) -> Whom | None:
    """For whom a product is, by its name or else its category; None where it is for anybody."""
    return on_label(product.name) or on_label(product.category)


def suits(product: Product, whom: Whom | None) -> bool:
    """True for what such a person may be given; for nobody in particular, all but what is for children."""
    made = made_for(product)
    if whom is Whom.CHILD or whom is None:
        return (made is Whom.CHILD) == (whom is Whom.CHILD)
    return made in (None, whom)
