"""The main window: connection bar on top, docks below, one tab per station."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QVBoxLayout, QWidget

from emulator.domain.tasks import Tasks
from ui.bridge import CsmsBridge
from ui.connecting import Connecting
from ui.docks.pages import DOCKS, Pages
from ui.docks.workbench import Workbench
from ui.help import HelpDesk
from ui.looks import Looks
from ui.menus import Menus
from ui.models.connection_state import state_word
from ui.session import StationSession
from ui.sessions import Sessions
from ui.stations import Stations
from ui.theme import Theme
from ui.views.connection_bar import ConnectionBar
from ui.views.connection_details import ConnectionDetails
from ui.views.problem_strip import ProblemStrip
from ui.views.status_line import StatusLine
from ui.workspace import Workspace

if TYPE_CHECKING:
    from ui.models.commands import Command
    from ui.views.command_palette import CommandPalette

SIZE = (1440, 900)
LEAST_SIZE = (1024, 640)
MEMORY_MS = 5000
# What the first picture of the window can do without for a moment.
LATE_DOCKS = tuple(dock.name for dock in DOCKS if dock.name not in {"station", "messages"})


class MainWindow(QMainWindow):
    """Puts the parts together; what it sets going it owns, and `stop` ends it."""

    closing = Signal()
    painted = Signal()

    def __init__(self, stations: Stations, theme: Theme, workspace: Workspace) -> None:
        super().__init__()
        self.setWindowTitle("Forecourt")
        self.theme, self.workspace = theme, workspace
        self.tasks = Tasks()
        self.csms = CsmsBridge(self)
        self.sessions = Sessions(stations, workspace, self.tasks, self)
        self.bench = Workbench(theme)
        self._followed: StationSession | None = None
        self._palette: CommandPalette | None = None
        self._is_closing = self._was_painted = False
        self._make_views()
        self.connecting = Connecting(
            self.bar, self.details, self.problem, self.sessions, self.csms, workspace, self.tasks
        )
        self.pages = Pages(self.bench, theme, workspace, self.csms)
        self.looks = Looks(theme, workspace, self.bench, self.sessions)
        self.help = HelpDesk(self)
        self.menus = Menus(self)
        self.bench.hold_back(LATE_DOCKS)
        self.painted.connect(self.bench.catch_up)
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*SIZE)
        self._restore()
        self._memory_timer = QTimer(self)
        self._memory_timer.setInterval(MEMORY_MS)
        self._memory_timer.timeout.connect(self._show_memory)
        self.sessions.shown.connect(self._show_session)
        self.sessions.changed.connect(self._show_tabs)
        self.sessions.closed.connect(self.bench.forget)
        self.csms.running_changed.connect(self.menus.show_csms)
        self.pages.csms_toggled.connect(self.connecting.toggle_test_csms)
        self.pages.csms_connect_wanted.connect(self.connecting.connect_to_test_csms)

    def _make_views(self) -> None:
        self.bar = ConnectionBar(self.theme)
        self.details = ConnectionDetails(self.theme)
        self.problem = ProblemStrip(self.theme)
        self.status = StatusLine(self.theme)
        self.setStatusBar(self.status)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.bar, self.details, self.problem):
            column.addWidget(widget)
        column.addWidget(self.bench, 1)
        self.setCentralWidget(central)
        self.bar.tabs.chosen.connect(self.sessions.show)
        self.bar.tabs.add_wanted.connect(self.sessions.add_next)
        self.bar.tabs.close_wanted.connect(self.sessions.close)

    def _restore(self) -> None:
        geometry = self.workspace.get("geometry", "")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))
        self.looks.restore()
        for note in self.workspace.notes:
            self.problem.show_problem(note, "", tone="warning")

    # --- the station in front

    def _show_session(self, session: StationSession) -> None:
        before, self._followed = self._followed, session
        if before is not None:
            before.bridge.snapshot_changed.disconnect(self._show)
            before.bridge.refused.disconnect(self.status.tell)
            self.problem.clear()
        session.bridge.snapshot_changed.connect(self._show)
        session.bridge.refused.connect(self.status.tell)
        self.bench.show_for(session)
        self.bench.panels["station"].page().setFocus()
        self.setWindowTitle(f"{session.identity} · Forecourt")
        self._memory_timer.start()
        self._show_memory()
        self._show(session.snapshot)

    def _show(self, snapshot: dict[str, Any]) -> None:
        self.connecting.show(snapshot, self.sessions.current.bridge.answer_ms)
        self.status.show_station(snapshot)
        self.bench.panels["queue"].set_count(len(snapshot["queue"]))

    def _show_tabs(self) -> None:
        tabs = [(each.identity, state_word(each.snapshot).tone) for each in self.sessions.all]
        self.bar.show_tabs(tabs, self.sessions.current.identity)

    def _show_memory(self) -> None:
        session = self.sessions.current
        self.status.show_memory(session.identity, session.folder, session.memory_size())

    # --- commands of the menus

    def station_actions(self) -> list[QAction]:
        """The actions of the station's view; none before it was shown."""
        if not self.sessions.all:
            return []
        page = self.bench.panels["station"].existing_page(self.sessions.current)
        return page.actions() if page is not None else []

    def focus_url(self) -> None:
        """Go to the URL field."""
        self.bar.url.setFocus()
        self.bar.url.selectAll()

    def show_dock(self, name: str) -> None:
        """Open a dock, bring it to the front and put the focus into it."""
        self.bench.raise_panel(name)
        self.bench.panels[name].page().setFocus()

    def focus_filter(self) -> None:
        """Go to the filter of the message log."""
        self.bench.raise_panel("messages")
        self.bench.panels["messages"].page().focus_filter()  # type: ignore[attr-defined]

    def focus_settings(self) -> None:
        """Go to the filter of the settings."""
        self.bench.raise_panel("settings")
        self.bench.panels["settings"].page().focus_filter()  # type: ignore[attr-defined]

    def open_palette(self) -> None:
        """Every action by name."""
        if self._palette is None:
            from ui.views.command_palette import CommandPalette

            self._palette = CommandPalette(self, self.theme, self._commands, self._perform)
        self._palette.open()

    def _commands(self) -> list[Command]:
        from emulator.runtime.actions.registry import describe
        from ui.models.commands import action_commands

        return [*self.menus.commands(), *action_commands(describe())]

    def _perform(
        self, name: str, parameters: dict[str, Any], done: Callable[[Any], None], refused: Callable[[str], None]
    ) -> None:
        self.sessions.current.perform(name, parameters, done=done, refused=refused)

    def open_folder(self) -> None:
        """Show the data folder in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.sessions.current.folder)))

    def save_picture(self) -> None:
        """Ask for a file and write what is seen into it."""
        picture = self.grab()
        dialog = QFileDialog(self, "Picture of the window", "forecourt.png", "PNG (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(lambda name: self._save_picture(picture, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save_picture(self, picture: Any, path: Path) -> None:
        if picture.save(str(path), "PNG"):
            self.status.tell(f"The picture is in {path}.", tone="good")
        else:
            self.status.tell(f"The picture could not be written to {path}.")

    # --- life

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell when the window was painted for the first time: once this picture is on the screen."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window goes at once; the stations are stopped by whoever hears `closing`."""
        if not self._is_closing:
            self._is_closing = True
            self.looks.keep(self.saveGeometry())
            self.workspace.save()
            self.closing.emit()
        event.accept()

    async def stop(self) -> None:
        """Stop every station in an orderly way, then the test CSMS; nothing runs any more."""
        self._memory_timer.stop()
        self.status.stop()
        await self.tasks.cancel()
        await self.sessions.stop()
        await self.csms.close()


__all__ = ["MainWindow"]
