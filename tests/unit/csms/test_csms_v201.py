"""Sessions of a 2.0.1 station with the test CSMS, over a real socket."""

from __future__ import annotations

import asyncio

import pytest
from ocpp.v201 import call

from emulator.csms.commands import COMMANDS, build

NOW = "2026-11-20T12:00:00.000Z"
TOKEN = {"idToken": "04A22B6C", "type": "ISO14443"}


def event(kind, seq_no, trigger="Authorized", **more):
    info = {"transactionId": "T-1", "chargingState": "Charging", **more.pop("info", {})}
    return {
        "eventType": kind,
        "timestamp": NOW,
        "triggerReason": trigger,
        "seqNo": seq_no,
        "transactionInfo": info,
        **more,
    }


def register(value, context="Sample.Periodic"):
    unit = {"unit": "kWh"}
    power = {"value": 11, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}
    return [{"timestamp": NOW, "sampledValue": [{"value": value, "context": context, "unitOfMeasure": unit}, power]}]


async def test_a_session_is_answered_and_remembered(csms, station):
    async with station(csms, "2.0.1") as cp:
        boot = call.BootNotification({"model": "Model", "vendorName": "Vendor"}, "PowerUp")
        assert (await cp.call(boot, suppress=False)).status == "Accepted"
        await cp.call(call.StatusNotification(NOW, "Occupied", 1, 2), suppress=False)
        token = {"id_token": "FLEET-8", "type": "ISO14443"}
        info = (await cp.call(call.Authorize(token), suppress=False)).id_token_info
        assert info == {"status": "Accepted", "group_id_token": {"id_token": "FLEET", "type": "Central"}}
        await cp.call(call.Heartbeat(), suppress=False)
    seen = csms.stations["CP1"]
    assert seen.boot["chargingStation"] == {"model": "Model", "vendorName": "Vendor"}
    assert seen.connectors[1, 2].status == "Occupied"
    assert seen.last_heartbeat is not None
    assert csms.problems == []


async def test_a_transaction_is_followed(csms, raw_station):
    async with raw_station(csms, "CP1", "ocpp2.0.1") as bare:
        where = {"id": 1, "connectorId": 2}
        started = event("Started", 0, evse=where, idToken=TOKEN, meterValue=register(1.5, "Transaction.Begin"))
        assert (await bare.ask("TransactionEvent", started))[2] == {"idTokenInfo": {"status": "Accepted"}}
        updated = event("Updated", 1, "MeterValuePeriodic", meterValue=register(4))
        assert (await bare.ask("TransactionEvent", updated))[2] == {}
        record = csms.stations["CP1"].running()[0]
        assert (record.id, record.evse, record.connector, record.id_token) == ("T-1", 1, 2, "04A22B6C")
        assert (record.energy_wh, record.power_w, record.charging_state) == (2500, 11000, "Charging")
        await bare.ask("TransactionEvent", event("Started", 0, evse=where, meterValue=register(9)))
        assert record.meter_wh == 4000, "told again: ignored"
        ended = event("Ended", 2, "RemoteStop", meterValue=register(5), info={"stoppedReason": "Remote"})
        await bare.ask("TransactionEvent", ended)
    assert (record.energy_wh, record.reason, record.ended_at) == (3500, "Remote", NOW)
    assert csms.stations["CP1"].running() == []
    assert csms.problems == []


@pytest.mark.req("C02.FR.02", "E01.FR.12")
@pytest.mark.parametrize(
    ("id_token", "info"),
    [
        ({"idToken": "", "type": "NoAuthorization"}, {"status": "Accepted"}),
        ({"idToken": "BLOCKED", "type": "ISO14443"}, {"status": "Blocked"}),
        ({"idToken": "NOBODY", "type": "ISO14443"}, {"status": "Invalid"}),
        (
            {"idToken": "fleet-7", "type": "ISO14443"},
            {"status": "Accepted", "groupIdToken": {"idToken": "FLEET", "type": "Central"}},
        ),
    ],
)
async def test_tokens_are_authorized_by_the_list(csms, raw_station, id_token, info):
    async with raw_station(csms, "CP1", "ocpp2.0.1") as bare:
        assert (await bare.ask("Authorize", {"idToken": id_token}))[2] == {"idTokenInfo": info}
        assert (await bare.ask("TransactionEvent", event("Started", 0, idToken=id_token)))[2] == {"idTokenInfo": info}


ROW = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "HeartbeatInterval"},
    "variableAttribute": [{"value": "300"}],
}


async def test_a_report_in_parts_is_collected(csms, raw_station):
    part = {"requestId": 5, "generatedAt": NOW, "reportData": [ROW]}
    async with raw_station(csms, "CP1", "ocpp2.0.1") as bare:
        await bare.ask("NotifyReport", {**part, "seqNo": 0, "tbc": True})
        assert csms.stations["CP1"].reports_done == set()
        await bare.ask("NotifyReport", {**part, "seqNo": 1})
    assert csms.stations["CP1"].reports == {5: [ROW, ROW]}
    assert csms.stations["CP1"].reports_done == {5}


