"""A yes in a longer message: the change is named once more, and what stands around it wants, asks, doubts and refuses nothing.

Pure functions on text. Called by `confirming`, `as_shown` and `complaints`.
"""

import re

from assistant.agent.wanting import ACTS
from assistant.agent.yes_no import PARTS_WITH, VERBS, is_yes, is_yes_by_name, names, wavers

LONGEST = 40  # characters of a message that may be a yes
_BREAKS = re.compile(r"[^\w?？]+")
_LEADS = re.compile("^(?:[嗯恩好行对中]|可以|要得|是的)(?:[嗯恩对的啊呀吧哦嘞]|好的?)*")
_SETTLES = re.compile("(?:吧|嘛|呗|撒|噻|下|咯|上去|[一那]?张)$")
_SAID_BEFORE = re.compile(
    "^(?!.{0,3}早[说讲](?!了|过))"  # "早说换吧" regrets
    "(?:(?:我|我们|都|早|已经|跟你|老早)+(?:说|讲)(?:过了?|了)?(?:是|要)?|不是(?:都|早|跟你)*(?:说|讲)(?:了|过了?)(?=.+嘛)|(?:说|讲)过?了)(?=.)(?!的)"
)
_ITS_NAME = re.compile(
    "^[这那]?[件双条个单张袋]?(?:鞋子?|靴子?|衣服?|大衣|外套|[毛卫]衣|羽绒服|西装|衬衫|裤子?|裙子?|被子?|枕头|围巾|帽子?|包包?|米|油|券|单子?|订单|货|东西|预约|投诉)"
    "(?=[^了]+$)"
)
_AS_GOOD = re.compile("(?:那|行|好|嗯)*(?:就)?(.{1,6})就\\1(?:吧|嘛|咯|呗|了|呀|啊)*")
_LETS_BE = re.compile("(?:算了)+(?:就这样|就这么着|随便)(?:吧|嘛|了)?|(?:就|先)?(?:这样|这么着)(?:吧|嘛|了)?")
_HARMLESS = (  # words that look like a question, a wish or a no, and are none
    "不好意思|不客气|不[着]?急|没[事关]系?|没办法|没问题|没毛病|不是(?:小事|闹着玩|开玩笑|[第头]一[次回])|[穿用忍受]不[了住下上]"
    "|(?:[留放]着)?也?没(?:啥|什么)?(?:大)?用|再也不[来买去]了?|不(?P<what>.{1,2})白不(?P=what)|说不定\\w{0,4}|又不花钱|(?:正好|刚好)(?:要|想)[买用]\\w{1,4}"
    "|(?:我|倒要|就|且)*看(?:看)?你们?(?:到底|究竟|最后)?(?:怎么|咋|如何|咋个)(?:说|处理|办|弄|解决|答复|回复|交代)"
    "|我(?:这|还|也|马上|待会儿?|一会儿?|正|得|要)*(?:要|得|急着|赶着|赶)(?:去)?(?:接|上班|上课|开会|出门|回家|做饭|忙|吃|带|睡|赶车)\\w{0,4}"
)
_KEEPS_COUPONS = re.compile("(?:券|积分|红包)(?:就|都)?(?:先)?(?:攒|存|留|放)着?")
_OPEN = re.compile(
    "[?？]|[吗么]$|[不没伐]$|呢$|怎|咋|[多几][久少大远长个点天件号]|哪|啥|什么|谁|是不是|能不能|会不会|要不|有没有|"
    "不|别|没|甭|莫|先|等|但|可是|不过|只|万一|如果|要是|假如|的话|除非|否则|前提|(?<!刚)才|就[行好成]|够|算了|罢了|拉倒|考虑|犹豫|后悔|怕|担心|纠结|再|"
    "错|反而|改|另|顺便|还有|还要|还想|也[要想给]|最好|希望|尽量|记得|必须|应该|能|可以|试|换|退|撤|取消|留|领|删|关|想|让我|听说|以为|本来|差点|说是|停|推|缓"
)
_TERMS = re.compile(  # jokes, terms of their own, other people's things, what is over already, a part or all of it
    "骗|逗|才怪|其实|会(?:扣|影响|被)|支付宝|上门|只[删退换留约取领]|(?<!闹着)玩(?:笑|的|呢|儿|$)|[你您]们?(?:店|家)?(?:出|付|承担|掏)|还我|打我|打给|转|[公婆友蜜事学妈爸儿](?:的|那[双件单个张])|[他她]的|别人|折(?!腾)|过了|刚.{1,4}过|谁"
    "|全部|所有|全都|一半|其中"
)
_PICKS = re.compile(  # one of several, by its place, moment or amount
    "第[一二三四五六七八九十\\d]|[\\d一二三四五六七八九十百千万号日天周月次回][元块多来]*(?:买|拍|下|订)?的?那[单笔双件个张条]|[\\d十百千万][元块多来]*的(?!\\w)"
)
_NOT_WORTH_IT = "太(?:贵|远|久|晚|大|小|多|长|短|麻烦).{0,2}了|用不[上着]|心疼|贵"
_AGAINST = {  # remarks that speak against a change of this kind
    "points_redeem": re.compile(_NOT_WORTH_IT),
    "coupons_claim": re.compile(_NOT_WORTH_IT),
    "stock_reserve": re.compile(f"{_NOT_WORTH_IT}|[一两]周|下个?[周月星礼]|周末|[三四五六七八九十几]天"),
    "appointment_book": re.compile(f"{_NOT_WORTH_IT}|[男女]顾问|年轻|[两俩二三四]个人"),
    "order_cancel": re.compile("(?:收|签|拿|送|寄)到|签收|收货|在路上|到了|到货|发货|发了|穿着.{0,2}好"),
    "return_request": re.compile("丢了|送人|洗过|剪了|吊牌(?!.{0,3}在)"),
}
_TO_PART_WITH_IT = re.compile(  # why one parts with a thing, in words that elsewhere refuse or doubt
    "(?:都|又|真|实在|觉得|有点)*不(?:太|怎么|是很|大)?(?:喜欢|好看|合适|合身|合脚|舒服|适合|想要|需要|保暖|耐看|值)(?!的?话)"
    "|(?:尺码|颜色|型号|款式)?(?:买|拍|点|选|下|填)(?:错|重)(?:码|单|了|颜色|地址)*|[等拖]得?太久|太[慢贵久]|不想等了?|(?:等了?(?:好久|半天|几天|很久)(?:了|都|也|还)*)?(?:反正)?(?:还|都|一直)?没(?:有)?(?:发货|动静|寄出)|发货太?慢|钱不够"
    "|别(?:的|家|处)(?:店|家)?(?:的)?(?:更|还|要)*便宜|没(?:拆|穿|用|洗|戴|剪标?)过?|下次再(?:买|来)|(?:吊牌|包装|盒子?)(?:都|也|还)*在|不[穿用]了|不想用了?|没法[穿用吃]|用不着了?|没必要了?|又不花钱|运费(?:我|自己|来|就|也)*[出付](?:就|也)?(?:自己[出付])?"
)
_DEMANDS = re.compile(  # what a complaint asks for, which is written into it
    "要求?(?:她|他|你们|店里|商家|书面|公开|当面)*(?:道个?歉|赔(?:礼|偿|钱)?|处理|整改|说法|回复|答复)|(?:不要|别|不用)(?:打电话|给我打电话|打给我|联系|找)\\w{0,3}|(?:请|麻烦|希望)?(?:你们)?(?:尽快|快点|早点)?给(?:我|个|我个)(?:答复|回复|说法|交代)"
)
_TAKES_NOTE = re.compile("^(?:原来|还|也)*可以[^，, ]{1,4}[啊呀哦哇][，, ]+.")  # that it is possible
_LATER = re.compile("(?:^|[，, ])(?:明天|后天|过[一两几]天|晚点|回头|改天|下周)(?:$|[，, ])")
_NEVER_AT_LENGTH = ("privacy_delete",)


