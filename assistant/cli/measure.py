"""`zhike eval NAME` and `zhike bench NAME`: figures, each with its peer beside it. Options go through to the runner."""

import importlib

import typer

# imported by name: the measuring code stands above the service and is not needed to run it
EVALS = {
    "shopper": "eval.shopper",
    "retrieval": "eval.retrieval",
    "intents": "eval.intents",
    "chatbi": "eval.chatbi",
    "channels": "eval.channels",
    "survey": "eval.survey",
    "feedback": "eval.feedback",
}
BENCHES = {
    "turn": "eval.bench_turn",
    "model": "eval.bench_model",
    "webhook": "eval.bench_webhook",
    "faults": "eval.bench_faults",
    "chatbi": "eval.bench_chatbi",
    "moments": "eval.bench_moments",
    "feedback": "eval.bench_feedback",
}
PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def register(app: typer.Typer) -> None:
    app.command("eval", context_settings=PASS_THROUGH)(evaluate)
    app.command("bench", context_settings=PASS_THROUGH)(benchmark)


def evaluate(context: typer.Context, name: str) -> None:
    """跑一项评测并打印数字，旁边是同类方法：shopper、retrieval、intents、chatbi、channels、survey、feedback。例：zhike eval shopper --split test"""
    _run(EVALS, name, context.args)


def benchmark(context: typer.Context, name: str) -> None:
    """跑一项性能测试并打印数字：turn、model、webhook、faults、chatbi、moments、feedback。"""
    _run(BENCHES, name, context.args)


def _run(known: dict[str, str], name: str, arguments: list[str]) -> None:
    if name in ("--help", "-h"):
        for one, module in known.items():
            about = (importlib.import_module(module).__doc__ or "").strip().splitlines()[0]
            typer.echo(f"{one:<10} {about}")
        return
    if name not in known:
        raise typer.BadParameter(f"只有 {'、'.join(known)}")
    raise typer.Exit(int(importlib.import_module(known[name]).main(arguments)))
