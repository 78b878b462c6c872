"""What a message means in the light of what was said before: yes, no, the answer to a question, a correction, "那白色的呢".

Pure functions on text, mentions and state. `turn` asks them in order before it asks the router.
"""

import re

from assistant.agent.mentions import Mentions
from assistant.domain.conversation import Focus, Offer, State, Task
from tools.all import TOOLS

_YES = re.compile(
    r"^(好的?|可以|行|对的?|是的?|嗯+|恩|确认|确定|同意|没错|ok|okay|yes|yep|sure|y|要|要的|办吧|就这样|提交|登记|好啊|好呀|行吧|可以的|好滴|对对|confirm|登记吧|取消吧)[，,。.!！~ 吧啊呀的了哈呢]*(谢谢)?$",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(不|不用|不要|不用了|不要了|算了|不了|取消|no|nope|先不|先不用|先不用了|别|不是|不对|暂时不用|不确认|不办了|再想想|我再想想|算了吧|还是算了|不需要)[，,。.!！~ 吧啊呀了谢]*$",
    re.IGNORECASE,
)
_REPEAT = re.compile(
    r"(再说一(遍|次)|重复一(遍|下)|没听清|没看清|什么意思|你刚才说(什么|啥)|再发一(遍|次)|say (that|it) again|repeat)",
    re.IGNORECASE,
)
_WAIT = re.compile(
    r"^(等一?下|稍等|等等|等会儿?|我看看|我想想|让我想想|wait|hold on|one moment)[，,。.!！~ 啊哈]*(我.{0,8})?$",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"^(算了|不弄了|不问了|停|别说了|退出|结束|不办了|stop|never ?mind|forget it)[，,。.!！~ 吧了]*$", re.IGNORECASE
)
_BACK = re.compile(r"(继续机器人|不等了|不用人工|取消人工|还是你来|机器人继续)")
_CORRECT = re.compile(
    r"(不是|不对|错了|说错|我说的是|我是说|我要的是|应该是|改成|换成|要的是|i mean|not .{1,12} but)", re.IGNORECASE
)
_ELLIPSIS = re.compile(r"(呢|吗|有没有)?[?？。~ ]*$")
_ORDINAL = re.compile(
    r"^(?:选|要|就)?(?:第)?([1-9一二三四五六七八九两])(?:个|款|笔|单|家|张|条|件|种)?(?:吧|的|那个|呢)?$"
)
_LAST = re.compile(r"^(最后|最下面)(一)?(个|款|笔|家|张)?$")
_FILLER = re.compile(
    r"[那就要的个款件双色码号换成改为是呢吗吧啊有没我想看看店在去还是了不对错说应该,，。?？!！~ ]|刚才|意思|那个"
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
}


def is_yes(text: str) -> bool:
    return bool(_YES.match(text))


def is_no(text: str) -> bool:
    return bool(_NO.match(text))


def control(text: str) -> str:
    """repeat, wait, stop, back, or nothing."""
    for name, pattern in (("repeat", _REPEAT), ("wait", _WAIT), ("stop", _STOP), ("back", _BACK)):
        if pattern.search(text):
            return name
    return ""


def choose(text: str, offers: tuple[Offer, ...]) -> str | None:
    """The value of the offer that a message picks: by label, ordinal or a part of one label only."""
    if not offers:
        return None
    wanted = text.strip().lower().rstrip("。.!！~吧")
    for offer in offers:
        if wanted in (offer.label.lower(), offer.value.lower()):
            return offer.value
    if found := _ORDINAL.match(wanted):
        number = found.group(1)
        index = int(number) if number.isdigit() else "一二三四五六七八九".find(number.replace("两", "二")) + 1
        return offers[index - 1].value if index <= len(offers) else None
    if _LAST.match(wanted):
        return offers[-1].value
    parts = [o for o in offers if len(wanted) > 1 and wanted in o.label.lower()]
    inside = [o for o in offers if len(o.label) > 1 and o.label.lower() in wanted]
    for found_offers in (parts, inside):
        if len(found_offers) == 1:
            return found_offers[0].value
    return None


def answer_to(task: Task, text: str, mentions: Mentions) -> dict[str, str] | None:
    """Arguments that a message adds to an open question, None where it is about something else."""
    chosen = choose(text, task.offers)
    if chosen is not None:
        return {task.slot: chosen}
    named = {k: v for k, v in mentions.slots.items() if k in TOOLS[task.tool].slots}
    if task.slot in named:
        return named
    if task.slot == "line" and "product" in named:
        return {"line": named["product"]}
    if task.slot == "order" and "product" in named:
        return named
    if task.slot == "store" and "place" in mentions.slots:
        return {"place": mentions.slots["place"], **named}
    if task.slot == "height" and ("weight" in named):
        return named
    if task.slot == "size" and (found := re.fullmatch(r"\D{0,3}(\d{2,3})\D{0,3}", text)):
        return {"size": found.group(1)}
    if task.slot == "height" and (found := re.fullmatch(r"\D{0,3}(\d{2,3})\D{0,5}", text)):
        return {"height": found.group(1)}
    if task.slot in _FREE_TEXT and len(text) >= 2:
        return {task.slot: text}
    return None


def follow_up(text: str, mentions: Mentions, state: State) -> dict[str, str] | None:
    """New arguments for the last tool: "那白色的呢", "不是L是M", "静安寺店呢". None where the message stands alone."""
    if not state.last_tool or not mentions.any_thing:
        return None
    tool = TOOLS.get(state.last_tool)
    if tool is None:
        return None
    named = {k: v for k, v in mentions.slots.items() if k in tool.slots and k in _REPAIRABLE}
    if not named:
        return None
    bare = _FILLER.sub(
        "", mentions.plain.replace("商品", "").replace("门店", "").replace("地点", "").replace("尺码", "")
    )
    bare = re.sub(r"\d+", "", bare)
    for value in mentions.slots.values():
        bare = bare.replace(_FILLER.sub("", value), "")
    if len(bare) <= 1 or (_CORRECT.search(text) and len(bare) <= 3):
        return named
    return None


def with_focus(tool: str, args: dict[str, str], focus: Focus, text: str) -> dict[str, str]:
    """Fill from what was spoken of last the slots that a message leaves open."""
    slots = TOOLS[tool].slots
    known = {
        "product": focus.product_id, "store": focus.store_id, "order": focus.order_id, "line": focus.line_no,
        "appointment": focus.appointment_id, "colour": focus.colour, "size": focus.size,
    }  # fmt: skip
    filled = dict(args)
    points_back = bool(re.search(r"(这|那|它|刚才|上面|刚刚)", text))
    for slot, value in known.items():
        if slot not in slots or slot in filled or not value:
            continue
        if slot == "product" and tool in ("order_status", "order_logistics", "order_cancel"):
            continue
        if slot in ("colour", "size") and ("product" in args or tool not in ("stock_check", "stock_reserve")):
            continue
        if slot in ("order", "line") and ("product" in args or not (points_back or tool.startswith("return"))):
            continue
        if slot == "store" and (
            "place" in args or tool in ("appointment_book", "ticket_file", "knowledge_search", "stock_check")
        ):
            continue
        if slot == "product" and tool.startswith("return") and ("order" in filled or "line" in filled):
            continue
        filled[slot] = value
    return filled


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


def wishes(text: str) -> list[str]:
    """The parts of a message that may be wishes of their own; one part where nothing joins several."""
    if not _LINK.search(text):
        return [text]
    parts = [p.strip() for p in _SPLIT.split(text)]
    return [p for p in parts if len(p) >= 3] or [text]
