"""The command palette: every command by name, its key, and a small form for its parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ui.models.commands import BadValue, Command, form_fields, parameters, search
from ui.theme import Theme, set_role
from ui.views.command_form import CommandForm
from ui.views.json_editor import JsonEditor

Index = QModelIndex | QPersistentModelIndex
WIDTH, HEIGHT, ROW = 680, 440, 32
COMMAND_ROLE = int(Qt.ItemDataRole.UserRole) + 1
# name, parameters, what to do with the result, what with a refusal
Perform = Callable[[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]], None]


class CommandList(QAbstractListModel):
    """The commands that were found."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.commands: Sequence[Command] = ()

    def show(self, commands: Sequence[Command]) -> None:
        """Show these."""
        self.beginResetModel()
        self.commands = commands
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """How many were found."""
        return 0 if parent.isValid() else len(self.commands)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A command and its words."""
        command = self.commands[index.row()]
        if role == COMMAND_ROLE:
            return command
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{command.title}. {command.hint} {command.keys}"
        return command.hint if role == Qt.ItemDataRole.ToolTipRole else None


class CommandDelegate(QStyledItemDelegate):
    """A line: title, what it does, its parameters or its key."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All lines are equally high."""
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the line."""
        command: Command = index.data(COMMAND_ROLE)
        rect: QRect = option.rect
        colour = self._theme.colour
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect.adjusted(4, 1, -4, -1), colour("selection"))
        line = rect.adjusted(14, 0, -14, 0)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(self._theme.font(bold=True))
        painter.setPen(colour("text" if command.enabled else "disabled"))
        painter.drawText(line, middle, command.title)
        left = line.left() + painter.fontMetrics().horizontalAdvance(command.title) + 12
        tail = command.keys or (command.group if command.action else "")
        painter.setFont(self._theme.fixed_font() if not command.action else self._theme.small_font())
        painter.setPen(colour("dim"))
        tail_width = min(painter.fontMetrics().horizontalAdvance(tail) + 4, 240)
        room = QRect(line.right() - tail_width, line.top(), tail_width, line.height())
        tail = painter.fontMetrics().elidedText(tail, Qt.TextElideMode.ElideRight, tail_width)
        painter.drawText(room, middle | int(Qt.AlignmentFlag.AlignRight), tail)
        painter.setFont(self._theme.font())
        hint = command.hint if command.action else command.group
        room = QRect(left, line.top(), max(0, room.left() - left - 12), line.height())
        painter.drawText(
            room, middle, painter.fontMetrics().elidedText(hint, Qt.TextElideMode.ElideRight, room.width())
        )


class CommandPalette(QFrame):
    """Lies over the window while it is open; Escape goes back, then away."""

    def __init__(self, window: QWidget, theme: Theme, commands: Callable[[], list[Command]], perform: Perform) -> None:
        super().__init__(window)
        self._commands_now, self._perform = commands, perform
        self._commands: list[Command] = []
        self._command: Command | None = None
        self._before: QWidget | None = None
        set_role(self, "panel")
        shadow = QGraphicsDropShadowEffect(self, blurRadius=32, yOffset=8)
        shadow.setColor(Qt.GlobalColor.black if theme.dark else Qt.GlobalColor.gray)
        self.setGraphicsEffect(shadow)
        self.setAccessibleName("Commands")
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_search(theme))
        self.pages.addWidget(self._make_form(theme))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self.pages)
        window.installEventFilter(self)
        self.hide()

    def _make_search(self, theme: Theme) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(10, 10, 10, 8)
        column.setSpacing(8)
        self.edit = QLineEdit()
        self.edit.setAccessibleName("Find a command")
        self.edit.setPlaceholderText("Type what you want to do: plug, network, theme, settings…")
        self.edit.textChanged.connect(self._search)
        self.edit.installEventFilter(self)
        self.model = CommandList(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(CommandDelegate(theme, self))
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(True)
        self.list.clicked.connect(lambda index: self._choose(index.data(COMMAND_ROLE)))
        column.addWidget(self.edit)
        column.addWidget(self.list, 1)
        return page

    def _make_form(self, theme: Theme) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        self.title, self.hint, self.problem = QLabel(), QLabel(), QLabel()
        set_role(self.title, "title")
        set_role(self.hint, "dim")
        set_role(self.problem, "problem")
        self.hint.setWordWrap(True)
        self.problem.setWordWrap(True)
        self.form = CommandForm()
        self.form.submitted.connect(self.do)
        self.result = JsonEditor(theme, "Result")
        self.result.edit.setReadOnly(True)
        self.result.set_verdict_visible(False)
        self.do_button, back = QPushButton("Do it"), QPushButton("Back")
        set_role(self.do_button, "primary")
        self.do_button.clicked.connect(self.do)
        back.clicked.connect(self.back)
        row = QHBoxLayout()
        row.addWidget(self.problem, 1)
        row.addWidget(back)
        row.addWidget(self.do_button)
        for widget in (self.title, self.hint):
            column.addWidget(widget)
        column.addWidget(self.form, 3)
        column.addWidget(self.result, 2)
        column.addLayout(row)
        return page

    # --- coming and going

    def open(self) -> None:
        """Come up with all commands."""
        self._commands = self._commands_now()
        self._before = self.window().focusWidget()
        self.pages.setCurrentIndex(0)
        self.edit.clear()
        self._search("")
        self._place()
        self.show()
        self.raise_()
        self.edit.setFocus()

    def leave(self) -> None:
        """Go away; the focus returns to where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus()
            self._before = None

    def back(self) -> None:
        """From the form to the list."""
        self.pages.setCurrentIndex(0)
        self.edit.setFocus()

    def _place(self) -> None:
        window = self.window()
        width, height = min(WIDTH, window.width() - 40), min(HEIGHT, window.height() - 120)
        self.setGeometry((window.width() - width) // 2, 64, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Return in the line work on the list; the palette stays in the middle of the window."""
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key_in_line(event)
        if event.type() == QEvent.Type.Resize and watched is not self.edit and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _key_in_line(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        key = Qt.Key(event.key())
        if key in steps:
            count = self.model.rowCount()
            row = min(max(self.list.currentIndex().row() + steps[key], 0), max(count - 1, 0))
            self.list.setCurrentIndex(self.model.index(row, 0))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            index = self.list.currentIndex()
            if index.isValid():
                self._choose(index.data(COMMAND_ROLE))
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape: back, or away. Nothing else reaches the window behind."""
        if event.key() == Qt.Key.Key_Escape:
            if self.pages.currentIndex() == 1:
                self.back()
            else:
                self.leave()
        event.accept()

    # --- finding and doing

    def _search(self, text: str) -> None:
        self.model.show(search(self._commands, text))
        if self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(0, 0))

    def _choose(self, command: Command) -> None:
        if not command.enabled:
            return
        if command.run is not None:
            self.leave()
            command.run()
            return
        self._command = command
        self.title.setText(command.title)
        self.hint.setText(command.hint)
        self.problem.clear()
        self.result.hide()
        fields = form_fields(command.schema or {})
        self.form.show_fields(fields)
        self.pages.setCurrentIndex(1)
        if fields:
            self.form.focus_first()
        else:
            self.do_button.setFocus()

    def do(self) -> None:
        """Perform the action with what was typed."""
        command = self._command
        if command is None:
            return
        try:
            values = parameters(command.schema or {}, self.form.values())
        except BadValue as bad:
            self.problem.setText(str(bad))
            return
        self.problem.clear()
        self._perform(command.action, values, self._done, self.problem.setText)

    def _done(self, result: Any) -> None:
        if result is None:
            self.leave()
            return
        self.result.set_value(result)
        self.result.show()


__all__ = ["CommandPalette"]
