"""Coupons: those held, those to be had, claiming."""

import re

from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused, UnknownThing
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.types import Coupon, CouponList

family = Family()


class CouponArgs(Args):
    coupon: str | None = None


@family.read(NoArgs)
def coupons_mine(ctx: ToolContext, _: NoArgs) -> CouponList:
    """我有哪些优惠券、什么时候到期。例：我的券；还有没过期的券吗"""
    return CouponList(tuple(ctx.ports.merchant.coupons.mine(ctx.member)), claimable=False)


@family.read(NoArgs)
def coupons_claimable(ctx: ToolContext, _: NoArgs) -> CouponList:
    """现在有什么优惠券可以领。例：有券领吗；新人券在哪领"""
    return CouponList(tuple(ctx.ports.merchant.coupons.claimable(ctx.member)), claimable=True)


def coupon(ctx: ToolContext, words: str | None) -> Coupon:
    """The claimable coupon that is meant."""
    found = list(ctx.ports.merchant.coupons.claimable(ctx.member))
    if not found:
        raise ToolRefused("no_coupons", "您现在没有可以领的券，都领完啦。")
    offers = tuple(Option(c.coupon_id, c.title) for c in found)
    if words:
        key = words.removesuffix("券").removesuffix("优惠")
        called = re.compile(re.escape(key) + r"(?!\d)" * key[-1:].isdigit())  # "减50" is not "减500"
        fitting = [
            c
            for c in found
            if words == c.coupon_id or c.title in words or (key and called.search(f"{c.title} {c.scope}"))
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            ids = {c.coupon_id for c in fitting}
            raise NeedChoice("coupon", "您要领哪一张？", tuple(o for o in offers if o.value in ids))
        raise UnknownThing("coupon", "没有找到这张券，现在可以领的有：", offers)
    if len(found) == 1:
        return found[0]
    raise NeedSlot("coupon", "您要领哪一张？", offers)


def _plan_claim(ctx: ToolContext, args: CouponArgs) -> WritePlan:
    found = coupon(ctx, args.coupon)
    rows = (("优惠券", found.title), ("适用", found.scope))
    return WritePlan("领取优惠券", rows, {"coupon": found.coupon_id})


@family.write(CouponArgs, _plan_claim)
def coupons_claim(ctx: ToolContext, args: CouponArgs) -> Coupon:
    """领取一张优惠券。例：帮我领那张满300减30；领美妆券"""
    return ctx.ports.merchant.coupons.claim(ctx.member, args.coupon or "", ctx.key)