EVENT_ROW = {
    "eventId": 1,
    "timestamp": NOW,
    "trigger": "Alerting",
    "actualValue": "1",
    "eventNotificationType": "HardWiredNotification",
    "component": {"name": "C"},
    "variable": {"name": "V"},
}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
NEEDS = {"requestedEnergyTransfer": "DC"}
SCHEDULE = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1}]}
PROFILE = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [SCHEDULE],
}


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ClearedChargingLimit", {"chargingLimitSource": "EMS"}, {}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("LogStatusNotification", {"status": "Uploaded"}, {}),
        ("MeterValues", {"evseId": 1, "meterValue": register(1)}, {}),
        ("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}, {}),
        ("NotifyCustomerInformation", {"data": "x", "seqNo": 0, "generatedAt": NOW, "requestId": 1}, {}),
        ("NotifyDisplayMessages", {"requestId": 1}, {}),
        ("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [EVENT_ROW]}, {}),
        ("NotifyMonitoringReport", {"requestId": 1, "seqNo": 0, "generatedAt": NOW}, {}),
        ("PublishFirmwareStatusNotification", {"status": "Idle"}, {}),
        (
            "ReportChargingProfiles",
            {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [PROFILE]},
            {},
        ),
        ("ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": "Expired"}, {}),
        ("SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": NOW}, {}),
        (
            "Get15118EVCertificate",
            {"iso15118SchemaVersion": "urn:x", "action": "Install", "exiRequest": "x"},
            {"status": "Failed", "exiResponse": ""},
        ),
        ("GetCertificateStatus", {"ocspRequestData": {**HASH, "responderURL": "http://x"}}, {"status": "Failed"}),
        ("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": NEEDS}, {"status": "Rejected"}),
        (
            "NotifyEVChargingSchedule",
            {"timeBase": NOW, "evseId": 1, "chargingSchedule": SCHEDULE},
            {"status": "Accepted"},
        ),
        ("SignCertificate", {"csr": "x"}, {"status": "Rejected"}),
        ("DataTransfer", {"vendorId": "x", "data": {"any": 1}}, {"status": "UnknownVendorId"}),
    ],
)
async def test_the_other_messages_are_answered(csms, raw_station, action, payload, answer):
    async with raw_station(csms, "CP1", "ocpp2.0.1") as bare:
        assert await bare.ask(action, payload) == [3, "m", answer]
    assert csms.problems == []
    assert all(not message.problems for message in csms.messages("CP1"))


REQUIRED = {"GetTransactionStatus": {"transactionId": "T-1"}, "RequestStopTransaction": {"transactionId": "T-1"}}


@pytest.mark.parametrize("action", COMMANDS["2.0.1"])
async def test_every_command_reaches_the_station(csms, station, action):
    async with station(csms, "2.0.1") as cp:
        started = call.TransactionEvent("Started", NOW, "Authorized", 0, {"transactionId": "T-1"})
        await cp.call(started, suppress=False)
        payload = build("2.0.1", action, {field.name: field.default for field in csms.form("CP1", action)})
        assert REQUIRED.get(action, payload) == payload
        answer = await csms.command("CP1", action, payload)
    assert answer
    assert csms.problems == []
    assert all(not message.problems for message in csms.messages("CP1"))


@pytest.mark.req("B02.FR.09", "B02.FR.02", "B03.FR.07")
async def test_a_station_that_is_not_accepted_may_send_what_it_was_asked_for_only(csms, raw_station):
    boot = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
    csms.on_boot("Pending", 9, times=1)
    async with raw_station(csms, "CP1", "ocpp2.0.1") as bare:
        pending = await bare.ask("BootNotification", boot)
        assert (pending[2]["status"], pending[2]["interval"]) == ("Pending", 9)
        assert (await bare.ask("Heartbeat", {}))[:3] == [4, "m", "SecurityError"]
        await csms.send_text("CP1", '[4,"x","","",{}]')
        assert await bare.hear() == [4, "x", "", "", {}]
        await _triggered(csms, bare)
        assert (await bare.ask("Heartbeat", {}))[0] == 3
        assert (await bare.ask("BootNotification", boot))[2]["status"] == "Accepted"
        assert (await bare.ask("Authorize", {"idToken": TOKEN}))[0] == 3
    assert [problem.keyword for problem in csms.problems] == ["boot"]


async def _triggered(csms, bare):
    """Let the CSMS ask for a heartbeat."""
    asking = asyncio.ensure_future(csms.command("CP1", "TriggerMessage", {"requestedMessage": "Heartbeat"}))
    asked = await bare.hear()
    await bare.say([3, asked[1], {"status": "Accepted"}])
    assert await asking == {"status": "Accepted"}
