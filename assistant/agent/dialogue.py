"""What a message means in the light of what was said before: the answer to a question, a correction, "那白色的呢".

Pure functions on text, mentions and state. `turn` asks them in order before it asks the router.
"""

import re
from datetime import UTC, datetime

from assistant.agent import amounts, bodies, picks, yes_no
from assistant.agent.mentions import Mentions
from assistant.agent.times import part_of_day
from assistant.clock import local
from assistant.domain.conversation import Focus, State, Task
from tools.all import TOOLS

_REPEAT = re.compile(
    r"(再说一(遍|次)|重复一(遍|下)|没听清|没看清|^.{0,4}什么意思.{0,2}$|你(?:刚才|刚刚)?说(?:的|了)?(?:什么|啥)(?:来着|呢)?$|你刚才说(什么|啥)|再发(?:我|给我)?一(遍|次|下)|重发|没(?:看|复制|收)(?:全|上)|say (that|it) again|repeat)",
    re.IGNORECASE,
)
_WAIT = re.compile(
    r"^(先|那|好)?我?再?(等一?下|稍等|等等|等会儿?|我看看|我想想|让我想想|wait|hold on|one moment)[，,。.!！~ 啊哈]*(我.{0,8})?$",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"^(算了|不弄了|不问了|停|别说了|退出|结束|不办了|stop|never ?mind|forget it)[，,。.!！~ 吧了]*$", re.IGNORECASE
)
_BACK = re.compile(
    r"(继续机器人|(?i:(?:continue with|back to) (?:the |this )?(?:bot|robot))|不等了(?!.{2})|不等人工|不用人工(?!熨|智)|不要人工|取消人工|还是你来|(?:^|[，,。！! ])你来(?:吧|弄)?$|机器人继续|"
    r"(?:别|莫|甭|不用|不要|没让你|没叫你|没要你|谁让你)(?:给我|帮我)?转(?:人工|接|了|嘛|吧|呀|啊|[，,。！!？? ]|$))"
)
_CORRECT = re.compile(
    r"((?<!是)不是|不对|错了|说错|我说的是|我是说|我要的是|应该是|改成|换成|要的是|i mean|not .{1,12} but)",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"[这那哪]儿|也|行|还|\b(?:what about|how about|do you have|in stock|the|one|please|pls|for|any|in|is|it|a|and|color|colour|size|me)\b|哪家|哪个|"
    r"[那就要的个款件双色码号换成改为是呢吗吧啊有没我想看店在去还了不对错说应该这里边得么伐噻撒咩㗎嘞哈嘛呗咯哦噢嗯呀,，。?？!！~ …]|刚才|意思|那个"
)
_KINDS = re.compile(
    "商品|门店|地点|尺码|某点|某天|某色|订单号|(今天|明天|后天|大后天|今晚|周末)|上午|下午|中午|晚上|早上|傍晚|同一?时间"
)
_FREE_TEXT = {"reason", "body", "note", "topic", "question"}
_REPAIRABLE = {
    "product",
    "colour",
    "size",
    "store",
    "place",
    "order",
    "time",
    "kind",
    "item",
    "coupon",
    "tier",
    "about",
    "looked_for",
    "height",
    "weight",
    "day",
}


_URGES = re.compile(
    "人呢|有人(?:吗|没|在)|没人|还?在(?:吗|不)|多久|(?:还|要)等|快点|赶紧|赶快|人工|客服|领导|经理|主管|anyone|hurry"
)


def urges(text: str) -> bool:
    """Whether somebody who waits asks where their person is ("人呢")."""
    return len(text) <= LONGEST_REPEAT and bool(_URGES.search(text.lower()))


LONGEST_REPEAT = 16  # characters; in a longer message "什么意思" belongs to a story


def is_free_text(task: Task) -> bool:
    """Whether the open question is answered in the shopper's own words, whatever they are."""
    return task.slot in _FREE_TEXT or TOOLS[task.tool].in_own_words


def control(text: str) -> str:
    """repeat, wait, stop, back, or nothing."""
    for name, pattern in (("repeat", _REPEAT), ("wait", _WAIT), ("stop", _STOP), ("back", _BACK)):
        if (found := pattern.search(text)) and (name != "repeat" or len(text) - len(found.group(0)) <= LONGEST_REPEAT):
            return name
    return ""


