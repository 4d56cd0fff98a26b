"""The device model's table made fit for one make-up: every variable that such a station has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from emulator.domain.configuration_keys import ConfigurationKey, build_keys
from emulator.domain.variables import (
    ACTUAL,
    Attribute,
    ConnectorMakeup,
    EvseMakeup,
    ReportAttribute,
    ReportRow,
    StationMakeup,
    Variable,
    VariableRef,
    to_text,
)

Row = Mapping[str, Any]
Component = tuple[str, int | None, int | None]


class Place:
    """Where a row of the table is applied: the station, an EVSE or a connector, and the facts of its make-up."""

    __slots__ = ("connector", "evse", "makeup", "profiles")

    def __init__(
        self,
        makeup: StationMakeup,
        profiles: Sequence[str],
        evse: EvseMakeup | None = None,
        connector: ConnectorMakeup | None = None,
    ) -> None:
        self.makeup = makeup
        self.profiles = profiles
        self.evse = evse
        self.connector = connector

    def suits(self, row: Row) -> bool:
        """Whether the row is for this tier and this kind of current."""
        scope = "connector" if self.connector else "evse" if self.evse else "station"
        if row.get("scope", "station") != scope:
            return False
        applies = row.get("applies", "all")
        return applies == "all" or (self.evse is not None and self.evse.dc == (applies == "dc"))

    def name(self, component: str, row: Row) -> VariableRef:
        """The variable's full name at this place."""
        evse = self.evse.id if self.evse else None
        connector = self.connector.id if self.connector else None
        return VariableRef(component, row["variable"], row.get("instance"), evse, connector)


def _evse(place: Place) -> EvseMakeup:
    assert place.evse is not None
    return place.evse


def _connector_type(place: Place) -> str:
    assert place.connector is not None
    return place.connector.type


def _rotation(phases: int) -> str:
    return {3: "RST", 2: "RSx", 1: "Rxx"}.get(phases, "")


def _station_phases(place: Place) -> int:
    # A station of DC outlets alone is still fed with three phases.
    return max((evse.phases for evse in place.makeup.evses if not evse.dc), default=3)


def _evse_phases(place: Place) -> int:
    evse = _evse(place)
    return 0 if evse.dc else evse.phases


FACTS: dict[str, Callable[[Place], object]] = {
    "station_phases": _station_phases,
    "station_phase_rotation": lambda place: _rotation(_station_phases(place)),
    "evse_phases": _evse_phases,
    "evse_phase_rotation": lambda place: _rotation(_evse_phases(place)),
    "max_power_w": lambda place: _evse(place).max_power_w,
    "connector_type": _connector_type,
    "number_of_connectors": lambda place: sum(len(evse.connectors) for evse in place.makeup.evses),
    "feature_profiles": lambda place: place.profiles,
}


class DeviceSchema:
    """All variables and configuration keys of a make-up; built once, shared by every station of it.

    `variables` is in the table's order, `shown` are those that a CSMS of 2.x may know, `components` their components
    (in lower case).
    """

    __slots__ = (
        "_by_lower", "_keys_by_lower", "actual", "by_name", "components", "keyed_kinds", "keys", "kinds", "makeup",
        "shown", "variables",
    )  # fmt: skip

    def __init__(self, makeup: StationMakeup, variables: list[Variable], keys: Mapping[str, ConfigurationKey]) -> None:
        self.makeup = makeup
        self.variables = tuple(variables)
        self.shown = tuple(variable for variable in variables if not variable.hidden)
        self.keys = dict(keys)
        self.actual: dict[VariableRef, Attribute] = {variable.ref: variable.actual for variable in variables}
        self.by_name: dict[str, Attribute] = {a.name: a for variable in variables for a in variable.attributes}
        self._by_lower = {_lower(variable.ref): variable for variable in variables}
        self.components: set[Component] = {(v.ref.component.lower(), v.ref.evse, v.ref.connector) for v in self.shown}
        self.kinds = frozenset(variable.kind for variable in variables)
        self.keyed_kinds = frozenset(variable.kind for variable in variables if variable.keys)
        self._keys_by_lower = {key.name.lower(): key for key in keys.values()}

    def find(
        self, component: str, variable: str, instance: str | None, evse: int | None, connector: int | None
    ) -> Variable | None:
        """The variable of that name, hidden ones too; case does not matter, an empty instance is none (B06.FR.15)."""
        ref = VariableRef(component, variable, instance or None, evse, connector)
        attribute = self.actual.get(ref)
        return attribute.variable if attribute else self._by_lower.get(_lower(ref))

    def key(self, name: str) -> ConfigurationKey | None:
        """The configuration key of that name; 1.6 compares names without regard to case."""
        return self.keys.get(name) or self._keys_by_lower.get(name.lower())


