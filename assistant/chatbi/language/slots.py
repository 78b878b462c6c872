"""From tokens to slots: which metrics, groupings, filters, period, comparison, order and conditions were said."""

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from assistant.chatbi.language.cues import Cue
from assistant.chatbi.language.outcome import Reader
from assistant.chatbi.language.times import Time
from assistant.chatbi.language.tokens import Token, names
from assistant.chatbi.language.units import WEEKDAYS
from assistant.chatbi.language.values import Value, words

_BEFORE = re.compile(
    r"(各个?|每个?|每一个|每家|每款|按照?|分|不同的?|哪个|哪家|哪些|哪几[个家款种]|哪一[个家款种]|哪款|哪种|哪类|所有的?|几[个家]|(前|后|倒数)\S{1,3}[的个家款]?|以|之间|前几的?|[\d一二三四五六七八九十]+[个家款种]|换成|改成|看看?)(大|主要)?$"
)
_AFTER = re.compile(
    r"^(的)?(排名|排行|分布|构成|占比|维度|对比|比较|分别|之间|里|中|当中|TOP|top|前|各自|有哪些|有哪几|是哪|分组|结构|差异|拆分|拆开|来看|看|细分)"
)
_TO = re.compile(r"\s*(?:到|至|—|-|~|～)\s*")
_NOT_GROUPING = frozenset({"store", "product"})


@dataclass
class Slots:
    """What was said, each with the words that said it in `spans`."""

    text: str
    metrics: list[Token] = field(default_factory=list)
    ambiguous: list[Token] = field(default_factory=list)
    dimensions: list[Token] = field(default_factory=list)
    loose: list[Token] = field(default_factory=list)  # dimension words that group nothing
    values: list[Token] = field(default_factory=list)
    excluded: set[int] = field(default_factory=set)  # starts of value tokens that are taken out
    times: list[Time] = field(default_factory=list)
    cues: dict[str, list[Cue]] = field(default_factory=dict)
    unread: list[Token] = field(default_factory=list)

    def has(self, *kinds: str) -> bool:
        return any(k in self.cues for k in kinds)

    def cue(self, kind: str) -> Cue | None:
        return self.cues.get(kind, [None])[0]

    @property
    def empty(self) -> bool:
        return not (self.metrics or self.ambiguous or self.dimensions or self.values or self.times or self.cues)


def slots(text: str, tokens: list[Token], reader: Reader) -> Slots:
    """Sort tokens into slots."""
    found = Slots(text)
    for token in tokens:
        if token.kind == "metric":
            found.metrics.append(token)
        elif token.kind == "ambiguous":
            found.ambiguous.append(token)
        elif token.kind == "value":
            found.values.append(token)
        elif token.kind == "time" and token.time:
            found.times.append(token.time)
        elif token.kind == "cue" and token.cue:
            found.cues.setdefault(token.cue.kind, []).append(token.cue)
        elif token.kind == "unread":
            found.unread.append(token)
    ranked = found.has("rank", "best", "move", "ranking", "threshold", "share", "distribution", "correlate")
    named = {t.end: {v.dimension for v in t.values} for t in found.values}
    mended = [(t.start, t.end) for t in tokens if t.kind == "unread"]
    for token in (t for t in tokens if t.kind == "dimension"):
        meant = {token.dimension, *words()["instead"].get(token.dimension, ())}
        if meant & named.get(token.start, set()) or _beside_unread(token, mended):
            continue  # 云织品牌 names a brand; 观前接店 is one misspelt name
        grouping = _groups(text, token, ranked)
        (found.dimensions if grouping else found.loose).append(token)
    _metric_or_stage(found)
    _grouped_inside(found, reader)
    _exclusions(found)
    _others(found)
    _weekday_ranges(found)
    found.unread = [t for t in found.unread if not _mended(t, found, reader)]
    return found


def _beside_unread(token: Token, pieces: list[tuple[int, int]]) -> bool:
    return token.end - token.start == 1 and any(token.start == end or token.end == start for start, end in pieces)


def _groups(text: str, token: Token, ranked: bool) -> bool:
    if len(token.text) == 1 and not _BEFORE.search(text[: token.start]) and not ranked:
        return False
    if token.text[0] in "各哪几" or ranked:
        return True
    if _BEFORE.search(text[: token.start]) or _AFTER.search(text[token.end :]):
        return True
    return token.dimension not in _NOT_GROUPING


