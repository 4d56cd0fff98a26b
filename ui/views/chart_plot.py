"""The plot itself: the one place that knows pyqtgraph, which is imported when a ChartPlot is made."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from ui.models.series import ChartMark
from ui.theme import Theme

MAX_MARKS_SHOWN = 40
LABEL_ROOM = 84
LEFT_AXIS = 44
RIGHT_AXIS = 44
FILL_ALPHA = 36
DAY_S = 86_400.0
TICK_ROOM = 76
TICK_STEPS_S = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Curve:
    """How a line looks: its name, the theme's colour, dashed, filled down to zero, on the percent scale, in steps."""

    name: str
    colour: str
    dashed: bool = False
    filled: bool = False
    percent: bool = False
    steps: bool = False


class ChartPlot(QObject):
    """Curves over station time with marks and a cursor; x zooms and pans, y fits itself."""

    range_changed = Signal(float, float)
    """First and last POSIX second that is seen."""
    moved_by_hand = Signal()
    """The user has zoomed or panned."""
    cursor_moved = Signal(float)
    """The POSIX second under the pointer; -1 when it has left."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import numpy
        import pyqtgraph

        self._numpy = numpy
        self._pg: Any = pyqtgraph
        self._theme = theme
        self._curves: dict[str, tuple[Curve, Any]] = {}
        self._data: dict[str, tuple[array[float], array[float], float]] = {}
        self._drawn: dict[str, Any] = {}
        self._marks: list[tuple[Any, Any]] = []
        self._shown_marks: list[ChartMark] = []
        pyqtgraph.setConfigOptions(antialias=True)
        self._origin_s: float | None = None
        self.widget: Any = pyqtgraph.PlotWidget(parent, axisItems={"bottom": _time_axis(self)})
        self.widget.setFrameShape(self.widget.Shape.NoFrame)
        self.widget.setAccessibleName("Chart")
        self.widget.setMenuEnabled(False)
        self.widget.hideButtons()
        self._item: Any = self.widget.getPlotItem()
        self._box: Any = self._item.getViewBox()
        self._box.setMouseEnabled(x=True, y=False)
        self._box.setLimits(minXRange=5, maxXRange=7 * 86_400)
        self._box.disableAutoRange()
        self._percent_box = self._make_percent_box()
        self._cursor: Any = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self._box.addItem(self._cursor, ignoreBounds=True)
        self._box.sigXRangeChanged.connect(self._x_changed)
        self._box.sigRangeChangedManually.connect(lambda *_: self.moved_by_hand.emit())
        self.widget.scene().sigMouseMoved.connect(self._mouse_moved)
        theme.changed.connect(self.take_theme)
        self.take_theme()

    def _make_percent_box(self) -> Any:
        """A second scale from 0 to 100 % at the right, moved and zoomed together with the first."""
        box = self._pg.ViewBox(enableMenu=False)
        self._item.scene().addItem(box)
        self._item.showAxis("right")
        axis = self._item.getAxis("right")
        axis.linkToView(box)
        axis.setTicks([[(0, "0 %"), (50, "50 %"), (100, "100 %")], []])
        axis.setWidth(RIGHT_AXIS)
        box.setXLink(self._box)
        box.setYRange(-3, 108, padding=0)
        box.setMouseEnabled(x=False, y=False)
        box.setZValue(5)
        self._item.getAxis("left").setWidth(LEFT_AXIS)
        self._item.getAxis("left").setTickDensity(0.6)
        self._box.sigResized.connect(self._place_percent_box)
        return box

    def _place_percent_box(self) -> None:
        self._percent_box.setGeometry(self._box.sceneBoundingRect())
        self._percent_box.linkedViewChanged(self._box, self._percent_box.XAxis)
        self._x_changed()

    # --- looks ------------------------------------------------------------------------------------------------------

    def take_theme(self) -> None:
        """Paint everything in the theme's colours."""
        colour = self._theme.colour
        self.widget.setBackground(colour("panel"))
        for name in ("left", "bottom", "right"):
            axis = self._item.getAxis(name)
            axis.setPen(QPen(colour("line"), 1))
            axis.setTextPen(QPen(colour("dim")))
            axis.setStyle(tickFont=self._theme.small_font(), tickLength=-4 if name == "bottom" else 0)
        self._item.getAxis("left").setGrid(150)
        self._cursor.setPen(self._pen("dim"))
        for curve, line in self._curves.values():
            self._dress(curve, line)
        self.show_marks(self._shown_marks)

    def _pen(self, token: str) -> QPen:
        pen = QPen(self._theme.colour(token), 1)  # a width of 2 costs seven times the time
        pen.setCosmetic(True)
        return pen

    def _dress(self, curve: Curve, line: Any) -> None:
        pen = self._pen(curve.colour)
        if curve.dashed:
            pen.setDashPattern([6, 4])
        line.setPen(pen)
        if curve.filled:
            ground = QColor(self._theme.colour(curve.colour))
            ground.setAlpha(FILL_ALPHA)
            line.setFillLevel(0)
            line.setBrush(ground)

    # --- what is drawn ----------------------------------------------------------------------------------------------

    def set_curves(self, curves: Iterable[Curve]) -> None:
        """Draw these lines from now on."""
        for curve, line in self._curves.values():
            (self._percent_box if curve.percent else self._box).removeItem(line)
        self._curves, self._data, self._drawn = {}, {}, {}
        for curve in curves:
            line = self._pg.PlotCurveItem()
            (self._percent_box if curve.percent else self._box).addItem(line, ignoreBounds=True)
            self._dress(curve, line)
            self._curves[curve.name] = (curve, line)
        self._item.getAxis("right").setVisible(any(curve.percent for curve, _ in self._curves.values()))

    def set_data(self, name: str, times_s: array[float], values: array[float], factor: float = 1) -> bool:
        """Give a curve its points, the values times a factor; returns whether there are any. `redraw` draws them."""
        if self._origin_s is None and len(times_s):
            self._origin_s = times_s[0] // DAY_S * DAY_S
        self._data[name] = (times_s, values, factor)
        some = bool(self._numpy.isfinite(self._numpy.frombuffer(values)).any())
        self._curves[name][1].setVisible(some)
        return some

    def redraw(self) -> None:
        """Draw what is seen of the points: clipped, and where they stand close, lowest and highest of each pixel."""
        start, end = self.range
        for name, (times_s, values, factor) in self._data.items():
            curve, line = self._curves[name]
            x, y = self._thinned(times_s, values, start, end)
            self._drawn[name] = y = y * factor
            steps = "right" if curve.steps and len(x) else None
            line.setData(x - self.origin_s, y, connect="finite", stepMode=steps)

    def _thinned(self, times_s: array[float], values: array[float], start: float, end: float) -> tuple[Any, Any]:
        numpy = self._numpy
        x, y = numpy.frombuffer(times_s), numpy.frombuffer(values)  # no copy; must not outlive this call
        first, last = numpy.searchsorted(x, (start, end))
        first, last = max(0, int(first) - 1), min(len(x), int(last) + 1)
        size = (last - first) // max(100, self.widget.width())
        if size < 3:
            return x[first:last].copy(), y[first:last].copy()
        first -= first % size  # blocks that stay where they are while time goes on: the curve does not flicker
        count = (last - first) // size
        blocks = y[first : first + count * size].reshape(count, size)
        ends = numpy.column_stack((numpy.fmin.reduce(blocks, axis=1), numpy.fmax.reduce(blocks, axis=1)))
        rest = first + count * size
        times = numpy.repeat(x[first:rest:size], 2)
        return numpy.concatenate((times, x[rest:last])), numpy.concatenate((ends.ravel(), y[rest:last]))

    def extent(self, names: Iterable[str]) -> tuple[float, float] | None:
        """Lowest and highest value that is drawn of these curves; None when nothing is."""
        numpy = self._numpy
        found = [drawn[numpy.isfinite(drawn)] for name in names if (drawn := self._drawn.get(name)) is not None]
        found = [values for values in found if len(values)]
        return (float(min(v.min() for v in found)), float(max(v.max() for v in found))) if found else None

    def set_label(self, unit: str) -> None:
        """The unit at the left axis."""
        self._item.getAxis("left").setLabel(unit)

    @property
    def origin_s(self) -> float:
        """The midnight from which the drawing counts: six digits, all that an SVG keeps, are too few for POSIX time."""
        return self._origin_s or 0.0

    def set_range(self, start_s: float, end_s: float) -> None:
        """Show this span of time."""
        self._box.setXRange(start_s - self.origin_s, end_s - self.origin_s, padding=0)

    def set_height(self, low: float, high: float) -> None:
        """Show this span of values."""
        self._box.setYRange(low, high, padding=0)

    @property
    def range(self) -> tuple[float, float]:
        """First and last POSIX second that is seen."""
        start, end = self._box.viewRange()[0]
        return float(start) + self.origin_s, float(end) + self.origin_s

    @property
    def edges(self) -> tuple[float, float]:
        """Where the drawing begins and ends in the widget, in pixels."""
        rect = self._box.sceneBoundingRect()
        left = self.widget.mapFromScene(rect.topLeft()).x()
        right = self.widget.mapFromScene(rect.bottomRight()).x()
        return float(left), float(right)

    def x_of(self, time_s: float) -> float:
        """Where a moment is in the widget, in pixels."""
        (start, end), (left, right) = self.range, self.edges
        return left + (time_s - start) / (end - start) * (right - left) if end > start else left

    def show_marks(self, marks: list[ChartMark]) -> None:
        """Draw these marks; the text of one that stands too close to the one before is left out."""
        self._shown_marks = marks[-MAX_MARKS_SHOWN:]
        while len(self._marks) < len(self._shown_marks):
            self._marks.append(self._new_mark())
        pen = self._pen("border_strong")
        pen.setDashPattern([1, 3])
        free_from = float("-inf")
        for number, (line, label) in enumerate(self._marks):
            mark = self._shown_marks[number] if number < len(self._shown_marks) else None
            line.setVisible(mark is not None)
            label.setVisible(False)
            if mark is None:
                continue
            line.setPos(mark.time_s - self.origin_s)
            line.setPen(pen)
            x = self.x_of(mark.time_s)
            if x >= free_from:
                label.setText(mark.text, color=self._theme.colour("dim"))
                label.setFont(self._theme.small_font())
                label.setPos(mark.time_s - self.origin_s, self._box.viewRange()[1][1])
                label.setVisible(True)
                free_from = x + max(LABEL_ROOM, label.boundingRect().width() + 8)

    def _new_mark(self) -> tuple[Any, Any]:
        line = self._pg.InfiniteLine(angle=90, movable=False)
        label = self._pg.TextItem(anchor=(0, 0))
        for item in (line, label):
            self._box.addItem(item, ignoreBounds=True)
        return line, label

    def show_cursor(self, time_s: float | None) -> None:
        """Draw the cursor's line at a moment, or nowhere."""
        self._cursor.setVisible(time_s is not None)
        if time_s is not None:
            self._cursor.setPos(time_s - self.origin_s)

    # --- what the user does -----------------------------------------------------------------------------------------

    def zoom(self, factor: float) -> None:
        """Show `factor` times the span of time, around its end."""
        start, end = self.range
        self.set_range(end - (end - start) * factor, end)
        self.moved_by_hand.emit()

    def pan(self, share: float) -> None:
        """Move by a share of the span that is seen; negative: back in time."""
        start, end = self.range
        by = (end - start) * share
        self.set_range(start + by, end + by)
        self.moved_by_hand.emit()

    def _x_changed(self, *_: object) -> None:
        self.redraw()
        self.range_changed.emit(*self.range)

    def _mouse_moved(self, position: QPointF) -> None:
        if self._box.sceneBoundingRect().contains(position):
            self.cursor_moved.emit(float(self._box.mapSceneToView(position).x()) + self.origin_s)
        else:
            self.cursor_moved.emit(-1.0)


