"""RemoteStartTransaction, RemoteStopTransaction, UnlockConnector, TriggerMessage of 1.6 (sections 5.11 to 5.18)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v16 import authorization, metering, numbering
from emulator.domain import settings
from emulator.domain.calls import Reply
from emulator.domain.transaction import ReadingContext, StoppedReason, Trigger
from emulator.services.provisioning import BootState
from emulator.services.remote_control import UnlockStatus

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

MessageTrigger = Callable[["V16", int | None], None]

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}

UNLOCK_STATUS = {
    UnlockStatus.UNLOCKED: "Unlocked",
    UnlockStatus.FAILED: "UnlockFailed",
    # Section 7.46: no connector lock, or the number is unknown.
    UnlockStatus.NO_LOCK: "NotSupported",
    UnlockStatus.UNKNOWN_CONNECTOR: "NotSupported",
}


def remote_start(dialect: V16, payload: Payload) -> Reply:
    """Start for an idTag, on a connector or on one of the Charge Point's choice (section 5.11)."""
    remote = dialect.context.remote_control
    if dialect.context.provisioning.state is not BootState.ACCEPTED:
        return Reply(REJECTED)  # section 4.2: not allowed while pending
    evse_id = connector = None
    if "connectorId" in payload:
        found = numbering.find(dialect.context.station, payload["connectorId"])
        if found is None:
            return Reply(REJECTED)
        evse_id, connector = found[0].id, found[1].id
    token = authorization.id_token(payload["idTag"])
    known = dialect.context.authorizations.remembered(token)
    group = known.group if known else None
    session = remote.startable(evse_id, connector, token, group)
    if session is None:
        return Reply(REJECTED)
    profile = None
    if "chargingProfile" in payload:
        from emulator.dialects.v16 import smart_charging

        profile = smart_charging.profile_for_start(dialect, payload["chargingProfile"], session.evse)
        if profile is None:
            return Reply(REJECTED)
    return Reply(ACCEPTED, lambda: remote.start(session, token, group=group, connector_id=connector, profile=profile))


def remote_stop(dialect: V16, payload: Payload) -> Reply:
    """Stop a transaction by its number (section 5.12)."""
    session = dialect.context.transactions.find_csms_id(payload["transactionId"])
    if session is None or dialect.context.provisioning.state is not BootState.ACCEPTED:
        return Reply(REJECTED)
    return Reply(ACCEPTED, lambda: dialect.context.remote_control.stop(session))


def unlock_connector(dialect: V16, payload: Payload) -> Reply:
    """Unlock, after ending the connector's transaction (section 5.18)."""
    found = numbering.find(dialect.context.station, payload["connectorId"])
    if found is None:
        return Reply({"status": "NotSupported"})
    evse, connector = found
    session = dialect.context.transactions.session(evse.id)
    if session.transaction is not None and evse.plugged_connector in {None, connector}:
        dialect.context.transactions.stop(session, StoppedReason.UNLOCK_COMMAND, Trigger.UNLOCK_COMMAND)
    return Reply({"status": UNLOCK_STATUS[dialect.context.remote_control.unlock(evse.id, connector.id)]})


# --- TriggerMessage (section 5.17)


def trigger_message(dialect: V16, payload: Payload) -> Reply:
    """Send a message again on request; the answer goes first."""
    number = payload.get("connectorId")
    if not _exists(dialect, number):
        return Reply(REJECTED)
    return _triggered(dialect, TRIGGERS.get(payload["requestedMessage"]), number)


def extended_trigger_message(dialect: V16, payload: Payload) -> Reply:
    """The same with the messages of the security extension (white paper, section 5.5)."""
    number = payload.get("connectorId")
    if not _exists(dialect, number):
        return Reply(REJECTED)
    return _triggered(dialect, EXTENDED_TRIGGERS.get(payload["requestedMessage"]), number)


def _exists(dialect: V16, number: int | None) -> bool:
    return number is None or 0 <= number <= sum(1 for _ in dialect.context.station.connectors())


def _triggered(dialect: V16, trigger: MessageTrigger | None, number: int | None) -> Reply:
    if trigger is None:
        return Reply({"status": "NotImplemented"})
    return Reply(ACCEPTED, lambda: trigger(dialect, number))


def _boot(dialect: V16, number: int | None) -> None:
    dialect.context.provisioning.boot()


def _heartbeat(dialect: V16, number: int | None) -> None:
    dialect.context.provisioning.send_heartbeat()


def _numbers(dialect: V16, number: int | None, first: int) -> list[int]:
    count = sum(1 for _ in dialect.context.station.connectors())
    return list(range(first, count + 1)) if number is None else [number]


def _status(dialect: V16, number: int | None) -> None:
    for each in _numbers(dialect, number, first=0):
        found = numbering.find(dialect.context.station, each)
        evse_id, connector_id = (found[0].id, found[1].id) if found else (0, 0)
        dialect.send_status(evse_id, connector_id, triggered=True)


def _meter_values(dialect: V16, number: int | None) -> None:
    context = dialect.context
    measurands = context.model.members(settings.TX_UPDATED_MEASURANDS)
    for each in _numbers(dialect, number, first=0):
        found = numbering.find(context.station, each)
        if each == 0 and (grid := context.metering.grid_values(measurands, ReadingContext.TRIGGER)) is not None:
            values = metering.meter_values([grid])
            dialect.send("MeterValues", {"connectorId": 0, "meterValue": values}, triggered=True)
        if found is None:
            continue
        value = context.metering.current_values(found[0], measurands, ReadingContext.TRIGGER)
        if value is None:
            continue
        payload: Payload = {"connectorId": each, "meterValue": metering.meter_values([value])}
        session = context.transactions.session(found[0].id)
        if session.transaction is not None and session.transaction.csms_id is not None:
            payload["transactionId"] = session.transaction.csms_id
        dialect.send("MeterValues", payload, triggered=True)


def _later(module: str, name: str) -> MessageTrigger:
    def trigger(dialect: V16, number: int | None) -> None:
        getattr(import_module(f"emulator.dialects.v16.{module}"), name)(dialect, number)

    return trigger


TRIGGERS: dict[str, MessageTrigger] = {
    "BootNotification": _boot,
    "DiagnosticsStatusNotification": _later("diagnostics", "trigger_plain"),
    "FirmwareStatusNotification": _later("firmware", "trigger_plain"),
    "Heartbeat": _heartbeat,
    "StatusNotification": _status,
    "MeterValues": _meter_values,
}

EXTENDED_TRIGGERS: dict[str, MessageTrigger] = {
    "BootNotification": _boot,
    "FirmwareStatusNotification": _later("firmware", "trigger_signed"),
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _later("diagnostics", "trigger_log"),
    "MeterValues": _meter_values,
    "StatusNotification": _status,
}
