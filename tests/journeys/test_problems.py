"""Problems in the store: counted, written down, taken back, found again, told to shoppers as written; topics taken over."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select

from assistant.clock import FixedClock
from assistant.db import due, listening, problems, tickets, topics
from assistant.db.audit import Filter, Origin, entries
from assistant.db.engine import Database
from assistant.db.problems import Problem
from assistant.db.tables.retail import survey_answers
from assistant.db.tables.service import due_work
from assistant.db.tables.service import tickets as ticket_rows
from assistant.errors import BadInput, NotFound
from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import TreeFile
from assistant.feedback.weights import load
from assistant.journeys.feedback import Understanding
from assistant.journeys.problems import Edit, KnownFixes, Problems
from assistant.journeys.topics import REREAD, Study, Topics
from tests.conftest import NOW
from tools.types import PassageFact, TicketStatus

LI = Origin("li")
QUEUE = "process.queue"
PETS = ("带小狗不让进店门", "小狗能不能进店逛逛", "带小狗来被拦在门口", "小狗不能进太遗憾", "抱着小狗也不让进门", "牵着小狗只能在外面等")  # fmt: skip
OTHERS = ("昨天路过进来看看", "今天外面下大雨", "陪妈妈一起来的", "过几天再来一次", "上个月刚搬到附近")
WEIGHTS = load()


class Room:
    """Everything around the problems of one store."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.clock = FixedClock(NOW)
        self.aspects = TreeFile(ASPECTS, folder / "added.yaml")
        self.tagger = Tagger(self.aspects.get, weights=WEIGHTS)
        self.understanding = Understanding(database, lambda: self.tagger, self.clock)
        self.problems = Problems(database, lambda: self.tagger, self.clock)
        self.topics = Topics(database, self.understanding, self.aspects, alike, self.clock)
        self.said = 0

    def say(self, text: str, store: str = "S001", days: float = 1) -> None:
        self.said += 1
        with self.database.write() as connection:
            connection.execute(insert(survey_answers).values(
                id=self.said, store_id=store, comment=text, touchpoint="到店", at=self.clock.now() - timedelta(days=days),
            ))  # fmt: skip

    def learn(self) -> None:
        self.understanding.read_all()
        self.problems.refresh()

    def find(self, about: str = QUEUE, store: str = "S001") -> Problem:
        with self.database.read() as connection:
            (found,) = problems.find(connection, None, store=store, about=[about])
        return found


def alike(texts: list[str] | tuple[str, ...]) -> np.ndarray:
    """Texts with a dog lie together, others apart."""
    vectors = np.eye(max(16, len(texts) + 1), dtype=np.float32)[1 : len(texts) + 1]
    for n, text in enumerate(texts):
        if "小狗" in text:
            vectors[n] = np.eye(vectors.shape[1], dtype=np.float32)[0]
    return vectors


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Room:
    made = Room(database, tmp_path)
    for days in (1, 2, 3):
        made.say("结账排队太久了，等了半小时", days=days)
        made.say("收银台就开一个，排队排死人", "S002", days=days)
    made.learn()
    return made


def test_what_recurs_is_counted_by_store_and_for_the_group(room: Room) -> None:
    room.say("排队太慢", days=0.1)
    room.learn()

    assert [room.find(store=s).count for s in ("S001", "S002", "")] == [4, 3, 7]
    assert room.find().words
    assert room.find().state == "open"


def test_counting_again_leaves_what_people_wrote_and_says_what_came_back(room: Room) -> None:
    fixed = room.problems.edit(room.find().id, None, Edit("solved", "门店", "周末加开两个收银台"), LI)
    room.clock.advance(timedelta(days=1))
    room.say("又排队半小时，太慢了", days=0.1)
    room.learn()

    assert (room.find().fix, room.find().back, fixed.back) == ("周末加开两个收银台", True, False)


def test_what_recurs_no_more_is_quiet_and_not_forgotten(room: Room) -> None:
    room.problems.edit(room.find().id, None, Edit("known", fix="加开收银台"), LI)
    room.clock.advance(timedelta(days=70))
    room.learn()

    assert (room.find().count, room.find().days, room.find().fix) == (0, (), "加开收银台")


