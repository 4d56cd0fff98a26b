"""What the test CSMS remembers of the stations that it saw."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

KEPT_NOTICES = 200
KEPT_TRANSACTIONS = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One frame as the CSMS saw it.

    `direction` is "received" (from the station) or "sent"; `kind` is CALL, CALLRESULT, CALLERROR or MALFORMED;
    `action` is the CALL's, for answers too; the payload of a CALLERROR is {errorCode, errorDescription, errorDetails}.
    """

    seq: int
    time: datetime
    identity: str
    ocpp: str
    direction: str
    kind: str
    action: str
    message_id: str
    payload: Any
    raw: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a station did wrong: where (JSON Pointer into the payload), which rule, in words."""

    time: datetime
    identity: str
    action: str
    pointer: str
    keyword: str
    message: str
    raw: str


class Change(NamedTuple):
    """What a listener hears.

    kind "message" (body: Message), "station" (body: StationRecord) or "tokens" (body: TokenList, identity "").
    """

    kind: str
    identity: str
    body: Any


@dataclass(slots=True)
class ConnectorRecord:
    """The last status of a connector; in 1.6 `evse` is 0, and connector 0 is the whole station."""

    evse: int
    connector: int
    status: str
    error_code: str = ""
    info: str = ""
    time: str = ""


@dataclass(slots=True)
class TransactionRecord:
    """A transaction as told by the station; times are the station's own texts, energies in Wh, power in W."""

    id: str
    evse: int = 0
    connector: int = 0
    id_token: str = ""
    authorized: bool = True
    started_at: str = ""
    ended_at: str | None = None
    meter_start_wh: float | None = None
    meter_wh: float | None = None
    power_w: float | None = None
    soc_percent: float | None = None
    charging_state: str = ""
    reason: str = ""
    seq_no: int | None = None
    offline: bool = False

    @property
    def energy_wh(self) -> float:
        """The energy since the start, 0 while the meter is not known."""
        if self.meter_start_wh is None or self.meter_wh is None:
            return 0.0
        return self.meter_wh - self.meter_start_wh


@dataclass(slots=True)
class StationRecord:
    """Everything known of one station; survives its disconnections while the CSMS lives."""

    identity: str
    ocpp: str = ""
    connected: bool = False
    connected_at: datetime | None = None
    boot: dict[str, Any] = field(default_factory=dict)
    boot_status: str = ""
    booted_at: datetime | None = None
    last_heartbeat: datetime | None = None
    last_seen: datetime | None = None
    connectors: dict[tuple[int, int], ConnectorRecord] = field(default_factory=dict)
    transactions: dict[str, TransactionRecord] = field(default_factory=dict)
    open: dict[str, TransactionRecord] = field(default_factory=dict)
    reports: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    reports_done: set[int] = field(default_factory=set)
    notices: deque[Message] = field(default_factory=lambda: deque(maxlen=KEPT_NOTICES))

    def running(self) -> list[TransactionRecord]:
        """The transactions that have not ended, oldest first."""
        return list(self.open.values())

    def transaction(self, transaction_id: str) -> TransactionRecord:
        """The record of a transaction, made when it is heard of for the first time."""
        record = self.transactions.get(transaction_id)
        if record is None:
            record = TransactionRecord(transaction_id)
            self.transactions[transaction_id] = self.open[transaction_id] = record
            self._forget_oldest()
        return record

    def end(self, record: TransactionRecord, ended_at: str, reason: str) -> None:
        """Note that a transaction ended."""
        record.ended_at, record.reason, record.charging_state, record.power_w = ended_at, reason, "", 0.0
        self.open.pop(record.id, None)

    def _forget_oldest(self) -> None:
        """Keep memory bounded: drop the oldest ended transaction beyond the limit."""
        if len(self.transactions) > KEPT_TRANSACTIONS:
            oldest = next((key for key in self.transactions if key not in self.open), None)
            if oldest is not None:
                del self.transactions[oldest]
