"""`forecourt csms`: the built-in test CSMS alone, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from typing import Any, TextIO

from emulator.csms.clock import rfc3339
from emulator.csms.frames import encode_payload
from emulator.csms.records import Change, Message, StationRecord
from emulator.csms.server import BuiltInCsms

ARROWS = {"received": "<-", "sent": "->"}
LONGEST_TEXT = 200


async def serve(
    host: str = "127.0.0.1",
    port: int = 9000,
    *,
    log_frames: bool = False,
    csms: BuiltInCsms | None = None,
    out: TextIO | None = None,
) -> None:
    """Serve stations until SIGINT or SIGTERM; prints one line with the URL, then one per message.

    `log_frames` prints JSON lines instead. Raises OSError when the port is taken.
    """
    served = csms or BuiltInCsms()
    printer = _Printer(out or sys.stdout, log_frames=log_frames)
    restore = _on_signals(printer.ended.set)
    unsubscribe = served.subscribe(printer.show)
    try:
        await served.start(host, port)
        printer.print_url(served.url)
        await printer.ended.wait()
    finally:
        unsubscribe()
        await served.stop()
        restore()


class _Printer:
    """Writes what happens as lines; ends the serving when nobody reads them any more."""

    def __init__(self, out: TextIO, *, log_frames: bool) -> None:
        self._out = out
        self._log_frames = log_frames
        self._connected: dict[str, bool] = {}
        self.ended = asyncio.Event()

    def print_url(self, url: str) -> None:
        """The first line."""
        self._write(json.dumps({"csms": url}) if self._log_frames else f"csms: {url}")

    def show(self, change: Change) -> None:
        """One line per message; in plain text also one per connection that comes or goes."""
        if change.kind == "message":
            self._write(_as_json(change.body) if self._log_frames else _as_text(change.body))
        elif change.kind == "station" and not self._log_frames:
            self._show_station(change.body)

    def _show_station(self, station: StationRecord) -> None:
        if self._connected.get(station.identity, False) != station.connected:
            self._connected[station.identity] = station.connected
            self._write(f"{station.identity} {f'connected, OCPP {station.ocpp}' if station.connected else 'gone'}")

    def _write(self, line: str) -> None:
        try:
            print(line, file=self._out, flush=True)
        except (OSError, ValueError):
            self.ended.set()


def _as_text(message: Message) -> str:
    payload = message.raw if message.payload is None else encode_payload(message.payload)
    shown = payload if len(payload) <= LONGEST_TEXT else f"{payload[:LONGEST_TEXT]}..."
    verdict = f"  INVALID: {'; '.join(message.problems)}" if message.problems else ""
    sort = "" if message.kind == "CALL" else f" {message.kind}"
    time = message.time.strftime("%H:%M:%S.%f")[:-3]
    return f"{time} {message.identity} {ARROWS[message.direction]} {message.action}{sort} {shown}{verdict}"


def _as_json(message: Message) -> str:
    return json.dumps(
        {
            "seq": message.seq,
            "time": rfc3339(message.time),
            "identity": message.identity,
            "ocpp": message.ocpp,
            "direction": message.direction,
            "type": message.kind,
            "action": message.action,
            "message_id": message.message_id,
            "payload": message.payload,
            "raw": message.raw,
            "problems": message.problems,
        },
        ensure_ascii=False,
    )


def _on_signals(stop: Callable[[], None]) -> Callable[[], None]:
    """Call `stop` at SIGINT and SIGTERM; the result puts back what was there."""
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, AttributeError):  # Windows, and the loop of a window
            before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))

    def restore() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            if number in before:
                signal.signal(number, before[number])
            else:
                loop.remove_signal_handler(number)

    return restore
