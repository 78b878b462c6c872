"""Templates of products, stock, stores, appointments."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from assistant.agent.render.words import choices, day, listed, moment, pick, short_day, yuan
from assistant.domain.message import Card, Reply
from tools.types import (
    Appointment,
    AppointmentList,
    AppointmentStatus,
    Product,
    ProductList,
    Reservation,
    SizeAdvice,
    StockAnswer,
    Store,
    StoreAnswer,
    StoreList,
    StoreStock,
    StoreTopic,
)

_PRICED = re.compile(r"\d元")
_WEEK = "一二三四五六日"
ERRAND_KM = 100.0  # a store farther away is not offered beside a nearer one


def product_card(p: Product) -> Card:
    rows = []
    if p.colours != ("默认",):
        rows.append(("颜色", listed(p.colours)))
    if len(p.sizes) > 1:
        rows.append(("尺码", listed(p.sizes)))
    return Card("product", p.name, p.blurb, yuan(p.price_cents), tuple(rows), choices(f"{p.name}哪家店有货"))


def products(found: ProductList, en: bool) -> Reply:
    cards = tuple(product_card(p) for p in found.products)
    if len(found.products) == 1 and found.fits:
        p = found.products[0]
        text = pick(en, f"{p.name}，{yuan(p.price_cents)}。{p.blurb}", f"{p.name}, {yuan(p.price_cents)}. {p.blurb}")
        if p.colours != ("默认",):
            text += pick(en, f"有{listed(p.colours)}可选。", f" Colours: {listed(p.colours)}.")
        if len(p.sizes) > 1:
            text += pick(en, f"尺码{listed(p.sizes)}。", f" Sizes: {listed(p.sizes)}.")
        return Reply(text, cards, choices("哪家店有货", "我该穿什么码") if len(p.sizes) > 1 else choices("哪家店有货"))
    names = "\n".join(f"{p.name} {yuan(p.price_cents)}" for p in found.products)
    if not found.fits:
        of = "的" if found.query.endswith(("元", "以内", "左右", "以上")) else ""
        lead = pick(en, f"没有{found.query}{of}，价格最接近的是：", "There is nothing at that price; the nearest are:")
    else:
        asked = f"{found.query}，" if _PRICED.search(found.query) else ""
        lead = pick(en, f"{asked}这几款您看看：", "Have a look at these:")
    return Reply(f"{lead}\n{names}", cards)


def _variant(s: StockAnswer) -> str:
    parts = [p for p in (s.colour, s.size) if p and p not in ("默认", "均码")]
    return f"{s.product.name}{'（' + ' '.join(parts) + '）' if parts else ''}"


def _near_line(s: StoreStock, brand: str) -> str:
    far = f"，{s.distance_km:g}公里" if s.distance_km is not None else ""
    return f"{s.store.removeprefix(brand)}（{s.quantity}件{far}）"


def _worth_going(near: Sequence[StoreStock]) -> list[StoreStock]:
    """The stores within a day's errand where there are such, else all."""
    return [n for n in near if n.distance_km is None or n.distance_km <= ERRAND_KM] or list(near)


def stock(s: StockAnswer, en: bool) -> Reply:
    what = _variant(s)
    going = _worth_going(s.near)[:3]
    near = listed([_near_line(n, s.brand) for n in going])
    if s.asked_store and s.asked:
        text = pick(
            en,
            f"{s.asked_store.name}有{what}，现有{s.asked}件。",
            f"{s.asked_store.name} has {what}: {s.asked} piece(s).",
        )
        return Reply(
            text, (product_card(s.product),), choices(f"帮我在{s.asked_store.name.removeprefix(s.brand)}留一件")
        )
    if s.asked_store:
        text = pick(en, f"{s.asked_store.name}的{what}暂时没有货。", f"{what} is out of stock at {s.asked_store.name}.")
        if near and (going[0].distance_km or 0.0) <= ERRAND_KM:
            text += pick(en, f"附近有货的门店：{near}。", f" In stock nearby: {near}.")
        elif near:
            text += pick(
                en, f"附近门店也没有，外地有货的门店：{near}。", f" Not nearby either, but in stock at: {near}."
            )
    elif near:
        where = f"离{s.place}最近有货的门店" if s.place else "这些门店有货"
        text = pick(en, f"{what}，{where}：{near}。", f"{what} is in stock at: {near}.")
    else:
        text = pick(en, f"{what}现在各门店都没有货。", f"{what} is out of stock everywhere.")
    if s.other_variants and not s.near:
        text += pick(en, f"同款还有：{listed(s.other_variants)}。", f" Other variants: {listed(s.other_variants)}.")
    if s.alternatives:
        text += pick(en, "可以看看这几款相近的：", " You may like these:") + listed([p.name for p in s.alternatives])
    cards = tuple(product_card(p) for p in (s.alternatives or (s.product,)))
    follow = choices(f"帮我在{going[0].store.removeprefix(s.brand)}留一件") if going else ()
    return Reply(text, cards, follow)


