"""The actions of the selected EVSE as QActions: for the row of buttons, the Station menu and the command palette."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from ui.scene import entries
from ui.scene.entries import Entry, Group
from ui.scene.menus import build_menu
from ui.scene.model import Evse
from ui.scene.scene import StationScene
from ui.theme import Theme, set_role


class StationActions(QObject):
    """Plug, swipe, pause, stop, fault and power; their words and whether they can be had follow the picture."""

    def __init__(self, scene: StationScene, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._scene = scene
        self._theme = theme
        self._listed: dict[str, Group] = {}
        self._entries: dict[str, Entry] = {}
        self.plug = self._action("plug")
        self.swipe = self._action("swipe")
        self.pause = self._action("pause")
        self.stop = self._action("stop")
        self.fault = self._menu_action("fault", parent)
        self.power = self._menu_action("power", parent)

    def all(self) -> list[QAction]:
        """Every action, in the order of the row."""
        return [self.plug, self.swipe, self.pause, self.stop, self.fault, self.power]

    def show(self) -> None:
        """Take words and states from the picture."""
        station, selected = self._scene.station, self._scene.stage.selected
        evse = station.evse(selected)
        for action in self.all():
            action.setEnabled(evse is not None)
        if evse is None:
            return
        self._put(self.plug, entries.plug_entry(station, evse))
        self._put(self.swipe, entries.swipe_entry(station, self._scene.card, selected))
        self._put(self.pause, entries.pause_entry(station, evse))
        self._put(self.stop, entries.stop_entry(station, evse))
        self._fill(self.fault, self._faults(evse), f"Break or repair EVSE {evse.id} (F)")
        self._fill(self.power, entries.power_group(station), "Mains and restart of the station")

    def _faults(self, evse: Evse) -> Group:
        connector = evse.in_use or (evse.connectors[0] if len(evse.connectors) == 1 else None)
        broken = next((each for each in evse.connectors if each.error_code), None)
        return entries.fault_group(self._scene.station, evse, broken or connector)

    def _action(self, name: str) -> QAction:
        action = QAction(self)
        action.setObjectName(f"station-{name}")
        action.triggered.connect(lambda: self._scene.choose(self._entries[name]))
        return action

    def _menu_action(self, name: str, parent: QWidget) -> QAction:
        menu = QMenu(parent)
        action = menu.menuAction()
        action.setObjectName(f"station-{name}")
        action.setText(name.capitalize())
        return action

    def _put(self, action: QAction, entry: Entry) -> None:
        self._entries[action.objectName().removeprefix("station-")] = entry
        if action.text() != entry.text:
            action.setText(entry.text)
            action.setIconText(entry.text)
        if action.toolTip() != entry.tool_tip:
            action.setToolTip(entry.tool_tip)
        action.setEnabled(entry.enabled)

    def _fill(self, action: QAction, group: Group, tip: str) -> None:
        name = action.objectName()
        if self._listed.get(name) == group:
            return
        self._listed[name] = group
        action.setToolTip(tip)
        menu = action.menu()
        if isinstance(menu, QMenu):
            menu.clear()
            build_menu(menu, list(group.entries), self._theme, self._scene.choose)


def button_for(action: QAction, role: str, parent: QWidget) -> QToolButton:
    """A button that shows an action, or opens its menu; its accessible name follows the tool tip."""
    button = QToolButton(parent)
    button.setDefaultAction(action)
    if action.menu() is not None:
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    if role:
        set_role(button, role)

    def name() -> None:
        button.setAccessibleName(action.text())
        button.setAccessibleDescription(action.toolTip())

    action.changed.connect(name)
    name()
    return button
