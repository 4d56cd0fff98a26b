"""The fields of a car as files and control clients write them, and what they mean in the car's own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from emulator.domain.errors import ForecourtError
from emulator.runtime.checking import Checker


class BadVehicle(ForecourtError):
    """A field of a car is unknown or has a value that no car has; the text is a sentence without its full stop."""


class Field(NamedTuple):
    """One field: the attribute of Vehicle that it sets, its JSON Schema, and how many of the car's units one is."""

    attribute: str
    schema: dict[str, Any]
    factor: float = 1


_POWER_KW = {"type": "number", "minimum": 0}
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}

FIELDS: dict[str, Field] = {
    "name": Field("name", {"type": "string", "minLength": 1}),
    "battery_kwh": Field("battery_wh", {"type": "number", "exclusiveMinimum": 0}, 1000),
    "soc": Field("soc_percent", _PERCENT),
    "ready": Field("ready", _FLAG),
    "wants_charge": Field("wants_charge", _FLAG),
    "max_ac_kw": Field("max_ac_w", _POWER_KW, 1000),
    "max_dc_kw": Field("max_dc_w", _POWER_KW, 1000),
    "phases": Field("phases", {"type": "integer", "minimum": 1, "maximum": 3}),
    "taper_soc": Field("taper_soc_percent", _PERCENT),
    "cable_max_current_a": Field("cable_max_current_a", {"type": "number", "exclusiveMinimum": 0}),
    "iso15118": Field("iso15118", {"enum": ["none", "eim", "contract"]}),
    "emaid": Field("emaid", _TEXT),
    "departure_time": Field("departure_time", {"type": "string", "format": "date-time"}),
}
# A car can also be given as a snapshot shows it.
_OF_SNAPSHOT = {
    "battery_wh": Field("battery_wh", {"type": "number", "exclusiveMinimum": 0}),
    "soc_percent": Field("soc_percent", _PERCENT),
    "max_ac_w": Field("max_ac_w", _POWER_KW),
    "max_dc_w": Field("max_dc_w", _POWER_KW),
    "taper_soc_percent": Field("taper_soc_percent", _PERCENT),
}
_ALL = {**FIELDS, **_OF_SNAPSHOT}

# The keywords of a JSON Schema of a car, besides its type.
VEHICLE_KEYWORDS: dict[str, Any] = {
    "properties": {name: field.schema for name, field in _ALL.items()},
    "additionalProperties": False,
}
_checker = Checker({"type": "object", **VEHICLE_KEYWORDS}, "field")


def vehicle_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of Vehicle that these fields set; raises BadVehicle. A null leaves its field out."""
    given = {name: value for name, value in fields.items() if value is not None}
    if (mistake := _checker.mistake(given)) is not None:
        raise BadVehicle(mistake)
    return {
        _ALL[name].attribute: value * _ALL[name].factor if _ALL[name].factor != 1 else value
        for name, value in given.items()
    }