_PARTICLES = re.compile("^[ ，,。.！!]*(?:吧|了|啊|呢|哈|嘛|呀|[ ，,。.！!])+")
_ONLY_CALLS = re.compile(
    "(?:谢谢?你?|多谢|麻烦|客服|人工|机器人|还是|我|你|来|那|就|算|了|吧|啊|哈|ok|never ?mind|[，,。.！! ])*",
    re.IGNORECASE,
)


def called_back(text: str) -> str:
    """What a message says besides calling the assistant back ("继续机器人 雪地靴取消" → "雪地靴取消")."""
    rest = _PARTICLES.sub("", _BACK.sub(" ", text, count=1)).strip(" ，,。.！!？?~")
    return rest if len(rest) >= 3 and not _ONLY_CALLS.fullmatch(rest) else ""


def tells_height(text: str) -> str:
    """Centimetres that answer how tall somebody is ("75的样子 上周刚体检"); empty where a text is no such answer."""
    found = _TELLS_HEIGHT.match(bodies.tens_in_digits(text))
    return found.group(1) if found else ""


def residue(mentions: Mentions) -> str:
    """What a message says beyond the names and fillers in it."""
    named = re.sub(r"\d+|white|black|red|blue|green|gr[ea]y|pink|beige", "", mentions.plain.lower())
    bare = _FILLER.sub("", _KINDS.sub("", named))
    for slot, value in mentions.slots.items():
        if slot in _REPAIRABLE:
            bare = bare.replace(_FILLER.sub("", value), "")
    return bare


def moved(old: str | None, mentions: Mentions) -> str | None:
    """A new moment from the one spoken of: a new hour on its day, or a new day at its hour. None where nothing moves."""
    named, day = mentions.slots.get("time"), mentions.slots.get("day")
    if old is None or (named is None and day is None):
        return named
    before = local(datetime.fromisoformat(old))
    if named is not None and day is None:
        at = local(datetime.fromisoformat(named))
        return before.replace(hour=at.hour, minute=at.minute).astimezone(UTC).isoformat()
    if named is None and day is not None:
        on = local(datetime.fromisoformat(day)).date()
        return datetime.combine(on, before.timetz()).astimezone(UTC).isoformat()
    return named


def answer_to(task: Task, text: str, mentions: Mentions) -> dict[str, str] | None:
    """Arguments that a message adds to an open question, None where it is about something else."""
    named = {k: v for k, v in mentions.slots.items() if k in TOOLS[task.tool].slots}
    if task.slot == "quantity":  # "一件" is no first of a list
        pieces = amounts.pieces(text, asked=True)
        return {**named, "quantity": str(pieces)} if pieces else None
    chosen = picks.choose(text, task.offers)
    if chosen is not None:
        return {**named, task.slot: chosen}
    if task.slot in named:
        return named
    if task.slot == "line" and "product" in named:
        return {"line": named["product"]}
    if task.slot == "order" and "product" in named:
        return named
    if task.slot == "store" and "place" in mentions.slots:
        return {"place": mentions.slots["place"], **named}
    if task.slot == "time" and task.offers and (hour := part_of_day(text)):  # "下午有吗"
        first = local(datetime.fromisoformat(task.args.get("day") or task.offers[0].value))
        return {"day": first.replace(hour=hour, minute=0).astimezone(UTC).isoformat(), **named}
    if task.slot == "height" and ("weight" in named):
        return named
    if task.slot == "usual" and (shoe := bodies.bare_shoe(text)):
        return {**named, "usual": shoe}
    if task.slot == "size" and (found := re.fullmatch(r"\D{0,3}(\d{2,3})\D{0,3}", text)):
        return {"size": found.group(1)}
    if task.slot == "height" and (tall := tells_height(text)):
        return {"height": tall}
    if task.slot == "reason" and named.get("product", task.args.get("product")) != task.args.get("product"):
        return named  # another thing than was thought
    if task.slot == "reason" and yes_no.is_yes(text, task.tool):
        return {"reason": "未说明"}
    if is_free_text(task) and len(text) >= 2 and not (task.slot == "reason" and _ASKS.search(text)):
        return {**({"store": named["store"]} if "store" in named else {}), task.slot: text}
    if named and len(residue(mentions)) <= 1 and not _ASKS.search(text):
        return named  # told before it was asked for
    return None


