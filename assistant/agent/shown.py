"""The thing of the list just shown that a message means: by its number, amount or price, or by whom it is for.

Enters: a `Turn` whose state holds the list. Called by `fill`.
"""

import re

from assistant.agent import amounts
from assistant.agent.exchange import Turn
from tools import browse
from tools.all import TOOLS
from tools.catalog import narrow
from tools.numerals import whole
from tools.types import Product

_ORDINAL = re.compile(r"第([1-9一二三四五六七八九])(?:个|款|单|笔|件|双|条|张|家)|^([1-9一二三四五六七八九])$")
_OF_STORES = re.compile(r"第([1-9一二三四五六七八九])(?:家|个(?=店|门店|[，, 呢那吧的]|$))|^([1-9一二三四五六七八九])$")
_TOP = re.compile(r"(最上面|头一|最前面|最新|first)")
_BOTTOM = re.compile(r"(最下面|最后|last)(?!.{0,3}(?:期限|时间)|多少|几|还|是不|要付|付)")
_CHEAP = re.compile("(?<![不更])便宜(?:点|些|一点)?的?(?:那|这)(?:个|款|件|双|条)|the cheaper one")
_DEAR = re.compile("(?<![不更])贵(?:点|些|一点)?的?(?:那|这)(?:个|款|件|双|条)")


def picked(tool: str, turn: Turn, text: str) -> dict[str, str]:
    """The thing of the last list that is meant by its number."""
    state = turn.state
    if not state.shown or state.shown_slot not in TOOLS[tool].slots:
        return {}
    if state.shown_slot == "store":
        return {"store": state.shown[at - 1].value} if 0 < (at := _number(_OF_STORES, text)) <= len(state.shown) else {}
    if _TOP.search(text) or _BOTTOM.search(text):
        return {state.shown_slot: state.shown[0 if _TOP.search(text) else -1].value}
    if state.shown_slot == "coupon" and (coupon := amounts.named(text, state.shown)):
        return {"coupon": coupon}
    if state.shown_slot == "product" and (product := _described(turn, text)):
        return {"product": product}
    index = _number(_ORDINAL, text)
    return {state.shown_slot: state.shown[index - 1].value} if 0 < index <= len(state.shown) else {}


def _number(pattern: re.Pattern[str], text: str) -> int:
    """The place in the list that a message names, counted from one; 0 where it names none."""
    found = pattern.search(text)
    return whole(found.group(1) or found.group(2)) if found else 0


def _described(turn: Turn, text: str) -> str:
    """The product of the last list that is meant by whom it is for ("女款的") or by its price; empty where none alone is."""
    if turn.mentions.products:
        return ""
    shown = _products(turn)
    if len(shown) < 2:
        return ""
    if _CHEAP.search(text) or _DEAR.search(text):
        pick = min if _CHEAP.search(text) else max
        return pick(shown, key=lambda p: p.price_cents).product_id
    meant = narrow(shown, text)
    return meant[0].product_id if len(meant) == 1 else ""


def cheapest(turn: Turn, text: str) -> str:
    """The cheapest product of the list just shown, where a message wants it cheaper still ("那再便宜点的呢") and names no kind."""
    wish = browse.wish(text)
    if not wish.cheap or wish.kind or wish.priced or turn.mentions.products or turn.state.last_tool != "product_find":
        return ""
    shown = _products(turn)
    return min(shown, key=lambda p: p.price_cents).product_id if len(shown) > 1 else ""


def _products(turn: Turn) -> list[Product]:
    return [p for o in turn.state.shown if (p := turn.ctx.catalog.products.get(o.value))]
