"""Turns domain dataclasses into JSON columns and back."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_adapters: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def dump(value: object) -> Any:
    """Plain JSON data of a dataclass."""
    return _adapter(type(value)).dump_python(value, mode="json")


def load(kind: type[T], data: Any) -> T:
    """The dataclass that `dump` came from. Unknown fields of an older version are dropped, missing ones default."""
    value: T = _adapter(kind).validate_python(data)
    return value
