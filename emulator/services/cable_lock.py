"""The lock that keeps a cable in its socket, and a plug in the car: shut while somebody charges."""

from __future__ import annotations

from emulator.domain.station import Cable
from emulator.services.session import Session


def settle(session: Session) -> None:
    """Lock or unlock the connectors of an EVSE as its session demands."""
    holds = session.authorization is not None or session.cable_holder is not None
    for connector in session.evse.connectors:
        in_use = connector.plugged or (connector.locked and connector.cable_present)
        connector.locked = (
            in_use and not connector.lock_fails and holds and (connector.cable is Cable.SOCKET or connector.plugged)
        )


def hold(session: Session) -> None:
    """The permission ends, but a driver's own cable stays locked until its owner comes (E05.FR.11, E09.FR.03)."""
    if any(connector.locked and connector.cable is Cable.SOCKET for connector in session.evse.connectors):
        session.cable_holder = session.authorization
