"""A shopper's written words: tidied, of one script and one width, dialect and usual typos folded into standard words.

Enters and leaves: text. Called by `turn`, `mentions`, `fill` and the two looks
before anything is understood, and by the chat page.
"""

import re
import unicodedata
from functools import cache
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")

_FACES = (  # how WeChat pushes its older emoji: /::) smiles
    r"/::) /::~ /::B /::| /:8-) /::< /::$ /::X /::Z /::'( /::-| /::@ /::P /::D /::O /::( /::+ /:--b /::Q /::T /:,@P "
    r"/:,@-D /::d /:,@o /::g /:|-) /::! /::L /::> /::,@ /:,@f /::-S /:? /:,@x /:,@@ /::8 /:,@! /:!!! /:xx /:bye /:wipe "
    r"/:dig /:handclap /:&-( /:B-) /:<@ /:@> /::-O /:>-| /:P-( /::'| /:X-) /::* /:@x /:8* /:pd /:<W> /:beer /:basketb "
    r"/:oo /:coffee /:eat /:pig /:rose /:fade /:showlove /:heart /:break /:cake /:li /:bome /:kn /:footb /:ladybug "
    r"/:shit /:moon /:sun /:gift /:hug /:strong /:weak /:share /:v /:@) /:jj /:@@ /:bad /:lvu /:no /:ok /:love /:<L> "
    r"/:jump /:shake /:<O> /:circle /:kotow /:turn /:skip /:oY /:#-0 /:hiphot /:kiss /:<& /:&>"
)
_STICKER = re.compile(  # WeChat's own emoji: [捂脸], [Facepalm], /:rose
    "|".join([r"\[(?:[\u4e00-\u9fff]{1,4}|[A-Za-z]{2,10})\]", *sorted(map(re.escape, _FACES.split()), reverse=True)])
)


def tidy(text: str) -> str:
    """A shopper's own words for people to read: without control characters, otherwise as they were written."""
    return _CONTROL.sub("", text).strip()


def clean(text: str) -> str:
    """A shopper's message as we read it: one width, no control or invisible characters or stickers, single spaces."""
    text = _STICKER.sub(" ", unicodedata.normalize("NFKC", _CONTROL.sub("", text)))
    return re.sub(r"[ \t]+", " ", text).strip()


@cache
def _to_simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, for understanding only."""
    return str(_to_simplified().convert(text))


_DIALECT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        ("有木有|有冇", "有没有"), ("木有|冇|没得|莫得", "没有"), ("咋个|咋|哪能|点样", "怎么"), ("啥子|啥|嘛玩意|乜", "什么"), ("哪儿|哪嘎达|哪哈", "哪里"),
        ("多钱|多少米(?!的)", "多少钱"), ("娄", "楼"), ("几点种", "几点钟"), ("听日", "明天"), ("唔该晒?|蟹蟹|谢谢茄子", "谢谢"), ("几时|多咱|(?<!什)么时候", "什么时候"), ("侬", "你"), ("阿拉|俺|偶", "我"), ("(?:伐|嘞|撒|噻|唦|哇|咧)(?=[?？!！。~ ]|$)", "吗"),
        ("(?<=[能行有到开货在用退换取约改钱吗])不(?=[?？~ ]|$)", "吗"), ("(?<=[有货码了色])没(?=[?？~ ]|$)", "吗"), ("神马", "什么"), ("肿么", "怎么"), ("快第|块递|快弟", "快递"),
        ("击分|机分|及分|积份|鸡分", "积分"), ("定单", "订单"), ("优会|优惠卷|优惠劵", "优惠券"), ("(?<=[张领减的换])卷|劵", "券"), ("退贷|推货", "退货"), ("换贷", "换货"), ("库纯", "库存"), ("尺马", "尺码"),
    )
)  # fmt: skip


def fold_dialect(text: str) -> str:
    """Dialect words, chat slang and usual typos of our field as standard words, for understanding only."""
    for pattern, to in _DIALECT:
        text = pattern.sub(to, text)
    return text


def gist(text: str, most: int) -> str:
    """Beginning and end of what is longer than `most` characters: where the wish stands."""
    return text if len(text) <= most else f"{text[: most // 2]}。{text[-most // 2 :]}"


def has_words(text: str) -> bool:
    """False for emoji, punctuation or nothing."""
    return any(unicodedata.category(c)[0] in "LN" for c in text)


def is_english(text: str) -> bool:
    """True where a message is written in Latin letters (names in Chinese may stand in it)."""
    latin = len(re.findall(r"[A-Za-z]{2,}", text))
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return (latin >= 2 and latin * 2 > chinese) or (
        latin >= 1 and chinese == 0 and bool(re.search(r"[A-Za-z]{2,}", text))
    )
