"""The one loop of the window's process: asyncio on Qt's event loop, with timers that are on time."""

from __future__ import annotations

import asyncio
from typing import cast

import qasync
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication


def _start_precise_timer(timer: QObject, interval_ms: int) -> int:
    return QObject.startTimer(timer, interval_ms, Qt.TimerType.PreciseTimer)


def make_loop(app: QApplication) -> asyncio.AbstractEventLoop:
    """A loop that drives `app` and asyncio together; the caller runs and closes it."""
    # qasync's own timers are Qt's coarse ones, up to five per cent early or late: too far off for a meter.
    qasync._SimpleTimer.startTimer = _start_precise_timer
    return cast("asyncio.AbstractEventLoop", qasync.QEventLoop(app))
