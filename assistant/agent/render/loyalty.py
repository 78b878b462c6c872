"""Templates of membership, points and coupons."""

from collections.abc import Callable
from typing import Any

from assistant.agent.render.words import choices, day, listed, moment, pick, short_day, yuan
from assistant.domain.message import Card, Reply
from tools.types import (
    Coupon,
    CouponList,
    Membership,
    PointsLedger,
    PointsOverview,
    Redemption,
    RewardList,
    Tier,
    TierTable,
)

_TIER_EN = {Tier.BASIC: "Basic", Tier.SILVER: "Silver", Tier.GOLD: "Gold", Tier.DIAMOND: "Diamond"}


def membership(m: Membership, en: bool) -> Reply:
    zh = f"{m.name}，您现在是{m.tier}会员，有效期到{day(m.tier_until)}，近一年消费{yuan(m.spend_cents)}。"
    text = pick(
        en,
        zh,
        f"You are a {_TIER_EN[m.tier]} member until {day(m.tier_until, True)}; you spent {yuan(m.spend_cents)} in the last year.",
    )
    if m.next_tier is not None:
        text += pick(
            en,
            f"再消费{yuan(m.next_tier_cents)}就能升级为{m.next_tier}。",
            f" Spend {yuan(m.next_tier_cents)} more to reach {_TIER_EN[m.next_tier]}.",
        )
    rows = (("有效期至", day(m.tier_until)), ("近一年消费", yuan(m.spend_cents)), ("权益", listed(m.rights)))
    return Reply(text, (Card("member", f"{m.tier}会员", m.name, rows=rows),), choices("会员权益", "查积分"))


def tiers(t: TierTable, en: bool) -> Reply:
    shown = [r for r in t.tiers if t.asked is None or r.tier is t.asked]
    lines = []
    for r in shown:
        least = "注册即享" if r.threshold_cents == 0 else f"近一年消费满{yuan(r.threshold_cents)}"
        lines.append(f"{r.tier}：{least}，{listed(r.rights)}")
    lead = pick(en, "会员等级与权益如下：", "Tiers and benefits (in Chinese):")
    if t.mine is not None:
        lead = pick(en, f"您现在是{t.mine}。", f"You are {_TIER_EN[t.mine]}. ") + lead
    return Reply(lead + "\n" + "\n".join(lines), choices=choices("我的会员等级", "积分能换什么"))


def points(p: PointsOverview, en: bool) -> Reply:
    b = p.balance
    text = pick(
        en,
        f"您有{b.balance:,}积分，约可抵{yuan(b.worth_cents)}。",
        f"You have {b.balance:,} points, worth about {yuan(b.worth_cents)}.",
    )
    if b.expiring and b.expires_on:
        text += pick(
            en,
            f"其中{b.expiring:,}分将在{day(b.expires_on)}过期。",
            f" {b.expiring:,} of them expire on {day(b.expires_on, True)}.",
        )
    if p.affordable:
        best = listed([f"{i.name}（{i.points:,}分）" for i in p.affordable[:2]])
        text += pick(en, f"现在可以兑换{best}等。", f" You can redeem e.g. {best}.")
    rows = [("可抵", yuan(b.worth_cents))]
    if b.expiring and b.expires_on:
        rows.append(("即将过期", f"{b.expiring:,}分（{short_day(b.expires_on)}）"))
    card = Card("points", f"{b.balance:,} 积分", rows=tuple(rows))
    return Reply(text, (card,), choices("积分能换什么", "积分明细"))


def ledger(entries: PointsLedger, en: bool) -> Reply:
    if not entries.entries:
        return Reply(pick(en, "您还没有积分记录，消费1元积1分。", "There are no points entries yet."))
    lines = [f"{short_day(e.at)} {e.reason} {e.delta:+,}分" for e in entries.entries]
    return Reply(
        pick(en, "最近的积分记录：", "Latest points entries:") + "\n" + "\n".join(lines), choices=choices("查积分")
    )


def rewards(r: RewardList, en: bool) -> Reply:
    items = [i for i in r.items if i.stock > 0]
    lines = [f"{i.name}：{i.points:,}分{'' if i.points <= r.balance else '（积分不足）'}" for i in items]
    lead = pick(en, f"您有{r.balance:,}积分，可以换这些：", f"You have {r.balance:,} points. Rewards:")
    can = [f"兑换{i.name}" for i in items if i.points <= r.balance][:3]
    return Reply(lead + "\n" + "\n".join(lines), choices=choices(*can))


def redemption(r: Redemption, en: bool) -> Reply:
    text = pick(
        en,
        f"兑换成功：{r.item.name}，扣除{r.item.points:,}分，剩余{r.balance:,}分。兑换码{r.code}，结账或停车缴费时出示即可。",
        f"Done: {r.item.name}. Code {r.code}, {r.balance:,} points left.",
    )
    card = Card("points", r.item.name, badge="已兑换", rows=(("兑换码", r.code), ("剩余积分", f"{r.balance:,}")))
    return Reply(text, (card,))


def _coupon_card(c: Coupon, claimable: bool) -> Card:
    least = f"满{yuan(c.least_cents)}可用"
    rows = (("适用", c.scope), ("领取截止" if claimable else "有效期至", moment(c.valid_until)))
    actions = choices(f"领取{c.title}") if claimable else ()
    return Card("coupon", c.title, least, badge=yuan(c.value_cents), rows=rows, choices=actions)


def coupons(found: CouponList, en: bool) -> Reply:
    if not found.coupons:
        zh = "现在没有可以领的券了。" if found.claimable else "您现在没有可用的券，要看看能领什么吗？"
        return Reply(pick(en, zh, "There are no coupons at the moment."), choices=choices("有什么券可以领"))
    titles = listed([c.title for c in found.coupons])
    if found.claimable:
        zh = f"现在有{len(found.coupons)}张券可以领：{titles}。"
    else:
        first = found.coupons[0]
        zh = f"您有{len(found.coupons)}张可用的券：{titles}。最早到期的是{first.title}，有效到{moment(first.valid_until)}。"
    text = pick(en, zh, f"{len(found.coupons)} coupon(s): {titles}.")
    return Reply(text, tuple(_coupon_card(c, found.claimable) for c in found.coupons[:5]))


def coupon(c: Coupon, en: bool) -> Reply:
    text = pick(
        en,
        f"领好了：{c.title}，有效期到{moment(c.valid_until)}，{c.scope}可用。",
        f"Claimed: {c.title}, valid until {day(c.valid_until, True)}.",
    )
    return Reply(text, (_coupon_card(c, False),))


TEMPLATES: dict[type, Callable[[Any, bool], Reply]] = {
    Membership: membership,
    TierTable: tiers,
    PointsOverview: points,
    PointsLedger: ledger,
    RewardList: rewards,
    Redemption: redemption,
    CouponList: coupons,
    Coupon: coupon,
}