def reservation(r: Reservation, en: bool) -> Reply:
    pieces, pieces_en = (f"{r.quantity}件", f"{r.quantity} × ") if r.quantity > 1 else ("", "")
    text = pick(
        en,
        f"留好了：{r.product}（{r.colour} {r.size}）{pieces}，{r.store}，为您保留到{moment(r.keep_until)}。到1F服务台报编号{r.reservation_id}即可。",
        f"Reserved: {pieces_en}{r.product} ({r.colour} {r.size}) at {r.store} until {moment(r.keep_until)}. Number {r.reservation_id}.",
    ).replace("默认 ", "")
    rows = (
        ("数量", f"{r.quantity}件"),
        ("门店", r.store),
        ("编号", r.reservation_id),
        ("保留至", moment(r.keep_until)),
    )
    return Reply(text, (Card("product", r.product, f"{r.colour} {r.size}", "已预留", rows),))


def size(s: SizeAdvice, en: bool) -> Reply:
    text = pick(
        en, f"{s.product.name}建议您选{s.size}：{s.because}。", f"I suggest {s.size} for {s.product.name}: {s.because}."
    )
    if s.roomier:
        why = ("脚偏宽、脚背高", "For a wide foot") if s.product.category == "鞋履" else ("想宽松些或里面要加衣服", "For a looser fit or to wear it over other clothes")  # fmt: skip
        text += pick(en, f"{why[0]}，可以选大一码的{s.roomier}。", f" {why[1]}, take {s.roomier}.")
    if not s.sure:
        text += pick(en, "每个人体型不同，建议到店试穿，不合适可以换码。", " Please try it on in a store if you can.")
    return Reply(text, choices=choices(f"{s.product.name}{s.size}码哪家店有货"))


def _hours(store: Store, weekday: int) -> str:
    today = store.hours[weekday]
    return f"{today.opens}–{today.closes}"


def store_card(s: Store, distance_km: float | None = None) -> Card:
    rows = (("地址", s.address), ("电话", s.phone), ("营业", _hours_all(s)))
    return Card("store", s.name, badge=f"{distance_km:g}公里" if distance_km is not None else "", rows=rows)


def _hours_all(s: Store) -> str:
    groups: list[tuple[list[int], str]] = []
    for h in s.hours:
        span = f"{h.opens}–{h.closes}"
        if groups and groups[-1][1] == span:
            groups[-1][0].append(h.weekday)
        else:
            groups.append(([h.weekday], span))
    if len(groups) == 1:
        return f"每天{groups[0][1]}"
    return "，".join(
        f"周{_WEEK[days[0]]}{'至周' + _WEEK[days[-1]] if len(days) > 1 else ''}{span}" for days, span in groups
    )


def stores(found: StoreList, en: bool) -> Reply:
    if not found.stores:
        return Reply(
            pick(
                en,
                f"{found.place}暂时还没有我们的门店，可以在小程序下单。",
                f"We have no store in {found.place} yet. You can order in our mini-program.",
            ),
        )
    lines = [
        f"{s.store.name}{f'（{s.distance_km:g}公里）' if s.distance_km is not None else ''}，{s.store.address}"
        for s in found.stores
    ]
    lead = pick(
        en,
        f"{found.place}的门店：" if found.stores[0].distance_km is None else f"离{found.place}最近的门店：",
        "Stores:",
    )
    if found.elsewhere:
        lead = pick(en, f"{found.place}暂时还没有我们的门店。", f"We have no store in {found.place} yet. ") + lead
    cards = tuple(store_card(s.store, s.distance_km) for s in found.stores[:3])
    return Reply(lead + "\n" + "\n".join(lines), cards)


