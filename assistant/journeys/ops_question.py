"""An ops question, top to bottom: who asks → what they may see → what they mean → SQL within it → the answer.

Enters: an account, a question, perhaps a thread whose last query a follow-up may edit. Leaves: an `Answer`; a refusal
is an answer too. Every question is audited by ids, scope and the metric query, never by its text. Called by the command
line, pages, and whoever asks saved questions.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant import logs
from assistant.chatbi.analyst import Analyst
from assistant.chatbi.answer import Answer
from assistant.chatbi.catalogue import Catalogue, catalogue
from assistant.chatbi.choose import ModelChooser
from assistant.chatbi.language.holidays import calendar
from assistant.chatbi.language.outcome import Choice, Clarify, Outcome, Reader, Refused, Told, Understood
from assistant.chatbi.language.read import read
from assistant.chatbi.lookup import Lookup
from assistant.chatbi.run import Engine, Mart
from assistant.chatbi.suggest import next_questions
from assistant.chatbi.told import told
from assistant.clock import Clock, local
from assistant.domain.account import Account, Scope, resolve
from assistant.errors import NotAllowed, NotFound, Refusal
from assistant.llm.client import Llm
from assistant.mart.files import MartFiles, shape

log = logs.get("ops_question")
THREADS = 1_000
STALE_DAYS = 2


@dataclass(frozen=True)
class _Call:
    """Counts what the model was asked for one question."""

    choose: Callable[[Choice], str | None] | None
    calls: list[str]


class OpsQuestions:
    """One per process. Threads share it."""

    def __init__(
        self, folder: Path, clock: Clock, *, llm: Llm | None = None, time_limit_s: float = 10.0,
        model_budget_s: float = 4.0, cat: Catalogue | None = None,
    ) -> None:  # fmt: skip
        self.files = MartFiles(folder)
        self.clock = clock
        self.catalogue = cat or catalogue()
        self.engine = Engine(self._mart, time_limit_s)
        self.lookup = Lookup(self.engine, self.catalogue)
        self.analyst = Analyst(self.engine, self.catalogue)
        self._chooser = ModelChooser(llm, self.catalogue, model_budget_s) if llm is not None else None
        self._threads: OrderedDict[tuple[str, str], Understood] = OrderedDict()
        self._lock = threading.Lock()

    def _mart(self) -> Mart | None:
        version = self.files.current()
        if version is None or not self.files.path(version).exists():
            return None
        if version.shape != shape():
            raise NotFound("数据集市是旧版本做的，请运行 zhike mart refresh 刷新一次。")
        return Mart(self.files.path(version), version.stamp, date.fromisoformat(version.as_of), version.made)

    def ask(self, account: Account, question: str, thread: str = "") -> Answer:
        """One question. Nothing of what goes wrong on the asker's side is raised."""
        begun = time.perf_counter()
        calls: list[str] = []
        try:
            scope = self.scope(account)
            answer = self._answer(account, scope, question, thread, calls)
        except Refusal as refusal:
            reason = {NotAllowed: "permission", NotFound: "mart"}.get(type(refusal), "query")
            answer = Answer("refused", refusal.public, reason=reason)
        total = (time.perf_counter() - begun) * 1000
        answer = replace(answer, ms={**answer.ms, "total": total}, model_calls=len(calls))
        log.info(
            "ops question", account=account.name, thread=thread, status=answer.status, reason=answer.reason,
            tier=answer.tier, metrics=list(answer.query.metrics) if answer.query else [], ms=round(total),
        )  # fmt: skip
        return answer

    def scope(self, account: Account) -> Scope:
        """What an account may see now. Raises NotAllowed for nothing, NotFound without a mart."""
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
        return read(question, Reader(self.catalogue, self.lookup.index(scope), today, calendar(), choose, previous))

    def _answer(self, account: Account, scope: Scope, question: str, thread: str, calls: list[str]) -> Answer:
        key = (account.name, thread)
        with self._lock:
            previous = self._threads.get(key) if thread else None
        outcome = self.read(scope, question, previous, calls)
        if isinstance(outcome, Clarify):
            options = tuple({"label": o.label, "text": o.text} for o in outcome.options)
            return Answer("clarify", outcome.question, scope=scope.words, clarify=options)
        if isinstance(outcome, Refused):
            return Answer("refused", outcome.text, scope=scope.words, reason=outcome.reason)
        if isinstance(outcome, Told):
            return Answer("told", told(outcome.metric, self.catalogue), scope=scope.words)
        answer = self.analyst.answer(outcome.query, scope, account)
        if thread:
            self._keep(key, outcome)
        notes = "".join(f"（{n}）" for n in (*outcome.notes, *self._age(outcome)))
        tier = "model" if calls else outcome.tier
        return replace(
            answer,
            narrative=answer.narrative + notes,
            tier=tier,
            next=next_questions(outcome.query, self.catalogue, scope),
        )

    def _keep(self, key: tuple[str, str], outcome: Understood) -> None:
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
