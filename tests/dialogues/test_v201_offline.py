"""Transaction events that cannot be delivered at once (2.0.1: E04, E08, E11 to E13)."""

from __future__ import annotations

import pytest

from tests.support.dialogue import SILENCE, Dialogue, Refuse
from tests.support.stations import TOKEN, charging


@pytest.mark.req("E04.FR.01", "E04.FR.02", "E04.FR.03", "E04.FR.04", "E04.FR.05", "E04.FR.06")
@pytest.mark.req("E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08", "E08.FR.09")
@pytest.mark.req("E12.FR.01", "E12.FR.02", "E12.FR.03", "E12.FR.07")
async def test_a_whole_session_offline_is_told_in_order() -> None:
    async with Dialogue("2.0.1", settings={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}) as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TOKEN)
        await d.advance(130)
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("unplug", evse=1)
        assert len(d.state("queue")) == 6
        d.server.offline = False
        await d.advance(400)
        events = d.calls("TransactionEvent")
        assert [event["seqNo"] for event in events] == [0, 1, 2, 3, 4, 5]
        assert {event["offline"] for event in events} == {True}
        assert [event["eventType"] for event in events] == ["Started", *["Updated"] * 4, "Ended"]
        assert [event["timestamp"] for event in events][-1] == "2026-01-05T12:02:10.000Z"
        contexts = [event["meterValue"][-1]["sampledValue"][0]["context"] for event in events if "meterValue" in event]
        assert contexts == ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]
        assert d.state("queue") == []


@pytest.mark.req("E11.FR.01", "E11.FR.02", "E11.FR.03", "E04.FR.03")
async def test_what_happens_online_after_an_outage_is_not_marked() -> None:
    async with Dialogue("2.0.1") as d:
        await charging(d)
        d.server.offline = True
        await d.perform("vehicle", evse=1, ready=False)
        d.server.offline = False
        await d.advance(30)
        event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "SuspendedEV"})
        assert event["offline"] is True
        await d.perform("vehicle", evse=1, ready=True)
        event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
        assert "offline" not in event
        assert event["seqNo"] == 4


@pytest.mark.req("E11.FR.07")
async def test_what_is_still_in_the_queue_when_the_link_breaks_is_marked() -> None:
    async with Dialogue("2.0.1", answers={"TransactionEvent": SILENCE}) as d:
        await d.perform("plug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Started")
        assert "offline" not in event
        d.server.offline = True
        await d.advance(1)
        d.answers["TransactionEvent"] = {}
        d.server.offline = False
        await d.advance(30)
        event = await d.expect("TransactionEvent", eventType="Started")
        assert event["offline"] is True


@pytest.mark.req("E11.FR.07", "E04.FR.01")
async def test_what_is_in_the_queue_when_the_station_goes_down_is_marked() -> None:
    async with Dialogue("2.0.1", answers={"TransactionEvent": SILENCE}) as d:
        await d.perform("plug", evse=1)
        d.answers["TransactionEvent"] = {}
        d.forget()
        await d.restart()
        event = await d.expect("TransactionEvent", eventType="Started", offline=True)
        event = await d.expect("TransactionEvent", eventType="Ended", offline=True)
        assert event["seqNo"] == 1


@pytest.mark.req("E13.FR.02", "E13.FR.03", "E13.FR.04")
@pytest.mark.parametrize("failure", [Refuse("InternalError"), SILENCE])
async def test_an_event_that_fails_is_tried_ever_later_and_then_given_up(
    failure: object, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": 3,
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": 10,
        "OCPPCommCtrlr.MessageTimeout[Default]": 1,
        "SampledDataCtrlr.TxUpdatedInterval": 0,
    }
    async with Dialogue("2.0.1", settings=settings, answers={"TransactionEvent": failure}) as d:
        waits = 1 if failure is SILENCE else 0
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", seqNo=0)
        await d.advance(waits + 9)
        await d.expect_none("TransactionEvent")
        await d.advance(1)
        await d.expect("TransactionEvent", seqNo=0)
        await d.advance(waits + 19)
        await d.expect_none("TransactionEvent")
        await d.advance(1)
        await d.expect("TransactionEvent", seqNo=0)
        await d.advance(waits + 300)
        await d.expect_none("TransactionEvent")
        assert d.state("queue") == []
        d.answers["TransactionEvent"] = {}
        await d.perform("unplug", evse=1)
        await d.expect("TransactionEvent", seqNo=1, eventType="Ended")  # the next goes on


@pytest.mark.req("E13.FR.01", "E13.FR.03")
async def test_other_messages_do_not_wait_for_a_retry() -> None:
    async with Dialogue("2.0.1", answers={"TransactionEvent": Refuse("InternalError")}) as d:
        await d.perform("plug", evse=1)
        d.answers["TransactionEvent"] = {}
        await d.perform("plug", evse=2)
        await d.expect("StatusNotification", evseId=2)
        await d.expect_none("TransactionEvent")
        await d.advance(60)
        first = await d.expect("TransactionEvent", seqNo=0)
        second = await d.expect("TransactionEvent", seqNo=0)
        assert (first["evse"]["id"], second["evse"]["id"]) == (1, 2)


@pytest.mark.req("E04.FR.01")
async def test_what_waits_survives_a_power_cut() -> None:
    async with Dialogue("2.0.1") as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        await d.perform("power_off")
        d.server.offline = False
        await d.perform("power_on")
        await d.advance(5)
        await d.expect("TransactionEvent", eventType="Started", seqNo=0, offline=True)
        await d.expect("TransactionEvent", eventType="Ended", seqNo=1, offline=True)


@pytest.mark.req("B01.FR.08", "E04.FR.02")
async def test_nothing_that_waits_is_sent_before_the_station_is_accepted() -> None:
    async with Dialogue("2.0.1") as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        await d.perform("power_off")
        d.answers["BootNotification"] = {"status": "Pending", "currentTime": "2026-01-05T12:00:00Z", "interval": 30}
        d.server.offline = False
        await d.perform("power_on")
        await d.advance(5)
        await d.expect("BootNotification")
        await d.expect_none()
        d.answers["BootNotification"] = {"status": "Accepted", "currentTime": "2026-01-05T12:01:00Z", "interval": 30}
        await d.advance(30)
        await d.expect("TransactionEvent", eventType="Started")


@pytest.mark.req("B04.FR.02", "J01.FR.14")
async def test_what_does_not_belong_to_a_transaction_is_not_kept() -> None:
    async with Dialogue("2.0.1", settings={"AlignedDataCtrlr.Interval": 60}) as d:
        d.server.offline = True
        await d.advance(3.5 * 60)
        assert d.state("queue") == []
        d.server.offline = False
        await d.advance(59)
        assert len(d.calls("MeterValues")) <= 2
