"""Points: balance, lapse, ledger, what they buy, redeeming."""

from tools.errors import NeedChoice, NeedSlot, Option, ToolRefused, UnknownThing
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.types import PointsLedger, PointsOverview, Redemption, RewardItem, RewardList

family = Family()


class RewardArgs(Args):
    item: str | None = None


@family.read(NoArgs)
def points_balance(ctx: ToolContext, _: NoArgs) -> PointsOverview:
    """我有多少积分、哪些快过期。例：查下积分；积分什么时候过期"""
    points = ctx.ports.merchant.points
    balance = points.balance(ctx.member)
    items = sorted((i for i in points.rewards() if i.points <= balance.balance), key=lambda i: -i.points)
    return PointsOverview(balance, tuple(items))


@family.read(NoArgs)
def points_history(ctx: ToolContext, _: NoArgs) -> PointsLedger:
    """我的积分明细、怎么来的怎么用的。例：积分怎么少了；积分记录"""
    return PointsLedger(tuple(ctx.ports.merchant.points.ledger(ctx.member, 6)))


@family.read(NoArgs)
def points_rewards(ctx: ToolContext, _: NoArgs) -> RewardList:
    """积分能换什么。例：积分可以兑换啥；我的积分够换什么"""
    points = ctx.ports.merchant.points
    balance = points.balance(ctx.member_id).balance if ctx.member_id else 0
    return RewardList(balance, tuple(points.rewards()))


def reward(ctx: ToolContext, words: str | None) -> RewardItem:
    """The reward that is meant. Raises NeedSlot, NeedChoice or UnknownThing."""
    items = [i for i in ctx.ports.merchant.points.rewards() if i.stock > 0]
    offers = tuple(Option(i.item_id, f"{i.name}（{i.points:,}分）") for i in items)
    if not words:
        raise NeedSlot("item", "您想用积分换什么？", offers)
    fitting = [i for i in items if words == i.item_id or i.name in words or words in i.name]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise NeedChoice("item", "您想换哪一个？", tuple(o for o in offers if o.value in {i.item_id for i in fitting}))
    raise UnknownThing("item", f"积分商城里没有“{words}”，可以换这些：", offers)


def _plan_redeem(ctx: ToolContext, args: RewardArgs) -> WritePlan:
    member = ctx.member
    item = reward(ctx, args.item)
    have = ctx.ports.merchant.points.balance(member).balance
    if have < item.points:
        raise ToolRefused(
            "points_short", f"兑换{item.name}需要{item.points:,}分，您现在有{have:,}分，还差{item.points - have:,}分。"
        )
    rows = (("兑换", item.name), ("扣除积分", f"{item.points:,}分"), ("剩余积分", f"{have - item.points:,}分"))
    return WritePlan("积分兑换", rows, {"item": item.item_id})


@family.write(RewardArgs, _plan_redeem)
def points_redeem(ctx: ToolContext, args: RewardArgs) -> Redemption:
    """用积分兑换某样东西（会扣积分）。例：帮我换一张停车券；积分换咖啡"""
    return ctx.ports.merchant.points.redeem(ctx.member, reward(ctx, args.item).item_id, ctx.key)
