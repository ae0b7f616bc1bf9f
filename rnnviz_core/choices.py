"""Closed choices: a value that is none of them is refused with the list of those that are."""

from enum import StrEnum
from typing import TypeVar, cast

from .errors import SpecError, unknown_choice

E = TypeVar("E", bound=StrEnum)


def choice(enum: type[E], value: object) -> E:
    """The member of `enum` with this value, or a `SpecError` that lists the members."""
    try:
        return enum(cast(str, value))
    except ValueError:
        raise SpecError(unknown_choice(enum.__name__.lower(), value, list(enum))) from None
