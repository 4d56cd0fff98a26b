"""From process start to the first painted frame of the window, the whole process; drawn off-screen.

The window is that of `forecourt` on an empty data folder: bar, scene, log and the frames of the docks are in it.
Off-screen there is no display server to wait for: on a real screen its answer comes on top.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator

from benchmarks.figures import Figure, Settings
from benchmarks.process import ROOT, running

LIMIT_S = 0.8
RUNS_PER_ROUND = 3
# The command line's own entry, whose window tells when it was painted, and then ends at once.
PROGRAM = """
import functools, os, sys
sys.path.insert(0, sys.argv.pop(1))
import ui.application
def painted():
    print("painted", flush=True)
    os.close(1)
ui.application.main = functools.partial(ui.application.main, painted=painted)
from emulator.cli.main import main
sys.exit(main())
"""
BARE = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
from PySide6.QtCore import QTimer
class Window(QMainWindow):
    def paintEvent(self, event):
        QTimer.singleShot(0, lambda: (print("painted", flush=True), QApplication.exit()))
app = QApplication(sys.argv)
window = Window()
window.show()
app.exec()
"""


async def picture_s(*command: str) -> float:
    """Seconds from just before the process is made to the moment when its word was read."""
    async with running(*command) as subject:
        assert subject.process.stdout is not None
        line = await asyncio.wait_for(subject.process.stdout.readline(), 30)
        if line.strip() != b"painted":
            raise SystemExit("bench: the window ended before it was painted; its message is above")
        return time.perf_counter() - subject.started_at


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """One figure, beside an empty window of Qt; a first run of each, which warms the disk cache, is not counted."""
    ours, bare = [], []
    for number in range(1 + settings.rounds * RUNS_PER_ROUND):
        with tempfile.TemporaryDirectory(prefix="forecourt-bench-") as data:
            options = ("--data", data, "--screenshot", f"{data}/picture.png", "--after", "0")
            took_s = await picture_s(sys.executable, "-c", PROGRAM, str(ROOT), *options)
        bare_s = await picture_s(sys.executable, "-c", BARE, "-platform", "offscreen")
        if number:
            ours.append(took_s)
            bare.append(bare_s)
    yield Figure("first painted frame", "s", ours, bare, LIMIT_S, note="off-screen; bare: an empty QMainWindow")
