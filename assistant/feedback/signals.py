"""What a text shows beside its sentiment: emotions, intent, risks, urgency, junk. By word lists.

Enters: a readable text and its sentiment. Leaves: labels with how sure. Called by the tagger.
"""

import re
from dataclasses import dataclass

from assistant.feedback.labels import Intent, Label, Sentiment
from assistant.feedback.lexicon import Lexicon, Risk
from assistant.feedback.matcher import Matcher
from assistant.feedback.text import is_gibberish

_MARKS = frozenset({"？", "?", "吗", "呢？"})
_ASKS_FOR_FACTS = re.compile(r"请问|想问|怎么|怎样|如何|哪|几点|多久|什么时候|多少|吗")
_WARDED_OFF = re.compile(
    r"不(会|怕|易|容易|用担心|再).{0,4}(夹|卡|滑|摔|烫|划|刮|磕|砸|扎|倒|翻|伤|咬|刺)|防(滑|摔|夹|烫|撞|磕)|(没有?|不)(会)?(夹|滑|摔|烫|划|磕|砸|扎)(到|伤|倒|破)"
)
_ILL = re.compile(r"上吐下泻|拉肚子|腹泻|中毒|呕吐|急诊|送医|住院")
_THANKED = re.compile(
    r"谢|赞|表扬|感激|及时|第一时间|马上|立刻|主动|热心"
)  # beside praise: somebody helped, and it is over
NOW = frozenset({"safety", "food"})


@dataclass(frozen=True)
class Shown:
    """All of it."""

    emotions: tuple[Label, ...]
    intent: Label
    risks: tuple[Label, ...]
    urgency: int
    junk: Label | None


class Signals:
    """The lists, ready to read. Safe to share between threads."""

    def __init__(self, words: Lexicon) -> None:
        self._words = words
        self._risks = Matcher(
            [(w, (name, True)) for name, risk in words.risks.items() for w in risk.words]
            + [(w, (name, False)) for name, risk in words.risks.items() for w in risk.unless]
        )
        self._feelings = Matcher(
            [(w, (name, 2)) for name, f in words.emotions.items() for w in f.clear]
            + [(w, (name, 1)) for name, f in words.emotions.items() for w in f.more]
        )
        self._asks = Matcher(
            [(w, True) for w in words.intents["question"]] + [(w, False) for w in words.intents["not_question"]]
        )
        self._wishes = Matcher((w, True) for w in words.intents["suggestion"])
        self._spam = Matcher((w, True) for w in words.intents["spam"])
        self._urgent = Matcher((w, True) for w in words.intents["urgent"])
        self._negation = words.negation

    def read(self, text: str, sentiment: Sentiment, score: float) -> Shown:
        """Everything at once. `score` lies in [-1, 1]."""
        junk = self._junk(text)
        if junk:
            return Shown((), Label("statement", 0.5, "rules"), (), 0, junk)
        risks = self._dangers(text, sentiment)
        return Shown(
            self._emotions(text, sentiment, score),
            self._intent(text, sentiment, score),
            risks,
            self._urgency(text, sentiment, score, risks),
            None,
        )

    def _emotions(self, text: str, sentiment: Sentiment, score: float) -> tuple[Label, ...]:
        seen: dict[str, int] = {}
        for hit in self._feelings.find(text):
            turned = any(text[max(0, hit.start - 3) : hit.start].endswith(n) for n in self._negation)
            for name, weight in hit.values:
                within = self._words.emotions[name].within
                if not turned and within in ("any", sentiment):
                    seen[name] = seen.get(name, 0) + weight
        found = [Label(name, min(0.95, 0.4 + 0.2 * weight), "rules") for name, weight in seen.items() if weight >= 2]
        if not found and sentiment == "pos" and score > 0.6:
            found = [Label("joy", 0.5, "rules")]
        if not found and sentiment == "neg" and score < -0.6:
            found = [Label("disappointment", 0.45, "rules")]
        return tuple(sorted(found, key=lambda e: -e.confidence))

    def _intent(self, text: str, sentiment: Sentiment, score: float) -> Label:
        asked = [hit for hit in self._asks.find(text) if all(hit.values)]
        if sentiment == "neg" and all(text[hit.start : hit.end] in _MARKS for hit in asked):
            asked = []  # 「没人管的吗？」 complains: a mark, and no word that asks
        asks = len(asked)
        wishes = len(self._wishes.find(text))
        strong = abs(score) > 0.75
        name: Intent
        if asks and wishes and not _ASKS_FOR_FACTS.search(text):
            asks = 0  # 「能不能多开几个收银台」 is a wish
        if asks and not (strong and sentiment == "neg" and not text.rstrip().endswith(("?", "？", "吗", "呢"))):
            name, sure = "question", 0.6 + 0.1 * min(asks, 3)
        elif wishes and not (strong and len(text) > 60):
            name, sure = "suggestion", 0.6 + 0.1 * min(wishes, 3)
        elif sentiment == "neu":
            name, sure = "statement", 0.5
        else:
            name, sure = ("praise" if sentiment == "pos" else "complaint"), 0.55 + 0.4 * abs(score)
        return Label(name, sure, "rules")

    def _dangers(self, text: str, sentiment: Sentiment) -> tuple[Label, ...]:
        seen: dict[str, int] = {}
        for hit in self._risks.find(text):
            turned = any(
                text[max(0, hit.start - 3) : hit.start].endswith(n) for n in ("没", "没有", "不会", "无", "不")
            )
            for name, real in hit.values:
                if real and not turned:
                    seen[name] = seen.get(name, 0) + 1
        for name, risk in self._words.risks.items():
            if told := _told(risk, text):
                seen[name] = seen.get(name, 0) + told
        found: dict[str, int] = {}
        for name, times in seen.items():
            risk = self._words.risks[name]
            if (risk.only_negative and sentiment == "pos") or (risk.beside and risk.beside.isdisjoint(seen)):
                continue
            found[risk.label] = found.get(risk.label, 0) + times
        return tuple(Label(name, min(0.95, 0.6 + 0.15 * n), "rules") for name, n in found.items())

    def _urgency(self, text: str, sentiment: Sentiment, score: float, risks: tuple[Label, ...]) -> int:
        if any(r.name in NOW for r in risks) and (
            sentiment != "pos" or (_happened(self._words, text) and not _THANKED.search(text))
        ):
            return 2
        pressing = bool(self._urgent.find(text)) and sentiment != "pos"
        if risks and sentiment == "neg":
            return 2 if pressing else 1
        return 1 if pressing or (sentiment == "neg" and score < -0.9) else 0

    def _junk(self, text: str) -> Label | None:
        if is_gibberish(text):
            return Label("gibberish", 0.8, "rules")
        spam = len(self._spam.find(text))
        if spam >= 2:
            return Label("spam", min(0.95, 0.5 + 0.15 * spam), "rules")
        return None


def _happened(words: Lexicon, text: str) -> bool:
    """Whether somebody was hurt or ill, or nearly: plain even where the words sound kind."""
    return bool(_ILL.search(text)) or _told(words.risks["safety"], text) > 0


def _told(risk: Risk, text: str) -> int:
    """How many patterns of a risk fit: something happened, or nearly did. What is only warded off does not count."""
    if not risk.patterns or (risk.gate and not risk.gate.search(text)):
        return 0
    said = risk.slang.sub(lambda match: "＿" * len(match[0]), text) if risk.slang else text
    times = 0
    for pattern in risk.patterns:
        if (match := pattern.search(said)) and not _WARDED_OFF.search(
            said[max(0, match.start() - 6) : match.end() + 6]
        ):
            times += 1
    return times
