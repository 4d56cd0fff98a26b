"""Which of the facts hold between which a transaction lasts (TxStartPoint, TxStopPoint), and why energy stopped."""

from __future__ import annotations

from emulator.domain.station import ChargingState
from emulator.domain.transaction import StoppedReason, TransactionPoint
from emulator.services.session import Session


def points(session: Session) -> frozenset[TransactionPoint]:
    """The points that hold at an EVSE now (2.0.1 Part 2, 2.6.6.1)."""
    connected = session.evse.plugged_connector is not None
    authorized = session.authorization is not None
    facts = {
        TransactionPoint.PARKING_BAY_OCCUPANCY: session.evse.bay_occupied,
        TransactionPoint.EV_CONNECTED: connected,
        TransactionPoint.AUTHORIZED: authorized,
        TransactionPoint.DATA_SIGNED: connected and authorized,
        TransactionPoint.POWER_PATH_CLOSED: connected and authorized,
        TransactionPoint.ENERGY_TRANSFER: session.evse.energy.flowing,
    }
    return frozenset(point for point, holds in facts.items() if holds)


def why_energy_stopped(session: Session) -> str:
    """The reason of a transaction that ends because no energy flows any more (TxStopPoint EnergyTransfer)."""
    if session.suspended:
        return StoppedReason.DE_AUTHORIZED
    by_car = session.charging_state is ChargingState.SUSPENDED_EV
    return StoppedReason.STOPPED_BY_EV if by_car else StoppedReason.OTHER
