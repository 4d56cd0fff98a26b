"""The control socket over real WebSockets."""

from __future__ import annotations

import asyncio
import json
import socket

import jsonschema
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from emulator.control import server as server_module
from emulator.runtime.actions import registry
from tests.support.forecourt_process import RpcFailure

ACCEPTED = {"/boot/state": "accepted"}


async def refused_status(served, query="", **options):
    with pytest.raises(InvalidStatus) as refusal:
        async with served.raw(query, **options):
            pass
    return refusal.value.response.status_code


# --- who may come in


async def test_without_the_token_nobody_comes_in(serve):
    async with serve() as served:
        assert await refused_status(served) == 401
        assert await refused_status(served, "?token=wrong") == 401
        assert await refused_status(served, "?token=") == 401
        assert await refused_status(served, additional_headers={"Authorization": "Bearer wrong"}) == 401
        assert await refused_status(served, additional_headers={"Authorization": "Basic a-token"}) == 401


async def test_the_token_may_come_in_a_header(serve):
    async with serve() as served, served.raw("", additional_headers={"Authorization": "Bearer a-token"}) as socket:
        await socket.send('{"jsonrpc": "2.0", "id": 1, "method": "held"}')
        assert json.loads(await socket.recv())["result"] == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1"])
async def test_a_web_page_is_turned_away_even_with_the_token(serve, origin):
    async with serve() as served:
        assert await refused_status(served, "?token=a-token", origin=origin) == 403


# --- calls


async def test_describe_names_every_action_with_valid_schemas(serve):
    async with serve() as served, served.control() as control:
        described = {method["name"]: method for method in await control.describe()}
    assert set(described) == {*registry.load(), "subscribe", "describe"}
    for method in described.values():
        assert method["description"].endswith(".")
        for schema in (method["parameters"], method["result"]):
            jsonschema.Draft202012Validator.check_schema(schema)
        assert method["parameters"]["additionalProperties"] is False
        assert "station" not in method["parameters"]["properties"]
        for name, parameter in method["parameters"]["properties"].items():
            assert parameter.get("description"), (method["name"], name)
            if "default" in parameter:
                jsonschema.validate(parameter["default"], parameter)


async def test_results_are_as_described(serve):
    async with serve() as served, served.control() as control:
        described = {method["name"]: method["result"] for method in await control.describe()}
        await control.wait_for(state=ACCEPTED)
        await control.hold(direction="received", action="Heartbeat")

        async def check(name, **parameters):
            result = await control.call(name, **parameters)
            jsonschema.validate(result, described[name])
            return result

        await check("plug", evse=1)
        assert await check("swipe", id_token="A") == {"status": "Accepted"}
        await check("wait_for", state={"/transactions/0/csms_id": 7})
        snapshot = await check("snapshot")
        assert snapshot["evses"][0]["charging_state"] == "Charging"
        assert list(await check("snapshot", parts=["boot"])) == ["boot"]
        frames = await check("frames", action="BootNotification", direction="sent")
        assert [frame["action"] for frame in frames] == ["BootNotification"]
        sent = await check("send", action="DataTransfer", payload={"vendorId": "x"})
        assert sent == {"response": {"status": "Rejected"}}
        served.csms.send('[2, "1", "Heartbeat", {}]')
        await check("held")
        assert await check("get_variable", key="HeartbeatInterval") == {"value": "300"}
        assert await check("set_variable", key="HeartbeatInterval", value=9) == {"status": "Accepted"}
        assert await check("clock", speed=2) is None


