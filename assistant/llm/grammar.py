"""A JSON schema as the embedded server's own grammar, without white space between the parts.

Enters: a JSON schema. Leaves: the text of llama-server's `grammar` field (LLGuidance's dialect).
Called by `assistant.llm.chat` for the embedded model. The standard `response_format` works there too, but the
small model then spends two tokens in five on line breaks and indents, and each token costs tens of
milliseconds; measured by ``python -m eval.bench_model --only grammar``.
"""

import json
from collections.abc import Mapping
from typing import Any

COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":", "lenient": True}


def compact_grammar(schema: Mapping[str, Any]) -> str:
    """The grammar of compact JSON that fits `schema`. What LLGuidance does not know is left to validation."""
    guided = {**schema, "x-guidance": COMPACT}
    return f"%llguidance {{}}\nstart: %json {json.dumps(guided, ensure_ascii=False)}"
