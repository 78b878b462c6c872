"""The command line, `zhike …`. Logs go to stderr; with `--json`, stdout holds one JSON object."""

import importlib

import typer

from assistant import logs
from assistant.config import Settings

COMMANDS = (
    "serve",
    "store",
    "knowledge",
    "chat",
    "playbook",
    "model",
    "backend",
    "measure",
    "wechat",
    "ask",
    "moments",
    "accounts",
    "feedback",
)

app = typer.Typer(
    help="知客：零售会话助手。", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)


@app.callback()
def _prepare() -> None:
    logs.configure(Settings().log_level)


for _name in COMMANDS:
    importlib.import_module(f"assistant.cli.{_name}").register(app)


def main() -> None:
    """The entry point of the package."""
    app()


if __name__ == "__main__":
    main()