@pytest.mark.parametrize(
    ("method", "parameters", "code", "words"),
    [
        ("plugg", {}, -32601, "There is no action 'plugg' (did you mean 'plug'?)."),
        ("rpc.describe", {}, -32601, "There is no action 'rpc.describe'"),
        ("plug", {"evze": 1}, -32602, "there is no parameter 'evze' (did you mean 'evse'?)"),
        ("plug", {"evse": 0}, -32602, "evse must be a whole number of at least 1, not 0"),
        ("plug", {"evse": "1"}, -32602, 'evse must be a whole number of at least 1, not "1"'),
        ("plug", {"vehicle": {"soc": 101}}, -32602, "vehicle.soc must be a number from 0 to 100, not 101"),
        ("plug", {"vehicle": {"colour": "red"}}, -32602, "there is no parameter 'colour'"),
        ("swipe", {}, -32602, "the parameter 'id_token' is missing"),
        ("swipe", {"id_token": "A", "type": "Card"}, -32602, "type must be one of Central, eMAID, ISO14443"),
        ("wait_for", {}, -32602, "needs either frame or state"),
        ("wait_for", {"state": {"/boots/state": 1}}, -32602, "leads into no part of the snapshot"),
        ("wait_for", {"frame": {"actoin": "Heartbeat"}}, -32602, "(did you mean 'action'?)"),
        ("wait_for", {"frame": {"action": "X"}, "timeout_s": 0.01}, 2, "within 0.01 s"),
        ("wait_for", {"state": {"/boot/state": "pending"}, "timeout_s": 0}, 2, "within 0 s"),
        ("local_limit", {"limit_w": 1, "limit_a": 1}, -32602, "needs one of limit_w, limit_a and clear"),
        ("unplug", {}, 1, "EVSE 1 connector 1: no cable is plugged in."),
        ("plug", {"evse": 3}, 1, "There is no EVSE 3: this station has EVSE 1 to 2."),
        ("set_variable", {"key": "Nope", "value": "1"}, 1, "No setting is called 'Nope'."),
        ("get_variable", {"key": "HeartbeatIntervals"}, 1, "The nearest is HeartbeatInterval."),
        ("get_variable", {"component": "EVSE", "variable": "Powers", "evse": 1}, 1, "has no variable"),
        ("subscribe", {"kinds": ["frames"]}, -32602, "kinds[0] must be one of frame, state"),
        ("subscribe", {"kind": []}, -32602, "did you mean 'kinds'?"),
        ("describe", {"a": 1}, -32602, "there is no parameter 'a'"),
        ("held", {"station": "CP9"}, -32602, "There is no station 'CP9' here: there is CP1."),
        ("held", {"station": {}}, -32602, ""),
    ],
)
async def test_what_cannot_be_done_is_said(serve, method, parameters, code, words):
    async with serve() as served, served.control() as control:
        with pytest.raises(RpcFailure) as failure:
            await control.call(method, **parameters)
        assert failure.value.code == code
        assert words in failure.value.message


LATER = [
    name for name in ("master_pass", "plug_and_charge", "ev_certificate", "customer") if name not in registry.load()
]


@pytest.mark.parametrize("method", LATER)
async def test_actions_of_later_blocks_are_unknown(serve, method):
    async with serve() as served, served.control() as control:
        with pytest.raises(RpcFailure) as failure:
            await control.call(method)
        assert failure.value.code == -32601


async def test_a_long_wait_holds_up_nobody(serve):
    async with serve() as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        waiting = asyncio.create_task(control.wait_for(frame={"action": "Authorize", "type": "CALLRESULT"}))
        await control.swipe(id_token="A")
        frame = await waiting
        assert frame["payload"] == {"idTagInfo": {"status": "Accepted"}}


async def test_a_frame_of_the_past_is_found_by_after(serve):
    async with serve() as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        frame = await control.wait_for(frame={"action": "BootNotification"}, after=0)
        assert (frame["seq"], frame["direction"]) == (1, "sent")


async def test_several_clients_at_once(serve):
    async with serve() as served, served.control() as first, served.control() as second:
        await asyncio.gather(first.wait_for(state=ACCEPTED), second.wait_for(state=ACCEPTED))
        await first.plug(evse=2)
        assert (await second.snapshot(parts=["evses"]))["evses"][1]["occupied"]


