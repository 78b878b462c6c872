"""Yes and no to a change that waits, by their words alone.

Pure functions on text. Called by `confirming`, `asking`, `context` and `dialogue` before the learnt stances of the router.
"""

import re
from functools import lru_cache

_YES = (
    "好", "行", "对", "要", "中", "成", "妥", "是", "可", "得", "嗯", "嗯哪", "嗯啦", "恩", "可以", "阔以", "欧克", "欧了",
    "没错", "没有错", "对头", "没问题", "没有问题", "没毛病", "没意见", "无误", "同意", "当然", "必须的", "收到", "定了",
    "确认", "确定", "确任", "却认", "提交", "登记", "登上", "加上", "报上去", "拜托", "麻烦了",
    "办吧", "弄吧", "搞吧", "整吧", "来吧", "走起", "搞起", "帮我办", "帮我弄",
    "就这么办", "就这么定", "就这样", "这么着", "就它", "就这个", "就那个",
    *(f"{just}{that}个{moment}" for just in ("", "就") for that in "这那" for moment in ("点", "时间")),
    "ok", "okay", "y", "yes", "yep", "yup", "yeah", "sure", "fine", "good", "great", "right", "that's right", "correct",
    "perfect", "absolutely", "of course", "please", "please do", "go ahead", "do it", "let's do it", "that works",
    "sounds good", "submit", "confirm", "confirmed", "haode", "keyi",
)  # fmt: skip
_NO = (
    "不", "别", "停", "撤", "不是", "不对", "不要", "不用", "不行", "不必", "不需要", "不了", "不搞", "不整", "不确认",
    "不登记", "不提交", "不办了", "不弄了", "别办", "别弄了",
    *(f"{first}{verb}" for first in ("先不", "不") for verb in "退换约领买留兑"),
    "先别", "先不", "先不用", "先不弄", "先不办", "暂时不用",
    "算了", "罢了", "作罢", "拉倒", "免了", "取消", "反悔", "我反悔了", "后悔了",
    "等等", "我再", "再想想", "我再想想", "再看看", "再说吧",
    "no", "nope", "cancel", "nevermind", "never mind", "not now", "buyao", "suanle",
)  # fmt: skip
_POLITE = (
    "吧", "啊", "呀", "的", "了", "哈", "呢", "哦", "噢", "嘛", "呗", "撒", "噻", "哩", "咧", "捏", "滴", "哒", "哇", "嗷",
    "呐", "嘞", "咯",
    "就", "先", "那", "也", "你", "它", "上", "掉", "还是", "这么", "赶紧", "一下", "下", "帮我", "给我",
    "谢谢", "麻烦", "亲", "姑娘", "小姐姐", "栓q", "thanks", "thank you", "it",
    *(f"{n}{unit}" for n in "一这那" for unit in "张个件双杯条盒瓶支家套款台袋包箱桶床副"),
)  # fmt: skip
VERBS: dict[str, tuple[str, ...]] = {
    "return_request": ("退货", "换货", "退", "换"),
    "order_cancel": ("取消订单", "取消", "撤掉", "撤了", "撤", "退", "cancel"),
    "appointment_book": ("预约", "约", "定", "订"),
    "appointment_move": ("改", "挪"),
    "appointment_cancel": ("取消预约", "取消", "退", "撤", "cancel"),
    "stock_reserve": ("留着", "留", "预留", "备", "占", "hold"),
    "points_redeem": ("兑换", "换", "兑"),
    "coupons_claim": ("领取", "领", "拿", "claim"),
    "privacy_keep": ("撤回", "撤销", "撤", "留着", "留", "不删了", "别删了", "先别删", "不删", "别删"),
    "privacy_delete": ("删除", "删掉", "删", "清空", "清掉", "清", "注销"),
    "privacy_choose": ("关闭", "关掉", "关", "开", "退订", "退", "停", "屏蔽"),
    "ticket_file": (
        "新登记", "登记", "登", "投诉", "提交", "处理", "反映上去", "报上去", "反映", "上报", "报", "记上", "记下", "file",
    ),
    "ticket_note": ("补充", "提交", "加上", "补上", "加", "补", "记上", "写上"),
}  # how people say yes to a change by naming it  # fmt: skip
LONGEST_REMARK = 24  # characters of a yes or a no with a remark before or after it
MAX_CHANGE_OF_MIND = 16  # characters of a no that stands in no word for it
MARKS = re.compile(r"[，,。.!！~～?？、\s]+")
_REPORTED = re.compile(
    "^(?:他|她|我[妈爸姐妹弟哥]|老公|老婆|媳妇|女儿|儿子|孩子|人家)(?:说|讲|回)(?:了|是|的)?[，,： :]?"
)
_SHOWN = ("appointment_book", "ticket_file", "stock_reserve")  # changes that are looked over before the yes
_AS_IT_IS = re.compile(
    "(?:对的?|是的?|嗯|好的?|行|可以)+[，,。！! ]*(?:就)?(?:这样)?(?:吧|了)?[，,。！! ]*不(?:改|变|动)了(?:吧|啊|哈)?"
)
PARTS_WITH = ("order_cancel", "return_request")
_WANTS_NO_MORE = re.compile(
    "(?:(?:[嗯恩]+|对+|是|是的|好|行|可以|确定|确认|没错|(?:算了[，, ]*)?(?:取消|退)[吧了掉]*)[，,。！! ]*)+(?:我|都|就|是|真|也)*(?:不想?[要买]了)+(?:吧|啊|哈)?(?:[，, ]*谢谢)?"
    "|(?:我|就|都)*不想?要[这那][单笔双件个]了(?:吧|啊|哈)?"
)
_GIVEN_UP = re.compile("^(?:那|还是)?算了[吧啦]*[，,。！! ]+|[，,。！! ]+算了[吧啦]*$")
_ANOTHER_INSTEAD = re.compile("不[是要].+[，, ](?:我|就)*(?:是|要).")  # "不是换 是退"
_INSISTS = re.compile("不.{1,2}不(?:行|可)(?!以)|非.{1,4}不(?:行|可)")
_DOUBT = re.compile(r"[?？不别没停吗么怎什哪多几]|[能行有是好成得以]嘛|but|how|what|when|don'?t")
_GOES_AHEAD = re.compile("办|弄|搞|整|来吧|走起|换|退|就这么|就这样|please|do it|go ahead", re.IGNORECASE)


