"""Which metrics a question asks for; where none is plain, a question back with the nearest ones."""

import re
from dataclasses import replace
from itertools import pairwise

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.cues import Cue
from assistant.chatbi.language.outcome import Clarify, Option, Reader, Refused
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.language.tokens import Token
from assistant.chatbi.language.values import Value, words
from assistant.chatbi.query import MOST_NAMED, PLACES

_OF = re.compile("(?:类型?|相关|问题|方面|原因)?(?:的)?")
_HOW = re.compile("怎么样|怎样|如何|咋样|情况")
_PEOPLE = frozenset({"tier", "stage", "gender", "age_band"})
FEWEST_HEADLINES = 3
ALIKE, SOUNDS_ALIKE = 60, 85  # rapidfuzz ratios from which a word may be a metric's name miswritten
USUAL = ("sales", "orders", "nps")  # offered where nothing was said that could be a metric


def chosen_metrics(slots: Slots, reader: Reader) -> tuple[str, ...] | Clarify | Refused:
    """The metrics, in the order in which they were named."""
    if asked := _topics(slots, reader):
        return asked
    _in_tickets(slots)
    _drop_bare(slots)
    _counted(slots)
    named = tuple(dict.fromkeys(t.metric for t in sorted(slots.metrics, key=lambda t: t.start)))
    if named:
        _beside(slots, reader)
        named = tuple(dict.fromkeys(t.metric for t in sorted(slots.metrics, key=lambda t: t.start)))
    if named:
        return tuple(_adapted(m, slots, reader) for m in named[:MOST_NAMED])
    if (slots.has("overview") or _how_it_goes(slots)) and (headlines := _headlines(slots, reader)):
        slots.cues.setdefault("overview", [Cue(0, 0, "overview")])
        return headlines
    if slots.has("member_list"):
        return ("members",)
    if slots.has("ticket_list"):
        return ("tickets",)
    if slots.has("words"):
        return ("mentions",)
    if (best := slots.cue("best")) and "满意" in slots.text[best.start : best.end]:
        return ("csat",)
    if joined := _joined(slots):
        return joined
    implied = {words()["implied"].get(t.dimension) for t in slots.dimensions} - {None}
    if len(implied) == 1 and not slots.ambiguous:
        return (str(implied.pop()),)
    if [t.text for t in slots.ambiguous] == ["会员占比"] and _people(slots):
        slots.ambiguous = []
        slots.cues.setdefault("share", [Cue(0, 0, "share")])
        return ("members",)
    if slots.ambiguous and not _only_people(slots):
        return _which(slots, reader)
    if _only_people(slots):
        return ("members",)
    return _unknown(slots, reader)


def _headlines(slots: Slots, reader: Reader) -> tuple[str, ...]:
    """The metrics that open an overview, those of them that have what was named; too few are none."""
    if slots.ambiguous:
        return ()
    beside = frozenset(t.dimension for t in slots.dimensions) | {v.dimension for t in slots.values for v in t.values}
    found = [n for n, m in reader.catalogue.metrics.items() if m.headline and reader.catalogue.allows(n, beside)]
    return tuple(found) if len(found) >= FEWEST_HEADLINES else ()


def _how_it_goes(slots: Slots) -> bool:
    """“徐家汇店昨天怎么样”: nothing but when and where."""
    places = all(v.dimension in PLACES for t in slots.values for v in t.values)
    bare = not (slots.ambiguous or slots.unread or slots.dimensions or set(slots.cues) - {"own", "everywhere"})
    said = bool(slots.times or slots.values or slots.has("own"))
    return said and places and bare and bool(_HOW.search(slots.text))


def _topics(slots: Slots, reader: Reader) -> Clarify | None:
    """“退款工单”: a word right before a number of tickets names their category. No category: of comments, or of tickets?"""
    numbers = [t for t in slots.metrics if reader.catalogue.allows(t.metric, frozenset({"ticket_category"}))]
    said: list[Token | Cue] = [*numbers, *slots.cues.get("ticket_list", [])]
    for ticket in said:
        for place in (slots.ambiguous, slots.unread, slots.dimensions, slots.loose, slots.metrics):
            for token in [t for t in place if _OF.fullmatch(slots.text[t.end : ticket.start])]:
                if category := words()["ticket_topics"].get(token.text):
                    place.remove(token)
                    meant = Value("ticket_category", (category,))
                    slots.values.append(replace(token, kind="value", values=(meant,), metric="", metrics=()))
        for token in slots.values:
            if numbers and {v.dimension for v in token.values} == {"aspect"}:
                return _no_category(token, ticket, slots)
    return None


