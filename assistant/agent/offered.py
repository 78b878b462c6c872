"""Which of the things that were offered a description means: "第一个 那个白鹅绒的", "女的啊", "鹅绒那款".

Pure functions on text. Called by `picks.choose` after numbers, names and amounts.
"""

import re
from collections.abc import Sequence

from assistant.agent import ruled_out
from assistant.domain.conversation import Offer
from tools import whom
from tools.numerals import whole

_LONGEST = 16  # characters of a description; what is longer tells more than a choice
_FIRST_THE_NUMBER = re.compile(
    r"(?:我?(?:选|要|说的?是?)|就|那就)?第([1-9一二三四五六七八九])[个款笔单家张条件种双号只瓶套](?:吧|的|那个)?[，,。!！ ]*(.{2,})"
)
_WISHES_MORE = re.compile("[?？退换约领留兑查转别不没还或太丑]|算了|都行|取消|投诉|吗|么|多|几|怎|咋|哪|啥|什|有没")
_DEPARTMENT = re.compile("[男女]装部")
_FILLERS = re.compile(
    "[，,。.!！~ 那这个款件双条种只张家店单笔次瓶盒套的要就我选是吧啊呀呢哦噢嗯好嘛咯呗哈了来给它啦嘞说有]"
)


def described(text: str, offers: Sequence[Offer]) -> str | None:
    """The value of the one offer that a few words describe; None for a question, another wish, or what fits several."""
    text = ruled_out.left(text)
    if len(text) > _LONGEST:
        return None
    if (found := _FIRST_THE_NUMBER.fullmatch(text)) is not None:
        return _by_number(found, offers)
    return _for_whom(text, offers) or _by_a_part(text, offers)


def _by_number(found: re.Match[str], offers: Sequence[Offer]) -> str | None:
    """What a number means with words after it that describe no other ("第一个 那个白鹅绒的")."""
    index, rest = whole(found.group(1)) - 1, found.group(2)
    if index >= len(offers) or _WISHES_MORE.search(rest):
        return None
    meant = offers[index].value
    return meant if (_for_whom(rest, offers) or _by_a_part(rest, offers)) in (None, meant) else None


def _for_whom(text: str, offers: Sequence[Offer]) -> str | None:
    """The one offer that is for whom a text names; where none says so, the one that is not for others."""
    told = whom.heard(text)
    if told is None or len(text) > 12 or _WISHES_MORE.search(text) or _DEPARTMENT.search(text):
        return None
    labels = {o: whom.on_label(o.label) for o in offers}
    fitting = [o for o in offers if labels[o] is told] or [o for o in offers if labels[o] is None]
    return fitting[0].value if len(fitting) == 1 < len(offers) else None


def _by_a_part(text: str, offers: Sequence[Offer]) -> str | None:
    """The offer in whose label alone a telling part of a text stands, where the text says little besides."""
    if _WISHES_MORE.search(text):
        return None
    parts = {o.value: part for o in offers if (part := _telling(text, o, offers))}
    if len(parts) != 1:
        return None
    value, part = parts.popitem()
    return value if len(_FILLERS.sub("", text.replace(part, ""))) <= (2 if len(part) > 2 else 0) else None


def _telling(text: str, offer: Offer, offers: Sequence[Offer]) -> str:
    """The longest part of a text, of two Chinese characters or more, that stands in the label of this offer only."""
    others = [o.label.lower() for o in offers if o.value != offer.value]
    for length in range(len(text), 1, -1):
        for start in range(len(text) - length + 1):
            part = text[start : start + length]
            if part in offer.label.lower() and _IN_WORDS.search(part) and not any(part in label for label in others):
                return part
    return ""


_IN_WORDS = re.compile("[\u4e00-\u9fff]{2}")