def _time_axis(plot: ChartPlot) -> Any:
    """An axis with the local time of day, for a drawing that counts from the plot's origin."""
    from pyqtgraph import AxisItem

    class TimeAxis(AxisItem):  # type: ignore[misc]
        """A tick at round times, as many as there is room for."""

        def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
            """Where the ticks stand."""
            wanted_s = (high - low) * TICK_ROOM / max(size, 1)
            spacing = next((step for step in TICK_STEPS_S if step >= wanted_s), TICK_STEPS_S[-1])
            by = plot.origin_s + _zone_offset_s(plot.origin_s + low)
            first = ceil((low + by) / spacing)
            return [(spacing, [number * spacing - by for number in range(first, int((high + by) // spacing) + 1)])]

        def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
            """What is written at the ticks."""
            form = "%H:%M:%S" if spacing < 60 else "%H:%M" if spacing < DAY_S else "%d %b"
            return [datetime.fromtimestamp(plot.origin_s + value, UTC).astimezone().strftime(form) for value in values]

    return TimeAxis(orientation="bottom")


def _zone_offset_s(time_s: float) -> float:
    """How far the local time is ahead of UTC, in seconds."""
    offset = datetime.fromtimestamp(time_s, UTC).astimezone().utcoffset()
    return offset.total_seconds() if offset else 0.0
