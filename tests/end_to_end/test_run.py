"""`forecourt run` as a process: its options, its output, its end."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys

import pytest
import trustme

from tests.support.forecourt_process import RpcFailure, run_to_end, running, start
from tests.support.ocpp_csms import running_csms

ACCEPTED = {"/boot/state": "accepted"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_is_a_clean_stop(tmp_path, number):
    async with running_csms() as csms, running("--url", csms.url, "--ocpp", "1.6", "--data", tmp_path) as forecourt:
        await csms.wait_for("BootNotification", identity="CP001")
        forecourt.process.send_signal(number)
        assert await forecourt.ends() == (0, "")
        await csms.until(lambda: not csms.stations, "the end of the connection")


async def test_a_signal_before_the_first_connection_is_a_clean_stop(tmp_path):
    async with running("--url", "ws://127.0.0.1:1/ocpp", "--data", tmp_path) as forecourt:
        code, said = await forecourt.stop()
    assert code == 0
    assert "Traceback" not in said


async def test_stop_station_ends_the_program(tmp_path):
    async with (
        running_csms() as csms,
        running("--url", csms.url, "--ocpp", "1.6", "--data", tmp_path) as forecourt,
        forecourt.control() as control,
    ):
        await control.wait_for(state=ACCEPTED)
        assert await control.stop_station() is None
        assert await forecourt.ends() == (0, "")


async def test_who_reads_our_lines_may_go(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--ocpp", "1.6", "--data", tmp_path, "--set", "HeartbeatInterval=1")
        process = await asyncio.create_subprocess_shell(
            f"{sys.executable} -m emulator.cli.main run {' '.join(map(str, options))} --log-frames | head -1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 20)
    assert json.loads(out)["action"] == "BootNotification"
    assert err == b""


async def test_frames_as_lines(tmp_path):
    async with (
        running_csms() as csms,
        running("--url", csms.url, "--id", "A B", "--ocpp", "1.6", "--data", tmp_path, "--log-frames") as forecourt,
    ):
        boot, answer = await forecourt.line(), await forecourt.line()
        assert (boot["station"], boot["seq"], boot["direction"], boot["type"]) == ("A B", 1, "sent", "CALL")
        assert boot["payload"]["chargePointVendor"] == "Forecourt"
        assert (answer["direction"], answer["type"], answer["answers"]) == ("received", "CALLRESULT", 1)
        assert csms.paths == ["/ocpp/A%20B"]


async def test_settings_are_sent_obeyed_and_kept(tmp_path):
    options = ("--id", "CP1", "--ocpp", "1.6", "--data", tmp_path)
    async with running_csms() as csms:
        sets = ("--set", "HeartbeatInterval=1", "--set", "OCPPCommCtrlr.MessageTimeout[Default]=7")
        async with running("--url", csms.url, *options, *sets) as forecourt, forecourt.control() as control:
            await csms.wait_for("Heartbeat", count=2)
            value = await control.get_variable(component="OCPPCommCtrlr", variable="MessageTimeout", instance="Default")
            assert value == {"value": "7"}
            await forecourt.stop()
        async with running("--url", csms.url, *options) as forecourt, forecourt.control() as control:
            assert await control.get_variable(key="HeartbeatInterval") == {"value": "1"}
            await forecourt.stop()
        async with running("--url", csms.url, *options, "--fresh") as forecourt, forecourt.control() as control:
            assert await control.get_variable(key="HeartbeatInterval") != {"value": "1"}
            assert (await control.frames(limit=1))[0]["seq"] == 1
            await forecourt.stop()


async def test_the_log_goes_on_counting_after_a_restart(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--ocpp", "1.6", "--data", tmp_path)
        for starts in (1, 2):
            async with running(*options) as forecourt, forecourt.control() as control:
                await control.wait_for(state=ACCEPTED)
                boots = await control.frames(action="BootNotification", direction="sent")
                assert len(boots) == starts
                assert len({frame["seq"] for frame in boots}) == starts
                await forecourt.stop()


async def test_a_station_file(tmp_path):
    async with running_csms() as csms:
        file = tmp_path / "station.toml"
        file.write_text(
            f"[station]\nid = 'FILE1'\nvendor = 'Acme'\n[connection]\nurl = '{csms.url}'\nocpp = ['1.6']\n"
            "[[evse]]\ncurrent = 'dc'\nmax_power_kw = 50\n[[vehicle]]\nname = 'Bus'\nbattery_kwh = 300\n"
            "[settings]\nHeartbeatInterval = 77\n"
        )
        async with running(file, "--data", tmp_path / "data") as forecourt, forecourt.control() as control:
            boot = await csms.wait_for("BootNotification", identity="FILE1")
            assert boot["chargePointVendor"] == "Acme"
            snapshot = await control.snapshot(parts=["evses", "vehicles"])
            assert [(evse["current"], evse["max_power_w"]) for evse in snapshot["evses"]] == [("dc", 50_000)]
            assert [vehicle["battery_wh"] for vehicle in snapshot["vehicles"]] == [300_000]
            assert await control.get_variable(key="HeartbeatInterval") == {"value": "77"}
            await forecourt.stop()


async def test_three_stations_in_one_process(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--id", "F", "--ocpp", "1.6", "--count", "3", "--data", tmp_path)
        async with running(*options) as forecourt, forecourt.control() as control:
            await control.wait_for(state=ACCEPTED)
            assert sorted(csms.paths) == ["/ocpp/F-0001", "/ocpp/F-0002", "/ocpp/F-0003"]
            await control.plug(station="F-0002")
            await control.swipe(station="F-0002", id_token="A")
            await csms.wait_for("StartTransaction", identity="F-0002")
            assert len(csms.of("StartTransaction")) == 1
            with pytest.raises(RpcFailure):
                await control.plug(station="F-0009")
            assert await forecourt.stop() == (0, "")
        assert len(csms.of("StopTransaction")) <= 1


async def test_stations_of_both_versions_prefer_as_they_are_told(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--ocpp", "2.0.1,1.6", "--data", tmp_path)
        async with running(*options) as forecourt, forecourt.control() as control:
            await control.wait_for(state=ACCEPTED)
            connection = (await control.snapshot(parts=["connection"]))["connection"]
            assert connection["offered"] == ["2.0.1", "1.6"]
            assert connection["ocpp"] in {"1.6", "2.0.1"}
            await forecourt.stop()


async def test_a_fast_clock(tmp_path):
    async with running_csms() as csms:
        options = ("--url", csms.url, "--ocpp", "1.6", "--data", tmp_path, "--clock-speed", "600")
        async with running(*options, "--set", "HeartbeatInterval=300") as forecourt, forecourt.control() as control:
            await csms.wait_for("Heartbeat", count=2)
            assert (await control.snapshot(parts=["clock"]))["clock"]["speed"] == 600
            await forecourt.stop()


@pytest.mark.parametrize("by", ["option", "environment", "memory"])
async def test_a_password(tmp_path, by):
    password = "correct horse battery"
    options = ["--id", "CP1", "--ocpp", "1.6", "--security-profile", "1", "--data", tmp_path]
    async with running_csms(password=password) as csms:
        options += ["--url", csms.url]
        if by == "memory":
            async with running(*options, "--password", password) as forecourt:
                await csms.wait_for("BootNotification")
                await forecourt.stop()
        given = ["--password", password] if by == "option" else []
        environment = {"FORECOURT_PASSWORD": password} if by == "environment" else {}
        async with running(*options, *given, environment=environment) as forecourt:
            await csms.wait_for("BootNotification", count=2 if by == "memory" else 1)
            assert await forecourt.stop() == (0, "")


async def test_the_control_socket_is_where_it_was_asked_for(tmp_path, unused_tcp_port):
    forecourt = await start(
        "run", "--url", "ws://127.0.0.1:1/x", "--data", tmp_path, "--control", f"localhost:{unused_tcp_port}"
    )
    await forecourt.read_address()
    assert forecourt.address == f"ws://127.0.0.1:{unused_tcp_port}/"
    async with forecourt.control() as control:
        assert (await control.snapshot(parts=["station"]))["station"]["id"] == "CP001"
    await forecourt.stop()


# --- what goes wrong outside


async def fails(*arguments):
    code, out, err = await run_to_end("run", *arguments)
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.startswith("forecourt: ")
    return code, err


async def test_a_second_process_on_the_same_folder(tmp_path):
    options = ("--url", "ws://127.0.0.1:1/x", "--data", tmp_path)
    async with running(*options) as forecourt:
        code, err = await fails(*options)
        assert code == 1
        assert f"The data folder {tmp_path} is in use by another Forecourt (process {forecourt.process.pid})." in err
        await forecourt.stop()


async def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    code, err = await fails("--url", "ws://127.0.0.1:1/x", "--data", tmp_path / "file")
    assert code == 1
    assert "a part of its path is a file" in err


async def test_a_database_that_is_none(tmp_path):
    (tmp_path / "forecourt.sqlite3").write_text("no database at all, but long enough to be looked at" * 100)
    code, err = await fails("--url", "ws://127.0.0.1:1/x", "--data", tmp_path)
    assert code == 1
    assert "is damaged or is not a database" in err


async def test_a_database_of_a_newer_version(tmp_path):
    import sqlite3

    async with running("--url", "ws://127.0.0.1:1/x", "--data", tmp_path) as forecourt:
        await forecourt.stop()
    connection = sqlite3.connect(tmp_path / "forecourt.sqlite3")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    code, err = await fails("--url", "ws://127.0.0.1:1/x", "--data", tmp_path)
    assert code == 1
    assert "newer" in err


async def test_a_control_port_that_is_taken(tmp_path):
    async with running_csms() as csms:
        port = csms.url.split(":")[2].split("/")[0]
        code, err = await fails("--url", csms.url, "--data", tmp_path, "--control", port)
        assert code == 1
        assert f"The control socket cannot be served on 127.0.0.1 port {port}" in err
        assert csms.calls == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say where the CSMS is: --url"),
        (["--url", "example.com"], "does not start with ws:// or wss://"),
        (["--url", "wss://127.0.0.1:1/x"], "no CA certificate is installed"),
        (["--url", "wss://127.0.0.1:1/x", "--ca", "/nothing"], "The file /nothing cannot be read"),
        (["--url", "ws://a", "--security-profile", "3"], "Security profile 3 needs TLS"),
        (["--url", "ws://127.0.0.1:1/x", "--set", "Nope=1"], "The setting Nope cannot be set: No setting is called"),
        (["--url", "ws://127.0.0.1:1/x", "--set", "HeartbeatInterval=x"], "HeartbeatInterval=x cannot be set"),
        (["--nonsense"], "There is no option --nonsense"),
    ],
)
async def test_bad_usage(tmp_path, arguments, words):
    code, err = await fails(*arguments, "--data", tmp_path / "data")
    assert code == 2
    assert words in err


async def test_a_bad_station_file(tmp_path):
    file = tmp_path / "station.toml"
    file.write_text("[[evse]]\nmax_power = 22\n")
    code, err = await fails(file, "--url", "ws://127.0.0.1:1/x", "--data", tmp_path / "data")
    assert code == 2
    assert "[[evse]] 1: there is no key 'max_power' (did you mean 'max_power_kw'?)." in err
    assert not (tmp_path / "data").exists()


async def told(csms_url, tmp_path, *options):
    """What a station says on stderr about a CSMS that it does not get along with, while it goes on trying."""
    async with running("--url", csms_url, "--data", tmp_path, "--ocpp", "1.6", *options) as forecourt:
        sentence = (await asyncio.wait_for(forecourt.process.stderr.readline(), 20)).decode()
        async with forecourt.control() as control:
            problem = (await control.snapshot(parts=["connection"]))["connection"]["problem"]
        code, said = await forecourt.stop()
        assert code == 0
        assert "Traceback" not in said
    assert sentence.startswith("forecourt: ")
    assert problem["sentence"] in sentence
    return problem["kind"], sentence


async def test_a_csms_that_is_not_there(tmp_path, unused_tcp_port):
    kind, sentence = await told(f"ws://127.0.0.1:{unused_tcp_port}/ocpp", tmp_path)
    assert kind == "refused"
    assert f"127.0.0.1:{unused_tcp_port} refused the connection" in sentence


async def test_a_host_that_does_not_exist(tmp_path):
    kind, sentence = await told("ws://nowhere.invalid/ocpp", tmp_path)
    assert kind == "name-not-found"
    assert "nowhere.invalid" in sentence


async def test_a_wrong_password(tmp_path):
    async with running_csms(password="right") as csms:
        kind, sentence = await told(csms.url, tmp_path, "--security-profile", "1", "--password", "wrong")
    assert kind == "unauthorized"
    assert "401" in sentence or "password" in sentence


def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.mark.parametrize("option", ["--ca", "--root"])
async def test_a_csms_behind_tls(tmp_path, option):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "root.pem"))
    root = tmp_path / "root.pem"
    trust = (option, root) if option == "--ca" else (option, f"CSMS={root}")
    async with running_csms(tls=tls(authority), password="a good password") as csms:
        options = ("--url", csms.url, "--ocpp", "1.6", "--security-profile", "2", *trust, "--data", tmp_path / "data")
        async with running(*options, "--password", "a good password") as forecourt:
            await csms.wait_for("BootNotification")
            assert await forecourt.stop() == (0, "")


async def test_a_certificate_of_somebody_else(tmp_path):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "root.pem"))
    async with running_csms(tls=tls(trustme.CA())) as csms:
        kind, sentence = await told(csms.url, tmp_path, "--security-profile", "2", "--ca", tmp_path / "root.pem")
    assert kind == "tls"
    assert "certificate" in sentence


async def test_no_version_in_common(tmp_path):
    async with running_csms(speaks=("2.0.1",)) as csms:
        kind, sentence = await told(csms.url, tmp_path)
    assert kind == "subprotocol"
    assert "1.6" in sentence


async def test_something_else_listens_there(tmp_path):
    async def chat(reader, writer):
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(chat, "127.0.0.1", 0)
    async with server:
        kind, _ = await told(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", tmp_path)
    assert kind in {"protocol", "lost"}
