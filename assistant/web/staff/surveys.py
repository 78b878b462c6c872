"""Surveys and rules for the staff: what was asked, who answered, what the rules did and would do. Each within their scope."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from assistant.accounts.sessions import SignedIn
from assistant.bootstrap import Service
from assistant.clock import SHANGHAI, local
from assistant.db import attachments, moments
from assistant.domain.account import Permission
from assistant.surveys import dialogue
from assistant.surveys.dialogue import Run
from assistant.surveys.doubts import doubts
from assistant.surveys.files import Survey
from assistant.surveys.rehearsal import REACH_WORDS, Rehearsed
from assistant.surveys.results import (
    Funnel,
    Tally,
    charts,
    difference,
    funnels,
    kind_of,
    periods,
    score_words,
    whole,
)
from assistant.surveys.rules import EVENTS, REASON_WORDS, WAYS
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.staff.survey_editor import templates
from assistant.web.staff.survey_words import HELD, REWARDS, SHORT, STORE, TONES, meant
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Reader = Annotated[SignedIn, Depends(guard.needs(Permission.ASK))]
Days = Annotated[int, Query(ge=1, le=365)]
STORES, WORDS = 30, 20  # of a page


def _stores(request: Request, me: SignedIn) -> Collection[str] | None:
    """The stores that somebody may see; None: all, and what belongs to no store."""
    scope = guard.scope_of(request, me)
    return None if scope.whole else scope.stores


@router.get("/ops/surveys", response_class=HTMLResponse)
def listed(request: Request, me: Reader, days: Days = 30) -> Response:
    """All surveys with their funnels."""
    service = web_of(request).service
    with service.database.read() as connection:
        rows = moments.tally(connection, _since(service, days), _stores(request, me), by="survey")
    by_survey = funnels(Tally(**r) for r in rows)
    found = []
    for survey in service.moments.surveys.values():
        funnel = by_survey.get(survey.id, Funnel())
        found.append((survey, funnel, score_words(kind_of(survey), funnel.scores), SHORT.get(kind_of(survey), "")))
    may_edit = me.stored.account.may(Permission.EDIT_SURVEYS) and _stores(request, me) is None
    return page(
        request, "surveys.html", me, found=found, days=days, rules=service.moments.rules.rules, may_edit=may_edit,
        templates=templates().values(),
    )  # fmt: skip


def _since(service: Service, days: int) -> datetime:
    """The beginning of the first of some whole local days up to today."""
    first = local(service.clock.now()).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), SHANGHAI)


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address. `p`: the page of stores; `w`: of words."""

    days: Days = 30
    store: Annotated[str, Query(max_length=16)] = ""
    p: Annotated[int, Query(ge=1, le=1_000)] = 1
    w: Annotated[int, Query(ge=1, le=1_000)] = 1

    def address(self, **changes: Any) -> str:
        """This page with other filters, from its first pages unless they are what changes."""
        first: dict[str, Any] = {} if {"p", "w"} & changes.keys() else {"p": 1, "w": 1}
        blank = Asked().__dict__
        found = {k: v for k, v in replace(self, **first, **changes).__dict__.items() if v != blank[k]}
        return "?" + urlencode({"days": self.days} | found)


