"""Structured logs on stderr: one JSON object a line (or coloured lines on a terminal). Ids only, never message text.

Metrics live here too, so that every room can count without importing the web.
"""

import logging
import sys
from typing import TextIO, cast

import structlog
from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("zhike_turns_total", "Shopper turns finished", ["tier", "action"])
TURN_SECONDS = Histogram(
    "zhike_turn_seconds", "Seconds from claim to committed reply", ["tier"],
    buckets=(0.02, 0.05, 0.1, 0.15, 0.3, 0.6, 1, 1.5, 2.5, 4.5, 8, 15, 30),
)  # fmt: skip
MODEL_CALLS = Counter("zhike_model_calls_total", "Calls to the language model", ["purpose", "outcome"])
TOOL_CALLS = Counter("zhike_tool_calls_total", "Calls of tools", ["tool", "outcome"])
INBOX_WAITING = Gauge("zhike_inbox_waiting", "Messages accepted and not yet answered")
WECHAT_PUSHES = Counter(
    "zhike_wechat_pushes_total", "Pushes from WeChat by meaning, or by why they were refused", ["kind"]
)
WECHAT_ERRORS = Counter("zhike_wechat_errors_total", "Error codes that WeChat answered to our calls", ["code"])
MOMENTS = Counter("zhike_moments_total", "Events of the retailer, and what they led to", ["type", "outcome"])
DELIVERIES = Counter("zhike_deliveries_total", "Answers on their way", ["channel", "outcome"])
REWARDS = Counter("zhike_survey_rewards_total", "Rewards of finished surveys", ["outcome"])
GUARD_BLOCKS = Counter("zhike_guard_blocks_total", "Model texts that were replaced by a template", ["reason"])


class _Stderr:
    """Standard error as it is when a line is written: it may be exchanged while the process runs."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Set up logging for the process. `as_json` defaults to True unless stderr is a terminal."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else structlog.dev.ConsoleRenderer()
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that says which room speaks."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger(room=name)
    return log
