"""Station files: TOML in, a StationConfiguration out; whatever is wrong is named with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.domain.station import Cable, Current
from emulator.domain.tokens import IdTokenType
from emulator.domain.vehicle import Vehicle
from emulator.runtime.checking import Checker, shown, unknown_name
from emulator.runtime.configuration import (
    BadConfiguration,
    Card,
    ConnectionConfiguration,
    ConnectorConfiguration,
    EvseConfiguration,
    StationConfiguration,
)
from emulator.runtime.vehicle_fields import BadVehicle, vehicle_values

Table = dict[str, Any]

# ConnectorEnumType of OCPP 2.0.1.
CONNECTOR_TYPES = (
    "cCCS1", "cCCS2", "cG105", "cTesla", "cType1", "cType2", "s309-1P-16A", "s309-1P-32A", "s309-3P-16A",
    "s309-3P-32A", "sBS1361", "sCEE-7-7", "sType2", "sType3", "Other1PhMax16A", "Other1PhOver16A", "Other3Ph", "Pan",
    "wInductive", "wResonant", "Undetermined", "Unknown",
)  # fmt: skip

OCPP_VERSIONS = ("1.2", "1.5", "1.6", "1.6s", "2.0.1", "2.1")


def _text(longest: int, shortest: int = 0) -> Table:
    return {"type": "string", "minLength": shortest, "maxLength": longest}


_ABOVE_0 = {"type": "number", "exclusiveMinimum": 0}
_NUMBER = {"type": "integer", "minimum": 1}
# The lengths are those of the messages that carry them (BootNotification of 2.0.1, its device model).
_TABLES: dict[str, Table] = {
    "station": {
        "id": _text(48, 1),
        "vendor": _text(50),
        "model": _text(20),
        "serial_number": _text(25),
        "firmware_version": _text(50),
        "iccid": _text(20),
        "imsi": _text(20),
        "meter_type": _text(25),
        "meter_serial_number": _text(25),
    },
    "connection": {
        "url": {"type": "string"},
        "ocpp": {"type": "array", "items": {"enum": list(OCPP_VERSIONS)}, "minItems": 1},
        "security_profile": {"type": "integer", "minimum": 0, "maximum": 3},
        "user": {"type": "string"},
        "ca": {"type": "string"},
        "certificate": {"type": "string"},
        "key": {"type": "string"},
    },
    "evse": {
        "id": _NUMBER,
        "max_power_kw": _ABOVE_0,
        "phases": {"enum": [1, 3]},
        "voltage": _ABOVE_0,
        "current": {"enum": [str(current) for current in Current]},
        "connector": {"type": "array", "items": {"type": "object"}, "minItems": 1},
    },
    "connector": {
        "id": _NUMBER,
        "type": {"enum": list(CONNECTOR_TYPES)},
        "cable": {"enum": [str(cable) for cable in Cable]},
        "max_current_a": _ABOVE_0,
    },
    "reader": {"layout": {"enum": ["shared", "per-evse"]}, "master_pass_ui": {"type": "boolean"}},
    "token": {
        "id": _text(36, 1),
        "type": {"enum": [str(kind) for kind in IdTokenType]},
        "label": {"type": "string"},
    },
}
_LISTS = ("evse", "token", "vehicle")
_SECTIONS = ("station", "connection", "evse", "reader", "token", "vehicle", "settings")


class _Wrong(Exception):
    """Something in the file is wrong; the text says where and what, without a full stop."""


def load_station_file(path: Path) -> StationConfiguration:
    """The station that a file describes; raises BadConfiguration with one sentence."""
    tables = _parsed(path)
    try:
        return _configuration(tables, path.parent)
    except _Wrong as wrong:
        raise BadConfiguration(f"The station file {path}: {wrong}.") from None


def _parsed(path: Path) -> Table:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadConfiguration(f"There is no station file {path}.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadConfiguration(f"The station file {path} cannot be read: {reason}.") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"The station file {path} is not a text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"The station file {path} is not TOML: {error}.") from error
    except RecursionError:
        raise BadConfiguration(f"The station file {path} is nested too deeply.") from None


def _configuration(tables: Table, folder: Path) -> StationConfiguration:
    for name, content in tables.items():
        _check_section(name, content)
    station = _checked("station", tables.get("station", {}), "[station]")
    values: Table = {**station, **_reader(tables)}
    values["connection"] = _connection(tables, folder)
    if "evse" in tables:
        values["evses"] = tuple(_evse(number, table) for number, table in enumerate(tables["evse"], 1))
    if "token" in tables:
        values["cards"] = tuple(_card(number, table) for number, table in enumerate(tables["token"], 1))
    if "vehicle" in tables:
        values["vehicles"] = _vehicles(tables["vehicle"])
    values["settings"] = tuple(_settings(tables.get("settings", {})))
    return StationConfiguration(**values)


def _check_section(name: str, content: Any) -> None:
    if name not in _SECTIONS:
        raise _Wrong(unknown_name(name, _SECTIONS, "table"))
    is_list = isinstance(content, list) and all(isinstance(part, dict) for part in content)
    if name in _LISTS and not is_list:
        raise _Wrong(f"{name} must be written as [[{name}]], once for each")
    if name not in _LISTS and not isinstance(content, dict):
        raise _Wrong(f"{name} must be written as [{name}], once")


_checkers: dict[str, Checker] = {}


def _checked(name: str, table: Table, place: str) -> Table:
    checker = _checkers.get(name)
    if checker is None:
        schema = {"type": "object", "properties": _TABLES[name], "additionalProperties": False}
        checker = _checkers[name] = Checker(schema, "key")
    if (mistake := checker.mistake(table)) is not None:
        raise _Wrong(f"{place}: {mistake}")
    return table


def _reader(tables: Table) -> Table:
    reader = _checked("reader", tables.get("reader", {}), "[reader]")
    names = {"layout": "reader_layout", "master_pass_ui": "master_pass_ui"}
    return {names[key]: value for key, value in reader.items()}


def _connection(tables: Table, folder: Path) -> ConnectionConfiguration:
    written = tables.get("connection", {})
    if "password" in written:
        raise _Wrong(
            "[connection]: a password must not lie in a file that people pass on; take its line out and give the"
            " password by --password or FORECOURT_PASSWORD"
        )
    values = dict(_checked("connection", written, "[connection]"))
    if "ocpp" in values:
        values["ocpp"] = tuple(dict.fromkeys(values["ocpp"]))
    for key in ("ca", "certificate", "key"):
        if values.get(key):
            # A file that a station file names lies beside it, wherever the program was started.
            values[key] = str(folder / Path(values[key]).expanduser())
    return ConnectionConfiguration(**values)


def _evse(number: int, table: Table) -> EvseConfiguration:
    place = f"[[evse]] {number}"
    _checked("evse", table, place)
    _check_number(table, number, place)
    current = Current(table.get("current", Current.AC))
    power_kw = table.get("max_power_kw", 22.0 if current is Current.AC else 150.0)
    phases = table.get("phases", 3)
    voltage_v = table.get("voltage", 230.0 if current is Current.AC else 400.0)
    # Strong enough for the EVSE, where the file does not say what the cable bears.
    enough_a = math.ceil(power_kw * 1000 / voltage_v / (phases if current is Current.AC else 1))
    connectors = tuple(
        _connector(each, part, f"{place}, [[evse.connector]] {each}", current, enough_a)
        for each, part in enumerate(table.get("connector", [{}]), 1)
    )
    return EvseConfiguration(number, current, power_kw * 1000.0, phases, float(voltage_v), connectors)


def _connector(number: int, table: Table, place: str, current: Current, enough_a: int) -> ConnectorConfiguration:
    _checked("connector", table, place)
    _check_number(table, number, place)
    kind = table.get("type")
    cable = table.get("cable")
    if kind is None:
        kind = "cCCS2" if current is Current.DC else "sType2" if cable == Cable.SOCKET else "cType2"
    if cable is None:
        # ConnectorEnumType names sockets with a small s.
        cable = Cable.SOCKET if kind.startswith("s") else Cable.ATTACHED
    least_a = 375.0 if current is Current.DC else 32.0
    return ConnectorConfiguration(number, kind, Cable(cable), float(table.get("max_current_a", max(least_a, enough_a))))


def _check_number(table: Table, number: int, place: str) -> None:
    if table.get("id", number) != number:
        raise _Wrong(f"{place}: id must be {number}, not {table['id']}: they are numbered 1, 2, 3 in this order")


def _card(number: int, table: Table) -> Card:
    _checked("token", table, f"[[token]] {number}")
    if "id" not in table:
        raise _Wrong(f"[[token]] {number}: the key 'id' is missing")
    return Card(table["id"], table.get("type", IdTokenType.ISO14443), table.get("label", ""))


def _vehicles(tables: list[Table]) -> tuple[Vehicle, ...]:
    vehicles: dict[str, Vehicle] = {}
    for number, table in enumerate(tables, 1):
        try:
            values = vehicle_values({"name": f"Vehicle {number}", **_dates_as_text(table)})
        except BadVehicle as wrong:
            raise _Wrong(f"[[vehicle]] {number}: {wrong}") from None
        if values["name"] in vehicles:
            raise _Wrong(f"[[vehicle]] {number}: another vehicle has the name {values['name']!r} already")
        vehicles[values["name"]] = Vehicle(**values)
    return tuple(vehicles.values())


def _dates_as_text(table: Table) -> Table:
    """TOML has dates of its own; a car's fields are the same in JSON, where they are text."""
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in table.items()}


def _settings(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Names and texts; a name with a dot that is not in quotes arrives as a table within the table."""
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found += _settings(value, f"{name}.")
        elif isinstance(value, list):
            found.append((name, ",".join(_setting_text(name, each) for each in value)))
        else:
            found.append((name, _setting_text(name, value)))
    return found


def _setting_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float) or hasattr(value, "isoformat"):
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    raise _Wrong(f"[settings]: {name} must be a text, a number, true or false, not {shown(value)}")
