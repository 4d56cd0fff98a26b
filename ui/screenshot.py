"""The window drawn into a file: actions in order, then a picture, then the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ForecourtError
from emulator.domain.frames import FrameType
from ui.main_window import MainWindow

if TYPE_CHECKING:
    from emulator.cli.options import WindowOptions

# How long actions wait for a station that is still booting, as a share of the time until the picture.
PATIENCE = 0.5
# Timers may be early by so much.
SLACK_S = 0.05


class Screenshot:
    """Performs the actions of the options, draws the window and ends."""

    def __init__(self, window: MainWindow, options: WindowOptions, ended: asyncio.Event) -> None:
        self._window = window
        self._options = options
        self._ended = ended

    async def take(self, start: Coroutine[Any, Any, None]) -> int:
        """Start, act, draw; returns the exit code: 1 when an action was refused or the file cannot be written."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._options.after_s, self._ended.set)
        due_s = loop.time() + self._options.after_s
        try:
            await start
            await self._booted(self._options.after_s * PATIENCE)
            for action in self._options.do:
                ((name, parameters),) = action.items()
                await self._perform(name, parameters)
            await self._ended.wait()
        except ForecourtError as refusal:
            complain(str(refusal))
            return 1
        finally:
            timer.cancel()
        if loop.time() < due_s - SLACK_S:
            complain("The picture was not taken: the program was told to end before.")
            return 1
        return self._draw()

    async def _perform(self, name: str, parameters: dict[str, Any]) -> None:
        # What is open and what is selected is nothing that a station does: only pictures need it.
        if name == "open_dock":
            self._open_dock(str(parameters.get("name", "")))
            return
        if name == "select_message":
            self._select_message(str(parameters.get("action", "")))
            return
        await self._window.sessions.current.emulator.perform_named(name, parameters)

    def _open_dock(self, name: str) -> None:
        known = self._window.bench.panels
        if name not in known:
            raise ForecourtError(f"There is no dock {name!r}: there are {', '.join(known)}.")
        self._window.show_dock(name)

    def _select_message(self, action: str) -> None:
        """The newest message of an action."""
        session = self._window.sessions.current
        session.bridge.refresh()
        session.log.flush()
        calls = [f.seq for f in session.emulator.frames() if f.action == action and f.type is FrameType.CALL]
        if not calls:
            raise ForecourtError(f"There is no message {action!r} in the log.")
        self._window.bench.panels["messages"].page().select(calls[-1])  # type: ignore[attr-defined]

    async def _booted(self, patience_s: float) -> None:
        emulator = self._window.sessions.current.emulator
        if not emulator.connection.url:
            return
        booted = asyncio.Event()

        def look(_event: object = None) -> None:
            if emulator.snapshot("boot")["boot"]["state"] == "accepted":
                booted.set()

        unsubscribe = emulator.subscribe(look, ["state"])
        timer = asyncio.get_running_loop().call_later(patience_s, booted.set)
        look()
        await booted.wait()
        timer.cancel()
        unsubscribe()

    def _draw(self) -> int:
        window, path = self._window, self._options.screenshot
        assert path is not None
        for session in window.sessions.all:
            session.bridge.refresh()
            session.log.flush()
        charts = window.bench.panels["charts"].existing_page(window.sessions.current)
        if charts is not None and charts.isVisible():
            charts.show_now()  # type: ignore[attr-defined]
        if not window.grab().save(str(path), "PNG"):
            complain(f"The picture cannot be written to {path}.")
            return 1
        return 0


def complain(sentence: str) -> None:
    """Say on stderr what went wrong."""
    import sys

    print(f"forecourt: {sentence}", file=sys.stderr)


__all__ = ["Screenshot"]
