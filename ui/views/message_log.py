"""The message log: filter line and table, following the tail, copying, marking, sending again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from PySide6.QtCore import QByteArray, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from ui.models.log_cells import Column, one_liner
from ui.models.log_filter import LogFilter, Matcher, search
from ui.models.log_rows import Row
from ui.models.message_log import Mark, MessageLogModel
from ui.theme import Theme
from ui.views.comment_editor import CommentEditor
from ui.views.log_filter_bar import FilterBar
from ui.views.log_menu import row_menu
from ui.views.log_table import LogTable

STATE_VERSION = 1
MAX_COPIED_ROWS = 10_000
JUMP_BLOCKS_A_TURN = 8


class MessageLogView(QWidget):
    """What the user sees of a MessageLogModel; says what the user selects and wants sent."""

    selected = Signal(object)
    """The seq of the current row's frame, or None."""
    opened = Signal(object)
    """The seq of a frame (a request or an answer) whose detail shall be shown."""
    send_again = Signal(object)
    """A Frame, a CALL of the station, that shall be sent once more as it is."""
    edit_and_send = Signal(object)
    """A Frame, a CALL of the station, that shall be changed and sent."""
    edit_and_answer = Signal(object)
    """A Frame, a CALL of the CSMS, whose like shall be answered differently."""
    counts_changed = Signal(str)
    """The text of the head line: "1,204 frames · 1 problem"."""
    follow_changed = Signal(bool)

    def __init__(self, model: MessageLogModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.model = model
        self.bar = FilterBar(model, theme)
        self.filter_edit = self.bar.edit
        self.table = LogTable(model, theme)
        self._follow = True
        self._moving = 0
        self._wanted_seq: int | None = None
        self._jump: Iterator[int | None] | None = None
        self._jump_timer = QTimer(self)
        self._jump_timer.timeout.connect(self._continue_jump)
        self._editor = CommentEditor(self.table, theme)
        self.setFocusProxy(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.table, 1)
        self._connect()
        self._set_shortcuts()
        self._take_filter(self.bar.filter)
        self._show_empty_text()

    def _connect(self) -> None:
        self.bar.changed.connect(self._take_filter)
        self.bar.highlight_changed.connect(self._highlight)
        self.bar.follow_toggled.connect(self.set_follow)
        self.bar.left_downwards.connect(self._enter_table)
        model, table = self.model, self.table
        model.counts_changed.connect(lambda _frames, _problems: self.counts_changed.emit(self.count_text()))
        model.modelAboutToBeReset.connect(self._before_reset)
        model.modelReset.connect(self._after_reset)
        model.rowsAboutToBeInserted.connect(self._before_rows)
        model.rowsInserted.connect(self._rows_inserted)
        model.rowsAboutToBeRemoved.connect(self._before_rows)
        model.rowsRemoved.connect(self._rows_removed)
        model.scan_finished.connect(self._show_empty_text)
        table.selectionModel().currentRowChanged.connect(self._current_changed)
        table.doubleClicked.connect(lambda index: self._open(index.row()))
        table.verticalScrollBar().valueChanged.connect(self._scrolled)
        table.take_key = self._take_key
        self._editor.finished.connect(self._set_comment)

    def _set_shortcuts(self) -> None:
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        shortcuts: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.focus_filter,
            "F3": lambda: self.jump_to_match(forward=True),
            "Shift+F3": lambda: self.jump_to_match(forward=False),
        }
        for keys, run in shortcuts.items():
            QShortcut(QKeySequence(keys), self, context=inside).activated.connect(run)

    # --- what others ask --------------------------------------------------------------------------------------------

    def count_text(self) -> str:
        """The head line: "1,204 frames · 1 problem"."""
        frames, problems = self.model.frame_count, self.model.problem_count
        text = f"{frames:,} frame{'' if frames == 1 else 's'}"
        return text + (f" · {problems:,} problem{'' if problems == 1 else 's'}" if problems else "")

    def focus_filter(self) -> None:
        """Put the cursor into the filter box."""
        self.bar.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.edit.selectAll()

    def select(self, seq: int) -> bool:
        """Make the row of a request (or of an answer) current; takes the filter away when it hides the row."""
        row = self.model.find(seq)
        if row is None:
            frame = self.model.frame(seq)
            row = self.model.find(frame.answers) if frame and frame.answers else None
        if row is None:
            return False
        if self.model.row_of(row.ordinal) is None:
            self._wanted_seq = row.seq
            self.bar.clear()
            self._find_wanted()
        else:
            self._go_to(row.ordinal)
        return True

    def current_row(self) -> Row | None:
        """The current row."""
        index = self.table.currentIndex()
        return self.model.row_at(index.row()) if index.isValid() else None

    @property
    def follow(self) -> bool:
        """Whether the table stays at the newest message."""
        return self._follow

    def set_follow(self, on: bool) -> None:
        """Stay at the newest message, or stay where the user reads."""
        self._follow = on
        self.bar.set_follow(on)
        if on:
            self._to_bottom()
        self.follow_changed.emit(on)

    def saveState(self) -> QByteArray:
        """Column widths, filter and chips."""
        kept = asdict(self.bar.filter)
        kept |= {"actions": sorted(kept["actions"]), "hidden_actions": sorted(kept["hidden_actions"])}
        kept |= {"after_s": None, "before_s": None}  # a span of time means nothing tomorrow
        header = bytes(self.table.horizontalHeader().saveState().toBase64().data()).decode()
        state = {"version": STATE_VERSION, "header": header, "filter": kept, "follow": self._follow}
        state["own_widths"] = self.table.own_widths
        return QByteArray(json.dumps(state).encode())

    def restoreState(self, state: QByteArray) -> bool:
        """Put back what saveState gave; False (and nothing changed) when it is not of this version."""
        try:
            kept = json.loads(bytes(state.data()))
            if kept["version"] != STATE_VERSION:
                return False
            wanted = LogFilter(**kept["filter"])
            wanted = replace(wanted, actions=frozenset(wanted.actions), hidden_actions=frozenset(wanted.hidden_actions))
            header = QByteArray.fromBase64(kept["header"].encode())
            follow, own_widths = bool(kept["follow"]), bool(kept["own_widths"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        if own_widths:
            self.table.own_widths = self.table.horizontalHeader().restoreState(header)
        self.bar.set_filter(wanted)
        self.set_follow(follow)
        return True

    # --- filter and highlight ---------------------------------------------------------------------------------------

    def _take_filter(self, wanted: LogFilter) -> None:
        self.model.set_filter(wanted)
        self._show_empty_text()

    def _highlight(self, text: str) -> None:
        wanted = LogFilter(text=text)
        self.table.delegate.highlight = Matcher(wanted) if wanted.words else None
        self.table.viewport().update()

    def _show_empty_text(self) -> None:
        table = self.table
        if self.model.scanning:
            table.empty_title, table.empty_hint = "Searching…", ""
        elif len(self.model.rows):
            table.empty_title = "Nothing matches"
            table.empty_hint = f"{len(self.model.rows):,} messages are hidden by the filter. Esc shows them."
        else:
            table.empty_title = "No messages yet"
            table.empty_hint = "Connect to a CSMS: every frame appears here, sent and received."
        table.setAccessibleDescription("" if self.model.rowCount() else f"{table.empty_title}. {table.empty_hint}")
        if not self.model.rowCount():
            table.viewport().update()

    def jump_to_match(self, *, forward: bool) -> None:
        """Go to the next row that is highlighted (without a highlight: the next with a problem)."""
        matcher = self.table.delegate.highlight or Matcher(LogFilter(verdict="problem"))
        row = self.current_row()
        start = row.ordinal if row else (self.model.rows.first - 1 if forward else self.model.rows.end)
        self._jump = search(self.model.rows, matcher, start, forward=forward)
        self._continue_jump()

    def _continue_jump(self) -> None:
        """Look at a few blocks a turn, so that a million rows never hold up the window."""
        pauses = 0
        for ordinal in self._jump or ():
            if ordinal is None:
                pauses += 1
                if pauses == JUMP_BLOCKS_A_TURN:
                    self._jump_timer.start(0)
                    return
            elif self.model.row_of(ordinal) is not None:
                self._go_to(ordinal)
                break
        self._jump = None
        self._jump_timer.stop()

    # --- staying in place -------------------------------------------------------------------------------------------

    @contextmanager
    def _our_move(self) -> Iterator[None]:
        """What the scroll bar does in here is not the user's doing."""
        self._moving += 1
        try:
            yield
        finally:
            self._moving -= 1

    def _to_bottom(self) -> None:
        with self._our_move():
            self.table.scrollToBottom()

    def _scrolled(self, value: int) -> None:
        at_end = value == self.table.verticalScrollBar().maximum()
        if not self._moving and at_end != self._follow:
            self._follow = at_end
            self.bar.set_follow(at_end)
            self.follow_changed.emit(at_end)

    def _before_rows(self) -> None:
        self._moving += 1

    def _rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.table.verticalScrollBar()
        at = bar.value()
        self.table.updateGeometries()  # else the scroll bar learns of the rows later, as if the user had moved it
        if self._follow:
            self.table.scrollToBottom()
        elif first <= at and last - first + 1 < self.model.rowCount():
            bar.setValue(at + last - first + 1)
        self._moving -= 1
        self._find_wanted()
        if first == 0:
            self._show_empty_text()

    def _rows_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.table.verticalScrollBar()
        if not self._follow and first < bar.value():
            bar.setValue(max(0, bar.value() - (last - first + 1)))
        self.table.updateGeometries()
        self._moving -= 1

    def _before_reset(self) -> None:
        self._moving += 1
        row = self.current_row()
        if row is not None and self._wanted_seq is None:
            self._wanted_seq = row.seq

    def _after_reset(self) -> None:
        self.table.updateGeometries()
        self.table.scrollToBottom()
        self._moving -= 1
        self._find_wanted()
        self._show_empty_text()

    def _find_wanted(self) -> None:
        """Make the row current again that was so before the filter changed, as soon as it is there."""
        if self._wanted_seq is None:
            return
        row = self.model.find(self._wanted_seq)
        if row is None:
            self._wanted_seq = None
        elif self.model.row_of(row.ordinal) is not None:
            self._wanted_seq = None
            self._go_to(row.ordinal, stay=self._follow)

    def _go_to(self, ordinal: int, *, stay: bool = False) -> None:
        row = self.model.row_of(ordinal)
        if row is None:
            return
        index = self.model.index(row, Column.SUMMARY)
        if stay:
            with self._our_move():
                self.table.setCurrentIndex(index)
                self.table.scrollToBottom()
        else:
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.selected.emit(self.model.row_at(current.row()).seq if current.isValid() else None)

    def _enter_table(self) -> None:
        self.table.setFocus()
        if not self.table.currentIndex().isValid() and self.model.rowCount():
            self._go_to(self.model.ordinal_at(self.model.rowCount() - 1), stay=self._follow)

    # --- keys and menu ----------------------------------------------------------------------------------------------

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_lines()
            return True
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        run = self._keys().get(Qt.Key(event.key())) if plain else None
        if run is None:
            return False
        run()
        return True

    def _keys(self) -> dict[Qt.Key, Callable[[], None]]:
        key = Qt.Key
        return {
            key.Key_J: lambda: self._step(1),
            key.Key_K: lambda: self._step(-1),
            key.Key_End: lambda: self._end(),
            key.Key_Return: lambda: self._open(self.table.currentIndex().row()),
            key.Key_Enter: lambda: self._open(self.table.currentIndex().row()),
            key.Key_A: self.open_answer,
            key.Key_M: self.toggle_star,
            key.Key_C: self.comment,
            key.Key_Escape: self.bar.clear,
            key.Key_Slash: self.focus_filter,
        }

    def _step(self, by: int) -> None:
        count = self.model.rowCount()
        if count:
            at = self.table.currentIndex().row()
            self._go_to(self.model.ordinal_at(min(max(at + by, 0), count - 1) if at >= 0 else count - 1))

    def _end(self) -> None:
        if self.model.rowCount():
            self._go_to(self.model.ordinal_at(self.model.rowCount() - 1))
        self.set_follow(True)

    def _open(self, row: int) -> None:
        if 0 <= row < self.model.rowCount():
            self.opened.emit(self.model.row_at(row).seq)

    def open_answer(self) -> None:
        """Show the answer of the current row."""
        row = self.current_row()
        if row and row.answer_seq:
            self.opened.emit(row.answer_seq)

    def toggle_star(self) -> None:
        """Mark the current row with a star, or take it away."""
        row = self.current_row()
        if row:
            mark = self.model.marks.get(row.seq, Mark())
            self.model.set_mark(row.seq, replace(mark, star=not mark.star))

    def comment(self) -> None:
        """Write a comment at the current row."""
        row = self.current_row()
        if row:
            index = self.table.currentIndex().siblingAtColumn(Column.SUMMARY)
            self._editor.start(row.seq, self.model.marks.get(row.seq, Mark()).comment, self.table.visualRect(index))

    def _set_comment(self, seq: int, text: str) -> None:
        self.model.set_mark(seq, replace(self.model.marks.get(seq, Mark()), comment=text.strip()))

    def copy_lines(self) -> None:
        """Copy the selected rows, one line each."""
        rows = (self.model.row_at(row) for row in self.table.rows_selected()[:MAX_COPIED_ROWS])
        QGuiApplication.clipboard().setText("\n".join(one_liner(row) for row in rows))

    def copy_json(self) -> None:
        """Copy the selected rows' frames, requests and answers, as they went over the wire, one per line."""
        lines: list[str] = []
        for at in self.table.rows_selected()[:MAX_COPIED_ROWS]:
            row = self.model.row_at(at)
            frames = (self.model.frame(seq) for seq in (row.seq, row.answer_seq) if seq)
            lines.extend(frame.raw for frame in frames if frame)
        QGuiApplication.clipboard().setText("\n".join(lines))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102 - as Qt documents it
        row = self.current_row()
        if row is not None:
            menu = row_menu(self, row)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())
