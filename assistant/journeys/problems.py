"""What is complained of again and again, and what is known to help: counted by a chore, written by people, found again.

Enters: stored labels and topics, closed tickets, what somebody writes on the page. Leaves: problems with state, owner and
fix; for a shopper who reports the same, the fix as it was written, where it may be told. The page of problems, the
assistant (`KnownFixes`) and the command line call it.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from assistant import logs
from assistant.clock import Clock
from assistant.db import audit, problems, topics
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.db.problems import Closed, Problem
from assistant.errors import BadInput, NotFound
from assistant.feedback.problems import GROUP, WINDOW_DAYS, Complaint, recurring
from assistant.feedback.tagger import Tagger
from assistant.feedback.text import readable
from tools.ports import KnowledgePort
from tools.types import PassageFact
from vectorstore.lexical import LexicalIndex

log = logs.get("problems")
MEMORY = timedelta(days=365)  # closed tickets so old are asked what helped
MOST_TICKETS = 6
ALIKE = 0.28  # of a query's words, as BM25 weighs them: less is another matter
LIMITS = {"team": 24, "fix": 1_000, "told": 300, "note": 500}


@dataclass(frozen=True)
class Edit:
    """What somebody knows of a problem. `told`: words for shoppers, empty for the fix as it stands."""

    state: str
    team: str = ""
    fix: str = ""
    tell: bool = False
    told: str = ""


@dataclass(frozen=True)
class Match:
    """A problem that fits a text, with how well (0 to 1)."""

    problem: Problem
    name: str
    score: float


@dataclass(frozen=True)
class _Known:
    """What is known, in memory. `about`: what shoppers may be told something of; `topics`: those among them that are new topics."""

    stamp: object = None
    rows: Sequence[Problem] = ()
    index: LexicalIndex | None = None
    about: frozenset[str] = frozenset()
    topics: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Problems:
    """One instance serves all threads."""

    def __init__(self, database: Database, tagger: Callable[[], Tagger], clock: Clock) -> None:
        self._db = database
        self._tagger = tagger
        self._clock = clock
        self._turn = threading.Lock()
        self._memory = _Known()

    # -- counting ------------------------------------------------------------------------------------------------------

    def refresh(self) -> int:
        """Count again; returns how many problems recur."""
        now = self._clock.now()
        tagger = self._tagger()
        since = now - timedelta(days=2 * WINDOW_DAYS)
        with self._db.read() as connection:
            rows = recurring(self._complaints(connection, since), tagger.tree.leaves, now)
            helped = self._helped(connection, tagger, now - MEMORY)
        counted = [
            {
                "about": r.about, "store_id": r.store_id, "count": r.count, "earlier": r.earlier, "days": list(r.days),
                "words": list(r.words), "tickets": _nearest(helped.get(r.about, []), r.store_id),
                "first_seen": r.first, "last_seen": r.last,
            }
            for r in rows
        ]  # fmt: skip
        with self._db.write() as connection:
            problems.count(connection, counted, now)
        log.info("problems_counted", count=len(counted))
        return len(counted)

    @staticmethod
    def _complaints(connection: Connection, since: datetime) -> Iterator[Complaint]:
        for leaf, store, at, words in problems.complaints(connection, since):
            yield Complaint(leaf, store, at, readable(words))
        for topic in topics.all_of(connection, state="new"):
            for member in topic.members:
                if member.sentiment == "neg" and member.at >= since:
                    yield Complaint(f"topic:{topic.id}", member.store_id or None, member.at)

    @staticmethod
    def _helped(connection: Connection, tagger: Tagger, since: datetime) -> dict[str, list[Closed]]:
        """Closed tickets by the leaves that they complained of."""
        closed = problems.closed(connection, since)
        found: dict[str, list[Closed]] = {}
        for one, tags in zip(closed, tagger.tag_many([c.body for c in closed]), strict=True):
            for aspect in tags.aspects:
                if aspect.sentiment != "pos":
                    found.setdefault(aspect.leaf, []).append(one)
        return found

    # -- asking --------------------------------------------------------------------------------------------------------

    def names(self) -> dict[str, str]:
        """What problems are about → its name."""
        with self._db.read() as connection:
            found = {f"topic:{t.id}": t.name for t in topics.all_of(connection)}
        return found | {leaf.id: leaf.name for leaf in self._tagger().tree.leaves}

    def find(
        self, text: str, store: str | None = None, stores: Collection[str] | None = None, *, most: int = 5
    ) -> list[Match]:
        """Problems that a text speaks of, the surest first: by its leaves, and by the words of what is known.

        `store`: whose problems come first; `stores`: what the asker may see (None: all, the group's too).
        """
        names = self.names()
        leaves = {a.leaf for a in self._tagger().tag(text).aspects if a.sentiment != "pos"}
        alike = self._alike(text, names)
        found = []
        for problem in self._known().rows:
            if stores is not None and problem.store_id not in stores:
                continue
            score = min(1.0, (0.6 if problem.about in leaves else 0.0) + alike.get(problem.id, 0.0))
            if score >= ALIKE:
                near = 0.2 if store and problem.store_id == store else 0.1 if problem.store_id == GROUP else 0.0
                score = score * 0.8 + near
                found.append(Match(problem, names.get(problem.about, problem.about), round(score, 3)))
        return sorted(found, key=lambda m: (-m.score, -m.problem.count))[:most]

    def _alike(self, text: str, names: dict[str, str]) -> dict[int, float]:
        known = self._known(names)
        if known.index is None:
            return {}
        scores = known.index.match(text[:300]).scores
        return {p.id: float(s) for p, s in zip(known.rows, scores, strict=True)}

    def _known(self, names: dict[str, str] | None = None) -> _Known:
        """All problems, an index of their words, the topics; made anew after a count or an edit."""
        with self._db.read() as connection:
            stamp = problems.stamp(connection)
            if stamp == self._memory.stamp:
                return self._memory
            rows = problems.find(connection, None)
            notes = problems.acts(connection, [r.id for r in rows])
            fresh = topics.all_of(connection, state="new")
        called = names or self.names()
        texts = [
            " ".join([called.get(r.about, ""), *r.words, r.fix, r.told, *(a.note for a in notes.get(r.id, []))])
            for r in rows
        ]
        about = frozenset(r.about for r in rows if r.tell and r.for_shoppers)
        named = tuple((f"topic:{t.id}", tuple(t.words[:3])) for t in fresh if f"topic:{t.id}" in about)
        made = _Known(stamp, rows, LexicalIndex.build(texts) if texts else None, about, named)
        with self._turn:
            self._memory = made
        return made

    def told(self, text: str, store_id: str | None, *, questions: bool = True) -> Problem | None:
        """The problem that a shopper reports and whose fix they may be told; None where there is none. `questions`: also
        where the text asks something (「结账要排多久」 wants an answer, not an apology)."""
        known = self._known()
        if not known.about:
            return None
        tags = self._tagger().tag(text)
        if tags.intent.name == "question" and not questions:
            return None
        about = {a.leaf for a in tags.aspects if a.sentiment == "neg"} & known.about
        if tags.sentiment == "neg":
            plain = readable(text)
            about |= {which for which, words in known.topics if any(w in plain for w in words)}
        if not about:
            return None
        with self._db.read() as connection:  # as it stands now, to the word
            found = problems.told(connection, about, store_id)
        return found[0] if found else None

    # -- what people write -----------------------------------------------------------------------------------------------

    def edit(self, problem_id: int, stores: Collection[str] | None, edit: Edit, origin: Origin) -> Problem:
        """Write what is known. Raises NotFound outside the stores, BadInput where it cannot be so."""
        problem = self.get(problem_id, stores)
        values = _checked(edit)
        if values == problem.edited:
            return problem
        now = self._clock.now()
        with self._db.write() as connection:
            if not problems.write(connection, problem, values, origin.who, now):
                raise BadInput("别人刚刚改过这一条，请刷新页面后再改。")
            detail = {"state": edit.state, "team": edit.team, "tell": edit.tell, "fix_chars": len(edit.fix)}
            audit.note(connection, origin, [Act("problems.edit", f"problem:{problem_id}", detail)], now)
        return self.get(problem_id, stores)

    def undo(self, problem_id: int, stores: Collection[str] | None, origin: Origin) -> Problem:
        """The newest edit taken back. Raises NotFound where there is none."""
        problem = self.get(problem_id, stores)
        now = self._clock.now()
        with self._db.write() as connection:
            done = problems.acts(connection, [problem_id]).get(problem_id, [])
            last = next((a for a in done if a.kind == "edit" and not a.undone), None)
            if last is None:
                raise NotFound("没有可以撤销的修改。")
            problems.take_back(connection, problem, last, origin.who, now)
            audit.note(connection, origin, [Act("problems.undo", f"problem:{problem_id}")], now)
        return self.get(problem_id, stores)

    def note(self, problem_id: int, stores: Collection[str] | None, text: str, origin: Origin) -> None:
        """Something that the staff tried or found. Raises NotFound, BadInput."""
        text = text.strip()
        if not text or len(text) > LIMITS["note"]:
            raise BadInput(f"请写 1 到 {LIMITS['note']} 个字。")
        self.get(problem_id, stores)
        now = self._clock.now()
        with self._db.write() as connection:
            problems.note(connection, problem_id, text, origin.who, now)
            audit.note(connection, origin, [Act("problems.note", f"problem:{problem_id}")], now)

    def get(self, problem_id: int, stores: Collection[str] | None) -> Problem:
        """Raises NotFound outside the stores."""
        with self._db.read() as connection:
            found = problems.one(connection, problem_id, stores)
        if found is None:
            raise NotFound("没有这个问题，或不在您的权限内。")
        return found


class KnownFixes:
    """Puts what shoppers may be told of a known problem before the passages of the index. A knowledge port."""

    def __init__(self, index: KnowledgePort, known: Callable[[], Problems]) -> None:
        self._index = index
        self._known = known

    def known(self, text: str, store_id: str | None) -> str | None:
        """The words for a shopper who reports this, exactly as they were written."""
        found = self._known().told(text, store_id)
        return found.for_shoppers if found else None

    def find(self, query: str, store_id: str | None, on: date) -> Sequence[PassageFact]:
        """Passages, a known fix first."""
        problem = self._known().told(query, store_id, questions=False)
        passages = list(self._index.find(query, store_id, on))
        if problem is None:
            return passages
        name = self._known().names().get(problem.about, "")
        fact = PassageFact(f"problem:{problem.id}", problem.for_shoppers, name, "已知问题", None, "fix", "", 1.0)
        return [fact, *(replace(p, score=min(p.score, 0.7)) for p in passages)]


def _nearest(closed: Sequence[Closed], store_id: str) -> list[int]:
    """Tickets of the store itself first, newest first."""
    order = sorted(closed, key=lambda c: (c.store_id != store_id, -c.number)) if store_id else list(closed)
    return [c.number for c in order[:MOST_TICKETS]]


def _checked(edit: Edit) -> dict[str, Any]:
    values = {
        "state": edit.state, "team": edit.team.strip(), "fix": edit.fix.strip(), "tell": edit.tell,
        "told": edit.told.strip(),
    }  # fmt: skip
    if edit.state not in problems.STATES:
        raise BadInput("没有这个状态。")
    for name in ("team", "fix", "told"):
        if len(str(values[name])) > LIMITS[name]:
            raise BadInput(f"太长了，最多 {LIMITS[name]} 个字。")
    if edit.tell and not (values["fix"] or values["told"]):
        raise BadInput("要告诉顾客，请先写好解决办法或对顾客的说法。")
    if edit.tell and edit.state not in ("known", "solved"):
        raise BadInput("只有“已有办法”或“已解决”的问题可以告诉顾客。")
    if edit.state == "known" and not values["fix"]:
        raise BadInput("标为“已有办法”，请写下办法。")
    return values
