"""Recurring problems: what is complained of again and again, where, and what helps. Managers write it down and take it back.

Everybody sees the problems of their own stores; those of the whole group only who may see all of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from assistant.bootstrap import Service
from assistant.db import listening, problems, topics
from assistant.db.listening import Scope
from assistant.db.problems import Problem
from assistant.domain.account import Permission
from assistant.feedback.problems import WINDOW_DAYS
from assistant.journeys.problems import Edit
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.staff.listening import Reader, Solver, mine_of
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
STATES = {"open": "待处理", "known": "已有办法", "solved": "已解决", "ignored": "已忽略"}
COLOURS = {"open": "orange", "known": "azure", "solved": "green", "ignored": "secondary"}
TEAMS = ("门店", "商品部", "物流部", "客服中心", "营销部", "工程物业", "信息部", "食品安全")
MOST, MOST_SAID = 40, 12
WIDE, HIGH = 120, 28  # of a sparkline
GROUP = "集团"


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address. `state` empty: what still needs somebody. `store`: an id, or `each` of one's
    stores; empty: the group's for who may see all of it, else each."""

    state: Annotated[str, Query(pattern="^(open|known|solved|ignored|all)?$")] = ""
    store: Annotated[str, Query(max_length=16)] = ""
    about: Annotated[str, Query(max_length=60)] = ""

    def address(self, **changes: Any) -> str:
        found = {k: v for k, v in replace(self, **changes).__dict__.items() if v}
        return f"/ops/problems?{urlencode(found)}" if found else "/ops/problems"


@dataclass(frozen=True)
class Row:
    """A problem for the page."""

    problem: Problem
    name: str
    store: str
    spark: str

    @property
    def change(self) -> str:
        now, before = self.problem.count, self.problem.earlier
        if not before:
            return "新出现" if now else ""
        return "持平" if now == before else f"{'↑' if now > before else '↓'} {abs(now - before) / before:.0%}"


@router.get("/ops/problems", response_class=HTMLResponse)
def show(request: Request, me: Reader, asked: Annotated[Asked, Depends()]) -> Response:
    """The list, most complaints first."""
    service = web_of(request).service
    stores, mine = mine_of(request, me)
    if asked.store not in ("", "each") and stores is not None and asked.store not in stores:
        raise HTTPException(403, "这家门店不在您的权限内。")
    store = asked.store if asked.store != "each" and (asked.store or stores is None) else None
    state = "" if asked.state == "all" else asked.state
    names = service.problems.names()
    with service.database.read() as connection:
        about = [asked.about] if asked.about else []
        found = problems.find(connection, stores, store=store, about=about, state=state)
        kinds = {p.about for p in problems.find(connection, stores)}
        counted = problems.stamp(connection)[1]
    if store is None:
        found = [p for p in found if p.store_id]
    if not asked.state:
        found = [p for p in found if p.back or (p.count and p.state in ("open", "known"))]
    return page(
        request, "problems.html", me, asked=asked, rows=[row(service, p, names) for p in found[:MOST]],
        more=max(0, len(found) - MOST), counted=counted, states=STATES, colours=COLOURS, whole=stores is None,
        stores=[(s, service.store_name(s) or s) for s in mine], window=WINDOW_DAYS,
        kinds=sorted(((k, names.get(k, k)) for k in kinds), key=lambda k: k[1]),
    )  # fmt: skip


@router.get("/ops/problems/{problem_id}", response_class=HTMLResponse)
def detail(
    request: Request, me: Reader, problem_id: int, use: Annotated[str, Query(pattern=r"^(T\d{1,12}|P\d{1,12})?$")] = ""
) -> Response:
    """One problem with the words behind it. `use`: the ticket (T…) or problem (P…) whose solution fills the form."""
    service = web_of(request).service
    stores, _ = mine_of(request, me)
    problem = service.problems.get(problem_id, stores)
    names = service.problems.names()
    with service.database.read() as connection:
        closed = [c for c in problems.solutions(connection, problem.tickets) if stores is None or c.store_id in stores]
        acts = problems.acts(connection, [problem_id]).get(problem_id, [])
        group = problems.of_group(connection, problem.about) if problem.store_id else None
        others = [p for p in problems.find(connection, stores, about=[problem.about]) if p.id != problem_id]
        said = _said(service, connection, problem, stores)
    helped = [(f"P{p.id}", service.store_name(p.store_id) or p.store_id or GROUP, p.fix) for p in others if p.fix]
    if group and group.fix and f"P{group.id}" not in {key for key, _, _ in helped}:
        helped.insert(0, (f"P{group.id}", GROUP, group.fix))
    offered = {key: fix for key, _, fix in helped} | {c.ticket: c.note for c in closed}
    filled = replace(problem, fix=offered[use], state="known") if use in offered else problem
    return page(
        request, "problem.html", me, row=row(service, problem, names), form=filled, said=said, closed=closed,
        helped=helped, acts=acts, states=STATES, colours=COLOURS, teams=TEAMS, window=WINDOW_DAYS,
        places=[row(service, p, names) for p in others if p.store_id and p.count] if not problem.store_id else [],
        undoable=any(a.kind == "edit" and not a.undone for a in acts), limits=_LIMITS,
        edits=me.stored.account.may(Permission.SOLVE),
    )  # fmt: skip


