"""What a driver reads on the station's display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.domain.station import ChargingState, Evse
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

WHILE_IN_USE = {
    ChargingState.CHARGING: "Charging",
    ChargingState.SUSPENDED_EV: "The car takes no energy",
    ChargingState.SUSPENDED_EVSE: "Charging is paused",
    ChargingState.EV_CONNECTED: "Connected",
    ChargingState.IDLE: "Plug in your car",
}


def lines(emulator: Emulator, evse: Evse) -> list[str]:
    """The lines of one EVSE's part of the display, the most important first."""
    if emulator.software is None:
        return []
    session = emulator.software.context.transactions.session(evse.id)
    fault = evse.fault or emulator.station.fault or next((c.fault for c in evse.connectors if c.fault), None)
    if fault is not None:
        return ["Out of order", fault.error_code]
    if session.transaction is not None and session.authorization is not None:
        return _charging(emulator, session)
    if not emulator.station.operative or not evse.operative:
        return ["Not available"]
    if evse.plugged_connector is not None:
        return ["Thank you", "Unplug your car"] if session.served else ["Connected", "Hold your card to the reader"]
    if session.authorization is not None or emulator.software.context.reader.waiting is not None:
        return ["Card accepted", "Plug in your car"]
    return ["Welcome", "Plug in or hold your card to the reader"]


def _charging(emulator: Emulator, session: Session) -> list[str]:
    reading = session.evse.energy.read(emulator.clock.monotonic())
    start_wh = session.transaction.meter_start_wh if session.transaction else reading.energy_wh
    words = WHILE_IN_USE[session.charging_state]
    energy = f"{(reading.energy_wh - start_wh) / 1000:.2f} kWh"
    if session.charging_state is ChargingState.CHARGING:
        return [words, f"{reading.power_w / 1000:.1f} kW", energy]
    return [words, energy]
