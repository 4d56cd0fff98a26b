"""A CSMS that is not ours: the `ocpp` package's own classes for 1.6 and 2.0.1, which check every message themselves."""

from __future__ import annotations

import asyncio
import base64
import http
import itertools
import json
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ocpp import v16, v201
from ocpp.routing import on
from ocpp.v16 import call_result as result16
from ocpp.v201 import call_result as result201
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

ACCEPTED = {"status": "Accepted"}
TIMEOUT_S = 20.0
# Whom this CSMS does not let charge.
BLOCKED = "BLOCKED"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Call:
    """A CALL of a station, as it came."""

    identity: str
    ocpp: str
    message_id: str
    action: str
    payload: dict[str, Any]


@dataclass
class Csms:
    """What the CSMS saw, and the stations that are connected."""

    url: str = ""
    password: str | None = None
    online: bool = True
    boot_status: str = "Accepted"
    calls: list[Call] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    stations: dict[str, Any] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    paths: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def of(self, action: str, identity: str | None = None) -> list[dict[str, Any]]:
        """The payloads of all CALLs of an action."""
        return [c.payload for c in self.calls if c.action == action and identity in {None, c.identity}]

    async def until(self, holds: Callable[[], Any], what: str = "") -> Any:
        """Wait until something holds of what was seen."""
        try:
            async with asyncio.timeout(TIMEOUT_S), self.changed:
                await self.changed.wait_for(holds)
        except TimeoutError:
            story = "\n".join(f"{c.identity} {c.action} {json.dumps(c.payload)}" for c in self.calls)
            raise AssertionError(f"{what or 'it'} never came\n{story}\n{self.errors}") from None
        return holds()

    async def wait_for(self, action: str, count: int = 1, identity: str | None = None, **fields: Any) -> dict[str, Any]:
        """The `count`-th CALL of an action with these fields."""

        def found() -> list[dict[str, Any]]:
            return [p for p in self.of(action, identity) if all(p.get(k) == v for k, v in fields.items())]

        await self.until(lambda: len(found()) >= count, f"{action} {fields}")
        return found()[count - 1]

    def go_offline(self) -> None:
        """Cut every connection and let nobody in."""
        self.online = False
        for station in self.stations.values():
            station.cut()

    def go_online(self) -> None:
        self.online = True

    async def note(self, call: Call | None) -> None:
        async with self.changed:
            if call is not None:
                self.calls.append(call)
            self.changed.notify_all()


class _Station16(v16.ChargePoint):
    csms: Csms

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result16.BootNotification(current_time=now(), interval=300, status=self.csms.boot_status)

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result16.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result16.StatusNotification()

    @on("Authorize")
    def authorize(self, id_tag: str) -> Any:
        return result16.Authorize(id_tag_info={"status": "Blocked" if id_tag == BLOCKED else "Accepted"})

    @on("StartTransaction")
    def start_transaction(self, **_: Any) -> Any:
        return result16.StartTransaction(transaction_id=next(self.csms.numbers), id_tag_info=ACCEPTED)

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result16.MeterValues()

    @on("StopTransaction")
    def stop_transaction(self, **_: Any) -> Any:
        return result16.StopTransaction()

    @on("DiagnosticsStatusNotification")
    def diagnostics_status(self, **_: Any) -> Any:
        return result16.DiagnosticsStatusNotification()

    @on("FirmwareStatusNotification")
    def firmware_status(self, **_: Any) -> Any:
        return result16.FirmwareStatusNotification()

    @on("SecurityEventNotification")
    def security_event(self, **_: Any) -> Any:
        return result16.SecurityEventNotification()

    @on("DataTransfer")
    def data_transfer(self, **_: Any) -> Any:
        return result16.DataTransfer(status="Accepted")


