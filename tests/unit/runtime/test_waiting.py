"""Waiting for frames and states, on the virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from emulator.runtime.actions.registry import BadParameters
from emulator.runtime.waiting import MISSING, TimedOut, at_pointer
from tests.support.dialogue import Dialogue

DOCUMENT = {"a": [{"b/c": 1, "d~e": None}], "": 2}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT), ("/a/0/b~1c", 1), ("/a/0/d~0e", None), ("/", 2), ("/a/1", MISSING), ("/a/x", MISSING),
        ("/b", MISSING), ("/a/0/b~1c/0", MISSING), ("/a/-", MISSING),
    ],
)  # fmt: skip
def test_pointers(pointer, value):
    assert at_pointer(DOCUMENT, pointer) is value or at_pointer(DOCUMENT, pointer) == value


async def waiting(d, **parameters):
    task = asyncio.ensure_future(d.emulator.perform_named("wait_for", parameters))
    await d.settle()
    return task


async def test_a_state_that_holds_already_needs_no_waiting():
    async with Dialogue("1.6") as d:
        task = await waiting(d, state={"/boot/state": "accepted", "/evses/1/current": "dc"})
        assert task.result() == {"/boot/state": "accepted", "/evses/1/current": "dc"}


async def test_a_state_that_comes():
    async with Dialogue("1.6") as d:
        task = await waiting(d, state={"/transactions/0/charging_state": "Charging"})
        await d.perform("plug", evse=1)
        assert not task.done()
        await d.perform("swipe", id_token="A")
        assert task.result() == {"/transactions/0/charging_state": "Charging"}


async def test_a_state_that_does_not_come_in_station_time():
    async with Dialogue("1.6") as d:
        task = await waiting(d, state={"/boot/state": "pending"}, timeout_s=5)
        await d.advance(4.9)
        assert not task.done()
        await d.advance(0.2)
        with pytest.raises(TimedOut, match=r"No state .* within 5 s"):
            task.result()


async def test_a_frame_with_values_in_its_payload():
    async with Dialogue("1.6") as d:
        wanted = {
            "direction": "sent", "action": "StatusNotification", "type": "CALL",
            "where": {"/connectorId": 1, "/status": "Charging"},
        }  # fmt: skip
        task = await waiting(d, frame=wanted)
        await d.perform("plug", evse=1)
        assert not task.done()
        await d.perform("swipe", id_token="A")
        frame = task.result()
        assert (frame["action"], frame["payload"]["status"], frame["valid"]) == ("StatusNotification", "Charging", True)


async def test_answers_are_found_by_the_action_that_they_answer():
    async with Dialogue("1.6") as d:
        task = await waiting(d, frame={"action": "Authorize", "type": "CALLRESULT", "direction": "received"})
        await d.perform("swipe", id_token="A")
        assert task.result()["payload"] == {"idTagInfo": {"status": "Accepted"}}
        assert task.result()["latency_ms"] is not None


async def test_what_was_recorded_counts_only_after_the_seq_that_is_given():
    async with Dialogue("1.6") as d:
        found = await d.perform("wait_for", frame={"action": "BootNotification"}, after=0)
        assert found["seq"] == 1
        task = await waiting(d, frame={"action": "BootNotification"}, timeout_s=1)
        await d.advance(2)
        assert isinstance(task.exception(), TimedOut)
        task = await waiting(d, frame={"action": "BootNotification"}, after=found["seq"] + 1, timeout_s=1)
        await d.advance(2)
        assert isinstance(task.exception(), TimedOut)


async def test_who_no_longer_waits_leaves_nothing_behind():
    async with Dialogue("1.6") as d:
        listeners = len(d.emulator._listeners)
        task = await waiting(d, frame={"action": "Never"})
        assert len(d.emulator._listeners) == listeners + 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(d.emulator._listeners) == listeners


@pytest.mark.parametrize(
    "parameters",
    [{}, {"frame": {}, "state": {}}, {"state": {"boot": 1}}, {"state": {"/nothing": 1}}, {"frame": {"typ": "CALL"}}],
)
async def test_what_cannot_be_waited_for(parameters):
    async with Dialogue("1.6") as d:
        with pytest.raises(BadParameters):
            await d.perform("wait_for", **parameters)