def agrees(text: str, tool: str) -> bool:
    """True for "嗯嗯取消 不好意思哈 被老婆发现了" where a cancellation waits. What the message names is the caller's to check."""
    clauses = _clauses(text)
    if clauses is None or wavers(text) or tool in _NEVER_AT_LENGTH or holds(text, tool):
        return False
    if tool == "ticket_file" and is_yes(clauses[0], tool) and all(_DEMANDS.fullmatch(c) for c in clauses[1:]):
        return len(clauses) > 1  # "好 尽快给我答复"
    strong = [c for c in clauses if _names_it(c, tool)]
    leads = bool(_LEADS.match(clauses[0]))
    bare = VERBS.get(tool, ())  # "换 快过期了"
    settled = [c for c in strong if _SETTLES.search(c) or leads or c in bare or _SAID_BEFORE.match(c)]
    return bool(settled) and all(c in strong or _is_harmless(c, tool) for c in clauses)


def accepts(text: str, tool: str) -> str:
    """What is taken as it is shown ("咖啡就咖啡 换" → "咖啡"); empty where nothing is, or something else is said too."""
    clauses = _clauses(text)
    if clauses is None or wavers(text) or holds(text, tool):
        return ""
    taken = [(c, found.group(1)) for c in clauses if (found := _AS_GOOD.fullmatch(c))]
    if len(taken) != 1 or not all(c == taken[0][0] or is_yes(c, tool) or _is_harmless(c, tool) for c in clauses):
        return ""
    return taken[0][1]


