"""Turns domain dataclasses into JSON columns and back."""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)


def dump(value: object) -> Any:
    """Plain JSON data of a dataclass."""
    return _adapter(type(value)).dump_python(value, mode="json")


def load(kind: type[T], data: Any) -> T:
    """The dataclass that `dump` came from. Unknown fields of an older version are dropped, missing ones default."""
    return _adapter(kind).validate_python(data)
