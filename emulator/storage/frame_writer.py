"""Writes the frames of all stations of a data folder, in batches, and goes on when the disk is full."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.frames import Frame
from emulator.domain.ports import Timer
from emulator.storage.frame_rows import INSERT, Row, row_of
from emulator.storage.writer import Writer

if TYPE_CHECKING:
    from emulator.storage.frame_log import FrameLog

CallLater = Callable[[float, Callable[[], None]], Timer]
Report = Callable[[EnvironmentProblem], None]

FLUSH_AFTER_S = 0.25
RETRY_AFTER_S = 1.0
FRAMES_PER_FLUSH = 500
# Every station's rows lie in pages of their own: with many stations a page would be written for every frame.
FRAMES_PER_FLUSH_AND_STATION = 8
# Some 10 MB of MeterValues; beyond them the oldest are given up.
FRAMES_WAITING_AT_MOST = 10_000
# No station has number 0.
_OWNER = 0
_PRUNED_AT_ONCE = 5_000
_BYTES_PER_PAGE = 4096
_BYTES_BESIDE_RAW = 60
_PRUNE = "DELETE FROM frame WHERE id > ? AND id <= ?"


class FrameWriter:
    """The frames that wait to be written, those of all stations together.

    They are written 0.25 s after the first of them, or when there are 500 (more in a fleet). When that fails, `report`
    hears it once, the frames stay here, and writing is tried again every second.
    """

    def __init__(self, writer: Writer, call_later: CallLater | None, report: Report | None, kept: int) -> None:
        """`kept` is how many frames a station keeps on disk."""
        self.lost = 0
        self._writer = writer
        self._call_later = call_later
        self._report = report
        self._kept = kept
        self._waiting: list[tuple[FrameLog, Frame]] = []
        self._per_flush = self._flush_at = FRAMES_PER_FLUSH
        self._timer: Timer | None = None
        self._failing = False

    def expect_stations(self, stations: int) -> None:
        """Adapt the size of a batch to the number of stations."""
        self._per_flush = self._flush_at = max(FRAMES_PER_FLUSH, FRAMES_PER_FLUSH_AND_STATION * stations)

    def append(self, log: FrameLog, frame: Frame) -> None:
        """Let a frame wait for the next batch."""
        waiting = self._waiting
        waiting.append((log, frame))
        if self._timer is None and self._call_later is not None:
            self._timer = self._call_later(FLUSH_AFTER_S, self._due)
        if len(waiting) >= self._flush_at:
            self._full()

    def waiting_of(self, log: FrameLog) -> list[Frame]:
        """The frames of one station that are not on disk yet; may be called from another thread."""
        # The copy is one step for other threads; a loop over the list itself would not be.
        return [frame for owner, frame in self._waiting.copy() if owner is log]

    def forget(self, log: FrameLog) -> None:
        """Drop the waiting frames of one station."""
        self._waiting = [entry for entry in self._waiting if entry[0] is not log]

    def flush(self) -> None:
        """Write what waits; when the disk refuses, report that and keep it."""
        self._cancel_timer()
        if not self._waiting:
            return
        if self._writer.in_batch:
            # A roll-back of that batch would take the frames along.
            self._later(FLUSH_AFTER_S)
            return
        try:
            self._write()
        except EnvironmentProblem as problem:
            self._failed(problem)
        else:
            self._failing = False
            self._flush_at = self._per_flush

    def close(self) -> None:
        """Write what waits and wait for nothing any more."""
        self._call_later = None
        self.flush()
        self._waiting = []

    def _due(self) -> None:
        self._timer = None
        self.flush()

    def _full(self) -> None:
        if not self._failing or self._call_later is None:
            self.flush()
        # While the disk refuses, only the timer tries again; here the oldest make room.
        excess = len(self._waiting) - FRAMES_WAITING_AT_MOST
        if excess > 0:
            del self._waiting[:excess]
            self.lost += excess
        if self._waiting:
            self._flush_at = len(self._waiting) + FRAMES_PER_FLUSH

    def _write(self) -> None:
        waiting = self._waiting
        rows = [row_of(log.base, frame) for log, frame in waiting]
        # Rows of one station together: each page is written once.
        rows.sort(key=itemgetter(0))
        logs = {log for log, _ in waiting}
        try:
            with self._writer.batch(_OWNER):
                self._writer.write_many(_OWNER, INSERT, rows)
                pruned = [(log, self._prune(log)) for log in logs if log.count() > self._kept]
        except EnvironmentProblem:
            raise
        except Exception:
            # A bug of ours: the same rows would fail for ever and stop all those behind them.
            self._waiting = []
            raise
        self._waiting = []
        for log, first_seq in pruned:
            log.first_seq = first_seq
        self._writer.wrote(_pages(rows, len(logs)))

    def _prune(self, log: FrameLog) -> int:
        # A step more than needed, so that it is not needed again at once; never so much that it holds up the loop.
        excess = log.count() - self._kept + max(1, min(1000, self._kept // 10))
        first_seq = log.first_seq + min(excess, _PRUNED_AT_ONCE)
        self._writer.write(_OWNER, _PRUNE, (log.base, log.base + first_seq - 1))
        return first_seq

    def _failed(self, problem: EnvironmentProblem) -> None:
        self._later(RETRY_AFTER_S)
        if not self._failing:
            self._failing = True
            if self._report is not None:
                self._report(problem)

    def _later(self, delay_s: float) -> None:
        if self._call_later is not None:
            self._timer = self._call_later(delay_s, self._due)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _pages(rows: list[Row], stations: int) -> int:
    return stations + sum(len(row[6]) + _BYTES_BESIDE_RAW for row in rows) // _BYTES_PER_PAGE
