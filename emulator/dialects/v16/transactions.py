"""StartTransaction, MeterValues, StopTransaction of 1.6 (sections 3.7, 4.7, 4.8, 4.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v16 import authorization, metering
from emulator.dialects.v16.numbering import connector_id
from emulator.domain.calls import QueueEntry
from emulator.domain.times import timestamp
from emulator.domain.tokens import IdToken
from emulator.domain.transaction import EventType, StoppedReason, Transaction, TransactionEvent

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

# The Central System's numbers of transactions, by the station's own ids; needed until StopTransaction is answered.
ID_TABLE = "v16_transaction_ids"

# Errata 4.0 to section 3.7: what to use when StartTransaction was given up.
UNKNOWN_TRANSACTION_ID = -1

# Section 7.37; reasons that 1.6 lacks become Other.
REASONS = {
    StoppedReason.DE_AUTHORIZED: "DeAuthorized",
    StoppedReason.EMERGENCY_STOP: "EmergencyStop",
    StoppedReason.EV_DISCONNECTED: "EVDisconnected",
    StoppedReason.HARD_RESET: "HardReset",
    StoppedReason.IMMEDIATE_RESET: "HardReset",
    StoppedReason.LOCAL: "Local",
    StoppedReason.POWER_LOSS: "PowerLoss",
    StoppedReason.REBOOT: "Reboot",
    StoppedReason.REMOTE: "Remote",
    StoppedReason.SOFT_RESET: "SoftReset",
    StoppedReason.UNLOCK_COMMAND: "UnlockCommand",
}


def queue_event(dialect: V16, event: TransactionEvent) -> bool:
    """Put what 1.6 says about an event into the queue; False when it says nothing."""
    transaction = event.transaction
    if event.type is EventType.STARTED:
        dialect.enqueue("StartTransaction", _start(dialect, transaction), transaction.id)
    elif event.type is EventType.ENDED:
        dialect.enqueue("StopTransaction", _stop(event), transaction.id)
    elif values := metering.meter_values(event.meter_values):
        number = _connector_id(dialect, transaction)
        payload = {"connectorId": number, "transactionId": UNKNOWN_TRANSACTION_ID, "meterValue": values}
        dialect.enqueue("MeterValues", payload, transaction.id)
    else:
        return False
    return True


def _connector_id(dialect: V16, transaction: Transaction) -> int:
    return connector_id(dialect.context.station, transaction.evse_id, transaction.connector_id or 1)


def _id_tag(token: IdToken | None) -> str:
    return token.value[: authorization.MAXIMUM_ID_TAG_LENGTH] if token else ""


def _start(dialect: V16, transaction: Transaction) -> Payload:
    payload: Payload = {
        "connectorId": _connector_id(dialect, transaction),
        "idTag": _id_tag(transaction.token),
        "meterStart": round(transaction.meter_start_wh),
        "timestamp": timestamp(transaction.started_at),
    }
    if transaction.reservation_id is not None:
        payload["reservationId"] = transaction.reservation_id
    return payload


def _stop(event: TransactionEvent) -> Payload:
    transaction = event.transaction
    payload: Payload = {
        "transactionId": UNKNOWN_TRANSACTION_ID,
        "meterStop": round(transaction.meter_stop_wh or transaction.meter_start_wh),
        "timestamp": timestamp(transaction.ended_at or event.at),
        "reason": REASONS.get(StoppedReason(transaction.stopped_reason or StoppedReason.LOCAL), "Other"),
    }
    if event.token is not None:
        payload["idTag"] = _id_tag(event.token)
    if values := metering.meter_values(event.meter_values):
        payload["transactionData"] = values
    return payload


def prepare(dialect: V16, entry: QueueEntry) -> Payload:
    """The payload as it shall be sent: with the number that the Central System gave the transaction."""
    if "transactionId" not in entry.payload:
        return entry.payload
    number = dialect.context.memory.get(ID_TABLE, str(entry.transaction))
    return {**entry.payload, "transactionId": UNKNOWN_TRANSACTION_ID if number is None else number}


def answered(dialect: V16, entry: QueueEntry, answer: Payload) -> None:
    """Learn the transaction's number, and what the Central System thinks of the token."""
    context, transaction_id = dialect.context, str(entry.transaction)
    if entry.action == "StartTransaction":
        context.memory.put(ID_TABLE, transaction_id, answer["transactionId"])
        if (session := context.transactions.find(transaction_id)) is not None and session.transaction is not None:
            session.transaction.csms_id = answer["transactionId"]
    elif entry.action == "StopTransaction":
        context.memory.delete(ID_TABLE, transaction_id)
    if info := answer.get("idTagInfo"):
        token = authorization.id_token(entry.payload.get("idTag", ""))
        verdict = authorization.token_info(info)
        if token.value:
            context.authorizations.remember(token, verdict)  # sections 4.8, 4.10: the cache is brought up to date
        if entry.action == "StartTransaction":
            # Not inside the step that removes the entry: stopping queues a message of its own.
            context.clock.call_later(0, lambda: context.transactions.token_info_received(transaction_id, None, verdict))