def holds(text: str, tool: str) -> bool:
    """Words beside a yes that ask for another look: one of several is picked, or something speaks against it."""
    return bool(_PICKS.search(re.sub(_HARMLESS, " ", text))) or speaks_against(text, tool)


def speaks_against(text: str, tool: str) -> bool:
    """Jokes, terms, other people's things and facts beside a yes that the change, as it was shown, does not reckon with."""
    told = _weighty(text, tool)
    later = tool in PARTS_WITH and _LATER.search(told)
    against = _AGAINST.get(tool)
    return bool(later or _TAKES_NOTE.search(told) or _TERMS.search(told) or (against and against.search(told)))


def opens(text: str, tool: str) -> bool:
    """Begins with the yes to this change by its name ("登记吧 太气人了 再也不来了"): whatever follows, it is no plain no."""
    first = next((c for c in _BREAKS.split(text) if c), "")
    return is_yes_by_name(first, tool)


def says_nothing(clause: str) -> bool:
    """A clause that is only said along ("我看你们怎么说", "不好意思哈")."""
    return bool(re.fullmatch(f"(?:{_HARMLESS})[哈啊了呀哦]*", clause))


def _clauses(text: str) -> list[str] | None:
    """The clauses of a message; None where it is too long or asks."""
    if len(text) > LONGEST or re.search("[?？]", text):
        return None
    return [c for c in _BREAKS.split(text) if c] or None


def _names_it(clause: str, tool: str) -> bool:
    """A clause that is the yes to this change by its name, with the thing before it or that it was said before."""
    plain = _SAID_BEFORE.sub("", clause)
    plain = _ITS_NAME.sub("", plain) if _SETTLES.search(plain) and not is_yes(plain, tool) else plain
    return is_yes(plain, tool) and (names(plain, tool) or bool(re.search("提交|确认", plain)))


def _is_harmless(clause: str, tool: str) -> bool:
    if is_yes(clause, tool) or _LETS_BE.fullmatch(clause):
        return True
    left = _weighty(clause, tool)
    if not tool.startswith(("coupons", "points")):
        left = _KEEPS_COUPONS.sub(" ", left)
    return not (_OPEN.search(left) or ACTS.search(left) or names(left, tool))


def _weighty(text: str, tool: str) -> str:
    """A text without the words that only look like a question, a wish or a no beside a yes to this change."""
    left = re.sub(_HARMLESS, " ", text)
    if tool == "ticket_file":
        return _DEMANDS.sub(" ", left)
    return _TO_PART_WITH_IT.sub(" ", left) if tool in PARTS_WITH else left