def test_an_edit_is_audited_noted_and_taken_back(room: Room) -> None:
    number = room.find().id
    room.problems.edit(number, None, Edit("known", "门店", "加开收银台", True), LI)
    room.problems.edit(number, None, Edit("solved", "门店", "改成自助收银", True), LI)

    once = room.problems.undo(number, None, LI)
    twice = room.problems.undo(number, None, LI)

    assert (once.state, once.fix, twice.state, twice.fix) == ("known", "加开收银台", "open", "")
    with pytest.raises(NotFound):
        room.problems.undo(number, None, LI)
    with room.database.read() as connection:
        log = [e.what for e in entries(connection, Filter(what="problems"))]
    assert log == ["problems.undo", "problems.undo", "problems.edit", "problems.edit"]


@pytest.mark.parametrize(
    "edit",
    [Edit("gone"), Edit("known"), Edit("open", fix="x", tell=True), Edit("solved", tell=True), Edit("solved", fix="x" * 1001)],
    ids=["state", "known-without", "told-while-open", "nothing-to-tell", "too-long"],
)  # fmt: skip
def test_what_cannot_be_so_is_refused(room: Room, edit: Edit) -> None:
    with pytest.raises(BadInput):
        room.problems.edit(room.find().id, None, edit, LI)


def test_nobody_edits_outside_their_stores_or_over_somebody_elses_words(room: Room) -> None:
    seen = room.find()
    with pytest.raises(NotFound):
        room.problems.edit(seen.id, ("S002",), Edit("ignored"), LI)
    room.problems.edit(seen.id, ("S001",), Edit("known", fix="加开收银台"), LI)

    with room.database.write() as connection:
        late = problems.write(connection, seen, {"fix": "别的"}, "wang", NOW)

    assert late is False
    assert room.find().fix == "加开收银台"


def test_a_closed_ticket_offers_the_last_word_of_the_staff(room: Room) -> None:
    with room.database.write() as connection:
        made = tickets.file(
            connection, conversation_id="c", shopper="M1", store_id="S002", category="门店环境", severity="中",
            subject="排队", body="结账排队太久", now=NOW, due_at=NOW,
        )  # fmt: skip
        number = tickets.number_of(made.ticket_id)
        assert number is not None
        tickets.add_event(connection, number, NOW, "li", "note", "已加开两个收银台，顾客满意")
        tickets.add_event(connection, number, NOW, "shopper", "note", "好的")
        connection.execute(ticket_rows.update().values(status=TicketStatus.CLOSED.value))
    room.learn()

    with room.database.read() as connection:
        offered = problems.solutions(connection, room.find().tickets)

    assert [(c.ticket, c.note) for c in offered] == [(made.ticket_id, "已加开两个收银台，顾客满意")]


def test_problems_are_found_by_what_a_text_complains_of_and_by_the_words_of_the_fix(room: Room) -> None:
    room.problems.edit(room.find().id, None, Edit("known", fix="扫码自助结账机放在东门"), LI)
    room.problems.note(room.find(store="S002").id, None, "试过叫号", LI)

    by_leaf = room.problems.find("排队排了好久，烦死了", "S002")
    by_words = room.problems.find("自助结账机在东门吗")
    scoped = room.problems.find("排队排了好久", stores=("S001",))

    assert by_leaf[0].problem.store_id == "S002"
    assert by_words[0].problem.id == room.find().id
    assert {m.problem.store_id for m in scoped} == {"S001"}
    assert room.problems.find("今天天气不错") == []


class Index:
    """A knowledge port that knows one thing."""

    def find(self, query: str, store_id: str | None, on: object) -> list[PassageFact]:
        return [PassageFact("k", "收银台在一楼", "指南", "guide", None, "passage", "", 1.0)]


def test_a_shopper_who_reports_it_is_told_the_fix_of_the_store_word_for_word(room: Room) -> None:
    known = KnownFixes(Index(), lambda: room.problems)
    room.problems.edit(
        room.find(store="").id, None, Edit("known", fix="内部：催门店", tell=True, told="各店晚高峰会加开收银台"), LI
    )
    room.problems.edit(room.find().id, None, Edit("known", fix="东门有自助结账机，不用排队", tell=True), LI)
    room.problems.edit(room.find(store="S002").id, None, Edit("known", fix="还在想办法"), LI)

    complaint = "排队排了半小时，太慢了"

    assert known.known(complaint, "S001") == "东门有自助结账机，不用排队"
    assert known.known(complaint, "S002") == "各店晚高峰会加开收银台"
    assert known.known(complaint, None) == "各店晚高峰会加开收银台"
    assert known.known("结账很快，没怎么排队", "S001") is None
    assert [p.kind for p in known.find(complaint, "S001", NOW.date())] == ["fix", "passage"]
    assert [p.kind for p in known.find("结账排队要排多久？", "S001", NOW.date())] == ["passage"]
    assert [p.kind for p in known.find("收银台在哪", "S001", NOW.date())] == ["passage"]


