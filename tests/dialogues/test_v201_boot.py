"""Booting, heartbeats and the clock of 2.0.1 (use cases B01 to B04, G02)."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.domain.errors import ActionRefused
from tests.support.dialogue import SILENCE, Dialogue, Refuse
from tests.support.stations import TOKEN, charging

NOW = "2026-01-05T12:00:00Z"


def boot_answer(status: str, interval: int = 300, time: str = NOW) -> dict[str, Any]:
    return {"status": status, "currentTime": time, "interval": interval}


@pytest.mark.req("B01.FR.01", "B01.FR.05", "B01.FR.09")
async def test_a_station_boots_and_reports_every_connector() -> None:
    async with Dialogue("2.0.1", accepted=False) as d:
        boot = await d.expect("BootNotification", reason="PowerUp")
        assert boot["chargingStation"] == {
            "model": "Two-bay",
            "vendorName": "Forecourt",
            "serialNumber": "FC-000001",
            "firmwareVersion": "1.0.0",
        }
        await d.expect("StatusNotification", evseId=1, connectorId=1, connectorStatus="Available")
        await d.expect("StatusNotification", evseId=2, connectorId=1, connectorStatus="Available")
        assert d.actions() == ["BootNotification", "StatusNotification", "StatusNotification"]
        assert d.state("boot")["state"] == "accepted"


@pytest.mark.req("B01.FR.01")
async def test_a_modem_is_told() -> None:
    settings = {"DataLink.ICCID": "8931080520123456789", "DataLink.IMSI": "204080123456789"}
    async with Dialogue("2.0.1", settings=settings, accepted=False) as d:
        boot = await d.expect("BootNotification")
        assert boot["chargingStation"]["modem"] == {"iccid": "8931080520123456789", "imsi": "204080123456789"}


@pytest.mark.req("B01.FR.03")
async def test_every_reboot_is_announced_with_its_reason() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("reboot", reason="Watchdog")
        await d.advance(5)
        await d.expect("BootNotification", reason="Watchdog")
        await d.expect("StatusNotification", evseId=2)


@pytest.mark.req("B01.FR.04", "G02.FR.01", "G02.FR.02")
async def test_the_interval_of_the_answer_is_the_heartbeat_interval() -> None:
    answers = {"BootNotification": boot_answer("Accepted", 40)}
    async with Dialogue("2.0.1", answers=answers) as d:
        assert d.emulator.model.get("OCPPCommCtrlr", "HeartbeatInterval") == "40"
        await d.advance(39)
        await d.expect_none("Heartbeat")
        await d.advance(1)
        await d.expect("Heartbeat")
        await d.advance(40)
        await d.expect("Heartbeat")


@pytest.mark.req("B01.FR.04")
async def test_an_interval_of_0_leaves_the_heartbeat_interval_alone() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Accepted", 0)}) as d:
        await d.advance(299)
        await d.expect_none("Heartbeat")
        await d.advance(1)
        await d.expect("Heartbeat")


@pytest.mark.req("G02.FR.05")
async def test_any_message_moves_the_next_heartbeat() -> None:
    settings = {"SampledDataCtrlr.TxUpdatedInterval": 0}
    async with Dialogue("2.0.1", settings=settings, answers={"BootNotification": boot_answer("Accepted", 100)}) as d:
        await d.advance(60)
        await d.perform("plug", evse=1)
        await d.advance(99)
        await d.expect_none("Heartbeat")
        await d.advance(1)
        await d.expect("Heartbeat")


@pytest.mark.req("G02.FR.07")
async def test_a_heartbeat_checks_the_clock_once_a_day_however_busy_the_station_is() -> None:
    settings = {"SampledDataCtrlr.TxUpdatedInterval": 200}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("plug", evse=1)  # its transaction sends something every 200 s
        await d.advance(23.9 * 3600)
        await d.expect_none("Heartbeat")
        await d.advance(0.2 * 3600)
        await d.expect("Heartbeat")


@pytest.mark.req("B01.FR.06", "G02.FR.06")
async def test_boot_and_heartbeat_set_the_clock() -> None:
    answers = {
        "BootNotification": boot_answer("Accepted", 60, "2026-03-01T06:00:00Z"),
        "Heartbeat": {"currentTime": "2026-03-01T07:00:00Z"},
    }
    async with Dialogue("2.0.1", answers=answers, accepted=False) as d:
        status = await d.expect("StatusNotification")
        assert status["timestamp"] == "2026-03-01T06:00:00.000Z"
        await d.advance(60)
        await d.expect("Heartbeat")
        await d.perform("plug", evse=1)
        status = await d.expect("StatusNotification", connectorStatus="Occupied")
        assert status["timestamp"] == "2026-03-01T07:00:00.000Z"


@pytest.mark.req("B01.FR.08", "B02.FR.02", "B02.FR.08", "B02.FR.06")
async def test_while_pending_nothing_is_sent_but_the_next_boot_after_the_interval() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Pending", 30)}, accepted=False) as d:
        await d.expect("BootNotification", reason="PowerUp")
        await d.perform("plug", evse=1)
        await d.advance(29)
        await d.expect_none()
        assert d.state("boot")["state"] == "pending"
        assert d.state("connection")["state"] == "connected"
        d.answers["BootNotification"] = boot_answer("Accepted")
        await d.advance(1)
        await d.expect("BootNotification", reason="PowerUp")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")


@pytest.mark.req("B02.FR.03", "B03.FR.01")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_before_it_is_accepted_the_station_takes_drivers_where_that_is_set(status: str) -> None:
    settings = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", "TxCtrlr.TxBeforeAcceptedEnabled": "true"}
    answers = {"BootNotification": boot_answer(status, 600)}
    async with Dialogue("2.0.1", answers=answers, settings=settings, accepted=False) as d:
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        await d.expect_none("TransactionEvent")
        assert d.state("meters")[0]["power_w"] == 11_000
        d.answers["BootNotification"] = boot_answer("Accepted")
        await d.advance(600)
        await d.expect("TransactionEvent", eventType="Started", offline=True)
        await d.expect("TransactionEvent", triggerReason="Authorized", offline=True)


@pytest.mark.req("B02.FR.03", "B03.FR.01")
async def test_before_it_is_accepted_the_station_takes_no_drivers_otherwise() -> None:
    settings = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", "TxCtrlr.TxBeforeAcceptedEnabled": "false"}
    answers = {"BootNotification": boot_answer("Pending", 600)}
    async with Dialogue("2.0.1", answers=answers, settings=settings, accepted=False) as d:
        await d.perform("plug", evse=1)
        with pytest.raises(ActionRefused):
            await d.perform("swipe", id_token=TOKEN, evse=1)
        assert d.state("queue") == []
        d.answers["BootNotification"] = boot_answer("Accepted")
        await d.advance(600)
        await d.expect_none("TransactionEvent")
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("TransactionEvent", eventType="Started", triggerReason="Authorized")


@pytest.mark.req("B02.FR.07", "B03.FR.05")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_an_interval_of_0_lets_the_station_choose(status: str) -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer(status, 0)}, accepted=False) as d:
        await d.expect("BootNotification")
        await d.advance(10)
        await d.expect_none()
        await d.advance(110)
        await d.expect("BootNotification")


@pytest.mark.req("B02.FR.01")
async def test_while_pending_settings_are_read_set_and_reported() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Pending")}, accepted=False) as d:
        await d.expect("BootNotification")
        interval = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        answer = await d.call("SetVariables", setVariableData=[{**interval, "attributeValue": "77"}])
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        answer = await d.call("GetVariables", getVariableData=[interval])
        assert answer["getVariableResult"][0]["attributeValue"] == "77"
        assert await d.call("GetBaseReport", requestId=5, reportBase="SummaryInventory") == {"status": "Accepted"}
        await d.expect("NotifyReport", requestId=5)


@pytest.mark.req("B02.FR.02", "F06.FR.04", "F06.FR.10")
async def test_while_pending_what_is_triggered_is_sent() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Pending")}, accepted=False) as d:
        await d.expect("BootNotification")
        place = {"id": 1, "connectorId": 1}
        answer = await d.call("TriggerMessage", requestedMessage="StatusNotification", evse=place)
        assert answer == {"status": "Accepted"}
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await d.call("TriggerMessage", requestedMessage="Heartbeat")
        await d.expect("Heartbeat")


@pytest.mark.req("B02.FR.04")
async def test_a_triggered_boot_comes_at_once_with_its_own_reason() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Pending", 600)}, accepted=False) as d:
        await d.expect("BootNotification", reason="PowerUp")
        d.answers["BootNotification"] = boot_answer("Accepted")
        assert await d.call("TriggerMessage", requestedMessage="BootNotification") == {"status": "Accepted"}
        await d.expect("BootNotification", reason="Triggered")
        assert d.state("boot")["state"] == "accepted"
        await d.advance(700)
        await d.expect_none("BootNotification")


@pytest.mark.req("F06.FR.17")
async def test_an_accepted_station_boots_for_no_trigger() -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("TriggerMessage", requestedMessage="BootNotification")
        assert answer["status"] == "Rejected"
        await d.expect_none("BootNotification")


@pytest.mark.req("B02.FR.05")
async def test_while_pending_nothing_is_started_or_stopped() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Pending")}, accepted=False) as d:
        await d.expect("BootNotification")
        start = await d.call("RequestStartTransaction", idToken={"idToken": TOKEN, "type": "Central"}, remoteStartId=1)
        stop = await d.call("RequestStopTransaction", transactionId="nobody")
        assert start["status"] == stop["status"] == "Rejected"
        assert start["statusInfo"]["reasonCode"] == "CSNotAccepted"


@pytest.mark.req("B03.FR.02", "B03.FR.06", "B03.FR.08")
async def test_a_rejected_station_keeps_silent_and_takes_no_calls() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": boot_answer("Rejected", 120)}, accepted=False) as d:
        await d.expect("BootNotification")
        await d.perform("plug", evse=1)
        answer = await d.call("GetBaseReport", requestId=1, reportBase="FullInventory")
        assert answer["error"] == "SecurityError"
        answer = await d.call("TriggerMessage", requestedMessage="Heartbeat")
        assert answer["error"] == "SecurityError"
        await d.advance(119)
        await d.expect_none()
        d.answers["BootNotification"] = boot_answer("Accepted")
        await d.advance(1)
        await d.expect("BootNotification")
        await d.expect("StatusNotification", evseId=1)


@pytest.mark.parametrize("failure", [SILENCE, Refuse()])
async def test_a_boot_that_gets_no_answer_is_tried_again(failure: object) -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": failure}, accepted=False) as d:
        await d.expect("BootNotification")
        await d.advance(5)
        await d.expect_none()
        d.answers["BootNotification"] = boot_answer("Accepted")
        await d.advance(100)
        await d.expect("BootNotification")
        await d.expect("StatusNotification")


async def test_a_boot_that_the_link_cut_short_comes_with_the_next_connection() -> None:
    async with Dialogue("2.0.1", answers={"BootNotification": SILENCE}, accepted=False) as d:
        await d.expect("BootNotification")
        d.answers["BootNotification"] = boot_answer("Accepted")
        d.server.offline = True
        await d.advance(1)
        d.server.offline = False
        await d.advance(15)  # the first back-off
        await d.expect("BootNotification", reason="PowerUp")
        await d.expect("StatusNotification")


@pytest.mark.req("B04.FR.01")
async def test_after_a_long_outage_all_statuses_are_reported() -> None:
    async with Dialogue("2.0.1", settings={"OCPPCommCtrlr.OfflineThreshold": 60}) as d:
        d.server.offline = True
        await d.advance(120)
        d.server.offline = False
        await d.advance(200)  # the back-off has grown meanwhile
        await d.expect("StatusNotification", evseId=1)
        await d.expect("StatusNotification", evseId=2)
        await d.expect_none("BootNotification")


@pytest.mark.req("B04.FR.02")
async def test_after_a_short_outage_only_changed_statuses_are_reported() -> None:
    async with Dialogue("2.0.1", settings={"OCPPCommCtrlr.OfflineThreshold": 600}) as d:
        d.server.offline = True
        await d.advance(1)
        await d.perform("plug", evse=2)
        d.server.offline = False
        await d.advance(30)
        await d.expect("StatusNotification", evseId=2, connectorStatus="Occupied")
        assert d.actions().count("StatusNotification") == 1


async def test_an_accepted_station_goes_on_charging_through_an_outage() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        d.server.offline = True
        await d.advance(30)
        assert d.state("meters")[0]["power_w"] == 11_000
        d.server.offline = False
        await d.advance(60)
        assert d.state("meters")[0]["power_w"] == 11_000
