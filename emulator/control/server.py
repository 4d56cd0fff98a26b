"""The control socket: JSON-RPC over WebSocket, for programs of this machine that know the token."""

from __future__ import annotations

import asyncio
import hmac
import http
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from emulator.control import json_rpc
from emulator.control.json_rpc import INVALID_PARAMETERS, RpcError
from emulator.control.methods import OWN_METHODS, Methods
from emulator.runtime.checking import Checker
from emulator.runtime.emulator import EVENT_KINDS, Emulator, Event
from emulator.runtime.events import event_as_json
from emulator.runtime.fleet import Fleet

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 16 * 2**20
# What a client may leave unread of the events that it subscribed to before it is let go.
MAX_UNREAD_BYTES = 8 * 2**20
MAX_CALLS_AT_ONCE = 256
# How long a stop waits for the answers of calls that are being performed (real time).
LAST_ANSWERS_S = 1.0
CLOSE_TIMEOUT_S = 1.0
GOING_AWAY = 1001
TRY_AGAIN_LATER = 1013

_subscription = Checker(OWN_METHODS[0]["parameters"])
_no_parameters = Checker(OWN_METHODS[1]["parameters"])


class ControlServer:
    """Serves the stations of a fleet to any number of clients."""

    def __init__(self, fleet: Fleet, token: str) -> None:
        self.methods = Methods(fleet)
        self._token = token.encode()
        self._server: Server | None = None
        self._sessions: set[_Session] = set()
        self._last_event: tuple[Event | None, bytes] = (None, b"")

    async def start(self, listener: socket.socket) -> None:
        """Serve on a socket that listens already."""
        # Whoever knocks at the wrong door is told so by the answer; nobody needs a trace of it in our log.
        quiet = logging.getLogger(f"{__name__}.handshake")
        quiet.setLevel(logging.CRITICAL)
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=self._admit,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            # The other end is on this machine: when it dies, the system says so. One that stands still in a debugger
            # need not answer pings.
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT_S,
            logger=quiet,
        )

    async def stop(self) -> None:
        """Let the calls that are being performed give their answers, and close all connections."""
        await asyncio.gather(*(session.finish() for session in self._sessions))
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def encoded(self, emulator: Emulator, event: Event) -> bytes:
        """An event as all clients get it."""
        known, text = self._last_event
        if known is not event:
            text = json_rpc.notification("event", event_as_json(emulator.station_id, event))
            self._last_event = (event, text)
        return text

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if "Origin" in request.headers:
            # A web page that the user happens to look at must not reach his stations.
            return connection.respond(http.HTTPStatus.FORBIDDEN, "Web pages are not served.\n")
        if not any(hmac.compare_digest(token.encode(), self._token) for token in _tokens(request)):
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "The token is missing or wrong.\n")
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        session = _Session(self, connection)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            session.end()
            self._sessions.discard(session)


def _tokens(request: Request) -> list[str]:
    in_query = parse_qs(urlsplit(request.path).query).get("token", [])
    in_headers = request.headers.get_all("Authorization")
    return in_query + [value[len("Bearer ") :] for value in in_headers if value.lower().startswith("bearer ")]


class _Session:
    """One client: its calls, which run beside each other, and its subscription."""

    def __init__(self, server: ControlServer, connection: ServerConnection) -> None:
        self._server = server
        self._methods = server.methods
        self._connection = connection
        self._slots = asyncio.Semaphore(MAX_CALLS_AT_ONCE)
        self._calls: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[Any]] = set()
        self._unsubscribe: list[Callable[[], None]] = []
        self._closing: asyncio.Task[None] | None = None
        self._answers_bytes = 0

    async def run(self) -> None:
        """Take calls until the client goes."""
        try:
            async for message in self._connection:
                await self._slots.acquire()
                call = asyncio.get_running_loop().create_task(self._answer(message), name="control call")
                self._calls.add(call)
                call.add_done_callback(self._done)
        except ConnectionClosed:
            pass

    def end(self) -> None:
        """The client has gone: what it waited for is of no use any more; what it had set going goes on."""
        self._listen_to([], [])
        for waiting in self._waiting:
            waiting.cancel()

    async def finish(self) -> None:
        """The server stops: wait a little for calls that are being performed, and end those that wait."""
        for waiting in self._waiting:
            waiting.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=LAST_ANSWERS_S)
        for call in self._calls:
            call.cancel()
        if self._closing is not None:
            await asyncio.wait([self._closing])
        else:
            await self._close(GOING_AWAY, "the station's program ends")

    def _done(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._slots.release()
        if not call.cancelled() and (error := call.exception()) is not None:
            logger.error("a call of the control socket failed", exc_info=error)

    async def _answer(self, message: str | bytes) -> None:
        answer = await json_rpc.answer(message, self._perform)
        if answer is None or self._closing is not None:
            return
        # However long it is, it was asked for; who does not read it gets no further answers, but is not let go.
        self._answers_bytes += len(answer)
        with suppress(ConnectionClosed):
            await self._connection.send(answer, text=True)
        self._answers_bytes -= len(answer)

    async def _perform(self, method: str, parameters: dict[str, Any]) -> Any:
        if method == "subscribe":
            return self._subscribe(dict(parameters))
        if method == "describe":
            _check(_no_parameters, method, parameters)
            return self._methods.describe()
        if method != "wait_for":
            return await self._methods.perform(method, parameters)
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            return await self._methods.perform(method, parameters)
        finally:
            self._waiting.discard(task)

    # --- events

    def _subscribe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        stations = self._methods.stations(parameters)
        _check(_subscription, "subscribe", parameters)
        kinds: list[str] = parameters.get("kinds", list(EVENT_KINDS))
        self._listen_to(stations, kinds)
        return {"kinds": kinds}

    def _listen_to(self, stations: list[Emulator], kinds: list[str]) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        # An emulator takes no kinds for all kinds.
        self._unsubscribe = [emulator.subscribe(self._teller(emulator), kinds) for emulator in stations if kinds]

    def _teller(self, emulator: Emulator) -> Callable[[Event], None]:
        return lambda event: self._send(self._server.encoded(emulator, event))

    def _send(self, event: bytes) -> None:
        if self._closing is not None:
            return
        broadcast([self._connection], event, text=True)
        if self._connection.transport.get_write_buffer_size() - self._answers_bytes > MAX_UNREAD_BYTES:
            self._listen_to([], [])
            closing = self._close(TRY_AGAIN_LATER, "too much is unread")
            self._closing = asyncio.get_running_loop().create_task(closing, name="control close")

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connection.close(code, reason)
        except TimeoutError:
            # It does not even read the close frame.
            self._connection.transport.abort()


def _check(checker: Checker, method: str, parameters: dict[str, Any]) -> None:
    if (mistake := checker.mistake(parameters)) is not None:
        raise RpcError(INVALID_PARAMETERS, f"The action {method!r}: {mistake}.")
