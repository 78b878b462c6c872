"""Text written by a model is sent only if every number, date, amount and name in it stands in its evidence."""

import re
import unicodedata

_NUMBER = re.compile(r"\d+(?:[.,:：/-]\d+)*")
_CHINESE_NUMBER = re.compile(r"[零一二两三四五六七八九十百千万]+(?=[年月日天号元块角分折小时分钟个件张次层楼公里米%])")
_FORBIDDEN = re.compile(r"(作为(一个)?(ai|人工智能)|system prompt|提示词|指令|as an ai)", re.IGNORECASE)
_LINKS = re.compile(r"https?://\S+|www\.\S+")
_VALUES = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": "2", "十": "10"}


def unfounded(text: str, evidence: str) -> str:
    """Why a text may not be sent, empty where it may: a number, link or phrase that the evidence does not hold."""
    known = _numbers(evidence)
    for number in sorted(_numbers(text)):
        if number not in known:
            return f"number {number}"
    for link in _LINKS.findall(text):
        if link not in evidence:
            return "link"
    if _FORBIDDEN.search(text):
        return "phrase"
    return ""


_LIMITS = re.compile(r"不(?!仅|但|用|需|必|限)|禁止|谢绝|勿|须|需(?!求)|除|仅|只[能限可在]|限|凭|以内|之前")
_LIMITS_IN_ENGLISH = re.compile(
    r"\b(not|no|never|cannot|only|must|needs?|requires?|required|except|unless|prohibited|limited|without|provided|if|"
    r"within|before|at least|up to|\w+n't)\b",
    re.IGNORECASE,
)


def drops_limits(english: str, passage: str) -> bool:
    """Whether a passage in Chinese sets limits (only, not, must, except …) and its retelling in English sets none."""
    return bool(_LIMITS.search(passage)) and not _LIMITS_IN_ENGLISH.search(english.replace("’", "'"))


def _numbers(text: str) -> set[str]:
    text = unicodedata.normalize("NFKC", text.replace("，", " "))  # a Chinese comma never groups digits
    found: set[str] = set()
    for number in _NUMBER.findall(text):
        found.update(part.lstrip("0") or "0" for part in re.split(r"[.,:：/-]", number))
        found.add(number.replace(",", ""))
    for word in _CHINESE_NUMBER.findall(text):
        found.add(_VALUES.get(word, word))
    return found


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")


def tidy(text: str) -> str:
    """A shopper's own words for people to read: without control characters, otherwise as they were written."""
    return _CONTROL.sub("", text).strip()


def clean(text: str) -> str:
    """A shopper's message as we read it: one width, no control or invisible characters, single spaces."""
    text = unicodedata.normalize("NFKC", _CONTROL.sub("", text))
    return re.sub(r"[ \t]+", " ", text).strip()


_DIALECT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        ("有木有|有冇", "有没有"), ("木有|冇|没得|莫得", "没有"), ("咋个|咋|哪能|点样", "怎么"), ("啥子|啥|嘛玩意|乜", "什么"), ("哪儿|哪嘎达|哪哈", "哪里"),
        ("多钱", "多少钱"), ("几时|多咱|(?<!什)么时候", "什么时候"), ("侬", "你"), ("阿拉|俺|偶", "我"), ("(?:伐|嘞|撒|噻|唦|哇|咧)(?=[?？!！。~ ]|$)", "吗"),
        ("(?<=[能行有到开货在用退换取约改钱吗])不(?=[?？~ ]|$)", "吗"), ("(?<=[有货码了色])没(?=[?？~ ]|$)", "吗"), ("神马", "什么"), ("肿么", "怎么"), ("快第|块递|快弟", "快递"),
        ("击分|机分|及分|积份|鸡分", "积分"), ("定单", "订单"), ("优会|优惠卷|优惠劵", "优惠券"), ("(?<=[张领减的])卷|劵", "券"), ("退贷|推货", "退货"), ("换贷", "换货"), ("库纯", "库存"), ("尺马", "尺码"),
    )
)  # fmt: skip


def fold_dialect(text: str) -> str:
    """Dialect words, chat slang and usual typos of our field as standard words, for understanding only."""
    for pattern, to in _DIALECT:
        text = pattern.sub(to, text)
    return text


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
