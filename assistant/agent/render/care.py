"""Templates of tickets, privacy, handoff, knowledge."""

from collections.abc import Callable
from typing import Any

from assistant.agent.render.words import choices, moment, pick
from assistant.domain.message import Card, Citation, Reply
from tools.privacy import TOPICS
from tools.types import (
    ChoiceMade,
    DeletionScheduled,
    DeletionWithdrawn,
    Exported,
    HandedOff,
    KeptData,
    KnowledgeAnswer,
    PassageFact,
    RemoteFact,
    Ticket,
    TicketList,
    TicketNoted,
)

MAX_PASSAGE = 360


def ticket_card(t: Ticket) -> Card:
    rows = [("类别", t.category), ("提交", moment(t.created_at)), ("答复时限", moment(t.due_at))]
    if t.store:
        rows.insert(1, ("门店", t.store))
    return Card("ticket", f"工单 {t.ticket_id}", t.subject, t.status.value, tuple(rows))


def ticket(t: Ticket, en: bool) -> Reply:
    text = pick(
        en,
        f"已为您登记，工单号{t.ticket_id}（{t.category}）。我们会在{moment(t.due_at)}前给您答复，随时可以问我“工单进度”。",
        f"Your ticket {t.ticket_id} is filed. We will answer by {moment(t.due_at)}; ask me for its progress at any time.",
    )
    return Reply(text, (ticket_card(t),), choices("补充信息", "工单进度"))


def noted(n: TicketNoted, en: bool) -> Reply:
    t = n.ticket
    text = pick(
        en,
        f"已补充到工单{t.ticket_id}，处理的同事会看到，答复时限还是{moment(t.due_at)}。",
        f"Added to your ticket {t.ticket_id}. We will still answer by {moment(t.due_at)}.",
    )
    return Reply(text, (ticket_card(t),), choices("工单进度"))


def tickets(found: TicketList, en: bool) -> Reply:
    if not found.items:
        return Reply(pick(en, "您没有工单。遇到问题可以直接告诉我，我来登记。", "You have no tickets."))
    lines = [
        f"{t.ticket_id} {t.subject}：{t.status.value}，答复时限{moment(t.due_at)}，最近记录（{moment(t.notes[-1].at)}）：{t.notes[-1].text[:40]}"
        if t.notes
        else f"{t.ticket_id} {t.subject}：{t.status.value}"
        for t in found.items
    ]
    return Reply(
        pick(en, "您的工单：", "Your tickets:") + "\n" + "\n".join(lines), tuple(map(ticket_card, found.items))
    )


def kept(k: KeptData, en: bool) -> Reply:
    lines = [f"{name}：{count}条" for name, count in k.families]
    switches = "，".join(f"{TOPICS[t]}{'已开启' if on else '已关闭'}" for t, on in k.choices)
    text = pick(en, "我们保存了这些与您有关的记录：", "We keep these records about you:") + "\n" + "\n".join(lines)
    return Reply(
        f"{text}\n{switches}（隐私条款版本{k.consent_version}）",
        choices=choices("导出我的数据", "删除我的数据", "关闭个性化推荐"),
    )


def chosen(c: ChoiceMade, en: bool) -> Reply:
    if c.allowed:
        return Reply(pick(en, f"好的，{TOPICS[c.topic]}已开启。", "Done, it is switched on."))
    return Reply(
        pick(
            en,
            f"好的，{TOPICS[c.topic]}已关闭，想恢复随时告诉我。",
            "Done, it is switched off. Tell me if you want it back.",
        )
    )


def exported(e: Exported, en: bool) -> Reply:
    text = pick(
        en, "您的数据已经打包好，点下面下载，链接一天内有效。", "Your data is ready; the link is valid for a day."
    )
    return Reply(text, download=e.path)


