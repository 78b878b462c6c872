"""Words that want something done or told, whatever it is.

Pure functions on text. Called by `context` and `turn`; `asking`, `refusals`, `remarks`, `yes_and_more` and `yes_at_length`
hold a message with such words for no mere answer.
"""

import re

ACTS = re.compile(
    "改(?!天)|整个|来个|活人|撤|取消|(?<!不)退|(?:有|能|可以|行).{0,8}[没吗么不]$|换成|换个|约(?!了)|帮|查|看看|看下|给我|问|转|找|要(?!了)|[?？]|吗|怎么|咋|多少|什么|啥|哪|几"
)


def demands(text: str) -> bool:
    """A wish and no question: "那帮我换成L"."""
    return bool(
        re.search(
            "帮我|给我|换成|就换|那换(?!呢|吗|行|可|得)|换个|换一|要换|要退|退掉|退了|退吧|换吧|换了|办(?:理)?(?:退|换)",
            text,
        )
    ) and not re.search("[?？]|吗|么|能|可以|行不", text)
