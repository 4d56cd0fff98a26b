"""The station's clock on real loops: speeds, freezing, skew, and timers that are never early."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from emulator.runtime.clocks import StationClock


def run(coroutine, factory):
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(coroutine)


def uvloop_factory():
    return pytest.importorskip("uvloop").new_event_loop


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_timers_are_never_early_and_hardly_late(loop):
    async def moments():
        clock = StationClock(speed=10)
        early, done = [], asyncio.Event()
        waiting = 40

        def arm(number):
            due_s = clock.monotonic() + number * 0.0137

            def fired():
                nonlocal waiting
                early.append(due_s - clock.monotonic())
                waiting -= 1
                if not waiting:
                    done.set()

            clock.call_later(number * 0.0137, fired)

        for number in range(waiting):
            arm(number)
        await done.wait()
        return early

    early = run(moments(), uvloop_factory() if loop == "uvloop" else None)
    assert max(early) <= 1e-4
    assert min(early) > -5


async def test_time_runs_at_its_speed_and_timers_follow():
    clock = StationClock()
    fired = asyncio.Event()
    clock.call_later(60, fired.set)
    clock.set_speed(3600)
    await asyncio.wait_for(fired.wait(), 5)
    assert 60 <= clock.monotonic() < 3600
    for speed in (0.5, 3601):
        with pytest.raises(ValueError, match="must be 1 to 3600"):
            clock.set_speed(speed)


async def test_frozen_everything_stands():
    clock = StationClock(speed=100)
    clock.freeze(True)
    fired = asyncio.Event()
    clock.call_later(0.1, fired.set)
    before = clock.now(), clock.monotonic()
    await asyncio.sleep(0.02)
    assert (clock.now(), clock.monotonic()) == before
    assert not fired.is_set()
    assert not clock.synchronise(datetime(2030, 1, 1, tzinfo=UTC))
    clock.freeze(False)
    await asyncio.wait_for(fired.wait(), 5)


async def test_skew_and_setting_move_the_date_but_no_timer():
    clock = StationClock()
    fired = []
    timer = clock.call_later(1000, lambda: fired.append(True))
    clock.skew_s = 3600
    assert clock.synchronise(datetime(2030, 1, 1, tzinfo=UTC))
    assert timedelta(hours=1) <= clock.now() - datetime(2030, 1, 1, tzinfo=UTC) < timedelta(hours=1, seconds=5)
    await asyncio.sleep(0)
    assert fired == []
    timer.cancel()


async def test_a_cancelled_timer_and_a_cancelled_sleep_leave_nothing():
    clock = StationClock(speed=3600)
    clock.call_later(1, lambda: pytest.fail("was cancelled")).cancel()
    sleep = asyncio.ensure_future(clock.sleep(10_000))
    await asyncio.sleep(0)
    sleep.cancel()
    await asyncio.gather(sleep, return_exceptions=True)
    clock.call_later(3600, lambda: None)
    clock.cancel_all()
    assert not clock._timers
