"""Load prompts: files ``prompts/<use>/<name>.md`` with YAML front matter and ``{{ name }}`` placeholders.

Enters: a prompt's name such as ``"agent/decide"``. Leaves: a `Prompt`, which renders with exactly its inputs.
A mistake in a file is a `PromptError` when it is loaded; a mistake in the inputs is one when it is rendered.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent
NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)+")
INPUT = re.compile(r"[a-z][a-z0-9_]*")
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
FIELDS = {"purpose", "inputs", "version"}


class PromptError(Exception):
    """A prompt file or the inputs for it are wrong; the text says which and how."""


@dataclass(frozen=True)
class Prompt:
    """One prompt. `sha` names the body (12 hex digits), so that a trace can say which wording was used."""

    name: str
    purpose: str
    inputs: frozenset[str]
    version: int
    body: str

    @property
    def sha(self) -> str:
        """Twelve hex digits of the body's SHA-256."""
        return hashlib.sha256(self.body.encode()).hexdigest()[:12]

    def render(self, **inputs: object) -> str:
        """The body with every placeholder filled. Placeholders inside the values stay as they are.

        Raises `PromptError` if an input is missing or unknown.
        """
        wrong = self.inputs.symmetric_difference(inputs)
        if wrong:
            raise PromptError(f"{self.name}: missing or unknown inputs: {', '.join(sorted(wrong))}")
        return PLACEHOLDER.sub(lambda match: str(inputs[match[1].strip()]), self.body)


def parse(name: str, text: str) -> Prompt:
    """The prompt in the file text `text`. Raises `PromptError`."""
    parts = re.split(r"^---[ \t]*\n", text.replace("\r\n", "\n"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0]:
        raise PromptError(f"{name}: the file must begin with front matter between two lines of ---")
    head, body = _head(name, parts[1]), parts[2].strip()
    if not body:
        raise PromptError(f"{name}: the body is empty")
    inputs = frozenset(head["inputs"])
    used = {match.strip() for match in PLACEHOLDER.findall(body)}
    if used != inputs:
        raise PromptError(f"{name}: declared inputs {sorted(inputs)}, used {sorted(used)}")
    return Prompt(name, head["purpose"], inputs, head["version"], body)


@cache
def load(name: str) -> Prompt:
    """The prompt `name`, for example ``"agent/decide"``. Raises `PromptError` if there is no good one."""
    if not NAME.fullmatch(name):
        raise PromptError(f"{name!r} is no prompt name")
    path = ROOT / f"{name}.md"
    try:
        return parse(name, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PromptError(f"there is no prompt {name}") from error


def every_name() -> Iterator[str]:
    """The names of all prompt files, sorted."""
    for path in sorted(ROOT.glob("*/**/*.md")):
        yield path.relative_to(ROOT).with_suffix("").as_posix()


def _head(name: str, text: str) -> dict[str, Any]:
    try:
        head = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PromptError(f"{name}: the front matter is no YAML") from error
    if not isinstance(head, dict) or set(head) != FIELDS:
        raise PromptError(f"{name}: the front matter must have exactly {', '.join(sorted(FIELDS))}")
    purpose, inputs, version = head["purpose"], head["inputs"], head["version"]
    if not isinstance(purpose, str) or not purpose.strip():
        raise PromptError(f"{name}: the purpose is empty")
    if type(version) is not int or version < 1:
        raise PromptError(f"{name}: the version must be a whole number from 1")
    if not isinstance(inputs, list) or not all(isinstance(i, str) and INPUT.fullmatch(i) for i in inputs):
        raise PromptError(f"{name}: inputs must be a list of names")
    if len(set(inputs)) != len(inputs):
        raise PromptError(f"{name}: an input is declared twice")
    return head
