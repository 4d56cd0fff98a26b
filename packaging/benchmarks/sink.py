"""A CSMS that says yes to everything, cheaply; the measurements talk to the stations through it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

Answered = Callable[[Any], None]
Heard = Callable[[str, dict[str, Any], dict[str, Any]], None]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Link(asyncio.Protocol):
    """The connection of one station; `identity` is the last part of its URL."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        names = [Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1")]
        self._protocol = ServerProtocol(subprotocols=names, max_size=None)
        self._pending: dict[str, Answered] = {}
        self._message_ids = itertools.count()
        self.identity = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A station dials in."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came in: the handshake, or frames."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self.identity = event.path.rsplit("/", 1)[-1]
                self._protocol.send_response(self._protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._received(orjson.loads(event.data))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """The station is gone."""
        self._sink.links.pop(self.identity, None)

    def call(self, action: str, payload: dict[str, Any], answered: Answered) -> None:
        """Send a CALL; `answered` gets the payload of its CALLRESULT."""
        message_id = str(next(self._message_ids))
        self._pending[message_id] = answered
        self._send([2, message_id, action, payload])
        self._flush()

    def close(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _received(self, message: list[Any]) -> None:
        if self._protocol.state is not State.OPEN:
            return  # the station says goodbye
        if message[0] == 2:
            answer = self._sink.answer(message[2], message[3])
            self._send([3, message[1], answer])
            self._sink.heard(self, message[2], message[3], answer)
        elif message[0] == 3:
            self._pending.pop(message[1])(message[2])
        else:
            raise SystemExit(f"bench: {self.identity} answered with an error: {message}")

    def _send(self, message: list[Any]) -> None:
        self._protocol.send_text(orjson.dumps(message))

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


class Sink:
    """All connections; `listener` hears each CALL with its answer.

    `booted` holds when (by time.perf_counter) the first BootNotification of each identity came.
    """

    def __init__(self) -> None:
        self.url = ""
        self.links: dict[str, Link] = {}
        self.booted: dict[str, float] = {}
        self.listener: Heard | None = None
        self._transaction_ids = itertools.count(1)
        self._arrived = asyncio.Event()

    async def wait_booted(self, count: int) -> float:
        """Wait until `count` stations have booted; returns when the last did."""
        while len(self.booted) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return max(self.booted.values())

    def heard(self, link: Link, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """A CALL of a station was answered."""
        if action == "BootNotification":
            self.booted.setdefault(link.identity, time.perf_counter())
            self.links[link.identity] = link
            self._arrived.set()
        if self.listener:
            self.listener(action, payload, answer)

    def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What a CSMS that accepts everything answers."""
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": _now(), "interval": 3600}
            case "Heartbeat":
                return {"currentTime": _now()}
            case "Authorize":
                return {"idTagInfo" if "idTag" in payload else "idTokenInfo": {"status": "Accepted"}}
            case "StartTransaction":
                return {"transactionId": next(self._transaction_ids), "idTagInfo": {"status": "Accepted"}}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case _:
                return {}


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Sink]:
    """A sink on a free port of the loopback."""
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: Link(sink), "127.0.0.1", 0, backlog=1024)
    sink.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp"
    try:
        yield sink
    finally:
        server.close()
        for link in list(sink.links.values()):
            link.close()
