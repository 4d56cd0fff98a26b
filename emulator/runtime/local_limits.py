"""Limits that something outside the station puts on its power: they outlive the station's software."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from emulator.domain.ports import Timer

if TYPE_CHECKING:
    from emulator.domain.charging_profile import ChargingProfile
    from emulator.runtime.emulator import Emulator


class LocalLimits:
    """The limits of one station: one for each EVSE, and one (EVSE 0) that all EVSEs share.

    To the station's software they are charging profiles of purpose ChargingStationExternalConstraints, numbered -1 and
    below: no CSMS has set them.
    """

    __slots__ = ("_applied", "_emulator", "_limits", "_timers")

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._limits: dict[int, ChargingProfile] = {}
        self._applied = False
        self._timers: dict[int, Timer] = {}

    def put(
        self,
        evse_id: int,
        limit_w: float | None,
        limit_a: float | None,
        duration_s: float | None,
        source: str = "EMS",
    ) -> None:
        """Put a limit into force in place of the one before, for a while or until it is lifted."""
        # A start-up has no time for what it does not need.
        from emulator.domain.charging_profile import ChargingProfile, Kind, Period, Purpose, RateUnit, Schedule, moment

        self._forget_timer(evse_id)
        unit, limit = (RateUnit.AMPERE, limit_a or 0.0) if limit_w is None else (RateUnit.WATT, limit_w)
        duration = None if duration_s is None else ceil(duration_s)
        self._limits[evse_id] = ChargingProfile(
            id=-1 - evse_id,
            evse_id=evse_id,
            purpose=Purpose.EXTERNAL,
            stack_level=0,
            kind=Kind.ABSOLUTE,
            schedule=Schedule(unit, (Period(0, limit),), duration_s=duration),
            source=source,
            # Without an end of its own it holds whatever the station's calendar says.
            installed_ms=0 if duration is None else moment(self._emulator.clock.now()),
        )
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
        software = self._emulator.software
        if software is not None and (self._limits or self._applied):
            software.context.smart_charging.profiles.set_external(self._limits.values())
        self._applied = bool(self._limits)

    def stop(self) -> None:
        """Nothing is lifted by itself any more."""
        for evse_id in list(self._timers):
            self._forget_timer(evse_id)

    def _forget_timer(self, evse_id: int) -> None:
        if (timer := self._timers.pop(evse_id, None)) is not None:
            timer.cancel()
