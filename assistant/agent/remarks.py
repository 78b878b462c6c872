"""Remarks that wish nothing: taking note, being content, telling what one will do.

Pure functions on text. Called by `context` and `confirming`.
"""

import re

from assistant.agent.wanting import ACTS

_REMARKS = re.compile("^(?:[哦噢喔嗷]+|原来|难怪|怪不得|我说呢|这样啊)")
_COMES = re.compile(
    r"^(?:好+|行|成|ok+|中|嗯+|得|妥)(?:的|嘞|滴|吧|啦|呀)*[，,。.!！~ ]*.{0,6}?(?:过来|过去|溜达|去(?:试|看|拿|取|逛|买)|冲|来(?:试|看|拿|取)|等你们.{0,3}|等(?:通知|电话|消息))[吧了啦哈]*[。.!！~ ]*$",
    re.IGNORECASE,
)
_GOES_WITH_THANKS = re.compile(
    "(?:让|叫|喊|我|那|就|直接|自己|改天|回头)+[^，,。!！?？ ]{0,6}(?:去|来|到)(?:店里|门店|[你那]们?[家边]?店?|现场|柜台)?"
    "(?:买|看看?|拿|取|试试?|挑|选|逛逛?)[^，,。!！?？ ]{0,2}[，,。!！~ ]+(?:那|就|好的?)?(?:谢|多谢|感谢|辛苦|麻烦(?:了|你们?了))[^?？吗]{0,5}$"
)
_HOPES = re.compile(
    r"^(?:[好行嗯哦]+|ok|可以)(?:的|吧|嘞|滴|了)*[，,。! ]*(?:谢谢|麻烦你?们?|辛苦)?(?:了|啦)?[，,。! ]*(?:那)?(?:我)?(?:希望|尽快|早点|快点|等你?们?|等着|别拖|盼)[^?？吗]{0,12}$",
    re.IGNORECASE,
)
_HEARD = re.compile("^[哦噢喔]+$|(?:晓得|知道|明白|了解|懂|清楚)(?:了|啦|咯|喽|的)?|got it|i see")


def remarks(text: str) -> bool:
    """ "哦哦对 是一块儿买的": takes note of what was said, and wishes nothing."""
    found = _REMARKS.match(text)
    if found is None or len(text) > 16 or text.endswith("不"):
        return False
    return not re.search("多久|几|咋|啥", text) and not ACTS.search(text[found.end() :])


def will_come(text: str) -> bool:
    """ "好 下午过来", "OK 周末带她去试", "我让我妹直接去店里买 谢谢啦": content, and tells what they will do."""
    if len(text) <= 28 and _GOES_WITH_THANKS.search(text):
        return not ACTS.search(_GOES_WITH_THANKS.sub("", text))
    return (
        len(text) <= 14 and bool(_COMES.match(text)) and not re.search("[?？]|吗|么|行不|能|帮|给我|几|多|哪|约", text)
    )


def hopes(text: str) -> bool:
    """ "好 麻烦了 希望给个说法": content with the promise, and waits for it."""
    return bool(_HOPES.match(text)) and not re.search("换|退|转|赔|补充|投诉|取消", text)


def only_heard(text: str) -> bool:
    """ "晓得咯": has understood, which agrees to nothing yet."""
    return bool(_HEARD.search(text.lower()))
