"""Settings: one searchable tree of variables or keys, edited in place; a refusal is told at the value."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QByteArray, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QIcon, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ui.models.settings import SETTING_ROLE, Setting, SettingsModel, keys, variables
from ui.session import StationSession
from ui.theme import Theme, set_role
from ui.views.fields import chip

REFRESH_MS = 1000
WIDTHS = (232, 176, 44, 88, 150, 76)


class ValueDelegate(QStyledItemDelegate):
    """A choice where there is one, else a line; what was typed goes to the station, which may refuse it."""

    def __init__(self, view: SettingsView) -> None:
        super().__init__(view)
        self._view = view

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """The field to edit in."""
        setting: Setting = index.data(SETTING_ROLE)
        if setting.choices:
            combo = QComboBox(parent)
            combo.addItems(list(setting.choices))
            combo.activated.connect(lambda _: self._chosen(combo))
            QTimer.singleShot(0, combo, combo.showPopup)
            return combo
        edit = QLineEdit(parent)
        set_role(edit, "fixed")
        edit.setPlaceholderText(setting.allowed)
        return edit

    def _chosen(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo)

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Begin with what holds, or with what was refused."""
        setting: Setting = index.data(SETTING_ROLE)
        refused = self._view.model.refusal(setting)
        text = refused[0] if refused else setting.value or ""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QLineEdit):
            editor.setText(text)
            editor.selectAll()

    def setModelData(
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Hand the value to the station."""
        text = editor.currentText() if isinstance(editor, QComboBox) else str(editor.property("text"))
        self._view.assign(index.data(SETTING_ROLE), text)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Fields are a little higher than rows."""
        rect = option.rect.adjusted(0, -3, 0, 3)
        editor.setGeometry(rect)


class SettingsView(QWidget):
    """Filter, choice of names, tree."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self.model = SettingsModel(theme, self)
        self.tree = QTreeView()
        self.tree.setModel(self.model)
        self.tree.setAccessibleName("Settings")
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(16)
        self.tree.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.tree.setItemDelegateForColumn(1, ValueDelegate(self))
        self.tree.header().setStretchLastSection(True)
        for number, width in enumerate(WIDTHS):
            self.tree.header().resizeSection(number, width)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        column.addWidget(self.tree, 1)
        self.setFocusProxy(self.filter)
        shortcut = QShortcut(QKeySequence("Return"), self.tree, context=Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.edit_current)
        self._refresh = QTimer(self)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self._refresh_if_seen)
        session.bridge.performed.connect(lambda name, _: self.show_now() if name == "set_variable" else None)
        self._refresh.start()

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(6)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: name, component, value, key of the other version…")
        self.filter.setAccessibleName("Filter of the settings")
        glass = self.filter.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._theme.set_icon(glass, "search", "dim")
        clear = QShortcut(QKeySequence("Escape"), self.filter, context=Qt.ShortcutContext.WidgetShortcut)
        clear.activated.connect(self.filter.clear)
        self.filter.textChanged.connect(self._filtered)
        row.addWidget(self.filter, 1)
        self.kinds = QButtonGroup(self)
        for number, (text, hint) in enumerate(
            (("Device model 2.0.1", "Variables by component"), ("Keys 1.6", "Configuration keys by name"))
        ):
            button = chip(text, hint, checked=number == 0)
            self.kinds.addButton(button, number)
            row.addWidget(button)
        self.kinds.idClicked.connect(lambda _: self.show_now())
        self.count = QLabel()
        set_role(self.count, "dim")
        row.addWidget(self.count)
        return row

    # --- what is shown

    def showEvent(self, event: QShowEvent) -> None:
        """Values may have changed while nobody looked."""
        super().showEvent(event)
        self.show_now()

    def _refresh_if_seen(self) -> None:
        if self.isVisible() and self.tree.state() != QAbstractItemView.State.EditingState:
            self.show_now()

    def show_now(self) -> None:
        """Read all settings anew."""
        emulator = self._session.emulator
        rows = emulator.snapshot("variables")["variables"]
        by_key = self.kinds.checkedId() == 1
        settings = keys(emulator.model.configuration()[0], rows) if by_key else variables(rows)
        if self.model.show(settings):
            self._expand()
        self._show_count()

    def _filtered(self, text: str) -> None:
        self.model.set_filter(text)
        self._expand()
        self._show_count()

    def _expand(self) -> None:
        if self.filter.text() or self.kinds.checkedId() == 1:
            self.tree.expandAll()
        for place in range(self.model.rowCount()):
            self.tree.setFirstColumnSpanned(place, QModelIndex(), True)

    def _show_count(self) -> None:
        shown, total = self.model.shown, self.model.total
        self.count.setText(f"{shown} of {total}" if shown != total else f"{total}")

    def focus_filter(self) -> None:
        """Go to the filter."""
        self.filter.setFocus()
        self.filter.selectAll()

    # --- what is done

    def edit_current(self) -> None:
        """Edit the value of the current row."""
        index = self.tree.currentIndex()
        if self.model.setting(index) is not None:
            self.tree.edit(index.siblingAtColumn(1))

    def assign(self, setting: Setting, text: str) -> None:
        """Set a value; when the station refuses it, the row says why."""
        if text == (setting.value or "") and self.model.refusal(setting) is None:
            return
        self.model.forgive(setting)
        self._session.perform(
            "set_variable",
            {**dict(setting.target), "value": text},
            refused=lambda sentence: self.model.refuse(setting, text, _reason(setting, sentence)),
        )

    def saveState(self) -> QByteArray:
        """Widths of the columns."""
        return self.tree.header().saveState()

    def restoreState(self, state: QByteArray) -> bool:
        """Bring them back."""
        return self.tree.header().restoreState(state)


def _reason(setting: Setting, sentence: str) -> str:
    """What the station said, without the setting's name: the row tells it."""
    reason = sentence.partition(" was not set: ")[2] or sentence
    first, _, rest = reason.partition(" ")
    return rest if rest and (first == setting.name or "." in first or first.endswith(":")) else reason


__all__ = ["SettingsView"]
