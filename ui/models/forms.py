"""What a form is made of."""

from __future__ import annotations

from typing import Any, NamedTuple


class FormField(NamedTuple):
    """A field: `kind` is text, integer, number, choice, boolean or json; an empty one is left out."""

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    default: Any = None
    description: str = ""
    required: bool = False


__all__ = ["FormField"]
