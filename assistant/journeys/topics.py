"""New topics as a chore finds them, and what people decide: taken over as a leaf of the tree, left aside, taken back.

Enters: stored labels and words, an embedding engine. Leaves: rows of topics that point at clauses; for a page, the topics
of somebody's stores. A topic that is found again keeps its row. Called by the chore, the listening page and the problems.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.clock import Clock
from assistant.db import audit, due, topics
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.db.topics import Found, Member
from assistant.db.topics import Topic as Kept
from assistant.errors import BadInput, ConfigError, NotFound
from assistant.feedback.tagger import Embed
from assistant.feedback.taxonomy import Leaf, TreeFile
from assistant.journeys.feedback import Understanding

DAYS = 60
LEAST = 4  # clauses; of the stores that somebody may see, too
MOST, MOST_MEMBERS = 20, 300
SAME = 0.5  # of all words of two topics: the same one, found again
EXAMPLES = 3
REREAD = "feedback.reread"


@dataclass(frozen=True)
class Shown:
    """A topic as somebody may see it: counts and examples of their stores alone."""

    topic: Kept
    count: int
    growth: float
    negative: float
    examples: list[str]


class Topics:
    """Threads share one instance."""

    def __init__(
        self, database: Database, understanding: Understanding, aspects: TreeFile, embed: Embed, clock: Clock,
        wake: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._db = database
        self._understanding = understanding
        self._aspects = aspects
        self._embed = embed
        self._clock = clock
        self._wake = wake

    def refresh(self) -> int:
        """Look for topics; returns how many there are. Takes a core for seconds, a minute where much was said."""
        now = self._clock.now()
        found, texts = self._understanding.topics(DAYS, self._embed, least=LEAST)
        with self._db.write() as connection:
            known = topics.all_of(connection)
            decided = [k for k in known if k.state != "new"]
            taken: set[int] = set()
            rows = []
            for one in found[:MOST]:
                if _same(one.words, decided) is not None:
                    continue
                old = _same(one.words, [k for k in known if k.state == "new" and k.id not in taken])
                if old is not None:
                    taken.add(old)
                members = tuple(
                    Member(key, start, length, texts[key].store_id or "", texts[key].at, texts[key].sentiment)
                    for key, start, length in one.members[:MOST_MEMBERS]
                )
                rows.append(Found(one.name, one.words, members, old))
            middle = next((one.middle for one in found if one.middle), now)
            topics.put(connection, rows, DAYS, middle, now)
        return len(rows)

    def computed_at(self) -> datetime | None:
        with self._db.read() as connection:
            return topics.computed_at(connection)

    def shown(self, stores: tuple[str, ...] | None, state: str = "new") -> list[Shown]:
        """Topics of these stores (None: all), the fastest growing first."""
        with self._db.read() as connection:
            found = [self._shown(connection, t, stores) for t in topics.all_of(connection, state=state)]
        shown = [s for s in found if s is not None]
        return sorted(shown, key=lambda s: (-s.growth * s.count**0.5, s.topic.name))

    @staticmethod
    def _shown(connection: Connection, topic: Kept, stores: tuple[str, ...] | None) -> Shown | None:
        mine = [m for m in topic.members if stores is None or m.store_id in stores]
        if len({m.tag_id for m in mine}) < LEAST:
            return None
        later = sum(m.at >= topic.middle for m in mine)
        growth = round((later + 1) / (len(mine) - later + 1), 2)
        negative = sum(m.sentiment == "neg" for m in mine) / len(mine)
        examples = list(dict.fromkeys(topics.clauses(connection, mine[: EXAMPLES * 3])))[:EXAMPLES]
        return Shown(topic, len(mine), growth, round(negative, 2), examples) if examples else None

    def decided(self) -> list[Kept]:
        """What was taken over or left aside, the newest first."""
        with self._db.read() as connection:
            return [t for t in reversed(topics.all_of(connection)) if t.state != "new"]

    # -- deciding ------------------------------------------------------------------------------------------------------

    def adopt(self, topic_id: int, group: str, name: str, words: Sequence[str], origin: Origin) -> str:
        """Take a topic over as a leaf; its texts are read again soon. Returns the leaf's id.

        Raises NotFound, and BadInput where the tree cannot take it.
        """
        topic = self._get(topic_id, "new")
        tree = self._aspects.get()
        if group not in tree.groups:
            raise BadInput("没有这个大类，请重新选择。")
        name, said = name.strip(), tuple(dict.fromkeys(w.strip() for w in words if w.strip()))
        if not name or len(name) > 20 or not said or any(len(w) > 20 for w in said):
            raise BadInput("请写好名称和至少一个词，都不超过 20 个字。")
        prefix = next((leaf.id.split(".")[0] for leaf in tree.groups[group]), "own")
        leaf = Leaf(id=f"{prefix}.topic{topic.id}", name=name, words=said)
        try:
            self._aspects.add(group, leaf)
        except ConfigError as error:
            raise BadInput("方面树里已经有同名的标签，换个名称吧。") from error
        self._decide(topic, "adopted", leaf.id, "topics.adopt", origin)
        return leaf.id

    def ignore(self, topic_id: int, origin: Origin) -> None:
        """Leave a topic aside: it is not proposed again."""
        self._decide(self._get(topic_id, "new"), "ignored", "", "topics.ignore", origin)

    def undo(self, topic_id: int, origin: Origin) -> None:
        """Propose it again; a leaf that was made of it is taken out of the tree."""
        with self._db.read() as connection:
            topic = topics.get(connection, topic_id)
        if topic is None or topic.state == "new":
            raise NotFound("没有可以撤销的。")
        if topic.leaf:
            self._aspects.remove(topic.leaf)
        self._decide(topic, "new", "", "topics.undo", origin)

    def _get(self, topic_id: int, state: str) -> Kept:
        with self._db.read() as connection:
            found = topics.get(connection, topic_id)
        if found is None or found.state != state:
            raise NotFound("这个话题已经有人处理过了，请刷新页面。")
        return found

    def _decide(self, topic: Kept, state: str, leaf: str, what: str, origin: Origin) -> None:
        now = self._clock.now()
        with self._db.write() as connection:
            if not topics.decide(connection, topic.id, state, leaf, was=topic.state):
                raise NotFound("这个话题已经有人处理过了，请刷新页面。")
            audit.note(connection, origin, [Act(what, f"topic:{topic.id}", {"leaf": leaf or topic.leaf})], now)
            if leaf or topic.leaf:
                tags = sorted({m.tag_id for m in topic.members})
                due.schedule(connection, REREAD, f"{REREAD}:{topic.id}:{now.timestamp():.3f}", {"tags": tags}, now)
        self._wake()


class Study:
    """What is learnt of all that was said, again and again: topics first, then problems. One reckoning at a time."""

    EVERY = timedelta(hours=6)
    KIND = "feedback.study"

    def __init__(
        self, database: Database, topics_: Topics, problems: Callable[[], int], clock: Clock,
        wake: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._db = database
        self._topics = topics_
        self._problems = problems
        self._clock = clock
        self._wake = wake

    def plan(self, *, first: bool = False, now: bool = False) -> None:
        """Note the next one. `now`: as soon as a worker has time; `first`: so too where there never was one."""
        at = self._clock.now()
        if now or (first and self._topics.computed_at() is None):
            self.ask(self._db, at)
        else:
            slot = int(at.timestamp() // self.EVERY.total_seconds()) + 1
            when = datetime.fromtimestamp(slot * self.EVERY.total_seconds(), at.tzinfo)
            with self._db.write() as connection:
                due.schedule(connection, self.KIND, f"{self.KIND}:{slot}", {}, when)
        self._wake()

    @classmethod
    def ask(cls, database: Database, at: datetime) -> None:
        """Have it done by whichever worker has time first; twice in a minute is once."""
        with database.write() as connection:
            due.schedule(connection, cls.KIND, f"{cls.KIND}:now:{at.timestamp() // 60:.0f}", {}, at)

    def learn(self) -> tuple[int, int]:
        """Topics and problems that there are now."""
        return self._topics.refresh(), self._problems()


def _same(words: Sequence[str], known: Sequence[Kept]) -> int | None:
    """The row of a topic with nearly the same words."""
    mine = set(words)
    for one in known:
        theirs = set(one.words)
        if mine and theirs and len(mine & theirs) / len(mine | theirs) >= SAME:
            return one.id
    return None
