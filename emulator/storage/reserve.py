"""Memory that goes on when the disk does not: what it refuses is held in reserve and written when there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.ports import StationMemory, Timer

RETRY_S = 5.0

# A write that is done or waits: table, key (None: the whole table), value (GONE: deleted).
Write = tuple[str, str | None, Any]
GONE = object()


class ReserveMemory:
    """A StationMemory around another one.

    While the other refuses (a full disk), writes are kept here in order, reads see them, and each new write and a timer
    try again. `report` hears of the problem once per outage, and None when everything is on disk again.
    """

    __slots__ = ("_batch", "_call_later", "_deeds", "_inner", "_report", "_reserve", "_timer")

    def __init__(
        self,
        inner: StationMemory,
        call_later: Callable[[float, Callable[[], None]], Timer],
        report: Callable[[EnvironmentProblem | None], None],
    ) -> None:
        self._inner = inner
        self._call_later = call_later
        self._report = report
        self._reserve: list[Write] = []
        self._batch: list[Write] | None = None
        self._deeds: list[Callable[[], None]] = []
        self._timer: Timer | None = None

    @property
    def waiting(self) -> int:
        """How many writes are not on disk."""
        return len(self._reserve)

    # --- writing

    def put(self, table: str, key: str, value: Any) -> None:
        """Write one value; on disk on return, or in reserve."""
        self._write((table, key, value))

    def delete(self, table: str, key: str) -> None:
        """Forget one key."""
        self._write((table, key, GONE))

    def clear(self, table: str) -> None:
        """Forget all keys of a table."""
        self._write((table, None, GONE))

    @contextmanager
    def batch(self) -> Iterator[None]:
        """All writes inside in one durable step; an exception takes them all back. A batch inside is a part of it."""
        if self._batch is not None:
            yield
            return
        self._batch = []
        try:
            yield
        except BaseException:
            self._deeds.clear()
            raise
        else:
            self._commit(self._batch)
        finally:
            self._batch = None
        self._run_deeds()

    def after_commit(self, deed: Callable[[], None]) -> None:
        """Do something after the open batch; at once when there is none."""
        if self._batch is None:
            deed()
        else:
            self._deeds.append(deed)

    def _run_deeds(self) -> None:
        deeds, self._deeds = self._deeds, []
        for deed in deeds:
            deed()

    def _write(self, write: Write) -> None:
        if self._batch is not None:
            self._batch.append(write)
        else:
            self._commit([write])

    def _commit(self, writes: list[Write]) -> None:
        if self._reserve:
            self._reserve += writes
            self.retry()
            return
        try:
            self._apply(writes)
        except EnvironmentProblem as problem:
            self._reserve += writes
            self._report(problem)
            self._wait()

    def _apply(self, writes: list[Write]) -> None:
        if len(writes) == 1:
            self._apply_one(*writes[0])
        elif writes:
            with self._inner.batch():
                for write in writes:
                    self._apply_one(*write)

    def _apply_one(self, table: str, key: str | None, value: Any) -> None:
        if key is None:
            self._inner.clear(table)
        elif value is GONE:
            self._inner.delete(table, key)
        else:
            self._inner.put(table, key, value)

    # --- the reserve

    def retry(self) -> bool:
        """Try to write what waits; whether nothing waits any more."""
        try:
            self._apply(self._reserve)
        except EnvironmentProblem:
            self._wait()
            return False
        if self._reserve:
            self._reserve = []
            self._report(None)
        return True

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self._call_later(RETRY_S, self._due)

    def _due(self) -> None:
        self._timer = None
        self.retry()

    def close(self) -> None:
        """Try a last time, and forget the timer."""
        if self._reserve:
            self.retry()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    # --- reading

    def get(self, table: str, key: str) -> Any:
        """The value, or None."""
        for name, each, value in reversed(self._unwritten()):
            if name == table and each in {None, key}:
                return None if value is GONE else value
        return self._inner.get(table, key)

    def items(self, table: str) -> list[tuple[str, Any]]:
        """All keys and values of a table in the order in which the keys were first written."""
        rows = self._inner.items(table)
        changes = [(key, value) for name, key, value in self._unwritten() if name == table]
        if not changes:
            return rows
        merged = dict(rows)
        for key, value in changes:
            if key is None:
                merged.clear()
            elif value is GONE:
                merged.pop(key, None)
            else:
                merged[key] = value
        return list(merged.items())

    def _unwritten(self) -> list[Write]:
        return self._reserve + self._batch if self._batch else self._reserve
