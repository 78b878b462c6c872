"""Privacy: what is kept, a copy, deletion, choices."""

from tools.errors import NeedSlot, Option, ToolRefused
from tools.registry import Args, Family, NoArgs, ToolContext, WritePlan
from tools.resolve import spoken
from tools.types import ChoiceMade, DeletionScheduled, DeletionWithdrawn, Exported, KeptData

family = Family()
TOPICS = {"survey": "满意度调查", "personal": "个性化推荐", "marketing": "营销消息"}


class ChoiceArgs(Args):
    subject: str | None = None
    allowed: str | None = None


@family.read(NoArgs)
def privacy_show(ctx: ToolContext, _: NoArgs) -> KeptData:
    """你们保存了我哪些个人信息。例：你们有我什么数据；我的隐私"""
    return ctx.ports.privacy.kept(ctx.shopper)


@family.read(NoArgs)
def privacy_export(ctx: ToolContext, _: NoArgs) -> Exported:
    """导出、下载我的个人数据。例：把我的数据导出给我"""
    return Exported(ctx.ports.privacy.export(ctx.shopper))


def _plan_delete(ctx: ToolContext, _: NoArgs) -> WritePlan:
    if (at := ctx.ports.privacy.deletion_due(ctx.shopper)) is not None:
        raise ToolRefused("due_already", f"您的删除申请已经受理，{spoken(at)}之后执行。想撤回，说“撤回删除”就行。")
    rows = (
        ("删除", "聊天记录、服务记录与个人选择"),
        ("保留", "交易记录（法律要求）；工单只留编号"),
        ("时间", "24小时后执行，之前可以撤回"),
    )
    return WritePlan("删除个人数据", rows, {})


@family.write(NoArgs, _plan_delete)
def privacy_delete(ctx: ToolContext, _: NoArgs) -> DeletionScheduled:
    """删除我的个人数据、聊天记录。例：把我的信息删掉；注销我的数据"""
    return DeletionScheduled(ctx.ports.privacy.delete(ctx.shopper, ctx.key))


def _plan_keep(ctx: ToolContext, _: NoArgs) -> WritePlan:
    if ctx.ports.privacy.deletion_due(ctx.shopper) is None:
        raise ToolRefused("none_due", "您没有等待执行的删除申请。")
    return WritePlan("撤回删除申请", (("结果", "您的资料继续保留，不会删除"),), {})


@family.write(NoArgs, _plan_keep)
def privacy_keep(ctx: ToolContext, _: NoArgs) -> DeletionWithdrawn:
    """撤回已经申请的个人数据删除。例：不删了，撤回删除；刚才说删资料的，先别删了"""
    return DeletionWithdrawn(ctx.ports.privacy.keep(ctx.shopper, ctx.key))


def _topic(words: str | None) -> str:
    for key, label in TOPICS.items():
        if words and (words == key or label in words):
            return key
    guesses = (
        ("survey", ("调查", "问卷", "打分", "评价")),
        ("personal", ("推荐", "个性")),
        ("marketing", ("营销", "广告", "推销", "消息", "短信", "推送")),
    )
    for key, hints in guesses:
        if words and any(h in words for h in hints):
            return key
    raise NeedSlot("subject", "您想调整哪一项？", tuple(Option(k, v) for k, v in TOPICS.items()))


def _plan_choose(ctx: ToolContext, args: ChoiceArgs) -> WritePlan:
    key = _topic(args.subject)
    allowed = args.allowed == "yes"
    if dict(ctx.ports.privacy.kept(ctx.shopper).choices).get(key) is allowed:
        raise ToolRefused("as_it_is", f"{TOPICS[key]}现在就是{'开启' if allowed else '关闭'}的，不用再调整。")
    rows = ((TOPICS[key], "开启" if allowed else "关闭"),)
    return WritePlan("调整隐私选择", rows, {"subject": key, "allowed": "yes" if allowed else "no"})


@family.write(ChoiceArgs, _plan_choose)
def privacy_choose(ctx: ToolContext, args: ChoiceArgs) -> ChoiceMade:
    """不再接收（或重新接收）问卷、推荐、营销消息。例：别再给我发问卷；关闭个性化推荐"""
    topic, allowed = args.subject or "", args.allowed == "yes"
    ctx.ports.privacy.choose(ctx.shopper, topic, allowed, ctx.key)
    return ChoiceMade(topic, allowed)
