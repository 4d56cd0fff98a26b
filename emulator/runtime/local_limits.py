"""Limits that something outside the station puts on its power: they outlive the station's software."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from emulator.domain.ports import Timer
from emulator.domain.station import Current, Evse

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

WHOLE_STATION = 0


class LocalLimits:
    """The limits of one station: one for each EVSE, and one (EVSE 0) that all EVSEs share equally."""

    __slots__ = ("_emulator", "_limits", "_timers")

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        # EVSE: watts, amperes; one of them is None.
        self._limits: dict[int, tuple[float | None, float | None]] = {}
        self._timers: dict[int, Timer] = {}

    def put(self, evse_id: int, limit_w: float | None, limit_a: float | None, duration_s: float | None) -> None:
        """Put a limit into force in place of the one before, for a while or until it is lifted."""
        self._forget_timer(evse_id)
        self._limits[evse_id] = (limit_w, limit_a)
        if duration_s is not None:
            self._timers[evse_id] = self._emulator.clock.call_later(duration_s, partial(self.lift, evse_id))
        self.apply()

    def lift(self, evse_id: int) -> None:
        """There is no such limit any more."""
        self._forget_timer(evse_id)
        self._limits.pop(evse_id, None)
        self.apply()

    def apply(self) -> None:
        """Make the station's software, if it runs, follow the limits."""
        if self._emulator.software is None:
            return
        transactions = self._emulator.software.context.transactions
        for evse in self._emulator.station.evses:
            transactions.set_limit(evse.id, self._limit_w(evse))

    def stop(self) -> None:
        """Nothing is lifted by itself any more."""
        for evse_id in list(self._timers):
            self._forget_timer(evse_id)

    def _limit_w(self, evse: Evse) -> float | None:
        limits = []
        if evse.id in self._limits:
            limits.append(_watts(evse, *self._limits[evse.id]))
        if WHOLE_STATION in self._limits:
            limits.append(_watts(evse, *self._limits[WHOLE_STATION]) / len(self._emulator.station.evses))
        return min(limits, default=None)

    def _forget_timer(self, evse_id: int) -> None:
        if (timer := self._timers.pop(evse_id, None)) is not None:
            timer.cancel()


def _watts(evse: Evse, limit_w: float | None, limit_a: float | None) -> float:
    if limit_w is not None:
        return limit_w
    phases = evse.phases if evse.current is Current.AC else 1
    return (limit_a or 0.0) * evse.voltage_v * phases