@lru_cache(maxsize=64)
def _longest_first(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))


def _only(text: str, words: tuple[str, ...]) -> bool:
    """True where a message is made of these words and politeness alone."""
    left = MARKS.sub(" ", text.lower()).strip()
    found = False
    while left:
        word = next((w for w in _longest_first(words) if left.startswith(w)), None)
        found = found or word is not None
        word = word or next((w for w in _longest_first(_POLITE) if left.startswith(w)), None)
        if word is None:
            return False
        left = left[len(word) :].lstrip()
    return found


def is_yes(text: str, tool: str = "") -> bool:
    """A yes, in the light of the change that waits for it: "退吧" confirms a return, "取消吧" a cancellation. What another
    person is quoted with counts ("他说行")."""
    text = _REPORTED.sub("", text)
    if tool and text.rstrip().endswith(("?", "？")):
        return False  # "取消？" wonders
    if (tool in PARTS_WITH and _WANTS_NO_MORE.fullmatch(text)) or (tool in _SHOWN and _AS_IT_IS.fullmatch(text)):
        return True
    if tool.endswith("cancel"):  # giving it up is what is wished
        text = _GIVEN_UP.sub("", text) if names(_GIVEN_UP.sub("", text), tool) else text
    return len(text) <= 20 and _only(text, (*VERBS.get(tool, ()), *_YES))


def is_yes_by_name(text: str, tool: str) -> bool:
    """A yes that says what is to be done ("取消吧"), unlike a bare "好"."""
    return is_yes(text, tool) and names(text, tool)


def is_no(text: str, tool: str = "") -> bool:
    """A no. What only names the pending change ("取消" for a cancellation) is none."""
    if len(text) > 20 or is_yes(text, tool) or _ANOTHER_INSTEAD.search(text) or _INSISTS.search(text):
        return False
    if tool and any(is_yes_by_name(clause, tool) for clause in MARKS.split(text)):
        return False  # "取消吧 不用了", "删吧 不用了"
    left = re.sub("|".join(VERBS[tool]), "", text) if tool in VERBS else text
    return any(w in left.lower() for w in _NO if len(w) > 1 or w in "不别") and _only(left, (*_NO, *_YES))


def goes_ahead(text: str) -> bool:
    """A yes that wishes something done ("那就办吧", "yes please"), unlike one that only takes note ("对", "好")."""
    return is_yes(text) and bool(_GOES_AHEAD.search(text))


def leans_to_yes(text: str) -> bool:
    """A short message with a yes in it that is not clear enough to act on: ask once more."""
    return (
        len(text) <= 8
        and any(c in text for c in "好行可嗯对确办妥")
        and not any(c in text for c in "不别没停吗?？怎什哪多")
    )


_WAVERS = re.compile(
    "(?<!不用)(?<!不用再)(?:考虑|想一?想|琢磨|商量)(?!.{0,2}[好过清]|办法|半天|没用)|合计合计|犹豫|纠结|[再回]头?(?:说吧|看看|看吧)|看情况|拿不定|说不准|没想好|没定|不确定|不一定|问[问下]?我?[妈爸姐妹弟哥]"
    "|(?:^|[，, ])(.{1,2})倒?是\\1(?=$|[，, ])|(?:好|行|可以|要得|想)[吧啊的]*[，, ]+(?:但|不过|就是|只是)|maybe|not sure|think about"
)


def wavers(text: str) -> bool:
    """Has not made up their mind, whatever else is said ("嗯 再考虑考虑")."""
    return bool(_WAVERS.search(text.lower()))


def doubts(text: str) -> bool:
    """Holds a word that asks, refuses or doubts, which a learnt yes must not."""
    return bool(_DOUBT.search(text.lower()))


def wants_after_all(text: str) -> bool:
    """ "还是要吧", "算了还是登记吧": takes back a no."""
    verbs = "要|办|留|退|换|约|领|取消|弄|登记|提交|投诉|反映|报|兑|改"
    return bool(re.fullmatch(rf"(那|算了|嗯|哎|唉)*[，, ]*还是(给我|帮我)?({verbs})(着|了|吧|它|一下|上|下)*", text))


def insists(text: str, tool: str) -> bool:
    """Wishes the change that waits by way of a not ("不换不行", "不不 我要取消")."""
    if _INSISTS.search(text):
        return names(text, tool)
    rest = re.sub("^(?:不|没)+[，,。!！ ]+", "", text)
    first = MARKS.split(rest)[0]
    return rest != text and bool(re.match("(?:我|就|还)*(?:是?要|想)", first)) and names_change(first, tool)


def names(text: str, tool: str) -> bool:
    """True where a message holds a word for the change that waits."""
    return any(v in text.lower() for v in VERBS.get(tool, ()))


def names_change(text: str, tool: str) -> bool:
    """True where a message names the change that waits without a not ("那就取消掉")."""
    return names(text, tool) and not re.search("不|别|没|算|免|甭|莫|唔", text)
