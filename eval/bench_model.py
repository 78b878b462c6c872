"""How fast is the embedded model here? One small table: threads, grammar, prefix cache, slots, KV and batch.

Enters: the weights in the cache (`zhike model pull`). Leaves: a table on stdout, or one JSON object with
`--json`. Run by hand: ``python -m eval.bench_model`` (about five minutes on two cores), ``--only NAME`` for
one part.
"""

import argparse
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from assistant.config import LlmSettings
from assistant.llm.grammar import compact_grammar
from assistant.llm.process import PATIENT, spawn
from assistant.llm.serve_local import ServeOptions
from assistant.llm.weights import find

Json = dict[str, Any]

SPINNING = {"OMP_WAIT_POLICY": "active"}

SHORT = [f"a{i}" for i in range(1, 36)]
VERBS = ["check", "list", "explain", "change", "cancel", "book", "recommend"]
NOUNS = ["member_points", "coupon_wallet", "order_status", "store_stock", "service_ticket"]
LONG = [f"{verb}_{noun}" for verb in VERBS for noun in NOUNS]
SENTENCES = [
    "会员问积分时先查余额再说有效期。",
    "退货要先确认订单号和购买门店。",
    "库存只能照查到的数字说，不许估计。",
    "顾客着急时先道歉，再给办法。",
    "预约要问清门店、日期和人数。",
    "优惠券要说明门槛与到期日。",
    "涉及金额的操作必须请顾客确认。",
    "不清楚的问题转人工，不要编造。",
    "尺码建议要看身高体重与版型。",
]


@dataclass(frozen=True)
class Bench:
    """One running server under test."""

    http: httpx.Client

    def tokens(self, text: str) -> int:
        """Number of tokens of `text`."""
        return len(self.http.post("/tokenize", json={"content": text}).json()["tokens"])

    def ask(self, messages: list[Json], **extra: Any) -> Json:
        """One chat completion; adds `wall_ms`."""
        body = {"messages": messages, "temperature": 0, **extra}
        begin = time.perf_counter()
        answer = self.http.post("/v1/chat/completions", json=body)
        answer.raise_for_status()
        result: Json = answer.json()
        result["wall_ms"] = (time.perf_counter() - begin) * 1000
        return result

    def text_of(self, tokens: int, salt: str = "") -> str:
        """About `tokens` tokens of plausible Chinese instructions that differ by `salt`."""
        text, count = f"{salt}：", 0
        while (size := self.tokens(text)) < tokens - 6:
            text += f"{count + 1}. {salt}{SENTENCES[count % len(SENTENCES)]}"
            count += 1
            if size > tokens * 2:
                break
        return text


@contextmanager
def server(options: ServeOptions, env: Mapping[str, str] = PATIENT) -> Iterator[Bench]:
    """A bare server for the time of the block."""
    with tempfile.TemporaryDirectory() as folder:
        process = spawn(options, log_file=Path(folder) / "log", env=env)
        headers = {"Authorization": f"Bearer {options.api_key}"}
        try:
            with httpx.Client(base_url=process.url, headers=headers, timeout=180, trust_env=False) as http:
                yield Bench(http)
        finally:
            process.stop()


def action_schema(names: list[str]) -> Json:
    """`{"action": one of names}`."""
    return {
        "type": "object",
        "properties": {"action": {"enum": names}},
        "required": ["action"],
        "additionalProperties": False,
    }


def constrained(schema: Json | None, way: str) -> Json:
    """Request fields that constrain the answer to `schema` in one of the server's ways."""
    if schema is None or way == "free":
        return {}
    if way == "response_format":
        wrapped = {"name": "answer", "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": wrapped}}
    if way == "json_schema":
        return {"json_schema": schema}
    return {"grammar": compact_grammar(schema)}


def turn(static: str, dynamic: str) -> list[Json]:
    """A static system prompt and what changes each turn."""
    return [{"role": "system", "content": static}, {"role": "user", "content": dynamic}]


def median_of(calls: Sequence[Callable[[], Json]]) -> Json:
    """Median wall, prompt and generation figures of the calls."""
    answers = [call() for call in calls]

    def middle(pick: Callable[[Json], float]) -> float:
        return round(statistics.median(pick(answer) for answer in answers), 1)

    return {
        "wall_ms": middle(lambda a: a["wall_ms"]),
        "prompt_n": middle(lambda a: a["timings"]["prompt_n"]),
        "cached_n": middle(lambda a: a["timings"]["cache_n"]),
        "prompt_ms": middle(lambda a: a["timings"]["prompt_ms"]),
        "out_n": middle(lambda a: a["timings"]["predicted_n"]),
        "ms_per_out": middle(lambda a: a["timings"]["predicted_per_token_ms"]),
        "answer": answers[-1]["choices"][0]["message"]["content"][:40],
    }


