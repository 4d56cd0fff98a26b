"""Charging sessions of 1.6: plug first, token first, and every way to stop (sections 3.6, 4.8 to 4.10)."""

from __future__ import annotations

import pytest

from tests.support.dialogue import Dialogue, Refuse

TAG = "04A22B6C"


async def charging(d: Dialogue, evse: int = 1) -> int:
    """Plug in and swipe; the transaction's number."""
    await d.perform("plug", evse=evse)
    await d.perform("swipe", id_token=TAG)
    await d.expect("StartTransaction", connectorId=evse)
    await d.expect("StatusNotification", connectorId=evse, status="Charging")
    return int(d.state("transactions")[0]["csms_id"])


@pytest.mark.req("1.6:4.8", "1.6:4.9")
async def test_cable_first() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Preparing", errorCode="NoError")
        assert await d.perform("swipe", id_token=TAG) == {"status": "Accepted"}
        await d.expect("Authorize", idTag=TAG)
        await d.expect("StartTransaction", connectorId=1, idTag=TAG, meterStart=0, timestamp="2026-01-05T12:00:00.000Z")
        await d.expect("StatusNotification", connectorId=1, status="Charging")
        await d.advance(3600)
        await d.perform("swipe", id_token=TAG)
        stop = await d.expect("StopTransaction", transactionId=1001, idTag=TAG, reason="Local")
        assert stop["meterStop"] == 11_000
        await d.expect("StatusNotification", connectorId=1, status="Finishing")
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Available")
        assert d.actions().count("Authorize") == 1  # section 4.1: the same idTag stops without asking


@pytest.mark.req("1.6:4.1", "1.6:4.9")
async def test_token_first_waits_for_the_cable() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("swipe", id_token=TAG, evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Preparing")
        await d.expect_none("StartTransaction")
        await d.advance(20)
        await d.perform("plug", evse=1)
        await d.expect("StartTransaction", connectorId=1, idTag=TAG)
        await d.expect("StatusNotification", connectorId=1, status="Charging")


async def test_one_reader_serves_the_connector_that_is_plugged_next() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("swipe", id_token=TAG)
        assert d.state("reader")["waiting"]["id_token"] == TAG
        await d.perform("plug", evse=2)
        await d.expect("StartTransaction", connectorId=2, idTag=TAG)


@pytest.mark.req("1.6:9.1.4")
async def test_connection_time_out_ends_the_permission() -> None:
    async with Dialogue("1.6", settings={"ConnectionTimeOut": 30}) as d:
        await d.perform("swipe", id_token=TAG, evse=1)
        await d.advance(29)
        assert d.status() == "Preparing"
        await d.advance(1)
        assert d.status() == "Available"
        await d.perform("plug", evse=1)
        await d.expect_none("StartTransaction")


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid"])
async def test_a_refused_token_starts_nothing(status: str) -> None:
    async with Dialogue("1.6", answers={"Authorize": {"idTagInfo": {"status": status}}}) as d:
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TAG) == {"status": status}
        await d.expect("Authorize")
        await d.expect_none("StartTransaction")
        assert d.status() == "Preparing"


async def test_an_authorize_that_fails_starts_nothing() -> None:
    async with Dialogue("1.6", answers={"Authorize": Refuse()}) as d:
        await d.perform("plug", evse=1)
        assert (await d.perform("swipe", id_token=TAG))["status"] != "Accepted"
        await d.expect_none("StartTransaction")


@pytest.mark.req("1.6:4.10")
async def test_a_token_of_the_same_parent_stops() -> None:
    accepted = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}
    async with Dialogue("1.6", answers={"Authorize": accepted}) as d:
        await charging(d)
        await d.perform("swipe", id_token="FLEET-8", evse=1)
        await d.expect("Authorize", idTag="FLEET-8")
        await d.expect("StopTransaction", idTag="FLEET-8", reason="Local")


async def test_another_token_does_not_stop() -> None:
    async with Dialogue("1.6") as d:
        await charging(d)
        await d.perform("plug", evse=2)
        await d.perform("swipe", id_token="OTHER")
        await d.expect_none("StopTransaction")
        await d.expect("StartTransaction", connectorId=2, idTag="OTHER")


@pytest.mark.parametrize(("pressed", "sent"), [("Local", "Local"), ("EmergencyStop", "EmergencyStop")])
async def test_a_button_stops(pressed: str, sent: str) -> None:
    async with Dialogue("1.6") as d:
        await charging(d)
        await d.perform("stop", evse=1, reason=pressed)
        await d.expect("StopTransaction", transactionId=1001, reason=sent)


@pytest.mark.req("1.6:4.10")
async def test_unplugging_at_the_car_stops() -> None:
    async with Dialogue("1.6") as d:
        await charging(d)
        await d.advance(60)
        await d.perform("unplug", evse=1)
        await d.expect("StopTransaction", reason="EVDisconnected")
        await d.expect("StatusNotification", connectorId=1, status="Available")


@pytest.mark.req("1.6:4.10")
async def test_unplugging_at_the_car_only_suspends_where_configured() -> None:
    async with Dialogue("1.6", settings={"StopTransactionOnEVSideDisconnect": "false"}) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEV")
        await d.expect_none("StopTransaction")
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Charging")


@pytest.mark.req("1.6:4.9")
async def test_the_car_suspends_and_resumes() -> None:
    async with Dialogue("1.6") as d:
        await charging(d)
        await d.perform("vehicle", evse=1, wants_charge=False)
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEV")
        before = d.state("meters")[0]["energy_wh"]
        await d.advance(600)
        assert d.state("meters")[0]["energy_wh"] == before
        await d.perform("vehicle", evse=1, wants_charge=True)
        await d.expect("StatusNotification", connectorId=1, status="Charging")


async def test_a_full_battery_suspends_by_itself() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1, vehicle={"name": "Small", "battery_kwh": 10, "soc": 50, "max_ac_kw": 11})
        await d.perform("swipe", id_token=TAG)
        await d.advance(3 * 3600)
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEV")
        assert d.state("transactions")[0]["energy_wh"] == pytest.approx(5_000)


@pytest.mark.req("1.6:3.5.4")
async def test_a_token_that_start_transaction_refuses_stops() -> None:
    blocked = {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    async with Dialogue("1.6", answers={"StartTransaction": blocked}) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.expect("StopTransaction", transactionId=7, reason="DeAuthorized")


async def test_a_token_that_start_transaction_refuses_gets_no_energy_where_it_may_go_on() -> None:
    blocked = {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    settings = {"StopTransactionOnInvalidId": "false"}
    async with Dialogue("1.6", answers={"StartTransaction": blocked}, settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")
        await d.expect_none("StopTransaction")


@pytest.mark.req("1.6:9.1.14")
async def test_a_refused_token_may_drive_home() -> None:
    blocked = {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    settings = {"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": 1100}
    async with Dialogue("1.6", answers={"StartTransaction": blocked}, settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(359)
        assert d.status() == "Charging"
        await d.advance(2)
        assert d.status() == "SuspendedEVSE"
        assert d.state("transactions")[0]["energy_wh"] == pytest.approx(1100, abs=1)
