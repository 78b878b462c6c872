"""Yes, no, and the choice among what was offered: what an answer means by its words alone.

Pure functions on text. `context` asks them before the learnt stances of the router.
"""

import re

from assistant.agent import amounts, offered
from assistant.domain.conversation import Offer
from tools.numerals import whole

_YES_WORDS = (
    "就这么办", "确认无误", "无误", "没有问题", "没有错", "没问题", "就这样", "可以的", "是的呢", "确认", "确定", "好的", "好滴", "好啊", "好呀", "好嘞", "可以", "行吧", "行的", "对的", "对头", "没错",
    "同意", "要得", "就这么定", "就这么着", "这么着", "定了", "走起", "搞起", "来吧", "是的", "要的", "办吧", "提交", "登记", "麻烦了", "拜托", "没毛病", "阔以", "OK", "弄吧", "搞吧", "整吧", "可", "得", "收到", "就它", "就这个点", "就那个点", "就这个时间", "就那个时间", "这个点", "那个点", "这个时间", "那个时间", "就这个", "就那个", "报上去", "帮我办", "帮我弄", "没意见", "必须的", "那当然", "当然", "yup", "right", "correct", "that's right", "fine", "good", "great", "中啊", "得嘞", "妥了", "嗯呐", "嗯哪", "嗯啦", "嗯", "恩", "好", "行", "对", "要", "中", "成", "妥", "是",
    "go ahead", "let's do it", "do it", "perfect", "absolutely", "of course", "please do", "that works", "submit", "登上", "加上", "欧克", "欧了", "确任", "却认", "sounds good", "confirmed", "confirm", "please", "haode", "keyi", "okay", "sure", "yeah", "yes", "yep", "ok", "y",
)  # fmt: skip
_NO_WORDS = (
    "先别", "停", "等等", "我再", "nevermind", "暂时不用", "先不用", "先不弄", "先不办", "不必", "免了", "罢了", "作罢", "我反悔了", "反悔", "后悔了", "拉倒", "撤", "别办", "不搞", "不整", "不需要", "不用了", "不要了", "我再想想", "再想想", "再看看", "再说吧", "还是算了", "不确认", "不办了", "不弄了", "不换了", "不退了",
    "不约了", "不留了", *(f"{first}{verb}" for first in ("先不", "不") for verb in "退换约领买留兑"), "不登记", "不提交", "别弄了", "取消吧", "算了", "不了", "不用", "不要", "不行", "取消", "先不", "不是", "不对", "别", "不", "buyao", "suanle",
    "nope", "no", "cancel", "never mind", "not now",
)  # fmt: skip
_POLITE = (
    *(f"{n}{unit}" for n in "一这那" for unit in "张个件双杯条盒瓶支家套款台袋包箱桶床副"),
    "它",
    "上",
    "也",
    "给我",
    "这么",
    "赶紧",
    "撒",
    "噻",
    "哩",
    "咧",
    "捏",
    "滴",
    "哒",
    "哇",
    "嗷",
    "呐",
    "姑娘",
    "亲",
    "小姐姐",
    "栓q",
    "还是",
    "掉",
    "一下",
    "嘞",
    "咯",
    "谢谢你",
    "谢谢",
    "麻烦你",
    "麻烦",
    "帮我",
    "那就",
    "吧",
    "啊",
    "呀",
    "的",
    "了",
    "哈",
    "呢",
    "哦",
    "噢",
    "嘛",
    "呗",
    "先",
    "那",
    "就",
    "你",
    "thanks",
    "thank you",
    "it",
)
_MARKS = re.compile(r"[，,。.!！~～?？、\s]+")
_ORDINAL = re.compile(
    r"^(?:(?:我)?(?:选|要)|就|那就|还是)?(?:第)?([1-9一二三四五六七八九])(?:个|款|笔|单|家|张|条|件|种|双|号)?(?:吧|的|那个|呢|好了)?$"
)
_LAST = re.compile(r"^(就|要|选)?(最后|最下面|下面|后面|末尾)的?(那)?(一)?(个|款|笔|家|张)?(吧)?$|^(the )?last( one)?$")
_FIRST = re.compile(
    r"^(就|要|选)?(头|最上面|上面|前面|最前面)的?(那)?(一)?(个|款|笔|家|张)?(吧)?$|^(the )?first( one)?$"
)
_ENGLISH_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def _only(text: str, words: tuple[str, ...]) -> bool:
    """True where a message is made of these words and politeness alone."""
    left = _MARKS.sub(" ", text.lower()).strip()
    found = False
    while left:
        word = next((w for w in words if left.startswith(w)), None)
        found = found or word is not None
        word = word or next((w for w in _POLITE if left.startswith(w)), None)
        if word is None:
            return False
        left = left[len(word) :].lstrip()
    return found


