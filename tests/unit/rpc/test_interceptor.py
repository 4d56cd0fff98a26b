"""The operator's answers, and frames held at a breakpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator.domain.calls import Reply
from emulator.domain.errors import CallTimedOut, NotConnected

ACCEPTED = {"status": "Accepted"}
RESET = [2, "a", "Reset", {"type": "Soft"}]
NOW = {"currentTime": "2026-01-05T12:00:00Z"}


def test_an_answer_instead_of_the_engines_so_often(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.answer("Reset", payload={"status": "Rejected"}, times=2)
    station.interceptor.answer("ClearCache", payload={"status": "Rejected"})
    assert [station.csms(RESET)[0][2]["status"] for _ in range(3)] == ["Rejected", "Rejected", "Accepted"]
    assert len(station.handler.seen) == 1
    assert [rule["action"] for rule in station.interceptor.snapshot()["answers"]] == ["ClearCache"]
    assert station.frames[1].answers == 1


def test_any_action_even_an_unknown_one_and_invalid_payloads(line: Callable[..., Any]) -> None:
    station = line("1.6", {})
    station.interceptor.answer(payload=[1, 2], times=2)
    assert station.csms([2, "a", "Dance", {}]) == [[3, "a", [1, 2]]]
    assert station.csms(RESET) == [[3, "a", [1, 2]]]
    assert not station.frames[-1].valid


def test_an_error_and_a_drop(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.answer("Reset", drop=True)
    station.interceptor.answer("Reset", error={"code": "VendorCode", "description": "d", "details": {"x": 1}})
    assert station.csms(RESET) == [[4, "a", "VendorCode", "d", {"x": 1}]]
    assert station.csms(RESET) == []
    assert station.csms(RESET) == [[3, "a", ACCEPTED]]


def test_rules_are_taken_away(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.answer("Reset", drop=True)
    station.interceptor.answer("*", drop=True)
    station.interceptor.answer("Reset", times=0)
    assert len(station.interceptor.answers) == 1
    station.interceptor.answer(times=0)
    assert station.csms(RESET) == [[3, "a", ACCEPTED]]


async def test_delays(line: Callable[..., Any]) -> None:
    followed: list[str] = []
    station = line("1.6", {"Reset": Reply(ACCEPTED, lambda: followed.append("then"))})
    station.interceptor.answer("Reset", delay_ms=500)
    assert station.csms(RESET) == []
    assert station.csms(RESET)[0][:3] == [4, "a", "GenericError"]
    await station.clock.advance(0.4)
    assert (len(station.sent), followed) == (1, [])
    await station.clock.advance(0.2)
    assert (station.sent[-1], followed) == ([3, "a", ACCEPTED], ["then"])
    assert station.frames[-1].latency_ms == pytest.approx(500)
    for rule in ({"payload": {}}, {"error": {"code": "GenericError"}}):
        station.interceptor.answer("Reset", delay_ms=1000, **rule)
        assert station.csms(RESET) == []
        await station.clock.advance(1)
    assert [frame[0] for frame in station.sent[-2:]] == [3, 4]


async def test_a_delayed_error_of_the_engine(line: Callable[..., Any]) -> None:
    station = line("1.6", {})
    station.interceptor.answer(delay_ms=10)
    assert station.csms(RESET) == []
    await station.clock.advance(1)
    assert station.sent[0][:3] == [4, "a", "NotSupported"]


async def test_a_delayed_answer_dies_with_its_connection(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.answer("Reset", delay_ms=500)
    station.csms(RESET)
    station.endpoint.closed()
    station.connect()
    await station.clock.advance(1)
    assert station.sent == []
    assert station.clock.waiting == 0


async def test_a_rule_that_no_json_can_say(line: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    station = line("1.6", {})
    station.interceptor.answer(payload=object(), delay_ms=1)
    station.csms(RESET)
    await station.clock.advance(1)
    assert station.sent == []
    assert "delayed answer" in caplog.text


def test_a_received_frame_waits_until_it_is_released(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED, "ClearCache": ACCEPTED})
    station.interceptor.hold("received", "Reset")
    assert station.csms(RESET) == []
    assert station.frames == []
    assert station.csms([2, "b", "ClearCache", {}]) == [[3, "b", ACCEPTED]]
    (held,) = station.interceptor.held()
    assert (held["id"], held["direction"], held["action"]) == (1, "received", "Reset")
    assert held["since"] == "2026-01-05T12:00:00.000Z"
    assert station.interceptor.release(1)
    assert station.sent[-1] == [3, "a", ACCEPTED]
    assert not station.interceptor.release(1)


def test_a_received_frame_is_edited_or_dropped(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.hold("*", "Reset")
    station.csms(RESET)
    station.interceptor.hold("*", "Reset", on=False)
    station.interceptor.release(1, text='[2,"z","Reset",{"type":"Hard"}]')
    assert station.sent == [[3, "z", ACCEPTED]]
    assert [frame.message_id for frame in station.frames] == ["z", "z"]
    station.interceptor.hold("received")
    station.csms(RESET)
    station.interceptor.release(2, drop=True)
    assert len(station.sent) == 1
    assert station.frames[-1].problems[0].keyword == "dropped"


async def test_an_answer_of_the_csms_is_held_by_its_action(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.interceptor.hold("received", "Heartbeat")
    station.call("Heartbeat", {})
    station.csms([3, "our-1", NOW])
    assert station.outcomes == []
    station.interceptor.release()
    assert station.outcomes == [NOW]


async def test_a_call_of_ours_is_held_and_its_time_starts_when_it_goes(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.interceptor.hold("sent", "Heartbeat")
    station.call("Heartbeat", {})
    assert (station.sent, station.frames) == ([], [])
    await station.clock.advance(100)
    station.csms([3, "our-1", NOW])
    assert station.outcomes == []
    station.interceptor.release(1)
    assert station.sent == [[2, "our-1", "Heartbeat", {}]]
    await station.clock.advance(29)
    station.csms([3, "our-1", NOW])
    assert station.outcomes == [NOW]


async def test_a_call_of_ours_is_edited_and_still_paired(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.interceptor.hold("sent")
    station.call("Heartbeat", {})
    station.interceptor.release(1, text='[2,"other","Authorize",{"idTag":"A"}]')
    station.csms([3, "other", {"idTagInfo": {"status": "Blocked"}}])
    assert station.outcomes == [{"idTagInfo": {"status": "Blocked"}}]
    assert station.frames[-1].action == "Authorize"


async def test_a_call_of_ours_that_is_dropped_times_out(line: Callable[..., Any]) -> None:
    station = line("1.6")
    station.interceptor.hold("sent")
    station.call("Heartbeat", {})
    station.interceptor.release(1, drop=True)
    await station.clock.advance(31)
    assert isinstance(station.outcomes[0], CallTimedOut)
    assert station.frames == []


def test_an_answer_of_ours_is_held(line: Callable[..., Any]) -> None:
    followed: list[str] = []
    station = line("1.6", {"Reset": Reply(ACCEPTED, lambda: followed.append("then"))})
    station.interceptor.hold("sent", "Reset")
    station.csms(RESET)
    assert (station.sent, followed) == ([], [])
    station.interceptor.release("*", text='[3,"a",{"status":"Rejected"}]')
    assert (station.sent, followed) == ([[3, "a", {"status": "Rejected"}]], ["then"])
    assert (station.frames[-1].action, station.frames[-1].answers) == ("Reset", 1)


def test_held_frames_die_with_their_connection(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.hold()
    station.call("Heartbeat", {})
    station.csms(RESET)
    kept = list(station.interceptor._held.values())
    station.endpoint.closed()
    assert station.interceptor.held() == []
    assert isinstance(station.outcomes[0], NotConnected)
    station.connect()
    for held in kept:
        held.resume(None, False)
    assert station.sent == []
    assert station.frames == []


def test_clear_lets_everything_go(line: Callable[..., Any]) -> None:
    station = line("1.6", {"Reset": ACCEPTED})
    station.interceptor.answer("ClearCache", drop=True)
    station.interceptor.hold("received", "Reset")
    station.csms(RESET)
    station.interceptor.clear()
    assert station.sent == [[3, "a", ACCEPTED]]
    assert station.interceptor.snapshot() == {"answers": [], "breakpoints": [], "held": []}
