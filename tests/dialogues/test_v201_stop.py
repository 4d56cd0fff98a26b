"""How transactions of 2.0.1 stop (use cases E06 to E10, C09)."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.domain.errors import ActionRefused
from tests.support.dialogue import Dialogue
from tests.support.stations import ID_TOKEN, TOKEN, charging, events, one_socket

GROUP = {"idToken": "FAMILY", "type": "Central"}
IN_GROUP = {"idTokenInfo": {"status": "Accepted", "groupIdToken": GROUP}}


def connector(d: Dialogue) -> dict[str, Any]:
    found: dict[str, Any] = d.state("evses")[0]["connectors"][0]
    return found


@pytest.mark.req(
    "E06.FR.03", "E06.FR.08", "E06.FR.11", "E06.FR.15", "E07.FR.01", "E07.FR.02", "E07.FR.05", "E07.FR.08", "C01.FR.03"
)
async def test_the_token_that_started_stops() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.advance(3600)
        d.forget()
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        info = event["transactionInfo"]
        assert (info["stoppedReason"], info["chargingState"], info["timeSpentCharging"]) == (
            "Local",
            "EVConnected",
            3600,
        )
        assert event["idToken"] == ID_TOKEN
        begin, end = event["meterValue"]
        assert begin["sampledValue"][0]["context"] == "Transaction.Begin"
        assert end["sampledValue"][0] == {
            "value": 11_000.0,
            "context": "Transaction.End",
            "measurand": "Energy.Active.Import.Register",
            "location": "Outlet",
            "unitOfMeasure": {"unit": "Wh"},
        }
        assert d.actions() == ["TransactionEvent"]  # without asking, and the car is still there
        assert d.status() == "Occupied"
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await d.expect_none()


@pytest.mark.req("E07.FR.01", "E08.FR.01")
async def test_a_token_is_the_same_in_small_letters() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("swipe", id_token=TOKEN.lower())
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")


@pytest.mark.req("C01.FR.25")
async def test_a_token_of_another_type_is_another_token() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        d.answers["Authorize"] = {"idTokenInfo": {"status": "Invalid"}}
        assert await d.perform("swipe", id_token=TOKEN, type="KeyCode") == {"status": "Invalid"}
        await d.expect("Authorize", idToken={"idToken": TOKEN, "type": "KeyCode"})
        await d.expect_none("TransactionEvent")


@pytest.mark.req("C09.FR.03", "C09.FR.05", "E08.FR.02")
async def test_an_unknown_token_of_the_group_stops_after_asking() -> None:
    async with Dialogue("2.0.1", answers={"Authorize": IN_GROUP}) as d:
        await charging(d)
        await d.perform("swipe", id_token="SISTER")
        await d.expect("Authorize", idToken={"idToken": "SISTER"})
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert event["idToken"]["idToken"] == "SISTER"


@pytest.mark.req("C09.FR.07", "E07.FR.01", "C01.FR.03")
async def test_a_known_token_of_the_group_stops_without_asking() -> None:
    async with Dialogue("2.0.1", answers={"Authorize": IN_GROUP, "TransactionEvent": IN_GROUP}) as d:
        await charging(d, token="SISTER")
        await d.perform("unplug", evse=1)
        await charging(d)
        d.forget()
        await d.perform("swipe", id_token="SISTER")
        await d.expect(
            "TransactionEvent", eventType="Ended", triggerReason="StopAuthorized", idToken={"idToken": "SISTER"}
        )
        await d.expect_none("Authorize")
        assert "Authorize" not in d.actions()


@pytest.mark.req("C09.FR.11")
async def test_a_blocked_token_of_the_group_does_not_stop() -> None:
    async with Dialogue("2.0.1", answers={"Authorize": IN_GROUP}) as d:
        await charging(d)
        d.answers["Authorize"] = {"idTokenInfo": {"status": "Blocked", "groupIdToken": GROUP}}
        assert await d.perform("swipe", id_token="SISTER") == {"status": "Blocked"}
        await d.expect("Authorize", idToken={"idToken": "SISTER"})
        await d.expect_none("TransactionEvent")


@pytest.mark.req("C09.FR.03")
async def test_a_token_of_another_group_does_not_stop() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("swipe", id_token="STRANGER")
        assert "Ended" not in [kind for kind, _, _ in events(d) if kind == "Ended"]
        assert d.state("evses")[0]["authorized"]["id_token"] == TOKEN


@pytest.mark.req("E07.FR.05")
async def test_the_stop_button() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("stop", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert event["transactionInfo"]["stoppedReason"] == "Local"


@pytest.mark.req("E06.FR.08", "E06.FR.16", "E07.FR.06")
async def test_the_emergency_stop() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("stop", evse=1, reason="EmergencyStop")
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="AbnormalCondition")
        assert event["transactionInfo"]["stoppedReason"] == "EmergencyStop"
        assert "idToken" not in event


# --- stop points


@pytest.mark.req("E06.FR.02", "E09.FR.01", "G01.FR.04")
async def test_unplugging_the_car_ends_the_transaction() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Available")
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        info = event["transactionInfo"]
        assert (info["stoppedReason"], info["chargingState"]) == ("EVDisconnected", "Idle")
        assert "idToken" not in event


@pytest.mark.req("E06.FR.02", "E07.FR.02", "F03.FR.02")
async def test_with_stop_point_ev_connected_the_token_only_stops_the_energy() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EVConnected"}) as d:
        await charging(d)
        await d.advance(30)
        d.forget()
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="StopAuthorized", idToken=ID_TOKEN)
        state = {"chargingState": "EVConnected"}
        await d.expect(
            "TransactionEvent", eventType="Updated", triggerReason="ChargingStateChanged", transactionInfo=state
        )
        assert d.state("meters")[0]["power_w"] == 0
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["stoppedReason"] == "Local"
        assert event["transactionInfo"]["timeSpentCharging"] == 30


@pytest.mark.req("C01.FR.23")
async def test_a_transaction_that_its_driver_has_stopped_takes_no_other_token() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EVConnected"}) as d:
        await charging(d)
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("swipe", id_token="STRANGER")
        assert d.state("evses")[0]["authorized"] is None
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="Authorized", idToken=ID_TOKEN)
        assert d.state("evses")[0]["authorized"]["id_token"] == TOKEN


@pytest.mark.req("E06.FR.01")
async def test_stop_point_parking_bay() -> None:
    settings = {"TxCtrlr.TxStopPoint": "ParkingBayOccupancy"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("bay", evse=1, occupied=True)
        await charging(d)
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("unplug", evse=1)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="EVCommunicationLost")
        await d.perform("bay", evse=1, occupied=False)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVDeparted")
        assert event["transactionInfo"]["stoppedReason"] == "Local"


@pytest.mark.req("E06.FR.06")
@pytest.mark.parametrize("deed", ["swipe", "unplug"])
async def test_stop_point_power_path_closed_is_either(deed: str) -> None:
    parameters: dict[str, Any] = {"swipe": {"id_token": TOKEN}, "unplug": {"evse": 1}}[deed]
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "PowerPathClosed"}) as d:
        await charging(d)
        await d.perform(deed, **parameters)
        await d.expect("TransactionEvent", eventType="Ended")


@pytest.mark.req("E06.FR.06")
async def test_stop_point_power_path_closed_counts_for_a_driver_without_a_car_too() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "PowerPathClosed"}) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("TransactionEvent", eventType="Started")
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")


@pytest.mark.req("E06.FR.07")
async def test_stop_point_energy_transfer() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EnergyTransfer"}) as d:
        await charging(d)
        await d.perform("vehicle", evse=1, ready=False)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ChargingStateChanged")
        assert event["transactionInfo"]["stoppedReason"] == "StoppedByEV"


@pytest.mark.req("E06.FR.07")
async def test_a_full_battery_ends_the_flow_of_energy() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EnergyTransfer"}) as d:
        await charging(d)
        await d.perform("vehicle", evse=1, soc=99)
        await d.advance(3 * 3600)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ChargingStateChanged")
        assert event["transactionInfo"]["stoppedReason"] == "StoppedByEV"
        assert event["transactionInfo"]["timeSpentCharging"] < 2 * 3600


async def test_the_same_token_at_the_reader_takes_back_what_it_began() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Started")
        await d.perform("swipe", id_token=TOKEN)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized", idToken=ID_TOKEN)
        assert event["transactionInfo"]["stoppedReason"] == "Local"
        assert d.state("reader")["waiting"] is None


# --- unplugged at the car's side


@pytest.mark.req("E10.FR.02")
async def test_a_session_that_survives_unplugging_goes_on_when_the_car_is_back() -> None:
    settings = {"TxCtrlr.TxStopPoint": "Authorized", "TxCtrlr.StopTxOnEVSideDisconnect": "false"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["chargingState"] == "Idle"
        await d.advance(30)
        await d.perform("plug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="CablePluggedIn")
        assert event["evse"] == {"id": 1, "connectorId": 1}
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        await d.advance(60)
        await d.perform("swipe", id_token=TOKEN)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert event["transactionInfo"]["timeSpentCharging"] == 60


@pytest.mark.req("E10.FR.02")
async def test_a_car_that_does_not_come_back_in_time_loses_its_session() -> None:
    settings = {
        "TxCtrlr.TxStopPoint": "Authorized",
        "TxCtrlr.StopTxOnEVSideDisconnect": "false",
        "TxCtrlr.EVConnectionTimeOut": 40,
    }
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        await d.advance(39)
        assert "Ended" not in [kind for kind, _, _ in events(d)]
        await d.advance(1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["stoppedReason"] == "EVDisconnected"


@pytest.mark.req("E09.FR.01")
async def test_after_unplugging_the_car_needs_a_new_authorization() -> None:
    settings = {"TxCtrlr.TxStartPoint": "Authorized", "TxCtrlr.TxStopPoint": "Authorized"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["stoppedReason"] == "EVDisconnected"
        await d.perform("plug", evse=1)
        await d.advance(60)
        assert d.state("meters")[0]["power_w"] == 0


@pytest.mark.req("E09.FR.01")
async def test_with_a_parking_bay_the_transaction_outlives_the_permission() -> None:
    settings = {"TxCtrlr.TxStopPoint": "ParkingBayOccupancy"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("bay", evse=1, occupied=True)
        await charging(d)
        await d.perform("unplug", evse=1)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="EVCommunicationLost")
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="CablePluggedIn")
        await d.advance(60)
        assert d.state("meters")[0]["power_w"] == 0
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="Authorized", idToken=ID_TOKEN)
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})


# --- a driver's own cable


@pytest.mark.req("E06.FR.10", "E07.FR.07", "E08.FR.03")
async def test_a_driver_gets_the_cable_back_at_the_end() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await charging(d)
        assert connector(d)["locked"] is True
        await d.perform("swipe", id_token=TOKEN)
        assert connector(d)["locked"] is False
        await d.perform("unplug", evse=1, side="station")
        await d.expect("StatusNotification", connectorStatus="Available")


@pytest.mark.req("E09.FR.02")
async def test_unplugging_the_car_unlocks_the_cable() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await charging(d)
        await d.perform("unplug", evse=1, side="vehicle")
        await d.expect("TransactionEvent", eventType="Ended")
        assert connector(d)["locked"] is False


@pytest.mark.req("E09.FR.03")
async def test_unplugging_the_car_leaves_the_cable_locked_until_its_owner_comes() -> None:
    settings = {"OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"}
    async with Dialogue("2.0.1", configuration=one_socket(), settings=settings) as d:
        await charging(d)
        await d.perform("unplug", evse=1, side="vehicle")
        await d.expect("TransactionEvent", eventType="Ended")
        assert connector(d)["locked"] is True
        with pytest.raises(ActionRefused):
            await d.perform("swipe", id_token="STRANGER", evse=1)
        assert connector(d)["locked"] is True
        with pytest.raises(ActionRefused, match="locked"):
            await d.perform("unplug", evse=1, side="station")
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        await d.perform("unplug", evse=1, side="station")


@pytest.mark.req("E10.FR.01")
async def test_a_suspended_session_keeps_the_cable() -> None:
    settings = {
        "TxCtrlr.TxStopPoint": "Authorized",
        "TxCtrlr.StopTxOnEVSideDisconnect": "false",
        "TxCtrlr.EVConnectionTimeOut": 30,
    }
    async with Dialogue("2.0.1", configuration=one_socket(), settings=settings) as d:
        await charging(d)
        await d.perform("unplug", evse=1, side="vehicle")
        await d.advance(600)
        assert connector(d)["locked"] is True
        assert "Ended" not in [kind for kind, _, _ in events(d)]
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert connector(d)["locked"] is False
