"""What shoppers say becomes labels: on arrival as due work, over the whole store on request, and for the mart.

Enters: words of survey answers and of chat messages whose shopper allows it. Leaves: rows of labels beside them. The
worker calls `read_arrival`, the command line `read_all`, the refresh of the mart `mart_tagger`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from assistant import logs
from assistant.clock import Clock
from assistant.db import feedback, listening, privacy
from assistant.db.engine import Database
from assistant.db.feedback import Kept, Mention, Said, Source
from assistant.db.listening import FeedRow, Scope
from assistant.feedback.attitudes import Attitude, attitudes
from assistant.feedback.labels import Tags
from assistant.feedback.tagger import Embed, Tagger
from assistant.feedback.taxonomy import Tree
from assistant.feedback.topics import Heard, Topic, emerging
from assistant.mart.tags import BAD, GOOD, NEUTRAL
from assistant.mart.tags import Tags as MartTags

log = logs.get("feedback")
CHOICE = "personal"  # a shopper who wants no personal suggestions is not read for labels either
BATCH = 500
MEMORY = timedelta(days=540)  # older words are forgotten
SOURCES: tuple[Source, ...] = ("answer", "message")
WORDS = {"pos": GOOD, "neg": BAD, "neu": NEUTRAL}
EMOTIONS = {
    "joy": "喜悦", "trust": "信任", "surprise": "惊讶", "disappointment": "失望", "anger": "愤怒", "anxiety": "焦急",
}  # fmt: skip


@dataclass(frozen=True)
class ReadAll:
    """What became of a run over the store."""

    tagged: int
    skipped: int


class Understanding:
    """One instance serves all threads of a process."""

    def __init__(self, database: Database, tagger: Callable[[], Tagger], clock: Clock) -> None:
        self._db = database
        self._tagger = tagger
        self._clock = clock

    def read_arrival(self, payload: dict[str, Any]) -> bool:
        """Due work: label what was announced. False: it is gone, or its shopper does not allow it."""
        source: Source = "answer" if payload["source"] == "answer" else "message"
        with self._db.read() as connection:
            said = feedback.announced(connection, source, int(payload["key"]))
            allowed = said is not None and _allowed(privacy.choices(connection, said.shopper) if said.shopper else {})
        if said is None or not allowed:
            return False
        tagger = self._tagger()
        tags = tagger.tag(said.text)
        with self._db.write() as connection:
            feedback.keep(connection, said, kept(tags), tagger.version)
        log.info("understood", source=source, id=said.source_id, tier=tags.tier, urgency=tags.urgency)
        return True

    def read_all(self, *, everything: bool = False, progress: Callable[[int, int], None] = lambda *_: None) -> ReadAll:
        """Label whatever has no labels of this tagger (`everything`: no labels at all counts as none). Cut short, it goes
        on where it ended: what is labelled already is not asked for again."""
        tagger = self._tagger()
        version = tagger.version if everything else ""
        tagged = skipped = 0
        with self._db.read() as connection:
            total = sum(feedback.count(connection, source) for source in SOURCES)
        for source in SOURCES:
            after = 0
            while True:
                with self._db.read() as connection:
                    found = feedback.unread(connection, source, after, BATCH, version)
                    chosen = [s for s in found if source == "answer" or self._may(connection, s)]
                if not found:
                    break
                self._label(tagger, chosen)
                after = found[-1].source_id
                tagged += len(chosen)
                skipped += len(found) - len(chosen)
                progress(tagged + skipped, total)
        return ReadAll(tagged, skipped)

    @staticmethod
    def _may(connection: Any, said: Said) -> bool:
        return _allowed(privacy.choices(connection, said.shopper)) if said.shopper else True

    def _label(self, tagger: Tagger, found: Sequence[Said]) -> None:
        tags = tagger.tag_many([s.text for s in found])
        with self._db.write() as connection:
            for said, one in zip(found, tags, strict=True):
                feedback.keep(connection, said, kept(one), tagger.version)

    def reread(self, tag_ids: Sequence[int]) -> int:
        """Label these texts again, by the tree of now; what people corrected stays."""
        with self._db.read() as connection:
            found = [said for tag in tag_ids if (said := feedback.of_tag(connection, tag)) is not None]
        self._label(self._tagger(), found)
        return len(found)

    def topics(
        self, days: int, embed: Embed, *, least: int = 4, stores: tuple[str, ...] | None = None
    ) -> tuple[list[Topic], dict[int, FeedRow]]:
        """What was said in the last days and the tree does not hold, and the texts by the key of a topic's members."""
        now = self._clock.now()
        with self._db.read() as connection:
            rows = listening.feed(connection, Scope(now - timedelta(days=days), now, stores), limit=20_000)
        heard = [
            Heard(
                r.text,
                r.at,
                tuple((start, start + length) for _, _, start, length in r.mentions),
                r.sentiment,
                r.tag_id,
            )
            for r in rows
        ]
        return emerging(self._tagger().tree, heard, embed, least=least), {r.tag_id: r for r in rows}

    def attitudes(self, member_id: str) -> list[Attitude]:
        """What a member cares about, and how they feel about it; old words count less."""
        now = self._clock.now()
        with self._db.read() as connection:
            said = listening.of_member(connection, member_id, now - MEMORY)
        return attitudes(self._tagger().tree, said, now)

    def attitude_tags(self, member_id: str) -> frozenset[str]:
        """Their names, for rules; none of who declines personal use."""
        with self._db.read() as connection:
            if not _allowed(privacy.choices(connection, member_id)):
                return frozenset()
        return frozenset(a.tag for a in self.attitudes(member_id))

    def mart_labels(self, answers: Sequence[int]) -> dict[int, MartTags]:
        """Stored labels of survey answers in the words of the mart; answers without any are not there."""
        if not answers:
            return {}
        with self._db.read() as connection:
            rows = feedback.labels_of_answers(connection, min(answers), max(answers))
        asked = set(answers)
        report = _reports(self._tagger().tree)
        return {
            key: MartTags(WORDS[sentiment], _emotion(emotions), _aspects(mentions, report))
            for key, (sentiment, _, emotions, mentions) in rows.items()
            if key in asked
        }


def kept(tags: Tags) -> Kept:
    """Labels as they are stored."""
    return Kept(
        tags.sentiment, round(tags.score, 4), tags.confidence, tags.tier, tags.intent.name, tags.urgency,
        tuple(e.name for e in tags.emotions), tuple(r.name for r in tags.risks), tags.junk.name if tags.junk else None,
        tuple(Mention(a.leaf, a.sentiment, a.start, len(a.span), a.confidence, a.tier) for a in tags.aspects),
    )  # fmt: skip


def _allowed(choices: dict[str, bool]) -> bool:
    return choices.get(CHOICE, True)


def _reports(tree: Tree) -> dict[str, str]:
    return {leaf.id: leaf.report or leaf.name for leaf in tree.leaves}


def _emotion(emotions: Sequence[str]) -> str:
    return EMOTIONS[emotions[0]] if emotions else "平静"


def _aspects(mentions: Sequence[tuple[str, str]], report: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Leaves under the mart's names, each once; where leaves of one name differ the complaint counts."""
    found: dict[str, str] = {}
    for leaf, sentiment in mentions:
        name, word = report.get(leaf, leaf), WORDS[sentiment]
        if name not in found or word == BAD or (word == GOOD and found[name] == NEUTRAL):
            found[name] = word
    return tuple(found.items())