def deletion(d: DeletionScheduled, en: bool) -> Reply:
    return Reply(
        pick(
            en,
            f"已受理，{moment(d.at)}之后执行删除。在此之前想撤回，说“撤回删除”就行。",
            f"Accepted. Your data will be deleted after {moment(d.at)}. Until then you can still withdraw this.",
        ),
        choices=choices("撤回删除"),
    )


def withdrawn(d: DeletionWithdrawn, en: bool) -> Reply:
    if not d.in_time:
        return Reply(
            pick(en, "删除已经在执行，撤不回来了。", "The deletion is under way and can no longer be withdrawn.")
        )
    return Reply(pick(en, "已撤回，您的资料不会删除。", "Withdrawn: your data will not be deleted."))


def handed_off(h: HandedOff, en: bool) -> Reply:
    ahead = f"前面还有{h.waiting_before}位，" if h.waiting_before else ""
    text = pick(
        en,
        f"已为您转接人工客服，{ahead}请稍等。您可以先把情况写在这里，同事接入后都能看到。",
        "A colleague will be with you shortly. You can describe your case here meanwhile.",
    )
    return Reply(text, choices=choices("继续机器人"))


def remote(r: RemoteFact, en: bool) -> Reply:
    """What a retailer's own server said, as it said it."""
    return Reply(r.text)


def citation(p: PassageFact) -> Citation:
    return Citation(p.title, p.source, p.page, p.text[:400])


def knowledge(k: KnowledgeAnswer, en: bool) -> Reply:
    """The best passage as it stands; an FAQ answer whole, a long passage cut at a sentence."""
    best = k.passages[0]
    if best.kind == "fix":
        lead = pick(en, "给您添麻烦了。这个情况我们已有记录：", "Sorry for the trouble. On record (in Chinese): ")
        return Reply(lead + best.text, choices=choices("我要投诉", "转人工"))
    text = shorten(best.text)
    if not k.sure:
        return _nearest(k, text, en)
    lead = pick(en, "", "From our documents (in Chinese): ")
    others = tuple(citation(p) for p in k.passages[1:3] if p.score >= best.score * 0.8)
    return Reply(lead + text, citations=(citation(best), *others))


def _nearest(k: KnowledgeAnswer, text: str, en: bool) -> Reply:
    """No passage surely answers: the nearest is said to be just that, and others are offered."""
    best = k.passages[0]
    lead = pick(
        en,
        f"我不确定您问的是不是这个。最接近的说明是“{_headline(best)}”：\n",
        "I am not sure that this is what you ask. The nearest I have (in Chinese): ",
    )
    others = tuple(dict.fromkeys(_headline(p) for p in k.passages[1:] if _headline(p) != _headline(best)))[:3]
    close = pick(
        en, "\n不是的话，换个说法再问我，或者转人工。", "\nIf not, please put it another way, or ask for a person."
    )
    return Reply(lead + text + close, choices=choices(*others, "转人工"), citations=(citation(best),))


def _headline(p: PassageFact) -> str:
    """What a passage is about, short enough to be tapped."""
    if p.question:
        return p.question
    return p.title if p.heading in ("", p.title) else f"{p.title}：{p.heading}"


def shorten(text: str) -> str:
    """At most MAX_PASSAGE characters, ending at a sentence."""
    text = text.strip()
    if len(text) <= MAX_PASSAGE:
        return text
    cut = max(text.rfind(mark, 0, MAX_PASSAGE) for mark in "。！？；\n")
    return text[: cut + 1] if cut > 80 else text[:MAX_PASSAGE] + "…"


TEMPLATES: dict[type, Callable[[Any, bool], Reply]] = {
    Ticket: ticket,
    TicketList: tickets,
    TicketNoted: noted,
    KeptData: kept,
    ChoiceMade: chosen,
    Exported: exported,
    DeletionScheduled: deletion,
    DeletionWithdrawn: withdrawn,
    HandedOff: handed_off,
    KnowledgeAnswer: knowledge,
    RemoteFact: remote,
}
