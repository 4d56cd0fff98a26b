"""What is plugged in where outlives the process, as it would outlive a power cut."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from emulator.domain.ports import StationMemory
from emulator.domain.station import Cable, Evse, Station
from emulator.domain.vehicle import Vehicle
from emulator.services.provisioning import METER_TABLE
from emulator.services.transactions import REGISTER
from emulator.services.transactions import TABLE as TRANSACTION_TABLE

TABLE = "hardware"


class HardwareMemory:
    """Writes the state of plugs, cars and registers, and brings it back."""

    def __init__(self, station: Station, vehicles: dict[str, Vehicle], memory: StationMemory) -> None:
        self._station = station
        self._vehicles = vehicles
        self._memory = memory
        self._written: dict[int, dict[str, Any]] = {}
        self._registers_wh: dict[int, float] = {}

    def keep(self) -> None:
        """Write down what has changed since the last time; the flow must have been settled into the registers."""
        with self._memory.batch():
            for evse in self._station.evses:
                state = _state(evse)
                if self._registers_wh.get(evse.id) != evse.energy.register_wh:
                    self._registers_wh[evse.id] = evse.energy.register_wh
                    self._memory.put(METER_TABLE, str(evse.id), evse.energy.register_wh)
                if self._written.get(evse.id) != state:
                    self._memory.put(TABLE, str(evse.id), state)
                    self._written[evse.id] = state

    def restore(self) -> None:
        """Bring back what was written; EVSEs and connectors that no longer exist are passed over."""
        for key, register_wh in self._memory.items(METER_TABLE):
            self._turn_on(int(key), register_wh)
        for _, transaction in self._memory.items(TRANSACTION_TABLE):
            # Written with every message of a transaction, so newer than the meter's own row after a crash.
            self._turn_on(transaction["evse_id"], transaction.get(REGISTER, 0.0))
        for key, state in self._memory.items(TABLE):
            evse = self._station.evse(int(key))
            if evse is None:
                continue
            if state["vehicle"] is not None:
                evse.vehicle = Vehicle(**state["vehicle"])
                self._vehicles[evse.vehicle.name] = evse.vehicle
            evse.bay_occupied = state["bay_occupied"]
            for connector, plugged in zip(evse.connectors, state["connectors"], strict=False):
                connector.cable_present = plugged["cable"] or connector.cable is Cable.ATTACHED
                connector.vehicle_present = plugged["vehicle"]
            self._written[evse.id] = state

    def _turn_on(self, evse_id: int, register_wh: float) -> None:
        """A register never goes back."""
        if (evse := self._station.evse(evse_id)) is not None:
            evse.energy.register_wh = max(evse.energy.register_wh, register_wh)


def _state(evse: Evse) -> dict[str, Any]:
    return {
        "vehicle": asdict(evse.vehicle) if evse.vehicle else None,
        "bay_occupied": evse.bay_occupied,
        "connectors": [{"cable": c.cable_present, "vehicle": c.vehicle_present} for c in evse.connectors],
    }
