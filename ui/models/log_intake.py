"""From frames to rows: summaries, the pairing of CALL and answer, what still waits, what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from emulator.domain.frames import Direction, Frame, FrameType
from ui.models.log_rows import BROKEN, LONE, OVERDUE, PROBLEM, REFUSED, SENT, LogRows
from ui.models.summaries import answer_summary, facts, summarize
from ui.models.summary_texts import clip

RECENT_FRAMES = 4096
RECENT_CHARACTERS = 8_000_000
REMEMBERED_TRANSACTIONS = 4096


class LogIntake:
    """Takes frames in ascending `seq` and keeps the rows; no Qt, no timers."""

    def __init__(self, fetch: Callable[[int], Frame | None] | None = None) -> None:
        self.rows = LogRows()
        self.frame_count = 0
        self.problem_count = 0
        self.answer_timeout_s = 30.0
        self.newest_s = 0.0
        self.changed: set[int] = set()
        """Ordinals of rows that changed since somebody last emptied this set."""
        self.waiting: dict[int, float] = {}
        """Ordinals of CALLs without an answer, with the POSIX time at which they were sent."""
        self.evses: set[int] = set()
        self._fetch = fetch
        self._last_seq = 0
        self._recent: dict[int, Frame] = {}
        self._recent_characters = 0
        self._evse_of: dict[str, int] = {}

    def take(self, frame: Frame) -> None:
        """Add one frame: a row of its own, or the answer in the row of its CALL; a seq seen before is ignored."""
        if frame.seq <= self._last_seq:
            return
        self._last_seq = frame.seq
        self.frame_count += 1
        self._remember(frame)
        self.newest_s = frame.time.timestamp()
        if frame.type in (FrameType.CALLRESULT, FrameType.CALLERROR):
            ordinal = None if frame.answers is None else self.rows.find(frame.answers)
            if ordinal is not None:
                self._answer(ordinal, frame)
                return
        self._add(frame)

    def _remember(self, frame: Frame) -> None:
        recent = self._recent
        recent[frame.seq] = frame
        self._recent_characters += len(frame.raw)
        while len(recent) > RECENT_FRAMES or (self._recent_characters > RECENT_CHARACTERS and len(recent) > 1):
            self._recent_characters -= len(recent.pop(next(iter(recent))).raw)

    def _add(self, frame: Frame) -> None:
        is_call = frame.type is FrameType.CALL
        evse, _, transaction = self._facts(frame)
        flags = SENT if frame.direction is Direction.SENT else 0
        if frame.problems or frame.type is FrameType.MALFORMED or (not is_call and frame.answers is None):
            flags |= BROKEN
        if not is_call:
            flags |= LONE
        ordinal = self.rows.append(
            seq=frame.seq,
            time_s=self.newest_s,
            flags=flags,
            action=frame.action or ("Malformed" if frame.type is FrameType.MALFORMED else "Answer"),
            summary=summarize(frame),
            message_id=frame.message_id,
            evse=evse,
            transaction=transaction,
        )
        self.problem_count += bool(flags & PROBLEM)
        if is_call:
            self.waiting[ordinal] = self.newest_s
        elif frame.type is not FrameType.MALFORMED:
            self._fill_in(ordinal, frame)

    def _facts(self, frame: Frame) -> tuple[int, int, str]:
        """The frame's facts; a transaction that was seen with an EVSE before brings that with it."""
        found = facts(frame)
        evse = found.evse
        if found.transaction:
            if evse:
                self._know(found.transaction, evse)
            else:
                evse = self._evse_of.get(found.transaction, 0)
        if evse:
            self.evses.add(evse)
        return evse, found.connector, found.transaction

    def _know(self, transaction: str, evse: int) -> None:
        if transaction not in self._evse_of and len(self._evse_of) >= REMEMBERED_TRANSACTIONS:
            del self._evse_of[next(iter(self._evse_of))]
        self._evse_of[transaction] = evse

    def _answer(self, ordinal: int, frame: Frame) -> None:
        self.waiting.pop(ordinal, None)
        self._fill_in(ordinal, frame)
        self.changed.add(ordinal)

    def _fill_in(self, ordinal: int, frame: Frame) -> None:
        text, refused = answer_summary(frame)
        transaction = facts(frame).transaction
        block, index = self.rows.at(ordinal)
        before = block.flags[index]
        self.rows.answer(
            ordinal,
            seq=frame.seq,
            text=clip(text, 120),
            flags=(REFUSED if refused else 0) | (BROKEN if frame.problems else 0),
            latency_ms=float("nan") if frame.latency_ms is None else frame.latency_ms,
            transaction=transaction,
        )
        if transaction and block.evses[index] > 0:
            self._know(transaction, block.evses[index])
        self.problem_count += bool(block.flags[index] & PROBLEM) - bool(before & PROBLEM)

    def sweep(self, now_s: float) -> None:
        """Mark the CALLs that have waited longer than the time-out: no answer is a problem."""
        late = [ordinal for ordinal, since in self.waiting.items() if now_s - since > self.answer_timeout_s]
        for ordinal in late:
            del self.waiting[ordinal]
            if ordinal < self.rows.first:
                continue
            block, index = self.rows.at(ordinal)
            self.problem_count += not block.flags[index] & PROBLEM
            block.flags[index] |= OVERDUE
            self.changed.add(ordinal)

    def drop(self, count: int) -> None:
        """Let the oldest rows fall off."""
        self.problem_count -= self.rows.drop(count)
        while self.waiting and (oldest := next(iter(self.waiting))) < self.rows.first:
            del self.waiting[oldest]

    def frame(self, seq: int) -> Frame | None:
        """A frame by its seq: of the last few thousand from memory, else from the log on disk."""
        found = self._recent.get(seq)
        if found is None and self._fetch is not None and seq > 0:
            found = self._fetch(seq)
        return found
