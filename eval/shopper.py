"""How well are shoppers understood and served? Labelled dialogues through the whole journey, beside a plain agent.

Enters: settings, the labelled turns, a model. Leaves: one dictionary of figures, a table on request. Called by
`zhike eval shopper`, or by hand: ``python -m eval.shopper --split fit --misses``.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant import logs
from assistant.config import Settings
from assistant.domain.conversation import State
from assistant.errors import ConfigError
from eval import sources
from eval.shopper_data import AS_OF, Dialogue, Split, Turn, load
from eval.shopper_peer import PEER_CONTEXT_TOKENS, Peer
from eval.shopper_score import Seen, Verdict, authored_texts, judge, observe
from eval.shopper_world import Stage, stage
from eval.sources import Found

Json = dict[str, Any]
UNSEEN = ("test", "talk")
TIERS = ("router", "model", "fallback")
_FOUND = {
    Found.RIGHT: "引对段落",
    Found.SILENT: "资料没有，如实说",
    Found.NEAR: "不确定，给出的是对的",
    Found.FAR: "不确定，给出的不对",
    Found.MISSED: "资料有却没找到",
    Found.WRONG: "引错段落",
}


@dataclass(frozen=True)
class Played:
    """One turn, played and judged."""

    dialogue: str
    turn: Turn
    seen: Seen
    verdict: Verdict
    found: Found | None = None


def run(
    settings: Settings, *, split: Split = "test", limit: int = 0, peer: int = 0, on: Callable[[str], None] = print
) -> Json:
    """Play the dialogues of a split (`limit`: only the first so many) and measure.

    `peer`: also play about so many turns with LangChain's plain agent on the same model. `on` hears of progress.
    The dictionary has `turns`, `dialogues`, `action_accuracy`, `argument_accuracy`, `first_tier`, `model_tier`,
    `knowledge`, `wrong_facts`, `latency_ms`, `confusions`, `misses` and, where asked for, `peer`.
    """
    chosen = [d for d in load() if d.split == split][: limit or None]
    if not chosen:
        raise ConfigError(f"there are no labelled dialogues of the part {split}")
    with stage(settings, context_tokens=PEER_CONTEXT_TOKENS if peer else 0) as made:
        on(f"世界就绪（{AS_OF}），{len(chosen)}段对话")
        played = list(_play_all(made, chosen))
        report = figures(played) | {"split": split, "dialogues": len(chosen)}
        if peer:
            on("对照：LangChain create_agent")
            report["peer"] = _beside(made, chosen, played, peer)
    return report


def _play_all(made: Stage, dialogues: Sequence[Dialogue]) -> Iterable[Played]:
    authored = authored_texts(made.service.settings.agent.playbook)
    _play(made, dialogues[0], authored)  # the first turns load and train; users never meet a cold service
    for dialogue in track(dialogues, description="对话", console=Console(stderr=True)):
        yield from _play(made, dialogue, authored)


def _play(made: Stage, dialogue: Dialogue, authored: str) -> list[Played]:
    made.fresh()
    before = State()
    played: list[Played] = []
    for number, turn in enumerate(dialogue.turns):
        served = made.say(dialogue, number, turn.say)
        ctx = made.context(dialogue, turn.say, served.conversation_id)
        seen = observe(ctx, before, served, authored)
        before = served.answer.state if served.answer else before
        done = bool(played) and played[-1].verdict.action and played[-1].seen.actions == ("confirmed",)
        found = _found(f"{dialogue.id}-{number}", seen)
        played.append(Played(dialogue.id, turn, seen, judge(turn, seen, done=done), found))
    return played


def _found(turn: str, seen: Seen) -> Found | None:
    """What the documents gave; None where no label is, or where something else than the documents was asked."""
    gold = sources.labels().get(turn)
    if gold is None or "knowledge_search" not in seen.actions:
        return None
    return sources.compared(gold, seen.passage, sure=seen.sure)


def _beside(made: Stage, dialogues: Sequence[Dialogue], ours: Sequence[Played], turns: int) -> Json:
    """The peer's figures, and ours on exactly the same turns."""
    agent = Peer(made)
    sample: list[Dialogue] = []
    while len(sample) < len(dialogues) and sum(len(d.turns) for d in sample) < turns:
        sample.append(dialogues[len(sample)])
    theirs = []
    for dialogue in track(sample, description="对照", console=Console(stderr=True)):
        made.fresh()
        theirs += [
            Played(dialogue.id, turn, seen, judge(turn, seen))
            for turn, seen in zip(dialogue.turns, agent.play(dialogue), strict=True)
        ]
    ids = {d.id for d in sample}
    same_turns = [p for p in ours if p.dialogue in ids]
    return {"turns": len(theirs), "peer": figures(theirs), "ours": figures(same_turns)}


def figures(played: Sequence[Played]) -> Json:
    """All measures of turns that were played."""
    with_args = [p for p in played if p.verdict.args is not None]
    by_tier = {tier: [p for p in played if p.seen.tier == tier] for tier in TIERS}
    misses = [p for p in played if not p.verdict.action or p.verdict.args is False]
    wrong = [p for p in played if p.seen.unfounded]
    return {
        "turns": len(played),
        "action_accuracy": _share(p.verdict.action for p in played),
        "argument_accuracy": _share(bool(p.verdict.args) for p in with_args),
        "turns_with_arguments": len(with_args),
        "first_tier": {"share": _share(p.seen.tier == "router" for p in played), **_tier(by_tier["router"])},
        "model_tier": {"share": _share(p.seen.tier == "model" for p in played), **_tier(by_tier["model"])},
        "fallback_tier": {"share": _share(p.seen.tier == "fallback" for p in played), **_tier(by_tier["fallback"])},
        "knowledge": {found.value: sum(p.found is found for p in played) for found in Found},
        "wrong_facts": len(wrong),
        "wrong_fact_list": [
            {"dialogue": p.dialogue, "said": p.turn.say, "why": p.seen.unfounded, "reply": p.seen.reply} for p in wrong
        ],
        "latency_ms": {
            tier: _latency([p.seen.ms for p in rows]) for tier, rows in {**by_tier, "all": played}.items() if rows
        },
        "confusions": _confusions(played),
        "misses": [_miss(p) for p in misses],
    }


