"""One survey with one shopper: what is asked, where answers lead, how it ends. Pure: a step gives the next run and a reply.

A run only moves by an answer that was read or a wish about the survey; anything else is none of its business, and the
caller lets the assistant answer and asks the question again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assistant.domain.message import Choice, Reply
from assistant.surveys.files import END, OPEN, SAID, Option, Question, Survey, When
from assistant.surveys.options import Sense
from assistant.surveys.reading import KEPT, Reading, Value, assents, read

Status = Literal["sent", "open", "paused", "done", "stopped", "expired"]
Tagger = Callable[[str], tuple[str, frozenset[str]]]
"""Sentiment (pos, neu, neg) and aspects of a text."""

CARE = "care"
PLAIN_RESUME = ("继续评价", "继续答", "接着答")  # which can be about nothing but a survey
RESUME = (*PLAIN_RESUME, "继续")
OPTED_OUT = "好的，以后不再给您发满意度调查了。想恢复时告诉我“接受满意度调查”就行。"
_POOR: Mapping[str, int] = {"nps": 6, "csat": 2, "ces": 3}
_GOOD: Mapping[str, int] = {"nps": 9, "csat": 4, "ces": 6}
_TELLS = 6  # characters: longer words for a choice tell more than the choice
WORDS = "~words"  # behind the id of a question with choices: the words in which the choice was made
_PUTS_OFF = re.compile(
    r"(说|答|填|弄|做|聊|写|评)(吧|哈|啊|了)?$|没空|没时间|忙|开会|开车|上班|上课|吃饭|带娃|方便|等会|等[一]?下|稍后|晚点|[待过]会"
)
_STOPS = re.compile(r"答|填|参加|评|兴趣|^(?:那|还是)?算了(?:吧|啦|哈)?$")
_SHORT = 14  # characters: longer words to a survey that was not begun are likely about something else
_FACES = {
    "csat": {1: "很不满意", 2: "不满意", 3: "一般", 4: "满意", 5: "非常满意"},
    "ces": {1: "非常费劲", 4: "一般", 7: "非常轻松"},
    "nps": {0: "完全不愿意", 10: "非常愿意"},
}  # fmt: skip
_CARE = Question(
    id=CARE,
    kind="single",
    text="需要我们为您跟进处理吗？",
    options=(
        Option(id="ticket", label="登记处理", words=("登记", "处理", "跟进", "需要", "要的", "好的")),
        Option(id="callback", label="请给我回电", words=("回电", "电话", "打给我")),
        Option(id="none", label="不用了", words=("不用", "不需要", "不必", "不要", "不了", "不登记")),
    ),
)


@dataclass(frozen=True)
class Run:
    """How far a shopper has come. `path`: the questions that were put, in order; `answers`: what was read."""

    survey: Survey
    status: Status = "sent"
    current: str = ""
    path: tuple[str, ...] = ()
    answers: Mapping[str, Value] = field(default_factory=dict)
    unclear: int = 0
    greeting: str = ""
    known: bool = True  # whether we know whom we talk to, and so can help afterwards

    @property
    def question(self) -> Question:
        return _CARE if self.current == CARE else self.survey.by_id[self.current or self.survey.questions[0].id]

    @property
    def answered(self) -> int:
        return sum(1 for key in self.answers if key != CARE and not key.endswith(WORDS))

    @property
    def outcome(self) -> Literal["good", "fair", "poor"]:
        """By the first score that was given; fair where none was."""
        for question in self.survey.questions:
            score = self.answers.get(question.id)
            if question.kind in _POOR and isinstance(score, int):
                return "poor" if score <= _POOR[question.kind] else "good" if score >= _GOOD[question.kind] else "fair"
        return "fair"

    @property
    def first_score(self) -> int | None:
        """The score that a survey is summed up by: that of its first question on a scale."""
        first = next((q.id for q in self.survey.questions if q.kind in _POOR), "")
        score = self.answers.get(first)
        return score if isinstance(score, int) else None

    @property
    def complete(self) -> bool:
        """All that the survey asks is answered; whether help is wanted may still be open."""
        return self.status == "done" or self.current == CARE

    @property
    def wants_care(self) -> bool:
        return self.answers.get(CARE) in ("ticket", "callback")

    def score(self, kind: str) -> int | None:
        found = [self.answers.get(q.id) for q in self.survey.questions if q.kind == kind]
        return next((s for s in found if isinstance(s, int)), None)

    @property
    def comment(self) -> str:
        """What was said in the shopper's own words, choices by their names."""
        said = []
        for question in self.survey.questions:
            value = self.answers.get(question.id)
            if question.kind in OPEN and isinstance(value, str):
                said += [value] if not value.startswith(KEPT) else []
            elif question.kind in ("single", "multi") and value:
                chosen = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
                label = "、".join(o.label for o in question.options if o.id in chosen)
                words = self.answers.get(question.id + WORDS)
                said.append(f"{label}：{words}" if isinstance(words, str) else label)
        return "；".join(said)


