"""The station's time: a clock that follows the loop at any speed, and a virtual one for tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

# Real seconds that a timer may fire before its moment: less than any clock in use resolves.
_EARLY_S = 1e-6


class ClockTimer:
    """A callback that waits for its moment on a clock's monotonic scale."""

    __slots__ = ("_clock", "callback", "due_s", "handle")

    def __init__(self, clock: StationClock, due_s: float, callback: Callable[[], None]) -> None:
        self._clock = clock
        self.due_s = due_s
        self.callback = callback
        self.handle: asyncio.Handle | None = None

    def cancel(self) -> None:
        """Forget the callback."""
        if self.handle is not None:
            self.handle.cancel()
        self._clock.forget(self)

    def fire(self) -> None:
        """The moment has come, or nearly: a loop may count in milliseconds, and must not be early."""
        if self._clock.ripe(self):
            self._clock.forget(self)
            self.callback()


class StationClock:
    """Real time at a speed of 1 to 3600, which can be skewed, set and frozen.

    Frozen, everything stands: the date, the timers, the meters. Skew only shifts the date and time that are told.
    """

    __slots__ = ("_anchor_loop_s", "_anchor_s", "_frozen", "_loop", "_offset", "_speed", "_timers", "skew_s")

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, speed: float = 1.0) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._anchor_loop_s = monotonic()
        self._anchor_s = 0.0
        self._speed = speed
        self._frozen = False
        self._offset = datetime.now(UTC)
        self._timers: set[ClockTimer] = set()
        self.skew_s = 0.0

    @property
    def speed(self) -> float:
        """Station seconds per real second."""
        return self._speed

    @property
    def frozen(self) -> bool:
        """Whether time stands."""
        return self._frozen

    def monotonic(self) -> float:
        """Station seconds since the clock was made."""
        if self._frozen:
            return self._anchor_s
        return self._anchor_s + (monotonic() - self._anchor_loop_s) * self._speed

    def now(self) -> datetime:
        """The station's date and time, in UTC, with its skew."""
        return self._offset + timedelta(seconds=self.monotonic() + self.skew_s)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> ClockTimer:
        """Run `callback` after station seconds."""
        timer = ClockTimer(self, self.monotonic() + max(0.0, delay_s), callback)
        self._timers.add(timer)
        self._arm(timer, delay_s)
        return timer

    async def sleep(self, delay_s: float) -> None:
        """Wait for station seconds."""
        future = self._loop.create_future()
        timer = self.call_later(delay_s, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()

    def synchronise(self, time: datetime) -> bool:
        """Follow the CSMS; not while the operator holds the clock: frozen, or faster than real time."""
        if self._frozen or self._speed != 1.0:
            return False
        self.set(time)
        return True

    def set(self, time: datetime) -> None:
        """Make this the station's date and time; timers do not move."""
        self._offset = time.astimezone(UTC) - timedelta(seconds=self.monotonic())

    def set_speed(self, speed: float) -> None:
        """Run at so many station seconds per real second; waiting timers follow. ValueError outside 1 to 3600."""
        if not 1 <= speed <= 3600:
            raise ValueError(f"The clock's speed must be 1 to 3600, not {speed:g}.")
        self._change(speed, self._frozen)

    def freeze(self, frozen: bool) -> None:
        """Let time stand, or go on."""
        self._change(self._speed, frozen)

    def ripe(self, timer: ClockTimer) -> bool:
        """Whether the moment of a timer has come; else it waits on."""
        left_s = timer.due_s - self.monotonic()
        if left_s <= _EARLY_S * self._speed:
            return True
        self._arm(timer, left_s)
        return False

    def forget(self, timer: ClockTimer) -> None:
        """A timer fired or was cancelled."""
        self._timers.discard(timer)

    def cancel_all(self) -> None:
        """Forget every timer (the station is switched off for good)."""
        for timer in list(self._timers):
            timer.cancel()

    def _change(self, speed: float, frozen: bool) -> None:
        self._anchor_s = self.monotonic()
        self._anchor_loop_s = monotonic()
        self._speed, self._frozen = speed, frozen
        for timer in self._timers:
            if timer.handle is not None:
                timer.handle.cancel()
            self._arm(timer, timer.due_s - self._anchor_s)

    def _arm(self, timer: ClockTimer, delay_s: float) -> None:
        if self._frozen:
            timer.handle = None
        elif delay_s <= 0:
            timer.handle = self._loop.call_soon(timer.fire)
        else:
            timer.handle = self._loop.call_later(delay_s / self._speed, timer.fire)


class VirtualTimer:
    """A callback on a virtual clock."""

    __slots__ = ("callback", "cancelled")

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True


class VirtualClock:
    """Time that only moves when a test says so; nothing ever really sleeps."""

    speed = 1.0
    frozen = False

    def __init__(self, start: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._now_s = 0.0
        self._queue: list[tuple[float, int, VirtualTimer]] = []
        self._count = itertools.count()
        self.skew_s = 0.0

    def monotonic(self) -> float:
        """Virtual seconds since the clock was made."""
        return self._now_s

    def now(self) -> datetime:
        """The virtual date and time."""
        return self._start + timedelta(seconds=self._now_s + self.skew_s)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> VirtualTimer:
        """Run `callback` once time has moved so far."""
        timer = VirtualTimer(callback)
        heapq.heappush(self._queue, (self._now_s + max(0.0, delay_s), next(self._count), timer))
        return timer

    async def sleep(self, delay_s: float) -> None:
        """Wait until time has moved so far."""
        future = asyncio.get_running_loop().create_future()
        timer = self.call_later(delay_s, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()

    def synchronise(self, time: datetime) -> bool:
        """Follow the CSMS."""
        self.set(time)
        return True

    def set(self, time: datetime) -> None:
        """Make this the date and time; timers do not move."""
        self._start = time.astimezone(UTC) - timedelta(seconds=self._now_s)

    @property
    def waiting(self) -> int:
        """How many timers wait."""
        return sum(1 for _, _, timer in self._queue if not timer.cancelled)

    async def advance(self, seconds: float = 0.0) -> None:
        """Move time, running each timer at its moment and every task as far as it gets."""
        target_s = self._now_s + seconds
        await self._settle()
        while self._queue and self._queue[0][0] <= target_s:
            due_s, _, timer = heapq.heappop(self._queue)
            if timer.cancelled:
                continue
            self._now_s = max(self._now_s, due_s)
            timer.callback()
            await self._settle()
        self._now_s = target_s

    @staticmethod
    async def _settle() -> None:
        # A task that was woken needs a turn; what it wakes needs the next. Chains here are short.
        for _ in range(12):
            await asyncio.sleep(0)
