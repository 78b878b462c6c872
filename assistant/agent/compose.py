"""From outcomes to one reply: templates for facts, passages with their source, the model's words only where founded."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant import logs
from assistant.agent import guard
from assistant.agent.render import knows, render
from assistant.agent.render.care import citation, shorten
from assistant.agent.render.words import pick
from assistant.config import AgentSettings
from assistant.domain.conversation import Task
from assistant.domain.message import Choice, Confirm, Reply
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load
from tools.registry import WritePlan
from tools.types import KnowledgeAnswer

log = logs.get("agent")


def merge(parts: Sequence[Reply]) -> Reply:
    """Several replies as one, in order. The last confirmation counts."""
    texts = [p.text for p in parts if p.text]
    choices = dict.fromkeys(c for p in parts for c in p.choices)
    return Reply(
        text="\n\n".join(dict.fromkeys(texts)),
        cards=tuple(c for p in parts for c in p.cards),
        choices=tuple(choices)[:6],
        confirm=next((p.confirm for p in reversed(parts) if p.confirm), None),
        citations=tuple(dict.fromkeys(c for p in parts for c in p.citations)),
        download=next((p.download for p in parts if p.download), ""),
    )


def confirm_reply(plan: WritePlan, english: bool) -> Reply:
    """Ask for a yes. The text alone says what would be done."""
    details = "，".join(f"{k}：{v}" for k, v in plan.rows)
    text = pick(english, f"请确认{plan.title}：{details}。", f"Please confirm ({plan.title}): {details}.")
    if plan.known:
        text = pick(
            english,
            f"给您添麻烦了。这个情况我们已有记录：{plan.known}\n如果还需要同事跟进，{text}",
            f"Sorry for the trouble. On record (in Chinese): {plan.known}\nIf you still need help: {text}",
        )
    confirm = Confirm(plan.title, plan.rows, *(("Confirm", "Cancel") if english else ("确认", "取消")))
    return Reply(text, confirm=confirm)


def asked_again(task: Task, english: bool, *, first: bool = False) -> Reply:
    """Ask for a slot, with what may be chosen."""
    lead = "" if first else pick(english, "回到刚才的事：", "Back to your request: ")
    offers = tuple(Choice(o.label, o.label) for o in task.offers)
    numbered = "\n".join(f"{n}. {o.label}" for n, o in enumerate(task.offers, 1)) if len(offers) > 1 else ""
    return Reply(f"{lead}{task.question}" + (f"\n{numbered}" if numbered else ""), choices=offers)


class Composer:
    """Words of replies. The model only rephrases passages, and only what the guard lets through is sent."""

    def __init__(self, settings: AgentSettings, llm: Llm, brand: str) -> None:
        self._settings = settings
        self._llm = llm
        self._brand = brand

    def static_prompt(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": load("agent/compose").render(brand=self._brand)}]

    def from_result(self, result: object, english: bool) -> Reply:
        """The template of a tool's result; a result of an added tool is shown as it stands."""
        return render(result, english) if knows(result) else Reply(str(result)[:800])

    def from_passages(self, answer: KnowledgeAnswer, english: bool, on_text: Callable[[str], None]) -> Reply:
        """The passage itself, or the model's words on it where a setting allows or the shopper reads no Chinese."""
        stated = render(answer, english)
        on_record = answer.passages[0].kind == "fix"  # written to be told as it stands
        if on_record or not (english or self._settings.compose == "model") or not self._llm.available():
            return stated
        evidence = "\n".join(f"[{p.title}] {shorten(p.text)}" for p in answer.passages[:2])
        written = self._write(evidence, answer.question, on_text)
        if written is None:
            return stated
        passage = shorten(answer.passages[0].text)
        if english and guard.drops_limits(written, passage):
            written = f"{written}\n\nConditions apply; here is the rule in the original: {passage}"
        return replace(stated, text=written, citations=tuple(citation(p) for p in answer.passages[:2]))

    def _write(self, evidence: str, question: str, on_text: Callable[[str], None]) -> str | None:
        """Stream sentence by sentence; each is checked before anyone sees it. None where nothing may be sent."""
        messages = [
            *self.static_prompt(),
            {"role": "user", "content": f"<passages>\n{evidence}\n</passages>\n{question}"},
        ]
        founded = f"{evidence}\n{question}"
        sent, open_sentence = "", ""
        try:
            for piece in self._llm.write(
                messages, purpose="compose", max_tokens=160, deadline_s=self._settings.model_budget_s
            ):
                open_sentence += piece
                while (end := _sentence_end(open_sentence)) > 0:
                    sentence, open_sentence = open_sentence[:end], open_sentence[end:]
                    if reason := guard.unfounded(sentence, founded):
                        return self._blocked(reason)
                    sent += sentence
                    on_text(sentence)
        except (ModelDown, ModelOffSchema) as error:
            log.warning("compose_failed", cause=type(error).__name__)
            return sent or None
        if open_sentence.strip():
            if reason := guard.unfounded(open_sentence, founded):
                return self._blocked(reason)
            sent += open_sentence
        return sent.strip() or None

    def checked(self, words: str, parts: Sequence[Reply]) -> str | None:
        """A strong model's closing words, where every fact in them stands in the results; None otherwise."""
        evidence = "\n".join([p.text for p in parts] + [str(c.rows) for p in parts for c in p.cards])
        if reason := guard.unfounded(words, evidence):
            return self._blocked(reason)
        return words[:800]

    @staticmethod
    def _blocked(reason: str) -> None:
        logs.GUARD_BLOCKS.labels(reason.split()[0]).inc()
        log.warning("guard_blocked", reason=reason.split()[0])


def _sentence_end(text: str) -> int:
    ends = [i + 1 for i, c in enumerate(text) if c in "。！？!?\n" or (c == "." and text[i + 1 : i + 2] == " ")]
    return ends[0] if ends else 0
