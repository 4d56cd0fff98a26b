"""TriggerMessage (use case F06)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201 import metering
from emulator.dialects.v201.answers import ACCEPTED, refused
from emulator.dialects.v201.availability import unknown_place
from emulator.domain import settings
from emulator.domain.calls import Reply
from emulator.domain.station import Evse
from emulator.domain.transaction import ReadingContext, Trigger
from emulator.services.provisioning import BootState
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201


def trigger_message(dialect: V201, payload: Payload) -> Reply:
    """Send a message on request, behind the answer (F06.FR.04)."""
    trigger = TRIGGERS.get(payload["requestedMessage"])
    if trigger is None:
        sentence = f"This station sends no {payload['requestedMessage']}."
        return Reply(refused("UnsupportedRequest", sentence, status="NotImplemented"))  # F06.FR.08
    return trigger(dialect, payload.get("evse", {}))


def _boot(dialect: V201, place: Payload) -> Reply:
    provisioning = dialect.context.provisioning
    if provisioning.state is BootState.ACCEPTED:
        return Reply(refused("InvalidMessageSeq", "The CSMS has accepted this station already."))  # F06.FR.17
    return Reply(ACCEPTED, lambda: provisioning.boot("Triggered"))


def _heartbeat(dialect: V201, place: Payload) -> Reply:
    return Reply(ACCEPTED, dialect.context.provisioning.send_heartbeat)  # F06.FR.03: whatever evse says


def _status(dialect: V201, place: Payload) -> Reply:
    if "connectorId" not in place:
        return Reply(refused("MissingParam", "A status is that of a connector: name one."))  # F06.FR.12
    if (problem := unknown_place(dialect, place)) is not None:
        return Reply(problem)
    return Reply(ACCEPTED, lambda: dialect.send_status(place["id"], place["connectorId"], triggered=True))


def _meter_values(dialect: V201, place: Payload) -> Reply:
    if (problem := unknown_place(dialect, {"id": place["id"]} if place else {})) is not None:
        return Reply(problem)
    evses = [evse for evse in dialect.context.station.evses if place.get("id", evse.id) == evse.id]  # F06.FR.11

    def send() -> None:
        for evse in evses:
            _send_meter_values(dialect, evse)

    return Reply(ACCEPTED, send)


def _send_meter_values(dialect: V201, evse: Evse) -> None:
    measurands = dialect.context.model.members(settings.ALIGNED_MEASURANDS)  # F06.FR.06
    value = dialect.context.metering.current_values(evse, measurands, ReadingContext.TRIGGER)
    if value is None:
        dialect.context.note(
            f"MeterValues of EVSE {evse.id}: it measures nothing of what {settings.ALIGNED_MEASURANDS} names."
        )
        return
    payload = {"evseId": evse.id, "meterValue": metering.meter_values([value])}
    dialect.send("MeterValues", payload, triggered=True)


def _transaction_event(dialect: V201, place: Payload) -> Reply:
    if (problem := unknown_place(dialect, {"id": place["id"]} if place else {})) is not None:
        return Reply(problem)
    transactions = dialect.context.transactions
    sessions: list[Session] = [s for s in transactions.ongoing() if place.get("id", s.evse.id) == s.evse.id]
    if not sessions:
        return Reply(refused("TxNotFound", "No transaction goes on."))

    def send() -> None:
        for session in sessions:
            transactions.update(session, Trigger.TRIGGER)  # F06.FR.07

    return Reply(ACCEPTED, send)


TRIGGERS: dict[str, Callable[[V201, Payload], Reply]] = {
    "BootNotification": _boot,
    "Heartbeat": _heartbeat,
    "StatusNotification": _status,
    "MeterValues": _meter_values,
    "TransactionEvent": _transaction_event,
}
