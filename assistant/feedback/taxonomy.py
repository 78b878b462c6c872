"""The tree of aspects, from a file that the shop edits: checked, taken up when it changes.

A broken file never stops the service: the last good tree stays and the fault is logged (`aspects_refused`).
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from assistant import logs
from assistant.errors import ConfigError

log = logs.get("feedback")
SIGNS = {"+": "pos", "-": "neg", "=": "neu"}


def _texts(raw: Any) -> Any:
    return [str(item) for item in raw] if isinstance(raw, list) else raw


Words = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Leaf(BaseModel):
    """One aspect. See the head of `aspects.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    report: str = ""
    words: Words
    weak: Words = ()
    good: Words = ()
    bad: Words = ()
    praise: Words = ()
    complaint: Words = ()
    examples: str = ""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(sentence, sentiment) of the examples."""
        rows = [line.strip() for line in self.examples.splitlines() if line.strip()]
        return [(row[1:].strip(), SIGNS[row[0]]) for row in rows]


@dataclass(frozen=True)
class Tree:
    """Groups with their leaves, at one version (a fingerprint of the file)."""

    groups: dict[str, tuple[Leaf, ...]]
    version: str

    @property
    def leaves(self) -> list[Leaf]:
        return [leaf for leaves in self.groups.values() for leaf in leaves]

    def group_of(self) -> dict[str, str]:
        """Leaf id → name of its group."""
        return {leaf.id: group for group, leaves in self.groups.items() for leaf in leaves}


def load(path: Path) -> Tree:
    """Read and check. Raises ConfigError with file and reason."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(raw, dict) or not all(isinstance(leaves, list) for leaves in raw.values()):
        raise ConfigError(f"{path}: expected groups, each with a list of leaves")
    groups: dict[str, tuple[Leaf, ...]] = {}
    ids: set[str] = set()
    names: set[str] = set()
    for group, leaves in raw.items():
        groups[str(group)] = tuple(_leaf(item, path) for item in leaves)
        for leaf in groups[str(group)]:
            if leaf.id in ids or leaf.name in names:
                raise ConfigError(f"{path}: {leaf.id} ({leaf.name}) is declared twice")
            ids.add(leaf.id)
            names.add(leaf.name)
    return Tree(groups, fingerprint(path))


def _leaf(raw: Any, path: Path) -> Leaf:
    try:
        leaf = Leaf.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not (leaf.words or leaf.praise or leaf.complaint):
        raise ConfigError(f"{path}: {leaf.id} has no words")
    for row in filter(None, (line.strip() for line in leaf.examples.splitlines())):
        if row[0] not in SIGNS or not row[1:].strip():
            raise ConfigError(f"{path}: an example of {leaf.id} must begin with +, - or =")
    if blank := [
        w
        for words in (leaf.words, leaf.good, leaf.bad, leaf.praise, leaf.complaint)
        for w in words
        if not w.strip("* ")
    ]:
        raise ConfigError(f"{path}: {leaf.id} has an empty entry {blank[0]!r}")
    return leaf


def fingerprint(path: Path) -> str:
    """Changes when the file changes."""
    try:
        found = path.stat()
    except OSError:
        return "missing"
    return f"{found.st_mtime_ns}:{found.st_size}"


class TreeFile:
    """The newest good tree of a file. Threads share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._current = load(path)
        self._seen = self._current.version

    def get(self) -> Tree:
        """Cheap: one `stat`; a reload only after a change."""
        if fingerprint(self._path) == self._seen:
            return self._current
        with self._lock:
            seen = fingerprint(self._path)
            if seen != self._seen:
                self._seen = seen
                try:
                    self._current = load(self._path)
                    log.info("aspects_reloaded", leaves=len(self._current.leaves))
                except ConfigError as error:
                    log.error("aspects_refused", cause=str(error))
        return self._current
