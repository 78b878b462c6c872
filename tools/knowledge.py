"""Knowledge: policies, services and events, answered from retrieved passages."""

from tools.errors import NeedSlot
from tools.registry import Args, Family, ToolContext
from tools.resolve import local_date, stores
from tools.types import KnowledgeAnswer

family = Family()


class QuestionArgs(Args):
    question: str | None = None
    store: str | None = None


@family.read(QuestionArgs)
def knowledge_search(ctx: ToolContext, args: QuestionArgs) -> KnowledgeAnswer:
    """政策、服务、活动、规定类问题。例：可以带狗吗；退货规则是什么；停车怎么收费；礼品卡能退吗；双十一有什么活动"""
    if not args.question:
        raise NeedSlot("question", "您想了解什么？")
    named = stores(ctx, args.store)
    store_id = named[0].store_id if len(named) == 1 else ctx.store_id
    passages = ctx.ports.knowledge.find(args.question, store_id, local_date(ctx.now))
    return KnowledgeAnswer(args.question, tuple(passages))
