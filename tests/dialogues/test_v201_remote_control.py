"""Starting, stopping, unlocking and triggering from afar (2.0.1: F01 to F06, E14)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dialogue import SILENCE, Dialogue
from tests.support.stations import ID_TOKEN, TOKEN, charging, events, one_socket, transaction_id

CENTRAL = {"idToken": "APP-1", "type": "Central"}


async def remote_start(d: Dialogue, **fields: Any) -> dict[str, Any]:
    return await d.call("RequestStartTransaction", {"remoteStartId": 77, "idToken": CENTRAL, **fields})


@pytest.mark.req("F01.FR.02", "F01.FR.03", "F01.FR.04", "F01.FR.13", "F01.FR.19", "F01.FR.25", "C05.FR.03", "C05.FR.05")
async def test_remote_start_with_the_cable_first() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=1)
        transaction = transaction_id(d)
        await d.expect("TransactionEvent", eventType="Started")
        assert await remote_start(d, evseId=1) == {"status": "Accepted", "transactionId": transaction}
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="RemoteStart", seqNo=1)
        assert event["idToken"] == CENTRAL
        assert event["transactionInfo"]["remoteStartId"] == 77
        event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        assert "remoteStartId" not in event["transactionInfo"]
        assert "Authorize" not in d.actions()


@pytest.mark.req("F02.FR.01", "F02.FR.05", "F02.FR.10", "F02.FR.11", "F02.FR.12", "F02.FR.21")
async def test_remote_start_before_the_cable() -> None:
    async with Dialogue("2.0.1") as d:
        assert await remote_start(d, evseId=1) == {"status": "Accepted"}
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="RemoteStart", seqNo=0)
        assert event["idToken"] == CENTRAL
        assert event["evse"] == {"id": 1}
        assert event["transactionInfo"]["remoteStartId"] == 77
        assert event["transactionInfo"]["chargingState"] == "Idle"
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", triggerReason="CablePluggedIn", evse={"id": 1, "connectorId": 1})
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})


@pytest.mark.req("F02.FR.21")
async def test_remote_start_is_the_trigger_also_when_the_cable_starts_the_transaction() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStartPoint": "EVConnected"}) as d:
        assert await remote_start(d, evseId=2) == {"status": "Accepted"}
        await d.expect_none("TransactionEvent")
        await d.perform("plug", evse=2)
        event = await d.expect("TransactionEvent", eventType="Started", triggerReason="RemoteStart", idToken=CENTRAL)
        assert event["transactionInfo"]["remoteStartId"] == 77
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert event["evse"] == {"id": 2, "connectorId": 1}


@pytest.mark.req("F01.FR.12", "F02.FR.20")
async def test_a_charging_profile_is_passed_over_without_smart_charging() -> None:
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4200}]}
    kind = {"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
    profile = {"id": 1, "stackLevel": 0, **kind, "chargingSchedule": [schedule]}
    async with Dialogue("2.0.1") as d:
        assert d.emulator.model.get("SmartChargingCtrlr", "Enabled") == "false"
        await d.perform("plug", evse=1)
        assert (await remote_start(d, evseId=1, chargingProfile=profile))["status"] == "Accepted"
        await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        assert d.state("meters")[0]["power_w"] == 11_000


@pytest.mark.req("F02.FR.07")
async def test_remote_start_waits_no_longer_than_the_time_out() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.EVConnectionTimeOut": 20}) as d:
        await remote_start(d, evseId=1)
        await d.advance(20)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVConnectTimeout")
        assert event["transactionInfo"]["stoppedReason"] == "Timeout"


@pytest.mark.req("F02.FR.08")
async def test_in_a_parking_bay_the_time_out_only_ends_the_permission() -> None:
    settings = {"TxCtrlr.TxStopPoint": "ParkingBayOccupancy", "TxCtrlr.EVConnectionTimeOut": 20}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("bay", evse=1, occupied=True)
        await remote_start(d, evseId=1)
        await d.advance(20)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="EVConnectTimeout")


@pytest.mark.req("F01.FR.20", "F02.FR.22")
async def test_without_an_evse_the_station_chooses_where_a_car_waits() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("plug", evse=2)
        await d.expect("TransactionEvent", eventType="Started")
        assert (await remote_start(d))["transactionId"] == transaction_id(d)
        await d.expect("TransactionEvent", triggerReason="RemoteStart")
        assert d.state("evses")[1]["authorized"]["id_token"] == "APP-1"


@pytest.mark.req("F01.FR.20", "F02.FR.22")
async def test_without_an_evse_and_a_car_the_station_chooses_a_free_one() -> None:
    async with Dialogue("2.0.1") as d:
        assert (await remote_start(d))["status"] == "Accepted"
        await d.expect("TransactionEvent", eventType="Started", evse={"id": 1})


@pytest.mark.req("F01.FR.01", "F02.FR.09")
@pytest.mark.parametrize(("status", "starts"), [("Accepted", True), ("Blocked", False)])
async def test_the_token_is_asked_first_where_that_is_set(status: str, starts: bool) -> None:
    settings = {"AuthCtrlr.AuthorizeRemoteStart": "true", "TxCtrlr.TxStartPoint": "PowerPathClosed"}
    answers = {"Authorize": {"idTokenInfo": {"status": status}}}
    async with Dialogue("2.0.1", settings=settings, answers=answers) as d:
        await d.perform("plug", evse=1)
        assert (await remote_start(d, evseId=1, idToken=ID_TOKEN))["status"] == "Accepted"
        await d.expect("Authorize", idToken=ID_TOKEN)
        if starts:
            await d.expect("TransactionEvent", eventType="Started", triggerReason="RemoteStart")
        else:
            await d.expect_none("TransactionEvent")


@pytest.mark.req("C05.FR.01")
async def test_a_token_of_the_csms_is_not_asked_back() -> None:
    async with Dialogue("2.0.1", settings={"AuthCtrlr.AuthorizeRemoteStart": "true"}) as d:
        await remote_start(d, evseId=1)
        await d.expect("TransactionEvent", eventType="Started")
        assert "Authorize" not in d.actions()


@pytest.mark.req("F01.FR.24", "F02.FR.26")
async def test_an_authorized_transaction_is_not_started_again() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        answer = await remote_start(d, evseId=1)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "TxInProgress")
        await d.expect_none("TransactionEvent")


@pytest.mark.req("F01.FR.24")
async def test_a_transaction_that_was_authorized_once_takes_no_other_token() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EVConnected"}) as d:
        await charging(d)
        await d.perform("swipe", id_token=TOKEN)
        assert (await remote_start(d, evseId=1))["status"] == "Rejected"


@pytest.mark.req("F01.FR.24", "F02.FR.26")
async def test_an_evse_that_waits_for_a_car_takes_no_other_token() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        assert (await remote_start(d, evseId=1))["status"] == "Rejected"
        assert (await remote_start(d))["status"] == "Accepted"
        await d.expect("TransactionEvent", triggerReason="RemoteStart", evse={"id": 2})


@pytest.mark.req("F01.FR.23", "F02.FR.25")
async def test_what_is_out_of_service_is_not_started() -> None:
    async with Dialogue("2.0.1") as d:
        await d.call("ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1})
        assert (await remote_start(d, evseId=1))["status"] == "Rejected"
        await d.perform("fault", evse=2, connector=1, error_code="GroundFailure")
        assert (await remote_start(d, evseId=2))["status"] == "Rejected"
        assert (await remote_start(d))["status"] == "Rejected"
        await d.expect_none("TransactionEvent")


async def test_an_evse_that_is_not_there_is_not_started() -> None:
    async with Dialogue("2.0.1") as d:
        answer = await remote_start(d, evseId=3)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "UnknownEvse")


@pytest.mark.req("C09.FR.03")
async def test_a_card_of_the_group_stops_what_was_started_remotely() -> None:
    group = {"idToken": "FAMILY", "type": "Central"}
    async with Dialogue("2.0.1", answers={"TransactionEvent": {}}) as d:
        await d.perform("plug", evse=1)
        await remote_start(d, evseId=1, groupIdToken=group)
        d.answers["Authorize"] = {"idTokenInfo": {"status": "Accepted", "groupIdToken": group}}
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized", idToken=ID_TOKEN)


# --- stop


@pytest.mark.req("F03.FR.03", "F03.FR.07", "F03.FR.04", "F03.FR.09")
async def test_remote_stop() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        assert await d.call("RequestStopTransaction", transactionId=transaction) == {"status": "Accepted"}
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="RemoteStop")
        assert event["transactionInfo"]["stoppedReason"] == "Remote"
        assert event["meterValue"][-1]["sampledValue"][0]["context"] == "Transaction.End"
        assert "idToken" not in event
        assert d.state("meters")[0]["power_w"] == 0


@pytest.mark.req("F03.FR.02", "F04.FR.02", "F04.FR.03")
async def test_remote_stop_where_the_cable_ends_the_transaction() -> None:
    settings = {"TxCtrlr.TxStopPoint": "EVConnected"}
    async with Dialogue("2.0.1", settings=settings, configuration=one_socket()) as d:
        transaction = await charging(d)
        assert await d.call("RequestStopTransaction", transactionId=transaction) == {"status": "Accepted"}
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="RemoteStop")
        await d.expect("TransactionEvent", eventType="Updated", transactionInfo={"chargingState": "EVConnected"})
        assert d.state("evses")[0]["connectors"][0]["locked"] is False
        await d.perform("unplug", evse=1, side="station")
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["stoppedReason"] == "Remote"


@pytest.mark.req("F03.FR.08")
async def test_remote_stop_of_a_transaction_that_is_not_there() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        await d.perform("unplug", evse=1)
        answer = await d.call("RequestStopTransaction", transactionId=transaction)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "TxNotFound")


async def test_remote_stop_of_a_driver_who_has_not_chosen_an_evse() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN)
        assert await d.call("RequestStopTransaction", transactionId=transaction_id(d)) == {"status": "Accepted"}
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="RemoteStop")


# --- unlock


def locked(d: Dialogue) -> bool:
    return bool(d.state("evses")[0]["connectors"][0]["locked"])


@pytest.mark.req("F05.FR.01", "F05.FR.04", "F05.FR.06")
async def test_unlocking_a_socket_with_or_without_a_cable() -> None:
    settings = {"OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false"}
    async with Dialogue("2.0.1", configuration=one_socket(), settings=settings) as d:
        assert await d.call("UnlockConnector", evseId=1, connectorId=1) == {"status": "Unlocked"}
        await charging(d)
        await d.perform("unplug", evse=1)
        assert locked(d)
        assert await d.call("UnlockConnector", evseId=1, connectorId=1) == {"status": "Unlocked"}
        assert not locked(d)
        await d.perform("unplug", evse=1, side="station")


@pytest.mark.req("F05.FR.02")
async def test_an_authorized_transaction_is_not_unlocked() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await charging(d)
        answer = await d.call("UnlockConnector", evseId=1, connectorId=1)
        assert answer == {"status": "OngoingAuthorizedTransaction"}
        assert locked(d)
        await d.expect_none("TransactionEvent")


@pytest.mark.req("F05.FR.03")
@pytest.mark.parametrize("place", [{"evseId": 9, "connectorId": 1}, {"evseId": 1, "connectorId": 2}])
async def test_what_is_not_there_is_not_unlocked(place: dict[str, int]) -> None:
    async with Dialogue("2.0.1") as d:
        assert (await d.call("UnlockConnector", place))["status"] == "UnknownConnector"


@pytest.mark.req("F05.FR.05")
async def test_a_jammed_lock_and_a_fixed_cable_are_not_unlocked() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await d.perform("lock_failure", evse=1, connector=1, on=True)
        assert (await d.call("UnlockConnector", evseId=1, connectorId=1))["status"] == "UnlockFailed"
    async with Dialogue("2.0.1") as d:
        answer = await d.call("UnlockConnector", evseId=1, connectorId=1)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("UnlockFailed", "FixedCable")


# --- triggers


@pytest.mark.req("F06.FR.04", "F06.FR.05", "F06.FR.10")
async def test_a_triggered_status() -> None:
    async with Dialogue("2.0.1") as d:
        place = {"id": 2, "connectorId": 1}
        assert await d.call("TriggerMessage", requestedMessage="StatusNotification", evse=place) == {
            "status": "Accepted"
        }
        await d.expect("StatusNotification", evseId=2, connectorId=1, connectorStatus="Available")
        await d.expect_none()


@pytest.mark.req("F06.FR.12")
@pytest.mark.parametrize("place", [{}, {"evse": {"id": 1}}, {"evse": {"id": 7, "connectorId": 1}}])
async def test_a_status_is_that_of_a_connector(place: dict[str, Any]) -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("TriggerMessage", {"requestedMessage": "StatusNotification", **place})
        assert answer["status"] == "Rejected"
        await d.expect_none()


@pytest.mark.req("F06.FR.03")
async def test_a_triggered_heartbeat_whatever_evse_is_named() -> None:
    async with Dialogue("2.0.1") as d:
        assert await d.call("TriggerMessage", requestedMessage="Heartbeat", evse={"id": 9}) == {"status": "Accepted"}
        await d.expect("Heartbeat")


@pytest.mark.req("F06.FR.06", "F06.FR.09", "F06.FR.11")
async def test_triggered_meter_values_of_all_evses_or_one() -> None:
    settings = {"AlignedDataCtrlr.Measurands": "Energy.Active.Import.Register,Voltage"}
    async with Dialogue("2.0.1", settings=settings) as d:
        assert await d.call("TriggerMessage", requestedMessage="MeterValues") == {"status": "Accepted"}
        first = await d.expect("MeterValues", evseId=1)
        values = first["meterValue"][0]["sampledValue"]
        assert {value["measurand"] for value in values} == {"Energy.Active.Import.Register", "Voltage"}
        assert {value["context"] for value in values} == {"Trigger"}
        await d.expect("MeterValues", evseId=2)
        d.forget()
        await d.call("TriggerMessage", requestedMessage="MeterValues", evse={"id": 2})
        assert [values["evseId"] for values in d.calls()] == [2]


@pytest.mark.req("F06.FR.07", "F06.FR.09")
async def test_a_triggered_transaction_event() -> None:
    settings = {"SampledDataCtrlr.TxUpdatedMeasurands": "Power.Active.Import"}
    async with Dialogue("2.0.1", settings=settings) as d:
        transaction = await charging(d)
        answer = await d.call("TriggerMessage", requestedMessage="TransactionEvent", evse={"id": 1})
        assert answer == {"status": "Accepted"}
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="Trigger")
        assert event["transactionInfo"] == {"transactionId": transaction, "chargingState": "Charging"}
        sampled = event["meterValue"][0]["sampledValue"]
        assert [(value["measurand"], value["value"], value["context"]) for value in sampled] == [
            ("Power.Active.Import", 11_000.0, "Trigger")
        ]


@pytest.mark.req("F06.FR.11")
async def test_triggered_transaction_events_of_one_evse_or_of_all() -> None:
    async with Dialogue("2.0.1") as d:
        first = await charging(d, evse=1)
        second = await charging(d, evse=2, token="OTHER")
        d.forget()
        await d.call("TriggerMessage", requestedMessage="TransactionEvent", evse={"id": 2})
        assert [event["transactionInfo"]["transactionId"] for event in d.calls()] == [second]
        d.forget()
        await d.call("TriggerMessage", requestedMessage="TransactionEvent")
        assert [event["transactionInfo"]["transactionId"] for event in d.calls()] == [first, second]


async def test_no_transaction_no_event() -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("TriggerMessage", requestedMessage="TransactionEvent")
        assert answer["status"] == "Rejected"
        await d.expect_none()


@pytest.mark.req("F06.FR.08")
@pytest.mark.parametrize("message", ["SignV2GCertificate", "PublishFirmwareStatusNotification"])
async def test_what_the_station_does_not_send_is_not_implemented(message: str) -> None:
    async with Dialogue("2.0.1") as d:
        assert (await d.call("TriggerMessage", requestedMessage=message))["status"] == "NotImplemented"


# --- the state of a transaction


@pytest.mark.req("E14.FR.01", "E14.FR.02", "E14.FR.03", "E14.FR.05", "E14.FR.06", "E14.FR.08")
async def test_transaction_status_with_an_empty_queue() -> None:
    async with Dialogue("2.0.1") as d:
        nobody = await d.call("GetTransactionStatus", transactionId="nobody")
        assert nobody == {"ongoingIndicator": False, "messagesInQueue": False}
        transaction = await charging(d)
        ongoing = await d.call("GetTransactionStatus", transactionId=transaction)
        assert ongoing == {"ongoingIndicator": True, "messagesInQueue": False}
        await d.perform("unplug", evse=1)
        ended = await d.call("GetTransactionStatus", transactionId=transaction)
        assert ended == {"ongoingIndicator": False, "messagesInQueue": False}
        assert await d.call("GetTransactionStatus", {}) == {"messagesInQueue": False}


@pytest.mark.req("E14.FR.04", "E14.FR.07")
async def test_transaction_status_with_messages_that_wait() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        d.answers["TransactionEvent"] = SILENCE
        await d.perform("unplug", evse=1)
        waiting = await d.call("GetTransactionStatus", transactionId=transaction)
        assert waiting == {"ongoingIndicator": False, "messagesInQueue": True}
        other = await d.call("GetTransactionStatus", transactionId="another")
        assert other == {"ongoingIndicator": False, "messagesInQueue": False}
        assert await d.call("GetTransactionStatus", {}) == {"messagesInQueue": True}
        assert events(d)[-1][0] == "Ended"
