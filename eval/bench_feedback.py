"""How many comments a second on this machine, and in how much memory?

`zhike bench feedback [--items N] [--processes P] [--deep] [--json]`. Enters: nothing; comments are made of our own
sentences. Leaves: items a second, seconds for 100,000, peak memory of a process. Measure on an otherwise idle machine.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from random import Random

from rich.console import Console

from assistant.config import Settings
from assistant.feedback.examples import retail
from assistant.feedback.stream import BATCH
from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import load
from vectorstore.embed import embedder

AIM = (100_000, 480)  # items, seconds


def comments(count: int, seed: int) -> list[str]:
    """One to three sentences each."""
    rows = [r.text for r in retail(load(ASPECTS))]
    rng = Random(seed)
    return ["，".join(rng.sample(rows, rng.choice((1, 1, 2, 3)))) for _ in range(count)]


def work(job: tuple[int, int, bool]) -> tuple[int, int, float, int]:
    """Tag in one process: items, characters, seconds, peak memory in KiB."""
    count, seed, deep = job
    texts = comments(count, seed)
    tagger = Tagger.shipped(embed=embedder(Settings().retrieval.embedding_model).queries if deep else None)
    tagger.tag_many(texts[:BATCH])
    started = time.perf_counter()
    for at in range(0, count, BATCH):
        tagger.tag_many(texts[at : at + BATCH])
    seconds = time.perf_counter() - started
    return count, sum(map(len, texts)), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(items: int, processes: int, deep: bool) -> dict[str, float]:
    """Figures of all processes together."""
    jobs = [(items // processes, seed, deep) for seed in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        found = pool.map(work, jobs)
    rate = sum(count / seconds for count, _, seconds, _ in found)
    return {
        "items": sum(f[0] for f in found),
        "mean_chars": round(sum(f[1] for f in found) / sum(f[0] for f in found), 1),
        "processes": processes,
        "per_second": round(rate, 1),
        "seconds_for_100000": round(AIM[0] / rate, 1),
        "aim_seconds": AIM[1],
        "peak_mib_a_process": round(max(f[3] for f in found) / 1024, 1),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="zhike bench feedback", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--deep", action="store_true", help="embed the doubtful")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = measure(options.items, options.processes, options.deep)
    if options.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        for name, value in report.items():
            Console().print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
