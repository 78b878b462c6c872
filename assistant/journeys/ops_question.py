"""An ops question, top to bottom: who asks → what they may see → what they mean → SQL within it → the answer.

Enters: an account, a question, perhaps a thread whose last query a follow-up may edit. Leaves: an `Answer`; a refusal
is an answer too. Every question is audited by ids, scope and the metric query, never by its text; the words stay in the
account's own threads. Called by the command line, pages, and whoever asks saved questions.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from pydantic import ValidationError

from assistant import logs
from assistant.chatbi.analyst import Analyst
from assistant.chatbi.answer import Answer
from assistant.chatbi.catalogue import Catalogue, catalogue
from assistant.chatbi.choose import ModelChooser
from assistant.chatbi.explore import EXPLORED, Explorer
from assistant.chatbi.language.holidays import calendar
from assistant.chatbi.language.outcome import Choice, Clarify, Guesser, Outcome, Reader, Refused, Told, Understood
from assistant.chatbi.language.read import read
from assistant.chatbi.lookup import Lookup
from assistant.chatbi.readers import DuckFile, Schema
from assistant.chatbi.readers import Reader as MartReader
from assistant.chatbi.run import Engine, Mart
from assistant.chatbi.suggest import next_questions
from assistant.chatbi.told import told
from assistant.clock import Clock, local
from assistant.db import audit, ops_threads
from assistant.db.audit import Act, Origin
from assistant.db.engine import Database
from assistant.db.jsonable import dump, load
from assistant.db.ops_threads import Turn
from assistant.domain.account import Account, Permission, Scope, resolve
from assistant.errors import NotAllowed, NotFound, Refusal
from assistant.llm.client import Llm
from assistant.mart.files import MartFiles, shape
from assistant.mart.versions import WarehouseVersions

log = logs.get("ops_question")
THREADS = 1_000
LONGEST_KEY = 200
OTHER_SCOPE = "您的权限后来有变化，这条回答不再显示。请重新提问。"
STALE_DAYS = 2
MOST_GROUPS = 50  # so many groups of an answer are kept for follow-ups


def _within(account: Account, scope: Scope | None) -> str:
    """Under which rights an answer was given."""
    return hashlib.sha256(f"{account.role}|{scope.key if scope else ''}".encode()).hexdigest()


def _act(account: Account, thread: str, answer: Answer, scope: Scope | None) -> Act:
    """Which numbers were asked for within which scope, without the words. A long scope is told by its fingerprint."""
    key = scope.key if scope else ""
    if len(key) > LONGEST_KEY:
        key = f"{len(key.split(','))}:sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    query = answer.query.model_dump(mode="json", exclude_none=True, exclude={"spans"}) if answer.query else None
    detail = {
        "account": account.name,
        "status": answer.status,
        "reason": answer.reason,
        "tier": answer.tier,
        "scope": key,
        "query": query,
    }
    if answer.tier == EXPLORED:
        detail["statement"] = answer.sql
    return Act("ops.ask", thread, detail)


def _with_groups(outcome: Outcome, answer: Answer) -> Outcome:
    """What was understood, with the groups that the answer shows."""
    query = answer.query
    if not isinstance(outcome, Understood) or query is None or len(query.dimensions) != 1:
        return outcome
    at = next((i for i, c in enumerate(answer.columns) if c["name"] == query.dimensions[0]), None)
    if at is None:
        return outcome
    names = tuple(dict.fromkeys(str(row[at]) for row in answer.rows))
    return replace(outcome, groups=names if len(names) <= MOST_GROUPS else ())


def _shown(turn: Turn, now: str) -> Turn:
    if turn.answer.get("within") == now or (not turn.answer.get("columns") and not turn.answer.get("query")):
        return turn
    return replace(turn, answer=Answer("refused", OTHER_SCOPE, reason="permission").as_json())


@dataclass(frozen=True)
class _Call:
    """Counts what the model was asked for one question."""

    choose: Callable[[Choice], str | None] | None
    calls: list[str]


class OpsQuestions:
    """One per process. Threads share it."""

    def __init__(
        self, marts: MartFiles | WarehouseVersions, clock: Clock, *, llm: Llm | None = None, time_limit_s: float = 10.0,
        model_budget_s: float = 2.4, explore_budget_s: float = 0.0, cat: Catalogue | None = None,
        database: Database | None = None, trust_model: bool = False, wordings: Guesser | None = None,
    ) -> None:  # fmt: skip
        """Without a database threads live in memory and nothing is audited: for evaluations. `trust_model`: a strong one's
        choice of a metric is answered, a small one's is asked back where no word speaks for it."""
        self.database = database
        self.marts = marts
        self.clock = clock
        self.catalogue = cat or catalogue()
        self.engine = Engine(self._mart, time_limit_s)
        self.lookup = Lookup(self.engine, self.catalogue)
        self.analyst = Analyst(self.engine, self.catalogue)
        self._trust_model = trust_model
        self._wordings = wordings
        self._chooser = ModelChooser(llm, self.catalogue, model_budget_s) if llm is not None else None
        self._explorer = (
            Explorer(llm, self.catalogue, self.engine, explore_budget_s) if llm and explore_budget_s else None
        )
        self._threads: OrderedDict[tuple[str, str], Understood] = OrderedDict()
        self._lock = threading.Lock()

    def _mart(self) -> Mart | None:
        version = self.marts.current()
        if version is None:
            return None
        if version.shape != shape():
            raise NotFound("数据集市是旧版本做的，请运行 zhike mart refresh 刷新一次。")
        marts = self.marts
        reader: MartReader = (
            DuckFile(marts.path(version)) if isinstance(marts, MartFiles) else Schema(marts.warehouse, version.stamp)
        )
        return Mart(reader, version.stamp, date.fromisoformat(version.as_of), version.made)

    @property
    def may_explore(self) -> bool:
        """Whether the model may write statements of its own here."""
        return self._explorer is not None

    def ask(
        self, account: Account, question: str, thread: str = "", origin: Origin | None = None, *, explore: bool = False
    ) -> Answer:
        """One question. Nothing of what goes wrong on the asker's side is raised.

        With a `thread` the turn is kept for the account, and a follow-up edits its last query. `explore`: no metric is
        looked for, the model writes the statement.
        """
        begun = time.perf_counter()
        calls: list[str] = []
        scope: Scope | None = None
        outcome: Outcome | None = None
        try:
            scope = self.scope(account)
            if explore:
                answer = self._explored(question, scope, calls)
            else:
                outcome = self.read(scope, question, self._previous(account, thread), calls)
                answer = self._answer(account, scope, outcome, calls)
                outcome = _with_groups(outcome, answer)
        except Refusal as refusal:
            reason = {NotAllowed: "permission", NotFound: "mart"}.get(type(refusal), "query")
            answer = Answer("refused", refusal.public, reason=reason)
        total = (time.perf_counter() - begun) * 1000
        answer = replace(answer, ms={**answer.ms, "total": total}, model_calls=len(calls))
        answer = self._kept(account, scope, thread, question, answer, outcome, origin or Origin(account.name))
        log.info(
            "ops question", account=account.name, thread=thread, status=answer.status, reason=answer.reason,
            tier=answer.tier, metrics=list(answer.query.metrics) if answer.query else [], ms=round(total),
        )  # fmt: skip
        return answer

    def scope(self, account: Account) -> Scope:
        """What an account may see now. Raises NotAllowed for nothing, NotFound without a mart."""
        if not account.may(Permission.ASK):
            raise NotAllowed("您的角色没有问数权限，需要时请联系管理员。")
        scope = resolve(account, self.lookup.tree())
        if scope.empty:
            raise NotAllowed("您的账号还没有可查看的门店，请联系管理员开通权限。")
        return scope

    def read(self, scope: Scope, question: str, previous: Understood | None, calls: list[str]) -> Outcome:
        """What a question means to somebody with this scope."""
        choose = None
        if self._chooser is not None:
            chooser = self._chooser

            def choose(choice: Choice) -> str | None:
                calls.append("choose")
                return chooser(choice)

        today = local(self.clock.now()).date()
        return read(question, Reader(
            self.catalogue, self.lookup.index(scope), today, calendar(), self._wordings, choose, self._trust_model, previous,
        ))  # fmt: skip

    def _explored(self, question: str, scope: Scope, calls: list[str]) -> Answer:
        if self._explorer is None:
            raise NotAllowed("这里没有开启探索模式，可以问已有的指标。")
        calls.append("explore")
        return self._explorer.answer(question, scope)

    def _answer(self, account: Account, scope: Scope, outcome: Outcome, calls: list[str]) -> Answer:
        if isinstance(outcome, Clarify):
            options = tuple({"label": o.label, "text": o.text} for o in outcome.options)
            return Answer("clarify", outcome.question, scope=scope.words, clarify=options)
        if isinstance(outcome, Refused):
            return Answer("refused", outcome.text, scope=scope.words, reason=outcome.reason)
        if isinstance(outcome, Told):
            return Answer("told", told(outcome.metric, self.catalogue), scope=scope.words)
        answer = self.analyst.answer(outcome.query, scope, account)
        notes = "".join(f"（{n}）" for n in (*outcome.notes, *self._age(outcome)))
        tier = "model" if calls else outcome.tier
        return replace(
            answer,
            narrative=answer.narrative + notes,
            tier=tier,
            next=next_questions(outcome.query, self.catalogue, scope),
        )

    def _previous(self, account: Account, thread: str) -> Understood | None:
        """What a follow-up in this thread edits."""
        if not thread:
            return None
        if self.database is None:
            with self._lock:
                return self._threads.get((account.name, thread))
        with self.database.read() as connection:
            kept = ops_threads.last(connection, account.name, thread)
        try:
            return load(Understood, kept) if kept else None
        except ValidationError:  # kept by a version with other queries: the next full question starts anew
            return None

    def history(self, account: Account, thread: str) -> list[Turn]:
        """The turns of a thread, oldest first. Numbers that were given within another scope or role are not shown again."""
        assert self.database is not None
        with self.database.read() as connection:
            found = ops_threads.history(connection, account.name, thread)
        now = self._now_within(account)
        return [_shown(t, now) for t in found]

    def turn(self, account: Account, turn_id: int) -> Turn:
        """One turn. Raises NotFound where it is not this account's."""
        assert self.database is not None
        with self.database.read() as connection:
            found = ops_threads.turn(connection, account.name, turn_id)
        if found is None:
            raise NotFound("没有这条记录。")
        return _shown(found, self._now_within(account))

    def _now_within(self, account: Account) -> str:
        return _within(account, resolve(account, self.lookup.tree()) if self._mart() else None)

    def _kept(
        self, account: Account, scope: Scope | None, thread: str, question: str, answer: Answer,
        outcome: Outcome | None, origin: Origin,
    ) -> Answer:  # fmt: skip
        """Keep the turn in its thread and audit it. What was not answered leaves alone what follow-ups edit."""
        understood = outcome if isinstance(outcome, Understood) and answer.query is not None else None
        if self.database is None:
            if thread and understood is not None:
                self._remember((account.name, thread), understood)
            return answer
        now = self.clock.now()
        kept = {**answer.as_json(), "within": _within(account, scope)}
        last = dump(understood) if understood is not None else None
        turn = 0
        with self.database.write() as connection:
            if thread:
                turn = ops_threads.keep(connection, account.name, thread, question, kept, last, now)
            audit.note(connection, origin, [_act(account, thread, answer, scope)], now)
        return replace(answer, turn=turn)

    def _remember(self, key: tuple[str, str], outcome: Understood) -> None:
        with self._lock:
            self._threads[key] = outcome
            self._threads.move_to_end(key)
            while len(self._threads) > THREADS:
                self._threads.popitem(last=False)

    def _age(self, outcome: Understood) -> tuple[str, ...]:
        """How old the data are, where the answer reaches beyond them."""
        mart = self.engine.mart()
        today = local(self.clock.now()).date()
        end = outcome.query.period.end if outcome.query.period else today
        if (today - mart.as_of).days >= STALE_DAYS and end > mart.as_of:
            return (f"数据更新到{mart.as_of.month}月{mart.as_of.day}日，已有{(today - mart.as_of).days}天没有刷新",)
        return ()

    def close(self) -> None:
        self.engine.close()
        if isinstance(self.marts, WarehouseVersions):
            self.marts.warehouse.close()