async def test_a_client_that_goes_leaves_nothing_waiting(serve):
    async with serve() as served:
        async with served.raw() as socket:
            parameters = {"frame": {"action": "Never"}, "timeout_s": 3600}
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "wait_for", "params": parameters}))
            await socket.send('{"jsonrpc": "2.0", "id": 2, "method": "subscribe"}')
            await socket.recv()
        async with asyncio.timeout(5):
            while served.fleet.first._listeners or served.server._sessions:
                await asyncio.sleep(0.01)


async def test_what_a_client_set_going_goes_on_without_it(serve):
    async with serve(clock_speed=20) as served:
        async with served.raw() as socket:
            await socket.send('{"jsonrpc": "2.0", "id": 1, "method": "reboot"}')
            await asyncio.sleep(0.05)
        async with served.control() as control:
            await control.wait_for(state={"/station/powered": True, "/boot/state": "accepted"}, timeout_s=200)


# --- events


async def test_subscribed_events_come_with_their_fields(serve):
    async with serve() as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        assert await control.subscribe(kinds=["frame", "transaction", "fault", "state"]) == {
            "kinds": ["frame", "transaction", "fault", "state"]
        }
        await control.plug(evse=1)
        await control.swipe(id_token="A")
        await control.wait_for(state={"/transactions/0/csms_id": 7})
        await control.fault(evse=2, connector=1, error_code="GroundFailure")
        await control.snapshot(parts=["clock"])
        kinds = {event["kind"] for event in control.events}
        assert kinds == {"frame", "transaction", "fault", "state"}
        started = next(event for event in control.events if event["kind"] == "transaction")
        assert (started["station"], started["event_type"], started["evse"]) == ("CP1", "Started", 1)
        sent = next(e for e in control.events if e["kind"] == "frame" and e["action"] == "StartTransaction")
        assert (sent["direction"], sent["type"], sent["valid"]) == ("sent", "CALL", True)
        fault = next(event for event in control.events if event["kind"] == "fault")
        assert (fault["evse"], fault["fault"]["error_code"]) == (2, "GroundFailure")
        control.events.clear()
        assert await control.subscribe(kinds=[]) == {"kinds": []}
        await control.unplug(evse=1)
        await control.snapshot(parts=["clock"])
        assert control.events == []


@pytest.mark.parametrize("wakes_up", [True, False])
async def test_a_client_that_does_not_read_is_let_go(serve, monkeypatch, wakes_up):
    monkeypatch.setattr(server_module, "MAX_UNREAD_BYTES", 100_000)
    async with serve() as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        reader, writer = await _deaf_client(served)
        text = json.dumps([2, "1", "DataTransfer", {"vendorId": "x", "data": "y" * 50_000}])
        async with asyncio.timeout(20):
            while not any(session._closing for session in served.server._sessions):
                await control.send_frame(text=text)
            if wakes_up:
                reader._transport.resume_reading()
                received = await reader.readuntil((1013).to_bytes(2, "big") + b"too much is unread")
                assert received[-22:-20] == bytes([0x88, 20])
            while len(served.server._sessions) > 1:
                await asyncio.sleep(0.01)
        assert (await control.snapshot(parts=["boot"]))["boot"]["state"] == "accepted"
        writer.transport.abort()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_a_long_answer_is_no_reason_to_let_a_client_go(serve, monkeypatch):
    monkeypatch.setattr(server_module, "MAX_UNREAD_BYTES", 10_000)
    async with serve(count=200) as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        await control.subscribe(kinds=["state", "frame"])
        snapshots = await asyncio.gather(*(control.snapshot(parts=["variables"]) for _ in range(3)))
        assert [len(snapshot) for snapshot in snapshots] == [200] * 3


