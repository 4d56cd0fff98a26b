"""The window at 1,000 frames a second, with a million rows in its log, and a text filter over them.

    python -m benchmarks.window [--json]      in packaging/; off-screen, some 40 seconds

It is the real log, frame detail, sequence and chart in one window of 1440 x 900 pixels, painted without a screen.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, Settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from emulator.domain.frames import Frame
    from ui.models.message_log import MessageLogModel
    from ui.models.series import Series

RATE = 1_000
SECONDS = 5.0
ROWS = 1_000_000
BATCH = 4_000
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
IDLE_MS = 0.05  # a turn that was shorter had nothing to do, and would only make the percentile look better
TURN_LIMIT_MS = 16.0
MEMORY_LIMIT_MB = 400.0
FILTER_LIMIT_MS = 250.0
FILTERS = ("InvalidValue", "seq 77777", "nothing like it", "faulted")


def payloads() -> list[tuple[str, str, Any, Any]]:
    """Direction, action, payload and answer of a mix as a busy station has it."""
    token = {"idToken": "04A22B6C", "type": "ISO14443"}
    sample = [
        {"value": 1_234_567.0, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}},
        {"value": 11_040.0, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}},
        {"value": 64, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}},
    ]
    variable = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
    refused = variable | {"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "InvalidValue"}}
    mix: list[tuple[str, str, Any, Any]] = [("sent", "Heartbeat", {}, {"currentTime": "2026-11-20T14:00:00Z"})]
    for number in range(1, 90):
        event = {
            "eventType": "Updated",
            "timestamp": "2026-11-20T14:00:00Z",
            "triggerReason": "MeterValuePeriodic",
            "seqNo": number * 863,
            "transactionInfo": {"transactionId": f"7f3a12c0-55aa-4c1e-9b1f-0a4b8f2f3c{number:02d}"},
            "evse": {"id": 1 + number % 2},
            "meterValue": [{"timestamp": "2026-11-20T14:00:00Z", "sampledValue": sample}],
        }
        status = {"timestamp": "x", "connectorStatus": "Occupied", "evseId": 1 + number % 2, "connectorId": 1}
        mix.append(("sent", "TransactionEvent", event, {}))
        mix.append(("sent", "StatusNotification", status, {}))
        if number % 9 == 0:
            mix.append(("sent", "Authorize", {"idToken": token}, {"idTokenInfo": {"status": "Accepted"}}))
    wrong = {"setVariableData": [variable | {"attributeValue": "ten"}]}
    return [*mix, ("received", "SetVariables", wrong, {"setVariableResult": [refused]})]


def frames(first_seq: int = 1) -> Iterator[Frame]:
    """CALL and answer in turn without end, each with a message id of its own."""
    from emulator.domain.frames import Direction, Frame, FrameType

    sent, received = Direction.SENT, Direction.RECEIVED
    mix = [
        (sent if way == "sent" else received, received if way == "sent" else sent, action, asked, answered)
        for way, action, asked, answered in payloads()
    ]
    texts = [json.dumps([2, "x" * 36, action, asked]) for _, _, action, asked, _ in mix]
    seq, now, step = first_seq, START, timedelta(milliseconds=7)
    for number in itertools.count():
        way, back, action, asked, answered = mix[number % len(mix)]
        raw = texts[number % len(mix)]
        message_id = f"{number:08x}-55aa-4c1e-9b1f-0a4b8f2f3c11"
        yield Frame(seq, now, way, FrameType.CALL, action, message_id, asked, raw, "2.0.1")
        now += step
        yield Frame(
            seq + 1, now, back, FrameType.CALLRESULT, action, message_id, answered, "[3]", "2.0.1", (), seq, 7.0
        )
        seq += 2


def make_window(app: QApplication, now: datetime) -> tuple[QWidget, MessageLogModel, Series]:
    """Log, detail and chart as the main window has them."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QSplitter

    from ui.models.message_log import MessageLogModel
    from ui.models.series import Series
    from ui.theme import Theme
    from ui.views.charts import ChartView
    from ui.views.frame_detail import FrameDetail
    from ui.views.message_log import MessageLogView

    theme = Theme(app, "light")
    model, series = MessageLogModel(), Series()
    log, detail, chart = MessageLogView(model, theme), FrameDetail(model, theme), ChartView(series, theme)
    log.selected.connect(detail.show_seq)
    right = QSplitter(Qt.Orientation.Vertical)
    right.addWidget(log)
    right.addWidget(detail)
    window = QSplitter(Qt.Orientation.Horizontal)
    window.addWidget(chart)
    window.addWidget(right)
    window.resize(1440, 900)
    window.show()
    series.add_sample(now.timestamp(), 1, {"power_w": 11_000})
    chart.show_now()
    app.processEvents()
    return window, model, series


