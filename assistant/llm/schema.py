"""Read and check schema-constrained answers.

Enters: OpenAI's `response_format` field, the text of an answer. Leaves: the schema, or the checked object.
Called by `assistant.llm.door`.
"""

import json
from collections.abc import Mapping
from typing import Any

from assistant.llm.gate import AttemptError


def schema_of(response_format: Any) -> dict[str, Any] | None:
    """The JSON schema inside a `response_format` field, or None where it names none."""
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        return None
    schema = (response_format.get("json_schema") or {}).get("schema")
    return dict(schema) if isinstance(schema, Mapping) else None


def response_format(schema: Mapping[str, Any], name: str = "answer") -> dict[str, Any]:
    """The `response_format` field that asks for `schema`."""
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": dict(schema)}}


def check(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The object in `text`. Raises `AttemptError("off_schema")`, which names the place, never the text."""
    from jsonschema import Draft202012Validator

    try:
        value = json.loads(text)
    except ValueError:
        raise AttemptError("off_schema", "the answer is not JSON") from None
    if not isinstance(value, dict):
        raise AttemptError("off_schema", "the answer is not a JSON object")
    for error in Draft202012Validator(dict(schema)).iter_errors(value):
        where = "/".join(str(part) for part in error.absolute_path) or "the object"
        raise AttemptError("off_schema", f"{where} breaks the rule {error.validator!r}")
    return value
