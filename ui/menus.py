"""The menu bar: every command of the window with its key; the command palette reads it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QLabel, QMenu, QMenuBar, QWidget

from ui.docks.pages import DOCKS
from ui.theme import Choice, set_role

if TYPE_CHECKING:
    from ui.main_window import MainWindow
    from ui.models.commands import Command

# The height of a title in the bar.
BAR_ITEM = 24

Run = Callable[[], object]


class CornerLink(QLabel):
    """A dim word that can be clicked; the keyboard has its menu entry."""

    clicked = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        set_role(self, "dim")
        self.setFixedHeight(BAR_ITEM)
        self.setContentsMargins(8, 0, 16, 0)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click, if it ends where it began."""
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class Menus:
    """Builds the menus of a main window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.bar = window.menuBar()
        self.docks: dict[str, QAction] = {}
        self._icons: list[tuple[QAction, str]] = []
        self._file()
        self._station()
        self._csms()
        self._view()
        self._tools()
        self._help()
        self._corners()

    # --- building

    def _menu(self, title: str) -> QMenu:
        menu = self.bar.addMenu(title)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.show_icons)
        # Alt and the first letter, without a line under it all the time.
        shortcut = QShortcut(QKeySequence(f"Alt+{title[0]}"), self._window)
        shortcut.activated.connect(lambda: self._open(menu))
        return menu

    def _open(self, menu: QMenu) -> None:
        self.bar.setActiveAction(menu.menuAction())

    def _add(self, menu: QMenu, text: str, run: Run, keys: str = "", hint: str = "", icon: str = "") -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _=False: run())
        if keys:
            action.setShortcut(QKeySequence(keys))
        if hint:
            action.setToolTip(hint)
        if icon:
            self._icons.append((action, icon))
        return action

    def show_icons(self) -> None:
        """Draw the icons: a menu that nobody has opened needs none, and the first picture comes earlier without."""
        for action, icon in self._icons:
            self._window.theme.set_icon(action, icon, "dim")
        self._icons.clear()

    def _file(self) -> None:
        window, menu = self._window, self._menu("File")
        self._add(menu, "&New station", window.sessions.add_next, "Ctrl+T", "A station with the next identity", "plus")
        self.close_station = self._add(
            menu, "&Close station", self._close_station, "Ctrl+W", "Stop it and close its tab"
        )
        menu.addSeparator()
        self._add(menu, "Picture of the &window…", window.save_picture, "", "Save what is seen as a PNG", "export")
        self._add(menu, "Open the data &folder", window.open_folder, "", "Memory and log of the station", "folder")
        menu.addSeparator()
        self._add(menu, "&Quit", window.close, "Ctrl+Q", "Stop every station in an orderly way")

    def _station(self) -> None:
        self.station = self._menu("Station")
        self.station.aboutToShow.connect(self.fill_station)
        self.fill_station()

    def fill_station(self) -> None:
        """The actions of the station in front: they belong to its view."""
        window, menu = self._window, self.station
        menu.clear()
        for action in window.station_actions():
            menu.addAction(action)
        menu.addSeparator()
        clock = menu.addMenu("Clock")
        for action in window.bar.clock.speed_actions():
            clock.addAction(action)
        clock.addSeparator()
        clock.addAction(window.bar.clock.freeze_action())
        menu.addSeparator()
        self._add(menu, "Next station", window.sessions.show_next, "Ctrl+Tab")

    def _csms(self) -> None:
        window, menu = self._window, self._menu("CSMS")
        self.connect = self._add(menu, "&Connect", window.connecting.press, "F5", icon="link")
        self._add(menu, "&Address", window.focus_url, "Ctrl+L", "Go to the URL field")
        details = self._add(menu, "&User, password, certificates", window.bar.details.toggle, "", icon="key")
        details.setShortcut(QKeySequence("Ctrl+Shift+L"))
        menu.addSeparator()
        self.csms = self._add(
            menu, "Start the &test CSMS", window.connecting.toggle_test_csms, "Ctrl+Shift+T", icon="csms"
        )
        self._add(
            menu,
            "Connect to the test CSMS",
            window.connecting.connect_to_test_csms,
            "",
            "Start it if need be, and connect",
        )
        menu.addSeparator()
        self._add(menu, "Send a c&ommand…", lambda: window.show_dock("csms"), "", "From the test CSMS to the station")

    def show_csms(self, running: bool) -> None:
        """The built-in CSMS was started or stopped."""
        self.csms.setText("Stop the &test CSMS" if running else "Start the &test CSMS")

    def _close_station(self) -> None:
        self._window.sessions.close(self._window.sessions.current.identity)

    def _view(self) -> None:
        window, menu = self._window, self._menu("View")
        for dock in DOCKS:
            action = self._add(menu, dock.title.replace("&", "&&"), partial(window.show_dock, dock.name), dock.key)
            action.setToolTip(dock.hint)
            self.docks[dock.name] = action
        menu.addSeparator()
        themes, group = menu.addMenu("Theme"), QActionGroup(menu)
        icons = {Choice.SYSTEM: "settings", Choice.LIGHT: "sun", Choice.DARK: "moon"}
        for choice, icon in icons.items():
            action = self._add(
                themes, f"{choice.capitalize()} theme", partial(window.looks.set_theme, choice.value), icon=icon
            )
            action.setCheckable(True)
            action.setChecked(window.theme.choice == choice)
            group.addAction(action)
        self._add(menu, "Switch light and dark", window.looks.switch_theme, "Ctrl+Shift+D")
        self._add(menu, "Larger text", lambda: window.looks.scale_text(1), "Ctrl++")
        self._add(menu, "Smaller text", lambda: window.looks.scale_text(-1), "Ctrl+-")
        self._add(menu, "Normal text", lambda: window.looks.scale_text(0), "Ctrl+Shift+0")
        menu.addSeparator()
        self._add(menu, "Reset the layout", window.looks.reset, "", "All docks as they stood at first")

    def _tools(self) -> None:
        window, menu = self._window, self._menu("Tools")
        self._add(menu, "&Commands…", window.open_palette, "Ctrl+K", "Every action, by name", "command")
        self._add(menu, "&Find in messages", window.focus_filter, "Ctrl+F", icon="search")
        self._add(menu, "Find a &setting", window.focus_settings, "Ctrl+Shift+F", icon="settings")
        self._add(menu, "Write a &message", lambda: window.show_dock("composer"), "", icon="edit")
        self._add(menu, "&Network and faults", lambda: window.show_dock("network"), "", icon="network")

    def _help(self) -> None:
        window, menu = self._window, self._menu("Help")
        hint = "What has the focus, in the specification's terms"
        self._add(menu, "&Explain this", window.help.explain, "F1", hint, "help")
        self._add(menu, "&Keys", window.help.keys, "Shift+F1")
        menu.addSeparator()
        self._add(menu, "&About Forecourt", window.help.about)

    def _corners(self) -> None:
        brand = QLabel("Forecourt", self.bar)
        set_role(brand, "title")
        brand.setContentsMargins(16, 0, 4, 0)
        brand.setFixedHeight(BAR_ITEM)
        self.bar.setCornerWidget(brand, Qt.Corner.TopLeftCorner)
        commands = CornerLink("Ctrl+K  Commands", self.bar)
        commands.setToolTip("Every action, by name")
        commands.clicked.connect(self._window.open_palette)
        self.bar.setCornerWidget(commands, Qt.Corner.TopRightCorner)

    # --- for the palette

    def commands(self) -> list[Command]:
        """Every entry of every menu."""
        from ui.models.commands import Command

        self.fill_station()
        return [
            Command(
                title=_plain(action.text()),
                group=path,
                keys=action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                hint="" if action.toolTip() == _plain(action.text()) else action.toolTip(),
                enabled=action.isEnabled(),
                run=action.trigger,
            )
            for path, action in _actions_of(self.bar, "")
        ]


def _plain(text: str) -> str:
    """A menu text without the marks of its keys."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


def _actions_of(menu: QMenu | QMenuBar, path: str) -> Iterator[tuple[str, QAction]]:
    for action in menu.actions():
        submenu = action.menu()
        text = _plain(action.text())
        if isinstance(submenu, QMenu):
            yield from _actions_of(submenu, f"{path} › {text}" if path else text)
        elif not action.isSeparator() and text:
            yield path, action


__all__ = ["Menus"]
