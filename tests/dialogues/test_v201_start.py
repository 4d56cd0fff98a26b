"""How transactions of 2.0.1 start (use cases E01 to E03, C01, C02)."""

from __future__ import annotations

import pytest

from emulator.domain.errors import ActionRefused
from tests.support.dialogue import Dialogue
from tests.support.stations import (
    ID_TOKEN,
    TOKEN,
    charging,
    events,
    one_socket,
    started,
    transaction_id,
    two_connectors,
)

REGISTER = "Energy.Active.Import.Register"


@pytest.mark.req("E01.FR.02", "E01.FR.15", "E01.FR.16", "G01.FR.03")
@pytest.mark.req("E02.FR.01", "E02.FR.05", "E02.FR.06", "E02.FR.07", "E02.FR.13", "E02.FR.15", "E02.FR.20")
async def test_cable_first() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorId=1, connectorStatus="Occupied")
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="CablePluggedIn", seqNo=0)
        assert event["evse"] == {"id": 1, "connectorId": 1}
        assert event["cableMaxCurrent"] == 32
        assert event["timestamp"] == "2026-01-05T12:00:00.000Z"
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert "idToken" not in event
        assert "offline" not in event
        transaction = event["transactionInfo"]["transactionId"]

        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        await d.expect("Authorize", idToken=ID_TOKEN)
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="Authorized", seqNo=1)
        assert event["idToken"] == ID_TOKEN
        assert event["transactionInfo"] == {"transactionId": transaction, "chargingState": "EVConnected"}
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="ChargingStateChanged", seqNo=2)
        assert event["transactionInfo"] == {"transactionId": transaction, "chargingState": "Charging"}
        assert "idToken" not in event
        assert "evse" not in event
        await d.expect_none()


@pytest.mark.req("E02.FR.18", "E03.FR.13")
@pytest.mark.parametrize("phases", [1, 2, 3])
async def test_the_phases_in_use_are_told(phases: int) -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1, vehicle={"name": "Car", "phases": phases})
        assert "numberOfPhasesUsed" not in await d.expect("TransactionEvent", eventType="Started")
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"}, numberOfPhasesUsed=phases)


@pytest.mark.req("E02.FR.19", "E03.FR.14")
async def test_a_car_that_drops_phases_is_told() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("vehicle", evse=1, phases=1)
        await d.advance(60)
        await d.expect("TransactionEvent", triggerReason="MeterValuePeriodic", numberOfPhasesUsed=1)


@pytest.mark.req("E02.FR.18")
async def test_direct_current_has_no_phases() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d, evse=2)
        assert all("numberOfPhasesUsed" not in event for event in d.calls("TransactionEvent"))


@pytest.mark.req("E03.FR.01", "E03.FR.06", "E03.FR.12", "E01.FR.03", "E01.FR.10", "E01.FR.16")
async def test_token_first_at_the_reader_of_an_evse() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="Authorized", seqNo=0)
        assert event["idToken"] == ID_TOKEN
        assert event["evse"] == {"id": 1}
        assert event["transactionInfo"]["chargingState"] == "Idle"
        assert d.status() == "Available"
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="CablePluggedIn", seqNo=1)
        assert event["evse"] == {"id": 1, "connectorId": 1}
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert "idToken" not in event
        await d.expect("TransactionEvent", triggerReason="ChargingStateChanged", seqNo=2)
        assert events(d)[-1] == ("Updated", "ChargingStateChanged", "Charging")


