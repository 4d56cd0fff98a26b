"""The five statuses of 2.0.1, derived from the facts (ConnectorStatusEnumType; use cases G01 and G03)."""

from __future__ import annotations

from enum import StrEnum

from emulator.domain.station import Connector, Station
from emulator.services.session import Session


class ConnectorStatus(StrEnum):
    """ConnectorStatusEnumType."""

    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


def connector_status(station: Station, session: Session, connector: Connector) -> ConnectorStatus:
    """The status of one connector; what happens at the EVSE's other connectors does not count (G01.FR.08)."""
    if station.fault_of(session.evse, connector) is not None:
        return ConnectorStatus.FAULTED  # G03.FR.06: what is faulted stays so, operative or not
    if not station.usable(session.evse, connector):
        return ConnectorStatus.UNAVAILABLE
    if connector.occupied:
        return ConnectorStatus.OCCUPIED  # G01.FR.03, E02.FR.05
    return ConnectorStatus.AVAILABLE
