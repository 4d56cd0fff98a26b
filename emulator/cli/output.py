"""What `forecourt run` prints: the control line and frames on stdout, sentences on stderr."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from emulator.cli.arguments import complain
from emulator.domain.errors import EnvironmentProblem
from emulator.runtime.emulator import Emulator, Event
from emulator.runtime.fleet import Fleet


class Output:
    """Writes lines; calls `ended` when nobody reads them any more."""

    def __init__(self, ended: Callable[[], None], *, log_frames: bool) -> None:
        self._ended = ended
        self._log_frames = log_frames
        self._last_sentence = ""
        self._spoken = asyncio.Event()
        self._ending = False

    def follow(self, fleet: Fleet) -> None:
        """Print what the stations say."""
        for emulator in fleet.stations.values():
            emulator.subscribe(self._note_of(emulator, several=fleet.several), ["log"])
            if self._log_frames:
                emulator.subscribe(self._frame_of(emulator), ["frame"])
        self._stop_listening = fleet.first.subscribe(self._first, ["frame", "log"])

    async def first_word(self, patience_s: float) -> None:
        """Wait until the first station has sent or failed to send something, but not longer than this (real time)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._spoken.wait()
        self._stop_listening()

    def end(self) -> None:
        """The stations are being stopped: that calls of theirs remain unanswered now is no news."""
        self._ending = True

    def control(self, listener: socket.socket, token: str) -> None:
        """The first line: where the control socket is, and its token."""
        host, port = listener.getsockname()[:2]
        place = f"[{host}]" if ":" in host else host
        self._write({"control": f"ws://{place}:{port}/", "token": token})

    def problem(self, problem: EnvironmentProblem) -> None:
        """Something outside the program is wrong, but the program goes on."""
        complain(str(problem))

    def _first(self, event: Event) -> None:
        self._spoken.set()

    def _note_of(self, emulator: Emulator, *, several: bool) -> Callable[[Event], None]:
        def note(event: Event) -> None:
            sentence = " ".join(part for part in (event.body["text"], event.body.get("hint", "")) if part)
            # A station that tries again and again, or five hundred that fail alike, say it once.
            if sentence != self._last_sentence and not self._ending:
                self._last_sentence = sentence
                complain(f"{emulator.station_id}: {sentence}" if several else sentence)

        return note

    def _frame_of(self, emulator: Emulator) -> Callable[[Event], None]:
        from emulator.runtime.waiting import frame_as_json

        def frame(event: Event) -> None:
            self._write({"station": emulator.station_id, **frame_as_json(event.body)})

        return frame

    def _write(self, line: dict[str, Any]) -> None:
        try:
            sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            sys.stdout.buffer.flush()
        except (OSError, ValueError):
            # Whoever read our lines has gone; Python must not try to flush them once more at the end.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
            self._ended()
