"""People put labels right with one tap.

Enters: a row of labels, the stores that somebody may see, what they tapped. Leaves: the row as it stands then, the
correction kept for training and audited. The listening page calls it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.db import audit, feedback, listening
from assistant.db.audit import Act, Origin
from assistant.db.engine import Database
from assistant.db.feedback import Kept, Said
from assistant.db.listening import FeedRow
from assistant.errors import BadInput, NotFound
from assistant.feedback.tagger import Tagger
from assistant.feedback.taxonomy import TreeFile
from assistant.journeys.feedback import kept

PERSON = "person"
NONE = "none"  # an aspect that is not spoken of


@dataclass(frozen=True)
class Tap:
    """What somebody says of a text. `leaf` empty: of the whole text. `says`: pos | neu | neg, of a leaf also `NONE`."""

    says: str
    leaf: str = ""


@dataclass(frozen=True)
class _Labels:
    sentiment: str
    aspects: dict[str, str]

    def said(self, tap: Tap) -> str:
        return self.aspects.get(tap.leaf, NONE) if tap.leaf else self.sentiment

    def put(self, tap: Tap) -> "_Labels":
        if not tap.leaf:
            return _Labels(tap.says, self.aspects)
        others = {leaf: says for leaf, says in self.aspects.items() if leaf != tap.leaf or tap.says != NONE}
        return _Labels(self.sentiment, others if tap.says == NONE else {**others, tap.leaf: tap.says})


class Corrections:
    """Threads share one instance."""

    def __init__(self, database: Database, aspects: TreeFile, tagger: Callable[[], Tagger], clock: Clock) -> None:
        self._db = database
        self._aspects = aspects
        self._tagger = tagger
        self._clock = clock

    def tap(self, tag_id: int, stores: Collection[str] | None, tap: Tap, origin: Origin) -> FeedRow:
        """Say it; where a person said just that already, the machine's label comes back.

        Raises NotFound outside the stores, BadInput for what the tree does not know.
        """
        row = self._row(tag_id, stores)
        now = _labels(row)
        known = {leaf.id for leaf in self._aspects.get().leaves} | set(now.aspects)
        if tap.leaf not in known if tap.leaf else tap.says == NONE:
            raise BadInput("没有这个标签，请刷新页面后再试。")
        if row.tier == PERSON and now.said(tap) == tap.says:
            said, machine = self._machine(tag_id)
            before = _Labels(machine.sentiment, {m.leaf: m.sentiment for m in machine.mentions})
            wanted = now.put(Tap(before.said(tap), tap.leaf))
            if wanted == before:
                return self._back(tag_id, stores, said, machine, origin)
        else:
            wanted = now.put(tap)
        if wanted == now and row.tier == PERSON:
            return row
        detail = {"sentiment": wanted.sentiment, "aspects": wanted.aspects}
        with self._db.write() as connection:
            at = self._clock.now()
            feedback.correct(connection, tag_id, wanted.sentiment, wanted.aspects, origin.who[:40], at)
            audit.note(connection, origin, [Act("feedback.correct", f"tag:{tag_id}", detail)], at)
        return self._row(tag_id, stores)

    def undo(self, tag_id: int, stores: Collection[str] | None, origin: Origin) -> FeedRow:
        """All corrections of a text taken back. Raises NotFound."""
        row = self._row(tag_id, stores)
        if row.tier != PERSON:
            return row
        return self._back(tag_id, stores, *self._machine(tag_id), origin)

    def _row(self, tag_id: int, stores: Collection[str] | None) -> FeedRow:
        with self._db.read() as connection:
            found = listening.one(connection, tag_id, stores)
        if found is None:
            raise NotFound("没有这条原话，或不在您的权限内。")
        return found

    def _machine(self, tag_id: int) -> tuple[Said, Kept]:
        """What the machine says of it today."""
        with self._db.read() as connection:
            said = feedback.of_tag(connection, tag_id)
        if said is None:
            raise NotFound("这条原话已经不在了。")
        return said, kept(self._tagger().tag(said.text))

    def _back(self, tag_id: int, stores: Collection[str] | None, said: Said, machine: Kept, origin: Origin) -> FeedRow:
        with self._db.write() as connection:
            feedback.take_back(connection, tag_id)
            feedback.keep(connection, said, machine, self._tagger().version)
            audit.note(connection, origin, [Act("feedback.undo", f"tag:{tag_id}")], self._clock.now())
        return self._row(tag_id, stores)


def _labels(row: FeedRow) -> _Labels:
    return _Labels(row.sentiment, {leaf: says for leaf, says, _, _ in row.mentions})
