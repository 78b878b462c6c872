"""Surveys and rules for the staff: what was asked, who answered, what the rules did and would do. Each within their scope."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from assistant.accounts.sessions import SignedIn
from assistant.bootstrap import Service
from assistant.db import moments
from assistant.domain.account import Permission
from assistant.surveys import dialogue
from assistant.surveys.dialogue import Run
from assistant.surveys.files import Survey
from assistant.surveys.rehearsal import REACH_WORDS, Rehearsed
from assistant.surveys.results import Results, Row, results, score_words
from assistant.surveys.rules import EVENTS, REASON_WORDS, WAYS
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.staff.survey_words import HELD, SHORT, STORE
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)
Reader = Annotated[SignedIn, Depends(guard.needs(Permission.ASK))]
Days = Annotated[int, Query(ge=1, le=365)]


def _stores(request: Request, me: SignedIn) -> Collection[str] | None:
    """The stores that somebody may see; None: all, and what belongs to no store."""
    scope = guard.scope_of(request, me)
    return None if scope.whole else scope.stores


def _results(service: Service, stores: Collection[str] | None, survey: Survey, days: int) -> Results:
    since = service.clock.now() - timedelta(days=days)
    with service.database.read() as connection:
        rows = [Row(**r) for r in moments.invitations_of(connection, survey.id, since, stores)]
        held = moments.held_of(connection, survey.id, since, stores)
    return results(survey, rows, held)


@router.get("/ops/surveys", response_class=HTMLResponse)
def listed(request: Request, me: Reader, days: Days = 30) -> Response:
    """All surveys with their funnels."""
    service = web_of(request).service
    stores = _stores(request, me)
    found = [(s, _results(service, stores, s, days)) for s in service.moments.surveys.values()]
    return page(request, "surveys.html", me, found=found, days=days, rules=service.moments.rules.rules)


@router.get("/ops/surveys/{survey_id}", response_class=HTMLResponse)
def show(request: Request, me: Reader, survey_id: str, days: Days = 30) -> Response:
    """One survey: how it looks on a phone, its funnel, stores, wordings and what people said."""
    service = web_of(request).service
    survey = service.moments.surveys.get(survey_id)
    if survey is None:
        raise HTTPException(404, "没有这份问卷。")
    names = {"brand": service.settings.brand_name, "store": STORE}
    asked = [
        (q, dialogue.ask(Run(survey, current=q.id), names), [(s.when, s.to) for s in q.then]) for q in survey.questions
    ]
    mine = _stores(request, me)
    found = _results(service, mine, survey, days)
    with service.database.read() as connection:
        since = service.clock.now() - timedelta(days=days)
        said = moments.said(connection, survey.id, since, mine, limit=30)
    stores = sorted(found.by_store.items(), key=lambda item: -item[1].sent)
    return page(
        request, "survey.html", me, survey=survey, asked=asked, found=found, said=said, days=days, kinds=SHORT,
        stores=[(service.store_name(s) or "未关联门店", f, score_words(found.kind, f.scores)) for s, f in stores],
        order={q.id: n for n, q in enumerate(survey.questions, 1)},
        labels={o.id: o.label for q in survey.questions for o in q.options}, held=HELD, greeting=dialogue.greeting(Run(survey), names),
        may_edit=me.stored.account.may(Permission.EDIT_SURVEYS) and mine is None,
    )  # fmt: skip


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
    )  # fmt: skip
