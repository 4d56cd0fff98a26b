"""Meter values of 2.0.1: sampled in transactions, on the clock without (use cases J01, J02, E02, E06)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.dialogue import Dialogue
from tests.support.stations import TOKEN, charging

REGISTER = "Energy.Active.Import.Register"


def sampled(payload: dict[str, Any], part: int = 0) -> list[tuple[str, str, str | None, float]]:
    """(measurand, context, phase, value) of one meterValue."""
    return [
        (value["measurand"], value["context"], value.get("phase"), value["value"])
        for value in payload["meterValue"][part]["sampledValue"]
    ]


@pytest.mark.req("E01.FR.09", "E02.FR.09", "E03.FR.07", "F01.FR.14")
async def test_the_first_event_holds_the_values_configured_for_it() -> None:
    settings = {"SampledDataCtrlr.TxStartedMeasurands": f"{REGISTER},Voltage"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("plug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Started")
        assert sampled(event) == [
            (REGISTER, "Transaction.Begin", None, 0),
            ("Voltage", "Transaction.Begin", "L1-N", 230),
            ("Voltage", "Transaction.Begin", "L2-N", 230),
            ("Voltage", "Transaction.Begin", "L3-N", 230),
        ]


@pytest.mark.req("E01.FR.09")
async def test_nothing_configured_nothing_sent() -> None:
    names = ("TxStartedMeasurands", "TxUpdatedMeasurands", "TxEndedMeasurands")
    async with Dialogue("2.0.1", settings={f"SampledDataCtrlr.{name}": "" for name in names}) as d:
        await charging(d)
        await d.advance(300)
        await d.perform("unplug", evse=1)
        assert all("meterValue" not in event for event in d.calls("TransactionEvent"))
        assert len(d.calls("TransactionEvent")) == 4


@pytest.mark.req("J02.FR.11", "E02.FR.10", "E03.FR.08", "J02.FR.02", "J02.FR.03", "J02.FR.04", "J02.FR.18", "J02.FR.06")
async def test_a_transaction_is_sampled_at_its_interval() -> None:
    settings = {
        "SampledDataCtrlr.TxUpdatedInterval": 90,
        "SampledDataCtrlr.TxUpdatedMeasurands": f"{REGISTER},Power.Active.Import,Current.Import",
    }
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.advance(10)
        await d.perform("swipe", id_token=TOKEN)
        await d.advance(80)
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="MeterValuePeriodic")
        assert event["meterValue"][0]["timestamp"] == event["timestamp"] == "2026-01-05T12:01:30.000Z"
        assert sampled(event) == [
            (REGISTER, "Sample.Periodic", None, 244.4),
            ("Power.Active.Import", "Sample.Periodic", None, 11_000.0),
            ("Current.Import", "Sample.Periodic", "L1", 15.94),
            ("Current.Import", "Sample.Periodic", "L2", 15.94),
            ("Current.Import", "Sample.Periodic", "L3", 15.94),
        ]
        units = [value["unitOfMeasure"]["unit"] for value in event["meterValue"][0]["sampledValue"]]
        assert units == ["Wh", "W", "A", "A", "A"]
        await d.advance(89)
        await d.expect_none("TransactionEvent")
        await d.advance(1)
        await d.expect("TransactionEvent", triggerReason="MeterValuePeriodic")


@pytest.mark.req("J02.FR.05", "J02.FR.06")
async def test_a_direct_current_evse_knows_the_battery_and_has_no_phases() -> None:
    settings = {"SampledDataCtrlr.TxUpdatedMeasurands": "Current.Import,Voltage,SoC"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d, evse=2)
        await d.advance(60)
        event = await d.expect("TransactionEvent", triggerReason="MeterValuePeriodic")
        values = event["meterValue"][0]["sampledValue"]
        assert [(v["measurand"], v["location"], "phase" in v) for v in values] == [
            ("Current.Import", "Outlet", False),
            ("Voltage", "Outlet", False),
            ("SoC", "EV", False),
        ]
        assert values[2]["value"] == pytest.approx(38.1, abs=0.2)  # 120 kW for a minute into 64 kWh at 35 %


@pytest.mark.req("J02.FR.11")
async def test_a_new_interval_holds_in_the_running_transaction() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        interval = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
        await d.call("SetVariables", setVariableData=[{**interval, "attributeValue": "7"}])
        await d.advance(7)
        await d.expect("TransactionEvent", triggerReason="MeterValuePeriodic")


@pytest.mark.req("E06.FR.11", "E07.FR.08", "E09.FR.05", "E12.FR.07", "F03.FR.04", "J02.FR.16", "J02.FR.17")
async def test_the_last_event_holds_what_was_collected_for_it() -> None:
    settings = {"SampledDataCtrlr.TxEndedInterval": 120, "SampledDataCtrlr.TxUpdatedInterval": 0}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.advance(300)
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended")
        contexts = [sampled(event, part)[0][1] for part in range(len(event["meterValue"]))]
        assert contexts == ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]
        registers = [sampled(event, part)[0][3] for part in range(4)]
        assert registers == [0, 366.7, 733.3, 916.7]
        await d.perform("plug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Started")
        assert sampled(event)[0][3] == 916.7  # the register goes on


@pytest.mark.req("E06.FR.12", "E06.FR.13", "J02.FR.20")
async def test_too_many_values_for_the_end_lose_every_other_one_in_between() -> None:
    settings = {"SampledDataCtrlr.TxEndedInterval": 10, "SampledDataCtrlr.TxUpdatedInterval": 0}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.advance(1500)
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended")
        contexts = [sampled(event, part)[0][1] for part in range(len(event["meterValue"]))]
        assert len(contexts) <= 102
        assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
        times = [part["timestamp"] for part in event["meterValue"]]
        assert times == sorted(times)


@pytest.mark.req("J02.FR.11")
async def test_sampled_data_can_be_switched_off() -> None:
    async with Dialogue("2.0.1", settings={"SampledDataCtrlr.Enabled": "false"}) as d:
        await charging(d)
        await d.advance(200)
        assert all("meterValue" not in event for event in d.calls("TransactionEvent"))


# --- on the clock


@pytest.mark.req("J01.FR.02", "J01.FR.05", "J01.FR.06", "J01.FR.07", "J01.FR.08", "J01.FR.09", "J01.FR.10", "J01.FR.14")
async def test_idle_evses_are_metered_on_the_clock() -> None:
    settings = {"AlignedDataCtrlr.Interval": 900, "AlignedDataCtrlr.Measurands": f"{REGISTER},Frequency"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.advance(10)
        await d.advance(889)
        await d.expect_none("MeterValues")
        await d.advance(1)
        values = await d.expect("MeterValues", evseId=1)
        assert values["meterValue"][0]["timestamp"] == "2026-01-05T12:15:00.000Z"
        assert sampled(values) == [(REGISTER, "Sample.Clock", None, 0), ("Frequency", "Sample.Clock", None, 50)]
        assert values["meterValue"][0]["sampledValue"][0]["location"] == "Outlet"
        values = await d.expect("MeterValues", evseId=2)
        assert sampled(values) == [(REGISTER, "Sample.Clock", None, 0)]
        await d.advance(900)
        await d.expect("MeterValues", evseId=1)


@pytest.mark.req("J01.FR.22")
async def test_an_evse_in_a_transaction_is_metered_on_the_clock_by_events() -> None:
    settings = {"AlignedDataCtrlr.Interval": 600, "SampledDataCtrlr.TxUpdatedInterval": 0}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.advance(600)
        event = await d.expect("TransactionEvent", eventType="Updated", triggerReason="MeterValueClock")
        assert sampled(event) == [(REGISTER, "Sample.Clock", None, 1833.3)]
        assert [values["evseId"] for values in d.calls("MeterValues")] == [2]


@pytest.mark.req("J01.FR.20")
async def test_values_for_idle_times_only_stop_during_transactions() -> None:
    settings = {"AlignedDataCtrlr.Interval": 600, "AlignedDataCtrlr.SendDuringIdle": "true"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await charging(d)
        await d.advance(600)
        assert d.calls("MeterValues") == []
        await d.perform("unplug", evse=1)
        await d.advance(600)
        assert [values["evseId"] for values in d.calls("MeterValues")] == [1, 2]


@pytest.mark.req("E06.FR.11")
async def test_values_on_the_clock_for_the_last_event() -> None:
    settings = {
        "AlignedDataCtrlr.TxEndedInterval": 600,
        "AlignedDataCtrlr.TxEndedMeasurands": REGISTER,
        "SampledDataCtrlr.TxUpdatedInterval": 0,
    }
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.advance(100)
        await charging(d)
        await d.advance(1200)
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended")
        contexts = [sampled(event, part)[0][1] for part in range(len(event["meterValue"]))]
        assert contexts == ["Transaction.Begin", "Sample.Clock", "Sample.Clock", "Transaction.End"]
        assert event["meterValue"][1]["timestamp"] == "2026-01-05T12:10:00.000Z"


@pytest.mark.req("J01.FR.14")
async def test_a_clock_that_is_set_moves_the_rounds() -> None:
    settings = {"AlignedDataCtrlr.Interval": 900}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("clock", set="2026-01-05T12:14:00Z")
        await d.advance(60)
        values = await d.expect("MeterValues", evseId=1)
        assert values["meterValue"][0]["timestamp"] == "2026-01-05T12:15:00.000Z"


@pytest.mark.req("J01.FR.14")
async def test_aligned_data_can_be_switched_off() -> None:
    settings = {"AlignedDataCtrlr.Interval": 60, "AlignedDataCtrlr.Enabled": "false"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.advance(200)
        await d.expect_none("MeterValues")
