"""Sessions of a 1.6 station with the test CSMS, over a real socket."""

from __future__ import annotations

import pytest
from ocpp.v16 import call

from emulator.csms.commands import COMMANDS, build

NOW = "2026-11-20T12:00:00.000Z"


async def boot(station):
    return await station.call(call.BootNotification("Model", "Vendor"), suppress=False)


async def start(station, id_tag="04A22B6C", connector=1, meter=1000, time=NOW):
    return await station.call(call.StartTransaction(connector, id_tag, meter, time), suppress=False)


async def test_a_session_is_answered_and_remembered(csms, station):
    async with station(csms, "1.6") as cp:
        booted = await boot(cp)
        assert (booted.status, booted.interval) == ("Accepted", 300)
        await cp.call(call.StatusNotification(1, "NoError", "Preparing", NOW, "ready"), suppress=False)
        assert (await cp.call(call.Authorize("04A22B6C"), suppress=False)).id_tag_info == {"status": "Accepted"}
        started = await start(cp)
        assert started.id_tag_info == {"status": "Accepted"}
        samples = [
            {"value": "3.5", "unit": "kWh", "measurand": "Energy.Active.Import.Register"},
            {"value": "7000", "measurand": "Power.Active.Import", "phase": "L1"},
            {"value": "4000", "measurand": "Power.Active.Import", "phase": "L2"},
            {"value": "42", "unit": "Percent", "measurand": "SoC"},
        ]
        moment = [{"timestamp": NOW, "sampledValue": samples}]
        await cp.call(call.MeterValues(1, moment, started.transaction_id), suppress=False)
        record = csms.stations["CP1"].running()[0]
        assert (record.id, record.energy_wh, record.power_w, record.soc_percent) == (
            str(started.transaction_id),
            2500,
            11000,
            42,
        )
        stop = call.StopTransaction(6000, NOW, started.transaction_id, "Remote", "04A22B6C")
        assert (await cp.call(stop, suppress=False)).id_tag_info == {"status": "Accepted"}
        await cp.call(call.Heartbeat(), suppress=False)
    seen = csms.stations["CP1"]
    assert seen.boot == {"chargePointModel": "Model", "chargePointVendor": "Vendor"}
    assert seen.connectors[0, 1].status == "Preparing"
    assert (record.energy_wh, record.reason, record.ended_at, seen.running()) == (5000, "Remote", NOW, [])
    assert seen.last_heartbeat is not None
    assert csms.problems == []
    assert all(not message.problems for message in csms.messages("CP1"))


@pytest.mark.parametrize(
    ("id_tag", "info"),
    [
        ("04a22b6c", {"status": "Accepted"}),
        ("FLEET-7", {"status": "Accepted", "parentIdTag": "FLEET"}),
        ("BLOCKED", {"status": "Blocked"}),
        ("EXPIRED", {"status": "Expired"}),
        ("NOBODY", {"status": "Invalid"}),
    ],
)
async def test_tokens_are_authorized_by_the_list(csms, raw_station, id_tag, info):
    async with raw_station(csms) as bare:
        assert await bare.ask("Authorize", {"idTag": id_tag}) == [3, "m", {"idTagInfo": info}]


async def test_a_token_that_charges_elsewhere_is_refused(csms, station):
    async with station(csms, "1.6", "A") as one, station(csms, "1.6", "B") as other:
        first = await start(one)
        assert (await start(other)).id_tag_info == {"status": "ConcurrentTx"}
        assert (await start(one, connector=2)).id_tag_info == {"status": "ConcurrentTx"}
        await one.call(call.StopTransaction(2000, NOW, first.transaction_id), suppress=False)
        assert (await start(other, time="2026-11-20T13:00:00Z")).id_tag_info == {"status": "Accepted"}


async def test_transaction_ids_increase_and_a_repeated_start_gets_the_same(csms, station):
    async with station(csms, "1.6") as cp:
        first = await start(cp)
        again = await start(cp)
        other = await start(cp, "FLEET-7", connector=2)
    assert first.transaction_id == again.transaction_id
    assert again.id_tag_info == {"status": "Accepted"}
    assert other.transaction_id > first.transaction_id > 1_000_000
    assert len(csms.stations["CP1"].transactions) == 2


async def test_a_new_start_on_a_connector_ends_what_was_open_there(csms, station):
    async with station(csms, "1.6") as cp:
        await start(cp)
        second = await start(cp, time="2026-11-20T14:00:00Z")
    assert [record.id for record in csms.stations["CP1"].running()] == [str(second.transaction_id)]


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("LogStatusNotification", {"status": "Uploaded", "requestId": 1}, {}),
        ("SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": NOW}, {}),
        ("SignedFirmwareStatusNotification", {"status": "Installed"}, {}),
        ("SignCertificate", {"csr": "x"}, {"status": "Rejected"}),
        ("DataTransfer", {"vendorId": "x"}, {"status": "UnknownVendorId"}),
    ],
)
async def test_the_other_messages_are_answered(csms, raw_station, action, payload, answer):
    async with raw_station(csms) as bare:
        assert await bare.ask(action, payload) == [3, "m", answer]
    assert csms.problems == []
    assert all(not message.problems for message in csms.messages("CP1"))


@pytest.mark.parametrize("action", COMMANDS["1.6"])
async def test_every_command_reaches_the_station(csms, station, action):
    async with station(csms, "1.6") as cp:
        started = await start(cp)
        fields = csms.form("CP1", action)
        payload = build("1.6", action, {field.name: field.default for field in fields})
        answer = await csms.command("CP1", action, payload)
    assert answer.get("status") or "configurationKey" in answer
    if action == "RemoteStopTransaction":
        assert cp.asked == {"transaction_id": started.transaction_id}
    assert csms.problems == []
    assert all(not message.problems for message in csms.messages("CP1"))


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x" * 21}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x", "more": 1}, "FormationViolation"),
        ("FirmwareStatusNotification", {"status": "Fine"}, "PropertyConstraintViolation"),
        ("Reset", {"type": "Soft"}, "NotSupported"),
        ("Dance", {}, "NotImplemented"),
        ("../../../etc/passwd", {}, "NotImplemented"),
    ],
)
async def test_what_is_wrong_is_refused_and_recorded(csms, raw_station, action, payload, code):
    async with raw_station(csms) as bare:
        kind, message_id, given, _description, _details = await bare.ask(action, payload)
        assert (kind, message_id, given) == (4, "m", code)
    assert [(problem.identity, problem.action) for problem in csms.problems] == [("CP1", action)]


async def test_a_rejected_station_that_goes_on_is_recorded(csms, raw_station):
    csms.on_boot("Rejected", 7, identity="CP1")
    async with raw_station(csms) as bare:
        booted = await bare.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        assert (booted[2]["status"], booted[2]["interval"]) == ("Rejected", 7)
        assert (await bare.ask("Heartbeat", {}))[0] == 3
    assert [problem.keyword for problem in csms.problems] == ["boot"]
