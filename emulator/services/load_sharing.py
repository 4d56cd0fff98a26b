"""Fair shares of a limit among the EVSEs that charge: who takes less leaves the rest to the others.

Arithmetic alone, in any one unit (watts, or amperes per phase).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Claim(NamedTuple):
    """What one EVSE would take, and below what it takes nothing; claims are given in order of arrival."""

    demand: float
    minimum: float = 0.0


def shares(capacity: float, claims: Sequence[Claim]) -> list[float]:
    """The share of each claim; together they never exceed `capacity`.

    Where a fair share would be too small to charge with, those who came last wait (share 0) for the benefit of the
    others. What nobody asks for is dealt out evenly, so that a share is no lower than it needs to be.
    """
    served = list(range(len(claims)))
    while True:
        level = _level(capacity, [claims[index].demand for index in served])
        short = [index for index in served if min(level, claims[index].demand) < claims[index].minimum]
        if not short or len(served) <= 1:
            break
        served.remove(short[-1])
    given = [0.0] * len(claims)
    for index in served:
        given[index] = min(level, claims[index].demand)
    spare = max(0.0, capacity - sum(given))
    for index in served:
        given[index] += spare / len(served)
    return given


def _level(capacity: float, demands: Sequence[float]) -> float:
    """The height to which `capacity` fills all demands alike."""
    left, level = max(0.0, capacity), 0.0
    waiting = sorted(demands)
    while waiting:
        level = left / len(waiting)
        if waiting[0] > level:
            return level
        left -= waiting.pop(0)
    return max(level, max(demands, default=0.0))
