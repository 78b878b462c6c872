"""Appointments with a personal adviser."""

from datetime import datetime, timedelta

from tools import resolve
from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.resolve import SHANGHAI_OFFSET, local_date, spoken
from tools.types import Appointment, AppointmentList

family = Family()


class BookArgs(Args):
    store: str | None = None
    day: str | None = None
    time: str | None = None
    topic: str | None = None


class ChangeArgs(Args):
    appointment: str | None = None
    day: str | None = None
    time: str | None = None


@family.read(NoArgs)
def appointment_list(ctx: ToolContext, _: NoArgs) -> AppointmentList:
    """我预约了什么、几点。例：我的预约是哪天；查下我约的顾问"""
    return AppointmentList(tuple(ctx.ports.merchant.appointments.mine(ctx.member)))


def _free(ctx: ToolContext, store_id: str, near: datetime) -> tuple[Option, ...]:
    day = local_date(near)
    times: list[datetime] = []
    for step in range(7):
        times += ctx.ports.merchant.appointments.free(store_id, day + timedelta(days=step))
        if len(times) >= 4:
            break
    ordered = sorted(times, key=lambda t: abs(t - near))[:4]
    return tuple(Option(t.isoformat(), spoken(t)) for t in sorted(ordered))


def _moved(args: ChangeArgs, old: datetime) -> str | None:
    """The wanted moment of a change: a new hour stays on the old day, a new day keeps the old hour."""
    before = old + SHANGHAI_OFFSET
    if args.time and not args.day:
        at = datetime.fromisoformat(args.time) + SHANGHAI_OFFSET
        return (before.replace(hour=at.hour, minute=at.minute) - SHANGHAI_OFFSET).isoformat()
    if args.day and not args.time:
        on = datetime.fromisoformat(args.day) + SHANGHAI_OFFSET
        return (before.replace(year=on.year, month=on.month, day=on.day) - SHANGHAI_OFFSET).isoformat()
    return args.time


def _time(ctx: ToolContext, store_id: str, words: str | None, day: str | None = None) -> datetime:
    """A free moment. Raises NeedSlot with free ones, NeedChoice where the wanted one is taken."""
    try:
        at = resolve.moment(ctx, words, "您想约什么时候？")
    except NeedSlot as missing:
        raise NeedSlot("time", missing.question, _free(ctx, store_id, _near(ctx, day))) from None
    if at in ctx.ports.merchant.appointments.free(store_id, local_date(at)):
        return at
    offers = _free(ctx, store_id, max(at, ctx.now))
    if not offers:
        raise ToolRefused("no_slots", "这家门店最近一周都约满了，可以换一家门店试试。")
    raise NeedChoice("time", f"{spoken(at)}约不上（整点、11:00–20:00可约），这些时间可以：", offers)


def _near(ctx: ToolContext, day: str | None) -> datetime:
    """Where to look for free moments: the named day, else tomorrow."""
    return max(ctx.now, datetime.fromisoformat(day)) if day else ctx.now + timedelta(days=1)


def _plan_book(ctx: ToolContext, args: BookArgs) -> WritePlan:
    _ = ctx.member
    with_adviser = [s for s in ctx.catalog.stores.values() if s.adviser]
    if not args.store and ctx.store_id is None:
        raise NeedSlot("store", "您想约哪家门店的穿搭顾问？", resolve.options_of(ctx, with_adviser))
    named = resolve.stores(ctx, args.store)
    fitting = [s for s in named if s.adviser]
    if len(fitting) != 1:
        question = "这家门店没有穿搭顾问，这些门店有：" if named and not fitting else "您想约哪家门店的穿搭顾问？"
        raise NeedChoice("store", question, resolve.options_of(ctx, fitting or with_adviser))
    at = _time(ctx, fitting[0].store_id, args.time, args.day)
    topic = args.topic or "日常穿搭"
    rows = (("门店", fitting[0].name), ("时间", spoken(at)), ("主题", topic), ("时长", "60分钟，免费"))
    return WritePlan(
        "预约穿搭顾问",
        rows,
        {"store": fitting[0].store_id, "day": at.isoformat(), "time": at.isoformat(), "topic": topic},
    )


@family.write(BookArgs, _plan_book)
def appointment_book(ctx: ToolContext, args: BookArgs) -> Appointment:
    """预约穿搭顾问。例：约个顾问周六下午三点徐家汇店；我想预约搭配"""
    at = resolve.moment(ctx, args.time, "")
    return ctx.ports.merchant.appointments.book(ctx.member, args.store or "", at, args.topic or "", ctx.key)


def _mine(ctx: ToolContext, words: str | None) -> Appointment:
    found = list(ctx.ports.merchant.appointments.mine(ctx.member))
    if not found:
        raise ToolRefused("no_appointments", "您现在没有预约。")
    if words:
        found = [a for a in found if a.appointment_id == words] or found
    if len(found) == 1:
        return found[0]
    raise NeedChoice(
        "appointment",
        "是哪一个预约？",
        tuple(Option(a.appointment_id, f"{spoken(a.starts_at)} {ctx.short(a.store)}") for a in found),
    )


def _plan_move(ctx: ToolContext, args: ChangeArgs) -> WritePlan:
    mine = _mine(ctx, args.appointment)
    at = _time(ctx, mine.store_id, _moved(args, mine.starts_at))
    rows = (("门店", mine.store), ("原时间", spoken(mine.starts_at)), ("新时间", spoken(at)))
    return WritePlan(
        "改约时间", rows, {"appointment": mine.appointment_id, "time": at.isoformat(), "day": at.isoformat()}
    )


@family.write(ChangeArgs, _plan_move)
def appointment_move(ctx: ToolContext, args: ChangeArgs) -> Appointment:
    """把预约改到别的时间。例：我的预约改到周日下午；顾问能晚一个小时吗"""
    at = resolve.moment(ctx, args.time, "")
    return ctx.ports.merchant.appointments.move(ctx.member, args.appointment or "", at, ctx.key)


def _plan_cancel(ctx: ToolContext, args: ChangeArgs) -> WritePlan:
    mine = _mine(ctx, args.appointment)
    rows = (("门店", mine.store), ("时间", spoken(mine.starts_at)), ("主题", mine.topic))
    return WritePlan("取消预约", rows, {"appointment": mine.appointment_id})


@family.write(ChangeArgs, _plan_cancel)
def appointment_cancel(ctx: ToolContext, args: ChangeArgs) -> Appointment:
    """取消预约。例：顾问不约了；取消我的预约"""
    return ctx.ports.merchant.appointments.cancel(ctx.member, args.appointment or "", ctx.key)