def _metric_or_stage(found: Slots) -> None:
    """“沉默会员” is a number when it stands alone, and a filter beside another metric."""
    both = [t for t in found.metrics if t.values]
    if both and len({t.metric for t in found.metrics}) > 1 and not found.has("correlate"):
        for token in both:
            if len({t.metric for t in found.metrics}) > 1:
                found.metrics.remove(token)
                found.values.append(token)


def _grouped_inside(found: Slots, reader: Reader) -> None:
    """“哪个活动效果最好”: the metric's first word is also what it is asked by."""
    by_word = names(reader.catalogue)["dimension"]
    for token in found.metrics:
        if not _BEFORE.search(found.text[: token.start]):
            continue
        word = next((w for w in sorted(by_word, key=len, reverse=True) if token.text.startswith(w) and len(w) > 1), "")
        dimension = by_word.get(word, "")
        known = {t.dimension for t in found.dimensions}
        if dimension and dimension not in known and reader.catalogue.allows(token.metric, frozenset({dimension})):
            end = token.start + len(word)
            found.dimensions.append(Token(token.start, end, "dimension", word, dimension=dimension))


def _others(found: Slots) -> None:
    """“除了徐家汇店，其他门店”: what is left is no value of its own."""
    if found.has("exclude"):
        found.values = [t for t in found.values if t.text not in ("其他", "其它", "其余")]


def _weekday_ranges(found: Slots) -> None:
    """“周一到周五”: all days between, not the two."""
    days = sorted((t for t in found.values if _weekday(t) is not None), key=lambda t: t.start)
    for one, after in pairwise(days):
        if one not in found.values or not _TO.fullmatch(found.text[one.end : after.start]):
            continue
        first, last = _weekday(one), _weekday(after)
        assert first is not None and last is not None
        inside = tuple(WEEKDAYS[(first[0] + n) % 7] for n in range((last[1] - first[0]) % 7 + 1))
        text = found.text[one.start : after.end]
        found.values = [t for t in found.values if t not in (one, after)]
        found.values.append(Token(one.start, after.end, "value", text, values=(Value("weekday", inside),)))
        found.unread = [t for t in found.unread if not one.end <= t.start < after.start]


def _weekday(token: Token) -> tuple[int, int] | None:
    """First and last day of the week that a word names."""
    if len(token.values) != 1 or len(token.values[0].values) != 1:
        return None
    value = token.values[0]
    if value.dimension == "weekday":
        return (WEEKDAYS.index(value.values[0]),) * 2
    return (5, 6) if value.dimension == "day_type" and value.values == ("周末",) else None


def _exclusions(found: Slots) -> None:
    for cue in found.cues.get("exclude", []):
        after = [t for t in found.values if 0 <= t.start - cue.end <= 2]
        found.excluded |= {t.start for t in after}


def _mended(token: Token, found: Slots, reader: Reader) -> bool:
    """A word that nothing explains may be a misspelt store, city or product."""
    near: list[tuple[str, list[Value]]] = []
    for word in dict.fromkeys((token.wide, token.text)):
        near = near or (reader.index.near(word) if len(word) > 1 else [])
    if not near:
        return _part_of_value(token, found, reader)
    meanings: list[Value] = []
    for _, values in near:
        meanings += [v for v in values if v not in meanings]
    if not meanings:
        return False
    surface = near[0][0]
    found.values.append(
        Token(token.start, token.end, "value", token.text, values=tuple(meanings), typo_of=surface, wide=token.wide)
    )
    return True


def _part_of_value(token: Token, found: Slots, reader: Reader) -> bool:
    """“空汽炸锅”: the rest of a misspelt name was read as a name of its own."""
    for value in found.values:
        if value.start == token.end:
            word = found.text[token.start : value.end]
        elif value.end == token.start:
            word = found.text[value.start : token.end]
        else:
            continue
        for surface, meanings in reader.index.near(word):
            if any(v in value.values for v in meanings):
                found.values[found.values.index(value)] = replace(value, typo_of=surface, wide=word)
                return True
    return False
