"""The message log as a Qt table: one row per CALL with its answer, filtered by its own list of row numbers."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QElapsedTimer,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from emulator.domain.frames import Frame
from ui.models.log_cells import (
    HEADINGS,
    SPOKEN_HEADINGS,
    Column,
    cell_text,
    spoken_text,
    utc_text,
    verdict_text,
)
from ui.models.log_filter import LogFilter, Matcher, Scan
from ui.models.log_intake import LogIntake
from ui.models.log_rows import LogRows, Row
from ui.models.raw_search import RawSearch

PUBLISH_INTERVAL_MS = 100
TICK_INTERVAL_MS = 500
TAKE_BUDGET_S = 0.005
SCAN_BUDGET_S = 0.003  # a paint may fall into the same turn of the loop
MERGE_INTERVAL_MS = 60
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LIVE_ROWS = 50

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person noted at a frame: a star, a comment, or both."""

    star: bool = False
    comment: str = ""


class MessageLogModel(QAbstractTableModel):
    """The log of one station: append frames, set a filter, read rows.

    Rows that Qt knows are the ordinals from `_shown_first` to `_shown_end`, or, with a filter, those in `_matching`.
    """

    counts_changed = Signal(int, int)
    """Frames taken since the log was cleared, and rows with a problem."""
    published = Signal()
    """New rows or answers are in the table; at most ten times a second."""
    filter_changed = Signal()
    scan_finished = Signal()
    """The filter has been applied to all rows."""
    marks_changed = Signal()

    def __init__(
        self,
        *,
        fetch: Callable[[int], Frame | None] | None = None,
        search_raw: Callable[[str], Iterable[int]] | None = None,
        now: Callable[[], datetime] | None = None,
        cap: int = 1_000_000,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._cap = cap
        self._now = now
        self._fetch = fetch
        self._intake = LogIntake(fetch)
        self._inbox: deque[Frame] = deque()
        self._shown_first = 0
        self._shown_end = 0
        self._filter = LogFilter()
        self._matcher = Matcher(self._filter)
        self._matching: array[int] | None = None
        self._scan: Scan | None = None
        self._found: list[array[int]] = []
        self._merged_from = 0
        self._since_found = QElapsedTimer()
        self._raw: dict[str, frozenset[int]] = {}
        self._marks: dict[int, Mark] = {}
        self._since_publish = QElapsedTimer()
        self._publish_timer = self._timer(self._take, single_shot=True)
        self._scan_timer = self._timer(self._continue_scan, single_shot=True)
        self._tick_timer = self._timer(self._tick)
        self._tick_timer.setInterval(TICK_INTERVAL_MS)
        self._raw_search = RawSearch(search_raw, self) if search_raw else None
        if self._raw_search:
            self._raw_search.found.connect(self._found_raw)

    def _timer(self, run: Callable[[], None], *, single_shot: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(single_shot)
        timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one is moved to where others fire: one long turn
        timer.timeout.connect(run)
        return timer

    # --- frames come in ---------------------------------------------------------------------------------------------

    def append(self, frames: Iterable[Frame]) -> None:
        """Take frames in ascending `seq`; they appear in the table within a tenth of a second."""
        self._inbox.extend(frames)
        if self._inbox and not self._publish_timer.isActive():
            self._publish_timer.start(self._until_publish_ms())

    def flush(self) -> None:
        """Bring everything that was appended into the table now."""
        while self._inbox:
            for _ in range(min(len(self._inbox), 50_000)):
                self._intake.take(self._inbox.popleft())
            self._publish()
        self._publish_timer.stop()
        self._publish()

    def clear(self) -> None:
        """Forget all frames; marks stay."""
        timeout_s = self._intake.answer_timeout_s
        self.beginResetModel()
        self._inbox.clear()
        self._intake = LogIntake(self._fetch)
        self._intake.answer_timeout_s = timeout_s
        self._shown_first = self._shown_end = 0
        self._scan = None
        self._found.clear()
        self._matching = None if self._matching is None else array("q")
        self.endResetModel()
        self.counts_changed.emit(0, 0)
        self.published.emit()

    def close(self) -> None:
        """Stop timers and workers."""
        for timer in (self._publish_timer, self._scan_timer, self._tick_timer):
            timer.stop()
        if self._raw_search:
            self._raw_search.close()

    def set_answer_timeout(self, seconds: float) -> None:
        """After how many station seconds a CALL without an answer counts as a problem."""
        self._intake.answer_timeout_s = seconds

    @property
    def answer_timeout_s(self) -> float:
        """After how many station seconds a CALL without an answer counts as a problem."""
        return self._intake.answer_timeout_s

    def _until_publish_ms(self) -> int:
        if not self._since_publish.isValid():
            return 0
        return max(0, PUBLISH_INTERVAL_MS - self._since_publish.elapsed())

    def _take(self) -> None:
        """Turn waiting frames into rows for a few milliseconds; show them when a tenth of a second has passed."""
        until = perf_counter() + TAKE_BUDGET_S
        while self._inbox and perf_counter() < until:
            for _ in range(min(16, len(self._inbox))):
                self._intake.take(self._inbox.popleft())
        if self._until_publish_ms() == 0 or not self._inbox:
            self._publish()
        if self._inbox:
            self._publish_timer.start(0)

    def _publish(self) -> None:
        self._since_publish.start()
        self._intake.sweep(self.now_s())
        self._drop_old()
        self._show_new()
        self._show_changed()
        if self._intake.waiting and not self._tick_timer.isActive():
            self._tick_timer.start()
        self.counts_changed.emit(self.frame_count, self.problem_count)
        self.published.emit()

    def _drop_old(self) -> None:
        rows = self._intake.rows
        over = len(rows) - self._cap
        if over <= 0:
            return
        first = rows.first + over
        if self._matching is None:
            gone = min(first, self._shown_end) - self._shown_first
        else:
            gone = bisect_left(self._matching, first)
        if gone > 0:
            self.beginRemoveRows(_NO_PARENT, 0, gone - 1)
        self._intake.drop(over)
        self._shown_first = first
        self._shown_end = max(self._shown_end, first)
        if self._matching is not None:
            del self._matching[:gone]
        if gone > 0:
            self.endRemoveRows()

    def _show_new(self) -> None:
        start, end = self._shown_end, self._intake.rows.end
        if start == end:
            return
        if self._matching is None:
            at = self.rowCount()
            self.beginInsertRows(_NO_PARENT, at, at + end - start - 1)
            self._shown_end = end
            self.endInsertRows()
            return
        found: list[int] = []
        for block, low, high in self._intake.rows.spans(start, end):
            found.extend(block.base + index for index in self._matcher.matches(block, low, high))
        self._shown_end = end
        if found:
            at = len(self._matching)
            self.beginInsertRows(_NO_PARENT, at, at + len(found) - 1)
            self._matching.extend(found)
            self.endInsertRows()

    def _show_changed(self) -> None:
        changed = self._intake.changed
        if not changed:
            return
        if self._scan is None:
            self._merged_from = self._shown_first
        first = max(self._shown_first, self._merged_from)
        ordinals = sorted(ordinal for ordinal in changed if ordinal >= first)
        if self._scan is None:
            changed.clear()
        else:
            changed.difference_update(ordinals)  # the others wait until the scan is through
        if self._matching is not None:
            for ordinal in ordinals:
                self._refilter(ordinal, self._matching)
        rows = [row for ordinal in ordinals if (row := self.row_of(ordinal)) is not None]
        if rows:
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[-1], Column.VERDICT))

    def _refilter(self, ordinal: int, matching: array[int]) -> None:
        """Bring in or take out one row whose answer came."""
        block, index = self._intake.rows.at(ordinal)
        passes = bool(self._matcher.matches(block, index, index + 1))
        at = bisect_left(matching, ordinal)
        present = at < len(matching) and matching[at] == ordinal
        if passes and not present:
            self.beginInsertRows(_NO_PARENT, at, at)
            matching.insert(at, ordinal)
            self.endInsertRows()
        elif present and not passes:
            self.beginRemoveRows(_NO_PARENT, at, at)
            del matching[at]
            self.endRemoveRows()

    def _tick(self) -> None:
        """Let the latency of waiting rows grow; give up those that waited too long."""
        self._intake.sweep(self.now_s())
        if self._intake.changed:
            self._show_changed()
            self.counts_changed.emit(self.frame_count, self.problem_count)
        for ordinal in list(self._intake.waiting)[-LIVE_ROWS:]:
            row = self.row_of(ordinal)
            if row is not None:
                self.dataChanged.emit(self.index(row, Column.LATENCY), self.index(row, Column.LATENCY))
        if not self._intake.waiting:
            self._tick_timer.stop()

    # --- the filter -------------------------------------------------------------------------------------------------

    @property
    def filter(self) -> LogFilter:
        """The filter in force."""
        return self._filter

    @property
    def scanning(self) -> bool:
        """Whether the filter is still being applied to rows."""
        return self._scan is not None

    def set_filter(self, wanted: LogFilter) -> None:
        """Show only rows that pass; a filter that still runs is given up."""
        if wanted == self._filter:
            return
        words_changed = wanted.words != self._filter.words
        self._filter = wanted
        if words_changed:
            self._raw = {}
        self._restart_scan()
        if self._raw_search and words_changed:
            self._raw_search.start(word for word in wanted.words if len(word) > 1)
        self.filter_changed.emit()

    def _restart_scan(self) -> None:
        marks = frozenset(self._marks) if self._filter.marked else frozenset()
        self.beginResetModel()
        self._matcher = Matcher(self._filter, raw=self._raw, marks=marks)
        self._scan_timer.stop()
        self._found.clear()
        self._since_found.start()
        if self._filter.everything:
            self._matching = self._scan = None
        else:
            self._scan = Scan(self._intake.rows, self._matcher, self._shown_end)
            self._matching = self._scan.step(SCAN_BUDGET_S)
            self._merged_from = self._scan.position
        self.endResetModel()
        self._after_step()

    def _continue_scan(self) -> None:
        if self._scan is None or self._matching is None:
            return
        if self._found and (self._scan.done or self._since_found.elapsed() > MERGE_INTERVAL_MS):
            self._merge_found(self._matching)
        else:
            self._found.append(self._scan.step(SCAN_BUDGET_S))
        self._after_step()

    def _merge_found(self, matching: array[int]) -> None:
        """Put what the scan found lately before what it found first; rarely, for a long list is copied each time."""
        found = array("q")
        for part in reversed(self._found):
            found.extend(part)
        del found[: bisect_left(found, self._shown_first)]
        self._found.clear()
        self._merged_from = self._scan.position if self._scan else 0
        self._since_found.start()
        if found:
            self.beginInsertRows(_NO_PARENT, 0, len(found) - 1)
            found.extend(matching)
            self._matching = found
            self.endInsertRows()

    def _after_step(self) -> None:
        if self._scan is not None and (self._found or not self._scan.done):
            self._scan_timer.start(0)
            return
        self._scan = None
        self._show_changed()
        self.scan_finished.emit()

    def _found_raw(self, word: str, seqs: frozenset[int]) -> None:
        self._raw[word] = seqs
        if seqs:
            self._restart_scan()

    # --- rows are read ----------------------------------------------------------------------------------------------

    @property
    def rows(self) -> LogRows:
        """The rows, filtered or not."""
        return self._intake.rows

    @property
    def frame_count(self) -> int:
        """Frames taken since the log was cleared."""
        return self._intake.frame_count

    @property
    def problem_count(self) -> int:
        """Rows with a problem."""
        return self._intake.problem_count

    @property
    def evses(self) -> tuple[int, ...]:
        """EVSE numbers that were seen, ascending."""
        return tuple(sorted(self._intake.evses))

    @property
    def actions(self) -> frozenset[str]:
        """The actions that are in the log."""
        return frozenset().union(*(block.action_names for block in self._intake.rows.blocks))

    def now_s(self) -> float:
        """The station clock as POSIX seconds; without one, the time of the newest frame."""
        return self._now().timestamp() if self._now else self._intake.newest_s

    def frame(self, seq: int) -> Frame | None:
        """A frame by its seq: from memory, else from the log on disk."""
        return self._intake.frame(seq)

    def ordinal_at(self, row: int) -> int:
        """The ordinal of the row that the table shows at this place."""
        return self._shown_first + row if self._matching is None else self._matching[row]

    def row_of(self, ordinal: int) -> int | None:
        """Where the table shows a row; None when the filter hides it."""
        if self._matching is None:
            return ordinal - self._shown_first if self._shown_first <= ordinal < self._shown_end else None
        at = bisect_left(self._matching, ordinal)
        return at if at < len(self._matching) and self._matching[at] == ordinal else None

    def row_at(self, row: int) -> Row:
        """The row that the table shows at this place."""
        return self._intake.rows.row(self.ordinal_at(row))

    def find(self, seq: int) -> Row | None:
        """The row of the request with this seq, shown or not."""
        ordinal = self._intake.rows.find(seq)
        return None if ordinal is None else self._intake.rows.row(ordinal)

    # --- marks ------------------------------------------------------------------------------------------------------

    @property
    def marks(self) -> Mapping[int, Mark]:
        """Stars and comments by the seq of the row's frame."""
        return self._marks

    def set_marks(self, marks: Mapping[int, Mark]) -> None:
        """Replace all stars and comments."""
        self._marks = {seq: mark for seq, mark in marks.items() if mark != Mark()}
        self._marks_changed()

    def set_mark(self, seq: int, mark: Mark) -> None:
        """Set or (with an empty mark) take away the star and comment of one row."""
        if mark == Mark():
            self._marks.pop(seq, None)
        else:
            self._marks[seq] = mark
        self._marks_changed()

    def _marks_changed(self) -> None:
        if self._filter.marked:
            self._restart_scan()
        elif self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, Column.VERDICT))
        self.marks_changed.emit()

    # --- Qt asks ----------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: D102 - as Qt documents it
        if parent.isValid():
            return 0
        return self._shown_end - self._shown_first if self._matching is None else len(self._matching)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: D102 - as Qt documents it
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102 - as Qt documents it
        if not index.isValid() or index.row() >= self.rowCount():
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell_text(self.row_at(index.row()), index.column(), self.now_s())
            case Qt.ItemDataRole.AccessibleTextRole:
                return spoken_text(self.row_at(index.row()), index.column(), self.now_s())
            case Qt.ItemDataRole.ToolTipRole:
                return self._tool_tip(self.row_at(index.row()), index.column())
            case Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if index.column() == Column.LATENCY else None
            case Qt.ItemDataRole.UserRole:
                return self.row_at(index.row())
            case _:
                return None

    def _tool_tip(self, row: Row, column: int) -> str | None:
        if column == Column.TIME:
            return utc_text(row.time_s)
        if column == Column.VERDICT:
            return verdict_text(row)
        if column == Column.SUMMARY:
            mark = self._marks.get(row.seq)
            return "\n".join(filter(None, (row.summary, mark.comment if mark else ""))) or None
        if column == Column.ACTION:
            return f"{row.action}\nmessage id {row.message_id}" if row.message_id else row.action
        return row.answer if column == Column.ANSWER and row.answer else None

    def headerData(  # noqa: D102 - as Qt documents it
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[Column(section)]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return SPOKEN_HEADINGS[Column(section)]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (RIGHT if section == Column.LATENCY else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        return None
