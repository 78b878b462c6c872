"""What the documents are asked: the message, beside the question before it or what was spoken of.

Pure. Called by `fill`, and by `understand` where the documents are searched.
"""

import re

from assistant.agent.exchange import Turn
from assistant.agent.written import fold_dialect

SHORT = 8  # characters of a question that stands beside the one before it
_LEANS = 16  # and up to which what was spoken of is put before it
_ABOUT = (
    ("appointment", "预约穿搭顾问"), ("points", "积分"), ("coupons", "优惠券"), ("order_logistics", "快递"), ("order", "订单"), ("return", "退货"),
    ("stock_reserve", "预留"), ("membership", "会员"), ("privacy", "个人信息"), ("ticket", "投诉"), ("store", "门店"),
)  # fmt: skip
_NEW_SUBJECT = re.compile(
    "(?:请问|问一?下|对了|诶|哎|[，, ])*(?:你们|咱们|你家|商场|店里)(?:这里|这边|这|那里|那边)?(?:[a-zA-Z\\d一二三四五六负]+[楼层]?)?(?:有没有|有|能不能|可不可以|可以|卖)[^了]"
)


def beside_the_last(turn: Turn, text: str) -> str:
    """What the documents are asked: a short question stands beside the one before it ("几天能好")."""
    text = fold_dialect(text)
    before = turn.state.last_question
    return f"{before} {text}" if before and len(text) <= SHORT and not turn.mentions.products else text


def alone_and_in_context(turn: Turn) -> tuple[str, str]:
    """What the documents may be asked: the message alone, and with what was spoken of (empty where it is long)."""
    text, about = fold_dialect(turn.text), spoken_of(turn)
    leans = len(text) <= _LEANS and not _NEW_SUBJECT.match(text)
    return text, f"{about}{text}" if about and leans else ""


def spoken_of(turn: Turn) -> str:
    """What was spoken of, as words to put before a question; empty where nothing was."""
    state = turn.state
    if state.last_question:
        return f"{state.last_question} "
    item = turn.ctx.catalog.products.get(state.focus.product_id or "")
    if item is not None and state.last_tool.startswith(("product", "stock_check", "size")):
        return f"{item.aliases[0] if item.aliases else item.name} "
    return next((words for prefix, words in _ABOUT if state.last_tool.startswith(prefix)), "")