def dogs(room: Room) -> int:
    """Let people speak of dogs, look for topics; the row's id."""
    for n, text in enumerate((*PETS, *OTHERS)):
        room.say(text, ("S001", "S002")[n % 2], days=n + 1)
    room.understanding.read_all()
    room.topics.refresh()
    with room.database.read() as connection:
        (found,) = topics.all_of(connection, state="new")
    return found.id


def test_a_topic_is_shown_to_those_whose_stores_speak_of_it_and_keeps_its_row(room: Room) -> None:
    number = dogs(room)
    room.topics.refresh()

    whole, own, other = (room.topics.shown(s) for s in (None, ("S001",), ("S003",)))

    assert [s.topic.id for s in whole] == [number]
    assert "小狗" in whole[0].topic.name
    assert whole[0].count == len(PETS)
    assert other == []
    assert all(s.count < len(PETS) for s in own)
    assert room.topics.computed_at() == NOW


def test_a_topic_taken_over_is_a_leaf_at_once_and_its_texts_are_read_again(room: Room) -> None:
    number = dogs(room)

    leaf = room.topics.adopt(number, "环境", "带宠物", ["小狗"], LI)

    assert room.tagger.tag("小狗不让进").aspects[0].leaf == leaf
    with room.database.read() as connection:
        work = connection.execute(select(due_work).where(due_work.c.kind == REREAD)).one()
    assert room.understanding.reread(work.payload["tags"]) == len(PETS)
    scope = listening.Scope(NOW - timedelta(days=60), NOW, leaf=leaf)
    with room.database.read() as connection:
        assert listening.count(connection, scope) == len(PETS)


def test_a_topic_taken_back_is_no_leaf_any_more_and_is_proposed_again(room: Room) -> None:
    number = dogs(room)
    leaf = room.topics.adopt(number, "环境", "带宠物", ["小狗"], LI)
    room.topics.refresh()
    decided = [t.leaf for t in room.topics.decided()]

    room.topics.undo(number, LI)

    assert decided == [leaf]
    assert leaf not in {one.id for one in room.aspects.get().leaves}
    assert [s.topic.id for s in room.topics.shown(None)] == [number]


@pytest.mark.parametrize(
    ("group", "name", "words"),
    [("没有", "带宠物", ["小狗"]), ("环境", "", ["小狗"]), ("环境", "带宠物", []), ("环境", "排队结账", ["小狗"])],
)
def test_a_leaf_that_the_tree_cannot_take_is_refused(room: Room, group: str, name: str, words: list[str]) -> None:
    number = dogs(room)
    before = room.aspects.get().leaves

    with pytest.raises(BadInput):
        room.topics.adopt(number, group, name, words, LI)

    assert room.aspects.get().leaves == before


def test_an_ignored_topic_is_not_proposed_again(room: Room) -> None:
    room.topics.ignore(dogs(room), LI)
    room.topics.refresh()

    assert room.topics.shown(None) == []


def test_the_study_is_planned_once_a_slot_and_at_once_where_there_never_was_one(room: Room) -> None:
    study = Study(room.database, room.topics, room.problems.refresh, room.clock)

    study.plan(first=True)
    study.plan(first=True)
    with room.database.write() as connection:
        ready = [p for p in due.claim(connection, NOW, timedelta(minutes=1)) if p.kind == Study.KIND]
    study.learn()
    study.plan()
    study.plan()
    study.plan(first=True)

    with room.database.read() as connection:
        planned = connection.execute(select(due_work.c.due_at).where(due_work.c.kind == Study.KIND)).scalars().all()
    assert len(ready) == 1
    assert len(planned) == 2
    assert max(planned) > NOW
