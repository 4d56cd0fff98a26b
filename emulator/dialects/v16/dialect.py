"""OCPP 1.6-J, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from emulator.dialects.dialect import Dialect, Handler, Payload
from emulator.dialects.v16 import (
    authorization,
    availability,
    data_transfer,
    local_list,
    metering,
    numbering,
    provisioning,
    remote_control,
    reservation,
    statuses,
    transactions,
)
from emulator.domain.csms import BootAnswer
from emulator.domain.station import Connector, Evse
from emulator.domain.tokens import IdToken, TokenInfo
from emulator.domain.transaction import MeterValue, TransactionEvent, TransactionPoint

if TYPE_CHECKING:
    from emulator.domain.calls import QueueEntry, Reply

STARTS = frozenset({TransactionPoint.POWER_PATH_CLOSED})
STOPS = frozenset({TransactionPoint.AUTHORIZED})


# What smart charging needs is loaded when the first of its messages comes: a start-up has no time for it.


def _set_charging_profile(dialect: V16, payload: Payload) -> Reply:
    from emulator.dialects.v16 import smart_charging

    return smart_charging.set_charging_profile(dialect, payload)


def _clear_charging_profile(dialect: V16, payload: Payload) -> Reply:
    from emulator.dialects.v16 import smart_charging

    return smart_charging.clear_charging_profile(dialect, payload)


def _get_composite_schedule(dialect: V16, payload: Payload) -> Reply:
    from emulator.dialects.v16 import smart_charging

    return smart_charging.get_composite_schedule(dialect, payload)


def _later(module: str, name: str) -> Handler:
    """A handler that is loaded when its first message comes."""

    def handle(dialect: V16, payload: Payload) -> Reply | Awaitable[Reply]:
        handler: Handler = getattr(import_module(f"emulator.dialects.v16.{module}"), name)
        return handler(dialect, payload)

    return handle


class V16(Dialect):
    """The Charge Point's side of 1.6-J."""

    ocpp = "1.6"
    # Section 4.2: "While Rejected, the Charge Point SHALL NOT respond to any Central System initiated message."
    answers_when_rejected = False
    # Errata 3.14.3: all locations that can be measured are reported.
    tells_grid_values = True
    handlers: ClassVar = {
        "CancelReservation": reservation.cancel_reservation,
        "ChangeAvailability": availability.change_availability,
        "ChangeConfiguration": provisioning.change_configuration,
        "ClearCache": authorization.clear_cache,
        "ClearChargingProfile": _clear_charging_profile,
        "DataTransfer": data_transfer.receive,
        "ExtendedTriggerMessage": remote_control.extended_trigger_message,
        "GetCompositeSchedule": _get_composite_schedule,
        "GetConfiguration": provisioning.get_configuration,
        "GetDiagnostics": _later("diagnostics", "get_diagnostics"),
        "GetLocalListVersion": local_list.get_local_list_version,
        "GetLog": _later("diagnostics", "get_log"),
        "RemoteStartTransaction": remote_control.remote_start,
        "RemoteStopTransaction": remote_control.remote_stop,
        "ReserveNow": reservation.reserve_now,
        "Reset": provisioning.reset,
        "SendLocalList": local_list.send_local_list,
        "SetChargingProfile": _set_charging_profile,
        "SignedUpdateFirmware": _later("firmware", "signed_update_firmware"),
        "TriggerMessage": remote_control.trigger_message,
        "UnlockConnector": remote_control.unlock_connector,
        "UpdateFirmware": _later("firmware", "update_firmware"),
    }

    async def boot(self, reason: str) -> BootAnswer:
        """BootNotification; 1.6 does not say why the Charge Point started."""
        return await provisioning.boot(self)

    async def heartbeat(self) -> datetime | None:
        """Heartbeat."""
        return await provisioning.heartbeat(self)

    async def authorize(self, token: IdToken) -> TokenInfo:
        """Authorize."""
        return await authorization.authorize(self, token)

    def transaction_points(self) -> tuple[frozenset[TransactionPoint], frozenset[TransactionPoint]]:
        """A transaction lasts from token and cable together until the token's permission ends (section 3.6)."""
        return STARTS, STOPS

    def transaction_event(self, event: TransactionEvent) -> bool:
        """StartTransaction, MeterValues or StopTransaction; most updates say nothing."""
        return transactions.queue_event(self, event)

    def meter_values(self, evse_id: int, values: Sequence[MeterValue]) -> None:
        """Clock-aligned values without a transaction: transaction-related all the same (section 3.7)."""
        number = numbering.connector_id(self.context.station, evse_id) if evse_id else 0
        self.enqueue("MeterValues", {"connectorId": number, "meterValue": metering.meter_values(list(values))}, "")

    def prepare(self, entry: QueueEntry) -> Payload | None:
        """The payload with the transaction's number."""
        return transactions.prepare(self, entry)

    def answered(self, entry: QueueEntry, payload: Payload) -> None:
        """The Central System has taken a transaction-related message."""
        transactions.answered(self, entry, payload)

    def firmware_status(self, status: str, request_id: int | None, *, answered: Callable[[bool], None]) -> None:
        """FirmwareStatusNotification, or the signed kind."""
        from emulator.dialects.v16 import firmware

        firmware.tell_status(self, status, request_id, answered)

    def log_status(self, status: str, request_id: int | None) -> None:
        """DiagnosticsStatusNotification, or LogStatusNotification."""
        from emulator.dialects.v16 import diagnostics

        diagnostics.tell_status(self, status, request_id)

    # --- statuses

    def connector_status(self, evse: Evse, connector: Connector) -> str:
        """One of the nine statuses."""
        session = self.context.transactions.session(evse.id)
        reserved = self.context.reservations.of_evse(evse.id)
        return statuses.connector_status(self.context.station, session, connector, reserved)

    def status_key(self, evse: Evse, connector: Connector) -> str:
        """A new error is worth a message also where the status stays (section 4.9)."""
        status = self.connector_status(evse, connector)
        fault = availability.told_fault(self.context.station, evse, connector, status)
        return f"{status} {fault.error_code if fault else ''}"

    def status_payload(self, evse_id: int, connector_id: int) -> Payload:
        """StatusNotification of a connector, or of the Charge Point (0, 0)."""
        return availability.status_payload(self, evse_id, connector_id)

    def local_list_conflict(self, token: IdToken) -> None:
        """Tell that the Central System says another thing of a token than its list (section 3.5.2)."""
        payload = self.status_payload(0, 0) | {"errorCode": "LocalListConflict", "info": token.value}
        self.send("StatusNotification", payload)

    def facts_changed(self, evse_id: int) -> None:
        """Report changed statuses, that of the Charge Point first."""
        if self.online and evse_id == 0:
            fault = self.context.station.fault
            status = f"{statuses.station_status(self.context.station)} {fault.error_code if fault else ''}"
            if self._reported.get((0, 0)) != status:
                self._reported[0, 0] = status
                self.send_status(0, 0)
        super().facts_changed(evse_id)
