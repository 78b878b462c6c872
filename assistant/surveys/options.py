"""Which options of a question does a free answer mean? By place, by name, and by what the words are about.

Enters: a question and an answer (plain, see `asking.plain`). Leaves: ids of options, and whether they were said outright.
Called by `reading`. What is about the same leaf of the tree of aspects, or near in meaning, is an answer too; nothing is
guessed where no option stands out. No model beyond embeddings.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from assistant.surveys.files import Option, Question
from tools.numerals import whole

if TYPE_CHECKING:
    from assistant.surveys.reading import Reading

_ALL = re.compile(r"(全|都)(部)?(选|要|有|是|满意|不满意|好)?(了|的)?|全部|以上(都|全)是?|通通|统统")
_NONE = re.compile(r"都(没有?|不是?|不满意)|没有|以上都不是|都不选|没一个")
_NO_IDEA = re.compile(
    r"(我|这)?(也)?(说不(清|好|上来|准)|不(知道|清楚|晓得|记得|好说|确定)|记不(清|得)|忘了|不太?懂)(楚)?(了|呢|啊|哎|诶)?"
)
_ORDINAL = re.compile(r"第([一二三四五六七八九\d])(个|项|条|种)?")
_NOT_THAT = re.compile(
    r"(倒|并|也)?不(是|怪|关)[^，,。；;]{1,10}?(的(问题|事|原因))?(，|,|。|；|;|(?=而是|主要是|是因为))"
)  # 不是质量，是尺码
_ASKS_FOR_FAULTS = re.compile(r"不满|问题|费劲|不好|不足|加强|改进|哪里差")  # of a question
_FINE = r"(?<![不没])(还|挺|蛮|很|都|倒|也|是|真){0,3}(?<![不没])(行|可以|好|不错|满意|没问题|没毛病|没得说|没话说|没意见|凑合)(的|啊|吧|了)?"
_BUT = "就是|只是|但|不过|可惜|可是|然而|问题是|主要是"
_CONCEDED = re.compile(rf"[^，,。；;]{{1,8}}?{_FINE}\s*[，,。；;]?\s*(?={_BUT}|除了)")  # 质量还行，就是尺码不对
_OBJECTED = re.compile(
    rf"[，,。；;\s]*({_BUT})(?=[^。]*(慢|久|贵|差|不(?!错)|少|小|难|没))[^。]*"
)  # 店员很好，就是排队久
_FUZZY = 75
OTHER = "other"  # the id of what stands for everything else
_TELLING = 4  # characters from which on words that fit nothing are meant for "other"


@dataclass
class Sense:
    """What words are about. `leaves`: of the tree of aspects; `embed`: unit vectors, one a row; `mood`: how content they
    sound, from -1 to 1."""

    leaves: Callable[[str], frozenset[str]]
    embed: Callable[[Sequence[str]], NDArray[np.float32]]
    mood: Callable[[str], float] = lambda text: 0.0
    think: "Callable[[Question, str], Reading] | None" = None  # a model, for what stays open
    _vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    _leaves: dict[str, frozenset[str]] = field(default_factory=dict)

    def about(self, option: Option) -> frozenset[str]:
        """The leaves of an option's names."""
        key = "，".join((option.label, *option.words))
        if key not in self._leaves:
            self._leaves[key] = frozenset().union(*(self.leaves(name) for name in (option.label, *option.words)))
        return self._leaves[key]

    def near(self, text: str, options: Sequence[Option]) -> Mapping[str, float]:
        """How near each option is in meaning, above their mean."""
        names = [name for option in options for name in (option.label, *option.words)]
        if fresh := [name for name in dict.fromkeys(names) if name not in self._vectors]:
            self._vectors.update(zip(fresh, self.embed(fresh), strict=True))
        said = self.embed([text])[0]
        best = {o.id: max(float(said @ self._vectors[n]) for n in (o.label, *o.words)) for o in options}
        mean = sum(best.values()) / len(best)
        return {which: value - mean for which, value in best.items()}


@dataclass(frozen=True)
class Chosen:
    """Ids of options. `plainly`: said by place or name; else it should be said back. `by`: a place in the list, or words."""

    ids: tuple[str, ...]
    plainly: bool = True
    by: str = "words"


