"""The hooks for tests: programmed answers, the record of messages, listeners, a clock of one's own."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from emulator.csms.hooks import DEFAULT, SILENCE, Refusal
from emulator.csms.link import CommandFailed
from emulator.csms.server import BuiltInCsms
from emulator.csms.tokens import TokenEntry, TokenList, default_tokens

START = {"connectorId": 1, "idTag": "04A22B6C", "meterStart": 0, "timestamp": "2026-11-20T12:00:00Z"}


async def test_an_answer_can_be_given_instead(csms, raw_station):
    programmed = csms.respond("Heartbeat", {"currentTime": "2001-01-01T00:00:00Z"}, times=2)
    async with raw_station(csms) as bare:
        assert (await bare.ask("Heartbeat", {}))[2]["currentTime"].startswith("2001")
        assert (await bare.ask("Heartbeat", {}))[2]["currentTime"].startswith("2001")
        assert not (await bare.ask("Heartbeat", {}))[2]["currentTime"].startswith("2001")
    assert programmed.used == 2


async def test_a_given_transaction_id_is_learned(csms, raw_station):
    csms.respond("StartTransaction", {"transactionId": 77, "idTagInfo": {"status": "Blocked"}})
    async with raw_station(csms) as bare:
        await bare.ask("StartTransaction", START)
    assert [(record.id, record.authorized) for record in csms.stations["CP1"].running()] == [("77", False)]


async def test_a_function_can_answer(csms, raw_station):
    async def later(identity, payload):
        await asyncio.sleep(0)
        return {"status": "Accepted", "data": f"{identity} {payload['vendorId']}"}

    def refuse(_identity, _payload):
        raise Refusal("SecurityError", "no", {"why": 1})

    def broken(_identity, _payload):
        raise RuntimeError("oops")

    csms.respond("DataTransfer", later)
    csms.respond("DataTransfer", refuse)
    csms.respond("DataTransfer", broken)
    async with raw_station(csms) as bare:
        assert (await bare.ask("DataTransfer", {"vendorId": "v"}))[2]["data"] == "CP1 v"
        assert await bare.ask("DataTransfer", {"vendorId": "v"}) == [4, "m", "SecurityError", "no", {"why": 1}]
        logging.getLogger("emulator.csms.link").disabled = True
        assert (await bare.ask("DataTransfer", {"vendorId": "v"}))[2] == "InternalError"
        logging.getLogger("emulator.csms.link").disabled = False


async def test_an_error_silence_and_delay(csms, raw_station):
    csms.respond("Heartbeat", Refusal("GenericError"), identity="CP1")
    csms.respond("*", SILENCE)
    csms.respond("Heartbeat", DEFAULT, delay_s=0.05)
    async with raw_station(csms) as bare:
        assert (await bare.ask("Heartbeat", {}))[:3] == [4, "m", "GenericError"]
        await bare.say([2, "unanswered", "Heartbeat", {}])
        before = asyncio.get_running_loop().time()
        assert (await bare.ask("Heartbeat", {}, "delayed"))[:2] == [3, "delayed"]
        assert asyncio.get_running_loop().time() - before > 0.04
    assert csms.problems == []


async def test_a_delayed_answer_to_a_station_that_went_is_forgotten(csms, raw_station):
    forever = csms.respond("Heartbeat", DEFAULT, delay_s=1000, times=None)
    async with raw_station(csms) as bare:
        await bare.say([2, "m", "Heartbeat", {}])
        await csms.wait_for("CP1", "Heartbeat")
    forever.cancel()
    async with raw_station(csms) as bare:
        assert (await bare.ask("Heartbeat", {}))[0] == 3


async def test_an_error_and_a_time_out_fail_a_command(csms, raw_station):
    async with raw_station(csms) as bare:
        await csms.wait_connected("CP1")
        asking = asyncio.ensure_future(csms.command("CP1", "Reset", {"type": "Soft"}))
        asked = await bare.hear()
        assert asked[0] == 2
        assert asked[2:] == ["Reset", {"type": "Soft"}]
        await bare.say([4, asked[1], "NotSupported", "never", {"a": 1}])
        with pytest.raises(CommandFailed) as failed:
            await asking
        assert (failed.value.code, failed.value.description, failed.value.details) == (
            "NotSupported",
            "never",
            {"a": 1},
        )
        with pytest.raises(CommandFailed) as failed:
            await csms.command("CP1", "ClearCache", {}, timeout_s=0.02)
        assert failed.value.code == "TimedOut"
        late = await bare.hear()
        await bare.say([3, late[1], {"status": "Accepted"}])
        answer = await csms.wait_for("CP1", "ClearCache", kind="CALLRESULT")
        assert answer.payload == {"status": "Accepted"}
    assert csms.problems == []


async def test_an_invalid_answer_is_returned_and_recorded(csms, raw_station):
    async with raw_station(csms) as bare:
        await csms.wait_connected("CP1")
        asking = asyncio.ensure_future(csms.command("CP1", "ClearCache", {}))
        await bare.say([3, (await bare.hear())[1], {"status": "Perhaps"}])
        assert await asking == {"status": "Perhaps"}
    assert [(problem.action, problem.pointer, problem.keyword) for problem in csms.problems] == [
        ("ClearCache", "/status", "enum")
    ]


async def test_commands_go_one_at_a_time_and_do_not_hold_up_answers(csms, raw_station):
    async with raw_station(csms) as bare:
        await csms.wait_connected("CP1")
        asking = [asyncio.ensure_future(csms.command("CP1", "ClearCache", {})) for _ in range(3)]
        for _ in asking:
            asked = await bare.hear()
            assert (await bare.ask("Heartbeat", {}))[:2] == [3, "m"]
            await bare.say([3, asked[1], {"status": "Accepted"}])
        assert await asyncio.gather(*asking) == [{"status": "Accepted"}] * 3


async def test_messages_are_recorded_in_order(csms, raw_station):
    async with raw_station(csms) as bare:
        await bare.ask("Heartbeat", {}, "first")
        await bare.say("nonsense")
        await bare.ask("Authorize", {"idTag": "X"}, "second")
    seen = [(m.direction, m.kind, m.action, m.message_id) for m in csms.messages("CP1")]
    assert seen == [
        ("received", "CALL", "Heartbeat", "first"),
        ("sent", "CALLRESULT", "Heartbeat", "first"),
        ("received", "MALFORMED", "", ""),
        ("received", "CALL", "Authorize", "second"),
        ("sent", "CALLRESULT", "Authorize", "second"),
    ]
    assert [message.seq for message in csms.messages()] == [1, 2, 3, 4, 5]
    assert csms.messages("CP1")[2].raw == "nonsense"
    assert csms.messages("CP1")[3].payload == {"idTag": "X"}
    assert csms.messages("other") == []


async def test_one_can_wait_for_a_message(csms, raw_station):
    async with raw_station(csms) as bare:
        waiting = asyncio.ensure_future(csms.wait_for("CP1", "Authorize", where=lambda asked: asked["idTag"] == "B"))
        await bare.ask("Authorize", {"idTag": "A"})
        await bare.ask("Authorize", {"idTag": "B"})
        seen = await waiting
        assert seen.payload == {"idTag": "B"}
        assert await csms.wait_for("CP1", "Authorize", after=1) == seen
        with pytest.raises(TimeoutError):
            await csms.wait_for("CP1", "Authorize", after=seen.seq, timeout_s=0.01)


async def test_listeners_follow(csms, raw_station, caplog):
    changes = []

    def broken(_change):
        raise RuntimeError("oops")

    unsubscribe_broken = csms.subscribe(broken)
    unsubscribe = csms.subscribe(lambda change: changes.append((change.kind, change.identity)))
    with caplog.at_level(logging.CRITICAL):
        async with raw_station(csms) as bare:
            await bare.ask("Heartbeat", {})
            await csms.disconnect("CP1")
        csms.tokens.put(TokenEntry("NEW"))
    assert changes == [
        ("station", "CP1"),
        ("message", "CP1"),
        ("station", "CP1"),
        ("message", "CP1"),
        ("station", "CP1"),
        ("tokens", ""),
    ]
    unsubscribe()
    unsubscribe()
    unsubscribe_broken()
    csms.tokens.remove("NEW")
    assert len(changes) == 6


async def test_the_record_is_bounded(raw_station):
    csms = BuiltInCsms(keep_messages=4)
    await csms.start()
    async with raw_station(csms) as bare:
        for _ in range(5):
            await bare.ask("Heartbeat", {})
    assert [message.seq for message in csms.messages()] == [7, 8, 9, 10]
    await csms.stop()


class FixedClock:
    """A clock that stands, and sleeps without waiting."""

    def __init__(self):
        self.slept = []

    def now(self):
        return datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

    async def sleep(self, delay_s):
        self.slept.append(delay_s)


async def test_it_can_run_on_another_clock(raw_station):
    clock = FixedClock()
    csms = BuiltInCsms(clock=clock)
    await csms.start()
    csms.respond("Heartbeat", DEFAULT, delay_s=3600)
    async with raw_station(csms) as bare:
        assert (await bare.ask("Heartbeat", {}))[2] == {"currentTime": "2030-01-02T03:04:05.000Z"}
    assert clock.slept == [3600]
    await csms.stop()


async def test_a_lenient_csms_records_and_answers(raw_station):
    csms = BuiltInCsms(strict=False)
    await csms.start()
    async with raw_station(csms) as bare:
        assert (await bare.ask("Authorize", {"idTag": "04A22B6C", "more": 1}))[2] == {
            "idTagInfo": {"status": "Accepted"}
        }
        assert (await bare.ask("Authorize", {}))[2] == "InternalError"
        assert (await bare.ask("StatusNotification", {}))[0] == 3
    assert {problem.keyword for problem in csms.problems} == {"additionalProperties", "required"}
    await csms.stop()


def test_the_token_list_is_editable():
    now = datetime(2026, 11, 20, tzinfo=UTC)
    tokens = TokenList()
    assert tokens.decide("x", now).status == "Invalid"
    tokens.accept_unknown = True
    assert tokens.accept_unknown
    assert tokens.decide("x", now).status == "Accepted"
    tokens.put(TokenEntry("X", expires_at=now + timedelta(hours=1)))
    assert tokens.decide("x", now).status == "Accepted"
    assert tokens.decide("x", now + timedelta(hours=2)).status == "Expired"
    tokens.put(TokenEntry("X", "Blocked"))
    assert [entry.status for entry in tokens.entries()] == ["Blocked"]
    tokens.remove("x")
    tokens.remove("x")
    assert tokens.get("X") is None
    with pytest.raises(ValueError, match="no status"):
        TokenEntry("X", "Lost")


def test_the_default_tokens():
    assert [(entry.id_token, entry.status, entry.parent) for entry in default_tokens().entries()] == [
        ("04A22B6C", "Accepted", ""),
        ("FLEET-7", "Accepted", "FLEET"),
        ("FLEET-8", "Accepted", "FLEET"),
        ("BLOCKED", "Blocked", ""),
        ("EXPIRED", "Expired", ""),
    ]


async def test_each_version_has_its_words_for_a_token(csms, raw_station):
    csms.tokens.put(TokenEntry("T", "NoCredit", "P", datetime(2099, 1, 1, tzinfo=UTC)))
    async with raw_station(csms) as bare:
        info = {"status": "Blocked", "parentIdTag": "P", "expiryDate": "2099-01-01T00:00:00.000Z"}
        assert (await bare.ask("Authorize", {"idTag": "T"}))[2] == {"idTagInfo": info}
    async with raw_station(csms, "CP2", "ocpp2.0.1") as bare:
        answer = await bare.ask("Authorize", {"idToken": {"idToken": "T", "type": "ISO14443"}})
    assert answer[2]["idTokenInfo"] == {
        "status": "NoCredit",
        "groupIdToken": {"idToken": "P", "type": "Central"},
        "cacheExpiryDateTime": "2099-01-01T00:00:00.000Z",
    }
