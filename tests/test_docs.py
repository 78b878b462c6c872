"""The documents say what the code does: every setting, command and route is there, and every link leads somewhere."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from starlette.routing import Mount, Route

from assistant.__main__ import COMMANDS, app
from assistant.bootstrap import Service
from assistant.channels.official_account import CALLBACK
from assistant.config import PACKAGE_ROOT, Settings
from assistant.web.app import make_app
from prompts.loader import load

DOCS = sorted([*(PACKAGE_ROOT / "docs").rglob("*.md"), PACKAGE_ROOT / "README.md"])
OPERATING = (PACKAGE_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
NOT_BY_VALUE = {
    "ZHIKE_WECHAT__PROFILE",
    "ZHIKE_MOMENTS__SURVEYS",
    "ZHIKE_MOMENTS__RULES",
    "ZHIKE_FEEDBACK__ASPECTS",
    "ZHIKE_FEEDBACK__WEIGHTS",
    "ZHIKE_LLM__HUB_URL",
    "ZHIKE_LLM__CACHE_DIR",
    "ZHIKE_AGENT__PLAYBOOK",
    "ZHIKE_LLM__WEIGHTS",
}


def settings(model: type[BaseModel] = Settings, prefix: str = "ZHIKE_") -> Iterator[tuple[str, object]]:
    """Environment name and default of every setting."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field.default


def shown(default: object) -> str:
    """A default as the table writes it."""
    text = default.get_secret_value() if hasattr(default, "get_secret_value") else str(default)
    return "empty" if text == "" else f"`{text.lower() if isinstance(default, bool) else text}`"


@pytest.mark.parametrize(("name", "default"), list(settings()), ids=lambda value: str(value)[:40])
def test_every_setting_is_documented_with_its_default(name: str, default: object) -> None:
    row = re.search(rf"^\| `{name}` \| (.+?) \| (.+) \|$", OPERATING, re.MULTILINE)

    assert row, f"{name} is missing in docs/operating.md"
    assert name in NOT_BY_VALUE or row.group(1) == shown(default)


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = set(re.findall(r"^\| `(ZHIKE_\w+)`", OPERATING, re.MULTILINE))

    assert documented == {name for name, _ in settings()}


def commands(group: typer.Typer = app, before: str = "zhike") -> set[str]:
    found = {f"{before} {c.name}" for c in group.registered_commands}
    for sub in group.registered_groups:
        assert sub.typer_instance is not None
        found |= commands(sub.typer_instance, f"{before} {sub.name}")
    return found


def test_every_command_is_documented_and_no_other() -> None:
    for name in COMMANDS:
        importlib.import_module(f"assistant.cli.{name}")

    documented = set(re.findall(r"^\| `(zhike [\w -]+)` \|", OPERATING, re.MULTILINE))

    assert documented == commands()


def test_every_route_is_documented_and_no_other(service: Service) -> None:
    served = {f"POST {CALLBACK}"}  # taken by a middleware, before all routes
    for route in all_routes(make_app(service).routes):
        if isinstance(route, Mount):
            served.add(route.path)
        elif isinstance(route, Route):
            served |= {f"{method} {route.path}" for method in (route.methods or ()) if method != "HEAD"}

    documented = set(re.findall(r"^\| `((?:[A-Z]+ )?/[^`]*)` \|", OPERATING, re.MULTILINE))

    assert documented == served


def all_routes(routes: list[object]) -> Iterator[object]:
    """Routes, those of included routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from all_routes(inner.routes)
        else:
            yield route


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))

    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]

    assert missing == []


def test_every_prompt_that_code_names_is_there_and_every_prompt_is_used() -> None:
    named = set()
    for source in PACKAGE_ROOT.glob("*/**/*.py"):
        if source.relative_to(PACKAGE_ROOT).parts[0] in ("assistant", "eval"):
            named |= prompts_in(source)

    there = {str(p.relative_to(PACKAGE_ROOT / "prompts").with_suffix("")) for p in PACKAGE_ROOT.glob("prompts/*/*.md")}

    assert named == there
    for name in named:
        assert load(name).body


def prompts_in(source: Path) -> set[str]:
    """Names that a source file loads as prompts."""
    if "prompts" not in (text := source.read_text(encoding="utf-8")):
        return set()
    calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
    first = [
        c.args[0] for c in calls if c.args and getattr(c.func, "id", getattr(c.func, "attr", "")).startswith("load")
    ]
    return {a.value for a in first if isinstance(a, ast.Constant) and isinstance(a.value, str) and "/" in a.value}
