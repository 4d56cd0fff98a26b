"""Stations made from the ocpp package, as a partner that shares no code with the engine, and a CSMS to talk to."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, suppress

import ocpp.messages
import ocpp.v16
import ocpp.v201
import pytest
from ocpp.routing import on
from ocpp.v16 import call_result as result16
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from emulator.csms.server import BuiltInCsms


class Station16(ocpp.v16.ChargePoint):
    """A 1.6 station that accepts every command and remembers what it was asked."""

    @on("RemoteStartTransaction")
    def remote_start(self, **asked):
        return self.note(asked) or result16.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    def remote_stop(self, **asked):
        return self.note(asked) or result16.RemoteStopTransaction("Accepted")

    @on("Reset")
    def reset(self, **asked):
        return self.note(asked) or result16.Reset("Accepted")

    @on("ChangeAvailability")
    def change_availability(self, **asked):
        return self.note(asked) or result16.ChangeAvailability("Scheduled")

    @on("UnlockConnector")
    def unlock(self, **asked):
        return self.note(asked) or result16.UnlockConnector("Unlocked")

    @on("TriggerMessage")
    def trigger(self, **asked):
        return self.note(asked) or result16.TriggerMessage("Accepted")

    @on("GetConfiguration")
    def get_configuration(self, **asked):
        self.note(asked)
        return result16.GetConfiguration([{"key": "HeartbeatInterval", "readonly": False, "value": "300"}], [])

    @on("ChangeConfiguration")
    def change_configuration(self, **asked):
        return self.note(asked) or result16.ChangeConfiguration("Accepted")

    @on("DataTransfer")
    def data_transfer(self, **asked):
        return self.note(asked) or result16.DataTransfer("UnknownVendorId")

    @on("ClearCache")
    def clear_cache(self, **asked):
        return self.note(asked) or result16.ClearCache("Accepted")

    def note(self, asked):
        self.asked = asked


class Station201(ocpp.v201.ChargePoint):
    """A 2.0.1 station that accepts every command and remembers what it was asked."""

    @on("RequestStartTransaction")
    def request_start(self, **asked):
        return self.note(asked) or result201.RequestStartTransaction("Accepted")

    @on("RequestStopTransaction")
    def request_stop(self, **asked):
        return self.note(asked) or result201.RequestStopTransaction("Accepted")

    @on("Reset")
    def reset(self, **asked):
        return self.note(asked) or result201.Reset("Accepted")

    @on("ChangeAvailability")
    def change_availability(self, **asked):
        return self.note(asked) or result201.ChangeAvailability("Accepted")

    @on("UnlockConnector")
    def unlock(self, **asked):
        return self.note(asked) or result201.UnlockConnector("Unlocked")

    @on("TriggerMessage")
    def trigger(self, **asked):
        return self.note(asked) or result201.TriggerMessage("Accepted")

    @on("GetVariables")
    def get_variables(self, **asked):
        self.note(asked)
        row = {key: asked["get_variable_data"][0][key] for key in ("component", "variable")}
        return result201.GetVariables([{**row, "attribute_status": "Accepted", "attribute_value": "300"}])

    @on("SetVariables")
    def set_variables(self, **asked):
        self.note(asked)
        row = {key: asked["set_variable_data"][0][key] for key in ("component", "variable")}
        return result201.SetVariables([{**row, "attribute_status": "Accepted"}])

    @on("GetBaseReport")
    def get_base_report(self, **asked):
        return self.note(asked) or result201.GetBaseReport("Accepted")

    @on("GetTransactionStatus")
    def get_transaction_status(self, **asked):
        return self.note(asked) or result201.GetTransactionStatus(messages_in_queue=False)

    @on("DataTransfer")
    def data_transfer(self, **asked):
        return self.note(asked) or result201.DataTransfer("UnknownVendorId")

    @on("ClearCache")
    def clear_cache(self, **asked):
        return self.note(asked) or result201.ClearCache("Accepted")

    def note(self, asked):
        self.asked = asked


class RawStation:
    """A WebSocket with nothing behind it: what the test writes is what goes out."""

    def __init__(self, connection):
        self.connection = connection

    async def say(self, text):
        await self.connection.send(text if isinstance(text, (str, bytes)) else json.dumps(text))

    async def hear(self):
        return json.loads(await asyncio.wait_for(self.connection.recv(), 2))

    async def ask(self, action, payload, message_id="m"):
        await self.say([2, message_id, action, payload])
        return await self.hear()


@pytest.fixture(autouse=True)
def quick_package(monkeypatch):
    """Keep the package from validating in threads, and from logging each frame."""
    monkeypatch.setattr(ocpp.messages, "ASYNC_VALIDATION", False)
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)


@pytest.fixture
async def csms():
    """A running CSMS; the test fails when it leaves a task."""
    before = asyncio.all_tasks()
    served = BuiltInCsms(command_timeout_s=2)
    await served.start()
    yield served
    await served.stop()
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, left


@pytest.fixture
def raw_station():
    """Opens bare connections: `async with raw_station(csms, "CP1", "ocpp1.6") as station`."""

    @asynccontextmanager
    async def open_station(csms, identity="CP1", *offered, headers=None):
        async with connect(
            f"{csms.url}/{identity}",
            subprotocols=list(offered or ("ocpp1.6",)) if offered != ("",) else None,
            additional_headers=headers,
            compression=None,
        ) as connection:
            yield RawStation(connection)

    return open_station


@pytest.fixture
def station(raw_station):
    """Opens stations of the ocpp package: `async with station(csms, "1.6") as cp`."""

    @asynccontextmanager
    async def open_station(csms, version, identity="CP1"):
        async with raw_station(csms, identity, f"ocpp{version}") as bare:
            made = {"1.6": Station16, "2.0.1": Station201}[version](identity, bare.connection, response_timeout=2)
            serving = asyncio.create_task(serve(made))
            try:
                yield made
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    async def serve(made):
        with suppress(ConnectionClosed):
            await made.start()

    return open_station