def _lower(ref: VariableRef) -> VariableRef:
    instance = None if ref.instance is None else ref.instance.lower()
    return VariableRef(ref.component.lower(), ref.variable.lower(), instance, ref.evse, ref.connector)


def build_schema(makeup: StationMakeup, model_table: Row, key_table: Row) -> DeviceSchema:
    """The schema of a make-up, from the two tables as read (resources/device_model.json, configuration_keys.json)."""
    built = frozenset(model_table["built"])
    profiles = [name for name, function in key_table["profiles"].items() if not function or function in built]
    places = list(_places(makeup, profiles))
    variables = [
        _variable(place, component, row, model_table["lists"], built)
        for component, rows in model_table["components"].items()
        for place in places
        for row in rows
        if place.suits(row)
    ]
    by_name = {str(variable.ref): variable for variable in variables}
    return DeviceSchema(makeup, variables, build_keys(key_table["keys"], makeup, by_name, built))


def _places(makeup: StationMakeup, profiles: Sequence[str]) -> Iterator[Place]:
    yield Place(makeup, profiles)
    for evse in makeup.evses:
        yield Place(makeup, profiles, evse)
        for connector in evse.connectors:
            yield Place(makeup, profiles, evse, connector)


def _variable(
    place: Place, component: str, row: Row, lists: Mapping[str, Sequence[str]], built: frozenset[str]
) -> Variable:
    variable = Variable(place.name(component, row), row["type"])
    function = row.get("function", "")
    unbuilt = bool(function) and function not in built
    values = row.get("values", ())
    variable.values = tuple(lists[values] if isinstance(values, str) else values)
    variable.unit = row.get("unit")
    variable.minimum = row.get("min")
    variable.maximum = float(str(FACTS[row["max_fact"]](place))) if "max_fact" in row else row.get("max")
    variable.minimum_length = row.get("min_length", 0)
    variable.characters = row.get("characters", "")
    variable.phased = row.get("phases", False)
    variable.secret = row.get("secret", False)
    variable.supports_monitoring = row.get("monitoring", False)
    variable.reboot_required = row.get("reboot", False)
    variable.function = function if unbuilt else ""
    # What 1.6 has already stays hidden from a CSMS of 2.x until its dialect has it too.
    only_1x = row.get("only_1x", False) or row.get("function_2x", "") not in {"", *built}
    variable.hidden = only_1x or (unbuilt and "unbuilt" not in row)
    variable.attributes = tuple(_attributes(variable, place, row))
    variable.actual = variable.attributes[0]
    variable.report_row = report_row(variable, lambda attribute: attribute.default or "")
    return variable


def _attributes(variable: Variable, place: Place, row: Row) -> Iterator[Attribute]:
    default = to_text(FACTS[row["fact"]](place)) if "fact" in row else row["default"]
    mutability, constant = row.get("mutability", "ReadOnly"), row.get("constant", False)
    sockets = any(not connector.attached_cable for evse in place.makeup.evses for connector in evse.connectors)
    if variable.function and "unbuilt" in row:  # what is not built says so, and nobody can switch it on
        default, mutability, constant = row["unbuilt"], "ReadOnly", True
    elif "fixed_without_socket" in row and not sockets:  # Part 2, 2.1.12: read-only and false with fixed cables alone
        default, mutability, constant = row["fixed_without_socket"], "ReadOnly", True
    persistent = row.get("persistent", constant or mutability != "ReadOnly")
    yield Attribute(variable, ACTUAL, mutability, default, persistent=persistent, constant=constant)
    for kind, other in row.get("attributes", {}).items():
        yield Attribute(variable, kind, other, None, persistent=other != "ReadOnly", constant=False)


def report_row(variable: Variable, text_of: Callable[[Attribute], str]) -> ReportRow:
    """The variable as a report tells it, with its values by `text_of`; a write-only value is left out (B07.FR.03)."""
    return ReportRow(
        variable,
        tuple(
            ReportAttribute(
                a.type, None if a.mutability == "WriteOnly" else text_of(a), a.mutability, a.persistent, a.constant
            )
            for a in variable.attributes
        ),
    )
