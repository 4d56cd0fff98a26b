"""One life of the station's software: from power on, or a reboot, to the next."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator.dialects.dialect import Dialect
from emulator.domain import settings
from emulator.domain.calls import QueueEntry
from emulator.domain.device_model import DeviceModel
from emulator.domain.errors import CallFailed
from emulator.domain.files import StationFiles
from emulator.domain.frames import Frame
from emulator.domain.ports import Clock, Connection, ConnectionProfile, StationMemory, Transport
from emulator.domain.station import Station
from emulator.rpc.endpoint import Endpoint, new_uuid
from emulator.rpc.interceptor import Interceptor
from emulator.rpc.transaction_queue import TransactionQueue
from emulator.runtime.live_variables import provide_live_values
from emulator.services.authorization import Authorizations
from emulator.services.availability import Availability
from emulator.services.connection import Link
from emulator.services.context import StationContext
from emulator.services.local_list import LocalList
from emulator.services.metering import Metering
from emulator.services.provisioning import Provisioning
from emulator.services.reader import Reader
from emulator.services.remote_control import RemoteControl
from emulator.services.reservation import Reservations
from emulator.services.smart_charging import SmartCharging
from emulator.services.transactions import Transactions

VERSION_TABLE = "ocpp"


@dataclass(frozen=True, slots=True)
class Machine:
    """What outlives the software: hardware, memory, clock, network, and who listens."""

    identity: str
    station: Station
    model: DeviceModel
    memory: StationMemory
    clock: Clock
    transport: Transport
    interceptor: Interceptor
    random: random.Random
    profile: Callable[[], ConnectionProfile]
    record: Callable[[Frame], None]
    next_seq: Callable[[], int]
    publish: Callable[[str, Any], None]
    reboot: Callable[[str], None]
    files: StationFiles


def dialect_class(ocpp: str) -> type[Dialect]:
    """The dialect that speaks a version; each is imported when it is first needed."""
    if ocpp == "1.6":
        from emulator.dialects.v16.dialect import V16

        return V16
    from emulator.dialects.v201.dialect import V201

    return V201


class Software:
    """Services and dialects around one machine."""

    def __init__(self, machine: Machine, boot_reason: str) -> None:
        self._machine = machine
        machine.model.apply_pending()
        self.context = StationContext(
            identity=machine.identity,
            station=machine.station,
            model=machine.model,
            memory=machine.memory,
            clock=machine.clock,
            publish=machine.publish,
            reboot=machine.reboot,
            new_id=new_uuid,
            random_source=machine.random,
            files=machine.files,
        )
        self._make_services(boot_reason)
        self._dialects: dict[str, Dialect] = {}
        self.queue = TransactionQueue(
            memory=machine.memory, clock=machine.clock, owner=self, changed=self._queue_changed
        )
        self.link = Link(
            self.context,
            machine.transport,
            machine.profile,
            opened=self._opened,
            received=self._received,
            lost=self._lost,
        )
        self._dialect = self._speak(machine.memory.get(VERSION_TABLE, "last") or machine.profile().offered[0])

    def _make_services(self, boot_reason: str) -> None:
        context = self.context
        context.authorizations = Authorizations(context)
        context.availability = Availability(context)
        context.local_list = LocalList(context)
        context.metering = Metering(context)
        context.provisioning = Provisioning(context, boot_reason)
        context.reader = Reader(context)
        context.remote_control = RemoteControl(context)
        context.reservations = Reservations(context)
        context.smart_charging = SmartCharging(context)
        context.transactions = Transactions(context)

    @property
    def dialect(self) -> Dialect:
        """The dialect in use: of the last connection, or of the one to come."""
        return self._dialect

    def start(self, open_transactions_ended_by: str) -> None:
        """Bring back what memory holds, and begin to work."""
        self.context.availability.restore()
        self.context.reservations.restore()
        self.context.smart_charging.restore()
        self.context.transactions.recover(open_transactions_ended_by)
        self.context.transactions.start()
        self.context.smart_charging.start()
        self.context.metering.start()
        self.context.on_change(settings.WEB_SOCKET_PING_INTERVAL, self._ping_interval_changed)
        provide_live_values(self.context)
        self._restore_what_is_rare()

    def _restore_what_is_rare(self) -> None:
        memory = self._machine.memory
        if memory.items("security_events"):
            self.context.security_events.tell_later()
        if memory.items("firmware"):
            self.context.firmware.restore()

    async def stop(self) -> None:
        """End every task and timer; the link must be closed or cut before."""
        self.context.metering.stop()
        self.context.provisioning.stop()
        self.context.reader.forget()
        self.context.reservations.stop()
        self.context.smart_charging.stop()
        self.context.transactions.shut_down()
        for dialect in self._dialects.values():
            dialect.hold_queue()
            await dialect.endpoint.finish()
        await self.context.close()

    # --- the link's events

    def _opened(self, connection: Connection) -> None:
        if connection.ocpp != self._dialect.ocpp:
            self._speak(connection.ocpp)
        if self._machine.memory.get(VERSION_TABLE, "last") != connection.ocpp:
            self._machine.memory.put(VERSION_TABLE, "last", connection.ocpp)
        self._dialect.opened(connection)
        self.context.provisioning.connected()

    def _received(self, text: str) -> None:
        self._dialect.endpoint.received(text)

    def _lost(self, code: int, sentence: str) -> None:
        self._dialect.closed(code, sentence)
        self.context.provisioning.disconnected()

    def _ping_interval_changed(self) -> None:
        set_interval = getattr(self.link.connection, "set_ping_interval", None)
        if set_interval is not None:
            set_interval(float(self.context.model.integer(settings.WEB_SOCKET_PING_INTERVAL)))

    # --- dialects

    def _speak(self, ocpp: str) -> Dialect:
        dialect = self._dialects.get(ocpp)
        if dialect is None:
            dialect = self._dialects[ocpp] = dialect_class(ocpp)(self.context, self._endpoint, self.queue)
        self._dialect = self.context.csms = dialect
        return dialect

    # --- the queue of transaction-related messages: one for all versions, in the order of what happened

    def policy(self) -> tuple[int, float]:
        """How often, and after which interval in seconds, a transaction-related message is sent again."""
        model = self._machine.model
        return model.integer(settings.MESSAGE_ATTEMPTS), float(model.integer(settings.MESSAGE_ATTEMPT_INTERVAL))

    def prepare(self, entry: QueueEntry) -> dict[str, Any] | None:
        """The payload as it shall be sent; None while the CSMS speaks another version than the message."""
        return self._dialect.prepare(entry) if entry.ocpp == self._dialect.ocpp else None

    def answered(self, entry: QueueEntry, payload: dict[str, Any]) -> None:
        """The CSMS has taken a message."""
        self._dialect.answered(entry, payload)

    def dropped(self, entry: QueueEntry, failure: CallFailed | None) -> None:
        """A message was given up."""
        why = f": {failure}" if failure else " by the operator"
        self.context.note(f"{entry.action} of transaction {entry.transaction} was given up{why}")

    def _queue_changed(self) -> None:
        for dialect in self._dialects.values():
            dialect.queue_changed()
        self.context.changed()

    def _endpoint(self, dialect: Dialect) -> Endpoint:
        machine = self._machine
        return Endpoint(
            clock=machine.clock,
            ocpp=dialect.ocpp,
            handler=dialect,
            record=machine.record,
            # The CSMS and the network live in real time, however fast the station's own runs.
            message_timeout_s=lambda: machine.model.integer(settings.MESSAGE_TIMEOUT) * machine.clock.speed,
            next_seq=machine.next_seq,
            interceptor=machine.interceptor,
        )