# how people say yes to a change by naming it
_VERBS: dict[str, tuple[str, ...]] = {
    "return_request": ("退货", "换货", "退", "换"), "order_cancel": ("取消订单", "取消", "撤掉", "撤了", "撤", "退", "cancel"), "appointment_cancel": ("取消预约", "取消", "退", "撤", "cancel"),
    "appointment_move": ("改", "挪"), "appointment_book": ("预约", "约", "定", "订"), "stock_reserve": ("留着", "留", "预留", "备", "占", "hold"),
    "points_redeem": ("兑换", "换", "兑"), "coupons_claim": ("领取", "领", "拿", "claim"), "privacy_keep": ("撤回", "撤销", "撤", "留着", "留", "不删了", "别删了", "先别删", "不删", "别删"), "privacy_delete": ("删除", "删掉", "删", "清空", "清掉", "清", "注销"), "privacy_choose": ("关闭", "关掉", "关", "开", "退订", "退", "停", "屏蔽"),
    "ticket_file": ("新登记", "登记", "登", "投诉", "提交", "处理", "反映上去", "报上去", "反映", "上报", "报", "记上", "记下", "file"), "ticket_note": ("补充", "提交", "加上", "补上", "加", "补", "记上", "写上"),
}  # fmt: skip


_REPORTED = re.compile(
    "^(?:他|她|我[妈爸姐妹弟哥]|老公|老婆|媳妇|女儿|儿子|孩子|人家)(?:说|讲|回)(?:了|是|的)?[，,： :]?"
)


def is_yes(text: str, tool: str = "") -> bool:
    """A yes, in the light of the change that waits for it: "退吧" confirms a return, "取消吧" a cancellation. What another
    person is quoted with counts ("他说行")."""
    text = _REPORTED.sub("", text)
    if (tool in _PARTS_WITH and _WANTS_NO_MORE.fullmatch(text)) or (tool in _SHOWN and _AS_IT_IS.fullmatch(text)):
        return True
    return len(text) <= 20 and _only(text, (*_VERBS.get(tool, ()), *_YES_WORDS))


_SHOWN = ("appointment_book", "ticket_file", "stock_reserve")  # changes that are looked over before the yes
_AS_IT_IS = re.compile(
    "(?:对的?|是的?|嗯|好的?|行|可以)+[，,。！! ]*(?:就)?(?:这样)?(?:吧|了)?[，,。！! ]*不(?:改|变|动)了(?:吧|啊|哈)?"
)
_PARTS_WITH = ("order_cancel", "return_request")
_WANTS_NO_MORE = re.compile("(?:嗯|对|是|是的|好|行|可以|恩)[，,。！! ]*(?:我|都|就|是|真)*不想?要了(?:吧|啊|哈)?")


_GIVING_UP = re.compile(r"^(?:唉|哎|那|行吧|嗯|切|哦)?[，, ]?(?:还是)?(?:算了?(?:了|啦|咯|喽|球)|罢了|拉倒)(?:吧)?")
_ACTS = re.compile(
    "改(?!天)|整个|来个|活人|撤|取消|(?<!不)退|(?:有|能|可以|行).{0,8}[没吗么不]$|换成|换个|约(?!了)|帮|查|看看|看下|给我|问|转|找|要(?!了)|[?？]|吗|怎么|咋|多少|什么|啥|哪|几"
)


def gives_up(text: str) -> bool:
    """ "算了 太瘦", "算啦懒得跑", "我再琢磨琢磨 先不退": lets go of whatever it was, with a reason and no other wish."""
    if len(text) <= 14 and re.search("(?:那|还是|就|[，, ])算(?:了|啦|咯)(?:吧|啊)?$", text) and not _ACTS.search(text):
        return True
    if len(text) <= MAX_CHANGE_OF_MIND and (refused := _NOT_THEN.search(text)) and not _ACTS.search(text):
        return not re.search("[退换约领留兑]", text[: refused.start()])  # "换一件同样的 不退" wishes one of two
    found = _GIVING_UP.match(text)
    if found is None or len(text) > 16:
        return False
    rest = text[found.end() :]
    return bool(_BY_MYSELF.match(rest)) or not _ACTS.search(rest)


