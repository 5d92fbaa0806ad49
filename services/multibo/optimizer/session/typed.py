"""Whether a value decoded from a stranger's JSON is what its annotations say.

Constructors do not look at annotations; arithmetic on a string comes later, as a
fault of ours.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

MAX_INTEGER: Final = 2**63
MAX_CHARACTERS: Final = 1_000


def check_types(value: Any) -> None:
    """Refuse a dataclass with a field of another type, or of unheard-of size.

    Args:
        value: an instance; its fields are checked as well.

    Raises:
        TypeError: if a field is not what it is annotated as: numbers are finite
            and below 2^63, strings are short and can be written as UTF-8.
    """
    kind: Any = type(value)
    for name, hint in _hints(kind).items():
        if not _fits(getattr(value, name), hint):
            raise TypeError(f"{name} is not as declared")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    if origin is tuple:
        return isinstance(value, tuple) and _fit(value, get_args(hint))
    if hint is float:
        return type(value) in (int, float) and _is_small(value)
    if type(value) is not hint:  # a bool is no int here
        return False
    return _is_sound(value)


def _fit(values: tuple[object, ...], hints: tuple[Any, ...]) -> bool:
    if hints[-1] is ...:
        return all(_fits(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(_fits, values, hints))


def _is_sound(value: Any) -> bool:
    if isinstance(value, str) and not isinstance(value, Enum):
        return len(value) <= MAX_CHARACTERS and _is_text(value)
    if type(value) is int:
        return _is_small(value)
    if is_dataclass(value):
        check_types(value)
    return True


def _is_small(number: Any) -> bool:
    return abs(number) <= MAX_INTEGER if type(number) is int else math.isfinite(number)


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