@router.post("/ops/problems/{problem_id}", dependencies=[Ours])
def edit(
    request: Request, me: Solver, problem_id: int, state: Annotated[str, Form(max_length=8)],
    team: Annotated[str, Form(max_length=100)] = "", fix: Annotated[str, Form(max_length=4_000)] = "",
    tell: Annotated[str, Form(pattern="^1?$")] = "", told: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:  # fmt: skip
    """State, owner, what helps, and whether shoppers may be told."""
    service = web_of(request).service
    service.problems.edit(
        problem_id, mine_of(request, me)[0], Edit(state, team, fix, bool(tell), told), guard.origin_of(request, me)
    )
    return guard.go(f"/ops/problems/{problem_id}", "saved")


@router.post("/ops/problems/{problem_id}/undo", dependencies=[Ours])
def undo(request: Request, me: Solver, problem_id: int) -> Response:
    """The newest edit taken back."""
    service = web_of(request).service
    service.problems.undo(problem_id, mine_of(request, me)[0], guard.origin_of(request, me))
    return guard.go(f"/ops/problems/{problem_id}", "undone")


@router.post("/ops/problems/{problem_id}/note", dependencies=[Ours])
def note(request: Request, me: Reader, problem_id: int, text: Annotated[str, Form(max_length=2_000)] = "") -> Response:
    """What somebody tried or saw."""
    service = web_of(request).service
    service.problems.note(problem_id, mine_of(request, me)[0], text, guard.origin_of(request, me))
    return guard.go(f"/ops/problems/{problem_id}", "noted")


_LIMITS = {"fix": 1_000, "told": 300, "note": 500}


def row(service: Service, problem: Problem, names: dict[str, str]) -> Row:
    store = (service.store_name(problem.store_id) or problem.store_id) if problem.store_id else GROUP
    return Row(problem, names.get(problem.about, problem.about), store, spark(problem.days))


def spark(days: tuple[int, ...]) -> str:
    """Points of a line, oldest first: a mean of three days, so that single days do not hide the way it goes."""
    if len(days) < 2:
        return ""
    smooth = [sum(days[max(0, n - 2) : n + 1]) / len(days[max(0, n - 2) : n + 1]) for n in range(len(days))]
    top = max(smooth) or 1
    step = WIDE / (len(smooth) - 1)
    return " ".join(f"{n * step:.1f},{HIGH - 2 - value / top * (HIGH - 4):.1f}" for n, value in enumerate(smooth))


def _said(
    service: Service, connection: Any, problem: Problem, stores: tuple[str, ...] | None
) -> list[tuple[datetime, str, str]]:
    """(moment, store, words) behind a problem, newest first."""
    places = (problem.store_id,) if problem.store_id else stores
    if problem.about.startswith("topic:"):
        topic = topics.get(connection, int(problem.about.removeprefix("topic:")))
        members = [m for m in (topic.members if topic else ()) if places is None or m.store_id in places]
        newest = sorted(members, key=lambda m: m.at, reverse=True)[:MOST_SAID]
        texts = topics.clauses(connection, newest)
        return [(m.at, service.store_name(m.store_id) or "", t) for m, t in zip(newest, texts, strict=False)]
    until = service.clock.now() + timedelta(minutes=1)
    scope = Scope(until - timedelta(days=2 * WINDOW_DAYS), until, places, sentiment="neg", leaf=problem.about)
    rows = listening.feed(connection, scope, limit=MOST_SAID)
    return [(r.at, service.store_name(r.store_id or "") or "", r.text) for r in rows]
