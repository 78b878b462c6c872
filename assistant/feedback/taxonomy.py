"""The tree of aspects, from a file that the shop edits: checked, taken up when it changes.

A second file may add leaves, those that people took over from new topics on the page. A broken file never stops the
service: the last good tree stays and the fault is logged (`aspects_refused`).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from assistant import logs
from assistant.errors import ConfigError

log = logs.get("feedback")
HEAD = "# 由页面上采纳的新话题加入；格式同方面树，可以手工修改或移进主文件。\n"
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

    @property
    def names(self) -> set[str]:
        """Of groups and leaves."""
        return {*self.groups, *(leaf.name for leaf in self.leaves)}

    def group_of(self) -> dict[str, str]:
        """Leaf id → name of its group."""
        return {leaf.id: group for group, leaves in self.groups.items() for leaf in leaves}


def load(path: Path, added: Path | None = None) -> Tree:
    """Read and check; leaves of `added`, where it is there, stand behind those of `path`. Raises ConfigError with file
    and reason."""
    groups: dict[str, tuple[Leaf, ...]] = {}
    ids: set[str] = set()
    names: set[str] = set()
    for file in (path, added) if added is not None and added.exists() else (path,):
        for group, leaves in _read(file).items():
            groups[str(group)] = (*groups.get(str(group), ()), *(_leaf(item, file) for item in leaves))
            for leaf in groups[str(group)][-len(leaves) :] if leaves else ():
                if leaf.id in ids or leaf.name in names:
                    raise ConfigError(f"{file}: {leaf.id} ({leaf.name}) is declared twice")
                ids.add(leaf.id)
                names.add(leaf.name)
    return Tree(groups, fingerprint(path, added))


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(raw, dict) or not all(isinstance(leaves, list) for leaves in raw.values()):
        raise ConfigError(f"{path}: expected groups, each with a list of leaves")
    return raw


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


def fingerprint(path: Path, added: Path | None = None) -> str:
    """Changes when a file changes."""
    return "|".join(_stat(file) for file in (path, added) if file is not None)


def _stat(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "missing"
    return f"{found.st_mtime_ns}:{found.st_size}"


class TreeFile:
    """The newest good tree of a file, and of the one with added leaves. Threads share it."""

    def __init__(self, path: Path, added: Path | None = None) -> None:
        self._path = path
        self._added = added
        self._lock = threading.Lock()
        self._current = load(path, added)
        self._seen = self._current.version

    def get(self) -> Tree:
        """Cheap: a `stat` a file; a reload only after a change."""
        if fingerprint(self._path, self._added) == self._seen:
            return self._current
        with self._lock:
            seen = fingerprint(self._path, self._added)
            if seen != self._seen:
                self._seen = seen
                try:
                    self._current = load(self._path, self._added)
                    log.info("aspects_reloaded", leaves=len(self._current.leaves))
                except ConfigError as error:
                    log.error("aspects_refused", cause=str(error))
        return self._current

    def add(self, group: str, leaf: Leaf) -> None:
        """Put a leaf into the file of added ones, checked as a whole first. Raises ConfigError, which names the fault."""
        self._change(
            lambda groups: groups.setdefault(group, []).append(leaf.model_dump(mode="json", exclude_defaults=True))
        )

    def remove(self, leaf_id: str) -> None:
        """Take a leaf out of the file of added ones; those of the operator's own file stay."""

        def out(groups: dict[str, list[Any]]) -> None:
            for leaves in groups.values():
                leaves[:] = [one for one in leaves if one.get("id") != leaf_id]

        self._change(out)

    def _change(self, change: Callable[[dict[str, list[Any]]], object]) -> None:
        if self._added is None:
            raise ConfigError(f"{self._path}: there is no file for added leaves")
        with self._lock:
            groups = _read(self._added) if self._added.exists() else {}
            change(groups)
            kept = {group: leaves for group, leaves in groups.items() if leaves}
            self._added.parent.mkdir(parents=True, exist_ok=True)
            part = self._added.with_suffix(".part")
            part.write_text(HEAD + yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
            load(self._path, part)
            part.replace(self._added)
