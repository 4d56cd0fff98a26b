"""What is wrong with values that people write (parameters of actions, station files), said in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_LONGEST_VALUE = 60


class Checker:
    """Checks values against one JSON Schema, compiled when first needed; `noun` is what a property is called."""

    __slots__ = ("_noun", "_schema", "_validator")

    def __init__(self, schema: Schema, noun: str = "parameter") -> None:
        self._schema = schema
        self._noun = noun
        self._validator: Any = None

    def mistake(self, value: Any) -> str | None:
        """The first thing that is wrong, as a sentence without its full stop; None when nothing is."""
        if self._validator is None:
            import jsonschema_rs

            self._validator = jsonschema_rs.validator_for(dict(self._schema), validate_formats=True)
        try:
            errors = list(self._validator.iter_errors(value))
        except ValueError as error:
            return f"the value cannot be written as JSON: {error}"
        if not errors:
            return None
        # A mistyped name makes the right one missing: the mistyping is what people want to hear of.
        errors.sort(key=lambda error: error.kind.name != "additionalProperties")
        return self._sentence(errors[0])

    def _sentence(self, error: Any) -> str:
        path, keyword = list(error.instance_path), error.kind.name
        holder = _follow(self._schema, error.schema_path[: -1 if error.schema_path else None])
        where = place(path)
        if keyword == "additionalProperties":
            unknown = str(error.kind.unexpected[0])
            return (f"{where}: " if where else "") + unknown_name(unknown, holder.get("properties", {}), self._noun)
        if keyword == "required":
            return (f"{where}: " if where else "") + f"the {self._noun} {error.kind.property!r} is missing"
        return f"{where or 'the value'} must be {expected(holder)}, not {shown(error.instance)}"


def expected(schema: Schema) -> str:
    """What a value must be, in words: "a number from 0 to 100", "one of ac, dc"."""
    if "enum" in schema:
        words = [shown(word) if word is None else str(word) for word in schema["enum"]]
        return f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    if schema.get("format") == "date-time":
        return "a date and time such as 2026-01-05T12:00:00Z"
    if "anyOf" in schema:
        return " or ".join(expected(part) for part in schema["anyOf"])
    named = schema.get("type", "a value of another kind")
    kinds = [named] if isinstance(named, str) else list(named)
    words = [_TYPE_WORDS.get(kind, kind) for kind in kinds if kind != "null" or len(kinds) == 1]
    nullable = " or null" if "null" in kinds and len(kinds) > 1 else ""
    return " or ".join(words) + _limits(schema) + nullable


def _limits(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    if high is not None:
        return f" of at most {high}"
    if (above := schema.get("exclusiveMinimum")) is not None:
        return f" greater than {above}"
    if (longest := schema.get("maxLength")) is not None:
        return f" of {schema.get('minLength', 0)} to {longest} characters"
    if schema.get("minLength"):
        return " that is not empty"
    if "items" in schema:
        some = " that is not empty," if schema.get("minItems") else ""
        return f"{some} whose members are each {expected(schema['items'])}"
    return ""


def shown(value: Any) -> str:
    """A value as people wrote it, shortened."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def place(path: Sequence[str | int]) -> str:
    """Where in a value: vehicle.soc, parts[2]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def unknown_name(name: str, known: Collection[str], noun: str) -> str:
    """That a name is not known, with the nearest one that is; without a full stop."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), [each.lower() for each in known], n=1, cutoff=0.5)
    right = next((each for each in known if near and each.lower() == near[0]), None)
    hint = f"did you mean {right!r}?" if right else f"there is {', '.join(known) or 'none'}"
    return f"there is no {noun} {name!r} ({hint})"


def _follow(schema: Any, path: Sequence[str | int]) -> Schema:
    for step in path:
        schema = schema[step]
    found: Schema = schema
    return found
