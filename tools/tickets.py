"""Tickets: a complaint or request becomes a promise with a deadline."""

import re

from tools import resolve
from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.types import Ticket, TicketList, TicketNoted

family = Family()
CATEGORIES = ("服务态度", "商品质量", "物流配送", "退款售后", "门店环境", "价格活动", "安全卫生", "其他")
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("安全卫生", ("受伤", "划伤", "摔", "过敏", "起疹", "疹子", "红肿", "烧脸", "起泡", "吃坏", "吃吐", "中毒", "拉肚子", "虫", "头发丝", "变质", "过期", "漏电", "烫伤", "着火")),
    ("服务态度", ("态度", "导购", "店员", "柜姐", "服务员", "收银员", "没人理", "不理人", "骂", "白眼", "凶", "素质", "看不起", "瞧不起", "买不起", "阴阳怪气", "爱答不理", "爱搭不理")),
    ("门店环境", ("门锁", "试衣间的", "卫生间", "厕所", "电梯", "扶梯", "设施")),
    ("商品质量", ("质量", "坏", "破", "起球", "掉色", "开线", "钻绒", "掉绒", "缩水", "假货", "瑕疵", "开胶", "裂", "断", "洗一次", "洗了一次", "穿一次", "穿了一次", "脱线", "拉链", "有个洞", "防水", "渗水", "漏水", "球球", "一堆球", "散架", "掉毛", "褪色", "不保温", "不充电", "不制冷", "不加热")),
    ("物流配送", ("快递", "物流", "配送", "送货", "发货", "包裹", "丢件", "压扁", "少件", "发错")),
    ("退款售后", ("退款", "退钱", "售后", "维修", "天到账", "没到账", "换货", "退货")),
    ("门店环境", ("排队", "收银台", "排了", "空调", "停车", "脏", "吵", "试衣间", "味道", "环境")),
    ("价格活动", ("价格", "降价", "贵", "券", "活动", "积分", "虚假", "标价", "多收", "乱收", "收费")),
)  # fmt: skip


_PRAISED = re.compile(
    "[^，,。；;！!]*(?:真好|很好|挺好|不错|热情|满意|还可以|没得说)[^，,。；;！!]*[，,。；;！! ]+(?=就是|但|可|不过|只是)"
)
_DROPPED = re.compile(
    "((?:快递|物流|配送|送货|包裹)[^，,。；;！! 人妈爸孩我他她]{0,4})摔"
)  # a thing, which hurt nobody
_HALVES = {
    "态度": "服务态度", "服务": "服务态度", "质量": "商品质量", "物流": "物流配送", "快递": "物流配送", "配送": "物流配送", "退款": "退款售后",
    "售后": "退款售后", "环境": "门店环境", "价格": "价格活动", "卫生": "安全卫生", "安全": "安全卫生",
}  # fmt: skip
_BY_HALF = re.compile(
    f"(?:(?:就|应该|明明|这|那|它|都|属于|算|归|写|选|改成?|是)*(?:是|属于|算|归|写|选|改成?))?({'|'.join(_HALVES)})(?:类|问题|方面|的事情?|上的事)*[吧啊呀嘛哦哈了]*"
)
_LONGEST_DISPUTE = 24  # characters of a message about the category of a complaint
_LONGEST_AGREEMENT = 3  # characters of a word that agrees beside it ("质量 登吧")
_NEGATED = re.compile(
    "(?:不是|不算|不属于|别写|不该是|(?:怎么|咋)(?:又|会|就|还)?是|怎么成了|咋成了)([^，,。！!？? ]{1,8})"
)
_OF_CATEGORY = re.compile("类别|分类|归类|应该?(?:算|归|属)|(?:应该|就)是.{0,4}(?:类|问题)$")


class TicketArgs(Args):
    body: str | None = None
    category: str | None = None
    store: str | None = None


class NoteArgs(Args):
    ticket: str | None = None
    note: str | None = None


def category_of(text: str) -> str:
    """The category whose words stand in a complaint, less what it praises first ("店员真好，就是排队太久")."""
    text = _DROPPED.sub(r"\1", _PRAISED.sub("", text))
    return next((name for name, words in _WORDS if any(w in text for w in words)), "其他")


def disputes_category(text: str) -> bool:
    """Says that a complaint stands in the wrong category, and nothing of what happened ("类别不对吧")."""
    return (
        len(text) <= _LONGEST_DISPUTE
        and bool(re.search("(?:类别|分类|归类).{0,4}(?:不对|(?<!没)(?<!没有)错|不是|不该|怎么)", text))
        and "都行" not in text
    )