async def _deaf_client(served):
    """A client that subscribes and then reads nothing."""
    host, port = served.address.removeprefix("ws://").rstrip("/").split(":")
    plain = socket.create_connection((host, int(port)))
    reader, writer = await asyncio.open_connection(sock=plain, limit=2**30)
    head = "GET /?token=a-token HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    writer.write(f"{head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    call = b'{"jsonrpc":"2.0","method":"subscribe","params":{"kinds":["frame"]}}'
    writer.write(bytes([0x81, 0x80 | len(call), 0, 0, 0, 0]) + call)
    await writer.drain()
    await asyncio.sleep(0.05)
    reader._transport.pause_reading()
    return reader, writer


async def test_a_message_beyond_the_limit_closes_the_connection(serve, monkeypatch):
    monkeypatch.setattr(server_module, "MAX_MESSAGE_BYTES", 1000)
    async with serve() as served, served.raw() as socket:
        await socket.send("x" * 2000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1009


async def test_deep_json_is_an_error_not_the_end(serve):
    async with serve() as served, served.raw() as socket:
        await socket.send("[" * 100_000)
        assert json.loads(await socket.recv())["error"]["code"] == -32700
        await socket.send(b'{"jsonrpc": "2.0", "id": 1, "method": "held"}')
        assert json.loads(await socket.recv())["result"] == []


# --- several stations


async def test_actions_of_a_fleet_go_to_all_or_to_one(serve):
    async with serve(count=3) as served, served.control() as control:
        accepted = await control.wait_for(state=ACCEPTED)
        assert accepted == {f"CP1-000{n}": {"/boot/state": "accepted"} for n in (1, 2, 3)}
        assert await control.plug(station="CP1-0002") is None
        occupied = await control.snapshot(parts=["evses"])
        assert [station["evses"][0]["occupied"] for station in occupied.values()] == [False, True, False]
        plugged = await control.plug()
        assert plugged["CP1-0001"] is None
        assert plugged["CP1-0002"]["error"]["code"] == 1
        with pytest.raises(RpcFailure) as failure:
            await control.plug()
        assert failure.value.code == 1
        assert set(failure.value.data) == {"CP1-0001", "CP1-0002", "CP1-0003"}
        with pytest.raises(RpcFailure) as failure:
            await control.plug(station="CP1")
        assert failure.value.message == "There is no station 'CP1' here: there is CP1-0001 to CP1-0003."
        for method in await control.describe():
            assert ("station" in method["parameters"]["properties"]) == (method["name"] != "describe")


async def test_events_of_one_station_of_a_fleet(serve):
    async with serve(count=2) as served, served.control() as control:
        await control.wait_for(state=ACCEPTED)
        await control.subscribe(kinds=["frame"], station="CP1-0002")
        await control.swipe(id_token="A")
        await control.snapshot(parts=["clock"])
        assert {event["station"] for event in control.events} == {"CP1-0002"}


async def test_every_station_has_cars_of_its_own(serve):
    async with serve(count=2) as served, served.control() as control:
        await control.plug(vehicle="Family EV")
        await control.vehicle(station="CP1-0001", soc=99)
        vehicles = await control.snapshot(parts=["vehicles"])
        assert [each["vehicles"][0]["soc_percent"] for each in vehicles.values()] == [99, 35]


# --- the end


async def test_the_last_stop_station_is_answered_and_told(serve):
    async with serve(count=2) as served, served.control() as control:
        ended = asyncio.Event()
        served.fleet.emptied = ended.set
        await control.stop_station(station="CP1-0001")
        assert not ended.is_set()
        assert (await control.snapshot(parts=["station"], station="CP1-0001"))["station"]["powered"] is False
        await control.stop_station(station="CP1-0002")
        assert ended.is_set()


async def test_a_stop_of_the_server_gives_last_answers(serve):
    async with serve() as served, served.raw() as socket:
        await socket.send('{"jsonrpc": "2.0", "id": 1, "method": "disconnect"}')
        await socket.send('{"jsonrpc": "2.0", "id": 2, "method": "wait_for", "params": {"frame": {"action": "X"}}}')
        await asyncio.sleep(0.05)
        await served.server.stop()
        assert json.loads(await socket.recv())["id"] == 1
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1001
