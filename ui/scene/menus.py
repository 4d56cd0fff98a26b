"""Entries as a QMenu, with tool tips that say why a disabled one is disabled."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from ui.scene.entries import Entry, Group, Menu
from ui.theme import Theme


def build_menu(menu: QMenu, entries: Menu, theme: Theme, choose: Callable[[Entry], None]) -> QMenu:
    """Fill a menu; `choose` is called with the entry that was chosen."""
    menu.setToolTipsVisible(True)
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, Group):
            inner = menu.addMenu(entry.text)
            if entry.icon:
                inner.setIcon(theme.icon(entry.icon, "dim"))
            build_menu(inner, list(entry.entries), theme, choose)
        else:
            menu.addAction(_action(menu, entry, theme, choose))
    return menu


def _action(parent: QWidget, entry: Entry, theme: Theme, choose: Callable[[Entry], None]) -> QAction:
    action = QAction(f"{entry.text}\t{entry.key}" if entry.key else entry.text, parent)
    action.setToolTip(entry.tool_tip)
    action.setStatusTip(entry.tool_tip)
    action.setEnabled(entry.enabled)
    if entry.icon:
        action.setIcon(theme.icon(entry.icon, "dim"))
    action.triggered.connect(lambda: choose(entry))
    return action
