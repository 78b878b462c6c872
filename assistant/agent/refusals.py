"""A no with more around it: giving up, refusing with a reason, taking back, and what is said besides.

Pure functions on text. Called by `confirming`, `asking` and `context`.
"""

import re

from assistant.agent.wanting import ACTS
from assistant.agent.yes_no import MAX_CHANGE_OF_MIND, VERBS, insists, is_yes_by_name, wants_after_all

LONGEST_REFUSAL = 44  # characters of a message with a clause that refuses in it

_GIVING_UP = re.compile(r"^(?:唉|哎|那|行吧|嗯|切|哦)?[，, ]?(?:还是)?(?:算了?(?:了|啦|咯|喽|球)|罢了|拉倒)(?:吧)?")
_BY_MYSELF = re.compile("[，, ]*(?:那|还是)?我(?:自己|自个儿?)")
_KEEPS_IT = re.compile(
    "(?:积分|券|衣服|鞋子?|钱|东西)?(?:我|就|先|还是|也)*(?:留着|将就|凑合|勉强|能)(?:穿|用|吃|喝|戴|着)?(?:吧|了|得了|算了)?"
)
_NOT_THEN = re.compile(r"(?:^|[，, 。])(?:还是|那|就|先|我|暂时)*不(?:退|换|约|领|留|兑)(?:了|哈|啦|先)*(?:吧|哈|啊)?$")
_LETS_GO = re.compile("(?:那|那就|还是|算)*(?:先|暂时)?不(?:要|买|考虑|拿)(?:了|吧)")
_ASKED = re.compile("[?？吗么]|[是能要可会]不[是能要可会]|不是")
_WRITTEN = {"ticket_file": ("记", "写", "报"), "ticket_note": ("记", "写")}  # beside the words that make these changes
_BARE = re.compile("(?:真的|都|我|那|就)*(?:不用|不必|不需要|用不着)(?:了|啦|哈|啊|谢谢|麻烦)*")
_ITSELF = (  # what a change that is refused may be called; a size, a store or a name refuses only that
    "(?:这|那|它|个|些|条|件|双|张|单|次|什么|啥|我|的|你们?|咱|投诉|工单|订单|单子|预约|货|券|信息|数据|资料|账号|东西|任何|了|吧|啦|先|哈|啊|呀|嘛|呗|哦|咯|喽|下|着|上|掉|一下|谢谢)*"
)
_APART = re.compile(
    "(?<![^\\s！!，,])(?:[\u4e00-\u9fff][\\s！!，,]+){2,}[\u4e00-\u9fff](?![^\\s！!，,])|不[！!，, ]*要[！!]"
)
_DOUBLE_NO = re.compile("(?:不{2,}|别{2,})[啊呀哦是]*[，,。!！ ]")
_ANOTHER_WISH = re.compile("建议|反映|意见|记一?下|登一?下")
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


def by_themselves(text: str) -> bool:
    """ "我自己去店里说", "留着穿": what they will do without us."""
    return bool(_BY_MYSELF.match(text) or _KEEPS_IT.fullmatch(text))


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
    """A clause that says not to make the change ("别删我信息", "投诉那个不用弄", "不登不登", "登记什么投诉"), that it was not
    meant ("不是投诉"), or to cancel whatever waits."""
    named = [v for v in _verbs(tool) if v != "处理"]
    verbs, acts = "|".join(named or ["办"]), "|".join((*named, "提交", "确认", "弄", "办", "搞", "登记"))
    if re.fullmatch(f"(?:我|这|又|也|都|并|真)*不是(?:(?:要|来|想|让你|叫你)(?:{verbs})|投诉)(?:的|啊|呀)*", clause):
        return True
    if re.fullmatch(
        f"(?:{verbs})(?:什么|啥子?|个啥)(?:{verbs})[啊呀嘛哦]*|不({verbs})(?:了|啦)?[，, ]*不\\1[了啦嘛吧哈]*", clause
    ):
        return True
    if _ASKED.search(clause):
        return False
    if _BARE.fullmatch(clause) or (not tool.endswith("cancel") and _CANCELLED.fullmatch(clause)):
        return True
    return bool(
        re.match(
            "(?:(?:我|都|跟你|不是)*说了|意思是|算了|我说|我|那|就|先|还是|都|唉|哎|啊|喂|不+|[^，, ]{1,6}(?:那个|这个|的事)|(?:[这那]个)?[^，, ]{1,4}(?:申请|工单|单子|预约))*"
            f"(?:(?:别|不用|不要|不必|不需要|不想|莫|甭|咪|唔使|唔好)(?:再|给我|帮我|要|去)?(?:{acts})|不(?:{verbs})(?=[了啦吧哈]|$))"
            f"(?!错|混|丢|漏|清|别的|就|白|地){_ITSELF}$",
            clause,
        )
    )


def after_refusal(text: str, tool: str) -> str | None:
    """What a message says besides refusing the change that waits ("先不投诉 能补差价不" → "能补差价不"); empty where that is
    all, None where it refuses nothing."""
    clauses = [c for c in re.split("[，,。；;!！… ]+|(?<=[?？])", _APART.sub(_together, text).lstrip("?？")) if c]
    kept = [c for c in clauses if not _refusing(c, tool) and not (c == clauses[-1] and c in ("不要", "不要了"))]
    if len(text) > LONGEST_REFUSAL or len(kept) == len(clauses) or any(_wishes_it(c, tool) for c in kept):
        return None
    return " ".join(kept)


def _verbs(tool: str) -> list[str]:
    """The Chinese words for making a change, longer and shorter ones."""
    return [v for v in (*VERBS.get(tool, ()), *_WRITTEN.get(tool, ())) if not v.isascii()]


def _together(found: re.Match[str]) -> str:
    """Characters that are set apart for force ("不 投 诉 了", "不！要！")."""
    return re.sub("[^\\w]", "", found.group(0))


def _wishes_it(clause: str, tool: str) -> bool:
    """Wishes the change after all, or another of its kind ("算了还是退吧", "是建议")."""
    return (
        is_yes_by_name(clause, tool)
        or wants_after_all(clause)
        or (tool == "ticket_file" and bool(_ANOTHER_WISH.search(clause)))
    )


def only_no(text: str, tool: str) -> bool:
    """ "不不不 就换一张 我刚才是感慨": a no by its first word, twice, and the change that waits is not wished after it."""
    return bool(_DOUBLE_NO.match(text)) and not re.search("[?？]", text) and not insists(text, tool)


def refuses_a_part(text: str, tool: str) -> bool:
    """Says what the change that waits is to leave out ("别记名", "别登记我的名字"), and not to leave it."""
    whole = "|".join(sorted(_verbs(tool), key=len, reverse=True)) or "办"
    not_itself = f"(?!{_ITSELF}(?:$|[，,。!！ ]))"
    return bool(re.search(f"(?:别|不要|不用|莫)(?:再|给我|帮我)?(?>{whole}){not_itself}", text))


def takes_back(text: str, tool: str) -> bool:
    """A no with a reason after it ("哦不 还是留着吧"), and no other wish or change of what waits."""
    if len(text) > 16 or not _NO_FIRST.match(text) or ACTS.search(text):
        return False
    rest = _NO_FIRST.sub("", text)
    keeps = "留" in rest and tool != "stock_reserve"
    return keeps or (bool(re.search("说错|按错|点错|反悔|再想|不|别", rest)) and not re.search("是|要|换|改", rest))
