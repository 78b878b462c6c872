"""A yes with more around it: a remark before or after it, the change once more, what is told beside it.

Pure functions on text. Called by `confirming`.
"""

import re

from assistant.agent.refusals import after_refusal, gives_up, refuses
from assistant.agent.wanting import ACTS
from assistant.agent.yes_no import LONGEST_REMARK, MARKS, MAX_CHANGE_OF_MIND, VERBS, is_no, is_yes, names_change, wavers

_HOLDS_BACK = re.compile(
    "(?<!不)等|先|再说|不对|另外|不是|没同意|没说|没要|怎么回事|什么时候|千万|(?:别|不|不要)$|[是要]不[是要]|能不能|吗|呢$"
)
_RESOLVED = re.compile("(?:那|就|还是|算了)|.*(?:吧|就行|就好)$")
_SETTLES = re.compile("(?:那|就)?(?:确认|确定|提交|同意)(?:吧|了|啦|哈|呗)?")
_UNSETTLED = re.compile("[?？]|(?<![是要])不|别|没|换|改|算了|取消|撤|拉倒|再想|考虑|再说|太.{1,3}了")
_GOES_ON = re.compile("^(?:那|那么)?就(?:这|那|它|按|照)")


def ends_in_yes(text: str, tool: str) -> bool:
    """Names the pending change in its last words, after a remark ("哦没付钱啊 那取消"); after a longer one, or one that wonders,
    only in words that settle it ("有虫子还不算质量问题？？那登记吧")."""
    if text.rstrip().endswith(("?", "？")):
        return False
    first, _, last = re.sub(r"[，,。；;!！?？… ]+", " ", text).strip().rpartition(" ")
    if not first or not is_yes(last, tool) or _HOLDS_BACK.search(first):
        return False
    if _SETTLES.fullmatch(last):  # "七点下班来得及 确认"
        return len(text) <= LONGEST_REMARK and not _UNSETTLED.search(first)
    if not names_change(last, tool):
        return False
    plain = len(text) <= MAX_CHANGE_OF_MIND and not re.search("[?？]", text)
    settled = len(text) <= LONGEST_REMARK and bool(_RESOLVED.match(last))
    lets_be = "就" in last  # "算了就这样吧 约上就行"
    return (plain or settled) and (lets_be or not gives_up(first))


def opens_with_yes(text: str, tool: str) -> bool:
    """A yes, then the change once more in a few words ("对 就这个 帮我把它退了"), and nothing asked, doubted or refused."""
    first, *rest = [part for part in MARKS.split(text) if part]
    said = "".join(rest)
    if (
        not said
        or len(said) > 10
        or not is_yes(first, tool)
        or re.search("不|别|没|先|但|等|吗|么$|怎|几|哪|多|上次|也是", said)
    ):
        return False
    return names_change(said, tool) or bool(_GOES_ON.match(said))


def after_yes(text: str, tool: str) -> str:
    """What is told after a yes ("登吧 昨天下午四点多 一楼化妆品那边"); empty where nothing is, or it asks, refuses or doubts."""
    parts = [part for part in re.split(r"[，,。.!！~～、\s]+", text) if part]
    rest = parts
    while rest and (is_yes(rest[0], tool) or (rest is not parts and _GOES_ON.match(rest[0]))):
        rest = rest[1:]
    told = " ".join(rest)
    holds = re.search(
        "[?？]|吗|么$|不$|没$|呢$|怎|几[点天个号时]|哪|多少|有没有|没有$|啥|什么|先|等|别|不(?:要|用|登|投|是)|但|算了|改成|换成|帮我|查|看[看下]|转|人工|给我|撤|没必要|没用|考虑|想想|再说|说错|弄错|顺便|另外|还有",
        told,
    )
    return told if rest != parts and len(told) >= 4 and not holds else ""


def yes_and_remark(text: str, tool: str) -> bool:
    """A yes, then a few words that want, ask, doubt and refuse nothing ("好 紧张死了")."""
    first, *rest = [part for part in MARKS.split(text) if part]
    said = "".join(rest)
    harmless = not re.search("不|别|没|先|但|等|还|吗|么$|怎|几|哪|多|是|想|要|[?？]", said) and not ACTS.search(said)
    return bool(said) and len(said) <= 8 and is_yes(first, tool) and harmless and not wavers(said)


