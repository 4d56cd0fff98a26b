"""What the Central System may ask of a 1.6 station: remote start and stop, availability, unlock, triggers, metering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.domain.station import Cable
from emulator.runtime.configuration import ConnectorConfiguration, EvseConfiguration, StationConfiguration
from tests.support.dialogue import Dialogue

TAG = "04A22B6C"
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
SOCKETS = replace(
    StationConfiguration(),
    evses=(EvseConfiguration(1, connectors=(ConnectorConfiguration(1, "sType2", Cable.SOCKET, 32.0),)),),
)


@pytest.mark.req("1.6:5.11")
async def test_remote_start_with_the_cable_in_asks_about_the_token_first() -> None:
    async with Dialogue("1.6", settings={"AuthorizeRemoteTxRequests": "true"}) as d:
        await d.perform("plug", evse=1)
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1) == ACCEPTED
        await d.expect("Authorize", idTag=TAG)
        await d.expect("StartTransaction", idTag=TAG, connectorId=1)


@pytest.mark.req("1.6:5.11")
async def test_remote_start_need_not_ask() -> None:
    async with Dialogue("1.6", settings={"AuthorizeRemoteTxRequests": "false"}) as d:
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=2) == ACCEPTED
        await d.expect("StatusNotification", connectorId=2, status="Preparing")
        await d.perform("plug", evse=2)
        await d.expect("StartTransaction", idTag=TAG, connectorId=2)
        assert "Authorize" not in d.actions()


@pytest.mark.req("1.6:5.11")
async def test_remote_start_without_a_connector_takes_the_one_with_a_car() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=2)
        assert await d.call("RemoteStartTransaction", idTag=TAG) == ACCEPTED
        await d.expect("StartTransaction", connectorId=2)


@pytest.mark.req("1.6:5.11")
async def test_remote_start_is_refused_where_it_cannot_be_done() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=9) == REJECTED
        await d.call("ChangeAvailability", connectorId=1, type="Inoperative")
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1) == REJECTED
        await d.perform("fault", evse=2, connector=1, error_code="GroundFailure")
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=2) == REJECTED
        await d.perform("clear_fault", evse=2, connector=1)
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=2) == ACCEPTED
        assert await d.call("RemoteStartTransaction", idTag="OTHER", connectorId=2) == REJECTED


@pytest.mark.req("1.6:5.12")
async def test_remote_stop() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert await d.call("RemoteStopTransaction", transactionId=5) == REJECTED
        assert await d.call("RemoteStopTransaction", transactionId=1001) == ACCEPTED
        await d.expect("StopTransaction", transactionId=1001, reason="Remote")
        assert await d.call("RemoteStopTransaction", transactionId=1001) == REJECTED


@pytest.mark.req("1.6:5.11")
async def test_a_car_that_stays_can_be_started_again() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        for number in (1001, 1002, 1003):
            assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1) == ACCEPTED
            await d.expect("StartTransaction")
            assert await d.call("RemoteStopTransaction", transactionId=number) == ACCEPTED
            await d.expect("StopTransaction", transactionId=number)


@pytest.mark.req("1.6:5.2")
async def test_availability_of_a_free_connector_changes_at_once_and_outlives_a_restart() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("ChangeAvailability", connectorId=2, type="Inoperative") == ACCEPTED
        await d.expect("StatusNotification", connectorId=2, status="Unavailable")
        assert await d.call("ChangeAvailability", connectorId=2, type="Inoperative") == ACCEPTED
        await d.restart()
        await d.expect("StatusNotification", connectorId=2, status="Unavailable")
        assert await d.call("ChangeAvailability", connectorId=2, type="Operative") == ACCEPTED
        await d.expect("StatusNotification", connectorId=2, status="Available")


@pytest.mark.req("1.6:5.2")
async def test_availability_waits_for_the_transaction() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert await d.call("ChangeAvailability", connectorId=1, type="Inoperative") == {"status": "Scheduled"}
        assert d.status() == "Charging"
        await d.perform("stop", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Unavailable")


@pytest.mark.req("1.6:5.2")
async def test_availability_of_the_whole_charge_point() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        d.forget()
        assert await d.call("ChangeAvailability", connectorId=0, type="Inoperative") == {"status": "Scheduled"}
        await d.expect("StatusNotification", connectorId=2, status="Unavailable")
        await d.perform("stop", evse=1)
        await d.perform("unplug", evse=1)
        assert [d.status(1), d.status(2)] == ["Unavailable", "Unavailable"]
        await d.expect("StatusNotification", connectorId=0, status="Unavailable")
        assert await d.call("ChangeAvailability", connectorId=0, type="Operative") == ACCEPTED
        assert [d.status(1), d.status(2)] == ["Available", "Available"]
        assert await d.call("ChangeAvailability", connectorId=3, type="Operative") == REJECTED


@pytest.mark.req("1.6:5.18")
async def test_unlocking_a_socket_ends_its_transaction() -> None:
    async with Dialogue("1.6", configuration=SOCKETS) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert d.state("evses")[0]["connectors"][0]["locked"] is True
        assert await d.call("UnlockConnector", connectorId=1) == {"status": "Unlocked"}
        await d.expect("StopTransaction", reason="UnlockCommand")
        assert d.state("evses")[0]["connectors"][0]["locked"] is False


@pytest.mark.req("1.6:5.18")
async def test_unlocking_what_has_no_lock_or_is_jammed() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("UnlockConnector", connectorId=1) == {"status": "NotSupported"}
        assert await d.call("UnlockConnector", connectorId=7) == {"status": "NotSupported"}
    async with Dialogue("1.6", configuration=SOCKETS) as d:
        await d.perform("lock_failure", evse=1, on=True)
        await d.expect("StatusNotification", connectorId=1, status="Faulted", errorCode="ConnectorLockFailure")
        assert await d.call("UnlockConnector", connectorId=1) == {"status": "UnlockFailed"}


@pytest.mark.req("1.6:5.17")
async def test_triggers_come_after_the_answer() -> None:
    async with Dialogue("1.6") as d:
        for message in ("Heartbeat", "BootNotification", "StatusNotification", "MeterValues"):
            assert await d.call("TriggerMessage", requestedMessage=message) == ACCEPTED
            await d.expect(message)
        assert len(d.calls("StatusNotification")) == 3
        assert [p["connectorId"] for p in d.calls("MeterValues")] == [0, 1, 2]
        assert await d.call("TriggerMessage", requestedMessage="MeterValues", connectorId=9) == REJECTED
        for message in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
            assert await d.call("TriggerMessage", requestedMessage=message) == ACCEPTED
            await d.expect(message, status="Idle")


@pytest.mark.req("1.6:4.7")
async def test_sampled_values_come_at_their_interval_with_what_is_configured() -> None:
    settings = {
        "MeterValueSampleInterval": 30,
        "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC",
    }
    async with Dialogue("1.6", settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(90)
        assert len(d.calls("MeterValues")) == 3
        payload = await d.expect("MeterValues", connectorId=1, transactionId=1001)
        values = payload["meterValue"][0]["sampledValue"]
        assert payload["meterValue"][0]["timestamp"] == "2026-01-05T12:00:30.000Z"
        measured = [(v["measurand"], v.get("phase"), v["value"]) for v in values]
        assert measured[:2] == [
            ("Energy.Active.Import.Register", None, "92"),
            ("Power.Active.Import", None, "11000"),
        ]
        currents = [float(v["value"]) for v in values if v["measurand"] == "Current.Import"]
        assert currents == pytest.approx([11_000 / 3 / 230] * 3, abs=0.05)
        assert [v["phase"] for v in values if v["measurand"] == "Voltage"] == ["L1-N", "L2-N", "L3-N"]
        assert not [v for v in values if v["measurand"] == "SoC"]  # nobody tells an AC station


async def test_a_dc_station_knows_the_state_of_charge() -> None:
    settings = {"MeterValueSampleInterval": 60, "MeterValuesSampledData": "SoC,Power.Active.Import"}
    async with Dialogue("1.6", settings=settings) as d:
        await d.perform("plug", evse=2, vehicle={"name": "T", "battery_kwh": 60, "soc": 50, "max_dc_kw": 60})
        await d.perform("swipe", id_token=TAG)
        await d.advance(60)
        values = (await d.expect("MeterValues"))["meterValue"][0]["sampledValue"]
        assert {v["measurand"]: v["value"] for v in values} == {"SoC": "51.7", "Power.Active.Import": "60000"}


@pytest.mark.req("1.6:9.1.3")
async def test_clock_aligned_values() -> None:
    settings = {"ClockAlignedDataInterval": 900, "MeterValueSampleInterval": 0}
    async with Dialogue("1.6", settings=settings) as d:
        await d.advance(100)
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(800)
        assert [(p["connectorId"], p.get("transactionId")) for p in d.calls("MeterValues")] == [
            (0, None),
            (1, 1001),
            (2, None),
        ]
        assert d.calls("MeterValues")[0]["meterValue"][0]["timestamp"] == "2026-01-05T12:15:00.000Z"
        assert d.calls("MeterValues")[0]["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"


@pytest.mark.req("1.6:4.9")
async def test_a_fault_in_mid_session_comes_and_goes() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.perform("fault", evse=1, connector=1, error_code="HighTemperature", info="inlet 92 C")
        await d.expect(
            "StatusNotification", connectorId=1, status="Faulted", errorCode="HighTemperature", info="inlet 92 C"
        )
        assert d.state("meters")[0]["power_w"] == 0
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", connectorId=1, status="Charging", errorCode="NoError")
        await d.expect_none("StopTransaction")


async def test_data_transfer_of_a_stranger() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("DataTransfer", vendorId="nobody") == {"status": "UnknownVendorId"}
        assert await d.call("DataTransfer", vendorId="Forecourt", messageId="x") == {"status": "UnknownMessageId"}


async def test_unknown_and_misdirected_actions() -> None:
    async with Dialogue("1.6") as d:
        assert (await d.call("MakeCoffee"))["error"] == "NotImplemented"
        assert (await d.call("Authorize", idTag="X"))["error"] == "NotSupported"


@pytest.mark.req("1.6:5.4")
async def test_clear_cache() -> None:
    async with Dialogue("1.6", settings={"AuthorizationCacheEnabled": "true"}) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert len(d.state("lists")["cache"]) == 1
        assert await d.call("ClearCache") == ACCEPTED
        assert d.state("lists")["cache"] == []


async def test_the_cache_lets_a_known_token_charge_offline() -> None:
    settings = {"AuthorizationCacheEnabled": "true", "LocalAuthorizeOffline": "true"}
    async with Dialogue("1.6", settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.perform("swipe", id_token=TAG)
        await d.perform("unplug", evse=1)
        d.server.offline = True
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token="STRANGER") == {"status": "Unknown"}
        assert await d.perform("swipe", id_token=TAG) == ACCEPTED
        assert len(d.state("transactions")) == 1


async def test_the_least_limit_holds() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert d.state("meters")[0]["power_w"] == 11_000
        await d.perform("set_variable", component="EVSE", variable="Power", attribute="MaxSet", evse=1, value="6900")
        assert d.state("meters")[0]["power_w"] == pytest.approx(6_900)
        await d.perform("set_variable", component="EVSE", variable="Power", attribute="MaxSet", evse=1, value="3000")
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")  # less than 6 A a phase
        assert d.state("meters")[0]["power_w"] == 0


async def test_switched_off_sampling_sends_nothing() -> None:
    async with Dialogue("1.6", settings={"SampledDataCtrlr.Enabled": "false", "MeterValueSampleInterval": 10}) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(60)
        await d.perform("stop", evse=1)
        assert "MeterValues" not in d.actions()
        assert "transactionData" not in await d.expect("StopTransaction")
