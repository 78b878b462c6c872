"""How a clause feels and what it speaks of, by word lists: negation, intensity, contrast, irony, comparison.

Enters: a tree and the lexicon (`Rules`, built once per version of the tree), a readable text. Leaves: a `Reading` per
clause. Called by the tagger; the linear models take its numbers as features.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from assistant.feedback.lexicon import Lexicon
from assistant.feedback.matcher import Hit, Matcher
from assistant.feedback.taxonomy import Leaf, Tree
from assistant.feedback.text import Clause, clauses

Kind = Literal["word", "good", "bad", "praise", "complaint", "weak"]
ASKED = ("吗", "么", "呢", "嘛")
STRONG = 2.5
_RHETORICAL = frozenset({"哪里", "哪有", "哪", "何来"})
REACH = 5  # characters between a negation and what it turns round
# better or worse than something
_COMPARED = (
    (
        re.compile(
            r"(没(?!有?(特别|很|太|多|什么|啥|哪里|任何|强|觉得|感觉|发现|不|一点|必要|比))有?|不如|不及|不比|赶不上|比不上)[^不没]{0,8}(好(?!评|几|多)|强|快|便宜|新鲜|方便|热情|干净|实惠|划算|舒服|香|划得来)"
        ),
        -2.0,
    ),
    (re.compile(r"(还不如|不如|比不上|赶不上|不及)(?!意)"), -2.0),
    (re.compile(r"比.{1,10}(好|强|便宜|快|实惠|划算|方便|新鲜|舒服|干净|热情|优惠)"), 2.0),
    (re.compile(r"比.{1,10}(差|贵|慢|难吃|难用|旧|脏|乱|麻烦|冷淡)"), -2.0),
    (re.compile(r"(越来越|一次比一次|一年比一年)(差|贵|慢|烂|少|敷衍|难吃|不行|不好)"), -2.5),
    (re.compile(r"(越来越|一次比一次|一年比一年)(好|快|便宜|方便|丰富|喜欢)"), 2.5),
    (re.compile(r"(再也|以后|下次|今后).{0,4}(不|别|不会)(再)?(来|买|去|光顾|订|点|信|用|住)"), -3.0),
    (re.compile(r"(下次|以后|还会|会再|一定).{0,4}(再来|再买|还来|还买|再去|回购|光顾|还会|再住|再点)"), 2.0),
)
_WAITED = re.compile(
    r"(等|排|催|拖|堵|耗)了?.{0,4}(半天|好久|很久|老半天|[0-9一二两三四五六七八九十半]+多?个?(分钟|小时|钟头|天|周|星期|月|次))"
)

_COUNTED = re.compile(
    r"[0-9一二两三四五六七八九十百几半]+多?个?(分钟|小时|钟头|天|周|星期|礼拜|月|年|次|遍|趟|圈|层|通|倍)"
)


@dataclass(frozen=True)
class Found:
    """A leaf in a clause. `value`: which way its own words point, 0 where they say nothing."""

    leaf: Leaf
    value: float
    strong: bool


@dataclass
class Reading:
    """One clause. `value`: how it feels, about -5 … 5; `weight`: how much it says of the whole."""

    clause: Clause
    value: float = 0.0
    weight: float = 1.0
    good: float = 0.0
    bad: float = 0.0
    unreal: bool = False
    turn: bool = False  # it begins with a word of contrast
    mild: bool = False  # a blemish
    rescue: bool = False  # it makes good what was complained of
    irony: bool = False  # a mark of irony stands in it
    elsewhere: bool = False  # it speaks of the weather or the news, and of nothing of ours
    waited: bool = False  # somebody waited, or counts how long or how often
    found: list[Found] = field(default_factory=list)


class Rules:
    """The word lists of one tree, ready to read."""

    def __init__(self, tree: Tree, words: Lexicon) -> None:
        self.tree = tree
        self.words = words
        leaves: list[tuple[str, tuple[Leaf, Kind]]] = []
        polarity = dict(words.polarity)
        context: set[str] = set()
        for leaf in tree.leaves:
            for kind, sign in (("praise", 2.0), ("complaint", -2.0)):
                for entry in getattr(leaf, kind):
                    leaves.append((entry, (leaf, kind)))  # type: ignore[arg-type]
                    polarity.setdefault(entry.lower(), sign)
            leaves += [(entry, (leaf, "word")) for entry in leaf.words]
            leaves += [(entry, (leaf, "weak")) for entry in leaf.weak]
            context |= {entry.lower() for entry in (*leaf.good, *leaf.bad)}
        self._leaves: Matcher[tuple[Leaf, Kind]] = Matcher(leaves)
        self._context = Matcher((entry, entry) for entry in context)
        self._polarity = polarity
        entries: dict[str, None] = dict.fromkeys(polarity)
        entries |= dict.fromkeys((*words.negation, *words.not_negation, *words.intensity))
        self._feel = Matcher((entry, entry) for entry in entries)
        self._negation = frozenset(words.negation)
        self._starts = sorted((*words.contrast, *words.concession), key=len, reverse=True)

    def read(self, text: str) -> list[Reading]:
        """Every clause of a readable text, weighed against its neighbours."""
        readings = [self._clause(clause) for clause in clauses(text, self.words.contrast)]
        self._weigh(readings)
        self._irony(text, readings)
        return readings

    def _clause(self, clause: Clause) -> Reading:
        reading = Reading(clause)
        text = clause.text
        feel = self._feel.find(text)
        spans = self._values(text, feel)
        leaf_hits = self._leaves.find(text)
        for pattern, value in _COMPARED:
            if match := pattern.search(text):
                spans = [s for s in spans if s[1] <= match.start() or s[0] >= match.end()]
                spans.append((match.start(), match.end(), value))
                break
        if not any(v < 0 for _, _, v in spans) and (match := _WAITED.search(text)):
            spans.append((match.start(), match.end(), -1.0))
        asked = text.endswith(ASKED) or "？" in clause.stop or "?" in clause.stop
        reading.unreal = asked or any(word in text for word in self.words.unreal)
        self._aspects(reading, text, feel, spans, leaf_hits)
        reading.mild = any(word in text for word in self.words.mild)
        reading.rescue = any(word in text for word in self.words.rescue)
        reading.irony = any(mark in text for mark in self.words.irony)
        reading.waited = bool(_WAITED.search(text) or _COUNTED.search(text))
        reading.elsewhere = not reading.found and any(word in text for word in self.words.elsewhere)
        if reading.elsewhere:
            spans = []
        reading.good = sum(v for _, _, v in spans if v > 0)
        reading.bad = sum(v for _, _, v in spans if v < 0)
        reading.value = max(-6.0, min(6.0, reading.good + reading.bad))
        if reading.unreal and reading.value > 0:
            reading.value *= 0.1
        if "!" in clause.stop or "！" in clause.stop:
            reading.value *= 1.2
        return reading

    def _values(self, text: str, hits: list[Hit[str]]) -> list[tuple[int, int, float]]:
        """(start, end, value) of the words that feel, after negation and intensity."""
        found: list[tuple[int, int, float]] = []
        factor, turned, near = 1.0, False, -99
        for number, hit in enumerate(hits):
            word = hit.values[0]
            if hit.start - near > REACH:
                factor, turned = 1.0, False
            if word in self._negation:
                if not (turned and word in _RHETORICAL):  # 没觉得哪里不好: one negation, and a word for "anywhere"
                    turned = not turned
                near = hit.end
                continue
            follows = number + 1 < len(hits) and hits[number + 1].start == hit.end
            if word in self.words.intensity and (
                word not in self._polarity or (follows and self._polarity.get(hits[number + 1].values[0]))
            ):
                factor, near = factor * self.words.intensity[word], hit.end
                continue
            value = self._polarity.get(word)
            if not value:
                continue
            value *= factor
            if turned:
                value *= -0.5 if value < 0 else -0.25 if value >= STRONG else -0.8  # what is not great is not bad yet
            found.append((hit.start, hit.end, value))
            factor, turned, near = 1.0, False, -99
        return found

    def _aspects(
        self,
        reading: Reading,
        text: str,
        feel: list[Hit[str]],
        spans: list[tuple[int, int, float]],
        hits: list[Hit[tuple[Leaf, Kind]]],
    ) -> None:
        """The leaves of the clause; what their own adjectives say is added to `spans`."""
        own: dict[str, float] = {}
        leaves: dict[str, Leaf] = {}
        weak: dict[str, Leaf] = {}
        for hit in hits:
            for leaf, kind in hit.values:
                if kind == "weak":
                    weak.setdefault(leaf.id, leaf)
                    continue
                leaves.setdefault(leaf.id, leaf)
                if kind in ("praise", "complaint"):
                    inside = sum(v for s, e, v in spans if s >= hit.start and e <= hit.end)
                    sign = 2.0 if kind == "praise" else -2.0
                    if not inside and self._turned(text, hit.start, feel):
                        sign *= -0.6
                    own[leaf.id] = own.get(leaf.id, 0.0) + (inside or sign)
                    if not any(s < hit.end and e > hit.start for s, e, _ in spans):
                        spans.append((hit.start, hit.end, sign))
        if not leaves and spans:
            leaves = weak
        if leaves:
            named = [(hit.start, hit.end) for hit in hits]
            self._contextual(text, feel, spans, leaves, own, named)
        reading.found = [Found(leaf, own.get(key, 0.0), key in own) for key, leaf in leaves.items()]

    def _contextual(
        self, text: str, feel: list[Hit[str]], spans: list[tuple[int, int, float]], leaves: dict[str, Leaf],
        own: dict[str, float], named: list[tuple[int, int]],
    ) -> None:  # fmt: skip
        """Adjectives that say something only of these leaves: 「快」, 「高」, 「长」."""
        for hit in self._context.find(text):
            word = hit.values[0]
            if any(s <= hit.start and hit.end <= e and e - s > len(word) for s, e in named):
                continue  # the 快 of 快递
            for key, leaf in leaves.items():
                sign = 1.5 if word in leaf.good else -1.5 if word in leaf.bad else 0.0
                if not sign:
                    continue
                covered = [v for s, e, v in spans if s < hit.end and e > hit.start]
                if not covered:
                    if self._turned(text, hit.start, feel):
                        sign *= -0.8
                    spans.append((hit.start, hit.end, sign))
                    covered = [sign]
                own[key] = own.get(key, 0.0) + covered[0]

    def _turned(self, text: str, at: int, feel: list[Hit[str]]) -> bool:
        before = [h for h in feel if at - REACH + 1 <= h.end <= at and h.values[0] in self._negation]
        return len(before) % 2 == 1

    def _weigh(self, readings: list[Reading]) -> None:
        """But … counts more than though …; the end more than the middle."""
        for number, reading in enumerate(readings):
            head = reading.clause.text[:5]
            if any(word in head for word in self.words.contrast):
                reading.turn = True
                reading.weight *= 1.5
                if number and readings[number - 1].value * reading.value < 0:
                    readings[number - 1].weight *= 0.8
            if any(head.startswith(word) for word in self.words.concession):
                reading.weight *= 0.6
        if len(readings) > 2:
            readings[-1].weight *= 1.3
            readings[0].weight *= 1.1

    def _irony(self, text: str, readings: list[Reading]) -> None:
        """Praise at a mark of irony, beside a fact that hurts, is blame."""
        if not any(mark in text for mark in self.words.irony):
            return
        if sum(r.bad for r in readings) > -0.9 and not _WAITED.search(text):
            return
        marked = {n for n, r in enumerate(readings) if any(m in r.clause.text for m in self.words.irony)}
        whole_text = len(readings) <= 3
        for number, reading in enumerate(readings):
            if reading.value > 0 and (number in marked or (whole_text and number + 1 in marked)):
                reading.value *= -0.6
                reading.found = [Found(f.leaf, -abs(f.value), f.strong) for f in reading.found]


def whole(readings: list[Reading]) -> float:
    """The feeling of all clauses together, in [-1, 1]."""
    if not readings:
        return 0.0
    total = sum(r.value * r.weight for r in readings)
    mass = sum(abs(r.value) * r.weight for r in readings)
    if not mass:
        return 0.0
    return math.tanh(total / (1.2 + 0.35 * mass))
