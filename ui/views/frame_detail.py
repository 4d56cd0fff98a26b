"""The selected frame in detail: as a tree, as text, as a difference; with the sequence around it."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from emulator.domain.frames import Direction, Frame, FrameType
from ui.models.log_cells import clock_text, duration_text
from ui.models.log_rows import OVERDUE, Row
from ui.models.message_log import MessageLogModel
from ui.theme import Theme, set_role
from ui.views.frame_text import DifferenceView, RawView
from ui.views.frame_tree import FrameTreeView
from ui.views.sequence import SequencePanel

TABS = ("Frame", "Raw", "Difference")


class TitleLabel(QLabel):
    """A line of text that ends with dots where there is no room."""

    def minimumSizeHint(self) -> QSize:  # noqa: D102 - as Qt documents it
        return QSize(40, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102 - as Qt documents it
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)


class FrameDetail(QWidget):
    """Tabs Frame, Raw and Difference of the frame that the log has selected."""

    send_again = Signal(object)
    """A Frame, a CALL of the station, that shall be sent once more as it is."""
    edit_and_send = Signal(object)
    """A Frame, a CALL of the station, that shall be changed and sent."""
    edit_and_answer = Signal(object)
    """A Frame, a CALL of the CSMS, whose like shall be answered differently."""
    jump = Signal(object)
    """The seq of a frame that shall become the current one."""

    def __init__(
        self, model: MessageLogModel, theme: Theme, *, station_name: str = "Station", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._model = model
        self._seq: int | None = None
        self._shown: tuple[int, int, int] | None = None
        self.frame: Frame | None = None
        self.answer: Frame | None = None
        self.tree = FrameTreeView(theme)
        self.tree.hint = "Select a message to see its fields, its answer and what is wrong with them."
        self.raw = RawView(theme)
        self.difference = DifferenceView(theme)
        self.sequence = SequencePanel(model, theme, station_name=station_name)
        self.stack = QStackedWidget()
        tree_page = QWidget()
        page_layout = QVBoxLayout(tree_page)
        page_layout.setContentsMargins(8, 8, 8, 4)
        page_layout.addWidget(self.tree)
        for page in (tree_page, self.raw, self.difference):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_header())
        layout.addWidget(self._make_splitter(), 1)
        self.difference.jump.connect(self.jump)
        self.sequence.selected.connect(self.jump)
        self.sequence.selected.connect(self.show_seq)
        model.published.connect(self._refresh)
        self._show()

    def _make_header(self) -> QFrame:
        header = QFrame()
        set_role(header, "header")
        line = QHBoxLayout(header)
        line.setContentsMargins(8, 0, 8, 0)
        line.setSpacing(2)
        self.tabs = QButtonGroup(self)
        for number, text in enumerate(TABS):
            tab = QToolButton()
            set_role(tab, "tab")
            tab.setText(text)
            tab.setCheckable(True)
            tab.setChecked(number == 0)
            self.tabs.addButton(tab, number)
            line.addWidget(tab)
        self.tabs.idClicked.connect(self.set_tab)
        self.title = TitleLabel()
        set_role(self.title, "dim")
        line.addSpacing(10)
        line.addWidget(self.title, 1)
        self.copy_button = self._button("Copy", "Copy the frame as it went over the wire", self.copy)
        self.edit_button = self._button("Edit and send", "Change the frame and send it", self._edit)
        line.addWidget(self.copy_button)
        line.addSpacing(6)
        line.addWidget(self.edit_button)
        return header

    def _button(self, text: str, hint: str, run: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(hint)
        button.clicked.connect(lambda: run())
        return button

    def _make_splitter(self) -> QSplitter:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.stack)
        self.splitter.addWidget(self.sequence)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setCollapsible(0, False)
        self.splitter.setHandleWidth(1)
        self.splitter.setSizes([600, 290])
        return self.splitter

    # --- what others ask --------------------------------------------------------------------------------------------

    def show_seq(self, seq: int | None) -> None:
        """Show a request with its answer; given an answer's seq, show the answer in the same place."""
        row, is_answer = self._find(seq)
        self._seq = row.seq if row else None
        self._shown = None
        self._refresh()
        self.sequence.show_seq(self._seq)
        if is_answer:
            self.tree.open_answer()
            self.raw.show_answer()

    def _find(self, seq: int | None) -> tuple[Row | None, bool]:
        if seq is None:
            return None, False
        row = self._model.find(seq)
        if row is not None:
            return row, False
        frame = self._model.frame(seq)
        return (self._model.find(frame.answers), True) if frame and frame.answers else (None, False)

    def set_station_name(self, name: str) -> None:
        """The name over the left line of the sequence."""
        self.sequence.set_station_name(name)

    def set_tab(self, number: int) -> None:
        """Show Frame (0), Raw (1) or Difference (2)."""
        self.tabs.button(number).setChecked(True)
        self.stack.setCurrentIndex(number)
        self._fill_difference()

    def copy(self) -> None:
        """Copy what the tab shows: the frame as it went over the wire, or the difference."""
        shown = self.raw.frame if self.stack.currentWidget() is self.raw else self.frame
        text = shown.raw if shown else ""
        if self.stack.currentWidget() is self.difference:
            text = self.difference.text.toPlainText()
        QGuiApplication.clipboard().setText(text)

    def saveState(self) -> QByteArray:
        """The tab and the width of the sequence."""
        return QByteArray(json.dumps({"tab": self.stack.currentIndex(), "sizes": self.splitter.sizes()}).encode())

    def restoreState(self, state: QByteArray) -> bool:
        """Put back what saveState gave; False when it is something else."""
        try:
            kept = json.loads(bytes(state.data()))
            tab, sizes = int(kept["tab"]), [int(size) for size in kept["sizes"]]
        except (ValueError, KeyError, TypeError):
            return False
        if not 0 <= tab < len(TABS) or len(sizes) != self.splitter.count():
            return False
        self.set_tab(tab)
        self.splitter.setSizes(sizes)
        return True

    # --- what is shown ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Show the frame anew when it or its answer is another than before."""
        row = self._model.find(self._seq) if self._seq is not None else None
        state = (row.seq, row.answer_seq, row.flags) if row else None
        if state is None or state != self._shown:
            if state is None and self.frame is None:
                return
            self._shown = state
            self.frame = self._model.frame(row.seq) if row else None
            self.answer = self._model.frame(row.answer_seq) if row and row.answer_seq != row.seq else None
            self._show(row)

    def _show(self, row: Row | None = None) -> None:
        frame, answer = self.frame, self.answer
        waiting = ""
        if row is not None and answer is None and frame is not None and frame.type is FrameType.CALL:
            waiting = "no answer in time" if row.flags & OVERDUE else "waiting"
        self.tree.show_frame(frame, answer, waiting)
        self.raw.show_frame(frame, answer)
        self._fill_difference()
        self.title.setText(_title(row, frame))
        self.title.setToolTip(frame.message_id if frame else "")
        self.copy_button.setEnabled(frame is not None)
        is_call = frame is not None and frame.type is FrameType.CALL
        self.edit_button.setEnabled(is_call)
        received = frame is not None and frame.direction is Direction.RECEIVED
        self.edit_button.setText("Edit and answer" if received else "Edit and send")
        self.edit_button.setToolTip(
            "Decide how the next message of this action is answered" if received else "Change the frame and send it"
        )

    def _fill_difference(self) -> None:
        if self.stack.currentWidget() is not self.difference:
            return
        row = self._model.find(self._seq) if self._seq is not None else None
        before = self._model.rows.previous_of_kind(row) if row else None
        self.difference.show_pair(self.frame, self._model.frame(before.seq) if before else None)

    def _edit(self) -> None:
        if self.frame is None:
            return
        received = self.frame.direction is Direction.RECEIVED
        (self.edit_and_answer if received else self.edit_and_send).emit(self.frame)


def _title(row: Row | None, frame: Frame | None) -> str:
    """Arrow, action, message id and time: "← SetVariables · 8c1e… · 14:32:05.912"."""
    if row is None:
        return ""
    number = row.message_id if len(row.message_id) <= 8 else f"{row.message_id[:4]}…"
    arrow = "→" if row.sent else "←"
    parts = [f"{arrow} {row.action}", number, clock_text(row.time_s)]
    if frame is None:
        parts.append("no longer in the log")
    elif frame.latency_ms is not None:
        parts.append(f"after {duration_text(frame.latency_ms)}")
    return " · ".join(part for part in parts if part)
