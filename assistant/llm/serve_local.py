"""The embedded model's own process: one llama-server on loopback, gone when its owner goes.

Enters: one JSON line on stdin (see `ServeOptions`), so that the API key never stands in a process list.
Leaves: one JSON line ``{"url": "http://127.0.0.1:PORT"}`` on stdout once the model answers; llama.cpp's log
on stderr. Stdin then stays open: its end means that the owner is gone, even by SIGKILL, and the process
ends too. Called by `assistant.llm.local` as ``python -m assistant.llm.serve_local``, and by the benchmark.
"""

import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ServeOptions:
    """How to run the server. `context_tokens` is per slot; one slot answers one request at a time."""

    weights: str
    api_key: str
    alias: str
    threads: int
    context_tokens: int = 4096
    slots: int = 1
    cache_ram_mib: int = 512
    batch: int = 512
    kv_type: str = "f16"
    flash_attention: str = "auto"
    threads_batch: int = 0  # 0: as `threads`

    def to_line(self) -> str:
        """The line that this process reads."""
        return json.dumps(asdict(self)) + "\n"


def build_params(options: ServeOptions) -> Any:
    """llama.cpp's parameters for `options`."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.weights
    params.model_alias = {options.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [options.api_key]
    params.ui = False
    params.cors_origins = ""
    params.endpoint_slots = False
    params.offline = True
    params.verbosity = 1  # prompts must not reach the log
    params.n_ctx = options.context_tokens * options.slots
    params.n_parallel = options.slots
    params.n_threads_http = 4
    params.n_batch = options.batch
    params.n_ubatch = options.batch
    params.cache_ram_mib = options.cache_ram_mib
    params.embedding = True  # beside completions: the state after a text's last token
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads_batch or options.threads
    kind = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{options.kv_type.upper()}")
    params.cache_type_k = kind
    params.cache_type_v = kind
    params.flash_attn_type = {
        "auto": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO,
        "on": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED,
        "off": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED,
    }[options.flash_attention]
    return params


def _leave_with_owner() -> None:
    # A raw read: no buffered reader may hold a lock while the interpreter goes down.
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    """Serve until the owner closes stdin."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            return
        line += piece
    options = ServeOptions(**json.loads(line))
    watch = threading.Thread(target=_leave_with_owner, daemon=True)
    watch.start()

    import xllamacpp

    server = xllamacpp.Server(build_params(options))
    sys.stdout.write(json.dumps({"url": server.listening_address}) + "\n")
    sys.stdout.flush()
    watch.join()


if __name__ == "__main__":
    main()
