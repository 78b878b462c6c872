"""One token from the model, to see that it answers and how fast.

Enters: an address and a key. Leaves: milliseconds. Called by `zhike model status`; plain HTTP, so that it
starts fast.
"""

import time

import httpx

from assistant.errors import ModelDown


def ping(base_url: str, api_key: str, model: str, timeout_s: float = 10.0) -> int:
    """Milliseconds for one token from `base_url` (which ends in `/v1`). Raises `ModelDown`."""
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "你好"}]}
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    begin = time.perf_counter()
    try:
        answer = httpx.post(f"{base_url.rstrip('/')}/chat/completions", json=body, headers=headers, timeout=timeout_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelDown(f"连不上模型接口（{type(error).__name__}）") from error
    if answer.status_code != httpx.codes.OK:
        raise ModelDown(f"模型接口返回 {answer.status_code}")
    return round((time.perf_counter() - begin) * 1000)