_BY_MYSELF = re.compile("[，, ]*(?:那|还是)?我(?:自己|自个儿?)")
_NOT_THEN = re.compile(r"(?:^|[，, 。])(?:还是|那|就|先|我|暂时)*不(?:退|换|约|领|留|兑)(?:了|哈|啦|先)*(?:吧|哈|啊)?$")
_LETS_GO = re.compile("(?:那|那就|还是|算)*(?:先|暂时)?不(?:要|买|考虑|拿)(?:了|吧)")


def lets_go(text: str) -> bool:
    """ "先不要了 太贵": has looked at a thing and wants it no more."""
    found = _LETS_GO.match(text)
    return found is not None and len(text) <= 14 and not _ACTS.search(text[found.end() :])


def demands(text: str) -> bool:
    """A wish and no question: "那帮我换成L"."""
    return bool(
        re.search(
            "帮我|给我|换成|就换|那换(?!呢|吗|行|可|得)|换个|换一|要换|要退|退掉|退了|退吧|换吧|换了|办(?:理)?(?:退|换)",
            text,
        )
    ) and not re.search("[?？]|吗|么|能|可以|行不", text)


_GOES_AHEAD = re.compile("办|弄|搞|整|来吧|走起|换|退|就这么|就这样|please|do it|go ahead", re.IGNORECASE)


def goes_ahead(text: str) -> bool:
    """A yes that wishes something done ("那就办吧", "yes please"), unlike one that only takes note ("对", "好")."""
    return is_yes(text) and bool(_GOES_AHEAD.search(text))


def wants_after_all(text: str) -> bool:
    """ "还是要吧", "算了还是登记吧": takes back a no."""
    verbs = "要|办|留|退|换|约|领|取消|弄|登记|提交|投诉|反映|报|兑|改"
    return bool(re.fullmatch(rf"(那|算了|嗯|哎|唉)*[，, ]*还是(给我|帮我)?({verbs})(着|了|吧|它|一下|上|下)*", text))


LONGEST_REMARK = 24  # characters of a yes or a no with a remark before or after it


_HOLDS_BACK = re.compile(
    "等|先|再说|不对|另外|不是|没同意|没说|没要|怎么回事|什么时候|千万|(?:别|不|不要)$|[是要]不[是要]|能不能|吗|呢$"
)
_RESOLVED = re.compile("(?:那|就|还是|算了)|.*(?:吧|就行|就好)$")


_SETTLES = re.compile("(?:那|就)?(?:确认|确定|提交|同意)(?:吧|了|啦|哈|呗)?")
_WAVERS = re.compile("[?？]|(?<![是要])不|别|没|换|改|算了|取消|撤|拉倒|再想|考虑|再说|太.{1,3}了")


def ends_in_yes(text: str, tool: str) -> bool:
    """Names the pending change in its last words, after a remark ("哦没付钱啊 那取消"); after a longer one, or one that wonders,
    only in words that settle it ("有虫子还不算质量问题？？那登记吧")."""
    if text.rstrip().endswith(("?", "？")):
        return False
    first, _, last = re.sub(r"[，,。；;!！?？… ]+", " ", text).strip().rpartition(" ")
    if not first or not is_yes(last, tool) or _HOLDS_BACK.search(first):
        return False
    if _SETTLES.fullmatch(last):  # "七点下班来得及 确认"
        return len(text) <= LONGEST_REMARK and not _WAVERS.search(first)
    if not names_change(last, tool):
        return False
    plain = len(text) <= MAX_CHANGE_OF_MIND and not re.search("[?？]", text)
    settled = len(text) <= LONGEST_REMARK and bool(_RESOLVED.match(last))
    lets_be = "就" in last  # "算了就这样吧 约上就行"
    return (plain or settled) and (lets_be or not gives_up(first))


_GOES_ON = re.compile("^(?:那|那么)?就(?:这|那|它|按|照)")


def opens_with_yes(text: str, tool: str) -> bool:
    """A yes, then the change once more in a few words ("对 就这个 帮我把它退了"), and nothing asked, doubted or refused."""
    first, *rest = [part for part in _MARKS.split(text) if part]
    said = "".join(rest)
    if not said or len(said) > 10 or not is_yes(first, tool) or re.search("不|别|没|先|但|等|吗|么$|怎|几|哪|多", said):
        return False
    return names_change(said, tool) or bool(_GOES_ON.match(said))