@dataclass(frozen=True)
class Step:
    """What one message did. `reading` is what was read of it."""

    run: Run
    reply: Reply
    reading: Reading


def invite(run: Run, names: Mapping[str, str]) -> Reply:
    """The first message: greeting and first question. `names` fill {brand} and {store}."""
    return ask(replace(run, status="open"), names, before=greeting(run, names))


def greeting(run: Run, names: Mapping[str, str]) -> str:
    return _filled(run.greeting or run.survey.greeting, names)


def step(
    run: Run, text: str, names: Mapping[str, str], *, tag: Tagger | None = None, sense: Sense | None = None,
    on_page: bool = False,
) -> Step | None:  # fmt: skip
    """Take a message. None where it is none of the survey's business. `on_page`: it can be about nothing else."""
    said = text.strip().rstrip("。！!~")
    if said in (RESUME if run.status == "paused" else PLAIN_RESUME):
        again = replace(run, status="open")
        return Step(again, ask(again, names, before="好的，我们接着来。"), Reading())
    if run.status == "paused":
        return None
    if run.status == "sent" and assents(text):  # to the greeting's "may we ask?"
        opened = replace(run, status="open")
        return Step(opened, ask(opened, names, before="谢谢您！"), Reading())
    reading = read(run.question, text, sense=sense, on_page=on_page)
    if run.status == "sent" and not _begins(reading, said):
        return None
    if reading.wish is not None:
        return _wished(run, reading, names)
    if reading.value is None:
        return None
    run = replace(run, status="open", unclear=0)
    beside = run.question.options and run.question is not _CARE and reading.by == "words" and len(said) >= _TELLS
    told = {run.question.id + WORDS: said} if beside else {}
    return _move(replace(run, answers={**_without(run), **told}), reading, names, tag)


def keep(run: Run, kind: str, which: int, names: Mapping[str, str], *, tag: Tagger | None = None) -> Step | None:
    """Take a picture or a recording (`which`: its attachment) that was sent. None where the question wants neither."""
    wanted = {"image": ("photo",), "voice": OPEN}.get(kind, ())
    if run.status != "open" or run.question.kind not in wanted:
        return None
    step_ = _move(replace(run, unclear=0), Reading(f"{KEPT}{which}", by=kind), names, tag)
    note = (
        "照片收到了，谢谢。" if kind == "image" else "录音已经为您保留。我暂时听不了语音，同事会听，所以没有文字记录。"
    )
    return replace(step_, reply=replace(step_.reply, text=f"{note}\n{step_.reply.text}"))


def beside(run: Run, kind: str, names: Mapping[str, str]) -> Reply | None:
    """What is said to a picture or a recording that cannot be the answer, while a survey is open."""
    if run.status != "open" or kind not in ("image", "voice"):
        return None
    if kind == "image" and run.question.kind in SAID:
        return ask(run, names, before="照片收到了，已经为您留好。也可以再用文字说说：")
    note = (
        "照片收到了，已经为您留好。" if kind == "image" else "抱歉，我暂时听不了语音，录音已经保留。请点选或打字回答："
    )
    return ask(run, names, before=note)


def remind(run: Run, names: Mapping[str, str], answer: Reply) -> tuple[Run, Reply]:
    """The question again, under the answer to something else. After two times it waits to be asked for."""
    if run.unclear >= 2:
        paused = replace(run, status="paused", unclear=0)
        return paused, replace(answer, text=f"{answer.text}\n\n评价先放一放，想接着答时发“{RESUME[0]}”就行。")
    asked = ask(run, names)
    choices = answer.choices or (() if answer.confirm else asked.choices)
    text = f"{answer.text}\n\n——\n刚才的评价还没完：{asked.text}"
    return replace(run, unclear=run.unclear + 1), replace(answer, text=text, choices=choices)


def _begins(reading: Reading, said: str) -> bool:
    """Whether words to an invitation that nobody took up yet are meant for it."""
    if reading.wish is not None:
        about_us = {"stop": _STOPS, "later": _PUTS_OFF}.get(reading.wish)
        return reading.wish == "opt_out" or bool(about_us and about_us.search(said))
    return reading.value is not None and reading.by != "text" and len(said) <= _SHORT and said != "0"


