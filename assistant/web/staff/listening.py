"""Listening: what shoppers say, newest first, with its labels and one-tap corrections; over time, by aspect, by store."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from assistant.accounts.sessions import SignedIn
from assistant.bootstrap import Service
from assistant.clock import SHANGHAI, local
from assistant.db import listening
from assistant.db.listening import Balance, FeedRow, Scope
from assistant.domain.account import Permission
from assistant.feedback.problems import spoken, words_of
from assistant.feedback.taxonomy import Leaf, Tree
from assistant.journeys.feedback import EMOTIONS
from assistant.journeys.listening import Tap
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Reader = Annotated[SignedIn, Depends(guard.needs(Permission.ASK))]
Solver = Annotated[SignedIn, Depends(guard.needs(Permission.SOLVE))]
PER_PAGE = 30
LEAST = 5  # texts of a store before its share is shown
MOST_WORDS = 12
TOPICS = 8
SAYS = {"neg": "不满", "neu": "中性", "pos": "满意"}
COLOURS = {"pos": "#2fb344", "neu": "#8a97a6", "neg": "#d63939"}
TIERS = {"rules": "规则", "linear": "模型", "model": "大模型", "person": "人工更正"}
RISKS = {
    "safety": "安全", "food": "食品", "injury": "受伤", "media": "媒体曝光", "legal": "法律", "vulnerable": "特殊人群",
}  # fmt: skip
INTENTS = {"praise": "表扬", "complaint": "投诉", "suggestion": "建议", "question": "询问"}
WORDS: dict[str, Any] = {
    "says": SAYS, "tiers": TIERS, "risks": RISKS, "intents": INTENTS, "emotions": EMOTIONS,
    "urgencies": {1: "尽快处理", 2: "立即处理"}, "sources": {"answer": "问卷与评价", "message": "对话"}, "least": LEAST,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address. `aspect`: a leaf's id, or a group's name."""

    days: Annotated[int, Query(ge=1, le=365)] = 30
    sentiment: Annotated[str, Query(pattern="^(pos|neu|neg)?$")] = ""
    aspect: Annotated[str, Query(max_length=40)] = ""
    store: Annotated[str, Query(max_length=16)] = ""
    source: Annotated[str, Query(pattern="^(answer|message)?$")] = ""
    urgent: Annotated[str, Query(pattern="^1?$")] = ""
    q: Annotated[str, Query(max_length=40)] = ""

    def address(self, **changes: Any) -> str:
        """This page with other filters."""
        found = {k: v for k, v in replace(self, **changes).__dict__.items() if v != ""}
        return f"/ops/listening?{urlencode(found)}"

    @property
    def narrowed(self) -> bool:
        return bool(self.sentiment or self.aspect or self.store or self.source or self.urgent or self.q)


Filters = Annotated[Asked, Depends()]


def mine_of(request: Request, me: SignedIn) -> tuple[tuple[str, ...] | None, list[str]]:
    """The stores that somebody may see (None: all, and what belongs to none), and those to choose from."""
    scope = guard.scope_of(request, me)
    return None if scope.whole else tuple(sorted(scope.stores)), sorted(scope.stores)


def _scope(asked: Asked, stores: tuple[str, ...] | None, tree: Tree, now: datetime) -> Scope:
    """Whole local days up to today. Raises 403 for a store of somebody else's."""
    if asked.store and stores is not None and asked.store not in stores:
        raise HTTPException(403, "这家门店不在您的权限内。")
    until = datetime.combine(local(now).date() + timedelta(days=1), time(), SHANGHAI)
    group = tuple(leaf.id for leaf in tree.groups.get(asked.aspect, ()))
    return Scope(
        until - timedelta(days=asked.days), until, (asked.store,) if asked.store else stores, asked.source,
        asked.sentiment, "" if group else asked.aspect, bool(asked.urgent), group, asked.q.replace("\0", "").strip(),
    )  # fmt: skip


