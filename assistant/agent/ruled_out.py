"""What a message rules out: "五角场太远了 静安寺呢", "200的换不了 换50的吧", "不是50 是125", "酸奶…不对 是牛奶".

Pure functions on text. `mentions` reads what is left before it reads the whole; `offered` and `amounts` read only that.
"""

import re

# where one thought ends and the next begins: at a mark, before a turning word, after "太远了"
_ENDS = re.compile(
    r"((?:[，,。…!！?？;；、~\s]|\.{2,})+)"
    "|(?<=[^能可以])(?=那就|那还|那换|那要|那来|那我|(?<!我)就要(?!不)|我就?要(?!不)|换成|改成|还是要|还是换)"
    "|(?<=[远贵厚薄货完光]了)(?=[^了吗吧啊哈呀啦哦呢嘛的么点些一])|(?<=没有了)(?=[^吗吧啊哈呀啦哦呢嘛的么])"
    "|(?<=[^对]不对)(?=是|应该)"
)
_END = "[了哈啊啦呀吧哦噢诶嘞哎的喽咯啰]*$"
_GONE = re.compile(  # said of a thing that cannot be had or is not wished
    "(?:(?:太|有点|好|蛮|挺|[那这]么)(?:[远贵薄厚晚早]|麻烦)|[远贵薄厚晚早]了(?:点儿?|些|一点)|(?:太|有点)[深浅艳素暗花]|显[黑胖老脏矮壮]|容易脏|不耐脏|(?<![要是])不要|[没无](?:有?现?货|有?库存)|[卖售抢换领](?:完|光|空|没)|断[货码]|缺货"
    f"|[换去用买穿领兑到拿吃等]不(?:了|起|上|到|成|来)|不(?:行|可以|考虑|方便|顺路|近|成)|算了|以外|之外|除外){_END}"
)
_NONE = re.compile("(?<![有还货到])没有[了哈啊啦呀哦噢]*$")
_TURNS = re.compile("那|就|换|要|改|还是|别的|别家|其他|来|去|看")
_SIZE_IS_WRONG = re.compile(
    rf"(?:[这那]个?)?(?:[smlx]+|\d{{2,3}})[码号]?的?(?:有点儿?|太|偏|穿着?)*[大小紧松肥]{_END}", re.IGNORECASE
)
_REFUSED = re.compile(
    "(?:我|你|就|也|都|可|是|倒|又|说|了|哦|啊|反正|其实|但|他|她|这|那)*"
    "(?:不要(?!紧)|别要|不想[要买用穿吃去]|不是(?![有说吗])|不用|不去|不买|不能[用穿吃去买]|不敢[用穿吃]|不喜欢|不爱|讨厌|没[说问要](?!有)|不换(?![货了])|别(?:约|留|换|选|订|定|写|退|取消)(?!了|吧|啦|先|啊|货)|除了)."
)
_AGAIN = re.compile(
    "(?:怎么|咋|干嘛|干吗|为什么|为啥)?(?:又是|老是|总是|一直是)(?!这|那|不|你|我).(?!.*又是)"
)  # "怎么又是羽绒服"
_AT_HOME = re.compile(
    "(?:我)?家里?(?:那|这|有|已经|买过|的)"
)  # what one has already is not what is wanted: "家里那件就米白"
_SAID_ALREADY = re.compile("(?:你|刚才?|刚刚|前面|就|光|只|都|老是)*(?:[只光](?:说|讲|查|报|回|答|告诉我?))了.")
_I_WANT_NOT = re.compile(
    r"((?:我?要的?|我说的?)(?:是)?[^，,。！!？?\s]{1,8}?)(?<!是)(?=(?:不是|又不是|而不是)[^，,。！!？?\s吗么说有]{1,8}[啊呀哦]?$)"
)
_ASKS = re.compile("[吗么吧嘛没不呢]$")
_CORRECTS = re.compile("[哦啊诶呃嗯哎不]*(?:不对|不是|[说搞打写点]?错)[了啦啊哈呀]*(?:不对|不是)?$")
_CORRECTED = re.compile("(?:(?<!对)不对|[说搞打写]错)[了啦啊哈呀]*$")
_INSTEAD = re.compile("是|应该|我说|要")
_CHOSEN = re.compile("(?:那|我)?就?(?:是?要(?![不是的了])|选).|我[说指]的?是?.|那.{1,10}呢$")
_OF_THE_LAST = re.compile(rf"(?:也|都|是|那个?|这个?|就)*(?:{_GONE.pattern}|{_NONE.pattern})")  # names no thing itself


def left(text: str) -> str:
    """The message without what it rules out; the whole message where it rules out nothing, or all."""
    thoughts = _thoughts(_I_WANT_NOT.sub(r"\1 ", text))  # "我要围巾不是大衣"
    gone: set[int] = set()
    for at, (thought, asks) in enumerate(thoughts):
        after = thoughts[at + 1][0] if at + 1 < len(thoughts) else ""
        if _CHOSEN.match(thought) and not _GONE.search(thought):
            gone |= set(range(at))
        elif _CORRECTS.match(thought) or (_CORRECTED.search(thought) and _INSTEAD.match(after)):
            gone |= set(range(at + 1))
        elif not asks and _rules_out(thought, after):
            gone.add(at)
            if at and _OF_THE_LAST.match(thought) and not thoughts[at - 1][1]:
                gone.add(at - 1)  # "徐家汇 太远了"
    return " ".join(thought for at, (thought, _) in enumerate(thoughts) if at not in gone) or text if gone else text


def _thoughts(text: str) -> list[tuple[str, bool]]:
    """The parts of a message, each with whether it is a question."""
    found: list[tuple[str, bool]] = []
    start = 0
    for end in _ENDS.finditer(text):
        if thought := text[start : end.start()]:
            found.append((thought, "?" in end.group(0) or "？" in end.group(0)))
        start = end.end()
    return [*found, (text[start:], False)] if text[start:] else found


def _rules_out(thought: str, after: str) -> bool:
    if _AGAIN.match(thought) or (_AT_HOME.match(thought) and not _ASKS.search(thought)):
        return True
    if _SAID_ALREADY.match(thought):  # "面霜呢 你只说了洗面奶"
        return True
    if _REFUSED.match(thought):
        return not _ASKS.search(thought)
    if (none := _NONE.search(thought)) is not None:
        return none.group(0) != "没有" or bool(_TURNS.match(after))
    return bool(_GONE.search(thought) or _SIZE_IS_WRONG.match(thought))
