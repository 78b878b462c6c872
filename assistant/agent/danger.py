"""Harm that a message tells of, unlike harm that it only supposes, rules out or asks about.

Pure functions on text. Called by `turn` before anything else is read.
"""

import re
from collections.abc import Sequence

_SUPPOSED = re.compile(
    r"(?:要是|如果|万一|假如|假设|倘若|(?<![可恐])怕(?!是|不是)|担心|会不会(?!是)|容易|\bif\b|in case|worried)[^，,。；;！!？?\s]{0,16}$"
)
_RULED_OUT = re.compile(r"(?:没有?(?:人|谁)?|差点儿?|险些|(?<!就)不会?|未|防止?|避免|以免|免得|no |not |never )$")
_NO_HARM = re.compile("夹[了到]手(?:机|账|套|表|提)|烫到位|(?:心都?|心里|很|好)受伤")
_OF_A_THING = re.compile(
    "(?:手机|电脑|快递(?!员|小哥)|包裹|[盒箱瓶罐袋]子?|杯子?|平板|相机|[瓷]?碗|盘子?|鞋子?|屏幕?|壶|锅)(?:好像|像|都|也|被|给|就|又|才)*$"
)
_OF_A_BODY = re.compile("[脚腿膝头手皮脸]")
_HAPPENED = re.compile("已经|刚才|刚刚|昨天|前天|今天|昨晚|今早|就不会|早点|already|just now|yesterday")
_ASKS = ("吗", "怎么办", "会不会", "?", "？", "么")
_OURS = ("你们", "店", "扶梯", "试衣间", "买", "吃了", "用了", "商场", "商品", "bought", "store", "mall", "your ")


def told(text: str, words: Sequence[str]) -> list[str]:
    """The words of harm in a message that say that it happened: "过敏了", and neither "没过敏" nor "要是过敏能退不"."""
    lower = _NO_HARM.sub("", text.lower())
    return [word for word in words if any(_happened(lower, at.start()) for at in re.finditer(re.escape(word), lower))]


def at_ours(
    text: str, words: Sequence[str], *, names_product: bool, names_store: bool, complains: bool = False
) -> bool:
    """Whether harm is told of that happened with our goods or in our stores, and is not merely asked about. `complains`: a
    complaint waits already, and what is told belongs to it."""
    if not words or not (names_product or complains or any(word in text.lower() for word in _OURS)):
        return False
    return names_store or "了" in text or not any(word in text for word in _ASKS)


def _happened(text: str, at: int) -> bool:
    before = text[:at]
    if _RULED_OUT.search(before) or _fell(text, at):
        return False
    feared = _SUPPOSED.search(before)
    return (
        feared is None
        or bool(_HAPPENED.search(text))
        or (feared.group(0)[0] in "怕容担" and text[at + 2 : at + 3] == "了")
    )


def _fell(text: str, at: int) -> bool:
    """Only a thing fell or was chipped ("快递摔了一跤似的"); what scalds, burns or leaks current is harm, whatever it is."""
    hurt = _OF_A_BODY.search(text[at : at + 5])
    return text[at] in "摔磕" and hurt is None and bool(_OF_A_THING.search(text[:at]))