class _Station201(v201.ChargePoint):
    csms: Csms

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result201.BootNotification(current_time=now(), interval=300, status=self.csms.boot_status)

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result201.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result201.StatusNotification()

    @on("Authorize")
    def authorize(self, id_token: dict[str, Any], **_: Any) -> Any:
        blocked = id_token["id_token"] == BLOCKED
        return result201.Authorize(id_token_info={"status": "Blocked" if blocked else "Accepted"})

    @on("TransactionEvent")
    def transaction_event(self, **fields: Any) -> Any:
        info = {"id_token_info": ACCEPTED} if "id_token" in fields else {}
        return result201.TransactionEvent(**info)

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result201.MeterValues()

    @on("NotifyReport")
    def notify_report(self, **_: Any) -> Any:
        return result201.NotifyReport()

    @on("NotifyEvent")
    def notify_event(self, **_: Any) -> Any:
        return result201.NotifyEvent()

    @on("SecurityEventNotification")
    def security_event(self, **_: Any) -> Any:
        return result201.SecurityEventNotification()

    @on("DataTransfer")
    def data_transfer(self, **_: Any) -> Any:
        return result201.DataTransfer(status="Accepted")


KINDS = {"ocpp1.6": ("1.6", _Station16), "ocpp2.0.1": ("2.0.1", _Station201)}


class _Recording:
    """The connection as the package sees it; whatever comes is noted, once it has been read."""

    def __init__(self, csms: Csms, connection: ServerConnection, identity: str, ocpp: str) -> None:
        self._csms = csms
        self._connection = connection
        self._identity = identity
        self._ocpp = ocpp

    async def recv(self) -> str:
        text = await self._connection.recv()
        message = json.loads(text)
        if message[0] == 2:
            await self._csms.note(Call(self._identity, self._ocpp, *message[1:4]))
        elif message[0] == 4:
            self._csms.errors.append(text)
        return text

    async def send(self, text: str) -> None:
        message = json.loads(text)
        if message[0] == 4:
            self._csms.errors.append(text)
        await self._connection.send(text)


@asynccontextmanager
async def running_csms(
    *,
    speaks: tuple[str, ...] = ("1.6", "2.0.1"),
    password: str | None = None,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    **fields: Any,
) -> Any:
    """The CSMS on a port of this machine, for as long as the block lasts; with `tls` on wss://localhost."""
    csms = Csms(password=password, **fields)

    async def attend(connection: ServerConnection) -> None:
        path = connection.request.path
        identity = path.rsplit("/", 1)[1]
        csms.paths.append(path)
        if connection.subprotocol is None:
            return  # 2.0.1 part 4, 3.1.2: the handshake is completed without a sub-protocol, then the connection closed
        ocpp, kind = KINDS[connection.subprotocol]
        station = kind(identity, _Recording(csms, connection, identity, ocpp))
        station.csms = csms
        station.cut = connection.transport.abort
        csms.stations[identity] = station
        await csms.note(None)
        try:
            await station.start()
        except ConnectionClosed:
            pass
        finally:
            if csms.stations.get(identity) is station:
                del csms.stations[identity]
            await csms.note(None)

    def admit(connection: ServerConnection, request: Any) -> Any:
        if not csms.online:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "gone\n")
        if csms.password is None:
            return None
        user = request.path.rsplit("/", 1)[1]
        expected = "Basic " + base64.b64encode(f"{user}:{csms.password}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "no\n")
        return None

    def choose(connection: ServerConnection, offered: Any) -> Any:
        return next((protocol for protocol in offered if protocol.removeprefix("ocpp") in speaks), None)

    server = await serve(
        attend, "127.0.0.1", port, select_subprotocol=choose, process_request=admit, compression=None,
        ping_interval=None, close_timeout=1, ssl=tls,
    )  # fmt: skip
    port = server.sockets[0].getsockname()[1]
    csms.url = f"wss://localhost:{port}/ocpp" if tls else f"ws://127.0.0.1:{port}/ocpp"
    try:
        yield csms
    finally:
        server.close()
        await server.wait_closed()
