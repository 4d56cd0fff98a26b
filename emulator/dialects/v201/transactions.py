"""TransactionEvent and GetTransactionStatus (block E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201 import authorization, metering
from emulator.domain import settings
from emulator.domain.calls import QueueEntry, Reply
from emulator.domain.times import timestamp
from emulator.domain.transaction import EventType, StoppedReason, TransactionEvent, TransactionPoint, Trigger

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

ACTION = "TransactionEvent"

Points = frozenset[TransactionPoint]

# TxStopPoint PowerPathClosed "is exactly the same as having the values EVConnected, Authorized" (2.6.6.2).
POWER_PATH_OPENS = frozenset({TransactionPoint.EV_CONNECTED, TransactionPoint.AUTHORIZED})

# Reasons of 1.6 that 2.0.1 lacks; no transaction of 2.0.1 ends for them, but one of 1.6 may end in 2.0.1.
REASONS = {
    StoppedReason.HARD_RESET: StoppedReason.IMMEDIATE_RESET,
    StoppedReason.SOFT_RESET: StoppedReason.IMMEDIATE_RESET,
    StoppedReason.UNLOCK_COMMAND: StoppedReason.OTHER,
}


def start_points(dialect: V201) -> Points:
    """What starts a transaction: TxCtrlr.TxStartPoint."""
    return _points(dialect.context.model.members(settings.TX_START_POINT))


def stop_points(dialect: V201) -> Points:
    """What ends a transaction when it no longer holds: TxCtrlr.TxStopPoint."""
    points = _points(dialect.context.model.members(settings.TX_STOP_POINT))
    return points | POWER_PATH_OPENS if TransactionPoint.POWER_PATH_CLOSED in points else points


def _points(names: tuple[str, ...]) -> Points:
    return frozenset(TransactionPoint(name) for name in names)


def queue_event(dialect: V201, event: TransactionEvent) -> None:
    """Put an event into the queue (E04.FR.01, E11.FR.01)."""
    dialect.enqueue(ACTION, event_payload(event), event.transaction.id)


def event_payload(event: TransactionEvent) -> Payload:
    """TransactionEventRequest."""
    payload: Payload = {
        "eventType": str(event.type),
        "timestamp": timestamp(event.at),
        "triggerReason": str(event.trigger),  # E01.FR.15
        "seqNo": event.seq_no,  # E01.FR.07
        "transactionInfo": _transaction_info(event),
    }
    if event.offline:
        payload["offline"] = True  # E04.FR.03
    if event.type is EventType.STARTED or event.trigger is Trigger.CABLE_PLUGGED_IN:
        payload.update(_place(event))
    if event.phases_used is not None:
        payload["numberOfPhasesUsed"] = event.phases_used  # E02.FR.18
    if event.token is not None:
        payload["idToken"] = authorization.id_token(event.token)  # E03.FR.01, E07.FR.02
    if values := metering.meter_values(event.meter_values):
        payload["meterValue"] = values
    return payload


def _place(event: TransactionEvent) -> Payload:
    """Where it happens: told when the EV is connected, and not repeated (E01.FR.16; block E, 1.5)."""
    transaction = event.transaction
    if not transaction.evse_id:
        return {}  # the driver has not chosen an EVSE yet
    evse = {"id": transaction.evse_id}
    if event.cable_max_current_a is None:
        return {"evse": evse}
    if transaction.connector_id is not None:
        evse["connectorId"] = transaction.connector_id
    return {"evse": evse, "cableMaxCurrent": int(event.cable_max_current_a)}


def _transaction_info(event: TransactionEvent) -> Payload:
    transaction = event.transaction
    info: Payload = {"transactionId": transaction.id, "chargingState": str(event.charging_state)}  # E01.FR.18
    if event.type is EventType.ENDED:
        reason = StoppedReason(transaction.stopped_reason or StoppedReason.LOCAL)
        info["stoppedReason"] = str(REASONS.get(reason, reason))  # E06.FR.08, E07.FR.05
        info["timeSpentCharging"] = round(transaction.charging_s)
    if event.trigger is Trigger.REMOTE_START and transaction.remote_start_id is not None:
        info["remoteStartId"] = transaction.remote_start_id  # F01.FR.25, F02.FR.01, F02.FR.21
    return info


def answered(dialect: V201, entry: QueueEntry, answer: Payload) -> None:
    """Learn what the CSMS thinks of the token (C10.FR.05, E05)."""
    id_token, info = entry.payload.get("idToken"), answer.get("idTokenInfo")
    if not info or not id_token:
        return
    context, transaction_id = dialect.context, str(entry.transaction)
    token, verdict = authorization.token(id_token), authorization.token_info(info)
    context.authorizations.remember(token, verdict)
    # Not inside the step that removes the entry: stopping queues a message of its own.
    context.clock.call_later(0, lambda: context.transactions.token_info_received(transaction_id, token, verdict))


def get_transaction_status(dialect: V201, payload: Payload) -> Reply:
    """Whether a transaction goes on, and whether there is still something to be told about it, or about any (E14)."""
    transaction_id = payload.get("transactionId")
    entries = dialect.queue.entries()
    if transaction_id is None:
        return Reply({"messagesInQueue": bool(entries)})  # E14.FR.06 to E14.FR.08
    session = dialect.context.transactions.find(transaction_id)
    waiting = any(entry.transaction == transaction_id for entry in entries)
    return Reply({"ongoingIndicator": session is not None, "messagesInQueue": waiting})  # E14.FR.01 to E14.FR.05
