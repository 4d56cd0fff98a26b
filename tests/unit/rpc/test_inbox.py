"""CALLs of the CSMS: recorded, checked, handled, answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from emulator.domain.calls import CallRefusal, ErrorCode, Reply
from emulator.domain.frames import Direction, FrameType
from emulator.rpc.inbox import MAX_OPEN_CALLS

ACCEPTED = {"status": "Accepted"}
RESET = {"1.6": {"type": "Soft"}, "2.0.1": {"type": "OnIdle"}}
both = pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])


@both
def test_a_call_is_answered_at_once(line: Callable[..., Any], ocpp: str) -> None:
    station = line(ocpp, {"Reset": ACCEPTED})
    assert station.csms([2, "a", "Reset", RESET[ocpp]]) == [[3, "a", ACCEPTED]]
    call, answer = station.frames
    assert (call.seq, call.direction, call.type, call.message_id) == (1, Direction.RECEIVED, FrameType.CALL, "a")
    assert (call.payload, call.valid, call.answers, call.ocpp) == (RESET[ocpp], True, None, ocpp)
    assert (answer.seq, answer.direction, answer.type, answer.action) == (2, "sent", FrameType.CALLRESULT, "Reset")
    assert (answer.payload, answer.answers, answer.latency_ms) == (ACCEPTED, 1, 0.0)
    assert answer.raw == station.connection.texts[0]


@both
def test_unknown_unsupported_and_invalid(line: Callable[..., Any], ocpp: str) -> None:
    station = line(ocpp, {"Reset": ACCEPTED})
    assert station.csms([2, "a", "Dance", {}])[0][:3] == [4, "a", "NotImplemented"]
    assert station.csms([2, "b", "UnlockConnector", {"nonsense": 1}])[0][:3] == [4, "b", "NotSupported"]
    assert station.csms([2, "c", "Heartbeat", {}])[0][:3] == [4, "c", "NotSupported"]
    assert station.csms([2, "d", "Reset", {"type": 1}])[0][:3] == [4, "d", "TypeConstraintViolation"]
    missing = {"1.6": "OccurenceConstraintViolation", "2.0.1": "OccurrenceConstraintViolation"}[ocpp]
    assert station.csms([2, "e", "Reset", {}])[0][:3] == [4, "e", missing]
    assert station.handler.seen == []
    assert [frame.valid for frame in station.frames] == [False, True, False, True, True, True, False, True, False, True]
    error = station.frames[-1]
    assert error.payload["errorCode"] == missing
    assert "type" in error.payload["errorDescription"]
    assert error.answers == station.frames[-2].seq


@both
def test_the_description_speaks_of_what_the_code_names(line: Callable[..., Any], ocpp: str) -> None:
    station = line(ocpp, {"ChangeAvailability": ACCEPTED})
    _, _, code, words, _ = station.csms([2, "a", "ChangeAvailability", {"connectorId": "x", "operationalStatus": 5}])[0]
    assert code in {"FormationViolation", "ProtocolError"}
    assert "unexpected" in words


def test_malformed_calls_are_recorded_and_answered(line: Callable[..., Any]) -> None:
    station = line("2.0.1", {})
    assert station.csms("{")[0][:3] == [4, "-1", "RpcFrameworkError"]
    assert station.csms('[9,"a"]')[0][:3] == [4, "a", "MessageTypeNotSupported"]
    assert station.csms('[2,"a","Reset",3]')[0][:3] == [4, "a", "FormatViolation"]
    types = [frame.type for frame in station.frames]
    assert types == [FrameType.MALFORMED, FrameType.CALLERROR] * 3
    assert [frame.answers for frame in station.frames] == [None, 1, None, 3, None, 5]
    assert station.frames[4].action == "Reset"
    assert all(frame.payload is None and frame.problems for frame in station.frames[::2])


def test_1_6_ignores_what_it_cannot_answer(line: Callable[..., Any]) -> None:
    station = line("1.6", {})
    assert station.csms("{") == []
    assert station.csms('[9,"a"]') == []
    assert len(station.frames) == 2
    assert station.csms('[2,"a","Reset",3]')[0][:3] == [4, "a", "FormationViolation"]


def test_a_refusal_of_the_handler(line: Callable[..., Any]) -> None:
    refusal = CallRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "too many", {"max": 3})
    station = line("1.6", {"Reset": refusal})
    assert station.csms([2, "a", "Reset", RESET["1.6"]]) == [
        [4, "a", "OccurenceConstraintViolation", "too many", {"max": 3}]
    ]
    assert str(CallRefusal("SecurityError")) == "SecurityError"


def test_details_that_are_no_json_are_left_out(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6", {"Reset": CallRefusal("GenericError", "x", {"a": object()})})
    assert station.csms([2, "a", "Reset", RESET["1.6"]]) == [[4, "a", "GenericError", "x", {}]]
    assert "left out" in caplog.text


def test_a_mistake_of_the_handler_is_an_internal_error(
    line: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    station = line("1.6", {"Reset": ZeroDivisionError("secret")})
    assert station.csms([2, "a", "Reset", RESET["1.6"]])[0][:3] == [4, "a", "InternalError"]
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in station.connection.texts[0]


@pytest.mark.parametrize("answer", [{"status": "Perhaps"}, {"status": "Accepted", 1: 2}, {}])
def test_an_invalid_answer_of_ours_is_not_sent(
    line: Callable[..., Any], caplog: pytest.LogCaptureFixture, answer: dict[Any, Any]
) -> None:
    station = line("1.6", {"Reset": answer})
    assert station.csms([2, "a", "Reset", RESET["1.6"]])[0][:3] == [4, "a", "InternalError"]
    assert station.frames[-1].problems
    assert len(station.frames) == 2
    assert "invalid" in caplog.text


def test_an_answer_that_no_json_can_say(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6", {"DataTransfer": {"status": "Accepted", "data": object()}})
    assert station.csms([2, "a", "DataTransfer", {"vendorId": "x"}])[0][:3] == [4, "a", "InternalError"]
    assert caplog.records


def test_a_handler_that_answers_nonsense(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6", {"Reset": lambda payload: None})
    assert station.csms([2, "a", "Reset", RESET["1.6"]])[0][:3] == [4, "a", "InternalError"]
    assert caplog.records


def test_what_follows_comes_after_the_answer(line: Callable[..., Any]) -> None:
    station = line("1.6", {})
    order: list[str] = []

    def then() -> None:
        order.extend(f"then after {len(station.connection.texts)}" for _ in range(1))

    station.handler.answers["Reset"] = Reply(ACCEPTED, then)
    station.csms([2, "a", "Reset", RESET["1.6"]])
    assert order == ["then after 1"]


def test_a_failure_in_what_follows_is_logged(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6", {"Reset": Reply(ACCEPTED, lambda: 1 / 0)})  # type: ignore[arg-type, return-value]
    assert station.csms([2, "a", "Reset", RESET["1.6"]]) == [[3, "a", ACCEPTED]]
    assert "ZeroDivisionError" in caplog.text


def test_whole_numbers_reach_the_handler_as_such(line: Callable[..., Any]) -> None:
    station = line("2.0.1", {"GetBaseReport": ACCEPTED})
    station.csms('[2,"a","GetBaseReport",{"requestId":5.0,"reportBase":"FullInventory"}]')
    assert isinstance(station.handler.seen[0][1]["requestId"], int)


async def test_calls_are_handled_beside_each_other(line: Callable[..., Any]) -> None:
    gates = {"Soft": asyncio.Event(), "Hard": asyncio.Event()}

    async def slow(payload: dict[str, Any]) -> Reply:
        await gates[payload["type"]].wait()
        return Reply(ACCEPTED)

    station = line("1.6", {"Reset": slow, "ClearCache": ACCEPTED})
    assert station.csms([2, "a", "Reset", {"type": "Soft"}]) == []
    assert station.csms([2, "b", "Reset", {"type": "Hard"}]) == []
    assert station.csms([2, "c", "ClearCache", {}]) == [[3, "c", ACCEPTED]]
    gates["Hard"].set()
    await station.clock.advance(2)
    gates["Soft"].set()
    await station.clock.advance(0)
    assert station.sent == [[3, "c", ACCEPTED], [3, "b", ACCEPTED], [3, "a", ACCEPTED]]
    assert [(frame.message_id, frame.answers, frame.latency_ms) for frame in station.frames[-2:]] == [
        ("b", 2, 0.0),
        ("a", 1, 2000.0),
    ]


async def test_answers_are_not_held_up_by_our_own_call(line: Callable[..., Any]) -> None:
    station = line("1.6", {"ClearCache": ACCEPTED})
    station.call("Heartbeat", {})
    assert station.csms([2, "a", "ClearCache", {}]) == [[3, "a", ACCEPTED]]


@both
async def test_an_id_that_is_being_handled_is_refused(line: Callable[..., Any], ocpp: str) -> None:
    gate = asyncio.Event()

    async def slow(payload: dict[str, Any]) -> Reply:
        await gate.wait()
        return Reply(ACCEPTED)

    station = line(ocpp, {"Reset": slow})
    station.csms([2, "a", "Reset", RESET[ocpp]])
    code = {"1.6": "GenericError", "2.0.1": "RpcFrameworkError"}[ocpp]
    assert station.csms([2, "a", "Reset", RESET[ocpp]])[0][:3] == [4, "a", code]
    gate.set()
    await station.clock.advance(0)
    assert station.sent[-1] == [3, "a", ACCEPTED]


async def test_a_late_refusal_and_a_late_mistake(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    async def late(payload: dict[str, Any]) -> Reply:
        await asyncio.sleep(0)
        if payload["type"] == "Soft":
            raise CallRefusal(ErrorCode.SECURITY_ERROR, "no")
        return None  # type: ignore[return-value]

    station = line("1.6", {"Reset": late})
    station.csms([2, "a", "Reset", {"type": "Soft"}])
    station.csms([2, "b", "Reset", {"type": "Hard"}])
    await station.clock.advance(0)
    assert [frame[:3] for frame in station.sent] == [[4, "a", "SecurityError"], [4, "b", "InternalError"]]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_flood_of_open_calls_is_refused(line: Callable[..., Any]) -> None:
    gate = asyncio.Event()

    async def slow(payload: dict[str, Any]) -> Reply:
        await gate.wait()
        return Reply(ACCEPTED)

    station = line("1.6", {"Reset": slow})
    for number in range(MAX_OPEN_CALLS):
        assert station.csms([2, str(number), "Reset", {"type": "Soft"}]) == []
    assert station.csms([2, "more", "Reset", {"type": "Soft"}])[0][:3] == [4, "more", "InternalError"]
    gate.set()
    await station.clock.advance(0)
    assert len(station.sent) == MAX_OPEN_CALLS + 1


async def test_closing_cancels_handlers_and_sends_nothing(line: Callable[..., Any]) -> None:
    ended: list[str] = []

    async def slow(payload: dict[str, Any]) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return Reply(ACCEPTED)

    station = line("1.6", {"Reset": slow})
    station.csms([2, "a", "Reset", {"type": "Soft"}])
    await station.clock.advance(0)
    await station.endpoint.finish()
    assert ended == ["cancelled"]
    assert station.sent == []
    station.connect()
    assert station.csms([2, "a", "Reset", {"type": "Warm"}])[0][2] == "PropertyConstraintViolation"


async def test_a_handler_may_end_the_connection_itself(line: Callable[..., Any]) -> None:
    reached: list[str] = []

    async def closing(payload: dict[str, Any]) -> Reply:
        await station.endpoint.finish()
        await asyncio.sleep(0)
        reached.append("end")
        return Reply(ACCEPTED)

    station = line("1.6", {"Reset": closing})
    station.csms([2, "a", "Reset", {"type": "Soft"}])
    await station.clock.advance(0)
    assert reached == ["end"]
    assert station.sent == []


def test_a_log_that_cannot_be_written_does_not_end_the_line(
    line: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    station = line("1.6", {"ClearCache": ACCEPTED})
    station.endpoint._wire._record = lambda frame: 1 / 0
    assert station.csms([2, "a", "ClearCache", {}]) == []
    assert "ZeroDivisionError" in caplog.text