def _no_category(aspect: Token, ticket: Token | Cue, slots: Slots) -> Clarify:
    text = slots.text
    comments = text[: ticket.start] + "负面提及数" + text[ticket.end :]
    tickets = f"各工单类别{context(replace(slots, values=[t for t in slots.values if t != aspect]))}工单数"
    options = (Option(f"评论里对{aspect.text}的负面提及", comments), Option("工单按类别看", tickets))
    return Clarify(f"工单没有“{aspect.text}”这个类别，评论里有。您要看哪一个？", options)


def _in_tickets(slots: Slots) -> None:
    """“投诉有几单”: tickets are counted, not orders."""
    if any(t.metric == "tickets" for t in slots.metrics):
        slots.metrics = [t for t in slots.metrics if t.text not in ("几单", "多少单", "单数", "单量", "笔数")]


def _drop_bare(slots: Slots) -> None:
    """“工单平均处理时长” asks for one number: the bare noun before it only says of what."""
    ordered = sorted(slots.metrics, key=lambda t: t.start)
    for one, after in pairwise(ordered):
        between = slots.text[one.end : after.start]
        asked = any(one.end <= c.start < after.start for k, cues in slots.cues.items() if k != "mean" for c in cues)
        joined = asked or set(between) & set("和与及、跟,")
        if one.text in words()["bare"] and one.metric != after.metric and not joined:
            slots.metrics.remove(one)


def _counted(slots: Slots) -> None:
    """“有多少家门店销售额低于2万”: stores are counted by a condition on another metric."""
    stores = [t for t in slots.metrics if t.metric == "store_count"]
    if stores and slots.has("threshold") and len({t.metric for t in slots.metrics}) > 1:
        slots.metrics = [t for t in slots.metrics if t not in stores]
        if not any(t.dimension == "store" for t in slots.dimensions):
            slots.dimensions.append(replace(stores[0], kind="dimension", metric="", dimension="store"))


def _beside(slots: Slots, reader: Reader) -> None:
    """Words that would be ambiguous alone, beside a metric: 会员 narrows to members, all else must not be passed over."""
    people = {v.dimension for t in slots.values for v in t.values} | {t.dimension for t in slots.dimensions}
    for token in list(slots.ambiguous):
        slots.ambiguous.remove(token)
        about_members = any("会员" in reader.catalogue.metrics[t.metric].name for t in slots.metrics)
        sold = [t for t in slots.metrics if t.metric == "sales"]
        if token.text == "会员" and sold and slots.has("share"):
            del slots.cues["share"]
            slots.metrics = [replace(t, metric="member_sales_share") if t in sold else t for t in slots.metrics]
        elif token.text == "会员" and not (people & _PEOPLE or about_members):
            slots.values.append(replace(token, kind="value", values=(Value("customer", ("新客", "老客")),)))
        elif token.text not in ("会员", "表现"):
            slots.unread.append(replace(token, kind="unread"))


def _joined(slots: Slots) -> tuple[str, ...]:
    """“上个月新会员有多少”: with a time, new members are those who joined then."""
    new = [t for t in slots.values if any(v.dimension == "stage" and v.values == ("新会员",) for v in t.values)]
    if len(new) != 1 or not slots.times or slots.ambiguous:
        return ()
    slots.values.remove(new[0])
    return ("new_members",)


def _adapted(metric: str, slots: Slots, reader: Reader) -> str:
    """Members who came in a campaign are counted by the campaign, and shares of members are of members; see below."""
    if metric == "member_sales_share" and _people(slots):
        slots.cues.setdefault("share", [Cue(0, 0, "share")])
        return "member_sales"
    campaign = any(v.dimension == "campaign" for t in slots.values for v in t.values)
    campaign |= any(t.dimension == "campaign" for t in slots.dimensions) and not reader.catalogue.allows(
        metric, frozenset({"campaign"})
    )
    return words()["with_campaign"].get(metric, metric) if campaign else _with_aspect(metric, slots, reader)


def _with_aspect(metric: str, slots: Slots, reader: Reader) -> str:
    """Comments about one aspect are counted as mentions."""
    other: str | None = words()["with_aspect"].get(metric)
    dimensions = {t.dimension for t in slots.dimensions}
    aspects = [t for t in slots.values if _an_aspect(t, metric, reader)]
    asked = bool(aspects) or "aspect" in dimensions
    if other and asked and not reader.catalogue.allows(metric, frozenset({"aspect"})):
        return other
    return metric


def _an_aspect(token: Token, metric: str, reader: Reader) -> bool:
    """Whether a word names an aspect, and nothing that the metric has."""
    kinds = {v.dimension for v in token.values}
    return "aspect" in kinds and not any(reader.catalogue.allows(metric, frozenset({d})) for d in kinds - {"aspect"})


