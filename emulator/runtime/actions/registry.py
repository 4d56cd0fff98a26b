"""The one registry of actions: name, description, parameters with their JSON Schema, result schema."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar, cast

from emulator.domain.errors import ForecourtError
from emulator.runtime.checking import Checker, unknown_name

if typing.TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

NOTHING: dict[str, Any] = {"type": "null"}


class Action(Protocol):
    """A deed with its parameters."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    async def perform(self, emulator: Emulator) -> Any:
        """Do it; raises ActionRefused when it cannot be done now."""


class UnknownAction(ForecourtError):
    """There is no action of that name."""


class BadParameters(ForecourtError):
    """The parameters do not fit the action."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One registered action."""

    name: str
    description: str
    kind: type[Action]
    result: dict[str, Any]


ACTIONS: dict[str, Entry] = {}

A = TypeVar("A", bound=type)


def action(name: str, description: str, result: dict[str, Any] | None = None) -> Callable[[A], A]:
    """Make a class an action: a frozen dataclass whose fields are the parameters."""

    def register(kind: A) -> A:
        made: Any = dataclasses.dataclass(frozen=True)(kind)
        ACTIONS[name] = Entry(name, description, made, result or NOTHING)
        return cast(A, made)

    return register


def parameter(default: Any, description: str, **schema: Any) -> Any:
    """A field with its description and whatever its JSON Schema says beyond the type (minimum, enum ...)."""
    metadata = {"description": description, **schema}
    if isinstance(default, dict | list):
        return dataclasses.field(default_factory=default.copy, metadata=metadata)
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


REQUIRED = dataclasses.MISSING


def load() -> Mapping[str, Entry]:
    """All actions; imports the modules that declare them."""
    from emulator.runtime.actions import breakdowns, files, hardware, link, looking, queue, settings, wire  # noqa: F401

    return ACTIONS


def build(name: str, parameters: Mapping[str, Any]) -> Action:
    """An action from its name and parameters; raises UnknownAction and BadParameters, which say what is wrong."""
    entry = load().get(name)
    if entry is None:
        raise UnknownAction(_sentence(unknown_name(name, ACTIONS, "action")))
    if (mistake := _checker(name).mistake(parameters)) is not None:
        raise BadParameters(f"The action {name!r}: {mistake}.")
    return entry.kind(**{python_name(key): value for key, value in parameters.items()})


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def python_name(parameter_name: str) -> str:
    """The field of a parameter: `set` and the like cannot be told from Python's own words otherwise."""
    return f"{parameter_name}_" if parameter_name in {"set", "id", "type", "all"} else parameter_name


def wire_name(field_name: str) -> str:
    """The parameter of a field."""
    return field_name.rstrip("_")


@cache
def _checker(name: str) -> Checker:
    return Checker(parameters_schema(ACTIONS[name]))


def parameters_schema(entry: Entry) -> dict[str, Any]:
    """The JSON Schema of an action's parameters, generated from its fields."""
    hints = typing.get_type_hints(entry.kind)
    properties, required = {}, []
    for field in dataclasses.fields(entry.kind):
        name = wire_name(field.name)
        properties[name] = {**_type_schema(hints[field.name]), **field.metadata}
        if field.default is not dataclasses.MISSING:
            properties[name]["default"] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            properties[name]["default"] = field.default_factory()
        else:
            required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


PRIMITIVES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
    list: {"type": "array"},
    type(None): {"type": "null"},
    Any: {},
}


def _type_schema(hint: Any) -> dict[str, Any]:
    if hint in PRIMITIVES:
        return dict(PRIMITIVES[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        names = [_type_schema(each).get("type") for each in arguments]
        return {"type": names} if all(isinstance(name, str) for name in names) else {}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in {list, tuple}:
        return {"type": "array", "items": _type_schema(arguments[0])}
    if origin is dict:
        return {"type": "object"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    raise TypeError(f"No JSON Schema for {hint!r}")


def describe() -> list[dict[str, Any]]:
    """Every action with its description and schemas (control.md: describe)."""
    return [
        {
            "name": entry.name,
            "description": entry.description,
            "parameters": parameters_schema(entry),
            "result": entry.result,
        }
        for entry in load().values()
    ]