@pytest.mark.req("E03.FR.01", "E03.FR.11", "E01.FR.17", "E02.FR.21", "E01.FR.16")
async def test_token_first_at_the_shared_reader_starts_before_the_evse_is_known() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="Authorized", idToken=ID_TOKEN)
        assert "evse" not in event
        assert "meterValue" not in event
        assert d.state("reader")["waiting"]["id_token"] == TOKEN
        answer = await d.call("GetTransactionStatus", transactionId=transaction_id(d))
        assert answer["ongoingIndicator"] is True

        await d.advance(10)
        await d.perform("plug", evse=2)
        event = await d.expect("TransactionEvent", triggerReason="CablePluggedIn", evse={"id": 2, "connectorId": 1})
        assert event["seqNo"] == 1
        assert "meterValue" not in event
        event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"}, seqNo=2)
        assert event["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
        assert d.state("reader")["waiting"] is None
        await d.advance(60)
        event = await d.expect("TransactionEvent", triggerReason="MeterValuePeriodic", seqNo=3)
        assert event["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Periodic"


@pytest.mark.req("J02.FR.22", "E01.FR.17")
async def test_a_transaction_that_began_without_an_evse_counts_from_the_plug() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d, evse=2)
        await d.advance(60)
        await d.perform("unplug", evse=2)
        d.forget()
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("plug", evse=2)
        event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        assert event["meterValue"][0]["sampledValue"][0]["value"] == 2000.0
        (transaction,) = d.state("transactions")
        assert (transaction["evse"], transaction["energy_wh"]) == (2, 0)


@pytest.mark.req("E03.FR.05", "C01.FR.26")
@pytest.mark.parametrize("place", [{}, {"evse": 1}])
async def test_connection_time_out_ends_the_transaction(place: dict[str, int]) -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.EVConnectionTimeOut": 45}) as d:
        await d.perform("swipe", id_token=TOKEN, **place)
        await d.expect("TransactionEvent", eventType="Started")
        await d.advance(44)
        await d.expect_none("TransactionEvent")
        await d.advance(1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVConnectTimeout", seqNo=1)
        assert event["transactionInfo"]["stoppedReason"] == "Timeout"
        assert "idToken" not in event
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", eventType="Started", triggerReason="CablePluggedIn")
        await d.expect_none()  # the permission is gone


@pytest.mark.req("E03.FR.05")
async def test_connection_time_out_ends_the_transaction_whatever_the_stop_point() -> None:
    settings = {"TxCtrlr.TxStopPoint": "EVConnected", "TxCtrlr.EVConnectionTimeOut": 45}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.advance(45)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVConnectTimeout")


@pytest.mark.req("E03.FR.15")
async def test_connection_time_out_in_a_parking_bay_only_ends_the_permission() -> None:
    settings = {
        "TxCtrlr.TxStartPoint": "ParkingBayOccupancy",
        "TxCtrlr.TxStopPoint": "ParkingBayOccupancy",
        "TxCtrlr.EVConnectionTimeOut": 45,
    }
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("bay", evse=1, occupied=True)
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.advance(45)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="EVConnectTimeout")
        await d.perform("plug", evse=1)
        assert d.state("evses")[0]["authorized"] is None
        await d.perform("unplug", evse=1)
        await d.perform("bay", evse=1, occupied=False)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVDeparted")
        assert event["transactionInfo"]["stoppedReason"] == "Timeout"


# --- start points


@pytest.mark.req("E01.FR.01")
async def test_start_point_parking_bay() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "ParkingBayOccupancy"}) as d:
        await d.perform("bay", evse=1, occupied=True)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="EVDetected")
        assert event["evse"] == {"id": 1}
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", triggerReason="CablePluggedIn", evse={"id": 1, "connectorId": 1})


@pytest.mark.req("E01.FR.10", "E03.FR.01")
async def test_a_token_is_meant_for_the_car_in_the_bay() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "ParkingBayOccupancy"}) as d:
        await d.perform("bay", evse=2, occupied=True)
        await d.expect("TransactionEvent", eventType="Started", evse={"id": 2})
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="Authorized", idToken=ID_TOKEN)
        assert d.state("evses")[1]["authorized"]["id_token"] == TOKEN


@pytest.mark.req("E01.FR.03")
async def test_start_point_authorized_alone_passes_over_the_plug() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "Authorized"}) as d:
        await d.perform("plug", evse=1)
        await d.expect_none("TransactionEvent")
        await d.perform("swipe", id_token=TOKEN)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="Authorized", idToken=ID_TOKEN)
        assert event["evse"] == {"id": 1, "connectorId": 1}


@pytest.mark.req("E01.FR.05")
@pytest.mark.parametrize("order", [("plug", "swipe"), ("swipe", "plug")])
async def test_start_point_power_path_closed_needs_both(order: tuple[str, str]) -> None:
    steps = {"plug": {"evse": 1}, "swipe": {"id_token": TOKEN, "evse": 1}}
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "PowerPathClosed"}) as d:
        await d.perform(order[0], **steps[order[0]])
        await d.expect_none("TransactionEvent")
        await d.perform(order[1], **steps[order[1]])
        event = await d.expect("TransactionEvent", eventType="Started", idToken=ID_TOKEN)
        assert event["triggerReason"] == {"swipe": "Authorized", "plug": "CablePluggedIn"}[order[1]]
        assert event["transactionInfo"]["chargingState"] == "EVConnected"


@pytest.mark.req("E01.FR.06")
async def test_start_point_energy_transfer_waits_for_the_car() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "EnergyTransfer"}) as d:
        await d.perform("plug", evse=1, vehicle={"name": "Sleeper", "ready": False})
        await d.perform("swipe", id_token=TOKEN)
        await d.advance(30)
        await d.expect_none("TransactionEvent")
        await d.perform("vehicle", evse=1, ready=True)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="ChargingStateChanged", seqNo=0)
        assert event["transactionInfo"]["chargingState"] == "Charging"
        assert event["idToken"] == ID_TOKEN
        assert event["evse"] == {"id": 1, "connectorId": 1}
        await d.expect_none()


