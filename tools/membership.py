"""Membership: tier, progress, rights."""

from tools.registry import Args, Family, NoArgs, ToolContext
from tools.types import Membership, Tier, TierTable

family = Family()


class TierArgs(Args):
    tier: str | None = None


@family.read(NoArgs)
def membership_status(ctx: ToolContext, _: NoArgs) -> Membership:
    """我的会员等级、到期日、升级还差多少。例：我是什么卡；离金卡还差多少"""
    return ctx.ports.merchant.membership.profile(ctx.member)


@family.read(TierArgs)
def membership_rights(ctx: ToolContext, args: TierArgs) -> TierTable:
    """各会员等级的权益、门槛、升级规则。例：金卡有什么权益；怎么升钻石"""
    mine = ctx.ports.merchant.membership.profile(ctx.member_id).tier if ctx.member_id else None
    asked = next((t for t in Tier if args.tier and t.value.removesuffix("卡") in args.tier), None)
    return TierTable(mine, asked, tuple(ctx.ports.merchant.membership.tiers()))
