"""Booting, heartbeats, offline behaviour, configuration and resets of 1.6 (sections 4.2, 4.6, 5.3, 5.8, 5.14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.dialogue import SILENCE, Dialogue, Refuse

TAG = "04A22B6C"


def boot(status: str, interval: int = 60) -> dict[str, object]:
    return {"status": status, "currentTime": "2026-01-05T12:00:00Z", "interval": interval}


@pytest.mark.req("1.6:4.2")
async def test_an_accepted_station_reports_every_connector() -> None:
    async with Dialogue("1.6", accepted=False) as d:
        first = await d.expect("BootNotification", chargePointVendor="Forecourt")
        assert first["chargePointModel"]
        for number in range(3):
            await d.expect("StatusNotification", connectorId=number, status="Available", errorCode="NoError")


@pytest.mark.req("1.6:4.2")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_a_station_that_is_not_accepted_says_nothing_but_boots_again(status: str) -> None:
    async with Dialogue("1.6", answers={"BootNotification": boot(status)}, accepted=False) as d:
        await d.perform("plug", evse=1)
        await d.advance(59)
        assert d.actions() == ["BootNotification"]
        d.answers["BootNotification"] = boot("Accepted")
        await d.advance(1)
        assert d.actions()[1] == "BootNotification"
        await d.expect("StatusNotification", connectorId=1, status="Preparing")


@pytest.mark.req("1.6:4.2")
async def test_an_interval_of_0_is_not_taken_as_leave_to_flood() -> None:
    async with Dialogue("1.6", answers={"BootNotification": boot("Rejected", 0)}, accepted=False) as d:
        await d.advance(300)
        assert 3 <= d.actions().count("BootNotification") <= 12


@pytest.mark.req("1.6:4.2")
async def test_a_pending_station_answers_and_obeys_triggers_but_starts_nothing() -> None:
    async with Dialogue("1.6", answers={"BootNotification": boot("Pending", 3600)}, accepted=False) as d:
        await d.expect("BootNotification")
        assert (await d.call("GetConfiguration", key=["HeartbeatInterval"]))["configurationKey"]
        assert await d.call("RemoteStartTransaction", idTag=TAG, connectorId=1) == {"status": "Rejected"}
        assert await d.call("TriggerMessage", requestedMessage="StatusNotification", connectorId=1) == {
            "status": "Accepted"
        }
        await d.expect("StatusNotification", connectorId=1)
        await d.call("TriggerMessage", requestedMessage="BootNotification")
        await d.expect("BootNotification")


@pytest.mark.req("1.6:4.2")
async def test_a_boot_notification_without_answer_is_sent_again() -> None:
    async with Dialogue("1.6", answers={"BootNotification": SILENCE}, accepted=False) as d:
        await d.advance(30 + 60 + 1)
        assert d.actions() == ["BootNotification", "BootNotification"]


@pytest.mark.req("1.6:4.6")
async def test_heartbeats_come_at_the_interval_and_set_the_clock() -> None:
    async with Dialogue("1.6") as d:
        await d.advance(299)
        await d.expect_none("Heartbeat")
        ahead = d.clock.now() + timedelta(hours=1)
        d.answers["Heartbeat"] = {"currentTime": ahead.isoformat()}
        await d.advance(1.5)
        await d.expect("Heartbeat")
        assert d.clock.now() > ahead - timedelta(seconds=5)


@pytest.mark.req("1.6:4.6")
async def test_other_messages_make_a_heartbeat_needless() -> None:
    async with Dialogue("1.6") as d:
        for _ in range(5):
            await d.advance(200)
            await d.perform("plug", evse=1)
            await d.advance(10)
            await d.perform("unplug", evse=1)
        await d.expect_none("Heartbeat")


@pytest.mark.req("1.6:5.3")
async def test_a_changed_heartbeat_interval_holds_at_once() -> None:
    async with Dialogue("1.6") as d:
        assert await d.call("ChangeConfiguration", key="HeartbeatInterval", value="5") == {"status": "Accepted"}
        await d.advance(20.5)
        assert d.actions().count("Heartbeat") == 4


@pytest.mark.req("1.6:5.3", "1.6:5.8")
async def test_configuration_keys() -> None:
    async with Dialogue("1.6") as d:
        answer = await d.call("GetConfiguration", key=["HeartbeatInterval", "NoSuchKey", "NumberOfConnectors"])
        rows = {row["key"]: row for row in answer["configurationKey"]}
        assert rows["HeartbeatInterval"] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        assert rows["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
        assert answer["unknownKey"] == ["NoSuchKey"]
        everything = await d.call("GetConfiguration")
        assert len(everything["configurationKey"]) > 25
        for key, value, status in (
            ("NoSuchKey", "1", "NotSupported"),
            ("HeartbeatInterval", "ten", "Rejected"),
            ("HeartbeatInterval", "-1", "Rejected"),
            ("NumberOfConnectors", "5", "Rejected"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,Nonsense", "Rejected"),
            ("MeterValuesSampledData", "Energy.Active.Import.Register,Voltage", "Accepted"),
        ):
            assert await d.call("ChangeConfiguration", key=key, value=value) == {"status": status}, key
        answer = await d.call("GetConfiguration", key=["MeterValuesSampledData"])
        assert answer["configurationKey"][0]["value"] == "Energy.Active.Import.Register,Voltage"


@pytest.mark.req("1.6:5.14")
async def test_a_soft_reset_stops_transactions_first_and_boots_again() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(60)
        assert await d.call("Reset", type="Soft") == {"status": "Accepted"}
        await d.advance(5)
        await d.expect("StopTransaction", reason="SoftReset")
        await d.expect("BootNotification")
        await d.expect("StatusNotification", connectorId=1, status="Preparing")
        await d.expect_none("StartTransaction")


@pytest.mark.req("1.6:5.14")
async def test_a_hard_reset_reports_what_it_could_not_say_before() -> None:
    async with Dialogue("1.6", answers={"StopTransaction": SILENCE}) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        d.forget()
        assert await d.call("Reset", type="Hard") == {"status": "Accepted"}
        d.answers["StopTransaction"] = {}
        await d.advance(5)
        await d.expect("BootNotification")
        await d.expect("StopTransaction", reason="HardReset", transactionId=1001)


@pytest.mark.req("1.6:4.9")
async def test_after_an_outage_only_changed_statuses_are_reported() -> None:
    async with Dialogue("1.6", settings={"OCPPCommCtrlr.OfflineThreshold": 600}) as d:
        d.server.offline = True
        await d.perform("plug", evse=2)
        await d.advance(10)
        d.server.offline = False
        await d.advance(300)
        assert [p["connectorId"] for p in d.calls("StatusNotification")] == [2]
        assert "BootNotification" not in d.actions()


@pytest.mark.req("1.6:3.7")
async def test_transaction_messages_wait_for_the_connection_in_order() -> None:
    async with Dialogue("1.6", settings={"AllowOfflineTxForUnknownId": "true"}) as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(130)
        await d.perform("stop", evse=1)
        began = d.calls("StartTransaction")
        assert not began
        d.server.offline = False
        await d.advance(300)
        kinds = [a for a in d.actions() if a in {"StartTransaction", "MeterValues", "StopTransaction"}]
        assert kinds == ["StartTransaction", "MeterValues", "MeterValues", "StopTransaction"]
        assert [p["transactionId"] for p in d.calls("MeterValues")] == [1001, 1001]
        assert d.calls("StopTransaction")[0]["transactionId"] == 1001
        assert d.calls("StartTransaction")[0]["timestamp"] == "2026-01-05T12:00:00.000Z"


@pytest.mark.req("1.6:3.7.1")
async def test_a_failing_transaction_message_is_retried_ever_later_and_then_given_up() -> None:
    settings = {"TransactionMessageAttempts": 3, "TransactionMessageRetryInterval": 10}
    async with Dialogue("1.6", answers={"StartTransaction": Refuse()}, settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        assert d.actions().count("StartTransaction") == 1
        await d.advance(10)
        assert d.actions().count("StartTransaction") == 2
        await d.advance(19)
        assert d.actions().count("StartTransaction") == 2
        await d.advance(1)
        assert d.actions().count("StartTransaction") == 3
        await d.advance(100)
        assert d.actions().count("StartTransaction") == 3
        await d.perform("stop", evse=1)
        # Errata 4.0, 3.18: a transaction that never got its number
        await d.expect("StopTransaction", transactionId=-1)


@pytest.mark.req("1.6:3.7")
async def test_other_messages_overtake_a_transaction_message_that_waits_for_its_retry() -> None:
    settings = {"TransactionMessageAttempts": 3, "TransactionMessageRetryInterval": 1000}
    async with Dialogue("1.6", answers={"StartTransaction": Refuse()}, settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.perform("plug", evse=2)
        await d.expect("StatusNotification", connectorId=2, status="Preparing")


@pytest.mark.req("1.6:3.7")
async def test_the_queue_and_the_open_transaction_outlive_the_process() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(90)
        d.forget()
        await d.restart()
        await d.expect("BootNotification")
        stop = await d.expect("StopTransaction", transactionId=1001, reason="PowerLoss")
        assert stop["meterStop"] == pytest.approx(275, abs=2)
        await d.expect_none("StartTransaction")


@pytest.mark.req("1.6:5.14")
async def test_power_comes_back() -> None:
    async with Dialogue("1.6") as d:
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token=TAG)
        await d.advance(60)
        await d.perform("power_off")
        assert d.state("station")["powered"] is False
        await d.advance(600)
        before = d.state("meters")[0]["energy_wh"]
        await d.perform("power_on")
        await d.expect("BootNotification")
        await d.expect("StopTransaction", reason="PowerLoss")
        assert before == pytest.approx(11_000 / 60, abs=1)
