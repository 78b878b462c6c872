"""The HTTP contract of a retailer's systems, derived from the ports: one operation a method, nothing written twice.

`POST /v1/{family}/{method}` with the method's arguments as a JSON object; the answer is the method's fact as JSON.
Errors are 422 with `{"error": {"kind": refused | unknown | need_login, …}}`; anything else means that the backend is
down. The client (`assistant.merchant.http`), the check (`zhike check-backend`), a reference server in the tests and
the OpenAPI document all stand on `operations()`.
"""

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import TypeAdapter, create_model
from pydantic.json_schema import models_json_schema

from tools.errors import NeedLogin, Option, ToolError, ToolRefused, UnknownThing
from tools.ports import (
    AppointmentsPort,
    CouponsPort,
    InventoryPort,
    MembershipPort,
    OrdersPort,
    PointsPort,
    StoresPort,
)

FAMILIES: dict[str, type] = {
    "membership": MembershipPort,
    "points": PointsPort,
    "coupons": CouponsPort,
    "orders": OrdersPort,
    "inventory": InventoryPort,
    "stores": StoresPort,
    "appointments": AppointmentsPort,
}


@dataclass(frozen=True)
class Operation:
    """One method of one port."""

    family: str
    method: str
    arguments: dict[str, Any]
    answer: Any
    doc: str

    @property
    def path(self) -> str:
        return f"/v1/{self.family}/{self.method}"

    @property
    def writes(self) -> bool:
        """True where the method takes an idempotency key."""
        return "key" in self.arguments

    @cached_property
    def reads_answer(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.answer)

    @cached_property
    def body(self) -> Any:
        """The Pydantic model of the request."""
        fields: dict[str, Any] = {name: (kind, ...) for name, kind in self.arguments.items()}
        return create_model(f"{self.family.title()}{self.method.title().replace('_', '')}Request", **fields)


def operations() -> list[Operation]:
    """Every operation, in the order of the ports."""
    found = []
    for family, port in FAMILIES.items():
        for name, method in inspect.getmembers(port, inspect.isfunction):
            if name.startswith("_"):
                continue
            hints = get_type_hints(method)
            answer = hints.pop("return")
            found.append(Operation(family, name, hints, answer, inspect.getdoc(method) or ""))
    return found


def error_body(error: ToolError) -> dict[str, Any]:
    """How a refusal travels."""
    if isinstance(error, ToolRefused):
        return {"error": {"kind": "refused", "code": error.code, "public": error.public}}
    if isinstance(error, UnknownThing):
        suggestions = [[option.value, option.label] for option in error.suggestions]
        return {"error": {"kind": "unknown", "slot": error.slot, "public": error.public, "suggestions": suggestions}}
    if isinstance(error, NeedLogin):
        return {"error": {"kind": "need_login"}}
    raise TypeError(f"{type(error).__name__} is not part of the contract")


def error_from(body: Any) -> ToolError | None:
    """The refusal in a 422 body, None where it is not one."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    kind, public = error.get("kind"), str(error.get("public", ""))[:300]
    if kind == "refused" and public:
        return ToolRefused(str(error.get("code", "")), public)
    if kind == "unknown" and public:
        return UnknownThing(str(error.get("slot", "")), public, _suggestions(error.get("suggestions")))
    return NeedLogin() if kind == "need_login" else None


def _suggestions(raw: Any) -> tuple[Option, ...]:
    """Pairs of value and label; what is no pair is left out."""
    pairs = raw if isinstance(raw, list) else []
    return tuple(Option(str(p[0]), str(p[1])) for p in pairs if isinstance(p, list) and len(p) == 2)


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the contract."""
    made = operations()
    bodies, schemas = models_json_schema(
        [(o.body, "validation") for o in made], ref_template="#/components/schemas/{model}"
    )
    answers, shared = TypeAdapter.json_schemas(
        [(o.path, "serialization", o.reads_answer) for o in made], ref_template="#/components/schemas/{model}"
    )
    paths = {}
    for o in made:
        refusal = {"description": "Refused by a rule, unknown, or not a member", "content": {"application/json": {}}}
        answer = answers[(o.path, "serialization")]
        paths[o.path] = {
            "post": {
                "operationId": f"{o.family}_{o.method}",
                "summary": o.doc.split("\n")[0] or f"{o.family} {o.method}",
                "x-writes": o.writes,
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": bodies[(o.body, "validation")]}},
                },
                "responses": {
                    "200": {"description": "The fact", "content": {"application/json": {"schema": answer}}},
                    "422": refusal,
                },
                "security": [{"bearer": []}],
            }
        }
    components = {**schemas.get("$defs", {}), **shared.get("$defs", {})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Zhike retailer backend", "version": "1", "description": (__doc__ or "").strip()},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
