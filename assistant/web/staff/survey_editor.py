"""The editor of surveys: a form beside a phone. Every button is a submit, so that it works without a script.

`act` says what a submit wants: `save`, or a change of the form's shape, after which the form comes back with the draft.
"""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from assistant.accounts.sessions import SignedIn
from assistant.bootstrap import Service
from assistant.domain.account import Permission
from assistant.errors import Refusal
from assistant.surveys import dialogue, editing
from assistant.surveys.dialogue import Run
from assistant.surveys.editing import Draft, Faults
from assistant.surveys.files import Question, Survey, Thanks, read_surveys
from assistant.web.staff import guard
from assistant.web.staff.guard import Ours, page
from assistant.web.staff.survey_words import KINDS, STORE, TONES
from assistant.web.state import web_of

router = APIRouter(include_in_schema=False)


def editor(request: Request) -> SignedIn:
    """Somebody who may change what all stores ask."""
    found = guard.allow(guard.browser(request), Permission.EDIT_SURVEYS)
    if not guard.scope_of(request, found).whole:
        raise HTTPException(403, "问卷是全集团共用的，只有能看全集团的账号可以编辑。")
    return found


Editor = Annotated[SignedIn, Depends(editor)]


async def fields(request: Request) -> list[tuple[str, str]]:
    """The fields of the form, in order."""
    async with request.form(max_fields=3_000) as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


Fields = Annotated[list[tuple[str, str]], Depends(fields)]


def _survey(service: Service, survey_id: str) -> Survey:
    survey = service.moments.surveys.get(survey_id)
    if survey is None:
        raise HTTPException(404, "没有这份问卷。")
    return survey


@router.post("/ops/surveys/new", dependencies=[Ours])
def new(
    request: Request, me: Editor, source: Annotated[str, Form(alias="from", max_length=60)],
    title: Annotated[str, Form(max_length=200)] = "", survey_id: Annotated[str, Form(alias="id", max_length=60)] = "",
) -> Response:  # fmt: skip
    """A new survey, copied from a template or from one that is there, and the editor open on it."""
    shelf = web_of(request).service.moments.shelf
    shelves = {"template": templates(), "survey": shelf.current()}
    kind, _, which = source.partition(":")
    base = shelves.get(kind, {}).get(which)
    if base is None:
        raise HTTPException(404, "没有这份模板或问卷。")
    wanted = {"id": survey_id.strip() or shelf.free_id(base.id), "title": title.strip() or f"{base.title}（新）"[:40]}
    made, faults = editing.checked(editing.draft_of(base) | wanted)
    if made is None:
        raise HTTPException(422, "；".join(f"{_NAMES.get(name, name)}：{words}" for name, words in faults.items()))
    shelf.create(made, guard.origin_of(request, me), f"新建自“{base.title}”")
    return guard.go(f"/ops/surveys/{made.id}/edit", "saved")


_NAMES = {"id": "编号", "title": "名称"}


@cache
def templates() -> dict[str, Survey]:
    """The surveys that ship, to begin from."""
    return read_surveys()


@router.get("/ops/surveys/{survey_id}/edit", response_class=HTMLResponse)
def edit(request: Request, me: Editor, survey_id: str) -> Response:
    """The survey as it is now, to be changed."""
    service = web_of(request).service
    survey = _survey(service, survey_id)
    history = service.moments.shelf.history(survey_id)
    return _form(request, me, editing.draft_of(survey), {}, seen=history[0].version if history else 0)


@router.post("/ops/surveys/{survey_id}/edit", response_class=HTMLResponse, dependencies=[Ours])
def change(request: Request, me: Editor, survey_id: str, given: Fields) -> Response:
    """Save, or give the form back with one thing changed."""
    service = web_of(request).service
    _survey(service, survey_id)
    sent = dict(given)
    act, seen = sent.get("act", "preview"), int(n) if (n := sent.get("seen", "")).isdecimal() and len(n) < 7 else 0
    draft = editing.read_form(given) | {"id": survey_id}
    if act != "save":
        draft = editing.act(draft, act)
        faults = editing.checked(draft)[1] if act == "preview" else {}
        return _form(request, me, draft, faults, seen=seen, acted=act)
    survey, faults = editing.checked(draft)
    if survey is None:
        return _form(request, me, draft, faults, seen=seen, acted=act, status=422)
    try:
        service.moments.shelf.save(survey_id, survey, seen, guard.origin_of(request, me), sent.get("note", "")[:80])
    except Refusal as error:
        return _form(request, me, draft, {"": error.public}, seen=seen, acted=act, status=409)
    return guard.go(f"/ops/surveys/{survey_id}/edit", "saved")


