"""Connections to the test CSMS: who gets in, replacement, robustness, loops, stopping."""

from __future__ import annotations

import asyncio
import base64
import sys

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from emulator.csms.link import CommandFailed
from emulator.csms.server import BuiltInCsms

BOOT_16 = {"chargePointVendor": "V", "chargePointModel": "M"}


def header(pair):
    """The header of Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


@pytest.fixture
async def another():
    """Starts further CSMSs: `await another(passwords=...)`."""
    started = []

    async def start(**options):
        started.append(BuiltInCsms(**options))
        await started[-1].start()
        return started[-1]

    yield start
    for served in started:
        await served.stop()


@pytest.mark.parametrize(
    ("options", "offered", "chosen"),
    [
        ({}, ("ocpp1.6", "ocpp2.0.1"), "2.0.1"),
        ({"station_prefers": True}, ("ocpp1.6", "ocpp2.0.1"), "1.6"),
        ({"versions": ("1.6",)}, ("ocpp2.1", "ocpp2.0.1", "ocpp1.6"), "1.6"),
    ],
)
async def test_the_version_is_negotiated(another, raw_station, options, offered, chosen):
    csms = await another(**options)
    async with raw_station(csms, "CP1", *offered) as bare:
        await csms.wait_connected("CP1")
        assert bare.connection.subprotocol == f"ocpp{chosen}"
        assert csms.stations["CP1"].ocpp == chosen


@pytest.mark.parametrize("offered", [("ocpp2.1",), ("",)])
async def test_without_a_common_version_the_connection_is_closed_at_once(csms, raw_station, offered):
    async with raw_station(csms, "CP1", *offered) as bare:
        with pytest.raises(ConnectionClosed) as closed:
            await bare.hear()
    assert closed.value.rcvd.code == 1002
    assert csms.stations == {}


async def refusal(csms, identity, **headers):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{csms.url}{identity}", subprotocols=["ocpp1.6"], additional_headers=headers):
            pass
    return refused.value.response


async def test_an_identity_is_needed_and_may_have_to_be_known(another):
    csms = await another(identities=["CP1"])
    assert (await refusal(csms, "")).status_code == 404
    assert (await refusal(csms, "/")).status_code == 404
    assert (await refusal(csms, "/CP2")).status_code == 404


async def test_basic_authentication(another, raw_station):
    csms = await another(passwords={"CP 1": "secret", "HEX": "00ff10"})

    for headers in ({}, header(b"CP 1:wrong"), header(b"CP2:secret"), {"Authorization": "Basic ???"}):
        response = await refusal(csms, "/CP%201", **headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic")
    async with raw_station(csms, "CP%201", headers=header(b"CP 1:secret")):
        await csms.wait_connected("CP 1")
    async with raw_station(csms, "HEX", headers=header(b"HEX:\x00\xff\x10")):
        await csms.wait_connected("HEX")
    async with raw_station(csms, "HEX", headers=header(b"HEX:00ff10")):
        await csms.wait_connected("HEX")


async def test_a_new_connection_replaces_the_old_one(csms, raw_station):
    async with raw_station(csms) as old:
        asking = asyncio.ensure_future(csms.command("CP1", "ClearCache", {}))
        await old.hear()
        async with raw_station(csms) as new:
            with pytest.raises(ConnectionClosed) as closed:
                await old.hear()
            assert closed.value.rcvd.code == 1008
            with pytest.raises(CommandFailed) as failed:
                await asking
            assert failed.value.code == "NotConnected"
            assert csms.connected("CP1")
            assert csms.stations["CP1"].connected
            assert (await new.ask("Heartbeat", {}))[0] == 3
    assert list(csms.stations) == ["CP1"]


async def test_what_stations_lose_is_remembered(csms, raw_station):
    async with raw_station(csms) as bare:
        await bare.ask("BootNotification", BOOT_16)
    async with raw_station(csms):
        await csms.wait_connected("CP1")
        assert csms.stations["CP1"].boot == BOOT_16
        await csms.disconnect("CP1", 1012, "restart")
        assert not csms.stations["CP1"].connected


@pytest.mark.parametrize(
    ("ocpp", "text", "answer"),
    [
        ("1.6", "}{", None),
        ("1.6", "[]", None),
        ("1.6", '[2,"a","Heartbeat"]', [4, "a", "FormationViolation"]),
        ("1.6", '[2,"a","Heartbeat",[]]', [4, "a", "FormationViolation"]),
        ("1.6", '[9,"a","Heartbeat",{}]', None),
        ("2.0.1", "}{", [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '{"a": 1}', [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,5,"Heartbeat",{}]', [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"' + "x" * 37 + '","Heartbeat",{}]', [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"a","Heartbeat",{"x":NaN}]', [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"\\ud800","Heartbeat",{}]', [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"a","Heartbeat"]', [4, "a", "FormatViolation"]),
        ("2.0.1", '[9,"a",{}]', [4, "a", "MessageTypeNotSupported"]),
        ("2.0.1", '[3,"a",5]', None),
        ("2.0.1", '[3,"nobody asked",{}]', None),
        ("2.0.1", '[4,"nobody asked","x"]', None),
        ("2.0.1", '[4,"nobody asked",1,2,3]', None),
        ("2.0.1", b"\x00\xff", [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"a","X",' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "]", [4, "-1", "RpcFrameworkError"]),
        ("2.0.1", '[2,"a","DataTransfer",{"vendorId":' + '{"a":' * 400 + "1" + "}" * 401 + "]", [4, "a"]),
    ],
)
async def test_malformed_frames_do_no_harm(csms, raw_station, ocpp, text, answer):
    async with raw_station(csms, "CP1", f"ocpp{ocpp}") as bare:
        await bare.say(text)
        if answer is not None:
            assert (await bare.hear())[: len(answer)] == answer
        assert (await bare.ask("Heartbeat", {}))[0] == 3
    assert csms.problems


async def test_a_station_that_vanishes_during_a_command(csms, raw_station):
    async with raw_station(csms) as bare:
        asking = asyncio.ensure_future(csms.command("CP1", "ClearCache", {}))
        waiting = asyncio.ensure_future(csms.command("CP1", "ClearCache", {}))
        await bare.hear()
        bare.connection.transport.abort()
        for command in (asking, waiting):
            with pytest.raises(CommandFailed) as failed:
                await command
            assert failed.value.code == "NotConnected"
    with pytest.raises(CommandFailed) as failed:
        await csms.command("CP1", "ClearCache", {})
    assert str(failed.value) == "NotConnected: CP1 is not connected"


async def test_stopping_ends_every_connection(raw_station):
    before = asyncio.all_tasks()
    csms = BuiltInCsms()
    await csms.start()
    host, port = csms.url.removeprefix("ws://").removesuffix("/ocpp").split(":")
    _reader, never_shook_hands = await asyncio.open_connection(host, int(port))
    async with raw_station(csms) as bare:
        asking = asyncio.ensure_future(csms.command("CP1", "ClearCache", {}))
        await bare.hear()
        await csms.stop()
        with pytest.raises(ConnectionClosed) as closed:
            await bare.hear()
        assert closed.value.rcvd.code == 1001
        with pytest.raises(CommandFailed):
            await asking
    never_shook_hands.close()
    assert asyncio.all_tasks() == before
    await csms.stop()
    await csms.start()
    await csms.stop()


async def test_a_taken_port_is_an_os_error(csms):
    with pytest.raises(OSError):
        await BuiltInCsms().start(port=int(csms.url.split(":")[2].split("/")[0]))


async def test_a_fleet_boots_at_once(csms, raw_station):
    async def boot(number):
        async with raw_station(csms, f"CP{number:03}") as bare:
            assert (await bare.ask("BootNotification", BOOT_16))[2]["status"] == "Accepted"
            await booted.wait()

    booted = asyncio.Event()
    fleet = [asyncio.ensure_future(boot(number)) for number in range(200)]
    async with asyncio.timeout(5):
        while sum(station.boot_status == "Accepted" for station in csms.stations.values()) < 200:
            await asyncio.sleep(0.01)
        assert all(station.connected for station in csms.stations.values())
        booted.set()
        await asyncio.gather(*fleet)


async def one_life():
    """A start, a boot, a command and a stop, on whatever loop runs."""
    csms = BuiltInCsms()
    await csms.start()
    async with connect(f"{csms.url}/CP1", subprotocols=["ocpp1.6"]) as connection:
        await csms.wait_connected("CP1")
        await connection.send('[2,"a","Heartbeat",{}]')
        assert '"currentTime"' in await connection.recv()
        with pytest.raises(CommandFailed):
            await csms.command("CP1", "ClearCache", {}, timeout_s=0.01)
    await csms.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_it_runs_on_uvloop():
    import uvloop

    uvloop.run(one_life())


def test_it_runs_on_the_loop_of_a_window(qapp):
    import qasync

    with qasync.QEventLoop(qapp) as loop:
        loop.run_until_complete(one_life())
