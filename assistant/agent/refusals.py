"""A no with more around it: giving up, refusing with a reason, taking back, and what is said besides.

Pure functions on text. Called by `confirming`, `asking` and `context`.
"""

import re

from assistant.agent.wanting import ACTS
from assistant.agent.yes_no import LONGEST_REMARK, MAX_CHANGE_OF_MIND, VERBS

_GIVING_UP = re.compile(r"^(?:唉|哎|那|行吧|嗯|切|哦)?[，, ]?(?:还是)?(?:算了?(?:了|啦|咯|喽|球)|罢了|拉倒)(?:吧)?")
_BY_MYSELF = re.compile("[，, ]*(?:那|还是)?我(?:自己|自个儿?)")
_NOT_THEN = re.compile(r"(?:^|[，, 。])(?:还是|那|就|先|我|暂时)*不(?:退|换|约|领|留|兑)(?:了|哈|啦|先)*(?:吧|哈|啊)?$")
_LETS_GO = re.compile("(?:那|那就|还是|算)*(?:先|暂时)?不(?:要|买|考虑|拿)(?:了|吧)")
_ASKED = re.compile("[?？吗么]|[是能要可会]不[是能要可会]|不是")
_CANCELLED = re.compile("(?:那|就|赶紧|快|都|给我|帮我)*(?:取消|撤销|撤掉|撤了|停)(?:掉|吧|了|啦|它)*")
_NO_FIRST = re.compile(r"^(?:哦|啊|嗯|呃|哎|诶|喔|oh)?[，, ]*(?:不是?|别|no)[，,。 ]+(?!对)", re.IGNORECASE)


def gives_up(text: str) -> bool:
    """ "算了 太瘦", "算啦懒得跑", "我再琢磨琢磨 先不退": lets go of whatever it was, with a reason and no other wish."""
    if len(text) <= 14 and re.search("(?:那|还是|就|[，, ])算(?:了|啦|咯)(?:吧|啊)?$", text) and not ACTS.search(text):
        return True
    if len(text) <= MAX_CHANGE_OF_MIND and (refused := _NOT_THEN.search(text)) and not ACTS.search(text):
        return not re.search("[退换约领留兑]", text[: refused.start()])  # "换一件同样的 不退" wishes one of two
    found = _GIVING_UP.match(text)
    if found is None or len(text) > 16:
        return False
    rest = text[found.end() :]
    return bool(_BY_MYSELF.match(rest)) or not ACTS.search(rest)


def lets_go(text: str) -> bool:
    """ "先不要了 太贵": has looked at a thing and wants it no more."""
    found = _LETS_GO.match(text)
    return found is not None and len(text) <= 14 and not ACTS.search(text[found.end() :])


def undoes(text: str) -> bool:
    """ "算了给我撤了": lets go of a thing that was done, and so wants it undone."""
    return bool(re.search("撤|取消", text)) and not re.search("不(?:撤|取消)|别", text)


def refuses(text: str, tool: str) -> bool:
    """Says not to make the change that waits, perhaps with a reason ("唉别换了 我戒咖啡呢")."""
    verbs = "|".join((*(v for v in VERBS.get(tool, ()) if not v.isascii()), "提交", "确认", "操作", "弄", "办", "动"))
    found = re.match(
        rf"[唉哎啊哦嗯呃诶喔]*(?:等等|等会儿?|等一?下|慢着|且慢)?[，, ]*(?:先|还是|那|就)?[别不甭莫](?:要|用|想)?(?:{verbs})[了啦吧先]*(?=[，,。!！ ]|$)",
        text,
    )
    if len(text) <= MAX_CHANGE_OF_MIND and re.search(rf"[，, 。]+(?:那|就|先|我)?不(?:{verbs})了(?:吧|啊|哈)?$", text):
        return not re.search("[?？]|吗|能不能", text)
    if found is None or len(text) > 24:
        return False
    rest = text[found.end() :]
    return not ACTS.search(rest) and not re.search(verbs, rest)


def _refusing(clause: str, tool: str) -> bool:
    """A clause that says not to make the change ("别删我信息", "投诉那个不用弄"), or to cancel whatever waits."""
    if _ASKED.search(clause):
        return False
    if not tool.endswith("cancel") and _CANCELLED.fullmatch(clause):
        return True
    named = [v for v in VERBS.get(tool, ()) if not v.isascii() and v != "处理"]
    verbs, acts = "|".join(named or ["办"]), "|".join((*named, "提交", "确认", "弄", "办", "搞", "登记"))
    return bool(
        re.match(
            "(?:我说|我|那|就|先|还是|都|唉|哎|啊|喂|不+|[^，, ]{1,6}(?:那个|这个|的事))*"
            f"(?:(?:别|不用|不要|不必|不需要|不想|莫|甭|咪|唔使|唔好)(?:再|给我|帮我|要|去)?(?:{acts})|不(?:{verbs})(?=[了啦吧哈]|$))"
            "(?!错|混|丢|漏|清|别的|就|白|地)[^，, ]{0,5}$",
            clause,
        )
    )


def after_refusal(text: str, tool: str) -> str | None:
    """What a message says besides refusing the change that waits ("先不投诉 能补差价不" → "能补差价不"); empty where that is
    all, None where it refuses nothing."""
    clauses = [c for c in re.split("[，,。；;!！… ]+", text) if c]
    kept = [c for c in clauses if not _refusing(c, tool)]
    if len(text) > LONGEST_REMARK or len(kept) == len(clauses):
        return None
    return " ".join(kept)


def takes_back(text: str, tool: str) -> bool:
    """A no with a reason after it ("哦不 还是留着吧"), and no other wish or change of what waits."""
    if len(text) > 16 or not _NO_FIRST.match(text) or ACTS.search(text):
        return False
    rest = _NO_FIRST.sub("", text)
    keeps = "留" in rest and tool != "stock_reserve"
    return keeps or (bool(re.search("说错|按错|点错|反悔|再想|不|别", rest)) and not re.search("是|要|换|改", rest))
