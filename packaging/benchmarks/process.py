"""The process under measurement: started, looked at through /proc, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.sink import Sink

ROOT = Path(__file__).resolve().parent.parent.parent
FORECOURT = Path(sys.prefix) / "bin" / "forecourt"
BARE_CLIENT = Path(__file__).with_name("bare_client.py")
BOOT_TIMEOUT_S = 60.0
CONTROL_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 20.0


@dataclass(slots=True)
class Subject:
    """A process that is one or more stations; `started_at` is by time.perf_counter."""

    process: asyncio.subprocess.Process
    started_at: float

    def cpu_s(self) -> float:
        """CPU seconds of the whole process so far, ended threads included."""
        # The kernel's clock of another process: clock_getcpuclockid(3).
        return time.clock_gettime((~self.process.pid << 3) | 2)

    async def booted(self, sink: Sink, count: int = 1) -> float:
        """Wait until `count` stations have booted; returns when (time.perf_counter) the last did."""
        booted = asyncio.ensure_future(sink.wait_booted(count))
        ended = asyncio.ensure_future(self.process.wait())
        await asyncio.wait({booted, ended}, timeout=BOOT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if booted.done():
            return booted.result()
        booted.cancel()
        problem = f"did not boot within {BOOT_TIMEOUT_S:g} s" if self.process.returncode is None else "ended at once"
        raise SystemExit(f"bench: {len(sink.booted)} of {count} stations booted; the process {problem}")

    def memory_kb(self) -> float:
        """Proportional set size in KB."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))

    async def control(self) -> tuple[str, str]:
        """Address and token of the control socket, from the first line on stdout."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), CONTROL_TIMEOUT_S)
        if not line:
            raise SystemExit("bench: forecourt ended before it served the control socket; its message is above")
        found = json.loads(line)
        return found["control"], found["token"]

    async def perform(self, *actions: tuple[str, dict[str, Any]]) -> None:
        """Perform these actions through the control socket, one after the other."""
        address, token = await self.control()
        async with connect(f"{address}?token={token}", compression=None) as socket:
            for number, (name, parameters) in enumerate(actions):
                await socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": name, "params": parameters}))
                answer = json.loads(await asyncio.wait_for(socket.recv(), CONTROL_TIMEOUT_S))
                if "error" in answer:
                    raise SystemExit(f"bench: {name} was refused: {answer['error']['message']}")


@contextlib.asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[Subject]:
    """Start a process, and stop it at the end; what it says on stderr is shown."""
    started_at = time.perf_counter()
    # What an installed program has: its byte code on disk.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=environment)
    try:
        yield Subject(process, started_at)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            # communicate() also empties stdout: a process that cannot write does not end.
            await asyncio.wait_for(process.communicate(), STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def forecourt(url: str, ocpp: str, count: int = 1) -> AsyncIterator[Subject]:
    """`forecourt run` with an empty memory of its own, control socket on."""
    if not FORECOURT.exists():
        raise SystemExit(f"bench: {FORECOURT} is missing; run packaging/run or packaging/test once")
    several = ("--count", str(count)) if count > 1 else ()
    with tempfile.TemporaryDirectory(prefix="forecourt-bench-") as data:
        options = ("--url", url, "--id", "BENCH", "--ocpp", ocpp, "--control", "0", "--data", data, *several)
        async with running(FORECOURT, "run", *options) as subject:
            yield subject


@contextlib.asynccontextmanager
async def bare_client(url: str, ocpp: str, count: int = 1) -> AsyncIterator[Subject]:
    """The bare client as `count` stations in one process."""
    async with running(sys.executable, BARE_CLIENT, url, ocpp, str(count)) as subject:
        yield subject
