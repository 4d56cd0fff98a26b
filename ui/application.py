"""The program with its window: one process, one loop, from the options to a clean end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ui.qt_version import unusable_qt

if TYPE_CHECKING:
    from emulator.cli.options import WindowOptions

Painted = Callable[[], None]


def main(options: WindowOptions, painted: Painted | None = None) -> int:
    """Open the window, or draw it into a file, and return the exit code; `painted` hears of the first picture."""
    import PySide6

    if (reason := unusable_qt(PySide6.__version__, sys.version_info[:3])) is not None:
        complain(reason)
        return 1
    if options.screenshot is None and not has_display():
        complain("There is no display here. `--screenshot FILE` draws the window into a file, `run` needs no window.")
        return 1
    if options.screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Until the first picture next to nothing becomes garbage: looking for it only holds the picture up.
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="forecourt-") as scratch:
        return _run(options, Path(scratch), painted)


def has_display() -> bool:
    """Whether a window could be seen here, or somebody chose a platform of Qt's."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def complain(sentence: str) -> None:
    """Say on stderr what went wrong."""
    print(f"forecourt: {sentence}", file=sys.stderr)


def _run(options: WindowOptions, scratch: Path, painted: Painted | None) -> int:
    from PySide6.QtWidgets import QApplication

    from ui.event_loop import make_loop
    from ui.life import Life

    app = QApplication(["forecourt"])
    app.setApplicationName("Forecourt")
    app.setQuitOnLastWindowClosed(False)
    loop = make_loop(app)
    try:
        life = Life(app, options, scratch, painted)
        _end_on_signals(loop, life.end)
        return loop.run_until_complete(life.run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _end_on_signals(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM close the window, as a click would."""
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, end)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: end())


__all__ = ["main"]
