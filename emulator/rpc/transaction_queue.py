"""The queue of transaction-related messages: on disk, in order, retried, held while the station is offline.

1.6 edition 2, 3.7 and 3.7.1; 2.0.1 part 2, E04, E12, E13. Other messages may overtake the queue (1.6, 3.7), but not
without need: each entry has a place in the endpoint's line of CALLs, which keeps the order of the station's story
unless an entry waits for its retry. An entry is deleted only after the owner has dealt with its answer, in one step
on disk: it is delivered at least once. Entries of another version than the endpoint's wait until that version is
spoken again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

from emulator.domain.calls import QUEUE_ENTRY_FIELDS, InvalidRequest, QueueEntry
from emulator.domain.errors import ActionRefused, CallFailed, NotConnected
from emulator.domain.ports import Clock, StationMemory, Timer
from emulator.domain.times import timestamp
from emulator.rpc.endpoint import Endpoint

log = logging.getLogger(__name__)

TABLE = "transaction_queue"
SET_ASIDE = "transaction_queue_set_aside"


class QueueOwner(Protocol):
    """Who knows what the entries mean."""

    def policy(self) -> tuple[int, float]:
        """How often a message is tried, and the interval in seconds.

        1.6: TransactionMessageAttempts, TransactionMessageRetryInterval; 2.0.1: OCPPCommCtrlr's MessageAttempts and
        MessageAttemptInterval, instance TransactionEvent.
        """

    def prepare(self, entry: QueueEntry) -> dict[str, Any] | None:
        """The payload as it shall be sent now; None when it cannot be sent yet (then call `wake` when it can)."""

    def answered(self, entry: QueueEntry, payload: dict[str, Any]) -> None:
        """The CSMS accepted the message. What is written to the memory here is one durable step with the removal."""

    def dropped(self, entry: QueueEntry, failure: CallFailed | None) -> None:
        """The message is given up after its last attempt, or (failure None) by the operator; in one durable step."""


class TransactionQueue:
    """The queue of one station; outlives connections. Held at first, until `release` says that it may be sent."""

    __slots__ = (
        "_changed",
        "_clock",
        "_endpoint",
        "_entries",
        "_in_flight",
        "_last_number",
        "_life",
        "_memory",
        "_owner",
        "_places",
        "_retry_at",
        "_timer",
    )

    def __init__(
        self, *, memory: StationMemory, clock: Clock, owner: QueueOwner, changed: Callable[[], None] | None = None
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._owner = owner
        self._changed = changed or _nothing
        self._endpoint: Endpoint | None = None
        self._in_flight: QueueEntry | None = None
        self._timer: Timer | None = None
        self._retry_at: datetime | None = None
        # Places taken in the endpoint's line; those of an earlier life are void.
        self._places = 0
        self._life = 0
        self._last_number = 0
        self._entries = self._load()

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._entries)

    def entries(self) -> tuple[QueueEntry, ...]:
        """The messages in the order in which they will be sent."""
        return tuple(self._entries)

    def append(self, ocpp: str, action: str, payload: dict[str, Any], transaction: str | int | None) -> QueueEntry:
        """Add a message; it is on disk when this returns."""
        self._last_number += 1
        fields = {
            "id": self._last_number,
            "ocpp": ocpp,
            "action": action,
            "payload": payload,
            "transaction": transaction,
            "created_at": timestamp(self._clock.now()),
            "attempts": 0,
        }
        entry = QueueEntry(f"{self._last_number:015d}", fields)
        self._memory.put(TABLE, entry.key, fields)
        self._entries.append(entry)
        if self._timer is None:
            # Inside a batch the message is on disk only at its end, and must not be sent before.
            self._memory.after_commit(self._take_place)
        self._changed()
        return entry

    def release(self, endpoint: Endpoint) -> None:
        """Transaction-related messages may be sent, on this endpoint."""
        if endpoint is not self._endpoint:
            self._endpoint = endpoint
            self._forget_places()
        self._go_on()
        self._changed()

    def hold(self) -> None:
        """Nothing more is sent until `release`: offline, or not accepted; an answer that is on its way still counts."""
        self._endpoint = None
        self._forget_places()
        self._changed()

    def wake(self) -> None:
        """The first entry can be sent now, which `prepare` had refused."""
        self._go_on()

    def stop(self) -> None:
        """Hold, and forget the timer of a retry: the station's power is off. The entries stay on disk."""
        self.hold()
        self._cancel_retry()

    def snapshot(self) -> list[dict[str, Any]]:
        """The queue as a window shows it; state is one of in-flight, held, retrying, waiting."""
        first = self._first() if self._retry_at else None
        return [
            {
                "id": entry.id,
                "action": entry.action,
                "transaction": entry.transaction,
                "created_at": entry.created_at,
                "attempts": entry.attempts,
                "next_attempt_at": timestamp(self._retry_at) if self._retry_at and entry is first else None,
                "state": self._state(entry),
            }
            for entry in self._entries
        ]

    def drop(self, entry_id: int) -> None:
        """Give an entry up; raises ActionRefused when there is none, or it is being sent."""
        entry = self._changeable(entry_id)
        if entry is self._first():
            self._cancel_retry()
        self._remove(entry, partial(self._owner.dropped, entry, None))
        self._go_on()
        self._changed()

    def edit(self, entry_id: int, payload: dict[str, Any]) -> None:
        """Give an entry another payload; raises ActionRefused when there is none, or it is being sent."""
        entry = self._changeable(entry_id)
        entry.payload = payload
        self._memory.put(TABLE, entry.key, entry.as_row())
        self._changed()

    def move(self, entry_id: int, before: int | None) -> None:
        """Put an entry before another one (None: last); raises ActionRefused when one is not there or being sent."""
        entry = self._changeable(entry_id)
        if before == entry_id:
            return
        order = [each for each in self._entries if each is not entry]
        place = len(order) if before is None else order.index(self._changeable(before))
        order.insert(place, entry)
        first = self._first()
        self._write_order(order)
        if self._first() is not first:
            self._cancel_retry()
        self._go_on()
        self._changed()

    def _state(self, entry: QueueEntry) -> str:
        if entry is self._in_flight:
            return "in-flight"
        if self._endpoint is None or entry.ocpp != self._endpoint.ocpp:
            return "held"
        return "retrying" if self._timer is not None and entry is self._first() else "waiting"

    def _first(self) -> QueueEntry | None:
        """The entry whose turn it is."""
        for entry in self._entries:
            if self._endpoint is None or entry.ocpp == self._endpoint.ocpp:
                return entry
        return None

    def _changeable(self, entry_id: int) -> QueueEntry:
        entry = next((each for each in self._entries if each.id == entry_id), None)
        if entry is None:
            raise ActionRefused(f"there is no queue entry {entry_id}")
        if entry is self._in_flight:
            raise ActionRefused(f"queue entry {entry_id} is being sent; wait for its answer")
        return entry

    def _write_order(self, order: list[QueueEntry]) -> None:
        """Deal the keys out anew, on disk first."""
        keys = [each.key for each in self._entries]
        moved = [(key, each) for key, each in zip(keys, order, strict=True) if each.key != key]
        with self._memory.batch():
            for key, each in moved:
                self._memory.put(TABLE, key, each.as_row())
        for key, each in moved:
            each.key = key
        self._entries = order

    def _take_place(self) -> None:
        if self._endpoint is not None:
            self._places += 1
            self._endpoint.call_in_turn(partial(self._next_message, self._life), self._concluded)

    def _forget_places(self) -> None:
        self._life += 1
        self._places = 0

    def _go_on(self) -> None:
        """Take a place for the first entry when it has none, and nothing is in its way."""
        if self._entries and self._places == 0 and self._in_flight is None and self._timer is None:
            self._take_place()

    def _next_message(self, life: int) -> tuple[str, dict[str, Any]] | None:
        """Our place in the line has its turn."""
        if life != self._life:
            return None
        self._places -= 1
        entry = self._first()
        while entry is not None and self._in_flight is None and self._timer is None:
            payload = self._owner.prepare(entry)
            if payload is not None:
                self._in_flight = entry
                self._changed()
                return entry.action, payload
            refused, entry = entry, self._first()
            if entry is refused:
                break  # it waits; had the owner dropped it, the next one would have its turn
        return None

    def _concluded(self, outcome: dict[str, Any] | CallFailed) -> None:
        entry, self._in_flight = self._in_flight, None
        if entry is None:
            return
        if isinstance(outcome, dict):
            self._remove(entry, partial(self._owner.answered, entry, outcome))
        elif isinstance(outcome, InvalidRequest):
            self._give_up(entry, outcome)
        elif not isinstance(outcome, NotConnected):  # a lost connection is no failure to process (E13, remark)
            self._count_failure(entry, outcome)
        self._go_on()
        self._changed()

    def _count_failure(self, entry: QueueEntry, failure: CallFailed) -> None:
        entry.attempts += 1
        attempts, interval_s = self._owner.policy()
        if entry.attempts >= attempts:
            self._give_up(entry, failure)  # E13.FR.04; 1.6, 3.7.1
            return
        delay_s = interval_s * entry.attempts  # E13.FR.03; 1.6, 3.7.1: interval times the preceding transmissions
        self._retry_at = self._clock.now() + timedelta(seconds=delay_s)
        self._timer = self._clock.call_later(delay_s, self._retry)
        try:
            self._memory.put(TABLE, entry.key, entry.as_row())
        except Exception:
            log.exception(
                "the failed attempt of %s (queue entry %d) could not be noted on disk", entry.action, entry.id
            )

    def _retry(self) -> None:
        self._timer = None
        self._retry_at = None
        self._go_on()
        self._changed()

    def _cancel_retry(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._retry_at = None

    def _give_up(self, entry: QueueEntry, failure: CallFailed) -> None:
        log.info("%s (queue entry %d) is given up: %s", entry.action, entry.id, failure)
        self._remove(entry, partial(self._owner.dropped, entry, failure))

    def _remove(self, entry: QueueEntry, tell_owner: Callable[[], None]) -> None:
        """Tell the owner and delete the entry, in one durable step."""
        try:
            with self._memory.batch():
                try:
                    tell_owner()
                except Exception:
                    log.exception("the owner of the queue failed over %s (entry %d)", entry.action, entry.id)
                self._memory.delete(TABLE, entry.key)
        except Exception:
            # It will be sent again after a restart, which the CSMS must bear; now the queue must go on.
            log.exception("%s (queue entry %d) could not be removed from disk", entry.action, entry.id)
        self._entries.remove(entry)

    def _load(self) -> list[QueueEntry]:
        """What a restart left; rows that are no entries are set aside: they do no harm and do not get lost."""
        entries = []
        for key, row in self._rows():
            if key.isdecimal():
                self._last_number = max(self._last_number, int(key))
            if key.isdecimal() and _is_entry(row):
                entries.append(QueueEntry(key, row))
                self._last_number = max(self._last_number, row["id"])
                continue
            log.warning("row %s of the transaction queue is damaged and was set aside: %.200r", key, row)
            with self._memory.batch():
                self._memory.put(SET_ASIDE, key, row)
                self._memory.delete(TABLE, key)
        return entries

    def _rows(self) -> list[tuple[str, Any]]:
        try:
            return sorted(self._memory.items(TABLE), key=itemgetter(0))
        except ValueError:
            log.exception(
                "the transaction queue on disk cannot be read; it stays there, and new messages come after it"
            )
            self._last_number = int(self._clock.now().timestamp() * 1000)
            return []


def _is_entry(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    return all(name in row and isinstance(row[name], types) for name, types in QUEUE_ENTRY_FIELDS.items())


def _nothing() -> None:
    """Nobody wants to know."""