@pytest.mark.req("E01.FR.06")
async def test_start_point_energy_transfer_with_a_ready_car() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "EnergyTransfer"}) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TOKEN)
        assert events(d) == [("Started", "ChargingStateChanged", "Charging")]


@pytest.mark.req("E01.FR.02")
async def test_start_points_changed_by_the_csms_hold_at_once() -> None:
    async with Dialogue("2.0.1") as d:
        start = {
            "component": {"name": "TxCtrlr"},
            "variable": {"name": "TxStartPoint"},
            "attributeValue": "PowerPathClosed",
        }
        await d.call("SetVariables", setVariableData=[start])
        await d.perform("plug", evse=1)
        await d.expect_none("TransactionEvent")
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Started", triggerReason="Authorized")


@pytest.mark.req("E01.FR.07", "E01.FR.08", "E02.FR.08", "E06.FR.14", "E09.FR.04")
async def test_every_transaction_has_an_id_and_a_count_of_its_own() -> None:
    async with Dialogue("2.0.1") as d:
        ids = set()
        for _ in range(3):
            ids.add(await charging(d))
            await d.perform("unplug", evse=1)
            assert [event["seqNo"] for event in d.calls("TransactionEvent")] == [0, 1, 2, 3]
            d.forget()
        await d.restart()
        ids.add(await charging(d))
        assert len(ids) == 4


@pytest.mark.req("E01.FR.14")
async def test_one_evse_serves_one_connector_at_a_time() -> None:
    async with Dialogue("2.0.1", configuration=two_connectors()) as d:
        await d.perform("plug", evse=1, connector=2)
        await d.expect("TransactionEvent", eventType="Started", evse={"id": 1, "connectorId": 2})
        with pytest.raises(ActionRefused, match="connector 2 is in use"):
            await d.perform("plug", evse=1, connector=1)


# --- the charging state


@pytest.mark.req("E01.FR.18", "E01.FR.19", "E02.FR.17")
async def test_the_car_suspends_and_resumes() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("vehicle", evse=1, ready=False)
        await d.expect(
            "TransactionEvent", triggerReason="ChargingStateChanged", transactionInfo={"chargingState": "SuspendedEV"}
        )
        await d.perform("vehicle", evse=1, ready=True)
        await d.expect(
            "TransactionEvent", triggerReason="ChargingStateChanged", transactionInfo={"chargingState": "Charging"}
        )


@pytest.mark.req("E01.FR.18", "G01.FR.01")
async def test_a_fault_suspends_the_evse() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        await d.perform("fault", evse=1, connector=1, error_code="HighTemperature")
        await d.expect("StatusNotification", evseId=1, connectorStatus="Faulted")
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "SuspendedEVSE"})
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})


@pytest.mark.req("G05.FR.01")
async def test_no_energy_flows_through_a_connector_that_cannot_be_locked() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await d.perform("lock_failure", evse=1, connector=1, on=True)
        await d.expect("StatusNotification", connectorStatus="Faulted")
        await d.perform("plug", evse=1)
        await d.expect_none("TransactionEvent")
        with pytest.raises(ActionRefused):
            await d.perform("swipe", id_token=TOKEN, evse=1)
        assert d.state("meters")[0]["power_w"] == 0


# --- start without a token


@pytest.mark.req("C02.FR.01", "C02.FR.03")
async def test_the_start_button_needs_no_token() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1)
        await d.perform("start_button", evse=1)
        anybody = {"idToken": "", "type": "NoAuthorization"}
        await d.expect("TransactionEvent", triggerReason="Authorized", idToken=anybody)
        await d.expect_none("Authorize")
        assert d.state("lists")["cache"] == []


@pytest.mark.req("C01.FR.01", "C02.FR.01")
async def test_without_authorization_a_plug_is_enough() -> None:
    async with Dialogue("2.0.1", settings={"AuthCtrlr.Enabled": "false"}) as d:
        await d.perform("plug", evse=1)
        assert started(d)["idToken"] == {"idToken": "", "type": "NoAuthorization"}
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})


@pytest.mark.req("C01.FR.01")
async def test_with_authorization_a_plug_is_not_enough() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1)
        await d.advance(300)
        assert d.state("meters")[0]["energy_wh"] == 0


@pytest.mark.req("G03.FR.05", "E01.FR.02")
async def test_an_evse_out_of_service_starts_nothing() -> None:
    async with Dialogue("2.0.1") as d:
        await d.call("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1})
        await d.perform("plug", evse=1)
        await d.expect_none("TransactionEvent")
        with pytest.raises(ActionRefused):
            await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect_none("TransactionEvent")
