"""One direction of a bad link: frames wait their time, get lost, doubled or overtaken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from emulator.domain.ports import Clock, Timer
from emulator.faults.conditions import NetworkConditions

# A frame that is to be overtaken waits for the next one, but no longer than this.
HOLD_S = 1.0

Step = Callable[[], None]


class Way:
    """A queue of frames in one direction; each is a `Step` that runs when the frame arrives.

    `emptied` is called when the last frame that waited has arrived.
    """

    __slots__ = (
        "_clock",
        "_emptied",
        "_free_at",
        "_held",
        "_held_timer",
        "_last_due",
        "_queue",
        "_random",
        "_timer",
        "conditions",
    )

    def __init__(self, clock: Clock, random: Random, conditions: NetworkConditions, emptied: Step) -> None:
        self.conditions = conditions
        self._clock = clock
        self._random = random
        self._emptied = emptied
        self._queue: deque[tuple[float, Step, bool]] = deque()  # due, step, never lost
        self._timer: Timer | None = None
        self._held: Step | None = None
        self._held_timer: Timer | None = None
        self._free_at = 0.0
        self._last_due = 0.0

    def __bool__(self) -> bool:
        """Whether something is on its way."""
        return bool(self._queue) or self._held is not None

    def frame(self, size_bytes: int, arrive: Step) -> None:
        """Send one frame, which arrives as the conditions let it."""
        conditions = self.conditions
        if self._happens(conditions.loss):
            return
        for _ in range(2 if self._happens(conditions.duplicate) else 1):
            due = self._due(size_bytes)
            if self._held is None and self._happens(conditions.reorder):
                self._held = arrive
                self._held_timer = self._clock.call_later(due - self._clock.monotonic() + HOLD_S, self._release)
                continue
            self._put(due, arrive)
            if self._held is not None:
                self._release()

    def certainly(self, step: Step) -> None:
        """Queue something that is never lost behind everything that is on its way."""
        self._release()
        self._put(self._last_due, step, certain=True)

    def hurry(self) -> None:
        """Let everything that is on its way arrive in the next turn, in order."""
        self._release()
        self._free_at = self._last_due = self._clock.monotonic()
        self._queue = deque((self._last_due, step, certain) for _, step, certain in self._queue)
        self._arm()

    def clear(self) -> None:
        """Lose every frame that is on its way."""
        self._forget_held()
        self._queue = deque(entry for entry in self._queue if entry[2])
        self.hurry()

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability

    def _due(self, size_bytes: int) -> float:
        """When a frame arrives in station seconds: behind those before it, the line's speed, latency and jitter."""
        conditions = self.conditions
        now = self._clock.monotonic()
        if conditions.bandwidth:
            self._free_at = max(now, self._free_at) + size_bytes / conditions.bandwidth
        jitter_ms = conditions.jitter_ms * self._random.uniform(-1, 1) if conditions.jitter_ms else 0
        delay_s = max(0, conditions.latency_ms + jitter_ms) / 1000
        self._last_due = max(max(now, self._free_at) + delay_s, self._last_due)
        return self._last_due

    def _put(self, due: float, step: Step, *, certain: bool = False) -> None:
        self._queue.append((due, step, certain))
        if self._timer is None:
            self._arm()

    def _release(self) -> None:
        """Let the frame that was held back go, behind those that overtook it."""
        held = self._held
        self._forget_held()
        if held is not None:
            self._put(self._last_due, held)

    def _forget_held(self) -> None:
        self._held = None
        if self._held_timer is not None:
            self._held_timer.cancel()
            self._held_timer = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue:
            self._timer = self._clock.call_later(max(0.0, self._queue[0][0] - self._clock.monotonic()), self._run)

    def _run(self) -> None:
        self._timer = None
        # Nanoseconds of rounding between the clock's timers and its time must not cost a turn.
        now = self._clock.monotonic() + 1e-6
        try:
            while self._queue and self._queue[0][0] <= now:
                self._queue.popleft()[1]()
        finally:
            if self._timer is None:
                self._arm()
        if not self:
            self._emptied()