_TELLS_HEIGHT = re.compile(
    r"(?!.*(?:斤|kg))\D{0,4}(\d{2,3})(?!\d)(?:\D{0,5}$|\D{0,2}(?:(?:左右|的?样子|上下|多一?点?|吧|厘米|公分)[，,。 ].{0,12}|公分就是厘米.{0,3})$)"
)
_ASKS = re.compile(
    "[?？]|能不能|可不可以|(?<!什)(?:吗|么)$|多少|多久|几(?:天|点|个|号|时)|怎么[^样]|咋|先问|等下|等一下|how|what|can i"
)


def asks(text: str) -> bool:
    """True for a question by its words."""
    return bool(_ASKS.search(text))


_OF_PRODUCTS = ("product_find", "size_advice")  # a colour or a place after these asks where there is one
_AND_THAT = re.compile(r"^(?:那|那么|还有|那要是)(?!我)[^，,。?？]{1,7}呢[?？]?$")


def asks_the_same(text: str) -> bool:
    """ "那这个月的呢": the question before, of something that we have no name for."""
    return bool(_AND_THAT.match(text))


_TIMELESS = ("appointment_cancel", "appointment_list")  # a new moment after these is another wish


def follow_up(text: str, mentions: Mentions, state: State) -> dict[str, str] | None:
    """New arguments for the last tool: "那白色的呢", "不是L是M", "静安寺店呢". None where the message stands alone."""
    tool = TOOLS.get(state.last_tool)
    if tool is None or not mentions.any_thing or state.last_question:
        return None
    asks_of_fit = tool.name == "size_advice" and bodies.asks_of_fit(text)  # "L会不会大": of the advice, and no stock
    if tool.name in _OF_PRODUCTS and {"colour", "size", "store", "place"} & set(mentions.slots) and not asks_of_fit:
        tool = TOOLS["stock_check"]
    if tool.name in _OF_PRODUCTS and {"height", "weight"} & set(mentions.slots):
        tool = TOOLS["size_advice"]
    named = {k: v for k, v in mentions.slots.items() if k in tool.slots and k in _REPAIRABLE}
    if state.last_tool in _TIMELESS:
        named.pop("time", None)
        named.pop("day", None)
    if not named:
        return None
    bare = residue(mentions)
    return named if len(bare) <= 1 or (_CORRECT.search(text) and len(bare) <= 3) else None


def repaired(args: dict[str, str], named: dict[str, str]) -> dict[str, str]:
    """The last arguments with what a follow-up names; what belonged to another thing is forgotten."""
    kept = dict(args)
    if "product" in named and named["product"] != args.get("product"):
        for slot in ("colour", "size", "line", "order"):
            kept.pop(slot, None)
    if "order" in named:
        for slot in ("line", "product"):
            kept.pop(slot, None)
    if "place" in named:
        kept.pop("store", None)
    if "store" in named:
        kept.pop("place", None)
    return {**kept, **named}


def focus_of(args: dict[str, str], focus: Focus) -> Focus:
    """What is spoken of after a tool ran with resolved arguments."""
    product = args.get("product") or focus.product_id
    same = product == focus.product_id
    return Focus(
        product_id=product,
        colour=args.get("colour") or (focus.colour if same else None),
        size=args.get("size") or (focus.size if same else None),
        store_id=args.get("store") or focus.store_id,
        place=args.get("place") or focus.place,
        order_id=args.get("order") or focus.order_id,
        line_no=args.get("line") or (focus.line_no if not args.get("order") else None),
        ticket_id=args.get("ticket") or focus.ticket_id,
        appointment_id=args.get("appointment") or focus.appointment_id,
    )


_SPLIT = re.compile(r"[，,。；;！!？?\n]+|(?:另外|还有|顺便|对了|然后再?|以及|同时|再帮我|also|and also)")
_LINK = re.compile(r"(另外|还有|顺便|对了|然后|以及|同时|再帮我|also|，|,|。|；|;|？|\?|\n)")


_JOINS = re.compile("另外|还有|顺便|再帮我|以及|同时|also")


def joins(text: str) -> bool:
    """True where a word joins several wishes, and not only a comma."""
    return bool(_JOINS.search(text))


def wishes(text: str) -> list[str]:
    """The parts of a message that may be wishes of their own; one part where nothing joins several."""
    if not _LINK.search(text):
        return [text]
    parts = [p.strip() for p in _SPLIT.split(text)]
    return [p for p in parts if len(p) >= 3] or [text]