_TOPIC = re.compile(
    "^(?:不是|不对|错了|诶|哎|等等|[，,。!！ ])*(?:主题|场合|穿搭主题)(?:[嘛吧呢是就：:，, ]|的话|还是|写成?|改成?|填成?|换成|定为|叫)+([^，,。!！?？ ]{2,20})"
)
_NO_TOPIC = re.compile("什么|啥|不|错|对的|这个|这样|之前|没有|吗|^了")
_TOPIC_ENDS = re.compile(
    "(?:这?[两二三四五六七八九十\\d]个字)?(?:就行|就好|就可以|就ok|好了|行了|吧|呗|哈|啊|[^\\w\\s])+$", re.IGNORECASE
)


def names_topic(text: str) -> str:
    """What a message gives as the topic of an appointment ("主题嘛 公司年会", "主题就写面试穿搭四个字就行"), else empty."""
    found = _TOPIC.match(text)
    topic = _TOPIC_ENDS.sub("", found.group(1)).strip() if found else ""
    return "" if _NO_TOPIC.search(topic) else topic


_REMARKS = re.compile("^(?:[哦噢喔嗷]+|原来|难怪|怪不得|我说呢|这样啊)")


def remarks(text: str) -> bool:
    """ "哦哦对 是一块儿买的": takes note of what was said, and wishes nothing."""
    found = _REMARKS.match(text)
    if found is None or len(text) > 16 or text.endswith("不"):
        return False
    return not re.search("多久|几|咋|啥", text) and not _ACTS.search(text[found.end() :])


_COMES = re.compile(
    r"^(?:好+|行|成|ok+|中|嗯+|得|妥)(?:的|嘞|滴|吧|啦|呀)*[，,。.!！~ ]*.{0,6}?(?:过来|过去|溜达|去(?:试|看|拿|取|逛|买)|冲|来(?:试|看|拿|取)|等你们.{0,3}|等(?:通知|电话|消息))[吧了啦哈]*[。.!！~ ]*$",
    re.IGNORECASE,
)


def will_come(text: str) -> bool:
    """ "好 下午过来", "OK 周末带她去试": content, and tells what they will do."""
    return (
        len(text) <= 14 and bool(_COMES.match(text)) and not re.search("[?？]|吗|么|行不|能|帮|给我|几|多|哪|约", text)
    )


_HOPES = re.compile(
    r"^(?:[好行嗯哦]+|ok|可以)(?:的|吧|嘞|滴|了)*[，,。! ]*(?:谢谢|麻烦你?们?|辛苦)?(?:了|啦)?[，,。! ]*(?:那)?(?:我)?(?:希望|尽快|早点|快点|等你?们?|等着|别拖|盼)[^?？吗]{0,12}$",
    re.IGNORECASE,
)


def hopes(text: str) -> bool:
    """ "好 麻烦了 希望给个说法": content with the promise, and waits for it."""
    return bool(_HOPES.match(text)) and not re.search("换|退|转|赔|补充|投诉|取消", text)


def undoes(text: str) -> bool:
    """ "算了给我撤了": lets go of a thing that was done, and so wants it undone."""
    return bool(re.search("撤|取消", text)) and not re.search("不(?:撤|取消)|别", text)


MAX_CHANGE_OF_MIND = 16  # characters


def refuses(text: str, tool: str) -> bool:
    """Says not to make the change that waits, perhaps with a reason ("唉别换了 我戒咖啡呢")."""
    verbs = "|".join((*(v for v in _VERBS.get(tool, ()) if not v.isascii()), "提交", "确认", "操作", "弄", "办", "动"))
    found = re.match(
        rf"[唉哎啊哦嗯呃诶喔]*(?:等等|等会儿?|等一?下|慢着|且慢)?[，, ]*(?:先|还是|那|就)?[别不甭莫](?:要|用|想)?(?:{verbs})[了啦吧先]*(?=[，,。!！ ]|$)",
        text,
    )
    if len(text) <= MAX_CHANGE_OF_MIND and re.search(rf"[，, 。]+(?:那|就|先|我)?不(?:{verbs})了(?:吧|啊|哈)?$", text):
        return not re.search("[?？]|吗|能不能", text)
    if found is None or len(text) > 24:
        return False
    rest = text[found.end() :]
    return not _ACTS.search(rest) and not re.search(verbs, rest)


