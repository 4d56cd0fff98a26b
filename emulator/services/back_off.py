"""How long a station waits before it tries to reconnect (2.0.1 Part 4 section 5.3 and its erratum 4.12; 1.6 alike)."""

from __future__ import annotations

from random import Random

# A CSMS may set every part of the back-off to 0; without a floor the station would then reconnect in a busy loop.
SHORTEST_DELAY_S = 0.1


class BackOff:
    """The back-off time between attempts to reconnect.

    The attributes are the variables RetryBackOffRepeatTimes, RetryBackOffRandomRange and RetryBackOffWaitMinimum of
    OCPPCommCtrlr; they may be changed at any time and hold from the next increase (or the next `reset`) on.
    """

    __slots__ = ("_delay_s", "_doublings", "_random", "random_range_s", "repeat_times", "wait_minimum_s")

    def __init__(self, repeat_times: int, random_range_s: float, wait_minimum_s: float, random: Random) -> None:
        self.repeat_times = repeat_times
        self.random_range_s = random_range_s
        self.wait_minimum_s = wait_minimum_s
        self._random = random
        self._delay_s: float | None = None
        self._doublings = 0

    def next_delay_s(self) -> float:
        """Seconds to wait before the next attempt; each call stands for one more attempt.

        The first is the minimum plus a random part. Each further one doubles the one before, whole as it was, and adds
        a new random part; after `repeat_times` doublings the delay stays as it is.
        """
        if self._delay_s is None:
            self._delay_s = self._with_random_part(self.wait_minimum_s)
        elif self._doublings < self.repeat_times:
            self._doublings += 1
            self._delay_s = self._with_random_part(2 * self._delay_s)
        return max(self._delay_s, SHORTEST_DELAY_S)

    def reset(self) -> None:
        """Start again from the minimum, as after a successful connection (erratum 4.12 of 2025-04)."""
        self._delay_s = None
        self._doublings = 0

    def _with_random_part(self, delay_s: float) -> float:
        return delay_s + self._random.uniform(0, self.random_range_s)
