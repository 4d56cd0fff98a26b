"""How every small table looks: rows of 24 pixels, no grid, a sentence where there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui.models.records import Record, RecordTable
from ui.theme import Theme
from ui.theme.fonts import TEXT_SIZE

ROW = 24


class RecordTableView(QTableView):
    """A table of records; `chosen` tells the record of the current row, None when there is none."""

    chosen = Signal(object)

    def __init__(
        self, model: RecordTable, theme: Theme, name: str, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._records, self._theme, self.hint = model, theme, hint
        self.setModel(model)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.verticalHeader().setMinimumSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        header.setSectionsClickable(False)
        for number, column in enumerate(model.columns):
            if not column.width:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        self._scale = 0.0
        self._fit_text()
        theme.changed.connect(self._fit_text)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self.chosen.emit(model.record(now.row())))
        model.layoutChanged.connect(self.viewport().update)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(lambda *_: self.viewport().update())

    def _fit_text(self) -> None:
        """Columns and rows grow with the text."""
        scale = self._theme.font().pixelSize() / TEXT_SIZE
        if scale == self._scale:
            return
        self._scale = scale
        for number, column in enumerate(self._records.columns):
            if column.width:
                self.horizontalHeader().resizeSection(number, round(column.width * scale))
        self.verticalHeader().setDefaultSectionSize(max(ROW, round(ROW * scale)))

    def current_record(self) -> Record | None:
        """The record of the current row."""
        return self._records.record(self.currentIndex().row())

    def choose(self, key: object) -> None:
        """Make the row of a key the current one."""
        row = self._records.row_of(key)
        if row >= 0:
            self.setCurrentIndex(self._records.index(row, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or the sentence."""
        super().paintEvent(event)
        if self.hint and not self._records.rowCount():
            paint_hint(self.viewport(), self.hint, self._theme)


def paint_hint(viewport: QWidget, hint: str, theme: Theme) -> None:
    """Write a sentence into an empty view."""
    painter = QPainter(viewport)
    painter.setFont(theme.font())
    painter.setPen(theme.colour("dim"))
    room: QRect = viewport.rect().adjusted(24, 16, -24, -16)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(room, int(flags), hint)


__all__ = ["ROW", "RecordTableView", "paint_hint"]
