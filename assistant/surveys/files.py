"""Surveys as files: questions, where an answer leads, reward, thanks. Validated; a wrong file says what is wrong.

A question leads to the next one, or by `then` to a later one or the end. Only forward: a survey cannot go in circles.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from assistant.errors import ConfigError

Kind = Literal["nps", "csat", "ces", "single", "multi", "matrix", "text", "voice", "photo"]
SAID = ("text", "voice")  # answered in free words, written or spoken; `voice` invites to speak
OPEN = (*SAID, "photo")  # has no right or wrong form of an answer
SCALES: Mapping[str, tuple[int, int]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
END = "end"
TEMPLATES = Path(__file__).parent / "templates"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_HOLES = frozenset({"brand", "store"})  # what a survey's words may leave to be filled in
AS_KEPT = "kept"  # the context of a survey that an earlier version let pass: it must be readable still
_RESERVED = frozenset({END, "care"})  # ids of what the dialogue adds by itself


def _filled(text: str, info: ValidationInfo) -> str:
    """The words themselves. Raises ValueError for a hole that nothing fills."""
    if info.context == AS_KEPT:
        return text
    for hole in re.findall(r"\{([^{}]*)\}", text):
        if hole not in _HOLES:
            raise ValueError(f"没有“{{{hole}}}”可填，只有 {{brand}} 和 {{store}}")
    return text


Words = Annotated[str, AfterValidator(_filled)]


class Option(_Strict):
    """One of the things to choose from; `words`: other ways to say it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    label: str = Field(min_length=1, max_length=20)
    words: tuple[str, ...] = ()


class When(_Strict):
    """What an answer must be; all given conditions at once. `min` and `max` bound a score."""

    min: int | None = None
    max: int | None = None
    choice: str | None = None
    sentiment: Literal["pos", "neu", "neg"] | None = None
    aspect: str | None = None


class Step(_Strict):
    """Where an answer leads."""

    when: When
    to: str


class Question(_Strict):
    """`rows`: what a matrix asks about, each on a scale of 1 to 5. `optional`: may be skipped without a word."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    kind: Kind
    text: Words = Field(min_length=2, max_length=120)
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    optional: bool = False
    then: tuple[Step, ...] = ()

    @property
    def scale(self) -> tuple[int, int] | None:
        return (1, 5) if self.kind == "matrix" else SCALES.get(self.kind)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind in ("single", "multi") and len(self.options) < 2:
            raise ValueError("选择题至少要有两个选项")
        if self.kind not in ("single", "multi") and self.options:
            raise ValueError("只有单选和多选才有选项")
        if (self.kind == "matrix") != bool(self.rows):
            raise ValueError("矩阵题要有打分的项目，别的题没有")
        known = {o.id for o in self.options}
        if any(step.when.choice is not None and step.when.choice not in known for step in self.then):
            raise ValueError("跳题条件里的选项不存在")
        for things in (self.options, self.rows):
            if len({o.id for o in things}) < len(things) or len({o.label for o in things}) < len(things):
                raise ValueError("有两个选项一样")
        return self

    @model_validator(mode="after")
    def _reachable(self, info: ValidationInfo) -> Self:
        """Conditions that no answer to this kind of question can meet are faults."""
        if info.context == AS_KEPT:
            return self
        low, high = SCALES.get(self.kind, (0, -1))
        for when in (step.when for step in self.then):
            bounds = [n for n in (when.min, when.max) if n is not None]
            if any(not low <= n <= high for n in bounds):
                raise ValueError("跳题条件里的分数超出了这道题的范围" if low <= high else "只有打分题能按分数跳题")
            if when.min is not None and when.max is not None and when.min > when.max:
                raise ValueError("跳题条件的最低分比最高分还高")
            if (when.sentiment or when.aspect) and self.kind not in OPEN:
                raise ValueError("只有开放题能按情感或方面跳题")
        return self


class Gift(_Strict):
    """A coupon that members may claim, or points; `words`: how it is called to the shopper."""

    coupon: str | None = Field(default=None, min_length=1, max_length=40)
    points: int | None = Field(default=None, ge=1, le=100_000)
    words: str = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.coupon is None) == (self.points is None):
            raise ValueError("答谢礼是优惠券或积分，二选一")
        return self


class Reward(Gift):
    """Given once for a finished survey; `instead` where it cannot be had any more."""

    instead: Gift | None = None

    @property
    def gifts(self) -> tuple[Gift, ...]:
        return (self,) if self.instead is None else (self, self.instead)


class Thanks(_Strict):
    """The last words, by how the first score came out; `good` may ask for a recommendation."""

    good: str = Field(min_length=1, max_length=200)
    fair: str = Field(min_length=1, max_length=200)
    poor: str = Field(min_length=1, max_length=200)


class Survey(_Strict):
    """`touchpoint`: what it is about, as the mart names it. `days`: how long an invitation may be answered."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    title: str = Field(min_length=1, max_length=40)
    touchpoint: str = Field(min_length=1, max_length=16)
    greeting: Words = Field(min_length=1, max_length=200)
    minutes: int = Field(default=1, ge=1, le=30)
    days: int = Field(default=7, ge=1, le=90)
    questions: tuple[Question, ...] = Field(min_length=1)
    reward: Reward | None = None
    thanks: Thanks

    @model_validator(mode="after")
    def _forward(self, info: ValidationInfo) -> Self:
        order = {q.id: n for n, q in enumerate(self.questions)}
        if len(order) < len(self.questions):
            raise ValueError("有两道题的编号一样")
        if info.context != AS_KEPT and (taken := _RESERVED & order.keys()):
            raise ValueError(f"编号 {min(taken)} 另有用处，请换一个")
        for n, question in enumerate(self.questions):
            for step in question.then:
                if step.to != END and step.to not in order:
                    raise ValueError(f"第 {n + 1} 题跳到的题目（{step.to}）不存在")
                if step.to != END and order[step.to] <= n:
                    raise ValueError(f"第 {n + 1} 题不能跳回前面的题（{step.to}）：问卷只往前走")
        return self

    @cached_property
    def by_id(self) -> dict[str, Question]:
        return {q.id: q for q in self.questions}

    def after(self, question_id: str) -> str:
        """The question that stands after one; `end` after the last."""
        ids = [*(q.id for q in self.questions), END]
        return ids[ids.index(question_id) + 1]


def read_surveys(folder: Path = TEMPLATES) -> dict[str, Survey]:
    """The surveys of a folder by id. Raises ConfigError that names file and fault."""
    found: dict[str, Survey] = {}
    for path in sorted(folder.glob("*.yaml")):
        survey = read_survey(path)
        if survey.id in found:
            raise ConfigError(f"{path.name}: there is a survey {survey.id} already")
        found[survey.id] = survey
    return found


def read_survey(path: Path) -> Survey:
    try:
        return Survey.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['msg']}".strip() for e in error.errors())
        raise ConfigError(f"{path.name}: {faults}") from error
