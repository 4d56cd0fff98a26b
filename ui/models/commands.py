"""Every command by name: those of the menus, and every action of the registry with its parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ui.models.forms import FormField


class BadValue(ValueError):
    """What was typed fits no parameter; the text is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done: `run` does it at once, `schema` is that of the parameters it asks for first."""

    title: str
    group: str = ""
    keys: str = ""
    hint: str = ""
    enabled: bool = True
    run: Callable[[], object] | None = None
    action: str = ""
    schema: Mapping[str, Any] | None = None

    @property
    def words(self) -> str:
        """What a search looks at."""
        return f"{self.title} {self.group} {self.hint}".casefold()


def action_commands(described: Iterable[Mapping[str, Any]]) -> list[Command]:
    """The actions of the registry (its `describe`)."""
    return [
        Command(
            title=each["name"],
            group=_parameters_words(each["parameters"]),
            hint=each["description"],
            action=each["name"],
            schema=each["parameters"],
        )
        for each in described
    ]


def _parameters_words(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", [])
    return ", ".join(f"{name}*" if name in required else name for name in schema.get("properties", {}))


def search(commands: Sequence[Command], text: str) -> list[Command]:
    """Those that have every word; the title's beginning first, then the title, then the rest."""
    words = text.casefold().split()
    found = [command for command in commands if all(word in command.words for word in words)]
    if not words:
        return found

    def rank(command: Command) -> tuple[bool, bool, bool]:
        title = command.title.casefold()
        return not command.enabled, not title.startswith(words[0]), not all(word in title for word in words)

    return sorted(found, key=rank)


def form_fields(schema: Mapping[str, Any]) -> list[FormField]:
    """The form of an action's parameters."""
    required = schema.get("required", [])
    return [
        FormField(
            name=name,
            kind=_kind(part),
            choices=tuple(str(choice) for choice in part.get("enum", ()) if choice is not None),
            default=part.get("default"),
            description=str(part.get("description", "")),
            required=name in required,
        )
        for name, part in schema.get("properties", {}).items()
    ]


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "choice"
    kinds = [kind for kind in _types(schema) if kind != "null"]
    if kinds == ["boolean"] and "null" not in _types(schema):
        return "boolean"
    if kinds == ["boolean"]:
        return "json"
    if not kinds or set(kinds) & {"object", "array"}:
        return "json"
    return "text" if "string" in kinds else kinds[0]


def parameters(schema: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as an action's parameters; what is left at its default is left out. Raises BadValue."""
    found: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        if name not in typed:
            continue
        value = _converted(name, part, typed[name])
        if "default" not in part or value != part["default"]:
            found[name] = value
    return found


def _converted(name: str, schema: Mapping[str, Any], text: Any) -> Any:
    if not isinstance(text, str):
        return text
    types = _types(schema)
    if "enum" in schema:
        return next((choice for choice in schema["enum"] if str(choice) == text), text)
    for kind, convert in (("integer", int), ("number", float)):
        if kind in types and "string" not in types:
            try:
                return convert(text)
            except ValueError:
                raise BadValue(f"{name} must be a number, not {text!r}.") from None
    if "string" in types and not set(types) & {"object", "array"}:
        return text
    return _json(name, text, plain="string" in types)


def _json(name: str, text: str, *, plain: bool) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if plain:
            return text
        raise BadValue(f"{name} must be JSON, such as {{}} or []: {error}.") from None


__all__ = ["BadValue", "Command", "action_commands", "form_fields", "parameters", "search"]
