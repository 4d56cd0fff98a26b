"""The desk: everything that the test CSMS knows and decides, without any socket."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.csms.clock import CsmsClock, WallClock
from emulator.csms.frames import Decoded
from emulator.csms.hooks import Overrides
from emulator.csms.records import Change, Message, Problem, StationRecord, TransactionRecord
from emulator.csms.schemas import SchemaProblem
from emulator.csms.tokens import TokenEntry, TokenList

logger = logging.getLogger(__name__)

KEPT_PROBLEMS = 10_000
IDS_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
IDS_PER_SECOND = 4
LARGEST_ID = 2**31 - 1
_last_transaction_id = 0


def next_transaction_id() -> int:
    """A transaction id larger than any before, in this process and (up to four a second) in those before it."""
    global _last_transaction_id
    by_time = int((WallClock().now() - IDS_EPOCH).total_seconds() * IDS_PER_SECOND) % LARGEST_ID
    _last_transaction_id = max(_last_transaction_id + 1, by_time, 1)
    return _last_transaction_id


@dataclass(slots=True)
class BootDecision:
    """How BootNotification is answered; `times` left, None: always."""

    status: str
    interval_s: int
    times: int | None = None


@dataclass(slots=True)
class Settings:
    """What the CSMS was told when it was made."""

    heartbeat_interval_s: int
    command_timeout_s: float
    vendor_ids: Collection[str]
    strict: bool


class Desk:
    """Memory and decisions shared by all stations' links."""

    def __init__(self, tokens: TokenList, settings: Settings, clock: CsmsClock, keep_messages: int) -> None:
        self.settings = settings
        self.clock = clock
        self.tokens = tokens
        self.stations: dict[str, StationRecord] = {}
        self.overrides = Overrides()
        self.problems: deque[Problem] = deque(maxlen=KEPT_PROBLEMS)
        self.messages: deque[Message] = deque(maxlen=keep_messages)
        self.remote_start_ids = itertools.count(1)
        self.request_ids = itertools.count(1)
        self._boots: dict[str, BootDecision] = {}
        self._seq = itertools.count(1)
        self._listeners: list[Callable[[Change], None]] = []
        tokens.changed = lambda: self.emit(Change("tokens", "", tokens))

    # listeners

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` on every change; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def emit(self, change: Change) -> None:
        """Tell every listener; one that raises is logged and does not hold up the others."""
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception:
                logger.exception("a listener of the test CSMS failed")

    def station_changed(self, record: StationRecord) -> None:
        """Tell every listener that a station's record is different now."""
        self.emit(Change("station", record.identity, record))

    async def wait_for(self, wanted: Callable[[Change], bool], timeout_s: float) -> Change:
        """The first change from now on that is wanted; raises TimeoutError."""
        found: asyncio.Future[Change] = asyncio.get_running_loop().create_future()

        def look(change: Change) -> None:
            if not found.done() and wanted(change):
                found.set_result(change)

        unsubscribe = self.subscribe(look)
        try:
            async with asyncio.timeout(timeout_s):
                return await found
        finally:
            unsubscribe()

    # memory

    def station(self, identity: str) -> StationRecord:
        """The record of a station, made at first sight."""
        record = self.stations.get(identity)
        if record is None:
            record = self.stations[identity] = StationRecord(identity)
        return record

    def record(
        self, station: StationRecord, direction: str, frame: Decoded, raw: str, problems: list[SchemaProblem]
    ) -> Message:
        """Keep one frame and tell the listeners."""
        message = Message(
            next(self._seq),
            self.clock.now(),
            station.identity,
            station.ocpp,
            direction,
            frame.kind,
            frame.action,
            frame.message_id,
            frame.payload,
            raw,
            tuple(f"{problem.pointer or 'frame'}: {problem.message}" for problem in problems),
        )
        if direction == "received":
            station.last_seen = message.time
        self.messages.append(message)
        self.emit(Change("message", station.identity, message))
        return message

    def complain(self, message: Message, problem: SchemaProblem) -> None:
        """Keep something that a station did wrong."""
        self.problems.append(Problem(message.time, message.identity, message.action, *problem, message.raw))

    # decisions

    def set_boot(self, identity: str, decision: BootDecision) -> None:
        """Decide how the next boots of a station ("*": of all others) are answered."""
        self._boots[identity] = decision

    def boot(self, identity: str) -> BootDecision:
        """How a BootNotification is answered now."""
        for name in (identity, "*"):
            decision = self._boots.get(name)
            if decision is None:
                continue
            if decision.times is not None:
                decision.times -= 1
                if decision.times <= 0:
                    del self._boots[name]
            return decision
        return BootDecision("Accepted", self.settings.heartbeat_interval_s)

    def authorize(self, id_token: str) -> TokenEntry:
        """What the token list says now."""
        return self.tokens.decide(id_token, self.clock.now())

    def charging_elsewhere(self, id_token: str, identity: str, connector: int) -> bool:
        """Whether a token has an authorized transaction on any other connector."""
        wanted = id_token.casefold()
        return any(
            record.authorized and record.id_token.casefold() == wanted
            for station in self.stations.values()
            for record in station.open.values()
            if (station.identity, record.connector) != (identity, connector)
        )

    def default_of(self, identity: str, field_name: str) -> Any:
        """The default of a form's field that depends on what the station does; None: the form's own."""
        if field_name == "transactionId":
            running = self._running(identity)
            return running.id if running else None
        if field_name == "remoteStartId":
            return next(self.remote_start_ids)
        return next(self.request_ids) if field_name == "requestId" else None

    def _running(self, identity: str) -> TransactionRecord | None:
        station = self.stations.get(identity)
        return next(reversed(station.open.values()), None) if station else None