@router.get("/ops/surveys/{survey_id}", response_class=HTMLResponse)
def show(request: Request, me: Reader, survey_id: str, asked: Annotated[Asked, Depends()]) -> Response:
    """One survey: how it looks on a phone, its funnel, periods, stores, wordings and what people said."""
    service = web_of(request).service
    survey = service.moments.surveys.get(survey_id)
    if survey is None:
        raise HTTPException(404, "没有这份问卷。")
    mine = _stores(request, me)
    if asked.store and mine is not None and asked.store not in mine:
        raise HTTPException(403, "这家门店不在您的权限内。")
    stores: Collection[str] | None = (asked.store,) if asked.store else mine
    since, kind = _since(service, asked.days), kind_of(survey)
    with service.database.read() as connection:
        by = {
            name: [Tally(**r) for r in moments.tally(connection, since, stores, by=name, survey_id=survey.id)]
            for name in ("store", "variant", "day")
        }
        held = moments.held_of(connection, survey.id, since, stores)
        rewards = moments.rewards_of(connection, survey.id, since, stores)
        words = moments.said(connection, survey.id, since, stores, limit=WORDS + 1, skip=(asked.w - 1) * WORDS)
        pictures = moments.pictures_of(connection, survey.id, since, stores, limit=12)
    over = periods(by["day"], since.date(), local(service.clock.now()).date())
    flow, scores = charts(kind, SHORT.get(kind, "得分"), over)
    compared = sorted(funnels(by["store"]).items(), key=lambda item: (-item[1].sent, item[0]))
    variants = {k: f for k, f in sorted(funnels(by["variant"]).items()) if k}
    found = whole(by["store"])
    return page(
        request, "survey.html", me, survey=survey, asked=asked, found=found, score=score_words(kind, found.scores),
        kind=SHORT.get(kind, "得分"), held=[(HELD.get(r, r), n) for r, n in held.items()], words=words[:WORDS],
        rewards=[(REWARDS.get(r, r), n) for r, n in rewards.items()],
        more_words=len(words) > WORDS, pictures=pictures, flow=flow, scores=scores, over=over,
        stores=[
            (s, service.store_name(s) or "未关联门店", f, score_words(kind, f.scores))
            for s, f in compared[(asked.p - 1) * STORES : asked.p * STORES]
        ],
        pages=max(1, -(-len(compared) // STORES)), choices=_choices(service, mine), variants=variants,
        chance=difference(list(variants.values())), may_edit=me.stored.account.may(Permission.EDIT_SURVEYS) and mine is None,
        **_phone(service, survey),
    )  # fmt: skip


def _choices(service: Service, mine: Collection[str] | None) -> list[tuple[str, str]]:
    """The stores to choose from."""
    known = service.catalog.get().stores
    return sorted(((s, known[s].name) for s in (known if mine is None else mine) if s in known), key=lambda one: one[1])


def _phone(service: Service, survey: Survey) -> dict[str, Any]:
    """What a phone shows of a survey, with where its answers lead."""
    names = {"brand": service.settings.brand_name, "store": STORE}
    return {
        "questions": [(q, dialogue.ask(Run(survey, current=q.id), names)) for q in survey.questions], "kinds": SHORT,
        "order": {q.id: n for n, q in enumerate(survey.questions, 1)}, "tones": TONES,
        "labels": {o.id: o.label for q in survey.questions for o in q.options},
        "leaves": {leaf.id: leaf.name for leaf in service.aspects.get().leaves},
        "greeting": dialogue.greeting(Run(survey), names),
    }  # fmt: skip


@router.get("/ops/surveys/{survey_id}/pictures/{attachment_id}")
def picture(request: Request, me: Reader, survey_id: str, attachment_id: int) -> Response:
    """A picture that was an answer, within the scope."""
    service = web_of(request).service
    stores = _stores(request, me)
    with service.database.read() as connection:
        kept = attachments.get(connection, attachment_id) if attachment_id < 2**31 else None
        found = moments.get(connection, kept.invitation_id) if kept and kept.invitation_id else None
    fine = kept and found and found.survey_id == survey_id and (stores is None or found.store_id in stores)
    if not (fine and kept and kept.path and kept.mime.startswith("image/") and Path(kept.path).is_file()):
        raise HTTPException(404, "没有这张照片，可能已按顾客要求删除。")
    return FileResponse(kept.path, media_type=kept.mime, headers={"cache-control": "private, no-store"})


@router.get("/ops/rules", response_class=HTMLResponse)
def rules(request: Request, me: Reader, days: Days = 30) -> Response:
    """The rules, and what they did with the events that came."""
    return _rules(request, me, days)


@router.post("/ops/rules", response_class=HTMLResponse, dependencies=[Ours])
def dry_run(request: Request, me: Reader, days: Days = 30) -> Response:
    """The rules over past payments of the stores in scope. Nothing is sent."""
    service = web_of(request).service
    since = service.clock.now() - timedelta(days=days)
    found, ways = service.moments.rehearse(since, _stores(request, me))
    return _rules(request, me, days, tried=found, ways=ways)


def _rules(
    request: Request, me: SignedIn, days: int, tried: Rehearsed | None = None, ways: Mapping[str, int] | None = None
) -> Response:
    service = web_of(request).service
    with service.database.read() as connection:
        outcomes = moments.outcomes(connection, service.clock.now() - timedelta(days=days), _stores(request, me))
    return page(
        request, "rules.html", me, rules=service.moments.rules, surveys=service.moments.surveys, events=EVENTS,
        reasons=REASON_WORDS, outcomes=outcomes, days=days, tried=tried, ways=ways, reach=REACH_WORDS, channels=WAYS,
        meant=meant, doubts=doubts(service.moments.rules, service.rule_names()),
    )  # fmt: skip
