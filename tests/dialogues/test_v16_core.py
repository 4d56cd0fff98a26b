"""The rest of the Core profile of 1.6: silence while rejected, statuses and errors, measurands, configuration keys."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from emulator.domain.station import Cable
from emulator.runtime.configuration import ConnectorConfiguration, EvseConfiguration, StationConfiguration
from tests.support.dialogue import SILENCE, Dialogue

TAG = "04A22B6C"
ACCEPTED = {"status": "Accepted"}
SOCKETS = replace(
    StationConfiguration(),
    evses=(EvseConfiguration(1, connectors=(ConnectorConfiguration(1, "sType2", Cable.SOCKET, 32.0),)),),
)


def rejected(_: Any) -> Any:
    return {"status": "Rejected", "currentTime": "2026-01-05T12:00:00Z", "interval": 120}


async def charge(d: Dialogue, evse: int = 1) -> None:
    await d.perform("plug", evse=evse)
    await d.perform("swipe", id_token=TAG, evse=evse)


# --- 4.2 Boot Notification


@pytest.mark.req("1.6:4.2")
async def test_a_rejected_station_answers_nothing_and_sends_nothing_until_the_interval_is_over() -> None:
    async with Dialogue("1.6", answers={"BootNotification": rejected}, accepted=False) as d:
        d.forget()
        for text in (
            '[2,"a","GetConfiguration",{}]',
            '[2,"b","ClearCache",{"extra":1}]',
            '[2,"c","MakeCoffee",{}]',
            '[2,"d","Authorize",{"idTag":"X"}]',
            '[2,"e"]',
            "nonsense",
        ):
            d.server.send(text)
        await d.perform("plug", evse=1)
        await d.advance(118)
        assert (d._replies, d.actions()) == ({}, [])
        d.answers["BootNotification"] = {"status": "Accepted", "currentTime": "2026-01-05T12:02:00Z", "interval": 300}
        await d.advance(3)
        assert d.actions()[0] == "BootNotification"
        assert "configurationKey" in await d.call("GetConfiguration")


@pytest.mark.req("1.6:4.2")
async def test_the_operator_may_let_a_rejected_station_answer() -> None:
    async with Dialogue("1.6", answers={"BootNotification": rejected}, accepted=False) as d:
        await d.perform("answer", action="ClearCache", payload={"status": "Rejected"})
        assert await d.call("ClearCache") == {"status": "Rejected"}


# --- 4.9 Status Notification


@pytest.mark.req("1.6:9.1.19", "1.6:4.9")
async def test_a_status_that_does_not_last_is_not_told() -> None:
    async with Dialogue("1.6", settings={"MinimumStatusDuration": 10}) as d:
        await d.perform("plug", evse=1)
        await d.advance(9)
        await d.perform("unplug", evse=1)
        await d.advance(30)
        await d.expect_none("StatusNotification")
        await charge(d)
        await d.advance(9)
        await d.expect_none("StatusNotification")
        await d.advance(2)
        assert [p["status"] for p in d.calls("StatusNotification")] == ["Charging"]  # Preparing was too brief
        await d.perform("plug", evse=2)
        d.server.offline = True
        await d.advance(60)
        d.server.offline = False
        await d.advance(120)
        await d.expect("StatusNotification", connectorId=2, status="Preparing")


@pytest.mark.req("1.6:9.1.19")
async def test_the_minimum_duration_is_a_key() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("ChangeConfiguration", key="MinimumStatusDuration", value="-1") == {"status": "Rejected"}
        assert await d.call("ChangeConfiguration", key="MinimumStatusDuration", value="5") == ACCEPTED
        await d.perform("plug", evse=1)
        await d.expect_none("StatusNotification")
        await d.advance(5)
        await d.expect("StatusNotification", status="Preparing")


FAULTS = (
    "ConnectorLockFailure", "GroundFailure", "HighTemperature", "InternalError", "OtherError", "OverCurrentFailure",
    "OverVoltage", "PowerMeterFailure", "PowerSwitchFailure", "ReaderFailure", "ResetFailure", "UnderVoltage",
)  # fmt: skip


@pytest.mark.req("1.6:7.6")
@pytest.mark.parametrize("code", FAULTS)
async def test_errors_that_keep_from_charging(code: str) -> None:
    async with Dialogue("1.6") as d:
        await charge(d)
        await d.perform("fault", evse=1, connector=1, error_code=code, info="i" * 60, vendor_error_code="E7")
        told = await d.expect("StatusNotification", connectorId=1, status="Faulted", errorCode=code)
        assert (told["info"], told["vendorErrorCode"]) == ("i" * 50, "E7")
        assert d.state("meters")[0]["power_w"] == 0
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", connectorId=1, status="Charging", errorCode="NoError")
        await d.expect_none("StopTransaction")


@pytest.mark.req("1.6:7.6", "1.6:4.9")
async def test_warnings_leave_the_status_as_it_is() -> None:
    async with Dialogue("1.6") as d:
        await charge(d)
        await d.perform("fault", evse=1, connector=1, error_code="WeakSignal")
        await d.expect("StatusNotification", connectorId=1, status="Charging", errorCode="WeakSignal")
        assert d.state("meters")[0]["power_w"] > 0
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", connectorId=1, status="Charging", errorCode="NoError")
        await d.perform("fault", evse=0, error_code="WeakSignal")
        await d.expect("StatusNotification", connectorId=0, status="Available", errorCode="WeakSignal")


@pytest.mark.req("1.6:4.9")
async def test_trouble_with_the_car_goes_only_with_a_car_that_does_not_charge() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("fault", evse=2, connector=1, error_code="EVCommunicationError")
        await d.expect_none("StatusNotification")  # no car, no such error
        await d.perform("plug", evse=2)
        await d.expect("StatusNotification", connectorId=2, status="Preparing", errorCode="EVCommunicationError")
        await d.perform("clear_fault", evse=2, connector=1)
        await charge(d)
        await d.perform("fault", evse=1, connector=1, error_code="EVCommunicationError")
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEVSE", errorCode="EVCommunicationError")
        await d.perform("clear_fault", evse=1, connector=1)
        await d.expect("StatusNotification", connectorId=1, status="Charging", errorCode="NoError")


@pytest.mark.req("1.6:4.9")
async def test_a_code_that_1_6_does_not_know_is_another_error() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("fault", evse=1, connector=1, error_code="CoolantLeak")
        await d.expect("StatusNotification", status="Faulted", errorCode="OtherError", vendorErrorCode="CoolantLeak")


@pytest.mark.req("1.6:4.9")
async def test_a_disconnect_at_the_car_is_explained() -> None:
    settings = {"StopTransactionOnEVSideDisconnect": "false", "UnlockConnectorOnEVSideDisconnect": "false"}
    async with Dialogue("1.6", settings=settings) as d:
        await charge(d)
        await d.perform("unplug", evse=1)
        told = await d.expect("StatusNotification", connectorId=1, status="SuspendedEV")
        assert (told["info"], told["errorCode"]) == ("EV side disconnected", "NoError")
    settings = {"StopTransactionOnEVSideDisconnect": "true", "UnlockConnectorOnEVSideDisconnect": "false"}
    async with Dialogue("1.6", settings=settings, configuration=SOCKETS) as d:
        await charge(d)
        await d.perform("unplug", evse=1)
        told = await d.expect("StatusNotification", connectorId=1, status="Finishing")
        assert (told["info"], told["errorCode"]) == ("EV side disconnected", "NoError")


# --- 4.7 Meter Values, 7.31


def measured(payload: dict[str, Any]) -> dict[str, list[str]]:
    """Measurand -> its values, of the first meterValue."""
    found: dict[str, list[str]] = {}
    for sample in payload["meterValue"][0]["sampledValue"]:
        found.setdefault(sample["measurand"], []).append(sample["value"])
    return found


EVERYTHING = (
    "Current.Import,Current.Offered,Energy.Active.Import.Interval,Energy.Active.Import.Register,"
    "Energy.Reactive.Import.Interval,Energy.Reactive.Import.Register,Frequency,Power.Active.Import,Power.Factor,"
    "Power.Offered,Power.Reactive.Import,SoC,Temperature,Voltage"
)


@pytest.mark.req("1.6:7.31")
async def test_everything_that_an_ac_and_a_dc_station_measure() -> None:
    settings = {"MeterValueSampleInterval": 60, "MeterValuesSampledData": EVERYTHING}
    async with Dialogue("1.6", settings=settings) as d:
        await charge(d, 1)
        await d.perform("plug", evse=2)
        await d.call("RemoteStartTransaction", idTag="OTHER", connectorId=2)
        await d.advance(60)
        ac = measured(await d.expect("MeterValues", connectorId=1))
        dc = measured(await d.expect("MeterValues", connectorId=2))
        assert set(EVERYTHING.split(",")) - set(ac) == {"SoC"}
        only_ac = {name for name in ac if "Reactive" in name} | {"Frequency", "Power.Factor"}
        assert set(ac) - set(dc) == only_ac
        assert ac["Power.Factor"] == ["0.99"]
        assert ac["Power.Reactive.Import"] == ["1567"]
        assert ac["Temperature"] == ["35.0"]  # half of 22 kW


@pytest.mark.req("1.6:7.31")
async def test_intervals_count_from_the_last_value_of_their_kind() -> None:
    settings = {
        "MeterValueSampleInterval": 60,
        "MeterValuesSampledData": "Energy.Active.Import.Interval",
        "ClockAlignedDataInterval": 900,
        "MeterValuesAlignedData": "Energy.Active.Import.Interval",
    }
    async with Dialogue("1.6", settings=settings) as d:
        await d.advance(600)
        await charge(d)
        await d.advance(120)
        each = [measured(p)["Energy.Active.Import.Interval"] for p in d.calls("MeterValues")]
        assert each == [["183"], ["183"]]  # 11 kW for a minute
        d.forget()
        await d.call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
        assert measured(await d.expect("MeterValues"))["Energy.Active.Import.Interval"] == ["0"]
        await d.advance(181)
        aligned = [
            p for p in d.calls("MeterValues") if p["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Clock"
        ]
        assert measured(aligned[0])["Energy.Active.Import.Interval"] == ["917"]  # five minutes of this quarter


@pytest.mark.req("1.6:3.14.3", "1.6:4.7")
async def test_connector_0_measures_the_grid() -> None:
    settings = {
        "ClockAlignedDataInterval": 900,
        "MeterValuesAlignedData": "Energy.Active.Import.Register,Power.Active.Import,Current.Import.L2,Power.Offered",
        "MeterValueSampleInterval": 0,
    }
    async with Dialogue("1.6", settings=settings) as d:
        await charge(d)
        await d.advance(900)
        payload = await d.expect("MeterValues", connectorId=0)
        assert "transactionId" not in payload
        samples = payload["meterValue"][0]["sampledValue"]
        assert {sample["location"] for sample in samples} == {"Inlet"}
        assert measured(payload) == {
            "Energy.Active.Import.Register": ["2750"],
            "Power.Active.Import": ["11000"],
            "Current.Import": ["15.9"],
        }


@pytest.mark.req("1.6:5.17")
async def test_meter_values_of_connector_0_by_trigger() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("TriggerMessage", requestedMessage="MeterValues", connectorId=0) == ACCEPTED
        payload = await d.expect("MeterValues", connectorId=0)
        assert {s["context"] for s in payload["meterValue"][0]["sampledValue"]} == {"Trigger"}
        assert len(d.calls("MeterValues")) == 1


@pytest.mark.req("1.6:9.1.25", "1.6:9.1.27")
async def test_transaction_data_of_both_kinds() -> None:
    settings = {
        "MeterValueSampleInterval": 600,
        "MeterValuesSampledData": "Energy.Active.Import.Register",
        "StopTxnSampledData": "Energy.Active.Import.Register",
        "StopTxnAlignedData": "Power.Active.Import",
        "ClockAlignedDataInterval": 900,
    }
    async with Dialogue("1.6", settings=settings) as d:
        await charge(d)
        await d.advance(1000)
        await d.perform("stop", evse=1)
        data = (await d.expect("StopTransaction"))["transactionData"]
        told = [(s["context"], s["measurand"]) for value in data for s in value["sampledValue"]]
        assert told == [
            ("Transaction.Begin", "Energy.Active.Import.Register"),
            ("Sample.Periodic", "Energy.Active.Import.Register"),
            ("Sample.Clock", "Power.Active.Import"),
            ("Transaction.End", "Energy.Active.Import.Register"),
        ]


@pytest.mark.req("1.6:3.14.5", "1.6:3.91")
async def test_transaction_data_has_bounds() -> None:
    async with Dialogue("1.6", settings={"StopTxnSampledData": "", "StopTxnAlignedData": ""}) as d:
        await charge(d)
        await d.perform("stop", evse=1)
        assert "transactionData" not in await d.expect("StopTransaction")
    settings = {"StopTxnSampledData": "Power.Active.Import", "MeterValueSampleInterval": 10}
    async with Dialogue("1.6", settings=settings) as d:
        key = (await d.call("GetConfiguration", key=["StopTransactionMaxMeterValues"]))["configurationKey"][0]
        await charge(d)
        await d.advance(2000)
        await d.perform("stop", evse=1)
        data = (await d.expect("StopTransaction"))["transactionData"]
        assert 30 < len(data) <= int(key["value"])
        ends = [data[0]["sampledValue"][0]["context"], data[-1]["sampledValue"][0]["context"]]
        assert ends == ["Transaction.Begin", "Transaction.End"]


# --- configuration keys


@pytest.mark.req("1.6:9.1.7", "1.6:5.8")
async def test_more_keys_than_one_request_may_name() -> None:
    async with Dialogue("1.6", settings={"DeviceDataCtrlr.ItemsPerMessage[GetVariables]": 2}) as d:
        answer = await d.call("GetConfiguration", key=["GetConfigurationMaxKeys"])
        assert answer["configurationKey"][0] == {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}
        keys = ["HeartbeatInterval", "NumberOfConnectors", "ResetRetries"]
        assert (await d.call("GetConfiguration", key=keys))["error"] == "OccurenceConstraintViolation"


@pytest.mark.req("1.6:9.1.14", "1.6:3.5.4")
@pytest.mark.parametrize(("allowed_wh", "minutes"), [("0", 0), ("1100", 6)])
async def test_energy_for_an_invalid_token(allowed_wh: str, minutes: int) -> None:
    settings = {"StopTransactionOnInvalidId": "false", "MaxEnergyOnInvalidId": allowed_wh}
    answers = {"StartTransaction": {"transactionId": 9, "idTagInfo": {"status": "Invalid"}}}
    async with Dialogue("1.6", settings=settings, answers=answers) as d:
        await charge(d)
        await d.advance(minutes * 60 + 1)
        await d.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")
        await d.advance(600)
        assert d.state("transactions")[0]["energy_wh"] == pytest.approx(int(allowed_wh), abs=1)
        await d.expect_none("StopTransaction")


@pytest.mark.req("1.6:9.1.33")
@pytest.mark.parametrize("unlock", ["true", "false"])
async def test_the_cable_is_unlocked_when_the_car_lets_go(unlock: str) -> None:
    settings = {"UnlockConnectorOnEVSideDisconnect": unlock, "StopTransactionOnEVSideDisconnect": "true"}
    async with Dialogue("1.6", settings=settings, configuration=SOCKETS) as d:
        await charge(d)
        await d.perform("unplug", evse=1)
        assert d.state("evses")[0]["connectors"][0]["locked"] is (unlock == "false")


@pytest.mark.req("1.6:9.1.33")
async def test_a_fixed_cable_has_nothing_to_unlock() -> None:
    async with Dialogue("1.6") as d:
        key = (await d.call("GetConfiguration", key=["UnlockConnectorOnEVSideDisconnect"]))["configurationKey"][0]
        assert (key["readonly"], key["value"]) == (True, "false")


@pytest.mark.req("1.6:9.1.6")
async def test_the_connection_time_out() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("ChangeConfiguration", key="ConnectionTimeOut", value="20") == ACCEPTED
        await d.perform("swipe", id_token=TAG, evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Preparing")
        await d.advance(21)
        await d.expect("StatusNotification", connectorId=1, status="Available")


@pytest.mark.req("1.6:9.1.31", "1.6:9.1.32")
async def test_transaction_messages_are_tried_as_often_as_wanted() -> None:
    settings = {"TransactionMessageAttempts": 3, "TransactionMessageRetryInterval": 10, "MessageTimeout": 5}
    async with Dialogue("1.6", settings=settings, answers={"StartTransaction": SILENCE}) as d:
        await charge(d)
        await d.advance(300)
        assert d.actions().count("StartTransaction") == 3


@pytest.mark.req("1.6:9")
async def test_every_key_of_the_table_is_told_and_keeps_to_its_access() -> None:
    async with Dialogue("1.6") as d:
        rows = (await d.call("GetConfiguration"))["configurationKey"]
        with open("resources/configuration_keys.json", encoding="utf-8") as file:
            table = {row["key"]: row for row in json.load(file)["keys"]}
        assert {row["key"] for row in rows} <= set(table)
        required = {name for name, row in table.items() if row.get("required") and "function" not in row}
        assert required <= {row["key"] for row in rows}
        for row in rows:
            if row["readonly"]:
                answer = await d.call("ChangeConfiguration", key=row["key"], value=row.get("value", "1"))
                assert answer == {"status": "Rejected"}, row["key"]


@pytest.mark.req("1.6:9.1.22", "1.6:5.14")
async def test_a_reset_that_fails_is_tried_again() -> None:
    async with Dialogue("1.6", settings={"ResetRetries": 2}) as d:
        await d.perform("fault", evse=0, error_code="ResetFailure")
        assert await d.call("Reset", type="Soft") == ACCEPTED
        await d.advance(7)
        assert "BootNotification" not in d.actions()
        await d.perform("clear_fault", evse=0)
        await d.advance(10)
        await d.expect("BootNotification")
        await d.perform("fault", evse=0, error_code="ResetFailure")
        d.forget()
        assert await d.call("Reset", type="Hard") == ACCEPTED
        await d.advance(60)
        assert "BootNotification" not in d.actions()
        assert any("ResetFailure" in note for note in d.notes)
        await d.perform("clear_fault", evse=0)
        assert [d.status(1), d.status(2)] == ["Available", "Available"]


@pytest.mark.req("1.6:7.35", "1.6:7.36")
async def test_a_power_loss_shows_in_the_values_of_the_transaction() -> None:
    async with Dialogue("1.6", settings={"MeterValueSampleInterval": 0}) as d:
        await charge(d)
        await d.advance(600)
        await d.perform("power_off")
        await d.advance(300)
        await d.perform("power_on")
        stopped = await d.expect("StopTransaction", reason="PowerLoss")
        told = [
            (value["timestamp"][11:19], sample["context"], sample["value"])
            for value in stopped["transactionData"]
            for sample in value["sampledValue"]
        ]
        assert told == [
            ("12:00:00", "Transaction.Begin", "0"),
            ("12:10:00", "Interruption.Begin", "1833"),
            ("12:15:00", "Interruption.End", "1833"),
            ("12:15:00", "Transaction.End", "1833"),
        ]


@pytest.mark.req("1.6:3.5.1", "1.6:4.10")
async def test_a_token_that_expires_while_its_car_charges_may_still_stop() -> None:
    soon = {"idTagInfo": {"status": "Accepted", "expiryDate": "2026-01-05T12:05:00Z"}}
    answers = {"Authorize": soon, "StartTransaction": {"transactionId": 4, **soon}}
    async with Dialogue("1.6", answers=answers) as d:
        await charge(d)
        await d.advance(600)
        assert d.status() == "Charging"  # 1.6 asks nothing more of a transaction that has begun
        d.forget()
        await d.perform("swipe", id_token=TAG)
        await d.expect("StopTransaction", idTag=TAG, reason="Local")
        assert "Authorize" not in d.actions()