@router.get("/ops/listening", response_class=HTMLResponse)
def show(
    request: Request, me: Reader, asked: Filters, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> Response:
    """The feed beside what it adds up to. Sums leave the filter of sentiment out: it would be all they show."""
    service = web_of(request).service
    tree, (stores, mine) = service.aspects.get(), mine_of(request, me)
    scope = _scope(asked, stores, tree, service.clock.now())
    wide = replace(scope, sentiment="")
    with service.database.read() as connection:
        rows = listening.feed(connection, scope, limit=PER_PAGE + 1, before=before)
        days = listening.by_day(connection, wide)
        leaves = {b.key: b for b in listening.by_leaf(connection, replace(wide, leaf="", leaves=()))}
        compared = listening.by_store(connection, replace(wide, stores=stores))
        spans = listening.spans(connection, scope) if scope.leaf else []
        urgent = listening.count(connection, replace(wide, urgent=True))
        ever = bool(rows) or listening.count(
            connection, Scope(datetime(2000, 1, 1, tzinfo=SHANGHAI), scope.until, stores)
        )
    names = {leaf.id: leaf.name for leaf in tree.leaves}
    decides = guard.scope_of(request, me).whole and me.stored.account.may(Permission.SOLVE)
    return page(
        request, "listening.html", me, topics=service.topics.shown(stores)[:TOPICS], decides=decides,
        decided=service.topics.decided() if decides else [], computed_at=service.topics.computed_at(), asked=asked, heard=[heard(service, r, names) for r in rows[:PER_PAGE]],
        more=rows[PER_PAGE - 1].tag_id if len(rows) > PER_PAGE else 0, before=before, ever=ever,
        newest=max((r.tag_id for r in rows), default=0), tree=tree, groups=_groups(tree, leaves),
        stores=[(s, service.store_name(s) or s) for s in mine], sums=_sums(days), urgent=urgent, days=days,
        chart=_chart(days), compared=sorted(compared, key=lambda b: b.total < LEAST), leaf=names.get(scope.leaf, ""),
        spoken=_words(tree, scope.leaf, spans), query=asked.address().partition("?")[2], **WORDS,
    )  # fmt: skip


@router.get("/ops/listening/fresh")
def fresh(request: Request, me: Reader, asked: Filters, after: Annotated[int, Query(ge=0, le=2**62)]) -> dict[str, int]:
    """How many texts came since one that is shown."""
    service = web_of(request).service
    scope = _scope(asked, mine_of(request, me)[0], service.aspects.get(), service.clock.now())
    with service.database.read() as connection:
        return {"count": listening.count(connection, scope, after=after)}


@router.post("/ops/listening/topics", dependencies=[Ours])
def look(request: Request, me: Solver) -> Response:
    """Have topics and problems reckoned as soon as a worker has time."""
    web_of(request).service.study.plan(now=True)
    return guard.go("/ops/listening", "planned")


@router.post("/ops/listening/topics/{topic_id}", dependencies=[Ours])
def decide(
    request: Request, me: Solver, topic_id: int, does: Annotated[str, Form(pattern="^(adopt|ignore|undo)$")],
    name: Annotated[str, Form(max_length=40)] = "", words: Annotated[str, Form(max_length=400)] = "",
    group: Annotated[str, Form(max_length=40)] = "",
) -> Response:  # fmt: skip
    """A topic taken over as a leaf, left aside, or proposed again. It changes the tree of all: for the whole group only."""
    service, origin = web_of(request).service, guard.origin_of(request, me)
    if not guard.scope_of(request, me).whole:
        raise HTTPException(403, "方面树是全集团共用的，请能看全集团的同事来定。")
    if does == "adopt":
        service.topics.adopt(topic_id, group, name, re.split(r"[\s、，,;；]+", words), origin)
    elif does == "ignore":
        service.topics.ignore(topic_id, origin)
    else:
        service.topics.undo(topic_id, origin)
    return guard.go("/ops/listening", {"adopt": "adopted", "ignore": "ignored", "undo": "undone"}[does])


@router.post("/ops/listening/{tag_id}", response_class=HTMLResponse, dependencies=[Ours])
def correct(
    request: Request, me: Reader, tag_id: int,
    says: Annotated[str, Form(pattern=r"^(undo|(\+|[\w.-]{0,40}):(pos|neu|neg|none))$")],
    leaf: Annotated[str, Form(max_length=40)] = "", back: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """One tap. `says`: `LEAF:pos`, `:pos` for the whole text, `+:pos` for the leaf that was chosen, or `undo`.

    A script that says `x-part` gets the one item as it stands then; a browser is led back to it.
    """
    service = web_of(request).service
    stores, origin = mine_of(request, me)[0], guard.origin_of(request, me)
    place, _, value = says.rpartition(":")
    if says == "undo":
        row = service.corrections.undo(tag_id, stores, origin)
    elif place == "+" and not leaf:
        raise HTTPException(422, "请先选一个方面。")
    else:
        row = service.corrections.tap(tag_id, stores, Tap(value, leaf if place == "+" else place), origin)
    if "x-part" not in request.headers:
        return guard.go(f"/ops/listening?{back}#t{tag_id}")
    tree = service.aspects.get()
    names = {one.id: one.name for one in tree.leaves}
    return page(request, "listening_item.html", me, h=heard(service, row, names), tree=tree, query=back, **WORDS)


# -- what the page draws -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """A said thing for the page. `pieces`: (words, sentiment or "", what they speak of), the text in order."""

    row: FeedRow
    store: str
    pieces: list[tuple[str, str, str]]
    aspects: list[tuple[str, str, str]]  # (leaf, name, sentiment)


def heard(service: Service, row: FeedRow, names: dict[str, str]) -> Heard:
    store = (service.store_name(row.store_id) or row.store_id) if row.store_id else ""
    aspects = [(leaf, names.get(leaf, leaf), says) for leaf, says, _, _ in row.mentions]
    return Heard(row, store, pieces(row, names), aspects)


def pieces(row: FeedRow, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """The text cut where mentions begin and end; a complaint colours what several speak of."""
    marks = [
        (start, start + length, says, names.get(leaf, leaf)) for leaf, says, start, length in row.mentions if length
    ]
    edges = sorted({0, len(row.text), *(min(at, len(row.text)) for mark in marks for at in mark[:2])})
    found = []
    for start, end in pairwise(edges):
        here = [(says, name) for s, e, says, name in marks if s <= start and e >= end]
        said = {says for says, _ in here}
        colour = next((s for s in ("neg", "pos", "neu") if s in said), "")
        found.append((row.text[start:end], colour, "、".join(name for _, name in here)))
    return found


def _groups(tree: Tree, leaves: dict[str, Balance]) -> list[tuple[Balance, list[Balance]]]:
    """Groups with their leaves that were spoken of, most first."""
    found = []
    for group, of in tree.groups.items():
        rows = [replace(leaves[leaf.id], name=leaf.name) for leaf in of if leaf.id in leaves]
        rows.sort(key=lambda b: -b.total)
        found.append((replace(_sums(rows), key=group, name=group), rows))
    return sorted((g for g in found if g[0].total), key=lambda g: -g[0].total)


def _sums(rows: list[Balance]) -> Balance:
    return Balance(
        "", sum(b.total for b in rows), sum(b.pos for b in rows), sum(b.neu for b in rows), sum(b.neg for b in rows)
    )


def _chart(days: list[Balance]) -> dict[str, Any]:
    """Bars of each day, stacked, in the form that the page of questions draws."""
    series = [
        {"name": words, "type": "bar", "stack": "all", "itemStyle": {"color": COLOURS[key]},
         "data": [getattr(day, key) for day in days]}
        for key, words in SAYS.items()
    ]  # fmt: skip
    return {
        "type": "line",
        "option": {
            "tooltip": {"trigger": "axis"},
            "legend": {"data": list(SAYS.values())},
            "xAxis": {"type": "category", "data": [day.key[5:] for day in days]},
            "yAxis": {"type": "value", "name": "条", "minInterval": 1},
            "series": series,
        },
    }


def _words(tree: Tree, leaf_id: str, spans: list[tuple[str, str]]) -> list[tuple[str, int, int]]:
    """(word, how often, of these negative) of a leaf's own words in what was said of it, most first."""
    leaf: Leaf | None = next((one for one in tree.leaves if one.id == leaf_id), None)
    if leaf is None:
        return []
    total: Counter[str] = Counter()
    negative: Counter[str] = Counter()
    known = words_of(leaf)
    for span, says in spans:
        for word in spoken(span, known):
            total[word] += 1
            negative[word] += says == "neg"
    return [(word, n, negative[word]) for word, n in total.most_common(MOST_WORDS)]