def _wished(run: Run, reading: Reading, names: Mapping[str, str]) -> Step:
    if run.question.id == CARE and reading.wish != "back":
        return _go(run, END, names, reading, note="")
    match reading.wish:
        case "opt_out":
            return Step(replace(run, status="stopped"), Reply(OPTED_OUT), reading)
        case "later":
            words = f"好的，您先忙。有空时发“{RESUME[0]}”，我们接着来。"
            return Step(replace(run, status="paused"), Reply(words), reading)
        case "stop":
            words = "好的，不打扰您了。" + ("您已经答的部分我们收到了，谢谢。" if run.answered else "")
            return Step(replace(run, status="stopped"), Reply(words), reading)
        case "back":
            if not run.path:
                return Step(run, ask(run, names, before="这是第一题。"), reading)
            earlier = replace(run, status="open", current=run.path[-1], path=run.path[:-1], answers=_without(run))
            return Step(earlier, ask(earlier, names), reading)
    skipped = replace(run, status="open", answers=_without(run))
    return _go(skipped, _next(skipped, None), names, reading, note="")


def _without(run: Run) -> dict[str, Value]:
    """The answers without that to the question that is open."""
    return {k: v for k, v in run.answers.items() if k not in (run.question.id, run.question.id + WORDS)}


def _move(run: Run, reading: Reading, names: Mapping[str, str], tag: Tagger | None) -> Step:
    value = reading.value
    assert value is not None
    run = replace(run, answers={**run.answers, run.question.id: value})
    note = "" if reading.sure else f"记下了：{shown(run.question, value)}（要改就发“上一题”）。"
    return _go(run, _next(run, tag), names, reading, note)


def _go(run: Run, to: str, names: Mapping[str, str], reading: Reading, note: str) -> Step:
    here = run.question.id
    if to == END and here != CARE and run.known and run.outcome == "poor":
        to = CARE
    if to == END:
        done = replace(run, status="done", current="")
        return Step(done, Reply(note + getattr(run.survey.thanks, run.outcome)), reading)
    ahead = replace(run, current=to, path=(*run.path, here))
    return Step(ahead, ask(ahead, names, before=note), reading)


def _next(run: Run, tag: Tagger | None) -> str:
    question = run.question
    if question.id == CARE:
        return END
    value = run.answers.get(question.id)
    for step_ in question.then:
        if _holds(step_.when, value, tag):
            return step_.to
    return run.survey.after(question.id)


def _holds(when: When, value: Value | None, tag: Tagger | None) -> bool:
    if when.min is not None and not (isinstance(value, int) and value >= when.min):
        return False
    if when.max is not None and not (isinstance(value, int) and value <= when.max):
        return False
    chosen = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    if when.choice is not None and when.choice not in chosen:
        return False
    if when.sentiment is None and when.aspect is None:
        return True
    if tag is None or not isinstance(value, str):
        return False
    sentiment, aspects = tag(value)
    return when.sentiment in (None, sentiment) and (when.aspect is None or when.aspect in aspects)


# -- words -----------------------------------------------------------------------------------------------------------


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def ask(run: Run, names: Mapping[str, str], before: str = "") -> Reply:
    """The question that is open, after some words of ours."""
    question = run.question
    text = _filled(question.text, names)
    lines = [before, text] if before else [text]
    choices: list[Choice] = []
    if question.kind in ("single", "multi"):
        lines += [f"{n}. {o.label}" for n, o in enumerate(question.options, 1)]
        choices = [Choice(o.label, o.label) for o in question.options]
        if question.kind == "multi":
            lines.append("（可以多选，例如“1和3”）")
    elif question.kind == "matrix":
        lines.append("、".join(r.label for r in question.rows) + "（例如“5 4 5”）")
        choices = [Choice("都是5分", "都是5分")]
    elif question.kind == "voice":
        lines.append("（直接发语音就好，打字也行）")
    elif question.kind == "photo":
        lines.append("（直接发一张照片，或者用文字说说）")
    elif question.scale:
        low, high = question.scale
        faces = _FACES[question.kind]
        choices = [Choice(f"{n} {faces[n]}" if n in faces else str(n), f"{n}分") for n in range(high, low - 1, -1)]
    if question.optional:
        choices.append(Choice("跳过", "跳过"))
    return Reply("\n".join(lines), choices=tuple(choices))


def shown(question: Question, value: Value) -> str:
    """A value as the shopper reads it."""
    labels = {o.id: o.label for o in (*question.options, *question.rows)}
    if isinstance(value, int):
        return f"{value}分"
    if isinstance(value, str):
        return "［附件］" if value.startswith(KEPT) else labels.get(value, value)
    if isinstance(value, tuple):
        return "、".join(labels[v] for v in value) or "都没有"
    return "、".join(f"{labels[k]}{v}分" for k, v in value.items())


def plain_answers(run: Run) -> dict[str, Any]:
    """The answers as JSON data."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in run.answers.items()}


def values_of(data: Mapping[str, Any]) -> dict[str, Value]:
    """The answers that `plain_answers` gave."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
