"""One run of the window: what is opened in which order, and how it ends."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from emulator.domain.errors import EnvironmentProblem, ForecourtError
from emulator.runtime.run_options import RunOptions
from ui.control import WindowControl
from ui.looks import text_scale
from ui.main_window import MainWindow
from ui.stations import Stations
from ui.theme import Choice, Theme
from ui.workspace import Workspace

if TYPE_CHECKING:
    from emulator.cli.options import WindowOptions

DEMO_FILE = "workspace-demo.json"


class Life:
    """Opens the window, runs until it is closed (or the picture is taken), and stops everything in order."""

    def __init__(
        self, app: QApplication, options: WindowOptions, scratch: Path, painted: Callable[[], None] | None
    ) -> None:
        self._app = app
        self._options = options
        self._painted = painted
        self._run_options = _with_data(options, scratch)
        self._ended = asyncio.Event()
        self.window: MainWindow | None = None
        self._control = WindowControl()

    def end(self) -> None:
        """End as if the window had been closed."""
        if self.window is not None:
            self.window.close()
        self._ended.set()

    async def run(self) -> int:
        """The whole life; returns the exit code."""
        workspace = Workspace(
            _workspace_folder(self._run_options), DEMO_FILE if self._options.demo else "workspace.json"
        )
        choice = self._options.theme or workspace.get("theme", Choice.SYSTEM.value)
        theme = Theme(self._app, choice if choice in set(Choice) else Choice.SYSTEM, text_scale=text_scale(workspace))
        try:
            stations = Stations(self._run_options, self._report)
            emulators = stations.open(next(iter(self._remembered(workspace)), None))
        except ForecourtError as problem:
            await self._explain(problem)
            return 1
        window = self.window = MainWindow(stations, theme, workspace)
        window.closing.connect(self._ended.set)
        try:
            for emulator in emulators:
                window.sessions.add(emulator)
            return await self._live(window, workspace, stations)
        except EnvironmentProblem as problem:
            await self._explain(problem)
            return 1
        finally:
            await self._control.stop()
            await window.stop()
            self._delete(window)

    def _delete(self, window: MainWindow) -> None:
        """The widgets go while Qt and Python are both still whole."""
        self.window = None
        window.hide()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    async def _live(self, window: MainWindow, workspace: Workspace, stations: Stations) -> int:
        self._recall(window, workspace)
        if self._options.size is not None:
            window.resize(*self._options.size)
        first_picture = asyncio.Event()
        window.painted.connect(first_picture.set)
        window.show()
        await first_picture.wait()
        _collect_garbage()
        if self._painted is not None:
            self._painted()
        if self._run_options.control is not None:
            await self._control.start(stations.fleet(window.sessions.current.identity), self._run_options.control)
        if self._options.screenshot is not None:
            from ui.screenshot import Screenshot

            return await Screenshot(window, self._options, self._ended).take(self._start(window, workspace))
        await self._start(window, workspace)
        await self._ended.wait()
        return 0

    async def _start(self, window: MainWindow, workspace: Workspace) -> None:
        """Everything that the first picture need not wait for."""
        sessions = list(window.sessions.all)
        if self._options.demo:
            url = await window.connecting.start_test_csms(sessions[0])
            for session in sessions:
                session.use_connection(session.connection_fields()._replace(url=url, security_profile=0))
            window.connecting.refresh_fields()
        for session in sessions:
            await window.sessions.start(session)
        for identity in self._remembered(workspace)[1:]:
            further = window.sessions.open(identity)
            if further is not None:
                await window.sessions.start(further)

    def _recall(self, window: MainWindow, workspace: Workspace) -> None:
        """The connection as it was last, where the command line says nothing else."""
        if self._options.demo or self._run_options.url is not None:
            return
        for session in window.sessions.all:
            kept = workspace.connection(session.identity)
            if kept is not None and not session.emulator.connection.url:
                session.use_connection(kept)
        window.connecting.refresh_fields()

    def _remembered(self, workspace: Workspace) -> list[str]:
        """The stations that were open last, where the command line names none."""
        options = self._run_options
        if options.identity is not None or options.station_file is not None or options.count is not None:
            return []
        return list(dict.fromkeys(str(identity) for identity in workspace.get("stations", []) if identity))

    def _report(self, problem: EnvironmentProblem) -> None:
        if self.window is not None:
            self.window.problem.show_problem(problem.sentence, problem.hint)
        print(f"forecourt: {problem}", file=sys.stderr)

    async def _explain(self, problem: ForecourtError) -> None:
        """One sentence in a window of its own, and on stderr."""
        print(f"forecourt: {problem}", file=sys.stderr)
        if self._options.screenshot is not None:
            return
        box = QMessageBox(QMessageBox.Icon.Critical, "Forecourt", str(problem))
        read = asyncio.Event()
        box.finished.connect(lambda _result: read.set())
        # open() and not exec(): a loop within the loop would hold up every task.
        box.open()
        ended = asyncio.ensure_future(self._ended.wait())
        waiting = asyncio.ensure_future(read.wait())
        await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, waiting):
            task.cancel()
        box.deleteLater()


def _collect_garbage() -> None:
    """From now on, but not among what is there already: code and tables live as long as the process."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def _with_data(options: WindowOptions, scratch: Path) -> RunOptions:
    """A picture of the demonstration starts from nothing and leaves nothing behind."""
    if options.demo and options.screenshot is not None and options.run.data is None:
        return dataclasses.replace(options.run, data=scratch / "data")
    return options.run


def _workspace_folder(options: RunOptions) -> Path:
    if options.data is not None:
        return options.data.expanduser()
    import platformdirs

    return platformdirs.user_data_path("Forecourt", appauthor=False)


__all__ = ["Life"]
