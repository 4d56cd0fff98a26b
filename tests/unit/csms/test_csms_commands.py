"""Forms of commands: what is typed becomes a payload that the schemas accept."""

from __future__ import annotations

import pytest

from emulator.csms.commands import COMMANDS, BadForm, build
from emulator.csms.schemas import request_problems

ALL = [(version, action) for version, actions in COMMANDS.items() for action in actions]
NEEDED = {"transactionId": "1"}


@pytest.mark.parametrize(("version", "action"), ALL)
def test_the_defaults_of_every_form_make_a_valid_payload(version, action):
    fields = COMMANDS[version][action]
    values = {field.name: field.default if field.default is not None else NEEDED.get(field.name) for field in fields}
    assert request_problems(version, action, build(version, action, values)) == []


@pytest.mark.parametrize(("version", "action"), ALL)
def test_every_field_of_every_form_is_in_the_schema(version, action):
    samples = {"text": "1", "integer": "1", "boolean": "true"}
    values = {
        field.name: field.choices[-1] if field.kind == "choice" else samples[field.kind]
        for field in COMMANDS[version][action]
        if field.kind != "json"
    }
    assert request_problems(version, action, build(version, action, values)) == []
    assert all(field.description for field in COMMANDS[version][action])


def test_paths_lists_and_kinds():
    typed = {
        "getVariableData.0.component.name": "Connector",
        "getVariableData.0.component.evse.id": "1",
        "getVariableData.0.component.evse.connectorId": 2,
        "getVariableData.0.variable.name": "Available",
        "getVariableData.0.attributeType": "",
    }
    component = {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}
    assert build("2.0.1", "GetVariables", typed) == {
        "getVariableData": [{"component": component, "variable": {"name": "Available"}}]
    }
    assert build("1.6", "GetConfiguration", {"key": "A, B,"}) == {"key": ["A", "B"]}
    assert build("1.6", "GetConfiguration", {"key": ["A"]}) == {"key": ["A"]}
    assert build("1.6", "GetConfiguration", {"key": ""}) == {}
    assert build("1.6", "ChangeConfiguration", {"key": "K", "value": ""}) == {"key": "K", "value": ""}
    profile = build("1.6", "RemoteStartTransaction", {"idTag": "X", "chargingProfile": '{"a": 1}'})
    assert profile == {"idTag": "X", "chargingProfile": {"a": 1}}


@pytest.mark.parametrize(
    ("action", "values", "sentence"),
    [
        ("RemoteStopTransaction", {}, "transactionId must be given"),
        ("RemoteStopTransaction", {"transactionId": "x"}, "transactionId is not an integer: 'x'"),
        ("RemoteStartTransaction", {"idTag": "X", "chargingProfile": "{"}, "chargingProfile is not JSON"),
        ("Reset", {"type": "Gentle"}, "type is one of Soft, Hard, not 'Gentle'"),
        ("Reset", {"typ": "Soft"}, "has no field typ"),
        ("SendLocalList", {}, "send it as JSON"),
    ],
)
def test_a_bad_form_says_what_is_wrong(action, values, sentence):
    with pytest.raises(BadForm, match=sentence):
        build("1.6", action, values)


async def test_a_form_has_the_defaults_of_the_moment(csms, raw_station):
    start = {"connectorId": 1, "idTag": "04A22B6C", "meterStart": 0, "timestamp": "2026-11-20T12:00:00Z"}
    async with raw_station(csms) as bare:
        await bare.ask("Heartbeat", {})
        assert csms.form("CP1", "RemoteStopTransaction")[0].default is None
        transaction_id = (await bare.ask("StartTransaction", start))[2]["transactionId"]
        assert csms.form("CP1", "RemoteStopTransaction")[0].default == transaction_id
        assert csms.form("CP1", "SendLocalList") == []
    remote_start_ids = [
        next(field.default for field in csms.form("CP2", "RequestStartTransaction") if field.name == "remoteStartId")
        for _ in range(2)
    ]
    assert remote_start_ids == [1, 2]