def _only_people(slots: Slots) -> bool:
    """“金卡会员有多少”: members are counted where nothing but members is named."""
    kinds = {v.dimension for t in slots.values for v in t.values} | {t.dimension for t in slots.dimensions}
    asked = any(w in slots.text for w in ("多少", "人数", "数量", "几个", "分布", "占比", "构成", "结构"))
    others = [t for t in slots.ambiguous if t.text != "会员"]
    return bool(kinds & _PEOPLE) and asked and not others


def _people(slots: Slots) -> bool:
    kinds = {v.dimension for t in slots.values for v in t.values} | {t.dimension for t in slots.dimensions}
    return bool(kinds & _PEOPLE)


def _which(slots: Slots, reader: Reader) -> tuple[str, ...] | Clarify:
    token = next((t for t in slots.ambiguous if t.text != "会员"), slots.ambiguous[0])
    if len(token.metrics) == 1:
        return token.metrics
    options = []
    for name in token.metrics:
        metric = reader.catalogue.metrics[name]
        rest = slots.text[token.end :]
        tail = _superlative(token.text, metric.better)
        options.append(
            Option(f"{metric.name}（{metric.definition}）", slots.text[: token.start] + metric.name + tail + rest)
        )
    return Clarify(f"“{token.text}”按哪个指标看？", tuple(options), of_metric="open")


def _superlative(word: str, better: str) -> str:
    """What was inside the word beside the metric: 卖得最好 → 最高."""
    if "最好" in word or "最多" in word:
        return "最高"
    return "最低" if "最差" in word else ""


def _alike(unread: str, catalogue: Catalogue) -> list[str]:
    """Metrics whose name looks or sounds like what was not understood, best first."""
    sound = "".join(lazy_pinyin(unread)).lower()
    scored = []
    for name, metric in catalogue.metrics.items():
        said = (metric.name, *metric.synonyms)
        looks = max(fuzz.ratio(word.lower(), unread.lower()) for word in said)
        sounds = max(fuzz.ratio("".join(lazy_pinyin(word)).lower(), sound) for word in said)
        if looks >= ALIKE or sounds >= SOUNDS_ALIKE:
            scored.append((max(looks, sounds), name))
    return [name for _, name in sorted(scored, key=lambda row: (-row[0], row[1]))]


def _unknown(slots: Slots, reader: Reader) -> Clarify:
    """A question back: metrics that look or sound like what was not understood, or the usual ones."""
    unread = "".join(t.text for t in slots.unread)
    pieces = [t.text for t in slots.unread if len(t.text) > 1]
    alike = list(dict.fromkeys(m for piece in pieces for m in _alike(piece, reader.catalogue)))
    options = (*(option(m, slots, reader.catalogue) for m in (alike or USUAL)[:3]), Option(*_ALL))
    if alike:
        return Clarify(f"没有找到“{unread}”这个指标。您是不是想看下面的某一个？", options, of_metric="miswritten")
    if len(unread) > 1:
        asked = f"目前没有“{unread}”这个指标，全部指标见指标字典。要先看下面的某一个吗？"
        return Clarify(asked, options, of_metric="open")
    return Clarify("没听出您要看哪个指标。您是不是想看下面的某一个？", options, of_metric="open")


_ALL = ("有哪些指标", "有哪些指标")  # label and question
_KEPT_CUES = (
    "rank",
    "best",
    "move",
    "ranking",
    "share",
    "trend",
    "grain",
    "threshold",
    "year",
    "previous",
    "why",
    "place",
)


def option(metric: str, slots: Slots, catalogue: Catalogue) -> Option:
    """The question asked of a metric."""
    return Option(catalogue.metrics[metric].name, asked_of(metric, slots, catalogue))


def asked_of(metric: str, slots: Slots, catalogue: Catalogue) -> str:
    """What was understood of the question, asked of a metric by its name. How much of what a rate is belongs to the rate."""
    known = catalogue.metrics[metric]
    kept = [k for k in _KEPT_CUES if k != "share" or known.unit != "%"]
    groups = "".join(f"各{catalogue.dimensions[d].name}" for d in dict.fromkeys(t.dimension for t in slots.dimensions))
    cues = sorted((c for k in kept for c in slots.cues.get(k, [])), key=lambda c: c.start)
    return f"{context(slots)}{groups}{known.name}{''.join(slots.text[c.start : c.end] for c in cues)}"


def context(slots: Slots) -> str:
    """The parts of the question that were understood, to stand before another metric."""
    parts = [slots.text[t.start : t.end] for t in slots.times]
    parts += [t.text for t in slots.values]
    return "".join(parts)
