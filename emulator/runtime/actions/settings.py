"""The operator's own hands on settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ActionRefused
from emulator.domain.variables import Author, SetStatus, UnknownName
from emulator.runtime.actions.registry import BadParameters, action, parameter

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

STATUS = {
    "type": "object",
    "properties": {"status": {"enum": ["Accepted", "RebootRequired"]}},
    "required": ["status"],
}
VALUE = {"type": "object", "properties": {"value": {"type": ["string", "null"]}}, "required": ["value"]}


@contextmanager
def _known_names() -> Iterator[None]:
    try:
        yield
    except UnknownName as problem:
        raise ActionRefused(str(problem)) from problem


@action("set_variable", "Writes a setting, read-only ones included.", STATUS)
class SetVariable:
    """Write a variable or a 1.6 key."""

    component: str | None = parameter(None, "component")
    variable: str | None = parameter(None, "variable")
    value: str | int | float | bool = parameter("", "the new value")
    attribute: str = parameter("Actual", "attribute type", enum=["Actual", "Target", "MinSet", "MaxSet"])
    evse: int | None = parameter(None, "EVSE")
    connector: int | None = parameter(None, "connector")
    instance: str | None = parameter(None, "instance of the variable")
    key: str | None = parameter(
        None,
        "a name as --set takes it (a configuration key of 1.6, EVSE#1.Power:MaxSet), instead of component and variable",
    )

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """The value holds at once; refused where it does not fit the variable."""
        value = str(self.value).lower() if isinstance(self.value, bool) else str(self.value)
        if self.key is not None:
            with _known_names():
                outcome = emulator.model.set_named(self.key, value, by=Author.OPERATOR)
        elif self.component and self.variable:
            outcome = emulator.model.set(
                self.component, self.variable, value, self.attribute, self.instance, self.evse, self.connector,
                by=Author.OPERATOR, force=True,
            )  # fmt: skip
        else:
            raise BadParameters("The action 'set_variable' needs component and variable, or key.")
        if outcome.status not in {SetStatus.ACCEPTED, SetStatus.REBOOT_REQUIRED}:
            name = self.key or f"{self.component}.{self.variable}"
            raise ActionRefused(f"{name} was not set: {outcome.sentence or outcome.status}")
        return {"status": str(outcome.status)}


@action("get_variable", "Reads a setting.", VALUE)
class GetVariable:
    """Read a variable or a 1.6 key."""

    component: str | None = parameter(None, "component")
    variable: str | None = parameter(None, "variable")
    attribute: str = parameter("Actual", "attribute type", enum=["Actual", "Target", "MinSet", "MaxSet"])
    evse: int | None = parameter(None, "EVSE")
    connector: int | None = parameter(None, "connector")
    instance: str | None = parameter(None, "instance of the variable")
    key: str | None = parameter(
        None,
        "a name as --set takes it (a configuration key of 1.6, EVSE#1.Power:MaxSet), instead of component and variable",
    )

    async def perform(self, emulator: Emulator) -> dict[str, Any]:
        """The value, also of what a CSMS may not read."""
        if self.key is not None:
            with _known_names():
                return {"value": emulator.model.get_named(self.key)}
        if not self.component or not self.variable:
            raise BadParameters("The action 'get_variable' needs component and variable, or key.")
        outcome = emulator.model.read(
            self.component, self.variable, self.attribute, self.instance, self.evse, self.connector, by=Author.OPERATOR
        )
        if outcome.value is None and outcome.sentence:
            raise ActionRefused(f"{self.component}.{self.variable}: {outcome.sentence}")
        return {"value": outcome.value}