def store(a: StoreAnswer, en: bool) -> Reply:
    s = a.store
    card = (store_card(s),)
    if a.looked_for and a.topic in (StoreTopic.FLOOR, StoreTopic.ALL):
        if a.floor:
            return Reply(
                pick(
                    en,
                    f"{s.name}的{a.looked_for}在{a.floor[0]}（{a.floor[1]}）。",
                    f"{a.looked_for} is on {a.floor[0]} at {s.name}.",
                ),
                card,
            )
        return Reply(
            pick(
                en,
                f"{s.name}没有查到{a.looked_for}，可以问问1F服务台，电话{s.phone}。",
                f"I could not find that at {s.name}. Phone {s.phone}.",
            ),
            card,
        )
    weekday = a.on.weekday()
    today = f"周{_WEEK[weekday]}（{short_day(a.on)}）"
    texts = {
        StoreTopic.HOURS: pick(
            en,
            f"{s.name}{today}营业时间{_hours(s, weekday)}，现在{'正在营业' if a.open_now else '不在营业时间'}。",
            f"{s.name} is open {_hours(s, weekday)} on {day(a.on, True)}.",
        ),
        StoreTopic.PHONE: pick(en, f"{s.name}的电话是{s.phone}。", f"The phone number of {s.name} is {s.phone}."),
        StoreTopic.ADDRESS: pick(
            en, f"{s.name}在{s.address}，电话{s.phone}。", f"{s.name}: {s.address}, phone {s.phone}."
        ),
        StoreTopic.PARKING: pick(en, f"{s.name}停车：{s.parking}", f"Parking at {s.name}: {s.parking}"),
        StoreTopic.FLOOR: f"{s.name}楼层：" + "；".join(f"{f} {what}" for f, what in s.floors),
        StoreTopic.ALL: pick(
            en,
            f"{s.name}：{s.address}，电话{s.phone}，营业时间{_hours_all(s)}。",
            f"{s.name}: {s.address}, phone {s.phone}, open {_hours(s, weekday)}.",
        ),
    }
    return Reply(texts[a.topic], card)


def appointment(a: Appointment, en: bool) -> Reply:
    cancelled = a.status is AppointmentStatus.CANCELLED
    if cancelled:
        text = pick(
            en,
            f"{moment(a.starts_at)}在{a.store}的预约已取消。",
            f"Your appointment on {moment(a.starts_at)} is cancelled.",
        )
        return Reply(text)
    text = pick(
        en,
        f"约好了：{moment(a.starts_at)}，{a.store}，顾问{a.adviser}，主题“{a.topic}”。",
        f"Booked: {moment(a.starts_at)} at {a.store} with {a.adviser}.",
    )
    return Reply(text, (_appointment_card(a),))


def _appointment_card(a: Appointment) -> Card:
    rows = (("时间", moment(a.starts_at)), ("门店", a.store), ("顾问", a.adviser))
    return Card("appointment", a.topic, badge=a.status.value, rows=rows, choices=choices("改预约时间", "取消预约"))


def appointments(found: AppointmentList, en: bool) -> Reply:
    if not found.items:
        return Reply(
            pick(en, "您现在没有预约。需要约一位穿搭顾问吗？", "You have no appointments."),
            choices=choices("预约穿搭顾问"),
        )
    lines = [f"{moment(a.starts_at)} {a.store}，顾问{a.adviser}，{a.topic}" for a in found.items]
    return Reply(
        pick(en, "您的预约：", "Your appointments:") + "\n" + "\n".join(lines),
        tuple(map(_appointment_card, found.items)),
    )


TEMPLATES: dict[type, Callable[[Any, bool], Reply]] = {
    ProductList: products,
    StockAnswer: stock,
    Reservation: reservation,
    SizeAdvice: size,
    StoreList: stores,
    StoreAnswer: store,
    Appointment: appointment,
    AppointmentList: appointments,
}
