"""Finds texts by the words in them: BM25 over segmented words, helped by character pairs.

In: texts and a query. Out: for every text a score between 0 (no word in common) and about 1 (as good a match
as the query could have), and how much of the query the texts know at all. Called by `index` and `retrieve`.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import bm25s

Scores = NDArray[np.float32]
_USER_WORDS = (
    "云上百货", "云上会员", "云织", "山野集", "初禾", "木里", "拾光", "步川", "小满厨房", "丰年",
    "停车券", "咖啡券", "礼品卡", "会员日", "充电桩",
    "母婴室", "穿搭顾问", "价保", "闪送", "小程序", "改裤脚",
)  # fmt: skip
# Function words and politeness: they say how something is asked, not what about.
_STOP_TEXT = """
的 了 吗 呢 吧 啊 呀 嘛 么 哦 哈 嗯 哎 呗 我 你 您 他 她 它 我们 你们 咱们 咱 是 有 在 和 与 及 或 也 都
就 还 又 再 把 被 给 让 要 会 能 可以 可 想 请 请问 问 问下 一下 下 帮 帮我 麻烦 谢谢 您好 你好 哈喽 那
这 那个 这个 这边 那边 哪 哪个 哪些 哪里 哪儿 什么 啥 怎么 咋 怎么样 怎样 如何 为什么 为啥 多少 几 没
没有 不 不是 有没有 能不能 可不可以 是不是 会不会 要不要 个 一个 到 从 对 用 去 来 说 看 知道 告诉 需要
应该 现在 今天 一 点 些 得 着 过 嘞 滴 家 里 店里 the a an is are do does to of in for i you can
"""
_STOP = frozenset(_STOP_TEXT.split())


@lru_cache(maxsize=1)
def _to_simplified() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """Half-width, lower case, simplified characters, one space between words."""
    flat = unicodedata.normalize("NFKC", text).replace("\0", " ").casefold()
    flat = flat.encode("utf-8", "replace").decode()
    return re.sub(r"\s+", " ", _to_simplified().convert(flat)).strip()


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    with warnings.catch_warnings():  # its sources carry escapes that newer Pythons warn about
        warnings.simplefilter("ignore")
        import jieba

    jieba.setLogLevel(logging.ERROR)
    cutter = jieba.Tokenizer()
    cutter.initialize()
    for word in _USER_WORDS:
        cutter.add_word(word)
    return cutter


_segmenter_turn = threading.Lock()


def add_words(words: Iterable[str]) -> None:
    """Teach the segmenter words of the trade (brand and product names)."""
    with _segmenter_turn:
        for word in words:
            _segmenter().add_word(word)


def words(text: str) -> list[str]:
    """The words of a text in order, compounds also in their parts."""
    with _segmenter_turn:
        cut = list(_segmenter().cut_for_search(normalise(text)))
    return [word for word in cut if re.search(r"\w", word)]


def content_words(text: str) -> list[str]:
    """The words that say what a text is about."""
    return [word for word in words(text) if word not in _STOP]


def pairs(text: str) -> list[str]:
    """Neighbouring Chinese characters two by two, and other words whole."""
    found = []
    for run in re.findall(r"[\u3400-\u9fff]+|[a-z0-9]+", normalise(text)):
        if run[0] < "\u3400" or len(run) == 1:
            found.append(run)
        else:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


@dataclass(frozen=True)
class QueryMatch:
    """How a query meets the texts.

    `scores` has shape (texts,); `weights` says how telling each asked word is; `holders` where it stands.
    """

    scores: Scores
    weights: dict[str, float]
    holders: dict[str, NDArray[np.int32]]


class LexicalIndex:
    """BM25 over words and over character pairs; immutable once built, so any thread may search it."""

    PAIR_SHARE = 0.5

    def __init__(self, by_words: bm25s.BM25, by_pairs: bm25s.BM25, count: int) -> None:
        self._words = by_words
        self._pairs = by_pairs
        self.count = count
        self._rare = float(np.log(1 + (count + 0.5) / 0.5))

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        return cls(_bm25([words(t) for t in texts]), _bm25([pairs(t) for t in texts]), len(texts))

    def match(self, query: str) -> QueryMatch:
        """Score every text against the query."""
        asked = dict.fromkeys(content_words(query))
        holders = {word: self.holders(word) for word in asked}
        weights = {word: self._weight(len(rows)) for word, rows in holders.items()}
        by_words = self._share(self._words, words(query))
        by_pairs = self._share(self._pairs, pairs(query))
        scores = (1 - self.PAIR_SHARE) * by_words + self.PAIR_SHARE * by_pairs
        return QueryMatch(scores.astype(np.float32), weights, holders)

    def holders(self, word: str) -> NDArray[np.int32]:
        """The positions of the texts that have the word."""
        token = self._words.vocab_dict.get(word)
        starts = self._words.scores["indptr"]
        if token is None or token + 1 >= len(starts):
            return np.zeros(0, dtype=np.int32)
        return np.asarray(self._words.scores["indices"][starts[token] : starts[token + 1]])

    def _share(self, bm25: bm25s.BM25, tokens: Sequence[str]) -> Scores:
        """BM25 divided by what a text made for this query could get."""
        known = bm25.get_tokens_ids(list(dict.fromkeys(tokens)))
        if not known or not self.count:
            return np.zeros(self.count, dtype=np.float32)
        best = sum(self._idf(bm25, token) for token in known)
        best += (len(set(tokens)) - len(known)) * self._rare * 0.5
        return np.asarray(bm25.get_scores_from_ids(known), dtype=np.float32) / np.float32(best)

    def _idf(self, bm25: bm25s.BM25, token: int) -> float:
        starts = bm25.scores["indptr"]
        return self._weight(int(starts[token + 1] - starts[token]) if token + 1 < len(starts) else 0)

    def _weight(self, holders: int) -> float:
        """Inverse document frequency: how telling a token is that this many texts have."""
        return float(np.log(1 + (self.count - holders + 0.5) / (holders + 0.5)))

    def save(self, folder: Path) -> None:
        self._words.save(folder / "words", show_progress=False)
        self._pairs.save(folder / "pairs", show_progress=False)
        (folder / "lexical.json").write_text(json.dumps({"count": self.count}))

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        import bm25s

        count = json.loads((folder / "lexical.json").read_text())["count"]
        by_words, by_pairs = (bm25s.BM25.load(folder / name, load_corpus=False) for name in ("words", "pairs"))
        return cls(by_words, by_pairs, count)


def _bm25(tokens: list[list[str]]) -> bm25s.BM25:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to debug

    built = bm25s.BM25(k1=1.2, b=0.6)
    built.index([row or [""] for row in tokens] or [[""]], show_progress=False)
    return built
