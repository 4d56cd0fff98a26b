"""The strip under the chart: in which state the EVSE was, by colour and by word."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from ui.models.log_cells import clock_text
from ui.models.series import Series, Span
from ui.theme import Theme

HEIGHT = 20
LEAST_ROOM = 28
TONES = {
    "Available": ("good_soft", "good"),
    "Idle": ("good_soft", "good"),
    "Preparing": ("warning_soft", "warning"),
    "Occupied": ("warning_soft", "warning"),
    "EVConnected": ("warning_soft", "warning"),
    "Finishing": ("warning_soft", "warning"),
    "Charging": ("accent_soft", "accent"),
    "SuspendedEV": ("received_soft", "received"),
    "SuspendedEVSE": ("received_soft", "received"),
    "Reserved": ("received_soft", "received"),
    "Faulted": ("bad_soft", "bad"),
}
OTHER = ("hover", "dim")


class StateStrip(QWidget):
    """Coloured segments on the chart's time axis."""

    def __init__(self, series: Series, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series = series
        self._theme = theme
        self._evse = 0
        self._now_s = 0.0
        self._times = (0.0, 1.0)
        self._edges = (0.0, 1.0)
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName("States over time")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: D102 - as Qt documents it
        return QSize(300, HEIGHT)

    def show_range(self, evse: int, times: tuple[float, float], edges: tuple[float, float], now_s: float) -> None:
        """Show an EVSE's states from time to time (POSIX seconds) between two x positions in pixels, up to now."""
        self._evse, self._times, self._edges, self._now_s = evse, times, edges, now_s
        words = ", ".join(f"{span.state} from {clock_text(span.start_s)[:8]}" for span in self._spans())
        self.setAccessibleDescription(words)
        self.update()

    def _spans(self) -> list[Span]:
        start, end = self._times
        return list(self._series.spans(self._evse, start, min(end, self._now_s))) if end > start else []

    def _x(self, time_s: float) -> float:
        (start, end), (left, right) = self._times, self._edges
        return left + (min(max(time_s, start), end) - start) / (end - start) * (right - left)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102 - as Qt documents it
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._edges
        if right <= left or self._times[1] <= self._times[0]:
            return
        whole = QRectF(left, 1, right - left, HEIGHT - 2)
        shape = QPainterPath()
        shape.addRoundedRect(whole, 4, 4)
        painter.setClipPath(shape)
        painter.fillRect(whole, self._theme.colour("raised"))
        painter.setFont(self._theme.small_font())
        for span in self._spans():
            self._paint_span(painter, span)

    def _paint_span(self, painter: QPainter, span: Span) -> None:
        ground, colour = TONES.get(span.state, OTHER)
        start, end = self._x(span.start_s), self._x(min(span.end_s, self._now_s))
        rect = QRectF(start, 1, end - start, HEIGHT - 2)
        painter.fillRect(rect, self._theme.colour(ground))
        painter.fillRect(QRectF(start, 1, 2, HEIGHT - 2), self._theme.colour(colour))
        room = rect.adjusted(6, 0, -3, 0)
        if room.width() > LEAST_ROOM:
            text = QFontMetricsF(painter.font()).elidedText(span.state, Qt.TextElideMode.ElideRight, room.width())
            painter.setPen(self._theme.colour(colour))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def event(self, event: QEvent) -> bool:
        """A tool tip tells the state under the pointer."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            x = event.pos().x()
            for span in self._spans():
                if self._x(span.start_s) <= x <= self._x(min(span.end_s, self._now_s)):
                    QToolTip.showText(event.globalPos(), f"{span.state} from {clock_text(span.start_s)[:8]}", self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)
