"""A survey as a form: fields become a draft, a draft a survey or faults in Chinese, each at its field. Pure.

A draft is the survey's YAML as data, incomplete as it may be. Fields are named as the faults of the model are placed
("questions.2.options.0.label"), so that a fault finds its field.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from assistant.surveys.files import SAID, SCALES, Question, Survey

Draft = dict[str, Any]
Faults = dict[str, str]
_NAME = re.compile(r"[a-z_]+(\.(\d{1,2}|[a-z_]+)){0,6}")
_WORDS = {
    "missing": "请填写",
    "string_too_short": "太短，至少{min_length}个字",
    "string_too_long": "太长，最多{max_length}个字",
    "too_short": "至少要有{min_length}项",
    "int_parsing": "请填整数",
    "int_from_float": "请填整数",
    "greater_than_equal": "不能小于{ge}",
    "less_than_equal": "不能大于{le}",
    "string_pattern_mismatch": "只能用小写字母、数字和下划线，字母开头",
    "literal_error": "请从列表里选一项",
    "extra_forbidden": "没有这一项",
}
MOST_QUESTIONS, MOST_ROWS = 30, 20


def draft_of(survey: Survey) -> Draft:
    """What the form shows of a survey."""
    return survey.model_dump(mode="json")


def read_form(fields: Iterable[tuple[str, str]]) -> Draft:
    """A draft from the fields of the form. What no form of ours sends is left out."""
    root: Draft = {}
    for name, value in fields:
        if not _NAME.fullmatch(name):
            continue
        *path, last = name.split(".")
        place: Draft = root
        for part in path:
            place = place.setdefault(part, {}) if isinstance(place, dict) else {}
        if isinstance(place, dict):
            place[last] = value.replace("\0", "").strip()
    return _tidy(_lists(root))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(one) for key, one in value.items()}


def _tidy(draft: Draft) -> Draft:
    """Words become lists, blanks go, ids are given, and what a kind of question does not have is dropped."""
    questions = [q for q in _rows(draft, "questions") if isinstance(q, dict)]
    _name(questions, "q")
    made = {key: draft.get(key, "") for key in ("id", "title", "touchpoint", "greeting", "minutes", "days")}
    thanks = draft.get("thanks")
    made["thanks"] = thanks if isinstance(thanks, dict) else {}
    made["questions"] = [_question(q) for q in questions]
    if reward := _reward(draft.get("reward")):
        made["reward"] = reward
    return made


def _question(given: Draft) -> Draft:
    kind = given.get("kind", "text")
    made: Draft = {
        "id": given["id"],
        "kind": kind,
        "text": given.get("text", ""),
        "optional": bool(given.get("optional")),
    }
    for family, kinds in (("options", ("single", "multi")), ("rows", ("matrix",))):
        if kind in kinds:
            rows = [r for r in _rows(given, family) if isinstance(r, dict)]
            _name(rows, "o")
            made[family] = [
                {"id": r["id"], "label": r.get("label", ""), "words": _split(r.get("words", ""))} for r in rows
            ]
    made["then"] = [
        {"when": _when(kind, step.get("when")), "to": step.get("to", "")}
        for step in _rows(given, "then")
        if isinstance(step, dict)
    ]
    return made


def _when(kind: str, given: Any) -> Draft:
    names = (
        ("min", "max") if kind in SCALES else ("choice",) if kind in ("single", "multi")
        else ("sentiment", "aspect") if kind in SAID else ()
    )  # fmt: skip
    return {name: given[name] for name in names if given.get(name)} if isinstance(given, dict) else {}


def _reward(given: Any) -> Draft:
    if not isinstance(given, dict) or given.get("kind") not in ("coupon", "points"):
        return {}
    made: Draft = {given["kind"]: given.get("value", ""), "words": given.get("words", "")}
    if instead := _reward(given.get("instead")):
        made["instead"] = instead
    return made


def _rows(given: Draft, name: str) -> list[Any]:
    found = given.get(name)
    return found[: MOST_QUESTIONS if name == "questions" else MOST_ROWS] if isinstance(found, list) else []


def _split(words: Any) -> list[str]:
    return [w for w in re.split(r"[、，,\s]+", words) if w] if isinstance(words, str) else []


def _name(rows: list[Draft], letter: str) -> None:
    """Give an id to each that has none; those that stand stay, for answers are kept under them."""
    taken = {str(row.get("id", "")) for row in rows}
    number = 0
    for row in rows:
        if not row.get("id"):
            while f"{letter}{(number := number + 1)}" in taken:
                pass
            row["id"] = f"{letter}{number}"
            taken.add(row["id"])


# -- changes of the form's shape -------------------------------------------------------------------------------------


def act(draft: Draft, what: str) -> Draft:
    """Add, remove or move a question (`add`, `up:questions.2`), an option (`remove:questions.2.options.0`) or a branch
    (`add:questions.2.then`); `reshape` gives a question of another kind what it needs."""
    verb, _, place = what.partition(":")
    parts = place.split(".") if place else []
    if verb == "reshape":
        return _reshaped(draft)
    if verb == "add" and not parts:
        draft["questions"].append({"kind": "text", "text": "", "then": []})
        _name(draft["questions"], "q")
        return draft
    rows: Any = draft
    for part in parts[:-1]:
        rows = _inside(rows, part)
    last = parts[-1] if parts else ""
    if verb == "add" and isinstance(rows, dict) and last in ("options", "rows", "then"):
        rows.setdefault(last, []).append({"when": {}, "to": "end"} if last == "then" else {"label": "", "words": []})
        if last != "then":
            _name(rows[last], "o")
    elif isinstance(rows, list) and last.isdigit() and int(last) < len(rows):
        n = int(last)
        other = {"up": n - 1, "down": n + 1}.get(verb, -1)
        if verb == "remove":
            rows.pop(n)
        elif 0 <= other < len(rows):
            rows[n], rows[other] = rows[other], rows[n]
    return draft


def _reshaped(draft: Draft) -> Draft:
    for question in draft["questions"]:
        family = {"single": "options", "multi": "options", "matrix": "rows"}.get(question["kind"])
        if family and not question.get(family):
            question[family] = [{"label": "", "words": []}, {"label": "", "words": []}]
            _name(question[family], "o")
    if "reward" in draft and "words" not in draft["reward"]:
        draft["reward"]["words"] = ""
    return draft


def _inside(rows: Any, part: str) -> Any:
    if isinstance(rows, list):
        return rows[int(part)] if part.isdigit() and int(part) < len(rows) else {}
    return rows.get(part, []) if isinstance(rows, dict) else []


# -- faults ----------------------------------------------------------------------------------------------------------


def checked(draft: Draft) -> tuple[Survey | None, Faults]:
    """The survey, or what is wrong with it: a sentence for each field, "" for what belongs to none."""
    try:
        return Survey.model_validate(draft), {}
    except ValidationError as error:
        faults: Faults = {}
        for one in error.errors():
            faults.setdefault(_field(one["loc"], draft), _sentence(one))
        return None, faults


def _field(loc: tuple[int | str, ...], draft: Draft) -> str:
    parts = [str(part) for part in loc]
    if parts[:1] == ["reward"]:  # whose form has one field for coupons and points
        return ".".join("value" if part in ("coupon", "points") else part for part in parts)
    return ".".join(parts)


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    words = _WORDS.get(error["type"], "填得不对")
    return "请填写" if error["input"] == "" else words.format(**error.get("ctx", {}))


def questions_of(draft: Draft) -> list[Question | None]:
    """The questions one by one, None where one is not complete yet: for the preview of a draft."""
    found: list[Question | None] = []
    for given in draft["questions"]:
        try:
            found.append(Question.model_validate(given))
        except ValidationError:
            found.append(None)
    return found


def as_yaml(survey: Survey) -> str:
    """The survey as a file, as one would write it."""
    data = survey.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110))
