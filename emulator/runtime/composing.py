"""Help for writing messages by hand: which there are, what a payload must hold, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from emulator.domain.frames import Problem
from emulator.rpc.schemas import schemas_for

# Who may start which message (1.6: "initiated by Charge Point", and the security white paper; 2.0.1 part 2).
_STATION = {
    "1.6": """Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
        LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
        StartTransaction StatusNotification StopTransaction""",
    "2.0.1": """Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
        Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit
        NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
        NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles
        ReservationStatusUpdate SecurityEventNotification SignCertificate StatusNotification TransactionEvent""",
}
_DEEPEST = 12
_SAMPLES: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


class FieldHelp(NamedTuple):
    """One field of a payload: its path ("idToken.type"), its type in words, whether it must be there, its meaning."""

    path: str
    type: str
    required: bool
    description: str


def versions() -> tuple[str, ...]:
    """The OCPP versions whose messages are known."""
    return tuple(_STATION)


def station_actions(ocpp: str) -> tuple[str, ...]:
    """The messages that a station starts."""
    return tuple(name for name in _STATION[ocpp].split() if schemas_for(ocpp).knows(name))


def csms_actions(ocpp: str) -> tuple[str, ...]:
    """The messages that a CSMS starts."""
    own = set(_STATION[ocpp].split()) - {"DataTransfer"}
    return tuple(sorted(schemas_for(ocpp).actions - own))


def problems(ocpp: str, action: str, payload: Any, *, response: bool = False) -> tuple[Problem, ...]:
    """What is wrong with a payload; empty when it is valid, or when the action is not known."""
    schemas = schemas_for(ocpp)
    return schemas.response_problems(action, payload) if response else schemas.request_problems(action, payload)


def knows(ocpp: str, action: str) -> bool:
    """Whether the version has such a message."""
    return schemas_for(ocpp).knows(action)


def skeleton(
    ocpp: str, action: str, known: Mapping[str, Any] | None = None, *, response: bool = False
) -> dict[str, Any]:
    """A payload with what must be there; values by field name come from `known`, else the simplest of their type."""
    schema = _schema(ocpp, action, response)
    made = _sample(schema, schema, "", known or {}, 0)
    return made if isinstance(made, dict) else {}


def fields(ocpp: str, action: str, *, response: bool = False) -> list[FieldHelp]:
    """Every field that a payload may have, in the order of the schema."""
    schema = _schema(ocpp, action, response)
    found: list[FieldHelp] = []
    _collect(schema, schema, "", found, 0)
    return found


def _schema(ocpp: str, action: str, response: bool) -> dict[str, Any]:
    schemas = schemas_for(ocpp)
    return (schemas.response_schema(action) if response else schemas.request_schema(action)) or {}


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    if reference.startswith("#/definitions/"):
        target: Mapping[str, Any] = root.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {})
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _sample(schema: Mapping[str, Any], root: Mapping[str, Any], name: str, known: Mapping[str, Any], depth: int) -> Any:
    schema = _resolved(schema, root)
    kind = schema.get("type")
    if kind == "object" and depth < _DEEPEST:
        required = schema.get("required", [])
        parts = schema.get("properties", {}).items()
        return {key: _sample(part, root, key, known, depth + 1) for key, part in parts if key in required}
    if kind == "array":
        return [_sample(schema.get("items", {}), root, name, known, depth + 1)]
    if "enum" in schema:
        return known[name] if known.get(name) in schema["enum"] else schema["enum"][0]
    if name in known:
        return known[name]
    if schema.get("format") == "date-time" and "now" in known:
        return known["now"]
    return schema.get("minimum", _SAMPLES.get(str(kind), ""))


def _collect(schema: Mapping[str, Any], root: Mapping[str, Any], path: str, found: list[FieldHelp], depth: int) -> None:
    schema = _resolved(schema, root)
    if schema.get("type") == "array":
        _collect(schema.get("items", {}), root, f"{path}.0" if path else "0", found, depth + 1)
        return
    if depth > _DEEPEST:
        return
    for name, part in schema.get("properties", {}).items():
        if name == "customData":
            continue
        part = _resolved(part, root)
        where = f"{path}.{name}" if path else name
        words = " ".join(str(part.get("description", "")).split())
        found.append(FieldHelp(where, _type_words(part, root), name in schema.get("required", []), words))
        if part.get("type") in {"object", "array"}:
            _collect(part, root, where, found, depth + 1)


def _type_words(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type_words(_resolved(schema.get('items', {}), root), root)}"
    limit = f", at most {schema['maxLength']}" if "maxLength" in schema else ""
    return f"{schema.get('format', kind)}{limit}"
