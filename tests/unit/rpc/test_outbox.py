"""CALLs of ours: one in flight, paired, timed out, refused."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from emulator.domain.calls import InvalidAnswer, InvalidRequest
from emulator.domain.errors import CallFailed, CallRefused, CallTimedOut, NotConnected
from emulator.domain.frames import FrameType
from emulator.rpc.endpoint import new_uuid

NOW = {"currentTime": "2026-01-05T12:00:00Z"}


async def test_one_in_flight_the_others_in_line(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    station.call("Authorize", {"idTag": "A"})
    assert station.endpoint.busy
    assert station.sent == [[2, "our-1", "Heartbeat", {}]]
    await station.clock.advance(0.25)
    assert station.csms([3, "our-1", NOW]) == [[2, "our-2", "Authorize", {"idTag": "A"}]]
    station.csms([3, "our-2", {"idTagInfo": {"status": "Accepted"}}])
    assert station.outcomes == [NOW, {"idTagInfo": {"status": "Accepted"}}]
    assert not station.endpoint.busy
    answer = station.frames[1]
    assert (answer.type, answer.action, answer.answers, answer.latency_ms) == (
        FrameType.CALLRESULT,
        "Heartbeat",
        1,
        250.0,
    )
    assert station.clock.waiting == 0


def test_the_answer_is_dealt_with_before_the_next_call_goes(line: Callable[..., Any]) -> None:
    station = line("1.6")

    def answered(outcome: Any) -> None:
        station.outcomes.append(len(station.sent))
        station.call("Authorize", {"idTag": "C"})

    station.endpoint.call("Heartbeat", {}, answered)
    station.call("Authorize", {"idTag": "B"})
    station.csms([3, "our-1", NOW])
    assert station.outcomes == [1]
    station.csms([3, "our-2", {"idTagInfo": {"status": "Accepted"}}])
    assert [frame[3] for frame in station.sent] == [{}, {"idTag": "B"}, {"idTag": "C"}]


async def test_time_out_and_late_answer(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    station.call("Authorize", {"idTag": "A"})
    await station.clock.advance(29.9)
    assert station.outcomes == []
    await station.clock.advance(0.2)
    assert isinstance(station.outcomes[0], CallTimedOut)
    assert station.sent[1][:3] == [2, "our-2", "Authorize"]
    station.csms([3, "our-1", NOW])
    late = station.frames[-1]
    assert (late.action, late.answers, late.valid) == ("Heartbeat", 1, True)
    assert late.latency_ms == pytest.approx(30_100)
    assert len(station.outcomes) == 1
    station.csms([3, "our-1", NOW])
    assert station.frames[-1].problems[0].keyword == "messageId"


async def test_only_so_many_late_answers_are_remembered(line: Callable[..., Any]) -> None:
    station = line("1.6")
    for _ in range(40):
        station.call("Heartbeat", {})
    await station.clock.advance(40 * 30)
    assert len(station.outcomes) == 40
    station.csms([3, "our-1", NOW])
    station.csms([3, "our-40", NOW])
    assert [frame.action for frame in station.frames[-2:]] == ["", "Heartbeat"]


def test_answers_nobody_waits_for_are_recorded_and_ignored(line: Callable[..., Any]) -> None:
    station = line("2.0.1")
    assert station.csms([3, "x", {}]) == []
    assert station.csms([4, "x", "GenericError", "", {}]) == []
    assert station.csms('[3,"x"') == []
    assert [frame.valid for frame in station.frames] == [False] * 3
    assert [str(frame.type) for frame in station.frames] == ["CALLRESULT", "CALLERROR", "MALFORMED"]


def test_call_error(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    station.csms([4, "our-1", "InternalError", "sorry", {"a": 1}])
    refused = station.outcomes[0]
    assert isinstance(refused, CallRefused)
    assert (refused.code, refused.description, refused.details) == ("InternalError", "sorry", {"a": 1})
    assert station.frames[-1].action == "Heartbeat"
    assert station.frames[-1].payload == {
        "errorCode": "InternalError",
        "errorDescription": "sorry",
        "errorDetails": {"a": 1},
    }


@pytest.mark.parametrize(
    ("text", "code", "payload"),
    [
        ('[3,"our-1",{}]', "OccurrenceConstraintViolation", {}),
        ('[3,"our-1",{"currentTime":"noon"}]', "TypeConstraintViolation", {"currentTime": "noon"}),
        ('[3,"our-1",[]]', "RpcFrameworkError", None),
        ('[3,"our-1",{', "RpcFrameworkError", None),
        ('[4,"our-1","GenericError"]', "RpcFrameworkError", None),
    ],
)
def test_an_invalid_answer_fails_the_call_at_once(line: Callable[..., Any], text: str, code: str, payload: Any) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    assert station.csms(text) == []
    outcome = station.outcomes[0]
    assert isinstance(outcome, InvalidAnswer)
    assert (outcome.code, outcome.payload) == (code, payload)
    answer = station.frames[-1]
    assert (answer.action, answer.answers, answer.valid) == ("Heartbeat", 1, False)
    assert answer.problems == outcome.problems


def test_an_invalid_request_is_recorded_and_not_sent(
    line: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    station = line("1.6")
    station.call("Authorize", {"idTag": 5})
    station.call("Reserve", {})
    station.call("Heartbeat", {})
    assert station.sent == [[2, "our-1", "Heartbeat", {}]]
    assert [type(outcome) for outcome in station.outcomes] == [InvalidRequest, InvalidRequest]
    assert [problem.keyword for problem in station.frames[0].problems] == ["not-sent", "type"]
    assert len(caplog.records) == 2


def test_the_operator_may_force_anything(line: Callable[..., Any]) -> None:
    station = line("1.6")
    for payload in ({"idTag": 5}, [1], None, {"n": 2**80}):
        station.call("Authorize", payload, forced=True)
        station.csms([4, station.sent[-1][1], "FormationViolation", "", {}])
    station.call("Dance", {}, forced=True)
    station.csms([3, "our-5", {"steps": 3}])
    assert [frame[3] for frame in station.sent] == [{"idTag": 5}, [1], None, {"n": 2**80}, {}]
    assert not station.frames[0].valid
    assert station.outcomes[-1] == {"steps": 3}


def test_what_no_json_can_say_is_refused(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("DataTransfer", {"vendorId": "x", "data": object()}, forced=True)
    assert isinstance(station.outcomes[0], InvalidRequest)
    assert not station.endpoint.busy


async def test_closing_fails_what_waits(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    station.call("Heartbeat", {})
    station.endpoint.call_in_turn(lambda: ("Heartbeat", {}), station.outcomes.append)
    station.endpoint.closed(1006, "cut")
    assert not station.endpoint.connected
    assert [type(outcome) for outcome in station.outcomes] == [NotConnected, NotConnected]
    assert station.clock.waiting == 0
    station.call("Heartbeat", {})
    station.endpoint.call_in_turn(lambda: ("Heartbeat", {}), station.outcomes.append)
    assert len(station.outcomes) == 3
    station.connect()
    station.call("Heartbeat", {})
    assert station.sent == [[2, "our-2", "Heartbeat", {}]]
    station.csms([3, "our-1", NOW])
    assert len(station.outcomes) == 3
    assert station.frames[-1].answers == 1


def test_opening_anew_closes_first(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    station.connect()
    assert isinstance(station.outcomes[0], NotConnected)
    assert station.endpoint.ocpp == "1.6"


async def test_request_waits(line: Callable[..., Any]) -> None:
    station = line("1.6")
    waiting = asyncio.ensure_future(station.endpoint.request("Heartbeat", {}))
    refused = asyncio.ensure_future(station.endpoint.request("Heartbeat", {}))
    await station.clock.advance(0)
    station.csms([3, "our-1", NOW])
    station.csms([4, "our-2", "GenericError", "", {}])
    assert await waiting == NOW
    with pytest.raises(CallRefused):
        await refused


async def test_a_request_that_is_given_up_leaves_the_line(line: Callable[..., Any]) -> None:
    station = line("1.6")
    tasks = [asyncio.ensure_future(station.endpoint.request("Heartbeat", {})) for _ in range(2)]
    await station.clock.advance(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    station.csms([3, "our-1", NOW])
    assert len(station.sent) == 1
    assert not station.endpoint.busy


def test_places_in_line_are_asked_in_turn(line: Callable[..., Any]) -> None:
    station = line("1.6")
    messages = [("Authorize", {"idTag": "A"}), None, ("Authorize", {"idTag": "B"})]
    station.call("Heartbeat", {})
    for _ in range(3):
        station.endpoint.call_in_turn(lambda: messages.pop(0), station.outcomes.append)
    assert len(messages) == 3
    station.csms([3, "our-1", NOW])
    station.csms([3, "our-2", {"idTagInfo": {"status": "Accepted"}}])
    assert [frame[3] for frame in station.sent] == [{}, {"idTag": "A"}, {"idTag": "B"}]


def test_mistakes_of_callers_do_not_stop_the_line(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6")

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    station.endpoint.call("Heartbeat", {}, fail)
    station.endpoint.call_in_turn(fail, fail)
    station.call("Heartbeat", {})
    station.csms([3, "our-1", NOW])
    assert len(station.sent) == 2
    assert len(caplog.records) == 2


def test_characters_of_the_operator_are_sent_as_they_are(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.call("Heartbeat", {})
    for text in ("hello", '[2,"x","Authorize",{"idTag":1}]', '[3,"y",{}]'):
        station.endpoint.send_text(text)
    assert station.connection.texts[1:] == ["hello", '[2,"x","Authorize",{"idTag":1}]', '[3,"y",{}]']
    assert [str(frame.type) for frame in station.frames[1:]] == ["MALFORMED", "CALL", "CALLRESULT"]
    station.csms([3, "x", {"idTagInfo": {"status": "Accepted"}}])
    assert (station.frames[-1].action, station.frames[-1].answers) == ("Authorize", 3)
    assert station.outcomes == []
    station.endpoint.closed()
    with pytest.raises(NotConnected):
        station.endpoint.send_text("x")


async def test_an_operator_answers_instead_of_a_handler(line: Callable[..., Any]) -> None:
    async def slow(payload: dict[str, Any]) -> Any:
        await asyncio.Event().wait()

    station = line("1.6", {"Reset": slow})
    station.csms([2, "a", "Reset", {"type": "Soft"}])
    station.endpoint.send_text('[3,"a",{"status":"Rejected"}]')
    assert (station.frames[-1].action, station.frames[-1].answers) == ("Reset", 1)
    await station.endpoint.finish()
    assert len(station.sent) == 1


def test_uuids() -> None:
    ids = {new_uuid() for _ in range(1000)}
    assert len(ids) == 1000
    for text in ids:
        assert uuid.UUID(text).version == 4
        assert re.fullmatch(r"[0-9a-f-]{36}", text)


def test_the_tree_of_failures() -> None:
    assert issubclass(InvalidRequest, CallFailed)
    assert issubclass(InvalidAnswer, CallRefused)
