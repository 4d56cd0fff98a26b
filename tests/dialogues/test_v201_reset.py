"""Resets and power cuts of 2.0.1 (use cases B11, B12, E06)."""

from __future__ import annotations

import pytest

from tests.support.dialogue import SILENCE, Dialogue
from tests.support.stations import TOKEN, charging, transaction_id

BOOT_S = 5


@pytest.mark.req("B11.FR.01", "B11.FR.03", "B11.FR.04")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_idle_station_is_reset_at_once(kind: str) -> None:
    async with Dialogue("2.0.1") as d:
        assert await d.call("Reset", type=kind) == {"status": "Accepted"}
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="RemoteReset")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await d.expect("StatusNotification", evseId=2, connectorStatus="Available")


@pytest.mark.req("B12.FR.02", "B12.FR.04")
async def test_an_immediate_reset_ends_every_transaction_first() -> None:
    async with Dialogue("2.0.1") as d:
        first = await charging(d, evse=1)
        second = await charging(d, evse=2, token="OTHER")
        assert await d.call("Reset", type="Immediate") == {"status": "Accepted"}
        for transaction in (first, second):
            event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ResetCommand")
            info = event["transactionInfo"]
            assert (info["transactionId"], info["stoppedReason"]) == (transaction, "ImmediateReset")
            assert "idToken" not in event
            assert "offline" not in event
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="RemoteReset")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        await d.expect_none("TransactionEvent")


@pytest.mark.req("B12.FR.05")
async def test_what_the_csms_did_not_answer_before_the_reset_is_sent_after_it() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        d.answers["TransactionEvent"] = SILENCE
        await d.call("Reset", type="Immediate")
        await d.expect("TransactionEvent", eventType="Ended")
        await d.advance(9)
        await d.expect_none("BootNotification")
        d.answers["TransactionEvent"] = {}
        await d.advance(6)
        await d.expect("BootNotification", reason="RemoteReset")
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ResetCommand")
        assert event["offline"] is True  # E11.FR.07
        assert d.state("queue") == []


@pytest.mark.req("B11.FR.07", "B12.FR.01", "B12.FR.03")
async def test_a_reset_on_idle_waits_for_the_driver() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        assert await d.call("Reset", type="OnIdle") == {"status": "Scheduled"}
        await d.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")  # B12, 3a
        await d.advance(1800)
        assert d.state("meters")[0]["power_w"] > 0
        await d.perform("swipe", id_token=TOKEN)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert event["transactionInfo"]["stoppedReason"] == "Local"
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="ScheduledReset")
        await d.expect("StatusNotification", evseId=2, connectorStatus="Available")


@pytest.mark.req("B12.FR.01")
async def test_a_reset_on_idle_waits_for_the_last_transaction() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d, evse=1)
        await charging(d, evse=2, token="OTHER")
        await d.call("Reset", type="OnIdle")
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")
        await d.advance(60)
        await d.expect_none("BootNotification")
        await d.perform("unplug", evse=2)
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="ScheduledReset")


@pytest.mark.req("B12.FR.01", "B12.FR.02")
async def test_an_immediate_reset_overtakes_one_that_waits() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.call("Reset", type="OnIdle")
        assert await d.call("Reset", type="Immediate") == {"status": "Accepted"}
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="ResetCommand")
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="RemoteReset")
        await d.advance(60)
        await d.expect_none("BootNotification")


