"""The electric vehicle: a battery, what it can take, and whether it wants to."""

from __future__ import annotations

import math
from dataclasses import dataclass

FULL = 1 - 1e-9
# The share of its greatest power that a battery still takes just before it is full.
END_OF_TAPER = 0.05
SECONDS_PER_HOUR = 3600.0


@dataclass(slots=True)
class Vehicle:
    """A car in a bay; powers in watts, energies in watt-hours, state of charge in percent."""

    name: str = "Family EV"
    battery_wh: float = 64_000.0
    soc_percent: float = 35.0
    ready: bool = True
    wants_charge: bool = True
    max_ac_w: float = 11_000.0
    max_dc_w: float = 120_000.0
    phases: int = 3
    taper_soc_percent: float = 80.0
    cable_max_current_a: float = 32.0
    iso15118: str = "none"
    emaid: str | None = None
    departure_time: str | None = None

    @property
    def full(self) -> bool:
        """Whether the battery takes nothing more."""
        return self.soc_percent / 100 >= FULL

    @property
    def takes_energy(self) -> bool:
        """Whether the car would draw power if it were offered."""
        return self.ready and self.wants_charge and not self.full

    def curve(self, max_power_w: float) -> ChargingCurve:
        """How this battery fills when the car can take `max_power_w` at most."""
        return ChargingCurve(self.battery_wh, max_power_w, min(self.taper_soc_percent, 99.0) / 100)


@dataclass(frozen=True, slots=True)
class ChargingCurve:
    """A battery's acceptance: constant up to `taper_soc`, then falling in a line to END_OF_TAPER of it when full.

    Since power depends on the state of charge in a line, the charge over time is known in closed form: whole days
    need no steps, and the result does not depend on how often one asks.
    """

    battery_wh: float
    max_power_w: float
    taper_soc: float

    def power_w(self, soc: float, offered_w: float) -> float:
        """The power drawn at a state of charge (0 to 1) when `offered_w` is offered."""
        if soc >= FULL:
            return 0.0
        return max(0.0, min(offered_w, self.max_power_w * self._share(soc)))

    def soc_after(self, soc: float, offered_w: float, seconds: float) -> float:
        """The state of charge (0 to 1) after `seconds` of charging with `offered_w` offered."""
        level_w = min(offered_w, self.max_power_w)
        if level_w <= 0 or seconds <= 0 or soc >= FULL:
            return soc
        bend = self._bend(level_w)
        if soc < bend:
            level_s = (bend - soc) * self._capacity_ws / level_w
            if seconds <= level_s:
                return soc + seconds * level_w / self._capacity_ws
            soc, seconds = bend, seconds - level_s
        share = self._share(soc) * math.exp(-self._decay_per_s * seconds)
        return 1.0 if share <= END_OF_TAPER else self._soc_at(share)

    def seconds_to(self, target_soc: float, soc: float, offered_w: float) -> float:
        """How long it takes from `soc` to `target_soc` (both 0 to 1); infinite without power."""
        level_w = min(offered_w, self.max_power_w)
        if target_soc <= soc:
            return 0.0
        if level_w <= 0:
            return math.inf
        bend = self._bend(level_w)
        level_s = max(0.0, min(target_soc, bend) - soc) * self._capacity_ws / level_w
        start = max(soc, bend)
        if target_soc <= start:
            return level_s
        return level_s + math.log(self._share(start) / self._share(target_soc)) / self._decay_per_s

    @property
    def _capacity_ws(self) -> float:
        return self.battery_wh * SECONDS_PER_HOUR

    @property
    def _slope(self) -> float:
        return (1 - END_OF_TAPER) / (1 - self.taper_soc)

    @property
    def _decay_per_s(self) -> float:
        return self._slope * self.max_power_w / self._capacity_ws

    def _share(self, soc: float) -> float:
        return 1.0 if soc <= self.taper_soc else max(END_OF_TAPER, 1 - self._slope * (soc - self.taper_soc))

    def _soc_at(self, share: float) -> float:
        return self.taper_soc + (1 - share) / self._slope

    def _bend(self, level_w: float) -> float:
        """The state of charge at which the battery, not the offer, becomes the limit."""
        return min(1.0, self._soc_at(max(END_OF_TAPER, level_w / self.max_power_w)))