def measure_turns(app: QApplication, model: MessageLogModel, series: Series) -> dict[str, float]:
    """Feed 1,000 frames a second, as they come, for five seconds; how long the loop was busy whenever it had work."""
    from PySide6.QtCore import Qt, QTimer

    ready = list(itertools.islice(frames(), int(RATE * SECONDS)))
    given = 0
    started = time.perf_counter()

    def feed() -> None:
        nonlocal given
        due = min(len(ready), int((time.perf_counter() - started) * RATE))
        for frame in ready[given:due]:
            model.append([frame])
        if given // RATE != due // RATE:
            series.add_sample(ready[due - 1].time.timestamp(), 1, {"power_w": 11_000 + due % 500})
        given = due

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(feed)
    timer.start(2)
    turns_ms, cpu_ms = [], []
    while time.perf_counter() - started < SECONDS + 0.3:
        turn, cpu = time.perf_counter(), time.thread_time()
        app.processEvents()
        busy_ms = (time.perf_counter() - turn) * 1000
        if busy_ms > IDLE_MS:
            turns_ms.append(busy_ms)
            cpu_ms.append((time.thread_time() - cpu) * 1000)
        time.sleep(0.0003)
    timer.stop()
    turns_ms.sort()
    cpu_ms.sort()
    found = {"turn_p99_ms": turns_ms[int(len(turns_ms) * 0.99)], "turn_max_ms": turns_ms[-1], "turns": len(turns_ms)}
    return found | {"turn_cpu_p99_ms": cpu_ms[int(len(cpu_ms) * 0.99)], "frames_shown": model.frame_count}


def memory_mb() -> float:
    """The memory of this process as the kernel counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def measure_memory(model: MessageLogModel) -> dict[str, float]:
    """Fill the log with a million rows."""
    first = model.frame_count + 1
    started = time.perf_counter()
    source = frames(first)
    while model.rows.end < ROWS:
        model.append(itertools.islice(source, BATCH))
        model.flush()
    return {"rows": len(model.rows), "fill_s": time.perf_counter() - started, "memory_mb": memory_mb()}


def measure_filters(app: QApplication, model: MessageLogModel) -> dict[str, float]:
    """Set text filters over all rows; CPU of each, and of the longest turn of the loop meanwhile, with its paints."""
    from ui.models.log_filter import LogFilter

    for _ in range(5):
        app.processEvents()  # what the filling has left to paint is not the filters' doing
    cpu_ms, held_up_ms = [], []
    for text in FILTERS:
        cpu, started = time.process_time(), time.thread_time()
        model.set_filter(LogFilter(text=text))
        longest = (time.thread_time() - started) * 1000
        while model.scanning:
            turn = time.thread_time()
            app.processEvents()
            longest = max(longest, (time.thread_time() - turn) * 1000)
        cpu_ms.append((time.process_time() - cpu) * 1000)
        held_up_ms.append(longest)
    return {
        "filter_ms": statistics.median(cpu_ms),
        "filter_worst_ms": max(cpu_ms),
        "filter_held_up_ms": max(held_up_ms),
    }


def measure() -> dict[str, float]:
    """All figures of the window."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    window, model, series = make_window(app, START)
    results = measure_turns(app, model, series)
    results |= measure_memory(model)
    results |= measure_filters(app, model)
    window.close()
    model.close()
    return results


async def figures(_settings: Settings) -> AsyncIterator[Figure]:
    """The figures of a process of their own, in which nothing else has used memory."""
    command = [sys.executable, "-m", "benchmarks.window", "--json"]
    folder = Path(__file__).resolve().parent.parent
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    found = json.loads(output.splitlines()[-1])
    turns = f"{found['turns']:.0f} turns, longest {found['turn_max_ms']:.0f} ms; CPU {found['turn_cpu_p99_ms']:.1f} ms"
    yield Figure("event-loop turn, p99, 1,000 frames/s", "ms", [found["turn_p99_ms"]], (), TURN_LIMIT_MS, note=turns)
    rows = f"{found['rows']:.0f} rows"
    yield Figure("memory with a million rows", "MB", [found["memory_mb"]], (), MEMORY_LIMIT_MB, note=rows)
    worst = f"CPU; worst {found['filter_worst_ms']:.0f} ms"
    yield Figure("text filter over them", "ms", [found["filter_ms"]], (), FILTER_LIMIT_MS, note=worst)
    yield Figure("longest turn while filtering, CPU", "ms", [found["filter_held_up_ms"]], (), TURN_LIMIT_MS)


def main() -> None:
    """Print the figures, one per line, or as one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    options = parser.parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:20} {value:,.1f}")


if __name__ == "__main__":
    main()
