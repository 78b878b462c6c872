"""The one public call of this room: a question in Chinese → what it means, or a question back, or a refusal."""

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.chatbi.language.assemble import assemble
from assistant.chatbi.language.described import described
from assistant.chatbi.language.follow import follow, is_follow_up
from assistant.chatbi.language.outcome import Clarify, Option, Outcome, Reader, Refused, Told, Understood
from assistant.chatbi.language.periods import full_days, refusal
from assistant.chatbi.language.slots import Slots, slots
from assistant.chatbi.language.tokens import clean, names, tokens
from assistant.chatbi.language.values import words
from assistant.chatbi.query import MOST_NAMED

LONGEST = 200
_WHAT_IS = re.compile(r"是(?:个?什么|啥)[?？]?$")
_MEMBER = re.compile(r"(?<![A-Za-z0-9])M\d{5,}|(?<!\d)1[3-9]\d{9}(?!\d)", re.IGNORECASE)


def read(question: str, reader: Reader) -> Outcome:
    """Read one question."""
    text = clean(question)
    if not text:
        return Told()
    if len(text) > LONGEST:
        return Refused(f"问题太长了（{len(text)}个字），请用{LONGEST}字以内的一句话来问。", "length")
    if _personal(text):
        return Refused("这里只回答汇总的数字，不提供姓名、电话、住址等个人信息，也不查单个会员。", "personal")
    found = slots(text, tokens(text, reader), reader)
    if told := _about_metrics(found, reader):
        return told
    if refused := _outside(text, reader) or refusal(found, reader):
        return refused
    edits = is_follow_up(found, reader)
    if (cue := found.cue("those")) and not edits:
        return Clarify(f"“{text[cue.start : cue.end]}”指的是哪些？请把名字说出来。")
    outcome = follow(found, reader) if edits else assemble(found, reader)
    if isinstance(outcome, Understood):
        outcome = full_days(outcome, found, reader)
    if isinstance(outcome, Understood) and found.unread:
        outcome = _not_read(found, outcome)
    if isinstance(outcome, Clarify) and outcome.of_metric:
        return described(text, reader, outcome)
    if isinstance(outcome, Understood):
        return replace(outcome, notes=(*outcome.notes, *_left_out(found, outcome, reader), *_typos(found)))
    return outcome


def _about_metrics(found: Slots, reader: Reader) -> Told | None:
    if found.has("help") and not found.metrics:
        return Told()
    explains = found.has("definition") and not (found.has("why") or found.times)
    asked = explains or (_WHAT_IS.search(found.text) and _nothing_else(found))
    if asked:
        if found.metrics:
            return Told(found.metrics[0].metric)
        if found.ambiguous:
            return Told(found.ambiguous[0].metrics[0])
    return None


def _nothing_else(found: Slots) -> bool:
    return not (found.times or found.values or found.dimensions or found.unread or set(found.cues) - {"mean"})


def _personal(text: str) -> bool:
    """Somebody's data, or one member's, are asked for."""
    return bool(_MEMBER.search(text)) or any(word in text for word in words()["personal"])


def _outside(text: str, reader: Reader) -> Refused | None:
    """A place that exists but is not the asker's reads differently from one with no data."""
    for name in sorted(reader.index.outside, key=len, reverse=True):
        if len(name) >= 2 and name in text and not _covered(name, text, reader):
            return Refused(f"您没有查看“{name}”的权限，可以找管理员开通，或换成您负责的门店。", "permission")
    return None


def _covered(name: str, text: str, reader: Reader) -> bool:
    """The name stands inside a longer word that the asker may use."""
    start = text.index(name)
    return any(a <= start and b >= start + len(name) for a, b, _ in reader.index.find(text)) or any(
        name in word and word in text.lower() for word in names(reader.catalogue)["metric"]
    )


def _not_read(found: Slots, outcome: Understood) -> Clarify:
    """Something in the question means nothing to us: say so, and offer the question without it."""
    words = [t.text for t in found.unread]
    rest = found.text
    for token in sorted(found.unread, key=lambda t: -t.start):
        rest = rest[: token.start] + rest[token.end :]
    return Clarify(
        f"没有看懂“{'”“'.join(words)}”。要先不管它，按剩下的意思来看吗？",
        (Option("就按剩下的看", rest), Option("我换个说法", "")),
        of_metric="open",
    )


def _typos(found: Slots) -> Iterator[str]:
    return (f"“{t.wide or t.text}”按“{t.typo_of}”理解" for t in found.values if t.typo_of)


def _left_out(found: Slots, outcome: Understood, reader: Reader) -> Iterator[str]:
    """Metrics that were named beyond what one answer holds."""
    named = dict.fromkeys(t.metric for t in sorted(found.metrics, key=lambda t: t.start))
    if len(named) > MOST_NAMED:
        rest = "、".join(reader.catalogue.metrics[m].name for m in named if m not in outcome.query.metrics)
        yield f"一次最多看{MOST_NAMED}个指标，没有列出：{rest}"
