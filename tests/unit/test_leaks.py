"""The fixture of tests/conftest.py that fails a test on what it leaves behind, shown by tests that do so."""

from __future__ import annotations

from pathlib import Path

import pytest

CULPRITS = """
import asyncio, logging, threading
import pytest
from PySide6.QtCore import QObject, QTimer

kept = []
stop = threading.Event()

async def forever():
    await asyncio.Event().wait()

async def test_leaves_a_task():
    kept.append(asyncio.create_task(forever()))

@pytest.fixture
async def background():
    task = asyncio.create_task(forever())
    yield
    task.cancel()

async def test_ends_its_task(background):
    await asyncio.sleep(0)

def test_leaves_a_task_on_a_loop_of_its_own():
    loop = asyncio.new_event_loop()
    kept.append(loop.create_task(forever()))
    loop.run_until_complete(asyncio.sleep(0))
    kept.append(loop)

def test_closes_its_loop():
    while kept:
        thing = kept.pop()
        if isinstance(thing, asyncio.AbstractEventLoop):
            for task in asyncio.all_tasks(thing):
                task.cancel()
            thing.run_until_complete(asyncio.sleep(0))
            thing.close()

async def test_uses_the_executor_of_the_loop():
    await asyncio.to_thread(int)

def test_leaves_a_timer(qapp):
    timer = QTimer()
    timer.start(60_000)
    kept.append(timer)

def test_starts_no_other_timer(qapp):
    assert kept.pop().isActive()

def test_stops_its_timer(qapp):
    timer = QTimer()
    timer.start(60_000)
    timer.stop()
    kept.append(timer)

def test_deletes_the_owner_of_its_timer_later(qapp):
    owner = QObject()
    timer = QTimer(owner)
    timer.setInterval(60_000)
    timer.start()
    kept.append(timer)
    owner.deleteLater()
    kept.append(owner)

def test_leaves_a_thread():
    threading.Thread(target=stop.wait, name="left behind").start()

def test_ends_the_thread():
    stop.set()

def test_logs_a_warning():
    logging.getLogger("somewhere").warning("something is %s", "odd")

def test_expects_a_warning(caplog):
    logging.getLogger("somewhere").warning("something is odd")
    assert "odd" in caplog.text

def test_makes_qt_warn(qapp):
    QObject().startTimer(-1)
"""


def test_every_kind_of_leak_fails_the_test_that_made_it(
    pytester: pytest.Pytester, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    pytester.makeconftest((pytestconfig.rootpath / "tests" / "conftest.py").read_text())
    pytester.makepyprojecttoml((pytestconfig.rootpath / "pyproject.toml").read_text())
    path = pytester.makepyfile(test_culprits=CULPRITS)

    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", Path(path).name)

    result.assert_outcomes(passed=13, errors=5, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "ERROR *test_leaves_a_task - *left a running task*forever*",
            "ERROR *test_leaves_a_task_on_a_loop_of_its_own - *left a running task*forever*",
            "ERROR *test_leaves_a_timer - *left a running QTimer*",
            "ERROR *test_leaves_a_thread - *left a thread*left behind*",
            "ERROR *test_logs_a_warning - *logged WARNING by somewhere: something is odd*",
            "FAILED *test_makes_qt_warn*",
        ]
    )
