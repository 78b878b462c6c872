"""What every command shares: `--json` prints one object on stdout, refusals are one sentence and exit status 1."""

import json
from typing import Annotated, Any, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象。")]


def say(as_json: bool, data: Any, words: str) -> None:
    """Print the result, for a program or for a person."""
    typer.echo(json.dumps(data, ensure_ascii=False, default=str) if as_json else words)


def fail(as_json: bool, words: str) -> NoReturn:
    """Refuse with a message and exit status 1."""
    if as_json:
        typer.echo(json.dumps({"ok": False, "error": words}, ensure_ascii=False))
    else:
        typer.echo(words, err=True)
    raise typer.Exit(1)
