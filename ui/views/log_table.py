"""The table of the message log: how a row is painted, the keys, and what is said when there is nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui.models.log_cells import Column, answer_text, clock_text, latency_text
from ui.models.log_filter import Matcher
from ui.models.log_rows import Row
from ui.models.message_log import MessageLogModel
from ui.theme import Theme

ROW_HEIGHT = 24
PADDING = 6
ICON = 14
NARROW = 560
WIDE = 914
WIDTHS = {
    Column.TIME: 112,
    Column.DIRECTION: 30,
    Column.ACTION: 168,
    Column.SUMMARY: 320,
    Column.ANSWER: 178,
    Column.LATENCY: 68,
    Column.VERDICT: 36,
}
NARROW_WIDTHS = WIDTHS | {Column.TIME: 104, Column.ACTION: 132, Column.ANSWER: 100, Column.LATENCY: 60}
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex


class LogDelegate(QStyledItemDelegate):
    """Paints cells straight from the model's rows: a tenth of the calls that the standard delegate makes."""

    def __init__(self, model: MessageLogModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self._rows: dict[int, Row] = {}
        self._highlighted: dict[int, bool] = {}
        self._now_s = 0.0
        self.highlight: Matcher | None = None
        self.hovered = -1
        self.take_theme()

    def take_theme(self) -> None:
        """Ask the theme for its fonts and colours again."""
        theme = self._theme
        self._font, self._bold, self._small = theme.font(), theme.font(bold=True), theme.small_font()
        self._fixed = theme.fixed_font()
        self._widest = QFontMetrics(self._bold).horizontalAdvance("W")
        self._pixmaps: dict[tuple[str, str, float], QPixmap] = {}
        names = ("text", "dim", "bad", "warning", "accent", "received", "good", "selection", "warning_soft", "raised")
        self._colours = {name: theme.colour(name) for name in names}

    def start_frame(self) -> None:
        """A new paint event begins: rows may have changed since the last."""
        self._rows.clear()
        self._highlighted.clear()
        self._now_s = self._model.now_s()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102 - as Qt documents it
        row = self._model.row_at(index.row())
        texts = {Column.ACTION: (self._bold, row.action), Column.ANSWER: (self._font, answer_text(row))}
        font, text = texts.get(Column(index.column()), (self._font, row.summary))
        return QSize(QFontMetrics(font).horizontalAdvance(text) + 2 * PADDING, ROW_HEIGHT)

    def paint(  # noqa: D102 - as Qt documents it
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        at = index.row()
        row = self._rows.get(at)
        if row is None:
            row = self._rows[at] = self._model.row_at(at)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        self._paint_ground(painter, rect, row, at, selected)
        _CELLS[index.column()](self, painter, rect.adjusted(PADDING, 0, -PADDING, 0), row)

    def _paint_ground(self, painter: QPainter, rect: QRect, row: Row, at: int, selected: bool) -> None:
        if selected:
            painter.fillRect(rect, self._colours["selection"])
        elif self._is_highlighted(row):
            painter.fillRect(rect, self._colours["warning_soft"])
        elif at == self.hovered:
            painter.fillRect(rect, self._colours["raised"])

    def _is_highlighted(self, row: Row) -> bool:
        if self.highlight is None:
            return False
        found = self._highlighted.get(row.ordinal)
        if found is None:
            block, index = self._model.rows.at(row.ordinal)
            found = self._highlighted[row.ordinal] = bool(self.highlight.matches(block, index, index + 1))
        return found

    def _text(self, painter: QPainter, rect: QRect, text: str, colour: str, align: Qt.AlignmentFlag = LEFT) -> None:
        """Paint text, elided to the rectangle."""
        if len(text) * self._widest > rect.width():  # measuring costs more than painting: only what may be too long
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(self._colours[colour])
        painter.drawText(rect, align, text)

    def _time(self, painter: QPainter, rect: QRect, row: Row) -> None:
        painter.setFont(self._fixed)
        self._text(painter, rect, clock_text(row.time_s), "text")
        mark = self._model.marks.get(row.seq)
        if mark and mark.star:
            right = rect.right() + PADDING
            self._icon(painter, QRect(right - ICON, rect.y(), ICON, rect.height()), "star", "warning")

    def _direction(self, painter: QPainter, rect: QRect, row: Row) -> None:
        name, role = ("arrow-right", "accent") if row.sent else ("arrow-left", "received")
        self._icon(painter, rect.adjusted(-PADDING, 0, PADDING, 0), name, role)

    def _icon(self, painter: QPainter, rect: QRect, name: str, role: str) -> None:
        ratio = painter.device().devicePixelRatioF()
        key = (name, role, ratio)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._pixmaps[key] = self._theme.icon(name, role).pixmap(QSize(ICON, ICON), ratio)
        painter.drawPixmap(rect.x() + (rect.width() - ICON) // 2, rect.y() + (rect.height() - ICON) // 2, pixmap)

    def _action(self, painter: QPainter, rect: QRect, row: Row) -> None:
        painter.setFont(self._bold)
        self._text(painter, rect, row.action, "bad" if row.action == "Malformed" else "text")

    def _summary(self, painter: QPainter, rect: QRect, row: Row) -> None:
        mark = self._model.marks.get(row.seq)
        painter.setFont(self._font)
        if mark and mark.comment:
            wide = min(painter.fontMetrics().horizontalAdvance(mark.comment) + 1, rect.width() // 2)
            note = QRect(rect.right() - wide, rect.y(), wide + 1, rect.height())
            self._text(painter, note, mark.comment, "warning")
            self._icon(painter, QRect(note.x() - ICON - 4, rect.y(), ICON, rect.height()), "comment", "warning")
            rect = rect.adjusted(0, 0, -wide - ICON - 12, 0)
        self._text(painter, rect, row.summary, "text")

    def _answer(self, painter: QPainter, rect: QRect, row: Row) -> None:
        painter.setFont(self._font)
        self._text(painter, rect, answer_text(row), "bad" if row.problem else "dim")

    def _latency(self, painter: QPainter, rect: QRect, row: Row) -> None:
        painter.setFont(self._fixed)
        self._text(painter, rect, latency_text(row, self._now_s), "warning" if row.waiting else "text", RIGHT)

    def _verdict(self, painter: QPainter, rect: QRect, row: Row) -> None:
        whole = rect.adjusted(-PADDING, 0, PADDING, 0)
        if row.problem:
            self._icon(painter, whole, "cross", "bad")
        elif row.waiting:
            self._dots(painter, QPointF(whole.center()))
        else:
            self._icon(painter, whole, "check", "good")

    def _dots(self, painter: QPainter, centre: QPointF) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colours["warning"])
        for shift in (-4, 0, 4):
            painter.drawEllipse(QRectF(centre.x() + shift - 0.9, centre.y() - 0.4, 2.3, 2.3))
        painter.restore()


_CELLS: dict[int, Callable[[LogDelegate, QPainter, QRect, Row], None]] = {
    Column.TIME: LogDelegate._time,
    Column.DIRECTION: LogDelegate._direction,
    Column.ACTION: LogDelegate._action,
    Column.SUMMARY: LogDelegate._summary,
    Column.ANSWER: LogDelegate._answer,
    Column.LATENCY: LogDelegate._latency,
    Column.VERDICT: LogDelegate._verdict,
}


class LogTable(QTableView):
    """Rows of one height, the summary taking the width that is left; keys go out as signals."""

    def __init__(self, model: MessageLogModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.take_key: Callable[[QKeyEvent], bool] = lambda _event: False
        """Is asked first for every key; True when it has acted on it."""
        self.delegate = LogDelegate(model, theme, self)
        self.own_widths = False
        """Whether the user has set the width of a column."""
        self._fitting = False
        self.empty_title = ""
        self.empty_hint = ""
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName("Messages")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self._set_headers()
        theme.changed.connect(self._take_theme)

    def _set_headers(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW_HEIGHT)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(28)
        columns.setSectionsMovable(True)
        columns.setSectionResizeMode(Column.DIRECTION, QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(Column.VERDICT, QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(Column.SUMMARY, QHeaderView.ResizeMode.Stretch)
        columns.sectionResized.connect(self._section_resized)
        self._fit_columns()

    def _section_resized(self, column: int) -> None:
        if column != Column.SUMMARY and not self._fitting:
            self.own_widths = True

    def _fit_columns(self) -> None:
        """Until the user sets widths: in a narrow window take from the other columns what the summary needs."""
        self._fitting = True
        share = min(max((self.viewport().width() - NARROW) / (WIDE - NARROW), 0), 1)
        for column, wide in WIDTHS.items():
            if column != Column.SUMMARY:
                narrow = NARROW_WIDTHS[column]
                self.horizontalHeader().resizeSection(column, round(narrow + share * (wide - narrow)))
        self._fitting = False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102 - as Qt documents it
        if not self.own_widths:
            self._fit_columns()
        super().resizeEvent(event)

    def _take_theme(self) -> None:
        self.delegate.take_theme()
        self.viewport().update()

    def rows_selected(self) -> list[int]:
        """The selected rows, ascending."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102 - as Qt documents it
        self.delegate.start_frame()
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            self._paint_empty()
        elif self.hasFocus() and self.currentIndex().isValid():
            self._paint_focus()

    def _paint_focus(self) -> None:
        rect = self.visualRect(self.currentIndex())
        painter = QPainter(self.viewport())
        painter.fillRect(QRect(0, rect.y(), 2, rect.height()), self._theme.colour("accent"))

    def _paint_empty(self) -> None:
        painter = QPainter(self.viewport())
        rect = self.viewport().rect().adjusted(16, 0, -16, 0)
        middle = rect.center().y()
        painter.setFont(self._theme.font(bold=True))
        painter.setPen(QPen(self._theme.colour("text")))
        upper = QRect(rect.x(), middle - 24, rect.width(), 20)
        painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, self.empty_title)
        painter.setFont(self._theme.font())
        painter.setPen(QPen(self._theme.colour("dim")))
        lower = QRect(rect.x(), middle, rect.width(), 60)
        centred = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(lower, centred, self.empty_hint)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102 - as Qt documents it
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(int(event.position().y())))

    def leaveEvent(self, event: QHelpEvent) -> None:  # type: ignore[override]  # noqa: D102 - as Qt documents it
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self.delegate.hovered:
            self.delegate.hovered = row
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - as Qt documents it
        if not self.take_key(event):
            super().keyPressEvent(event)

    def keyboardSearch(self, text: str) -> None:
        """Letters are keys of the log; the filter box searches."""
