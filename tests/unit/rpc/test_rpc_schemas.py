"""Payloads against their schemas: verdicts, places, and the error code that answers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from emulator.rpc.schemas import schemas_for

CHARGING_PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}]},
}

# version, action, payload, place and keyword of the first problem, error code
INVALID: list[tuple[str, str, Any, str, str, str]] = [
    ("1.6", "Reset", {}, "", "required", "OccurrenceConstraintViolation"),
    ("1.6", "Reset", {"type": 1}, "/type", "type", "TypeConstraintViolation"),
    ("1.6", "Reset", {"type": "Warm"}, "/type", "enum", "PropertyConstraintViolation"),
    ("1.6", "Reset", {"type": "Soft", "x": 1}, "", "additionalProperties", "FormatViolation"),
    ("1.6", "Reset", {"type": 1, "x": 1}, "", "additionalProperties", "FormatViolation"),
    ("1.6", "Reset", [], "", "type", "FormatViolation"),
    ("1.6", "GetConfiguration", {"key": ["x" * 51]}, "/key/0", "maxLength", "PropertyConstraintViolation"),
    ("1.6", "GetConfiguration", {"key": [None]}, "/key/0", "type", "TypeConstraintViolation"),
    ("1.6", "ChangeAvailability", {"connectorId": 1.5, "type": "X"}, "", "", "TypeConstraintViolation"),
    ("1.6", "ChangeAvailability", {"connectorId": "1"}, "", "", "OccurrenceConstraintViolation"),
    ("1.6", "ChangeAvailability", {"connectorId": 2**63, "type": "Operative"}, "", "", "PropertyConstraintViolation"),
    (
        "1.6",
        "UpdateFirmware",
        {"location": "ftp://x/y", "retrieveDate": "tomorrow"},
        "/retrieveDate",
        "format",
        "TypeConstraintViolation",
    ),
    (
        "1.6",
        "UpdateFirmware",
        {"location": "no uri", "retrieveDate": "2026-01-05T12:00:00Z"},
        "",
        "",
        "TypeConstraintViolation",
    ),
    ("1.6", "GetLog", {"logType": "SecurityLog", "requestId": 1}, "", "required", "OccurrenceConstraintViolation"),
    ("2.0.1", "Reset", {}, "", "required", "OccurrenceConstraintViolation"),
    ("2.0.1", "Reset", {"type": True}, "", "", "TypeConstraintViolation"),
    ("2.0.1", "Reset", {"type": "Soft"}, "/type", "enum", "PropertyConstraintViolation"),
    ("2.0.1", "Reset", {"type": "OnIdle", "x": 1}, "", "additionalProperties", "ProtocolError"),
    ("2.0.1", "GetVariables", {"getVariableData": []}, "/getVariableData", "minItems", "OccurrenceConstraintViolation"),
    (
        "2.0.1",
        "GetBaseReport",
        {"requestId": 2**31, "reportBase": "FullInventory"},
        "",
        "",
        "PropertyConstraintViolation",
    ),
    (
        "2.0.1",
        "GetBaseReport",
        {"requestId": 1e300, "reportBase": "FullInventory"},
        "",
        "",
        "PropertyConstraintViolation",
    ),
    ("2.0.1", "Reset", None, "", "type", "FormatViolation"),
]

VALID: list[tuple[str, str, Any]] = [
    ("1.6", "Reset", {"type": "Soft"}),
    ("1.6", "GetConfiguration", {}),
    ("1.6", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": CHARGING_PROFILE}),
    ("1.6", "UpdateFirmware", {"location": "ftp://x/y", "retrieveDate": "2026-01-05T12:00:00.123456+01:00"}),
    ("1.6", "ExtendedTriggerMessage", {"requestedMessage": "BootNotification"}),
    ("1.6", "DataTransfer", {"vendorId": "x", "data": "\u0000"}),
    ("2.0.1", "GetBaseReport", {"requestId": 5.0, "reportBase": "FullInventory"}),
    ("2.0.1", "Reset", {"type": "OnIdle", "evseId": 1, "customData": {"vendorId": "x", "anything": [1, {}]}}),
    (
        "2.0.1",
        "GetVariables",
        {"getVariableData": [{"component": {"name": "A", "evse": {"id": 1}}, "variable": {"name": "B"}}]},
    ),
]


@pytest.mark.parametrize(("ocpp", "action", "payload", "pointer", "keyword", "code"), INVALID)
def test_invalid_requests(ocpp: str, action: str, payload: Any, pointer: str, keyword: str, code: str) -> None:
    schemas = schemas_for(ocpp)
    problems = schemas.request_problems(action, payload)
    assert problems
    assert schemas.error_code(problems) == code
    if keyword:
        assert (pointer, keyword) in {(problem.pointer, problem.keyword) for problem in problems}
    assert all(problem.message for problem in problems)


@pytest.mark.parametrize(("ocpp", "action", "payload"), VALID)
def test_valid_requests(ocpp: str, action: str, payload: Any) -> None:
    assert schemas_for(ocpp).request_problems(action, payload) == ()


@pytest.mark.parametrize(("ocpp", "action", "payload"), [*VALID, *(row[:3] for row in INVALID)])
def test_second_opinion(ocpp: str, action: str, payload: Any) -> None:
    """The jsonschema package agrees, but for what we check beyond the schemas: formats and the width of integers."""
    schemas = schemas_for(ocpp)
    schema = schemas.request_schema(action)
    assert schema is not None
    cls = jsonschema.validators.validator_for(schema)
    theirs = cls(schema).is_valid(payload)
    problems = schemas.request_problems(action, payload)
    beyond = {"format", "maximum", "minimum"}
    if problems and {problem.keyword for problem in problems} <= beyond:
        return
    if "multipleOf" in str(schema):
        return  # jsonschema takes 16.1 for no multiple of 0.1
    assert theirs == (not problems)


@pytest.mark.parametrize(("ocpp", "count"), [("1.6", 39), ("2.0.1", 64)])
def test_every_schema_compiles_and_takes_an_object(ocpp: str, count: int) -> None:
    schemas = schemas_for(ocpp)
    assert len(schemas.actions) == count
    for action in schemas.actions:
        for problems in (schemas.request_problems(action, []), schemas.response_problems(action, [])):
            assert [(problem.pointer, problem.keyword) for problem in problems] == [("", "type")]


def test_unknown_action() -> None:
    schemas = schemas_for("1.6")
    assert not schemas.knows("GetVariables")
    assert schemas.request_problems("GetVariables", {"a": 1}) == ()
    assert schemas.request_schema("../../secrets") is None
    assert schemas.response_schema("Reset")


def test_a_payload_that_is_no_json_is_a_problem() -> None:
    assert schemas_for("1.6").response_problems("Reset", {1: 2})


def test_a_flood_of_problems_is_cut() -> None:
    problems = schemas_for("1.6").request_problems("GetConfiguration", {"key": list(range(100))})
    assert len(problems) == 20
    words = schemas_for("1.6").request_problems("Reset", {"type": "x" * 10_000})[0].message
    assert len(words) <= 300


def test_the_schemas_are_shared() -> None:
    assert schemas_for("2.0.1") is schemas_for("2.0.1")


def test_nothing_of_the_ocpp_package_is_imported_nor_the_validator_before_it_is_needed() -> None:
    code = (
        "import sys; from emulator.rpc.endpoint import Endpoint; from emulator.rpc.schemas import schemas_for;"
        "s = schemas_for('1.6'); assert 'jsonschema_rs' not in sys.modules; s.request_problems('Reset', {});"
        "assert 'ocpp' not in sys.modules and 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
