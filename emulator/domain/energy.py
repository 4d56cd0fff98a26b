"""Energy on its way from an EVSE into a car, and the meter that counts it.

Between two changes the flow is a closed formula of time, so that energy is the integral of power at any speed of the
clock and however seldom one reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from emulator.domain.vehicle import ChargingCurve, Vehicle

MINIMUM_AC_CURRENT_A = 6.0
"""Below this a car on AC does not charge (IEC 61851-1, annex A)."""

ALL_PHASES = 3


@dataclass(frozen=True, slots=True)
class Supply:
    """What an EVSE offers a car: greatest power, on how many phases (0: DC), at which voltage.

    `switched_on`: to how many of its phases the EVSE connects the car.
    """

    offered_w: float
    phases: int
    voltage_v: float
    switched_on: int = ALL_PHASES

    @property
    def usable_phases(self) -> int:
        """The phases between EVSE and car (0: DC)."""
        return min(self.phases, self.switched_on)


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter's values at one moment; current and voltage per phase (one value for DC)."""

    energy_wh: float
    power_w: float
    offered_w: float
    current_a: tuple[float, ...]
    voltage_v: tuple[float, ...]
    soc_percent: float | None


class EnergyTransfer:
    """The flow of one EVSE since its last change; times are the clock's monotonic seconds."""

    __slots__ = ("_curve", "_since_s", "_soc", "_supply", "_vehicle", "register_wh")

    def __init__(self, register_wh: float = 0.0) -> None:
        self.register_wh = register_wh
        self._since_s = 0.0
        self._supply = Supply(0.0, 0, 0.0)
        self._vehicle: Vehicle | None = None
        self._curve: ChargingCurve | None = None
        self._soc = 0.0

    @property
    def offered_w(self) -> float:
        """The power offered now."""
        return self._supply.offered_w

    @property
    def phases_in_use(self) -> int:
        """On how many phases the car draws its power, or could (1: DC)."""
        phases = self._supply.usable_phases
        return max(1, min(phases, self._vehicle.phases) if self._vehicle else phases)

    def settle(self, at_s: float) -> None:
        """Count what has flowed so far into the register and the battery."""
        # Settled already at this moment: what was done to the battery by hand since then stays.
        if self._curve is not None and self._vehicle is not None and at_s > self._since_s:
            soc = self._soc_at(at_s)
            self.register_wh += (soc - self._soc) * self._vehicle.battery_wh
            self._soc = soc
            self._vehicle.soc_percent = soc * 100
        self._since_s = at_s

    def change(self, at_s: float, vehicle: Vehicle | None, supply: Supply) -> None:
        """From now on `supply` is offered to `vehicle`; none of it flows into a car that takes nothing."""
        self.settle(at_s)
        self._supply = supply
        self._vehicle = vehicle
        self._curve = None
        if vehicle is None:
            return
        self._soc = vehicle.soc_percent / 100
        limit_w = self.vehicle_limit_w(vehicle, supply.usable_phases, supply.voltage_v)
        if supply.offered_w > 0 and vehicle.takes_energy and limit_w > 0:
            self._curve = vehicle.curve(limit_w)

    @staticmethod
    def vehicle_limit_w(vehicle: Vehicle, phases: int, voltage_v: float) -> float:
        """The most that a car takes: on DC, or on so many AC phases (its charger shares its power over its phases)."""
        if phases == 0:
            return vehicle.max_dc_w
        used = min(phases, vehicle.phases)
        return min(vehicle.max_ac_w * used / max(1, vehicle.phases), vehicle.cable_max_current_a * voltage_v * used)

    def read(self, at_s: float) -> Reading:
        """The meter's values now."""
        supply = self._supply
        if self._curve is None or self._vehicle is None:
            soc = self._vehicle.soc_percent if self._vehicle else None
            idle = (0.0,) * max(1, supply.phases)
            voltage = (supply.voltage_v,) * len(idle)
            return Reading(self.register_wh, 0.0, supply.offered_w, idle, voltage, soc)
        soc_now = self._soc_at(at_s)
        power_w = self._curve.power_w(soc_now, supply.offered_w)
        energy_wh = self.register_wh + (soc_now - self._soc) * self._vehicle.battery_wh
        used = min(supply.usable_phases, self._vehicle.phases) if supply.phases else 1
        per_phase = power_w / used / supply.voltage_v
        current = tuple(per_phase if n < used else 0.0 for n in range(max(1, supply.phases)))
        voltage = (supply.voltage_v,) * len(current)
        return Reading(energy_wh, power_w, supply.offered_w, current, voltage, soc_now * 100)

    def seconds_until_full(self, at_s: float) -> float | None:
        """Station seconds until the battery is full; None when nothing flows."""
        if self._curve is None:
            return None
        return self._curve.seconds_to(1.0, self._soc_at(at_s), self._supply.offered_w)

    def seconds_until_energy(self, at_s: float, energy_wh: float) -> float | None:
        """Station seconds until the register shows `energy_wh`; None when the present flow never gets there."""
        if self._curve is None or self._vehicle is None:
            return None
        target = self._soc + (energy_wh - self.register_wh) / self._vehicle.battery_wh
        return self._curve.seconds_to(target, self._soc_at(at_s), self._supply.offered_w) if target <= 1 else None

    @property
    def flowing(self) -> bool:
        """Whether power flows, as far as station and car are concerned (the battery may have become full since)."""
        return self._curve is not None

    def _soc_at(self, at_s: float) -> float:
        assert self._curve is not None
        return self._curve.soc_after(self._soc, self._supply.offered_w, at_s - self._since_s)