@router.post("/ops/surveys/{survey_id}/restore/{version}", dependencies=[Ours])
def restore(request: Request, me: Editor, survey_id: str, version: int, given: Fields) -> Response:
    """Take an earlier version up again; 0 is the file."""
    seen = dict(given).get("seen", "0")
    service = web_of(request).service
    service.moments.shelf.restore(
        survey_id, version, int(seen) if seen.isdecimal() and len(seen) < 7 else 0, guard.origin_of(request, me)
    )
    return guard.go(f"/ops/surveys/{survey_id}/edit", "saved")


@router.get("/ops/surveys/{survey_id}/export")
def export(
    request: Request, me: Editor, survey_id: str, version: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """The survey as a YAML file: as it is now, or an earlier version (0: the file's)."""
    service = web_of(request).service
    survey = _survey(service, survey_id)
    if version is not None:
        survey = service.moments.shelf.at(survey_id, version)
    headers = {"content-disposition": f'attachment; filename="{survey.id}.yaml"', "cache-control": "no-store"}
    return Response(editing.as_yaml(survey), media_type="application/yaml", headers=headers)


# -- what the page shows ---------------------------------------------------------------------------------------------


def _form(
    request: Request, me: SignedIn, draft: Draft, faults: Faults, *, seen: int, acted: str = "", status: int = 200
) -> Response:
    service = web_of(request).service
    survey_id = str(draft["id"])
    names = {"brand": service.settings.brand_name, "store": STORE}
    placed = {name for name in faults if name in _fields_of(draft)}
    return page(
        request, "survey_edit.html", me, status=status, survey=service.moments.surveys[survey_id], d=draft, seen=seen,
        faults=faults, loose=[words for name, words in faults.items() if name not in placed], acted=acted,
        kinds=KINDS, touchpoints=("到店", "商品", "配送", "售后", "会员"), tones=TONES,
        scales={"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}, leaves=service.aspects.get().leaves,
        preview=_preview(draft, names), history=service.moments.shelf.history(survey_id),
        has_file=survey_id in service.moments.shelf.files,
    )  # fmt: skip


def _fields_of(draft: Draft) -> set[str]:
    """Where the form has a place for a fault."""
    found = {"title", "touchpoint", "greeting", "minutes", "days", "questions"}
    found |= {f"thanks.{name}" for name in ("good", "fair", "poor")}
    found |= {
        "reward",
        "reward.value",
        "reward.words",
        "reward.instead",
        "reward.instead.value",
        "reward.instead.words",
    }
    for n, question in enumerate(draft["questions"]):
        at = f"questions.{n}"
        found |= {at, f"{at}.text", f"{at}.kind", f"{at}.options", f"{at}.rows"}
        for family in ("options", "rows"):
            found |= {
                f"{at}.{family}.{m}.{name}" for m in range(len(question.get(family, []))) for name in ("label", "words")
            }
        for m in range(len(question.get("then", []))):
            found |= {f"{at}.then.{m}", f"{at}.then.{m}.to"}
            found |= {f"{at}.then.{m}.when.{name}" for name in ("min", "max", "choice", "sentiment", "aspect")}
    return found


def _preview(draft: Draft, names: dict[str, str]) -> dict[str, Any]:
    """What a phone would show, by the dialogue's own words; of an unfinished draft, what is finished."""
    shown: list[tuple[Question, Any] | None] = []
    for question in editing.questions_of(draft):
        run = Run(_alone(question), current=question.id) if question else None
        shown.append((question, dialogue.ask(run, names)) if question and run else None)
    greeting = str(draft.get("greeting", ""))
    for name, value in names.items():
        greeting = greeting.replace("{" + name + "}", value)
    return {"greeting": greeting, "questions": shown, "thanks": draft.get("thanks", {})}


def _alone(question: Question) -> Survey:
    """A survey of one question, to be asked by itself."""
    alone = question.model_copy(update={"then": ()})
    thanks = Thanks(good="–", fair="–", poor="–")
    return Survey(id="preview", title="–", touchpoint="–", greeting="–", questions=(alone,), thanks=thanks)
