"""Questions of the staff in a chat: ask, follow up, look at chart and table, come back to earlier threads.

The page is a shell; its script speaks to the JSON routes below, and so may a program with an API token.
"""

import csv
import io
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.accounts.sessions import SignedIn
from assistant.chatbi.explain import examples, explain
from assistant.chatbi.explore import EXPLORED
from assistant.chatbi.query import MetricQuery
from assistant.clock import local
from assistant.db import ops_threads
from assistant.db.ops_threads import Thread, Turn
from assistant.domain.account import Permission
from assistant.errors import NotFound
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Asker = Annotated[SignedIn, Depends(guard.needs(Permission.ASK))]
Program = Annotated[SignedIn, Depends(guard.needs(Permission.ASK, guard.program))]
STALE_H = 48


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=10_000)
    thread: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    explore: bool = False


class Title(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=120)


@router.get("/ops/ask", response_class=HTMLResponse)
def ask_page(request: Request, me: Asker) -> Response:
    questions = web_of(request).service.ops_questions
    return page(
        request, "ask.html", me, examples=examples(questions.catalogue, me.stored.account.role.value),
        data=_data(request), max_chars=2_000,
        may_explore=questions.may_explore,
    )  # fmt: skip


@router.post("/ops/api/ask", dependencies=[Ours])
def ask(request: Request, asked: Question, me: Program) -> dict[str, Any]:
    """One question. Without a thread a new one is begun; its id comes back."""
    web = web_of(request)
    if not web.limit.allows(f"ops:{me.name}"):
        raise HTTPException(429, "问得太快啦，请稍等一会儿再问。")
    question = asked.question.replace("\0", "").strip()
    if not question:
        raise HTTPException(422, "请先写点什么再提问。")
    thread = asked.thread or uuid4().hex
    origin = guard.origin_of(request, me)
    questions = web.service.ops_questions
    answer = questions.ask(me.stored.account, question, thread, origin, explore=asked.explore).as_json()
    return {"thread": thread, "question": question, **_shown(request, answer)}


def _shown(request: Request, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with what it rests on."""
    try:
        query = MetricQuery.model_validate(answer["query"]) if answer.get("query") else None
        rests = explain(query, web_of(request).service.ops_questions.catalogue) if query else None
    except (ValidationError, KeyError):  # kept by a version whose metrics had other names
        rests = None
    hidden = ("within",) if answer.get("tier") == EXPLORED else ("within", "sql")
    shown = {k: v for k, v in answer.items() if k not in hidden}
    return {"answer": shown, "rests": rests, "data": _data(request)}


def _data(request: Request) -> dict[str, Any] | None:
    """How old the data are."""
    service = web_of(request).service
    version = service.ops_questions.marts.current()
    if version is None:
        return None
    hours = (service.clock.now() - version.made).total_seconds() / 3600
    made = f"{local(version.made):%m月%d日 %H:%M}"
    return {"as_of": version.as_of, "made": made, "hours": round(hours, 1), "stale": hours > STALE_H}


def _thread(thread: Thread) -> dict[str, str]:
    return {"id": thread.id, "title": thread.title, "at": f"{local(thread.changed_at):%m-%d %H:%M}"}


@router.get("/ops/api/threads")
def threads(request: Request, me: Program) -> dict[str, Any]:
    """One's own threads, the latest first."""
    with web_of(request).service.database.read() as connection:
        return {"threads": [_thread(t) for t in ops_threads.listed(connection, me.name)]}


@router.get("/ops/api/threads/{thread}")
def history(request: Request, me: Program, thread: str) -> dict[str, Any]:
    """The turns of a thread, oldest first."""
    found = web_of(request).service.ops_questions.history(me.stored.account, thread)
    if not found:
        raise HTTPException(404, "没有这串对话，可能已经删除。")
    return {"thread": thread, "turns": [_turn(request, t) for t in found]}


def _turn(request: Request, turn: Turn) -> dict[str, Any]:
    answer = {**turn.answer, "turn": turn.id}
    return {"question": turn.question, "at": f"{local(turn.at):%m-%d %H:%M}", **_shown(request, answer)}


@router.post("/ops/api/threads/{thread}", status_code=204, dependencies=[Ours])
def rename(request: Request, me: Program, thread: str, wanted: Title) -> None:
    with web_of(request).service.database.write() as connection:
        if not ops_threads.rename(connection, me.name, thread, wanted.title.strip()):
            raise HTTPException(404, "没有这串对话，可能已经删除。")


@router.delete("/ops/api/threads/{thread}", status_code=204, dependencies=[Ours])
def remove(request: Request, me: Program, thread: str) -> None:
    with web_of(request).service.database.write() as connection:
        if not ops_threads.remove(connection, me.name, thread):
            raise HTTPException(404, "没有这串对话，可能已经删除。")


@router.get("/ops/api/turns/{turn}/table.csv")
def table(request: Request, me: Program, turn: int) -> Response:
    """The table of an answer, for spreadsheets."""
    found = web_of(request).service.ops_questions.turn(me.stored.account, turn)
    if not found.answer.get("columns"):
        raise NotFound("这条回答没有表格。")
    out = io.StringIO()
    writer = csv.writer(out)
    columns = found.answer["columns"]
    writer.writerow([_cell(c["label"] + (f"（{c['unit']}）" if c.get("unit") else "")) for c in columns])
    writer.writerows([_cell(v) for v in row] for row in found.answer["rows"])
    name = quote(f"问数-{found.question[:20]}.csv", safe="")
    return Response(
        "\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "no-store"},
    )  # fmt: skip


def _cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
