"""The registry of actions: the names of the contract, schemas from the declarations, mistakes in words."""

from __future__ import annotations

import pytest

from emulator.runtime.actions import registry
from emulator.runtime.actions.registry import BadParameters, UnknownAction, build, describe

# control.md: action, its parameters with their defaults (... where the contract names none).
CONTRACT = {
    "connect": {},
    "disconnect": {},
    "network": {
        "mode": "up", "latency_ms": ..., "jitter_ms": ..., "loss": ..., "duplicate": ..., "reorder": ...,
        "bandwidth": ...,
    },
    "power_off": {},
    "power_on": {},
    "reboot": {"reason": "LocalReset"},
    "plug": {"evse": 1, "connector": 1, "vehicle": ...},
    "unplug": {"evse": 1, "connector": 1, "side": "vehicle"},
    "vehicle": {
        "evse": 1, "ready": ..., "wants_charge": ..., "soc": ..., "max_power_kw": ..., "departure_time": ...,
    },
    "swipe": {"id_token": ..., "type": "ISO14443", "evse": None, "connector": None},
    "pin": {"id_token": ...},
    "start_button": {"evse": ...},
    "bay": {"evse": ..., "occupied": ...},
    "stop": {"evse": 1, "reason": "Local"},
    "fault": {"evse": 0, "connector": 0, "error_code": ..., "info": ..., "vendor_error_code": ...},
    "clear_fault": {"evse": 0, "connector": 0},
    "lock_failure": {"evse": ..., "connector": ..., "on": ...},
    "meter_failure": {"evse": ..., "on": ...},
    "reader_failure": {"on": ...},
    "local_limit": {"evse": 0, "limit_w": ..., "limit_a": ..., "source": "EMS", "duration_s": ..., "clear": ...},
    "set_variable": {
        "component": ..., "variable": ..., "attribute": ..., "evse": ..., "connector": ..., "instance": ...,
        "value": ..., "key": ...,
    },
    "get_variable": {
        "component": ..., "variable": ..., "attribute": ..., "evse": ..., "connector": ..., "instance": ..., "key": ...,
    },
    "send": {"action": ..., "payload": ...},
    "send_frame": {"text": ...},
    "answer": {"action": "*", "payload": ..., "error": ..., "drop": ..., "delay_ms": ..., "times": 1},
    "hold": {"direction": ..., "action": ...},
    "held": {},
    "release": {"id": ..., "text": ...},
    "clock": {"speed": ..., "set": ..., "skew_s": ..., "freeze": ...},
    "snapshot": {},
    "frames": {"after": ..., "limit": ..., "direction": ..., "action": ..., "text": ...},
    "wait_for": {"frame": ..., "state": ..., "timeout_s": 30, "after": ...},
    "stop_station": {},
}  # fmt: skip


@pytest.mark.parametrize(("name", "parameters"), CONTRACT.items(), ids=list(CONTRACT))
def test_an_action_of_the_contract_is_as_the_contract_says(name, parameters):
    schema = next(each for each in describe() if each["name"] == name)["parameters"]
    properties = schema["properties"]
    assert set(parameters) <= set(properties)
    for parameter, default in parameters.items():
        if default is not ...:
            assert properties[parameter]["default"] == default
    # What the contract does not name can be left out.
    assert set(schema.get("required", [])) <= set(parameters)


def test_every_action_explains_itself():
    for each in describe():
        assert each["description"].endswith(".")
        for name, parameter in each["parameters"]["properties"].items():
            assert parameter["description"], (each["name"], name)
            assert not name.endswith("_")


def test_parameters_with_names_of_python():
    action = build("clock", {"set": "2026-01-05T12:00:00Z"})
    assert action.set_ == "2026-01-05T12:00:00Z"
    assert build("swipe", {"id_token": "A", "type": "eMAID"}).type_ == "eMAID"
    assert build("release", {"id": 3}).id_ == 3


def test_an_action_is_a_value():
    assert build("plug", {"evse": 2}) == build("plug", {"evse": 2})
    with pytest.raises(AttributeError):
        build("plug", {}).evse = 3


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("swipe", {"id_token": ""}, "id_token must be a text of 1 to 36 characters"),
        ("swipe", {"id_token": "x" * 37}, "id_token must be a text of 1 to 36 characters"),
        ("unplug", {"side": "left"}, 'side must be one of vehicle, station, not "left"'),
        ("network", {"loss": 2}, "loss must be a number from 0 to 1, not 2"),
        ("network", {"mode": "off"}, "mode must be one of up, down, silent, flaky"),
        ("clock", {"speed": 0.5}, "speed must be a number from 1 to 3600 or null, not 0.5"),
        ("frames", {"direction": "in"}, 'direction must be one of sent, received, null, not "in"'),
        ("answer", {"error": {}}, "error: the parameter 'code' is missing"),
        ("reboot", {"reason": "Boredom"}, "reason must be one of ApplicationReset"),
        ("send", {"action": "X", "payload": []}, "payload must be an object, not []"),
        ("snapshot", {"parts": ["evse"]}, "parts[0] must be one of station, connection"),
        ("connect", {"now": True}, "there is no parameter 'now' (there is none)"),
    ],
)
def test_mistakes_are_said_in_words(name, parameters, words):
    with pytest.raises(BadParameters) as mistake:
        build(name, parameters)
    assert words in str(mistake.value)
    assert str(mistake.value).startswith(f"The action {name!r}: ")


def test_an_unknown_action_names_the_nearest():
    with pytest.raises(UnknownAction, match=r"There is no action 'snapshots' \(did you mean 'snapshot'\?\)\."):
        build("snapshots", {})


def test_a_type_without_a_schema_is_a_bug():
    with pytest.raises(TypeError, match="No JSON Schema"):
        registry._type_schema(complex)
