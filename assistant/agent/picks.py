"""The choice among what was offered.

Pure functions on text. Called by `asking` and `dialogue`.
"""

import re

from assistant.agent import amounts, offered
from assistant.domain.conversation import Offer
from tools.numerals import whole

_ORDINAL = re.compile(
    r"^(?:(?:我)?(?:选|要)|就|那就|还是)?(?:第)?([1-9一二三四五六七八九])(?:个|款|笔|单|家|张|条|件|种|双|号)?(?:吧|的|那个|呢|好了)?$"
)
_LAST = re.compile(r"^(就|要|选)?(最后|最下面|下面|后面|末尾)的?(那)?(一)?(个|款|笔|家|张)?(吧)?$|^(the )?last( one)?$")
_FIRST = re.compile(
    r"^(就|要|选)?(头|最上面|上面|前面|最前面)的?(那)?(一)?(个|款|笔|家|张)?(吧)?$|^(the )?first( one)?$"
)
_ENGLISH_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def choose(text: str, offers: tuple[Offer, ...]) -> str | None:
    """The value of the offer that a message picks: by label, ordinal, amount, a part of one label only or a description."""
    if not offers:
        return None
    wanted = text.strip().lower().rstrip("。.!！~吧")
    for offer in offers:
        if wanted in (offer.label.lower(), offer.value.lower()):
            return offer.value
    if found := _ORDINAL.match(wanted):
        index = whole(found.group(1))
        return offers[index - 1].value if index <= len(offers) else None
    if _LAST.match(wanted):
        return offers[-1].value
    if _FIRST.match(wanted):
        return offers[0].value
    if (said := re.fullmatch(rf"(?:the )?({'|'.join(_ENGLISH_ORDINALS)})(?: one)?", wanted)) is not None:
        index = _ENGLISH_ORDINALS.index(said.group(1))
        return offers[index].value if index < len(offers) else None
    if amounts.only_names(wanted) and (value := amounts.named(wanted, offers)) is not None:
        return value
    parts = [o for o in offers if len(wanted) > 1 and wanted in o.label.lower()]
    inside = [o for o in offers if len(o.label) > 1 and o.label.lower() in wanted]
    for found_offers in (parts, inside):
        if len(found_offers) == 1:
            return found_offers[0].value
    return offered.described(wanted, offers)
