"""JSON as somebody types it: its value, what is wrong with it and where, and where in the text each field stands."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]\}]+")
_DEEPEST = 100


class Span(NamedTuple):
    """A piece of a text: from `start` up to, not including, `end`."""

    start: int
    end: int


class JsonText(NamedTuple):
    """What a text holds: `value`; or `error` in a sentence, at `error_at` (an index into the text)."""

    value: Any = None
    error: str = ""
    error_at: int = 0
    places: dict[str, Span] = {}  # noqa: RUF012 - never changed

    @property
    def sound(self) -> bool:
        """Whether it is JSON at all."""
        return not self.error


def read_json(text: str) -> JsonText:
    """Parse a text; `places` maps JSON Pointers to where the member (name and value) stands."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return JsonText(error=f"Line {error.lineno}, column {error.colno}: {error.msg}.", error_at=error.pos)
    except (RecursionError, ValueError) as error:
        return JsonText(error=f"This cannot be read: {error}.")
    places: dict[str, Span] = {}
    _Scanner(text, places).value(_skip(text, 0), "", 0)
    return JsonText(value, places=places)


def place_of(read: JsonText, pointer: str) -> Span | None:
    """Where a field stands; of one that is missing, where its nearest parent does."""
    while True:
        if pointer in read.places:
            return read.places[pointer]
        if not pointer:
            return None
        pointer = pointer.rpartition("/")[0]


def pretty(value: Any) -> str:
    """JSON as one edits it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Scanner:
    """Walks over a text that is known to be JSON."""

    def __init__(self, text: str, places: dict[str, Span]) -> None:
        self._text, self._places = text, places

    def value(self, at: int, pointer: str, depth: int, start: int | None = None) -> int:
        """Note the place of a value (from `start`, where its name begins); returns where it ends."""
        head = self._text[at]
        if head in "{[" and depth < _DEEPEST:
            end = self._members(at, pointer, depth, named=head == "{")
        elif head == '"':
            match = _STRING.match(self._text, at)
            end = match.end() if match else len(self._text)
        else:
            match = _SCALAR.match(self._text, at)
            end = match.end() if match else at + 1
        self._places[pointer] = Span(at if start is None else start, end)
        return end

    def _members(self, at: int, pointer: str, depth: int, *, named: bool) -> int:
        number, at = 0, _skip(self._text, at + 1)
        while self._text[at] not in "}]":
            name, start = str(number), at
            if named:
                match = _STRING.match(self._text, at)
                assert match is not None
                name = json.loads(match[0])
                at = _skip(self._text, _skip(self._text, match.end()) + 1)
            step = name.replace("~", "~0").replace("/", "~1")
            at = _skip(self._text, self.value(at, f"{pointer}/{step}", depth + 1, start))
            if self._text[at] == ",":
                at = _skip(self._text, at + 1)
            number += 1
        return at + 1


__all__ = ["JsonText", "Span", "place_of", "pretty", "read_json"]