def _share(flags: Iterable[bool]) -> float | None:
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else None


def _tier(rows: Sequence[Played]) -> Json:
    return {"turns": len(rows), "precision": _share(p.verdict.action for p in rows)}


def _latency(ms: Sequence[float]) -> Json:
    return {"p50": round(float(np.percentile(ms, 50)), 1), "p95": round(float(np.percentile(ms, 95)), 1)}


def _confusions(played: Sequence[Played]) -> list[Json]:
    pairs = Counter(
        (("+" if p.turn.every else "/").join(p.turn.wanted), "+".join(p.seen.actions))
        for p in played
        if not p.verdict.action
    )
    return [{"wanted": w, "got": g, "times": n} for (w, g), n in pairs.most_common()]


def _miss(p: Played) -> Json:
    return {
        "dialogue": p.dialogue,
        "said": p.turn.say,
        "wanted": ("+" if p.turn.every else "/").join(p.turn.wanted),
        "got": list(p.seen.actions),
        "args_wanted": {k: list(v) for k, v in p.turn.args.items()},
        "args_got": p.seen.slots,
        "tier": p.seen.tier,
    }


def show(report: Json, console: Console, *, misses: bool) -> None:
    """Print the tables. The words of misses are shown for the other splits only: `test` and `talk` stay unseen."""
    table = Table(title=f"顾客对话评测（{report['split']}，{report['dialogues']}段，{report['turns']}轮）")
    for column in ("指标", "值"):
        table.add_column(column)
    table.add_row("动作准确率", _percent(report["action_accuracy"]))
    table.add_row(f"参数准确率（{report['turns_with_arguments']}轮）", _percent(report["argument_accuracy"]))
    for key, label in (("first_tier", "第一层"), ("model_tier", "模型层"), ("fallback_tier", "降级")):
        tier = report[key]
        table.add_row(f"{label}占比", f"{_percent(tier['share'])}（{tier['turns']}轮）")
        table.add_row(f"{label}准确率", _percent(tier["precision"]))
    asked = sum(report["knowledge"].values())
    for found, label in _FOUND.items():
        table.add_row(f"资料问题（{asked}轮）：{label}", str(report["knowledge"][found.value]))
    table.add_row("无依据的事实", str(report["wrong_facts"]))
    for name, ms in report["latency_ms"].items():
        table.add_row(f"延迟 {name} p50 / p95", f"{ms['p50']:.0f} / {ms['p95']:.0f} 毫秒")
    console.print(table)
    if "peer" in report:
        console.print(_peer_table(report["peer"]))
    if misses:
        _show_misses(report, console)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _peer_table(beside: Json) -> Table:
    table = Table(title=f"同一模型、同一批工具、同样{beside['turns']}轮")
    for column in ("", "动作准确率", "参数准确率", "无依据的回复", "p50 毫秒", "p95 毫秒"):
        table.add_column(column)
    for key, label in (("ours", "知客"), ("peer", "LangChain create_agent")):
        one = beside[key]
        ms = one["latency_ms"]["all"]
        shares = (_percent(one["action_accuracy"]), _percent(one["argument_accuracy"]))
        table.add_row(label, *shares, str(one["wrong_facts"]), f"{ms['p50']:.0f}", f"{ms['p95']:.0f}")
    return table


def _show_misses(report: Json, console: Console) -> None:
    table = Table(title="动作混淆")
    for column in ("应为", "实为", "次数"):
        table.add_column(column)
    for row in report["confusions"]:
        table.add_row(row["wanted"], row["got"], str(row["times"]))
    console.print(table)
    for fact in report["wrong_fact_list"]:
        shown = fact["reply"] if report["split"] not in UNSEEN else ""
        console.print(f"无依据 {fact['dialogue']} {fact['why']}：{shown}", markup=False)
    if report["split"] in UNSEEN:
        console.print(f"{report['split']} 部分不显示原句，请看 --split fit。")
        return
    for miss in report["misses"]:
        wanted = f"{miss['wanted']} {miss['args_wanted'] or ''}"
        got = miss["args_got"] or "+".join(miss["got"])
        console.print(
            f"{miss['dialogue']} ({miss['tier']}) {miss['said']}\n    应 {wanted}\n    实 {got}", markup=False
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. 0 where no fact is without ground, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("fit", "check", "test", "talk"), default="test")
    parser.add_argument("--limit", type=int, default=0, help="only the first so many dialogues")
    parser.add_argument("--peer", type=int, default=0, help="also about so many turns with a plain agent")
    parser.add_argument("--llm", choices=("embedded", "openai", "off"), help="instead of the setting")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logs.configure("ERROR")
    settings = Settings()
    if options.llm:
        settings.llm.kind = options.llm
    report = run(
        settings,
        split=options.split,
        limit=options.limit,
        peer=options.peer,
        on=lambda text: Console(stderr=True).print(text),
    )
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        show(report, Console(), misses=options.misses)
    return 1 if report["wrong_facts"] else 0


if __name__ == "__main__":
    sys.exit(main())
