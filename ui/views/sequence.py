"""The last messages around the selected one as a sequence diagram, live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from ui.models.log_cells import answer_text, clock_text, duration_text, verdict_text
from ui.models.log_rows import OVERDUE, Row
from ui.models.message_log import MessageLogModel
from ui.theme import Theme

STEP = 27
TITLE_HEIGHT = 34
HEAD_HEIGHT = 20
HEAD = 5.0
MARGIN = 14
REFRESH_MS = 500


@dataclass(frozen=True, slots=True)
class Arrow:
    """One line of the diagram: who says what to whom, in which colour."""

    text: str
    colour: str
    text_colour: str
    rightwards: bool
    dashed: bool
    seq: int
    ordinal: int
    drawn: bool = True


class SequencePanel(QWidget):
    """Paints requests as solid arrows, answers as dashed ones, what waits in words; a click selects."""

    selected = Signal(object)
    """The seq of the request or answer that was clicked."""

    def __init__(
        self, model: MessageLogModel, theme: Theme, *, station_name: str = "Station", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self._name = station_name
        self._seq: int | None = None
        self._arrows: list[Arrow] = []
        self._stale = True
        self.setMinimumWidth(180)
        self.setMouseTracking(True)
        self.setAccessibleName("Sequence of messages")
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        model.published.connect(self._refresh)
        model.modelReset.connect(self._refresh)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: D102 - as Qt documents it
        return QSize(290, 260)

    def set_station_name(self, name: str) -> None:
        """The name over the left line."""
        self._name = name
        self.update()

    def show_seq(self, seq: int | None) -> None:
        """Show the messages around the request with this seq; None: the newest."""
        self._seq = seq
        self._refresh()

    def _refresh(self) -> None:
        self._stale = True
        self.update()

    @property
    def arrows(self) -> list[Arrow]:
        """The lines as they stand now, from top to bottom."""
        if self._stale:
            self._arrows = self._lines()
            self._stale = False
            self.setAccessibleDescription("; ".join(arrow.text for arrow in self._arrows))
            waits = any(not arrow.drawn for arrow in self._arrows)
            if waits != self._timer.isActive():
                (self._timer.start if waits else self._timer.stop)()
        return self._arrows

    def _capacity(self) -> int:
        return max(2, (self.height() - TITLE_HEIGHT - HEAD_HEIGHT - 12) // STEP)

    def _lines(self) -> list[Arrow]:
        """As many lines as fit: the selected message with what followed it below and what came before above."""
        current = None if self._seq is None else self._model.find(self._seq)
        before, after = self._neighbours(current)
        chosen = _arrows(current, self._waiting_text) if current else []
        room = self._capacity() - len(chosen)
        lower: list[Arrow] = []
        for row in after:
            lines = _arrows(row, self._waiting_text)
            if len(lower) + len(lines) > room // 2:
                break
            lower += lines
        upper: list[Arrow] = []
        for row in reversed(before):
            lines = _arrows(row, self._waiting_text)
            if len(upper) + len(lines) > room - len(lower):
                break
            upper = lines + upper
        return upper + chosen + lower

    def _neighbours(self, current: Row | None) -> tuple[list[Row], list[Row]]:
        """Rows before and after the current one, of those that the table shows when it shows the current one."""
        model, count = self._model, self._capacity()
        at = model.rowCount() if current is None else model.row_of(current.ordinal)
        if at is None and current is not None:
            rows = model.rows.around(current.ordinal, count, count)
            return (
                [row for row in rows if row.ordinal < current.ordinal],
                [row for row in rows if row.ordinal > current.ordinal],
            )
        place = at or 0
        return (
            [model.row_at(row) for row in range(max(0, place - count), place)],
            [model.row_at(row) for row in range(place + 1, min(model.rowCount(), place + 1 + count))],
        )

    def _waiting_text(self, row: Row) -> str:
        waited = duration_text((self._model.now_s() - row.time_s) * 1000)
        return f"waiting {waited} of {self._model.answer_timeout_s:g} s"

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102 - as Qt documents it
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._theme.colour("raised"))
        painter.setFont(self._theme.font(bold=True))
        painter.setPen(self._theme.colour("text"))
        painter.drawText(QRect(MARGIN, 8, self.width() - 2 * MARGIN, 20), Qt.AlignmentFlag.AlignVCenter, "Sequence")
        arrows = self.arrows
        left, right = self._sides()
        self._paint_lives(painter, left, right, len(arrows))
        for number, arrow in enumerate(arrows):
            self._paint_arrow(painter, arrow, left, right, self._line_y(number))
        if not arrows:
            painter.setPen(self._theme.colour("dim"))
            place = QRect(MARGIN, TITLE_HEIGHT + HEAD_HEIGHT + 16, self.width() - 2 * MARGIN, 40)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, "No messages yet")

    def _sides(self) -> tuple[float, float]:
        """Where the two life lines stand."""
        inset = min(56, max(30, self.width() * 0.17))
        return inset, self.width() - inset

    def _line_y(self, number: int) -> float:
        return TITLE_HEIGHT + HEAD_HEIGHT + 24 + number * STEP

    def _paint_lives(self, painter: QPainter, left: float, right: float, count: int) -> None:
        painter.setFont(self._theme.small_font())
        metrics = QFontMetricsF(painter.font())
        half = min(left, (right - left) / 2) - 2
        for x, name in ((left, self._name), (right, "CSMS")):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 2 * half)
            painter.setPen(self._theme.colour("dim"))
            place = QRectF(x - half, TITLE_HEIGHT, 2 * half, HEAD_HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            painter.setPen(QPen(self._theme.colour("border"), 1))
            bottom = self._line_y(max(count, 1)) - 4
            painter.drawLine(QPointF(x, TITLE_HEIGHT + HEAD_HEIGHT + 2), QPointF(x, bottom))

    def _paint_arrow(self, painter: QPainter, arrow: Arrow, left: float, right: float, y: float) -> None:
        chosen = arrow.seq and self._seq is not None and self._is_current(arrow)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("selection"))
            painter.drawRoundedRect(QRectF(6, y - 19, self.width() - 12, STEP + 1), 4, 4)
        painter.setFont(self._theme.small_font())
        metrics = QFontMetricsF(painter.font())
        width = right - left - 8
        painter.setPen(self._theme.colour(arrow.text_colour))
        text = metrics.elidedText(arrow.text, Qt.TextElideMode.ElideRight, width if arrow.drawn else width + 30)
        shift = -16.0 if arrow.drawn else -12.0
        place = QRectF(left - 12, y + shift, right - left + 24, 14)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        if arrow.drawn:
            self._paint_line(painter, arrow, left, right, y)

    def _is_current(self, arrow: Arrow) -> bool:
        row = self._model.find(self._seq) if self._seq else None
        return row is not None and row.ordinal == arrow.ordinal

    def _paint_line(self, painter: QPainter, arrow: Arrow, left: float, right: float, y: float) -> None:
        colour = self._theme.colour(arrow.colour)
        start, end, sign = (left, right, -1) if arrow.rightwards else (right, left, 1)
        pen = QPen(colour, 1.4)
        if arrow.dashed:
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(start, y), QPointF(end + sign * HEAD, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(
            QPolygonF([QPointF(end, y), QPointF(end + sign * 7, y - 3.5), QPointF(end + sign * 7, y + 3.5)])
        )

    # --- mouse ------------------------------------------------------------------------------------------------------

    def arrow_at(self, y: float) -> Arrow | None:
        """The line at this height."""
        number = round((y - self._line_y(0) + 5) / STEP)
        arrows = self.arrows
        return arrows[number] if 0 <= number < len(arrows) and y > TITLE_HEIGHT + HEAD_HEIGHT else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102 - as Qt documents it
        over = self.arrow_at(event.position().y())
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102 - as Qt documents it
        arrow = self.arrow_at(event.position().y())
        if arrow and event.button() is Qt.MouseButton.LeftButton:
            self.selected.emit(arrow.seq)

    def event(self, event: QEvent) -> bool:
        """Tool tips tell time and verdict."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            arrow = self.arrow_at(event.pos().y())
            row = self._model.rows.row(arrow.ordinal) if arrow else None
            if arrow and row:
                text = f"{clock_text(row.time_s)} {row.action}\n{row.summary}\n{verdict_text(row)}"
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def _arrows(row: Row, waiting_text: Callable[[Row], str]) -> list[Arrow]:
    """Request and answer of a row as lines."""
    request = Arrow(_label(row), "accent" if row.sent else "received", "text", row.sent, False, row.seq, row.ordinal)
    if row.answer_seq and row.answer_seq != row.seq:
        colour = "bad" if row.problem else "good"
        text_colour = "bad" if row.problem else "dim"
        return [request, Arrow(_answer(row), colour, text_colour, not row.sent, True, row.answer_seq, row.ordinal)]
    if row.waiting:
        return [request, Arrow(waiting_text(row), "", "warning", True, False, row.seq, row.ordinal, drawn=False)]
    if row.flags & OVERDUE:
        return [request, Arrow("no answer", "", "bad", True, False, row.seq, row.ordinal, drawn=False)]
    return [request]


def _label(row: Row) -> str:
    number = next((part for part in row.summary.split(" · ") if part.startswith("seq ")), "")
    return f"{row.action} {number}".strip()


def _answer(row: Row) -> str:
    text = answer_text(row).partition(" · ")[0]
    after = "" if isnan(row.latency_ms) else duration_text(row.latency_ms)
    return " · ".join(part for part in (text, after) if part) or "answered"