def speed(base: ServeOptions, runs: int) -> Iterator[Json]:
    """Cold prompt and plain generation: threads, how threads wait, flash attention, KV type, batch."""
    variants = {
        "1 thread": (replace(base, threads=1), PATIENT),
        "2 threads, waiting asleep": (base, PATIENT),
        "2 threads, spinning": (base, SPINNING),
        "flash attention on": (replace(base, flash_attention="on"), PATIENT),
        "flash attention off": (replace(base, flash_attention="off"), PATIENT),
        "KV q8_0": (replace(base, kv_type="q8_0", flash_attention="on"), PATIENT),
        "batch 128": (replace(base, batch=128), PATIENT),
        "batch 2048": (replace(base, batch=2048), PATIENT),
    }
    for name, (options, env) in variants.items():
        with server(options, env) as bench:
            static = bench.text_of(900, "知客规则")
            cold = bench.ask(turn(static, "你好"), max_tokens=1)["timings"]
            told = [turn(static, f"第{i}问：写一段话介绍积分") for i in range(runs)]
            row = median_of([partial(bench.ask, messages, max_tokens=32) for messages in told])
        yield {
            "case": name,
            "cold_n": cold["prompt_n"],
            "cold_ms": round(cold["prompt_ms"]),
            "prompt_tok_s": round(cold["prompt_per_second"], 1),
            "gen_tok_s": round(1000 / row["ms_per_out"], 1),
            "load": round(os.getloadavg()[0], 1),
        }


def grammar(base: ServeOptions, runs: int) -> Iterator[Json]:
    """The price of constraining: ways of asking, short and long enum values."""
    with server(base) as bench:
        static = bench.text_of(900, "知客规则")
        bench.ask(turn(static, "你好"), max_tokens=1)
        asked = turn(static, '只回答一个 JSON：{"action":"…"}。顾客：我的积分还剩多少')
        for label, names in (("10 long", LONG[:10]), ("35 short", SHORT), ("35 long", LONG)):
            for way in ("free", "response_format", "json_schema", "compact grammar"):
                call = partial(bench.ask, asked, max_tokens=32, **constrained(action_schema(names), way))
                first = call()["wall_ms"]
                yield {"case": f"{label}, {way}", "first_ms": round(first), **median_of([call] * runs)}


def decide(base: ServeOptions, runs: int) -> Iterator[Json]:
    """A decide turn: cached 900-token prefix, 60, 120 or 250 new tokens, 35 short or long names."""
    for threads in (1, 2):
        with server(replace(base, threads=threads)) as bench:
            static = bench.text_of(900, "知客规则")
            bench.ask(turn(static, "你好"), max_tokens=1, grammar=compact_grammar(action_schema(SHORT)))
            for size in (60, 120, 250):
                texts = [bench.text_of(size, f"顾客{i}说") for i in range(runs)]
                for label, names in (("short", SHORT), ("long", LONG)):
                    extra = constrained(action_schema(names), "compact grammar")
                    told = [turn(static, f"{label}{secrets.token_hex(2)}{text}") for text in texts]
                    calls = [partial(bench.ask, messages, max_tokens=32, **extra) for messages in told]
                    yield {"case": f"{threads} threads, {size} new, {label} names", **median_of(calls)}


def slots(base: ServeOptions, runs: int) -> Iterator[Json]:
    """Does the prefix survive when two static prompts alternate, and what do two users at once cost?"""
    for count, cache in ((1, 512), (1, 0), (2, 512), (2, 0)):
        with server(replace(base, slots=count, cache_ram_mib=cache)) as bench:
            prompts = [bench.text_of(900, "决策规则"), bench.text_of(600, "撰写规则")]
            for static in prompts:
                bench.ask(turn(static, "你好"), max_tokens=1)
            told = [turn(prompts[i % 2], f"顾客第{i}次问积分怎么用") for i in range(runs * 2)]
            calls = [partial(bench.ask, messages, max_tokens=6) for messages in told]
            label = f"{count} slots, cache {cache} MiB"
            yield {"case": f"{label}, alternating", **median_of(calls)}
            yield {"case": f"{label}, two at once", **median_of([partial(pair, bench, prompts)] * runs)}


def pair(bench: Bench, prompts: list[str]) -> Json:
    """The slower of two simultaneous turns that use different static prompts."""
    with ThreadPoolExecutor(2) as pool:
        told = [turn(prompt, f"{secrets.token_hex(2)}号店几点关门") for prompt in prompts]
        jobs = [pool.submit(bench.ask, messages, max_tokens=6) for messages in told]
        return max((job.result() for job in jobs), key=lambda answer: float(answer["wall_ms"]))


PARTS: dict[str, Callable[[ServeOptions, int], Iterator[Json]]] = {
    "speed": speed, "grammar": grammar, "decide": decide, "slots": slots,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    weights = find(LlmSettings())
    if weights is None:
        sys.exit("no weights here: run `zhike model pull` first")
    base = ServeOptions(
        weights=str(weights), api_key=secrets.token_hex(8), alias="bench", threads=min(2, os.cpu_count() or 1)
    )
    console = Console(width=170)
    results: dict[str, list[Json]] = {}
    for name in given.only or PARTS:
        rows = results[name] = []
        for row in PARTS[name](base, given.runs):
            rows.append(row)
            if not given.json:
                console.print(row, style="dim")
        if not given.json:
            table = Table(*rows[0], title=name)
            for row in rows:
                table.add_row(*(str(value) for value in row.values()))
            console.print(table)
    if given.json:
        sys.stdout.write(json.dumps(results, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
