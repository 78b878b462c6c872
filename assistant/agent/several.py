"""Several things to be put aside in one message: "留一个低的 还要一个高的", "帮我留一个 黑色的也留一个".

Called by `outcomes` where something is to be reserved, and by `confirming`.
"""

import re

from assistant.agent.exchange import Turn

VARIANT = ("colour", "size")
_CLAUSES = re.compile(r"[，,。!！;；、~\s]+|(?=还要|再要|再留|再来)")
_WISHES = re.compile("留|要|来|拿|备")
_ALSO = re.compile("也|还要|再[要留来拿]|都[要留]")
_NOT_BOTH = re.compile("不|别|没|换|改|还是|或|[?？]|吗|哪|多少|如果|要是")


def also(text: str) -> bool:
    """True where a message wishes something besides ("豆绿的那个也要留啊")."""
    return bool(_ALSO.search(text)) and not _NOT_BOTH.search(text)


def variants(turn: Turn) -> list[dict[str, str]]:
    """The colours and sizes of which a message wishes one each, in its order; the first may be empty: what was spoken of.
    An empty list where it wishes but one."""
    if not also(turn.text):
        return []
    focus, found = turn.state.focus, list[dict[str, str]]()
    spoken = {k: v for k, v in (("colour", focus.colour), ("size", focus.size)) if v}
    for clause in _CLAUSES.split(turn.text):
        if not _WISHES.search(clause):
            continue
        named = turn.named_in(clause).slots
        variant = {k: v for k, v in named.items() if k in VARIANT}
        if not found and (variant or ("留" in clause and spoken)):
            found.append(variant)
        elif found and variant and _is_another({**spoken, **found[-1]}, variant):
            found.append({**found[-1], **variant})
    return found if len(found) > 1 else []


def _is_another(before: dict[str, str], variant: dict[str, str]) -> bool:
    return any(before.get(k, v) != v for k, v in variant.items())
