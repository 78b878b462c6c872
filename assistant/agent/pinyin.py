"""A message that is written in pinyin ("wo de yuyue shi na tian") as Chinese characters, for understanding only.

The most likely characters for the syllables by the pairs of characters in the playbook's examples and in the names of
the catalog: a very small input method whose only vocabulary is our field. Called by `turn` before anything is read.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_WORD = re.compile(r"[a-z]+|\d+|[^a-z\d]+")
_START = "^"
_BEAM = 8
# beyond the playbook: how a message begins, hours and days, yes and no
_BASICS = (
    "我的你们他她它 有没有多少什么时候哪里怎么可以能不能要想买看看查一下 今天明天后天上午下午晚上中午早上周一周二周三周四周五周六周日 "
    "改成改到换成取消预约 好的可以确认不要不用算了谢谢再见你好在吗 是的对行嗯 几点开门几点关门 大码小码黑色白色红色蓝色灰色粉色 请问帮我查"
)
_HOURS = [f"{part}{hour}点" for part in ("上午", "改成下午", "晚上", "改到") for hour in "一两三四五六七八九十"]
_ENGLISH = frozenset(
    [
        "a",
        "an",
        "are",
        "be",
        "can",
        "do",
        "did",
        "does",
        "for",
        "get",
        "has",
        "have",
        "he",
        "hello",
        "hi",
        "him",
        "how",
        "i",
        "in",
        "is",
        "it",
        "me",
        "my",
        "no",
        "not",
        "of",
        "ok",
        "on",
        "one",
        "or",
        "our",
        "out",
        "she",
        "so",
        "the",
        "to",
        "up",
        "us",
        "we",
        "yes",
        "you",
        "your",
        "hey",
        "lol",
        "men",
        "women",
        "size",
        "order",
        "cancel",
        "bye",
        "thanks",
        "what",
        "when",
        "where",
        "who",
        "why",
        "which",
    ]
)


class Pinyin:
    """Knows the characters of its texts. Frozen after it is made; threads share it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._readings: dict[str, Counter[str]] = defaultdict(Counter)
        self._pairs: Counter[tuple[str, str]] = Counter()
        for text in (*texts, *_BASICS.split(), *_HOURS):
            for run in _CHINESE.findall(text):
                syllables = lazy_pinyin(run, style=Style.NORMAL)
                for character, syllable in zip(run, syllables, strict=False):
                    self._readings[syllable][character] += 1
                self._pairs.update(zip(_START + run, run, strict=False))
        self._total: Counter[str] = Counter()
        for counts in self._readings.values():
            self._total.update(counts)
        self._longest = max((len(s) for s in self._readings), default=1)

    def read(self, text: str) -> str:
        """The message in characters where all of its words are syllables we know; otherwise the message itself."""
        lower = text.lower().replace("'", "")
        words = [w for w in _WORD.findall(lower) if w.isascii() and w.isalpha()]
        if not words or _CHINESE.search(text) or sum(w in _ENGLISH for w in words) * 3 > len(words):
            return text
        out: list[str] = []
        for piece in _WORD.findall(lower):
            if not (piece.isascii() and piece.isalpha()):
                out.append(piece.strip())
            elif (syllables := self._syllables(piece)) is not None:
                out += [f" {s}" for s in syllables]
            elif len(piece) <= 3:  # a size, ok
                out.append(piece.upper())
            else:
                return text
        if sum(s.startswith(" ") for s in out) < 2:
            return text
        return self._characters(out)

    def _syllables(self, word: str) -> list[str] | None:
        """The fewest known syllables that make up a word, None where none do."""
        best: list[list[str] | None] = [[], *([None] * len(word))]
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                before = best[start]
                if before is not None and word[start:end] in self._readings:
                    made = [*before, word[start:end]]
                    current = best[end]
                    if current is None or len(made) < len(current):
                        best[end] = made
        return best[-1]

    def _characters(self, pieces: list[str]) -> str:
        paths: list[tuple[float, str]] = [(0.0, _START)]
        for piece in pieces:
            if not piece.startswith(" "):
                paths = [(score, path + piece) for score, path in paths]
                continue
            options = self._readings[piece[1:]]
            grown = [
                (score + self._score(path[-1], character, count), path + character)
                for score, path in paths
                for character, count in options.items()
            ]
            paths = sorted(grown, reverse=True)[:_BEAM]
        return paths[0][1].removeprefix(_START)

    def _score(self, before: str, character: str, count: int) -> float:
        pair = self._pairs[(before, character)] / (self._total[before] + 1)
        return math.log(0.8 * pair + 0.2 * count / (sum(self._total.values()) or 1) + 1e-9)