_JOIN = "然后|接着|顺便|顺带|另外|还有"
_CLAUSE = re.compile(r"([^?？]+?)(?:[，,。!！~～、\s]+|(?=顺便|顺带|另外|然后再|然后帮))")
_NO_PLAIN_YES = re.compile("[嗯恩]+|[对好行]了")
_ANOTHER = re.compile(
    rf"(?:{_JOIN}|对了|再|还要|also|then)|.*也(?:要|想|得|给我|帮我|一起|一并)?(?:帮我|给我)?[退换取留约领查撤]"
)
_CHANGES_IT = re.compile(
    "但|不过|只是|等[等下会]|稍等|先|改|换[成到个]|挪|推迟|提前|不对|不是|算了|再[想看说等问跟和]|考虑|万一|别(?![的人家])|[多少][留要拿换约]"
)


def wish_after(text: str, tool: str) -> tuple[str, str]:
    """The plain yes and what a message wishes besides ("对 取消 然后约下周六" → "对 取消", "约下周六"); empty where it says only yes,
    doubts, refuses or changes what waits."""
    rest = text
    while (clause := _CLAUSE.match(rest)) and is_yes(clause.group(1), tool):
        if _NO_PLAIN_YES.fullmatch(clause.group(1)):
            break
        rest = rest[clause.end() :]
    if rest == text or len(rest) < 4 or is_yes(rest, tool) or not _ANOTHER.match(rest):
        return "", ""
    if _CHANGES_IT.search(rest) or wavers(rest):
        return "", ""
    wish = re.sub(rf"^(?:{_JOIN}|[，, ])+", "", rest)
    lets_go = any((gives_up(wish), is_no(wish, tool), refuses(wish, tool), after_refusal(wish, tool) is not None))
    return ("", "") if lets_go else (text.removesuffix(rest), wish)


_LEAVES_IT = re.compile(
    "算了|.{0,4}(?:随便|都行|都可以|无所谓|不管了?)[吧啦了]*|(?:快点|赶紧|尽快|赶快|麻烦)(?:给我|帮我)?(?:处理|办|弄|解决|登记|搞)?(?:一下)?[吧啊]*"
)
_AS_IT_STANDS = re.compile("(?:那|你)?就(?:这样|这么|按这个|照这个)(?:给我|帮我)?")
_SETTLED = re.compile("[吧了啊呗嘛哈]*")


def lets_be(text: str, tool: str) -> bool:
    """Leaves a detail as it stands and wishes the change itself ("算了 类别随便吧 就这样登记 快点给我处理")."""
    clauses = [clause for clause in re.split("[，,。!！~～、\\s]+", text) if clause]
    settled = [c for c in clauses if (found := _AS_IT_STANDS.match(c)) and _is_done(c[found.end() :], tool)]
    return bool(settled) and all(c in settled or is_yes(c, tool) or _LEAVES_IT.fullmatch(c) for c in clauses)


def _is_done(said: str, tool: str) -> bool:
    """The change, named alone ("登记吧"), and neither "了吗" nor a word more."""
    return any(said.startswith(v) and _SETTLED.fullmatch(said[len(v) :]) for v in VERBS.get(tool, ()))


_MORE_THAN_ONE = re.compile("(?<![有说第\\d.])(?:[2-9]|[1-9]\\d|[二两俩三四五六七八九十]+)[张杯份瓶]")
_NONE_OR_ASKED = re.compile("不|别|没|多少|几|算了|取消")


def counts_several(text: str) -> bool:
    """Speaks of more than one ("是两张哦"), and neither refuses nor asks for figures."""
    return bool(_MORE_THAN_ONE.search(text)) and not _NONE_OR_ASKED.search(text)


def yes_to_both(text: str, tool: str) -> bool:
    """A yes that speaks of what waits together with what was made before ("可以 两个一起拿")."""
    first, *rest = [part for part in MARKS.split(text) if part]
    said = "".join(rest)
    both = re.fullmatch("(?:这|那)?[两俩2]个?[件双]?(?:都|一起|一块|一道)+(?:要|拿|取|过来)?[吧了啊哈呀哦]*", said)
    return is_yes(first, tool) and bool(both)
