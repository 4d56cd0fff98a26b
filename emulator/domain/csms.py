"""The CSMS as the services see it: a port that every dialect fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from emulator.domain.tokens import IdToken, TokenInfo
from emulator.domain.transaction import MeterValue, TransactionEvent, TransactionPoint


class BootStatus(StrEnum):
    """RegistrationStatusEnumType."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class BootAnswer:
    """The CSMS's answer to a BootNotification; `interval_s` is the heartbeat or the retry interval."""

    status: BootStatus
    current_time: datetime | None
    interval_s: float


class Csms(Protocol):
    """What a dialect does for the services. Coroutines raise CallFailed when no answer comes."""

    ocpp: ClassVar[str]
    # Whether clock-aligned values of the grid connection are told too.
    tells_grid_values: ClassVar[bool]

    @property
    def connected(self) -> bool:
        """Whether there is a link to the CSMS."""

    @property
    def online(self) -> bool:
        """Whether requests reach the CSMS now: connected, and accepted."""

    async def boot(self, reason: str) -> BootAnswer:
        """Tell that the station has started; `reason` is a BootReasonEnumType value."""

    async def heartbeat(self) -> datetime | None:
        """Say that the station lives; gives the CSMS's time."""

    async def authorize(self, token: IdToken) -> TokenInfo:
        """Ask whether a token may charge."""

    def transaction_points(self) -> tuple[frozenset[TransactionPoint], frozenset[TransactionPoint]]:
        """Between which facts a transaction lasts: start points, stop points."""

    def facts_changed(self, evse_id: int) -> None:
        """Facts of an EVSE (0: the station) changed: derive the statuses anew and report those that differ."""

    def report_statuses(self, *, every: bool) -> None:
        """Report all statuses, or those that differ from what the CSMS knows."""

    def transaction_event(self, event: TransactionEvent) -> bool:
        """Something happened to a transaction; whether this version says anything about it. On disk on return."""

    def meter_values(self, evse_id: int, values: Sequence[MeterValue]) -> None:
        """Clock-aligned or triggered values outside a transaction; evse_id 0 is the grid meter."""

    def local_list_conflict(self, token: IdToken) -> None:
        """The CSMS says of a token that it may charge and the Local Authorization List that it may not, or reversed."""

    def reservation_ended(self, reservation_id: int, status: str) -> None:
        """A reservation ended unused; `status` is a ReservationUpdateStatusEnumType value."""

    def firmware_status(self, status: str, request_id: int | None, *, answered: Callable[[bool], None]) -> None:
        """A firmware update has a new FirmwareStatusEnumType; `answered`: whether it arrived before the link broke.

        Without a request id: the update of 1.6 that has none.
        """

    def log_status(self, status: str, request_id: int | None) -> None:
        """The upload of a log has a new UploadLogStatusEnumType; without a request id: GetDiagnostics of 1.6."""

    def security_event(self, event: Mapping[str, Any], *, answered: Callable[[bool], None]) -> None:
        """A security event (type, timestamp, techInfo); `answered` hears whether it arrived before the link broke."""

    def release_queue(self) -> None:
        """Transaction-related messages may be sent now."""

    def hold_queue(self) -> None:
        """Transaction-related messages must wait."""

    async def drained(self, timeout_s: float) -> None:
        """Wait until no transaction-related message is left, but not longer than this."""
