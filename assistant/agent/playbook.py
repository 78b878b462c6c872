"""The operators' files: intents with examples, replies, policy. Validated, reloaded when a file changes.

A broken file never stops the service: the last good playbook stays, the fault is logged and shown by
`zhike playbook check`.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant import logs
from assistant.agent.particulars import NO_NAMES, Names
from assistant.errors import ConfigError
from tools.all import TOOLS

log = logs.get("agent")


class Intent(BaseModel):
    """A wish of shoppers: served by the tool of the same name, or answered by a reply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    intent: str
    hint: str
    examples: str
    reply: str = ""

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.examples.splitlines() if line.strip()]


class Rule(BaseModel):
    """A pattern that makes an intent plain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    intent: str
    when: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None  # counts only where the last tool's name begins so, and then before the others

    def fits(self, text: str, last_tool: str = "") -> bool:
        if self.after and not (last_tool and self.after.match(last_tool)):
            return False
        return bool(self.when.search(text)) and not (self.unless and self.unless.search(text))


class ReplyText(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str
    choices: list[str] = []
    proposes: str = ""  # the tool that a yes to it uses


class RouterPolicy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    serve: float = Field(ge=0, le=1)
    margin: float = Field(ge=0, le=1)
    floor: float = Field(ge=0, le=1)
    candidates: int = Field(ge=2, le=12)


class Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    router: RouterPolicy
    upset_words: list[str]
    safety_words: list[str]


@dataclass(frozen=True)
class Playbook:
    """All of it, at one version (a fingerprint of the files)."""

    intents: dict[str, Intent]
    rules: tuple[Rule, ...]
    replies: dict[str, ReplyText]
    policy: Policy
    version: str
    stances: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: Names = NO_NAMES

    def plain_intents(self, text: str, last_tool: str = "") -> list[str]:
        """Intents whose rules fit a message (names replaced, lower case), each once; those of its context first."""
        return list(dict.fromkeys(rule.intent for rule in self.fitting(text, last_tool)))

    def fitting(self, text: str, last_tool: str = "") -> list[Rule]:
        """The rules that fit: those of the context where there are any, else all."""
        found = [rule for rule in self.rules if rule.fits(text, last_tool)]
        return [rule for rule in found if rule.after] or found

    def examples(self) -> list[tuple[str, str]]:
        """(utterance, intent) pairs."""
        return [(line, i.intent) for i in self.intents.values() for line in i.lines]


def load(folder: Path, more: Sequence[Intent] = ()) -> Playbook:
    """Read and validate; `more` are intents that stand elsewhere. Raises ConfigError with file and reason."""
    intents: dict[str, Intent] = {intent.intent: intent for intent in more}
    for path in sorted((folder / "intents").glob("*.yaml")):
        for raw in _read(path, list):
            intent = _valid(Intent, raw, path)
            if intent.intent in intents:
                raise ConfigError(f"{path}: intent {intent.intent} is declared twice")
            if not intent.reply and intent.intent not in TOOLS:
                raise ConfigError(f"{path}: intent {intent.intent} is no tool and has no reply")
            if len(intent.lines) < 3:
                raise ConfigError(f"{path}: intent {intent.intent} needs at least three examples")
            intents[intent.intent] = intent
    replies = {
        k: _valid(ReplyText, v, folder / "replies.yaml") for k, v in _read(folder / "replies.yaml", dict).items()
    }
    for intent in intents.values():
        if intent.reply and intent.reply not in replies:
            raise ConfigError(f"{folder}: intent {intent.intent} names the reply {intent.reply}, which is not there")
    rules = tuple(_valid(Rule, raw, folder / "rules.yaml") for raw in _read(folder / "rules.yaml", list))
    for rule in rules:
        if rule.intent not in intents:
            raise ConfigError(f"{folder / 'rules.yaml'}: {rule.intent} is no intent")
    policy = _valid(Policy, _read(folder / "policy.yaml", dict), folder / "policy.yaml")
    own = folder / "names.yaml"
    names = _valid(Names, _read(own, dict), own) if own.exists() else NO_NAMES
    return Playbook(intents, rules, replies, policy, fingerprint(folder), _stances(folder / "stances.yaml"), names)


def _stances(path: Path) -> dict[str, tuple[str, ...]]:
    """Examples of yes, no and wait; none where an operator's folder is older than the file."""
    if not path.exists():
        return {}
    raw = _read(path, dict)
    if not set(raw) <= {"yes", "no", "wait"} or not all(isinstance(v, str) for v in raw.values()):
        raise ConfigError(f"{path}: expected examples under yes, no and wait")
    return {name: tuple(line.strip() for line in text.splitlines() if line.strip()) for name, text in raw.items()}


def fingerprint(folder: Path) -> str:
    """Changes when any file of the playbook changes."""
    parts = [f"{p.name}:{p.stat().st_mtime_ns}:{p.stat().st_size}" for p in sorted(folder.rglob("*.yaml"))]
    return "|".join(parts)


def _read(path: Path, kind: type) -> Any:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(data, kind):
        raise ConfigError(f"{path}: expected a {kind.__name__}")
    return data


def _valid(model: Any, raw: Any, path: Path) -> Any:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error


class PlaybookFiles:
    """The newest good playbook of a folder. Threads share it."""

    def __init__(self, folder: Path, more: Sequence[Intent] = ()) -> None:
        self._folder = folder
        self._more = tuple(more)
        self._lock = threading.Lock()
        self._current = load(folder, self._more)
        self._seen = self._current.version

    def get(self) -> Playbook:
        """Cheap: a few `stat` calls; a reload only after a change."""
        if fingerprint(self._folder) == self._seen:
            return self._current
        with self._lock:
            seen = fingerprint(self._folder)
            if seen != self._seen:
                self._seen = seen
                try:
                    self._current = load(self._folder, self._more)
                    log.info("playbook_reloaded", intents=len(self._current.intents))
                except ConfigError as error:
                    log.error("playbook_refused", cause=str(error))
        return self._current
