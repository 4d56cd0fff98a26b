"""A whole charging session of the real program against a CSMS that is not ours, driven through the control socket."""

from __future__ import annotations

from tests.support.forecourt_process import running
from tests.support.ocpp_csms import running_csms


async def test_a_session_on_1_6(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--id", "CP1", "--ocpp", "1.6", "--set", "HeartbeatInterval=2")
        async with (
            running(*options, "--set", "MeterValueSampleInterval=1", "--data", tmp_path) as forecourt,
            forecourt.control() as control,
        ):
            await control.wait_for(state={"/boot/state": "accepted"})
            await control.plug(evse=1)
            await csms.wait_for("StatusNotification", connectorId=1, status="Preparing")
            assert await control.swipe(id_token="04A22B6C") == {"status": "Accepted"}
            started = await csms.wait_for("StartTransaction")
            assert (started["connectorId"], started["idTag"]) == (1, "04A22B6C")
            await csms.wait_for("StatusNotification", connectorId=1, status="Charging")
            await csms.wait_for("MeterValues", count=2, transactionId=1)
            assert await control.swipe(id_token="04A22B6C") == {"status": "Accepted"}
            stopped = await csms.wait_for("StopTransaction", transactionId=1)
            assert stopped["reason"] == "Local"
            assert stopped["meterStop"] > started["meterStart"]
            await csms.wait_for("StatusNotification", connectorId=1, status="Finishing")
            await control.unplug(evse=1)
            await csms.wait_for("StatusNotification", connectorId=1, status="Available", count=2)
            await csms.wait_for("Heartbeat")
            code, said = await forecourt.stop()
        assert (code, said) == (0, "")
        assert csms.errors == []
        assert csms.paths == ["/ocpp/CP1"]


async def test_a_session_on_2_0_1(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--id", "CP1", "--ocpp", "2.0.1", "--set", "HeartbeatInterval=2")
        async with (
            running(*options, "--set", "SampledDataCtrlr.TxUpdatedInterval=1", "--data", tmp_path) as forecourt,
            forecourt.control() as control,
        ):
            await control.wait_for(state={"/boot/state": "accepted"})
            await control.plug(evse=1)
            await csms.wait_for("StatusNotification", evseId=1, connectorStatus="Occupied")
            assert await control.swipe(id_token="04A22B6C") == {"status": "Accepted"}
            started = await csms.wait_for("TransactionEvent", eventType="Started")
            await csms.wait_for("TransactionEvent", eventType="Updated", triggerReason="MeterValuePeriodic", count=2)
            assert await control.swipe(id_token="04A22B6C") == {"status": "Accepted"}
            await control.unplug(evse=1)
            ended = await csms.wait_for("TransactionEvent", eventType="Ended")
            assert ended["transactionInfo"]["transactionId"] == started["transactionInfo"]["transactionId"]
            numbers = [event["seqNo"] for event in csms.of("TransactionEvent")]
            assert numbers == list(range(len(numbers)))
            await csms.wait_for("StatusNotification", evseId=1, connectorStatus="Available", count=2)
            await csms.wait_for("Heartbeat")
            code, said = await forecourt.stop()
        assert (code, said) == (0, "")
        assert csms.errors == []