@pytest.mark.req("B11.FR.02", "B12.FR.06", "B01.FR.07", "G01.FR.02", "G03.FR.08")
async def test_what_is_out_of_service_stays_so_through_a_reset() -> None:
    async with Dialogue("2.0.1") as d:
        await d.call("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 2})
        await d.call("Reset", type="Immediate")
        await d.advance(BOOT_S)
        await d.expect("BootNotification")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await d.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")


# --- one EVSE alone


@pytest.mark.req("B11.FR.08", "B11.FR.10")
async def test_an_evse_is_reset_alone() -> None:
    async with Dialogue("2.0.1") as d:
        assert d.emulator.model.get("EVSE", "AllowReset", evse=1) == "true"
        assert await d.call("Reset", type="Immediate", evseId=2) == {"status": "Accepted"}
        await d.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")
        await d.advance(BOOT_S)
        await d.expect("StatusNotification", evseId=2, connectorStatus="Available")
        await d.expect_none()


@pytest.mark.req("B12.FR.08")
async def test_the_reset_of_an_evse_ends_its_transaction_alone() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d, evse=1)
        await charging(d, evse=2, token="OTHER")
        assert await d.call("Reset", type="Immediate", evseId=1) == {"status": "Accepted"}
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ResetCommand")
        assert event["transactionInfo"]["stoppedReason"] == "ImmediateReset"
        await d.advance(BOOT_S)
        assert d.status(1) == "Occupied"
        assert [row["evse"] for row in d.state("transactions")] == [2]
        await d.expect_none("BootNotification")


@pytest.mark.req("B12.FR.07", "B12.FR.01")
async def test_the_reset_of_an_evse_on_idle_waits_for_its_driver() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        assert await d.call("Reset", type="OnIdle", evseId=1) == {"status": "Scheduled"}
        assert await d.call("Reset", type="OnIdle", evseId=2) == {"status": "Accepted"}
        await d.advance(60)
        assert d.state("transactions")
        await d.perform("unplug", evse=1)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")
        await d.advance(BOOT_S)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")


@pytest.mark.req("B11.FR.09", "B12.FR.09")
@pytest.mark.parametrize("kind", ["Immediate", "OnIdle"])
async def test_an_evse_that_cannot_be_reset_alone_is_not(kind: str) -> None:
    async with Dialogue("2.0.1", settings={"EVSE#1.AllowReset": "false"}) as d:
        await charging(d)
        assert (await d.call("Reset", type=kind, evseId=1))["status"] == "Rejected"
        await d.expect_none("TransactionEvent")


async def test_an_evse_that_is_not_there_is_not_reset() -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("Reset", type="Immediate", evseId=5)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "UnknownEvse")


# --- power


@pytest.mark.req("E06.FR.08", "E06.FR.16", "B01.FR.03")
async def test_a_power_cut_ends_the_transaction_with_what_the_meter_shows() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        await d.advance(360)
        await d.perform("power_off")
        await d.perform("power_on")
        await d.advance(BOOT_S)
        await d.expect("BootNotification", reason="PowerUp")
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="AbnormalCondition")
        info = event["transactionInfo"]
        assert (info["transactionId"], info["stoppedReason"]) == (transaction, "PowerLoss")
        assert event["offline"] is True
        assert event["meterValue"][-1]["sampledValue"][0]["value"] == pytest.approx(1100, abs=1)
        await d.expect_none("TransactionEvent")


@pytest.mark.req("E06.FR.08", "E01.FR.07", "E01.FR.08")
async def test_a_killed_process_loses_no_event() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        await d.restart()
        event = await d.expect("TransactionEvent", eventType="Ended", transactionInfo={"transactionId": transaction})
        assert event["seqNo"] == 3


@pytest.mark.req("E06.FR.08")
async def test_a_power_cut_ends_the_transaction_of_a_driver_without_an_evse() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN)
        transaction = transaction_id(d)
        await d.restart()
        info = {"transactionId": transaction, "stoppedReason": "PowerLoss"}
        await d.expect("TransactionEvent", eventType="Ended", transactionInfo=info)


@pytest.mark.req("E07.FR.06")
async def test_a_local_reboot_says_so() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("reboot", reason="LocalReset")
        await d.expect("BootNotification", reason="LocalReset")
        event = await d.expect("TransactionEvent", eventType="Ended")
        assert event["transactionInfo"]["stoppedReason"] == "Reboot"
