"""The chart: power, current, voltage or energy of an EVSE over station time, live, with the states below."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from html import escape
from math import isnan
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QRunnable, QSize, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.models.log_cells import clock_text
from ui.models.series import EvseSamples, Series
from ui.theme import Theme, set_role
from ui.views.chart_export import export_chart
from ui.views.chart_lines import KINDS, LINES, UNITS, Legend
from ui.views.chart_plot import LEFT_AXIS, ChartPlot
from ui.views.flow_layout import FlowLayout
from ui.views.state_strip import StateStrip

WINDOW_S = 900.0
LEAST_WINDOW_S = 60.0
HEAD_ROOM_S = 5.0
REDRAW_MS = 270  # not a multiple of the log's interval: two paints in one turn of the loop would be felt


class _Import(QRunnable):
    """Loads pyqtgraph in a worker thread: 0.4 s in which the window goes on."""

    def __init__(self, done: Callable[[], None]) -> None:
        super().__init__()
        self._done = done

    def run(self) -> None:
        """Load it, and say so."""
        importlib.import_module("pyqtgraph")
        self._done()


class ChartView(QWidget):
    """Shows a Series; loads the plot when it is first seen."""

    headline = Signal(str)
    """What is shown: "EVSE 1 · last 15 min"."""
    loaded = Signal()
    """The plot is there."""
    _imported = Signal()

    def __init__(
        self, series: Series, theme: Theme, *, now: Callable[[], float] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._series = series
        self._theme = theme
        self._now = now
        self._evse = 0
        self._kind = "Power"
        self._window_s = WINDOW_S
        self._follow = True
        self._stale = True
        self._said = ""
        self._dialog: QFileDialog | None = None
        self.plot: ChartPlot | None = None
        self._pool = QThreadPool(self)
        self._make_widgets()
        self._redraw_timer = QTimer(self)
        self._redraw_timer.setInterval(REDRAW_MS)
        self._redraw_timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one is moved to where others fire
        self._redraw_timer.timeout.connect(self._redraw)
        self._imported.connect(self._make_plot)
        series.changed.connect(self._series_changed)
        theme.changed.connect(self._take_theme)
        self._evse = 1
        self.evse_button.setText("EVSE 1")

    # --- building ---------------------------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.placeholder = QLabel(
            "No measurements yet.\nPlug in and charge: power, limit and state of charge appear here."
        )
        set_role(self.placeholder, "dim")
        self.placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.placeholder.setWordWrap(True)
        self.box = QLabel(self)
        set_role(self.box, "raised")
        self.box.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.box.setContentsMargins(8, 5, 8, 5)
        self.box.hide()
        self.legend = Legend()
        set_role(self.legend, "small")
        self.legend.setContentsMargins(LEFT_AXIS, 0, 0, 0)
        self.strip = StateStrip(self._series, self._theme)
        self.drawing = QWidget()
        self.drawing.setAutoFillBackground(True)
        self.drawing.setBackgroundRole(QPalette.ColorRole.Base)
        self._drawing_layout = QVBoxLayout(self.drawing)
        self._drawing_layout.setContentsMargins(0, 0, 8, 8)
        self._drawing_layout.setSpacing(6)
        self._drawing_layout.addWidget(self.placeholder, 1)
        self._drawing_layout.addWidget(self.legend)
        self._drawing_layout.addWidget(self.strip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_head())
        layout.addWidget(self.drawing, 1)
        self.legend.hide()
        self.strip.hide()

    def _make_head(self) -> QWidget:
        head = QWidget()
        layout = FlowLayout(head, spacing=6)
        layout.setContentsMargins(8, 7, 8, 4)
        self.evse_button = QToolButton()
        set_role(self.evse_button, "chip")
        self.evse_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.evse_button.setAccessibleName("EVSE of the chart")
        self.evse_menu = QMenu(self.evse_button)
        self.evse_menu.aboutToShow.connect(self._fill_evses)
        self.evse_button.setMenu(self.evse_menu)
        layout.addWidget(self.evse_button)
        self.kinds = QButtonGroup(self)
        for number, kind in enumerate(KINDS):
            chip = self._chip(kind, f"Show {kind.lower()}")
            chip.setChecked(kind == self._kind)
            self.kinds.addButton(chip, number)
            layout.addWidget(chip)
        self.kinds.idClicked.connect(lambda number: self.set_curves(KINDS[number]))
        self.now_chip = self._chip("Now", "Back to the present (End)")
        self.now_chip.setCheckable(False)
        self.now_chip.hide()
        self.now_chip.clicked.connect(self.follow_now)
        layout.addWidget(self.now_chip)
        self.export_button = QToolButton()
        set_role(self.export_button, "quiet")
        self.export_button.setToolTip("Export as PNG, SVG or CSV")
        self.export_button.setAccessibleName("Export the chart")
        self._theme.set_icon(self.export_button, "export", "dim")
        self.export_button.clicked.connect(self._pop_up_export)
        layout.addWidget(self.export_button)
        return head

    def _chip(self, text: str, hint: str) -> QToolButton:
        chip = QToolButton()
        set_role(chip, "chip")
        chip.setText(text)
        chip.setToolTip(hint)
        chip.setCheckable(True)
        return chip

    def sizeHint(self) -> QSize:  # noqa: D102 - as Qt documents it
        return QSize(500, 290)

    # --- loading ----------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102 - as Qt documents it
        super().showEvent(event)
        self._redraw_timer.start()
        self._say_headline()
        if self.plot is None:
            QTimer.singleShot(300, self._load)  # the window shall be painted first

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102 - as Qt documents it
        super().hideEvent(event)
        self._redraw_timer.stop()

    def _load(self) -> None:
        if self.plot is None and self._pool.activeThreadCount() == 0:
            self._pool.start(_Import(self._imported.emit))

    def show_now(self) -> None:
        """Have the plot at once, for a picture."""
        self._make_plot()
        self._redraw()

    def _make_plot(self) -> None:
        if self.plot is not None:
            return
        self.plot = ChartPlot(self._theme, self.drawing)
        self._drawing_layout.insertWidget(1, self.plot.widget, 1)
        self.plot.range_changed.connect(self._range_changed)
        self.plot.moved_by_hand.connect(self._moved_by_hand)
        self.plot.cursor_moved.connect(self._show_box)
        self.plot.widget.installEventFilter(self)
        self.plot.set_label(UNITS[self._kind])
        self.plot.set_curves(line.curve for line in LINES[self._kind])
        self._series_changed()
        self._redraw()
        self.loaded.emit()

    # --- what others ask --------------------------------------------------------------------------------------------

    @property
    def evse(self) -> int:
        """The EVSE that is shown."""
        return self._evse

    @property
    def kind(self) -> str:
        """Which curves are shown: "Power", "Current", "Voltage" or "Energy"."""
        return self._kind

    @property
    def following(self) -> bool:
        """Whether the chart stays at the present."""
        return self._follow

    def select_evse(self, evse: int) -> None:
        """Show this EVSE."""
        self._evse = evse
        self.evse_button.setText(f"EVSE {evse}")
        self._series_changed()
        self._redraw()
        self._say_headline()

    def set_curves(self, kind: str) -> None:
        """Show "Power", "Current", "Voltage" or "Energy"; ValueError for anything else."""
        if kind not in KINDS:
            raise ValueError(f"the chart has no curves {kind!r}; it has: {', '.join(KINDS)}")
        self.kinds.button(KINDS.index(kind)).setChecked(True)
        self._kind = kind
        if self.plot is not None:
            self.plot.set_label(UNITS[kind])
            self.plot.set_curves(line.curve for line in LINES[kind])
        self._series_changed()
        self._redraw()

    def follow_now(self) -> None:
        """Show the last quarter of an hour, and go on with the time."""
        self._follow = True
        self._window_s = WINDOW_S
        self.now_chip.hide()
        self._series_changed()
        self._redraw()
        self._say_headline()

    def saveState(self) -> QByteArray:
        """EVSE and curves."""
        return QByteArray(json.dumps({"evse": self._evse, "kind": self._kind}).encode())

    def restoreState(self, state: QByteArray) -> bool:
        """Put back what saveState gave; False when it is something else."""
        try:
            kept = json.loads(bytes(state.data()))
            evse, kind = int(kept["evse"]), str(kept["kind"])
        except (ValueError, KeyError, TypeError):
            return False
        if kind not in KINDS:
            return False
        self.select_evse(evse)
        self.set_curves(kind)
        return True

    # --- drawing ----------------------------------------------------------------------------------------------------

    def _series_changed(self) -> None:
        self._stale = True

    def _take_theme(self) -> None:
        self._series_changed()
        self._redraw()

    def now_s(self) -> float:
        """The present on the station clock, POSIX seconds."""
        return self._now() if self._now else self._series.newest_s

    def _redraw(self) -> None:
        """Draw what is new; called four times a second while the chart is seen."""
        known = self._evse in self._series.evses
        self.placeholder.setVisible(self.plot is None or not known)
        if self.plot is None:
            return
        for widget in (self.plot.widget, self.legend, self.strip):
            widget.setVisible(known)
        if not known:
            self.box.hide()
            return
        if not self._stale and not self._has_moved():
            return
        if self._stale:
            self._stale = False
            self._draw_data()
        if self._follow:
            end = self.now_s() + HEAD_ROOM_S
            self.plot.set_range(end - self._span_s(), end)
        self._say_headline()
        self.plot.redraw()
        self._fit_height()
        self._draw_marks_and_states()

    def _span_s(self) -> float:
        """How much time is seen up to the present: a session that has just begun fills the width as well."""
        times = self._series.samples(self._evse).times
        known_s = self.now_s() - times[0] if times else 0.0
        return min(self._window_s, max(LEAST_WINDOW_S, known_s * 1.1))

    def _has_moved(self) -> bool:
        """Whether the present has moved on by half a pixel since it was drawn."""
        if self.plot is None or not self._follow:
            return False
        end = self.plot.range[1]
        return abs(self.now_s() + HEAD_ROOM_S - end) > self._span_s() / max(1, self.width()) / 2

    def _draw_data(self) -> None:
        assert self.plot is not None
        samples = self._series.samples(self._evse)
        lines = []
        for line in LINES[self._kind]:
            column = samples.columns[line.column]
            if self.plot.set_data(line.curve.name, samples.times, column, line.factor):
                lines.append(line)
        self.legend.show_lines(lines, self._theme)

    def _fit_height(self) -> None:
        """Let the left scale hold what is seen: from zero, but voltage and register around their values."""
        assert self.plot is not None
        names = [line.curve.name for line in LINES[self._kind] if not line.curve.percent]
        low, high = self.plot.extent(names) or (0.0, 1.0)
        if self._kind in ("Voltage", "Energy"):
            room = max((high - low) * 0.15, 2.0 if self._kind == "Voltage" else 0.05)
            self.plot.set_height(max(0.0, low - room), high + room)
        else:
            top = max(high * 1.18, 1.0)
            self.plot.set_height(min(-0.03 * top, low * 1.1), top)

    def _draw_marks_and_states(self) -> None:
        assert self.plot is not None
        start, end = self.plot.range
        self.plot.show_marks(self._series.marks_between(self._evse, start, end))
        self.strip.show_range(self._evse, (start, end), self.plot.edges, self.now_s())

    # --- what the user does -----------------------------------------------------------------------------------------

    def _range_changed(self, _start: float, _end: float) -> None:
        if self.plot is not None and self.plot.widget.isVisible():
            self._draw_marks_and_states()

    def _moved_by_hand(self) -> None:
        if self.plot is not None:
            start, end = self.plot.range
            self._follow = start < self.now_s() <= end and self._follow
            self._window_s = end - start
            self.now_chip.setVisible(not self._follow)
            self._fit_height()
            self._say_headline()

    def _say_headline(self) -> None:
        if self._follow:
            span = f"last {max(1, self._span_s() / 60):.0f} min"
        elif self.plot is not None:
            start, end = self.plot.range
            span = f"{clock_text(start)[:5]} to {clock_text(end)[:5]}"
        else:
            span = ""
        text = " · ".join(filter(None, (f"EVSE {self._evse}", span)))
        if text != self._said:
            self._said = text
            self.headline.emit(text)

    def _show_box(self, time_s: float) -> None:
        """Show the values nearest to the cursor in a small box beside it."""
        assert self.plot is not None
        samples = self._series.samples(self._evse)
        index = samples.nearest(time_s) if time_s >= 0 else None
        start, end = self.plot.range
        if index is None or not start <= samples.times[index] <= end:
            self.plot.show_cursor(None)
            self.box.hide()
            return
        self.plot.show_cursor(samples.times[index])
        self.box.setText(self._box_text(samples, index))
        self.box.adjustSize()
        left, right = self.plot.edges
        x = self.plot.x_of(samples.times[index])
        wanted = x + 10 if x + 10 + self.box.width() < right else x - 10 - self.box.width()
        corner = self.plot.widget.mapTo(self, QPoint(int(max(left, wanted)), 14))
        self.box.move(corner)
        self.box.show()
        self.box.raise_()

    def _box_text(self, samples: EvseSamples, index: int) -> str:
        dim = self._theme.colour("dim").name()
        texts = [f'<span style="color:{dim}">{clock_text(samples.times[index])[:8]}</span>']
        for line in LINES[self._kind]:
            value = samples.columns[line.column][index] * line.factor
            if not isnan(value):
                colour = self._theme.colour(line.curve.colour).name()
                digits = 0 if line.unit == "%" else 2 if line.unit == "kWh" else 1
                texts.append(f'<span style="color:{colour}">{line.curve.name} {value:.{digits}f} {line.unit}</span>')
        return "<br>".join(texts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the plot: arrows pan, plus and minus zoom, End goes back to the present."""
        if event.type() is QEvent.Type.Leave and self.plot is not None:
            self._show_box(-1)
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.plot is not None:
            plot = self.plot
            keys: dict[int, Callable[[], None]] = {
                Qt.Key.Key_Left: lambda: plot.pan(-0.1),
                Qt.Key.Key_Right: lambda: plot.pan(0.1),
                Qt.Key.Key_Plus: lambda: plot.zoom(0.5),
                Qt.Key.Key_Minus: lambda: plot.zoom(2),
                Qt.Key.Key_End: self.follow_now,
            }
            run = keys.get(event.key())
            if run:
                run()
                return True
        return super().eventFilter(watched, event)

    def _fill_evses(self) -> None:
        self.evse_menu.clear()
        for evse in self._series.evses or (self._evse,):
            action = self.evse_menu.addAction(f"EVSE {evse}")
            action.setCheckable(True)
            action.setChecked(evse == self._evse)
            action.triggered.connect(lambda _checked, evse=evse: self.select_evse(evse))

    def _pop_up_export(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for suffix, text in (("png", "Picture (PNG)…"), ("svg", "Drawing (SVG)…"), ("csv", "Values (CSV)…")):
            menu.addAction(text).triggered.connect(lambda _checked, suffix=suffix: self._ask_file(suffix))
        menu.popup(self.export_button.mapToGlobal(self.export_button.rect().bottomLeft()))

    def _ask_file(self, suffix: str) -> None:
        """Ask for a file without stopping the event loop, as dialog.exec() would."""
        dialog = QFileDialog(self, "Export the chart", f"evse-{self._evse}-{self._kind.lower()}.{suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.export(Path(path)))
        self._dialog = dialog
        dialog.open()

    def export(self, path: Path) -> None:
        """Write the chart as .png, .svg or .csv; a failure is told in the chart's box."""
        try:
            export_chart(path, self.drawing, self._series, self._evse)
        except OSError as problem:
            self.box.setText(escape(f"Not written: {problem}"))
            self.box.adjustSize()
            self.box.move(12, 48)
            self.box.show()
