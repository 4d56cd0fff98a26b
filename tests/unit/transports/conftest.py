"""A listener that records, a real CSMS of the websockets library, and raw servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from emulator.domain.ports import ConnectionProfile


class Listener:
    """Hears a connection and keeps what it heard."""

    def __init__(self) -> None:
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.ends: list[tuple[int, str]] = []
        self._ended = asyncio.Event()

    def received(self, text: str) -> None:
        self.texts.put_nowait(text)

    def closed(self, code: int, sentence: str) -> None:
        self.ends.append((code, sentence))
        self._ended.set()

    async def text(self) -> str:
        return await asyncio.wait_for(self.texts.get(), 5)

    async def end(self) -> tuple[int, str]:
        await asyncio.wait_for(self._ended.wait(), 5)
        await asyncio.sleep(0)
        assert len(self.ends) == 1
        return self.ends[0]


class Csms:
    """A WebSocket server on the loopback; `stations` are its connections, `texts` what they said."""

    def __init__(self) -> None:
        self.stations: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.texts: asyncio.Queue[Any] = asyncio.Queue()
        self.server: Server

    async def talk(self, station: ServerConnection) -> None:
        self.stations.put_nowait(station)
        with suppress(ConnectionClosed):
            async for text in station:
                self.texts.put_nowait(text)

    @property
    def port(self) -> int:
        return next(iter(self.server.sockets)).getsockname()[1]

    async def station(self) -> ServerConnection:
        return await asyncio.wait_for(self.stations.get(), 5)

    async def text(self) -> Any:
        return await asyncio.wait_for(self.texts.get(), 5)

    def profile(self, **changes: Any) -> ConnectionProfile:
        return profile_for(self.port, **changes)


def profile_for(port: int, **changes: Any) -> ConnectionProfile:
    scheme = "wss" if changes.get("security_profile", 0) >= 2 else "ws"
    standard = {"url": f"{scheme}://localhost:{port}/ocpp", "identity": "CP 1", "offered": ("2.0.1", "1.6")}
    return ConnectionProfile(**{**standard, "connect_timeout_s": 5, **changes})


@asynccontextmanager
async def running_csms(**options: Any) -> AsyncIterator[Csms]:
    csms = Csms()
    standard = {
        "subprotocols": ["ocpp1.6", "ocpp2.0.1"],
        "compression": None,
        "ping_interval": None,
        "close_timeout": 1,
    }
    async with serve(csms.talk, "127.0.0.1", 0, **{**standard, **options}) as csms.server:
        yield csms


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], **options: Any
) -> AsyncIterator[int]:
    """A TCP server; yields its port. Its connections end with it."""
    talks: list[asyncio.Task[Any]] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(keep, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for running in talks:
            running.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    """A CSMS that speaks 1.6 and 2.0.1."""
    async with running_csms() as running:
        yield running


@pytest.fixture
def listener() -> Listener:
    """A listener that records."""
    return Listener()


@pytest.fixture
def running_server() -> Any:
    """Runs a CSMS with options of websockets' serve()."""
    return running_csms


@pytest.fixture
def raw() -> Any:
    """Runs a raw TCP server."""
    return raw_server


@pytest.fixture
def profile() -> Any:
    """Makes a profile for a port of the loopback."""
    return profile_for