def choose(said: str, question: Question, sense: Sense | None = None) -> Chosen | None:
    """The options that an answer means; None where none stands out. A single choice is one of them."""
    many, options = question.kind == "multi", question.options
    bare = said.rstrip("。！!~ ")
    dissatisfied = "不满意" in bare and "不满意" in question.text  # "哪些地方不满意？" "都不满意" is all of them
    if many and _NONE.fullmatch(bare) and not dissatisfied:
        return Chosen((), by="number")
    if many and _ALL.fullmatch(bare):
        return Chosen(tuple(o.id for o in options), by="number")
    if places := _picked(said, options):
        return Chosen(tuple(places), by="number") if many or len(places) == 1 else None
    said = _NOT_THAT.sub("", said) or said
    aside = _CONCEDED if _ASKS_FOR_FAULTS.search(question.text) else _OBJECTED
    said = aside.sub("", said) or said
    named = _named(said, options)
    if many:
        return _several(said, options, named, sense)
    if sense is None:
        return Chosen((_first(said, named),), plainly=len(named) == 1) if named else None
    weights = _weights(said, options, named, sense)
    best, second = sorted(weights, key=lambda which: weights[which], reverse=True)[:2]
    if named and (len(named) == 1 or best in named):
        only = best if best in named or weights[best] - weights[next(iter(named))] > _OUTWEIGHS else next(iter(named))
        return Chosen((only,), plainly=len(named) == 1 and only in named)
    if _NO_IDEA.fullmatch(bare):
        return None
    if weights[best] >= _STANDS_OUT and weights[best] - weights[second] >= _APART:
        return Chosen((best,), plainly=False)
    rest = any(o.id == OTHER for o in options)
    return Chosen((OTHER,), plainly=False) if rest and len(said) >= _TELLING else None


def _several(said: str, options: Sequence[Option], named: Mapping[str, str], sense: Sense | None) -> Chosen | None:
    """All that are named, and what the clauses without a name are about."""
    found, plainly = list(named), True
    for clause in re.split(r"[，,。;；、!！\s]+|而且|还有|以及|另外", said):
        if len(clause) <= 2 or any(word in clause for word in named.values()):
            continue
        least = _STANDS_OUT * (2 if named else 1)
        if (near := _meant(clause, options, sense, least)) is not None and near not in found:
            found.append(near)
            plainly = False
    ordered = tuple(o.id for o in options if o.id in found)
    return Chosen(ordered, plainly) if ordered else None


_NEAR = 20.0  # what a nearness of .05 above the mean counts: as much as a shared leaf
_NAME = 0.5  # what a character of a name counts, up to four
_STANDS_OUT = 0.6
_APART = 0.2
_OUTWEIGHS = 0.8


def _weights(said: str, options: Sequence[Option], named: Mapping[str, str], sense: Sense) -> dict[str, float]:
    """How much speaks for each option but "other": its name, a leaf of the tree that both are about, nearness."""
    leaves, near = sense.leaves(said), sense.near(said, options)
    return {
        o.id: _NAME * min(4, len(named.get(o.id, ""))) + (1.0 if leaves & sense.about(o) else 0.0) + _NEAR * near[o.id]
        for o in options
        if o.id != OTHER or o.id in named
    }


def _meant(said: str, options: Sequence[Option], sense: Sense | None, least: float) -> str | None:
    """The option whose matter it is; None where none stands out."""
    if sense is None:
        return None
    weights = _weights(said, options, {}, sense)
    best, second = sorted(weights, key=lambda which: weights[which], reverse=True)[:2]
    apart = weights[best] - weights[second]
    return best if weights[best] >= least and apart >= _APART else None


def _first(said: str, named: Mapping[str, str]) -> str:
    return min(named, key=lambda which: said.find(named[which]))


def _picked(said: str, options: Sequence[Option]) -> list[str]:
    """By number, letter or place in the list."""
    if "最后一" in said:
        return [options[-1].id]
    if ordinals := _ORDINAL.findall(said):
        places = [whole(o[0]) for o in ordinals]
    elif re.fullmatch(r"[\s选]*[\d\s、,，和跟及.。+与/]+(吧|都有|都是|项|号)?", said):
        places = [int(n) for run in re.findall(r"\d+", said) for n in (run if len(options) < 10 else [run])]
    elif re.fullmatch(r"[\s选]*[a-i](?:[\s、,，和跟+/]*[a-i])*(吧)?", said):
        places = [ord(c) - ord("a") + 1 for c in re.findall(r"[a-i]", said)]
    elif alone := re.fullmatch(r"选?([一二三四五六七八九])(吧|号|项)?", said):
        places = [whole(alone[1])]
    else:
        return []
    inside = [options[p - 1].id for p in dict.fromkeys(places) if 1 <= p <= len(options)]
    return inside if len(inside) == len(set(places)) else []


def _named(said: str, options: Sequence[Option]) -> dict[str, str]:
    """Options by name or another word for it, with the word; where nothing is, by what is written alike."""
    said = said.replace("其它", "其他")
    if exact := {o.id: o.label.lower() for o in options if said == o.label.lower()}:
        return exact
    hits = [(max((w for w in (o.label.lower(), *o.words) if w in said), key=len, default=""), o) for o in options]
    named = [(word, o) for word, o in hits if word]
    if named:
        # a word inside a longer one of another option ("解决" in "没有解决") does not count
        return {o.id: w for w, o in named if not any(w in other and w != other for other, _ in named)}
    close = [(fuzz.ratio(said, o.label.lower()), o) for o in options]
    best, which = max(close, key=lambda pair: pair[0])
    return {which.id: which.label.lower()} if best >= _FUZZY else {}
