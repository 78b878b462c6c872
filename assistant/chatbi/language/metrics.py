"""Which metrics a question asks for; where none is plain, a question back with the nearest ones."""

from dataclasses import replace
from itertools import pairwise

from rapidfuzz import fuzz

from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.language.outcome import Choice, Clarify, Option, Reader, Refused
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.language.values import Value, words

_PEOPLE = frozenset({"tier", "stage", "gender", "age_band"})
CANDIDATES = 6
USUAL = ("sales", "orders", "nps")  # offered where nothing was said that could be a metric


def chosen_metrics(slots: Slots, reader: Reader) -> tuple[str, ...] | Clarify | Refused:
    """The metrics, in the order in which they were named."""
    _drop_bare(slots)
    named = tuple(dict.fromkeys(t.metric for t in sorted(slots.metrics, key=lambda t: t.start)))
    if named:
        _beside(slots, reader)
        named = tuple(dict.fromkeys(t.metric for t in sorted(slots.metrics, key=lambda t: t.start)))
    if named:
        return tuple(_adapted(m, slots, reader) for m in named[:4])
    if slots.has("member_list"):
        return ("members",)
    if slots.has("ticket_list"):
        return ("tickets",)
    if slots.has("words"):
        return ("mentions",)
    if joined := _joined(slots):
        return joined
    implied = {words()["implied"].get(t.dimension) for t in slots.dimensions} - {None}
    if len(implied) == 1 and not slots.ambiguous:
        return (str(implied.pop()),)
    if slots.ambiguous and not _only_people(slots):
        return _which(slots, reader)
    if _only_people(slots):
        return ("members",)
    return _unknown(slots, reader)


def _drop_bare(slots: Slots) -> None:
    """“工单平均处理时长” asks for one number: the bare noun before it only says of what."""
    ordered = sorted(slots.metrics, key=lambda t: t.start)
    for one, after in pairwise(ordered):
        between = slots.text[one.end : after.start]
        asked = any(one.end <= c.start < after.start for cues in slots.cues.values() for c in cues)
        joined = asked or set(between) & set("和与及、跟,")
        if one.text in words()["bare"] and one.metric != after.metric and not joined:
            slots.metrics.remove(one)


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
    """Members who came in a campaign are counted by the campaign; then see below."""
    campaign = any(v.dimension == "campaign" for t in slots.values for v in t.values)
    return words()["with_campaign"].get(metric, metric) if campaign else _with_aspect(metric, slots, reader)


def _with_aspect(metric: str, slots: Slots, reader: Reader) -> str:
    """Comments about one aspect are counted as mentions."""
    other: str | None = words()["with_aspect"].get(metric)
    dimensions = {t.dimension for t in slots.dimensions}
    aspects = [t for t in slots.values if {v.dimension for v in t.values} == {"aspect"}]
    asked = bool(aspects) or "aspect" in dimensions
    if other and asked and not reader.catalogue.allows(metric, frozenset({"aspect"})):
        return other
    return metric


def _only_people(slots: Slots) -> bool:
    """“金卡会员有多少”: members are counted where nothing but members is named."""
    kinds = {v.dimension for t in slots.values for v in t.values} | {t.dimension for t in slots.dimensions}
    asked = any(w in slots.text for w in ("多少", "人数", "数量", "几个", "分布", "占比", "构成", "结构"))
    others = [t for t in slots.ambiguous if t.text != "会员"]
    return bool(kinds & _PEOPLE) and asked and not others


def _which(slots: Slots, reader: Reader) -> tuple[str, ...] | Clarify:
    token = slots.ambiguous[0]
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
    return Clarify(f"“{token.text}”按哪个指标看？", tuple(options))


def _superlative(word: str, better: str) -> str:
    """What was inside the word beside the metric: 卖得最好 → 最高."""
    if "最好" in word:
        return "最高"
    return "最低" if "最差" in word else ""


def nearest(text: str, catalogue: Catalogue, limit: int = CANDIDATES) -> list[str]:
    """Metrics whose names or definitions share most with a text."""
    scored = []
    for name, metric in catalogue.metrics.items():
        best = max(fuzz.partial_ratio(word.lower(), text.lower()) for word in (metric.name, *metric.synonyms))
        scored.append((best + fuzz.token_set_ratio(metric.definition, text) / 20, name))
    scored.sort(key=lambda row: (-row[0], row[1]))
    return [name for _, name in scored[:limit]]


def _unknown(slots: Slots, reader: Reader) -> tuple[str, ...] | Clarify:
    """The model's choice where the words speak for it, or where it is trusted; else a question back, its choice first."""
    unread = "".join(t.text for t in slots.unread)
    candidates = tuple(nearest(slots.text, reader.catalogue)) if slots.unread else USUAL
    picked = reader.choose(Choice(slots.text, candidates)) if reader.choose is not None and slots.unread else None
    if picked is not None and (reader.trusts or _evident(picked, slots, reader.catalogue)):
        slots.unread = []
        return (picked,)
    what = f"没有找到“{unread}”这个指标" if len(unread) > 1 else "没听出您要看哪个指标"
    near = [m for m in candidates if m != picked and (not unread or _shared(m, unread, reader.catalogue))]
    first = [reader.catalogue.metrics[m] for m in dict.fromkeys([*([picked] if picked else []), *(near or USUAL)])]
    options = tuple(Option(m.name, f"{_context(slots)}{m.name}") for m in first[:3])
    return Clarify(f"{what}。您是不是想看下面的某一个？", (*options, Option(*_ALL)))


_ALL = ("有哪些指标", "有哪些指标")  # label and question
_GENERIC = frozenset("的了是有在我们和与多少几率数量额度比例平均每各个占大概怎么样情况上下月年日天周季名人客店")


def _shared(metric: str, text: str, catalogue: Catalogue) -> int:
    """How many telling characters of a text stand in a metric's names or definition."""
    known = catalogue.metrics[metric]
    words = "".join((known.name, *known.synonyms, known.definition)).lower()
    return sum(c in words for c in set(text.lower()) - _GENERIC)


def _evident(metric: str, slots: Slots, catalogue: Catalogue) -> bool:
    """Whether at least half of what was not understood, and no single chance character, speaks for a metric."""
    own = set("".join(t.text for t in slots.unread).lower()) - _GENERIC
    return len(own) > 1 and _shared(metric, "".join(own), catalogue) * 2 >= len(own)


def _context(slots: Slots) -> str:
    """The parts of the question that were understood, to stand before another metric."""
    parts = [slots.text[t.start : t.end] for t in slots.times]
    parts += [t.text for t in slots.values]
    return "".join(parts)
