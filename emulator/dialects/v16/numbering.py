"""Connector numbers of 1.6: one count over all EVSEs, from 1; 0 is the Charge Point itself."""

from __future__ import annotations

from emulator.domain.station import Connector, Evse, Station


def connector_id(station: Station, evse_id: int, connector: int = 1) -> int:
    """The 1.6 number of an EVSE's connector."""
    return sum(len(evse.connectors) for evse in station.evses[: evse_id - 1]) + connector


def find(station: Station, number: int) -> tuple[Evse, Connector] | None:
    """The connector of a 1.6 number; None for 0 and for numbers that do not exist."""
    if number < 1:
        return None
    for pair in station.connectors():
        number -= 1
        if number == 0:
            return pair
    return None