_ASKED = re.compile("[?？吗么]|[是能要可会]不[是能要可会]|不是")
_CANCELLED = re.compile("(?:那|就|赶紧|快|都|给我|帮我)*(?:取消|撤销|撤掉|撤了|停)(?:掉|吧|了|啦|它)*")


def _refusing(clause: str, tool: str) -> bool:
    """A clause that says not to make the change ("别删我信息", "投诉那个不用弄"), or to cancel whatever waits."""
    if _ASKED.search(clause):
        return False
    if not tool.endswith("cancel") and _CANCELLED.fullmatch(clause):
        return True
    named = [v for v in _VERBS.get(tool, ()) if not v.isascii() and v != "处理"]
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


def after_yes(text: str, tool: str) -> str:
    """What is told after a yes ("登吧 昨天下午四点多 一楼化妆品那边"); empty where nothing is, or it asks, refuses or doubts."""
    parts = [part for part in re.split(r"[，,。.!！~～、\s]+", text) if part]
    rest = parts
    while rest and (is_yes(rest[0], tool) or (rest is not parts and _GOES_ON.match(rest[0]))):
        rest = rest[1:]
    told = " ".join(rest)
    holds = re.search(
        "[?？]|吗|么$|不$|没$|呢$|怎|几[点天个号时]|哪|多少|啥|什么|先|等|别|不(?:要|用|登|投|是)|但|算了|改成|换成|帮我|查|看[看下]|转|人工|给我|撤|没必要|没用|考虑|想想|再说|说错|弄错|顺便|另外|还有",
        told,
    )
    return told if rest != parts and len(told) >= 4 and not holds else ""


def yes_and_remark(text: str, tool: str) -> bool:
    """A yes, then a few words that want, ask, doubt and refuse nothing ("好 紧张死了")."""
    first, *rest = [part for part in _MARKS.split(text) if part]
    said = "".join(rest)
    harmless = not re.search("不|别|没|先|但|等|还|吗|么$|怎|几|哪|多|是|想|要|[?？]", said) and not _ACTS.search(said)
    return bool(said) and len(said) <= 8 and is_yes(first, tool) and harmless


_HEARD = re.compile("(?:晓得|知道|明白|了解|懂|清楚)(?:了|啦|咯|喽|的)?|got it|i see")


def only_heard(text: str) -> bool:
    """ "晓得咯": has understood, which agrees to nothing yet."""
    return bool(_HEARD.search(text.lower()))


_NO_FIRST = re.compile(r"^(?:哦|啊|嗯|呃|哎|诶|喔|oh)?[，, ]*(?:不是?|别|no)[，,。 ]+(?!对)", re.IGNORECASE)


def takes_back(text: str, tool: str) -> bool:
    """A no with a reason after it ("哦不 还是留着吧"), and no other wish or change of what waits."""
    if len(text) > 16 or not _NO_FIRST.match(text) or _ACTS.search(text):
        return False
    rest = _NO_FIRST.sub("", text)
    keeps = "留" in rest and tool != "stock_reserve"
    return keeps or (bool(re.search("说错|按错|点错|反悔|再想|不|别", rest)) and not re.search("是|要|换|改", rest))


def names_change(text: str, tool: str) -> bool:
    """True where a message names the change that waits without a not ("那就取消掉")."""
    verbs = _VERBS.get(tool, ())
    return any(v in text.lower() for v in verbs) and not re.search("不|别|没|算|免|甭|莫|唔", text)


def is_no(text: str, tool: str = "") -> bool:
    """A no. What only names the pending change ("取消" for a cancellation) is none."""
    if len(text) > 20 or is_yes(text, tool):
        return False
    left = re.sub("|".join(_VERBS[tool]), "", text) if tool in _VERBS else text
    return any(w in left.lower() for w in _NO_WORDS if len(w) > 1 or w in "不别") and _only(
        left, (*_NO_WORDS, *_YES_WORDS)
    )


def leans_to_yes(text: str) -> bool:
    """A short message with a yes in it that is not clear enough to act on: ask once more."""
    return (
        len(text) <= 8
        and any(c in text for c in "好行可嗯对确办妥")
        and not any(c in text for c in "不别没停吗?？怎什哪多")
    )


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