def category_named(text: str, current: str = "") -> str:
    """The category that a message puts in the place of the current one ("类别改成商品质量", "是质量问题 不是价格"); empty where it
    names none."""
    said, refused = _NEGATED.sub(" ", text), "".join(_NEGATED.findall(text))
    rejects = any(current[n : n + 2] in refused for n in range(0, len(current) - 1, 2))
    label = next((c for c in CATEGORIES if c in said and c != "其他"), "")
    alone = bool(label) and len(said.replace(label, "").strip("，,。!！ ")) <= 3
    halves = _called_by_half(said)
    beside = [c for c in _clauses(said) if not _BY_HALF.fullmatch(c)]
    alone = alone or (len(halves) == 1 and all(len(c) <= _LONGEST_AGREEMENT for c in beside))
    if len(text) > _LONGEST_DISPUTE or not (rejects or alone or _OF_CATEGORY.search(text)):
        return ""
    found = label or (halves.pop() if len(halves) == 1 else category_of(said))
    return "" if found in ("其他", current) else found


def upholds_category(text: str, current: str) -> bool:
    """Disputes a category and calls the one that stands there already ("不是卫生 是物流！" where it is 物流配送)."""
    disputes = len(text) <= _LONGEST_DISPUTE and bool(_NEGATED.search(text))
    return disputes and _called_by_half(_NEGATED.sub(" ", text)) == {current}


def only_category(clause: str) -> bool:
    """A clause that calls or disputes a category and tells nothing of what happened ("不是卫生", "物流的事")."""
    refused = _NEGATED.fullmatch(clause)
    names = refused is not None and any(n in refused.group(1) for n in (*_HALVES, "其他"))
    return names or bool(_BY_HALF.fullmatch(clause)) or clause in CATEGORIES or disputes_category(clause)


def _called_by_half(text: str) -> set[str]:
    """The categories that whole clauses call by a half of their names ("是物流", "质量问题")."""
    return {_HALVES[half.group(1)] for c in _clauses(text) if (half := _BY_HALF.fullmatch(c))}


def _clauses(text: str) -> list[str]:
    return [c for c in re.split("[，,。；;!！ ]+", text) if c]


def _plan_file(ctx: ToolContext, args: TicketArgs) -> WritePlan:
    if not args.body or len(args.body) < 4:
        raise NeedSlot("body", "请告诉我发生了什么，在哪家门店、什么时候，我马上为您登记。")
    category = args.category if args.category in CATEGORIES else category_of(args.body)
    named = resolve.stores(ctx, args.store)
    store = named[0] if len(named) == 1 else None
    rows = [("问题", args.body if len(args.body) <= 60 else args.body[:59] + "…"), ("类别", category)]
    if store:
        rows.append(("门店", store.name))
    resolved = {"body": args.body, "category": category, "store": store.store_id if store else ""}
    known = ctx.ports.fixes.known(args.body, store.store_id if store else ctx.store_id)
    return WritePlan("登记投诉工单", tuple(rows), resolved, known or "")


@family.write(TicketArgs, _plan_file)
def ticket_file(ctx: ToolContext, args: TicketArgs) -> Ticket:
    """投诉、反映问题、要求处理，登记成工单。例：我要投诉；导购态度太差；衣服洗一次就坏了你们管不管"""
    body = args.body or ""
    subject = body if len(body) <= 40 else body[:39] + "…"
    return ctx.ports.tickets.file(
        ctx.shopper, ctx.conversation_id, args.category or "其他", subject, body, args.store or "", ctx.key
    )


@family.read(NoArgs)
def ticket_status(ctx: ToolContext, _: NoArgs) -> TicketList:
    """我的投诉或工单处理到哪了。例：上次投诉有结果吗；工单进度"""
    return TicketList(tuple(ctx.ports.tickets.mine(ctx.shopper)))


def _plan_note(ctx: ToolContext, args: NoteArgs) -> WritePlan:
    found = list(ctx.ports.tickets.mine(ctx.shopper))
    if not found:
        raise ToolRefused("no_tickets", "您现在没有处理中的工单。要新登记一个吗？", proposes="ticket_file")
    if args.ticket:
        found = [t for t in found if t.ticket_id.upper() == args.ticket.upper()] or found
    if len(found) > 1:
        raise NeedChoice(
            "ticket", "补充到哪个工单？", tuple(Option(t.ticket_id, f"{t.ticket_id} {t.subject[:16]}") for t in found)
        )
    if not args.note:
        raise NeedSlot("note", "您要补充什么内容？")
    rows = (("工单", f"{found[0].ticket_id} {found[0].subject[:20]}"), ("补充", args.note[:60]))
    return WritePlan("补充工单信息", rows, {"ticket": found[0].ticket_id, "note": args.note})


@family.write(NoteArgs, _plan_note)
def ticket_note(ctx: ToolContext, args: NoteArgs) -> TicketNoted:
    """给已有的工单补充信息。例：补充一下，小票号是123；那个投诉我再补充点"""
    return TicketNoted(ctx.ports.tickets.add_note(ctx.shopper, args.ticket or "", args.note or "", ctx.key))
