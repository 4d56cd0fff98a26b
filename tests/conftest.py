"""What every test is held to: it leaves no task, running timer or thread behind, and no warning in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from functools import wraps
from typing import Any

import pytest

_THREAD_GRACE_S = 1.0
_call_report = pytest.StashKey[pytest.TestReport]()
_loops: weakref.WeakSet[asyncio.BaseEventLoop] = weakref.WeakSet()
_timers: weakref.WeakSet[Any] = weakref.WeakSet()
_left_at_close: list[asyncio.Task[Any]] = []


class _Records(logging.Handler):
    """Keeps what is logged at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"logged {record.levelname} by {record.name}: {record.getMessage()}")


def _running_tasks(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
    # A task that was cancelled has an owner who saw to it, even if its last turn is still to come.
    return {task for task in asyncio.all_tasks(loop) if not task.done() and not task.cancelling()}


def _watch_loops() -> None:
    """Note every loop that is made, and the tasks that still run when it closes: closing cancels them in silence."""
    make, close_loop, close_runner = asyncio.BaseEventLoop.__init__, asyncio.BaseEventLoop.close, asyncio.Runner.close

    @wraps(make)
    def noting_make(self: asyncio.BaseEventLoop) -> None:
        make(self)
        _loops.add(self)

    @wraps(close_loop)
    def noting_close_loop(self: asyncio.BaseEventLoop) -> None:
        _left_at_close.extend(_running_tasks(self))
        close_loop(self)

    @wraps(close_runner)
    def noting_close_runner(self: asyncio.Runner) -> None:
        if loop := getattr(self, "_loop", None):
            _left_at_close.extend(_running_tasks(loop))
        close_runner(self)

    asyncio.BaseEventLoop.__init__ = noting_make
    asyncio.BaseEventLoop.close = noting_close_loop
    asyncio.Runner.close = noting_close_runner


def _watch_timers() -> None:
    """Note every QTimer that is started from Python."""
    from PySide6.QtCore import QTimer

    if hasattr(QTimer.start, "__wrapped__"):
        return
    start = QTimer.start

    @wraps(start)
    def noting_start(self: QTimer, *arguments: Any) -> None:
        _timers.add(self)
        start(self, *arguments)

    QTimer.start = noting_start


def _running_timers() -> set[Any]:
    if not _timers:
        return set()
    from shiboken6 import isValid

    return {timer for timer in _timers if isValid(timer) and timer.isActive()}


def _timers_left(before: set[Any]) -> set[Any]:
    left = _running_timers() - before
    if left:
        from PySide6.QtCore import QCoreApplication, QEvent

        # What was told deleteLater() goes when a loop next runs: not a leak.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        left = _running_timers() - before
    return left


def _threads_left(before: set[threading.Thread]) -> set[threading.Thread]:
    deadline = time.monotonic() + _THREAD_GRACE_S
    while True:
        # Threads of Qt show as dummies once they run Python, and never leave the list.
        left = {
            thread for thread in set(threading.enumerate()) - before if not isinstance(thread, threading._DummyThread)
        }
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def _open_tasks() -> set[asyncio.Task[Any]]:
    return {task for loop in list(_loops) if not loop.is_closed() for task in _running_tasks(loop)}


def _task_sentences(tasks: Iterable[asyncio.Task[Any]]) -> list[str]:
    return [f"left a running task: {task.get_name()}, {task.get_coro().__qualname__}" for task in tasks]


@pytest.fixture(autouse=True)
def _leaves_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that passed but left something behind; a test that asks for caplog may log what it likes."""
    if "PySide6.QtCore" in sys.modules:
        _watch_timers()
    _left_at_close.clear()
    tasks, timers, threads, records = _open_tasks(), _running_timers(), set(threading.enumerate()), _Records()
    logging.getLogger().addHandler(records)
    yield
    logging.getLogger().removeHandler(records)
    report = request.node.stash.get(_call_report, None)
    if report is None or not report.passed:
        return
    problems = _task_sentences((_open_tasks() | set(_left_at_close)) - tasks)
    problems += [f"left a running QTimer: {timer}, every {timer.interval()} ms" for timer in _timers_left(timers)]
    problems += [f"left a thread: {thread}" for thread in _threads_left(threads)]
    if "caplog" not in request.fixturenames:
        problems += records.lines
    _left_at_close.clear()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep the report of the test itself, for the fixture above."""
    report: pytest.TestReport = yield
    if report.when == "call":
        item.stash[_call_report] = report
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the checks that failed before the tests ran, just above the closing line (packaging/test)."""
    if failed := os.environ.get("FORECOURT_FAILED_CHECKS"):
        terminalreporter.write_line(f"FAILED before the tests: {failed.replace(',', ', ')} (see above)", red=True)


os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_watch_loops()
