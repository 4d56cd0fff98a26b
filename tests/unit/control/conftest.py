"""Stations on a loopback link to a CSMS that accepts everything, served on a control socket."""

from __future__ import annotations

import json
import socket
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from emulator.control.server import ControlServer
from emulator.runtime.fleet import Fleet
from emulator.runtime.run_options import RunOptions
from emulator.transports.loopback import LoopbackServer, LoopbackTransport
from tests.support.forecourt_process import Control

TOKEN = "a-token"


class Served:
    """A fleet, its CSMS, and the control socket."""

    def __init__(self, fleet, csms, server, address):
        self.fleet = fleet
        self.csms = csms
        self.server = server
        self.address = address

    @asynccontextmanager
    async def raw(self, query=f"?token={TOKEN}", **options):
        async with connect(f"{self.address}{query}", compression=None, max_size=None, **options) as connection:
            yield connection

    @asynccontextmanager
    async def control(self):
        async with self.raw() as connection:
            control = Control(connection)
            try:
                yield control
            finally:
                await control.close()


@pytest.fixture
def serve(tmp_path):
    @asynccontextmanager
    async def serving(**options):
        csms = LoopbackServer(speaks=("1.6",))
        csms.on_text = lambda text, connection: _answer(csms, text, connection)
        given = RunOptions(url="ws://csms.test/ocpp", identity="CP1", ocpp=("1.6",), data=tmp_path, **options)
        fleet = Fleet.open(given, transport=LoopbackTransport(csms))
        server = ControlServer(fleet, TOKEN)
        listener = socket.create_server(("127.0.0.1", 0))
        await fleet.start()
        await server.start(listener)
        try:
            yield Served(fleet, csms, server, f"ws://127.0.0.1:{listener.getsockname()[1]}/")
        finally:
            await server.stop()
            await fleet.stop()
            listener.close()

    return serving


def _answer(csms, text, connection):
    kind, message_id, action, *_ = json.loads(text)
    if kind != 2:
        return
    payloads = {
        "BootNotification": {"status": "Accepted", "currentTime": "2026-11-20T12:00:00Z", "interval": 300},
        "Heartbeat": {"currentTime": "2026-11-20T12:00:00Z"},
        "Authorize": {"idTagInfo": {"status": "Accepted"}},
        "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
        "DataTransfer": {"status": "Rejected"},
    }
    csms.send(json.dumps([3, message_id, payloads.get(action, {})]), connection)
