"""The nine statuses of 1.6, derived from the facts (sections 4.9 and 7.7)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.domain.station import ChargingState, Connector, Station
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.services.reservation import Reservation


class ChargePointStatus(StrEnum):
    """Section 7.7."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


ERROR_CODES = frozenset(
    {
        "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature", "InternalError",
        "LocalListConflict", "NoError", "OtherError", "OverCurrentFailure", "PowerMeterFailure", "PowerSwitchFailure",
        "ReaderFailure", "ResetFailure", "UnderVoltage", "OverVoltage", "WeakSignal",
    }
)  # fmt: skip

# Section 4.9: an EVCommunicationError goes with these alone.
WITH_CAR_TROUBLE = frozenset(
    {
        ChargePointStatus.PREPARING,
        ChargePointStatus.SUSPENDED_EV,
        ChargePointStatus.SUSPENDED_EVSE,
        ChargePointStatus.FINISHING,
    }
)

DURING_TRANSACTION = {
    ChargingState.CHARGING: ChargePointStatus.CHARGING,
    ChargingState.SUSPENDED_EV: ChargePointStatus.SUSPENDED_EV,
    ChargingState.SUSPENDED_EVSE: ChargePointStatus.SUSPENDED_EVSE,
    # The contactor has not closed yet.
    ChargingState.EV_CONNECTED: ChargePointStatus.PREPARING,
    # The car was unplugged and the transaction waits for it (section 4.10).
    ChargingState.IDLE: ChargePointStatus.SUSPENDED_EV,
}


def connector_status(
    station: Station, session: Session, connector: Connector, reservation: Reservation | None = None
) -> ChargePointStatus:
    """The status of one connector; `reservation` is that of its EVSE."""
    evse = session.evse
    if station.fault_of(evse, connector) is not None:
        return ChargePointStatus.FAULTED
    plugged = evse.plugged_connector
    if _used_through_another(session, connector):
        return ChargePointStatus.UNAVAILABLE
    if session.transaction is not None:
        return DURING_TRANSACTION[session.charging_state]
    if not station.usable(evse, connector):
        return ChargePointStatus.UNAVAILABLE
    if connector.occupied:
        return ChargePointStatus.FINISHING if session.served or plugged is None else ChargePointStatus.PREPARING
    if session.authorization is not None:
        return ChargePointStatus.PREPARING
    if reservation is not None:
        # The EVSE serves one car at a time: its other connectors are out of use meanwhile.
        here = reservation.connector_id in {None, connector.id}
        return ChargePointStatus.RESERVED if here else ChargePointStatus.UNAVAILABLE
    return ChargePointStatus.AVAILABLE


def _used_through_another(session: Session, connector: Connector) -> bool:
    """Whether the EVSE, which serves one car at a time, is in use through its other connector."""
    plugged = session.evse.plugged_connector
    if plugged is not None:
        return plugged is not connector
    in_use = session.authorization is not None or session.transaction is not None
    return in_use and session.connector_id not in {None, connector.id}


def station_status(station: Station) -> ChargePointStatus:
    """The status of connector 0: Available, Unavailable or Faulted only (section 4.9)."""
    if station.fault is not None and not station.fault.warns_only:
        return ChargePointStatus.FAULTED
    return ChargePointStatus.AVAILABLE if station.operative else ChargePointStatus.UNAVAILABLE
