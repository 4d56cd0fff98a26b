"""The real window around a real station, off-screen, on the window's own loop; the CSMS is the built-in one.

    live.click(live.window.bar.button)
    live.until(lambda: live.state() == "accepted")

Events are synchronous; what takes time happens while `until` or `run` lets the loop run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from emulator.runtime.run_options import RunOptions
from ui.event_loop import make_loop
from ui.main_window import MainWindow
from ui.session import StationSession
from ui.stations import Stations
from ui.theme import Theme
from ui.workspace import Workspace

PATIENCE_S = 15.0


class Live:
    """A window, its loop, and hands."""

    def __init__(self, app: QApplication, folder: Path, **options: Any) -> None:
        self.app = app
        self.folder = folder
        self.loop = make_loop(app)
        self.theme = Theme(app, "light")
        self.problems: list[str] = []
        self.window: MainWindow
        self._options = options
        self.open()

    def open(self) -> None:
        """Open the window; the station is switched off yet."""

        async def make() -> None:
            options = RunOptions(data=self.folder / "data", **self._options)
            stations = Stations(options, lambda problem: self.problems.append(str(problem)))
            emulators = stations.open()
            self.window = MainWindow(stations, self.theme, Workspace(self.folder))
            for emulator in emulators:
                self.window.sessions.add(emulator)
            self.window.show()

        self.run(make())
        self.until(lambda: not self.window.bench.panels["frame"].held_back)

    def close(self) -> None:
        """Close the window as a click on its cross does, and stop everything."""
        self.window.close()
        self.run(self.window.stop())
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def end(self) -> None:
        """The loop goes too."""
        self.run(asyncio.sleep(0))
        asyncio.set_event_loop(None)
        self.loop.close()

    # --- time

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end."""
        # Not run_until_complete: qasync lets Qt process events once more after it, then without a running loop.
        task = self.loop.create_task(asyncio.wait_for(coroutine, PATIENCE_S))
        task.add_done_callback(lambda _: self.loop.stop())
        self.loop.run_forever()
        return task.result()

    def until(self, condition: Callable[[], Any]) -> None:
        """Let the loop run until something holds."""

        async def wait() -> None:
            while not condition():
                await asyncio.sleep(0.01)

        try:
            self.run(wait())
        except TimeoutError:
            raise AssertionError("this did not come about in time") from None

    def pause(self, seconds: float = 0.05) -> None:
        """Let the loop run for a while."""
        self.run(asyncio.sleep(seconds))

    # --- the station

    @property
    def session(self) -> StationSession:
        """The station in front."""
        return self.window.sessions.current

    @property
    def snapshot(self) -> dict[str, Any]:
        """The station as it is now."""
        return self.session.emulator.snapshot()

    def state(self) -> str:
        """The state of its registration."""
        return str(self.snapshot["boot"]["state"])

    def start(self, *, connect: bool = False) -> None:
        """Switch the station on."""
        self.run(self.window.sessions.start(self.session, connect=connect))

    def connect(self, ocpp: tuple[str, ...] = ("1.6",)) -> None:
        """Start the test CSMS, and have the station accepted."""
        if self.session.emulator.software is None:
            self.start()
        url = self.run(self.window.csms.start(self.session.emulator.clock))
        self.session.use_connection(self.session.connection_fields()._replace(url=url, ocpp=ocpp))
        self.window.connecting.refresh_fields()
        self.perform("connect")
        self.until(lambda: self.state() == "accepted")
        self.session.bridge.refresh()

    def perform(self, name: str, **parameters: Any) -> Any:
        """Do something with the station."""
        return self.run(self.session.emulator.perform_named(name, parameters))

    def page(self, name: str) -> Any:
        """The page of a dock, which is brought to the front."""
        self.window.show_dock(name)
        self.pause()
        return self.window.bench.panels[name].page()

    # --- hands

    def do(self, deed: Callable[[], Any]) -> Any:
        """Do something that lets Qt process events: in a turn of the loop of its own, as a real event would come.

        Outside the loop asyncio's callbacks would find no running loop, and inside a task other tasks could not run.
        """
        done: asyncio.Future[Any] = self.loop.create_future()

        def turn() -> None:
            try:
                done.set_result(deed())
            except BaseException as error:
                done.set_exception(error)

        async def wait() -> Any:
            self.loop.call_soon(turn)
            return await done

        return self.run(wait())

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click with the left button."""
        button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        self.do(lambda: QTest.mouseClick(widget, button, none, at or widget.rect().center()))

    def double_click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click twice."""
        button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        self.do(lambda: QTest.mouseDClick(widget, button, none, at or widget.rect().center()))

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Press, move, release."""
        button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

        def deed() -> None:
            QTest.mousePress(widget, button, none, start)
            for step in range(1, 6):
                QTest.mouseMove(widget, start + (end - start) * step / 5)
            QTest.mouseRelease(widget, button, none, end)

        self.do(deed)

    def key(
        self, widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press a key."""
        self.do(lambda: QTest.keyClick(widget, key, modifiers))

    def type(self, widget: QWidget, text: str) -> None:
        """Type a text over what is there."""

        def deed() -> None:
            select_all = getattr(widget, "selectAll", None)
            if select_all is not None:
                select_all()
            QTest.keyClicks(widget, text)

        self.do(deed)
