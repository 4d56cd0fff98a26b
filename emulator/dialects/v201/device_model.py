"""GetVariables and SetVariables (use cases B05, B06)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.dialects.dialect import Payload
from emulator.dialects.v201.answers import status_info
from emulator.domain import settings
from emulator.domain.calls import CallRefusal, ErrorCode, Reply
from emulator.domain.device_model import DeviceModel
from emulator.domain.variables import ACTUAL, Setting

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201


class Limits(NamedTuple):
    """How many elements a request may have, how many bytes, and the bytes of the largest element without customData."""

    items: Setting
    size: Setting
    element_bytes: int


# Names of 50 characters, four bytes each; a value to be set may have 1000 characters.
GET_VARIABLES = Limits(settings.ITEMS_PER_MESSAGE_GET_VARIABLES, settings.BYTES_PER_MESSAGE_GET_VARIABLES, 1000)
SET_VARIABLES = Limits(settings.ITEMS_PER_MESSAGE_SET_VARIABLES, settings.BYTES_PER_MESSAGE_SET_VARIABLES, 5000)
GET_REPORT = Limits(settings.ITEMS_PER_MESSAGE_GET_REPORT, settings.BYTES_PER_MESSAGE_GET_REPORT, 1000)

NO_INSTANCES = "The components of this station have no instances."


def get_variables(dialect: V201, payload: Payload) -> Reply:
    """One result for each variable asked for, in the same order (B06.FR.01)."""
    asked = payload["getVariableData"]
    check_size(dialect, payload, asked, GET_VARIABLES)
    model = dialect.context.model
    return Reply({"getVariableResult": [_read(model, each) for each in asked]})


def set_variables(dialect: V201, payload: Payload) -> Reply:
    """One result for each variable to set, in the same order (B05.FR.01)."""
    wanted = payload["setVariableData"]
    check_size(dialect, payload, wanted, SET_VARIABLES)
    return Reply({"setVariableResult": [_write(dialect, each) for each in wanted]})


def check_size(dialect: V201, payload: Payload, elements: list[Any], limits: Limits) -> None:
    """Refuse what is more than the station says that it takes (B06.FR.16, B06.FR.17, B08.FR.17, B08.FR.18)."""
    model = dialect.context.model
    most = model.integer(limits.items)
    if len(elements) > most:
        text = f"{len(elements)} elements are more than {limits.items} allows: {most}."
        raise CallRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, text)
    largest = model.integer(limits.size)
    # Few elements need not be measured.
    if len(elements) * limits.element_bytes > largest and (count := _bytes(payload)) > largest:
        text = f"{count} bytes are more than {limits.size} allows: {largest}."
        raise CallRefusal(ErrorCode.FORMAT_VIOLATION, text)


def _bytes(payload: Payload) -> int:
    import json

    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


def _read(model: DeviceModel, asked: Payload) -> Payload:
    component, variable = asked["component"], asked["variable"]
    kind = asked.get("attributeType", ACTUAL)  # B06.FR.03, B06.FR.11
    result = {"attributeStatus": "Accepted", "attributeType": kind, "component": component, "variable": variable}
    if component.get("instance"):
        return _unknown_instance(result)
    evse = component.get("evse")
    outcome = model.read(
        component["name"],
        variable["name"],
        kind,
        variable.get("instance"),
        evse["id"] if evse else None,
        evse.get("connectorId") if evse else None,
    )
    if outcome.value is not None:
        result["attributeValue"] = outcome.value  # B06.FR.10, B06.FR.13
    else:
        result["attributeStatus"] = str(outcome.status)  # B06.FR.06 to B06.FR.09
        result["attributeStatusInfo"] = status_info(outcome.reason_code, outcome.sentence)
    return result


def _write(dialect: V201, wanted: Payload) -> Payload:
    component, variable = wanted["component"], wanted["variable"]
    kind = wanted.get("attributeType", ACTUAL)  # B05.FR.03, B05.FR.12
    result = {"attributeStatus": "Accepted", "attributeType": kind, "component": component, "variable": variable}
    if component.get("instance"):
        return _unknown_instance(result)
    evse = component.get("evse")
    outcome = dialect.context.model.set(
        component["name"],
        variable["name"],
        wanted["attributeValue"],
        kind,
        variable.get("instance"),
        evse["id"] if evse else None,
        evse.get("connectorId") if evse else None,
    )
    result["attributeStatus"] = str(outcome.status)  # B05.FR.04 to B05.FR.10
    if outcome.reason_code:
        result["attributeStatusInfo"] = status_info(outcome.reason_code, outcome.sentence)
        dialect.context.note(f"SetVariables {component['name']}.{variable['name']}: {outcome.sentence}")
    return result


def _unknown_instance(result: Payload) -> Payload:
    result["attributeStatus"] = "UnknownComponent"  # B06.FR.14, B05.FR.04
    result["attributeStatusInfo"] = status_info("NotFound", NO_INSTANCES)
    return result
