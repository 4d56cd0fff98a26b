"""StatusNotification and ChangeAvailability (use cases G01, G03, G04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201.answers import refused
from emulator.domain.calls import Reply
from emulator.domain.station import Connector, Evse
from emulator.domain.times import timestamp

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201


def status_payload(dialect: V201, evse: Evse, connector: Connector) -> Payload:
    """StatusNotificationRequest of a connector."""
    return {
        "timestamp": timestamp(dialect.context.clock.now()),
        "connectorStatus": dialect.connector_status(evse, connector),
        "evseId": evse.id,
        "connectorId": connector.id,
    }


def change_availability(dialect: V201, payload: Payload) -> Reply:
    """Operative or not: a connector, an EVSE (G03), or without evse the whole station (G04.FR.01)."""
    place = payload.get("evse", {})
    if (problem := unknown_place(dialect, place)) is not None:
        return Reply(problem)
    operative = payload["operationalStatus"] == "Operative"
    availability = dialect.context.availability
    return Reply({"status": str(availability.change(operative, place.get("id", 0), place.get("connectorId", 0)))})


def unknown_place(dialect: V201, place: Payload, *, status: str = "Rejected") -> Payload | None:
    """The refusal of an EVSEType that names no EVSE or connector of this station; None when it does, or is empty."""
    if not place:
        return None
    evse = dialect.context.station.evse(place["id"])
    if evse is None:
        return refused("UnknownEvse", f"This station has no EVSE {place['id']}.", status=status)
    number = place.get("connectorId")
    if number is not None and evse.connector(number) is None:
        return refused("UnknownConnectorId", f"EVSE {evse.id} has no connector {number}.", status=status)
    return None
