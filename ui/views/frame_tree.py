"""The tree of a frame's fields, painted as one line of coloured words each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from emulator.domain.frames import Frame
from ui.models.frame_tree import FrameTree, line_parts
from ui.theme import Theme

LINE_HEIGHT = 22
GAP = 8
MAX_OPEN_LINES = 60

Index = QModelIndex | QPersistentModelIndex


class _LineDelegate(QStyledItemDelegate):
    """Paints a line's words in the colours of their types; a wrong field on a soft red ground."""

    def __init__(self, tree: FrameTree, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._tree = tree
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = QFontMetrics(self._theme.fixed_font())
        texts = [text for text, _ in line_parts(self._tree.node(index))]
        return QSize(sum(metrics.horizontalAdvance(text) + GAP for text in texts), LINE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        node = self._tree.node(index)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if node.problems:
            self._ground(painter, rect, "bad_soft")
        elif state & QStyle.StateFlag.State_Selected:
            self._ground(painter, rect, "selection")
        x = rect.x() + 2
        for text, colour in line_parts(node):
            painter.setFont(self._theme.font() if text.startswith("✕ ") else self._theme.fixed_font())
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(self._theme.colour(colour))
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
            painter.drawText(QRect(x, rect.y(), width + 1, rect.height()), flags, text)
            x += width + GAP
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRect, token: str) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(token))
        painter.drawRoundedRect(rect.adjusted(-2, 0, -2, 0), 4, 4)


class FrameTreeView(QTreeView):
    """A FrameTree, opened as far as it reads well, problems always in sight."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = FrameTree(self)
        self._theme = theme
        self.hint = ""
        """What is said when there is no frame to show."""
        self.setModel(self.tree)
        self.setItemDelegate(_LineDelegate(self.tree, theme, self))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(18)
        self.setAccessibleName("Fields of the frame")
        self.setExpandsOnDoubleClick(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.header().setStretchLastSection(True)
        theme.changed.connect(self.viewport().update)

    def show_frame(self, frame: Frame | None, answer: Frame | None = None, waiting: str = "") -> None:
        """Show a frame and its answer."""
        self.tree.show(frame, answer, waiting)
        self._open_some()
        for index in self.tree.wrong():
            above = index.parent()
            while above.isValid():
                self.expand(above)
                above = above.parent()
        wrong = self.tree.wrong()
        if wrong:
            self.scrollTo(wrong[-1])

    def _open_some(self) -> None:
        """Open level after level while the tree stays short."""
        level = [self.tree.index(row, 0) for row in range(self.tree.rowCount())]
        lines = len(level)
        while level:
            following = []
            for index in level:
                node = self.tree.node(index)
                if node.kind == "answer" or node.inline:
                    continue
                count = self.tree.rowCount(index)
                if not count or lines + count > MAX_OPEN_LINES:
                    continue
                lines += count
                self.expand(index)
                following += [self.tree.index(row, 0, index) for row in range(count)]
            level = following

    def open_answer(self) -> None:
        """Open the answer and bring it into sight."""
        if self.tree.answer is not None:
            index = self.tree.index_of(self.tree.answer)
            self.expand(index)
            self.setCurrentIndex(index)
            self.scrollTo(index, QTreeView.ScrollHint.PositionAtTop)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102 - as Qt documents it
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            QGuiApplication.clipboard().setText(str(self.tree.data(self.currentIndex())))
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102 - as Qt documents it
        super().paintEvent(event)
        if self.hint and not self.tree.rowCount():
            painter = QPainter(self.viewport())
            painter.setFont(self._theme.font())
            painter.setPen(self._theme.colour("dim"))
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(16, 0, -16, 0), centred, self.hint)
