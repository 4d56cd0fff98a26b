"""ReserveNow and CancelReservation of 1.6 (sections 5.1, 5.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v16 import numbering
from emulator.dialects.v16.authorization import id_token
from emulator.domain.calls import CallRefusal, ErrorCode, Reply
from emulator.domain.times import parsed_time
from emulator.services.reservation import ANY_EVSE, Reservation, ReserveStatus

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16


def reserve_now(dialect: V16, payload: Payload) -> Reply:
    """Keep a connector, or any one (0), for an idTag until a moment (section 5.13)."""
    expires_at = parsed_time(payload["expiryDate"])
    if expires_at is None:
        text = f"expiryDate is no date and time: {payload['expiryDate']}"
        raise CallRefusal(ErrorCode.TYPE_CONSTRAINT_VIOLATION, text)
    number, parent = payload["connectorId"], payload.get("parentIdTag")
    found = numbering.find(dialect.context.station, number)
    if found is None and number != ANY_EVSE:
        return Reply({"status": str(ReserveStatus.REJECTED)})
    status = dialect.context.reservations.reserve(
        Reservation(
            id=payload["reservationId"],
            token=id_token(payload["idTag"]),
            expires_at=expires_at,
            evse_id=found[0].id if found else ANY_EVSE,
            connector_id=found[1].id if found else None,
            group=id_token(parent) if parent else None,
        )
    )
    return Reply({"status": str(status)})


def cancel_reservation(dialect: V16, payload: Payload) -> Reply:
    """Give a reservation up (section 5.1)."""
    cancelled = dialect.context.reservations.cancel(payload["reservationId"])
    return Reply({"status": "Accepted" if cancelled else "Rejected"})
