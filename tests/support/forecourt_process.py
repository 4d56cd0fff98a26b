"""`forecourt` as a process of its own, and its control socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 20.0


class RpcFailure(Exception):
    """The control socket answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data")


class Control:
    """A client of the control socket: `await control.plug(evse=1)`."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                message = json.loads(text)
                if "method" in message:
                    self.events.append(message["params"])
                else:
                    self._pending.pop(message["id"]).set_result(message)
        except ConnectionClosed:
            pass
        for answer in self._pending.values():
            answer.cancel()

    async def call(self, method: str, /, **parameters: Any) -> Any:
        number = next(self._ids)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        await self.connection.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}))
        message = await asyncio.wait_for(answer, TIMEOUT_S)
        if "error" in message:
            raise RpcFailure(message["error"])
        return message["result"]

    def __getattr__(self, method: str) -> Any:
        return lambda **parameters: self.call(method, **parameters)

    async def close(self) -> None:
        await self.connection.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


class Forecourt:
    """A running process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.address = ""
        self.token = ""

    async def line(self) -> dict[str, Any]:
        """The next line of stdout."""
        text = await asyncio.wait_for(self.process.stdout.readline(), TIMEOUT_S)
        if not text:
            raise AssertionError(f"forecourt ended: {(await self.process.stderr.read()).decode()}")
        return json.loads(text)

    async def read_address(self) -> None:
        found = await self.line()
        self.address, self.token = found["control"], found["token"]

    @asynccontextmanager
    async def control(self) -> Any:
        """A client of the control socket."""
        async with connect(f"{self.address}?token={self.token}", compression=None, max_size=None) as connection:
            control = Control(connection)
            try:
                yield control
            finally:
                await control.close()

    async def ends(self) -> tuple[int, str]:
        """Wait for the end: exit code and what it said on stderr."""
        _, said = await asyncio.wait_for(self.process.communicate(), TIMEOUT_S)
        return self.process.returncode, said.decode()

    async def stop(self) -> tuple[int, str]:
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ends()

    async def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        await self.process.wait()


async def start(*arguments: str | Path, environment: dict[str, str] | None = None) -> Forecourt:
    """Start `forecourt` with these arguments."""
    surroundings = {key: value for key, value in os.environ.items() if key != "FORECOURT_PASSWORD"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "emulator.cli.main", *map(str, arguments), cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**surroundings, **(environment or {})}, limit=2**24,
    )  # fmt: skip
    return Forecourt(process)


async def run_to_end(*arguments: str | Path, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run `forecourt` to its end: exit code, stdout, stderr."""
    forecourt = await start(*arguments, environment=environment)
    out, err = await asyncio.wait_for(forecourt.process.communicate(), TIMEOUT_S)
    return forecourt.process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def running(*arguments: str | Path, environment: dict[str, str] | None = None) -> Any:
    """`forecourt run` with a control socket, for as long as the block lasts."""
    forecourt = await start("run", *arguments, "--control", "0", environment=environment)
    try:
        await forecourt.read_address()
        yield forecourt
    finally:
        if forecourt.process.returncode is None:
            forecourt.process.kill()
            await forecourt.process.communicate()
