"""The built-in test CSMS: one WebSocket server for stations of OCPP 1.6 and 2.0.1."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from emulator.csms import access
from emulator.csms.clock import CsmsClock, WallClock
from emulator.csms.commands import COMMANDS, Field
from emulator.csms.desk import BootDecision, Desk, Settings
from emulator.csms.hooks import Answer, Override
from emulator.csms.link import CommandFailed, Payload, StationLink
from emulator.csms.records import Change, Message, Problem, StationRecord
from emulator.csms.station_v16 import Station16
from emulator.csms.station_v201 import Station201
from emulator.csms.tokens import TokenList, default_tokens

logger = logging.getLogger(__name__)

LINKS: dict[str, type[StationLink]] = {"1.6": Station16, "2.0.1": Station201}
BACKLOG = 1024  # a fleet connects at once
LARGEST_FRAME = 8 * 2**20
CLOSE_TIMEOUT_S = 1
GOING_AWAY, PROTOCOL_ERROR, REPLACED = 1001, 1002, 1008


class BuiltInCsms:
    """The test CSMS; docs of its parts: records.py, tokens.py, hooks.py, commands.py.

    `passwords` maps identities to passwords (empty: anyone may connect); `identities` None lets any identity in;
    `versions` in the CSMS's order of preference, unless `station_prefers`; `strict` refuses invalid CALLs (else they
    are answered as far as possible; they are always recorded); `keep_messages` bounds the record of frames.
    """

    def __init__(
        self,
        *,
        tokens: TokenList | None = None,
        passwords: Mapping[str, str | bytes] | None = None,
        identities: Collection[str] | None = None,
        versions: Sequence[str] = ("2.0.1", "1.6"),
        station_prefers: bool = False,
        heartbeat_interval_s: int = 300,
        command_timeout_s: float = 30,
        vendor_ids: Collection[str] = (),
        strict: bool = True,
        compression: bool = False,
        keep_messages: int = 20_000,
        clock: CsmsClock | None = None,
    ) -> None:
        settings = Settings(heartbeat_interval_s, command_timeout_s, vendor_ids, strict)
        self._desk = Desk(tokens or default_tokens(), settings, clock or WallClock(), keep_messages)
        self.passwords = dict(passwords or {})
        self._identities = identities
        self._versions = tuple(versions)
        self._station_prefers = station_prefers
        self._compression = "deflate" if compression else None
        self._server: Server | None = None
        self._links: dict[str, StationLink] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepted: WeakSet[ServerConnection] = WeakSet()
        self.url = ""

    # life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 picks a free one; `url` is known afterwards. Raises OSError when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the test CSMS is running already")
        quiet = logging.getLogger(f"{__name__}.websockets")
        quiet.setLevel(logging.CRITICAL)  # a peer's broken handshake is no error of ours
        self._server = await serve_websockets(
            self._serve_station,
            host,
            port,
            process_request=self._check,
            select_subprotocol=self._choose,
            create_connection=cast("type[ServerConnection]", self._accept),
            compression=self._compression,
            ping_interval=None,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=LARGEST_FRAME,
            backlog=BACKLOG,
            logger=quiet,
        )
        bound_host, bound_port = next(iter(self._server.sockets)).getsockname()[:2]
        shown_host = f"[{bound_host}]" if ":" in bound_host else bound_host
        self.url = f"ws://{shown_host}:{bound_port}{access.PATH}"

    async def stop(self) -> None:
        """Close every connection (1001), end every task; harmless when it does not run."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close(code=GOING_AWAY, reason="the CSMS stops")
        for connection in tuple(self._accepted):
            if connection.protocol.state is State.CONNECTING:
                connection.transport.abort()  # who never finished the handshake would hold us up
        await server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.url = ""

    # connections

    def _accept(self, *arguments: Any, **options: Any) -> ServerConnection:
        connection = ServerConnection(*arguments, **options)
        self._accepted.add(connection)
        return connection

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        denied = access.denial(
            access.identity_of(request.path),
            request.headers.get("Authorization"),
            self.passwords,
            self._identities,
        )
        if denied is None:
            return None
        response = connection.respond(denied.status, denied.sentence)
        if denied.status is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
        return response

    def _choose(self, _connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        chosen = access.choose(offered, self._versions, station_prefers=self._station_prefers)
        return None if chosen is None else Subprotocol(chosen)

    async def _serve_station(self, connection: ServerConnection) -> None:
        version = access.VERSIONS.get(connection.subprotocol or "")
        if version is None or connection.request is None:
            # 1.6-J 3.1.2, 2.0.1 part 4 3.3: complete the handshake without a sub-protocol, then close at once
            await connection.close(PROTOCOL_ERROR, "no OCPP version in common")
            return
        identity = access.identity_of(connection.request.path)
        link = LINKS[version](identity, connection, self._desk)
        self._enter(link, connection)
        try:
            async for raw in connection:
                await link.route_message(raw)
        except ConnectionClosed:
            pass  # the station went without a goodbye
        except Exception:
            logger.exception("the connection of %s failed", identity)
        finally:
            self._leave(link)
            await link.end()

    def _enter(self, link: StationLink, connection: ServerConnection) -> None:
        """Take in a connection; it replaces an older one of the same identity."""
        older = self._links.get(link.identity)
        self._links[link.identity] = link
        if older is not None:
            self._own(older.close(REPLACED, "replaced by a newer connection of this identity"))
        link.station.connected = True
        link.station.connected_at = self._desk.clock.now()
        self._desk.station_changed(link.station)

    def _leave(self, link: StationLink) -> None:
        if self._links.get(link.identity) is link:
            del self._links[link.identity]
            link.station.connected = False
            self._desk.station_changed(link.station)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="csms connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def connected(self, identity: str) -> bool:
        """Whether a station is connected now."""
        return identity in self._links

    async def wait_connected(self, identity: str, timeout_s: float = 5) -> StationRecord:
        """Wait until a station is connected; raises TimeoutError."""
        if not self.connected(identity):
            await self._desk.wait_for(
                lambda change: change.identity == identity and self.connected(identity), timeout_s
            )
        return self._desk.station(identity)

    async def disconnect(self, identity: str, code: int = 1000, reason: str = "") -> None:
        """Close a station's connection; harmless when it is not connected."""
        link = self._links.get(identity)
        if link is not None:
            await link.close(code, reason)

    # memory

    @property
    def tokens(self) -> TokenList:
        """The token list, editable while the CSMS runs."""
        return self._desk.tokens

    @property
    def stations(self) -> dict[str, StationRecord]:
        """Every station that was seen, by identity, in order of first sight."""
        return self._desk.stations

    @property
    def problems(self) -> list[Problem]:
        """Everything invalid that stations sent (the last 10,000)."""
        return list(self._desk.problems)

    def messages(self, identity: str | None = None) -> list[Message]:
        """The frames of a station (None: of all) in order, as far as they are kept."""
        return [message for message in self._desk.messages if identity in (None, message.identity)]

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` on the loop at every change; the result ends that."""
        return self._desk.subscribe(listener)

    async def wait_for(
        self,
        identity: str,
        action: str,
        *,
        kind: str = "CALL",
        direction: str = "received",
        after: int = 0,
        timeout_s: float = 5,
        where: Callable[[Any], bool] | None = None,
    ) -> Message:
        """The first message of this sort with seq > `after`, kept or to come; `where` looks at its payload.

        Raises TimeoutError.
        """

        def fits(message: Message) -> bool:
            sort = message.identity, message.action, message.kind, message.direction
            wanted = sort == (identity, action, kind, direction) and message.seq > after
            return wanted and (where is None or where(message.payload))

        for message in self._desk.messages:
            if fits(message):
                return message
        change = await self._desk.wait_for(lambda change: change.kind == "message" and fits(change.body), timeout_s)
        return cast("Message", change.body)

    # hooks

    def on_boot(
        self, status: str = "Accepted", interval_s: int | None = None, *, identity: str = "*", times: int | None = None
    ) -> None:
        """Decide how BootNotification is answered (Accepted, Pending, Rejected), always or `times` times."""
        interval = self._desk.settings.heartbeat_interval_s if interval_s is None else interval_s
        self._desk.set_boot(identity, BootDecision(status, interval, times))

    def respond(
        self, action: str, answer: Answer, *, identity: str = "*", delay_s: float = 0, times: int | None = 1
    ) -> Override:
        """Answer the next `times` CALLs of an action ("*": any) differently; None: until the result's cancel().

        `answer` is a payload, a function (identity, payload) -> payload (or awaitable; may raise Refusal), a Refusal,
        SILENCE, or DEFAULT (for a delay alone).
        """
        return self._desk.overrides.add(Override(action, identity, answer, delay_s, times))

    # commands

    def _link(self, identity: str) -> StationLink:
        link = self._links.get(identity)
        if link is None:
            raise CommandFailed("NotConnected", f"{identity} is not connected")
        return link

    async def command(self, identity: str, action: str, payload: Payload, *, timeout_s: float | None = None) -> Payload:
        """Send a CALL to a station, as given, and return its answer in wire names; raises CommandFailed."""
        wait_s = self._desk.settings.command_timeout_s if timeout_s is None else timeout_s
        return await self._link(identity).request(action, payload, wait_s)

    def form(self, identity: str, action: str) -> list[Field]:
        """The fields of a command with what would be sensible now as defaults (the running transaction, ...)."""
        version = self._desk.station(identity).ocpp or self._versions[0]
        return [self._filled(identity, field) for field in COMMANDS[version].get(action, [])]

    def _filled(self, identity: str, field: Field) -> Field:
        default = self._desk.default_of(identity, field.name)
        if default is None:
            return field
        return replace(field, default=int(default) if field.kind == "integer" else default)

    async def send_text(self, identity: str, text: str) -> None:
        """Send characters as they are; raises CommandFailed when the station is not connected."""
        await self._link(identity).send_text(text)
