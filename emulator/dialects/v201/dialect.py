"""OCPP 2.0.1, put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from emulator.dialects.dialect import Dialect, Payload
from emulator.dialects.v201 import (
    authorization,
    availability,
    data_transfer,
    device_model,
    metering,
    provisioning,
    remote_control,
    reporting,
    statuses,
    transactions,
    trigger_message,
)
from emulator.domain.calls import CallEndpoint, MessageQueue, QueueEntry
from emulator.domain.csms import BootAnswer
from emulator.domain.station import Connector, Evse
from emulator.domain.tokens import IdToken, TokenInfo
from emulator.domain.transaction import MeterValue, TransactionEvent, TransactionPoint
from emulator.services.context import StationContext


class V201(Dialect):
    """The Charging Station's side of 2.0.1."""

    ocpp = "2.0.1"
    handlers: ClassVar = {
        "ChangeAvailability": availability.change_availability,
        "ClearCache": authorization.clear_cache,
        "DataTransfer": data_transfer.receive,
        "GetBaseReport": reporting.get_base_report,
        "GetReport": reporting.get_report,
        "GetTransactionStatus": transactions.get_transaction_status,
        "GetVariables": device_model.get_variables,
        "RequestStartTransaction": remote_control.request_start,
        "RequestStopTransaction": remote_control.request_stop,
        "Reset": provisioning.reset,
        "SetVariables": device_model.set_variables,
        "TriggerMessage": trigger_message.trigger_message,
        "UnlockConnector": remote_control.unlock_connector,
    }

    def __init__(
        self, context: StationContext, make_endpoint: Callable[[Dialect], CallEndpoint], queue: MessageQueue
    ) -> None:
        super().__init__(context, make_endpoint, queue)
        # The last message that has seen the station offline in the queue: a reboot counts.
        self._last_offline_id = 0
        self._gone_offline()

    async def boot(self, reason: str) -> BootAnswer:
        """BootNotification."""
        return await provisioning.boot(self, reason)

    async def heartbeat(self) -> datetime | None:
        """Heartbeat."""
        return await provisioning.heartbeat(self)

    async def authorize(self, token: IdToken) -> TokenInfo:
        """Authorize."""
        return await authorization.authorize(self, token)

    def closed(self, code: int, sentence: str) -> None:
        """The link is gone."""
        super().closed(code, sentence)
        self._gone_offline()

    # --- transactions

    def transaction_points(self) -> tuple[frozenset[TransactionPoint], frozenset[TransactionPoint]]:
        """TxStartPoint and TxStopPoint as they now are."""
        return transactions.start_points(self), transactions.stop_points(self)

    def transaction_event(self, event: TransactionEvent) -> bool:
        """TransactionEvent."""
        transactions.queue_event(self, event)
        return True

    def meter_values(self, evse_id: int, values: Sequence[MeterValue]) -> None:
        """MeterValues without a transaction; not kept while offline, unlike what belongs to a transaction (J01)."""
        if meter_value := metering.meter_values(values):
            self.send("MeterValues", {"evseId": evse_id, "meterValue": meter_value})

    def prepare(self, entry: QueueEntry) -> Payload:
        """The payload with the offline flag as it now is (E11.FR.07)."""
        if entry.id <= self._last_offline_id and not entry.payload.get("offline"):
            return {**entry.payload, "offline": True}
        return entry.payload

    def answered(self, entry: QueueEntry, payload: Payload) -> None:
        """The CSMS has taken a TransactionEvent."""
        transactions.answered(self, entry, payload)

    def _gone_offline(self) -> None:
        self._last_offline_id = max((entry.id for entry in self.queue.entries()), default=self._last_offline_id)

    # --- statuses

    def connector_status(self, evse: Evse, connector: Connector) -> str:
        """One of the five statuses."""
        session = self.context.transactions.session(evse.id)
        return str(statuses.connector_status(self.context.station, session, connector))

    def status_payload(self, evse_id: int, connector_id: int) -> Payload:
        """StatusNotification of a connector."""
        evse = self.context.station.evses[evse_id - 1]
        return availability.status_payload(self, evse, evse.connectors[connector_id - 1])
