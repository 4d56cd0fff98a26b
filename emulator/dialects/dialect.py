"""What all OCPP-J dialects share: the endpoint, the queue, and who may send when."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from emulator.domain import settings
from emulator.domain.calls import CallEndpoint, CallRefusal, ErrorCode, MessageQueue, QueueEntry, Reply
from emulator.domain.csms import BootAnswer
from emulator.domain.errors import CallFailed, NotConnected
from emulator.domain.ports import Connection, Timer
from emulator.domain.station import Connector, Evse
from emulator.domain.tokens import IdToken, TokenInfo
from emulator.domain.transaction import MeterValue, TransactionEvent, TransactionPoint
from emulator.services.context import StationContext
from emulator.services.provisioning import BootState

Payload = dict[str, Any]
# The first parameter is the dialect that declares the handler.
Handler = Callable[[Any, Payload], Reply | Awaitable[Reply]]


class Dialect(ABC):
    """One version's way to talk with the CSMS; fills the Csms port together with its subclass."""

    ocpp: ClassVar[str]
    handlers: ClassVar[Mapping[str, Handler]]
    answers_when_rejected: ClassVar[bool] = True
    tells_grid_values: ClassVar[bool] = False

    def __init__(
        self, context: StationContext, make_endpoint: Callable[[Dialect], CallEndpoint], queue: MessageQueue
    ) -> None:
        self.context = context
        self.actions = self.handlers.keys()
        self.endpoint = make_endpoint(self)
        self.queue = queue
        self._reported: dict[tuple[int, int], str] = {}
        # Statuses that are not told before they have lasted for a while.
        self._brief: dict[tuple[int, int], Timer] = {}
        self._drained = asyncio.Event()

    # --- the link

    @property
    def connected(self) -> bool:
        """Whether there is a link to the CSMS."""
        return self.endpoint.connected

    @property
    def online(self) -> bool:
        """Whether the CSMS has accepted the station and can be reached."""
        return self.endpoint.connected and self.context.provisioning.state is BootState.ACCEPTED

    def opened(self, connection: Connection) -> None:
        """A link is open that speaks this version."""
        self.endpoint.opened(connection)

    def closed(self, code: int, sentence: str) -> None:
        """The link is gone."""
        self.endpoint.closed(code, sentence)
        for timer in self._brief.values():
            timer.cancel()
        self._brief.clear()

    # --- their calls

    @property
    def silent(self) -> bool:
        """Whether nothing is answered now: some versions have a rejected station say nothing at all."""
        return not self.answers_when_rejected and self.context.provisioning.state is BootState.REJECTED

    def handle(self, action: str, payload: Payload) -> Reply | Awaitable[Reply]:
        """Answer a CALL of the CSMS; raises CallRefusal."""
        state = self.context.provisioning.state
        if state is BootState.REJECTED:
            # B03.FR.08
            raise CallRefusal(ErrorCode.SECURITY_ERROR, "The station was rejected: it takes no messages now.")
        return self.handlers[action](self, payload)

    # --- our calls

    def send(
        self, action: str, payload: Payload, *, triggered: bool = False, lost: Callable[[], None] | None = None
    ) -> None:
        """Send a message that nobody waits for; dropped while the station may not talk. `lost`: it did not arrive."""
        if self.online or (triggered and self.connected):
            self.context.provisioning.sent()
            self.endpoint.call(action, payload, partial(self._answered, action, lost))

    def _answered(self, action: str, lost: Callable[[], None] | None, answer: Payload | CallFailed) -> None:
        if isinstance(answer, CallFailed):
            if lost is not None:
                lost()
            if not isinstance(answer, NotConnected):
                self.context.note(f"{action} was not taken: {answer}")

    def deliver(self, action: str, payload: Payload, answered: Callable[[bool], None]) -> None:
        """Send a message that must not get lost; `answered` hears whether it arrived before the link broke."""
        self.context.provisioning.sent()
        self.endpoint.call(action, payload, partial(self._delivered, action, answered))

    def _delivered(self, action: str, answered: Callable[[bool], None], answer: Payload | CallFailed) -> None:
        arrived = not isinstance(answer, NotConnected)
        if arrived and isinstance(answer, CallFailed):
            self.context.note(f"{action} was not taken: {answer}")
        answered(arrived)

    def firmware_status(self, status: str, request_id: int | None, *, answered: Callable[[bool], None]) -> None:
        """FirmwareStatusNotification as 2.x has it (L01.FR.10)."""
        payload: Payload = {"status": status}
        self.deliver(
            "FirmwareStatusNotification",
            payload if request_id is None else payload | {"requestId": request_id},
            answered,
        )

    def log_status(self, status: str, request_id: int | None) -> None:
        """LogStatusNotification as 2.x has it (N01.FR.07)."""
        payload: Payload = {"status": status}
        self.send("LogStatusNotification", payload if request_id is None else payload | {"requestId": request_id})

    def security_event(self, event: Mapping[str, Any], *, answered: Callable[[bool], None]) -> None:
        """SecurityEventNotification: the same in 1.6 and in 2.x."""
        self.deliver("SecurityEventNotification", dict(event), answered)

    async def request(self, action: str, payload: Payload) -> Payload:
        """Send a message and wait for its answer; raises CallFailed."""
        self.context.provisioning.sent()
        return await self.endpoint.request(action, payload)

    def local_list_conflict(self, token: IdToken) -> None:  # noqa: B027
        """The CSMS says another thing of a token than its list: nothing to tell in most versions."""

    def reservation_ended(self, reservation_id: int, status: str) -> None:  # noqa: B027
        """A reservation ended unused: 1.6 tells no more than the status of the connector."""

    # --- the queue of transaction-related messages

    def enqueue(self, action: str, payload: Payload, transaction_id: str) -> None:
        """Queue a transaction-related message; it is on disk when this returns."""
        self._drained.clear()
        self.context.provisioning.sent()
        self.queue.append(self.ocpp, action, payload, transaction_id)

    def release_queue(self) -> None:
        """Transaction-related messages may be sent now."""
        self.queue.release(self.endpoint)

    def hold_queue(self) -> None:
        """Transaction-related messages must wait."""
        self.queue.hold()

    async def drained(self, timeout_s: float) -> None:
        """Wait until the queue is empty, but not longer than this."""
        timer = self.context.clock.call_later(timeout_s, self._drained.set)
        try:
            if len(self.queue) and self.connected:
                self._drained.clear()
                await self._drained.wait()
        finally:
            timer.cancel()

    def queue_changed(self) -> None:
        """A message entered the queue or left it."""
        if not len(self.queue):
            self._drained.set()

    @abstractmethod
    def prepare(self, entry: QueueEntry) -> Payload | None:
        """The payload of a queued message as it shall be sent; None: it cannot be sent now."""

    @abstractmethod
    def answered(self, entry: QueueEntry, payload: Payload) -> None:
        """The CSMS has taken a queued message; inside the durable step that removes it."""

    # --- statuses: derived, and reported when they differ from what the CSMS knows

    @abstractmethod
    def connector_status(self, evse: Evse, connector: Connector) -> str:
        """The status of a connector in this version's words."""

    @abstractmethod
    def status_payload(self, evse_id: int, connector_id: int) -> Payload:
        """StatusNotification of a connector as it is now."""

    def send_status(self, evse_id: int, connector_id: int, *, triggered: bool = False) -> None:
        """Send a StatusNotification; one that the CSMS did not get counts as not reported."""
        payload = self.status_payload(evse_id, connector_id)
        self.send(
            "StatusNotification", payload, triggered=triggered, lost=partial(self._forget_status, evse_id, connector_id)
        )

    def _forget_status(self, evse_id: int, connector_id: int) -> None:
        self._reported.pop((evse_id, connector_id), None)

    @abstractmethod
    async def boot(self, reason: str) -> BootAnswer:
        """Tell that the station has started."""

    @abstractmethod
    async def heartbeat(self) -> datetime | None:
        """Say that the station lives."""

    @abstractmethod
    async def authorize(self, token: IdToken) -> TokenInfo:
        """Ask whether a token may charge."""

    @abstractmethod
    def transaction_event(self, event: TransactionEvent) -> bool:
        """Something happened to a transaction; whether this version says anything about it."""

    @abstractmethod
    def meter_values(self, evse_id: int, values: Sequence[MeterValue]) -> None:
        """Values outside a transaction."""

    @abstractmethod
    def transaction_points(self) -> tuple[frozenset[TransactionPoint], frozenset[TransactionPoint]]:
        """Start and stop points of transactions."""

    def facts_changed(self, evse_id: int) -> None:
        """Report the statuses of an EVSE (0: all) that differ from the last ones reported."""
        if self.online:
            for evse in self.context.station.evses:
                if evse_id in {0, evse.id}:
                    self._report_evse(evse)

    def _report_evse(self, evse: Evse) -> None:
        model = self.context.model
        known = model.has(settings.MINIMUM_STATUS_DURATION)
        wait_s = model.integer(settings.MINIMUM_STATUS_DURATION) if known else 0
        for connector in evse.connectors:
            place, status = (evse.id, connector.id), self.status_key(evse, connector)
            if (timer := self._brief.pop(place, None)) is not None:
                timer.cancel()
            if self._reported.get(place) == status:
                continue
            if wait_s > 0 and place in self._reported:
                # 1.6 section 4.9: only once it has lasted for MinimumStatusDuration
                tell = partial(self._tell_status, evse, connector)
                self._brief[place] = self.context.clock.call_later(wait_s, tell)
            else:
                self._tell_status(evse, connector)

    def _tell_status(self, evse: Evse, connector: Connector) -> None:
        self._brief.pop((evse.id, connector.id), None)
        if self.online:
            self._reported[evse.id, connector.id] = self.status_key(evse, connector)
            self.send_status(evse.id, connector.id)

    def status_key(self, evse: Evse, connector: Connector) -> str:
        """What must differ for a status to be worth a message."""
        return self.connector_status(evse, connector)

    def report_statuses(self, *, every: bool) -> None:
        """Report all statuses, or those that differ from what the CSMS knows."""
        if every:
            self._reported.clear()
        self.facts_changed(0)
