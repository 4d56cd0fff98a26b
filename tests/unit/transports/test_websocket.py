"""The WebSocket connection over real sockets, against the websockets library's server and raw ones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from emulator.transports import masking
from emulator.transports.websocket import WebSocketConnection, WebSocketTransport

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


def frame(first: int, payload: bytes = b"", *, mask: bool = False) -> bytes:
    size = len(payload)
    bit = 0x80 if mask else 0
    if size < 126:
        head = bytes((first, size | bit))
    elif size < 65536:
        head = struct.pack("!BBH", first, 126 | bit, size)
    else:
        head = struct.pack("!BBQ", first, 127 | bit, size)
    return head + (b"\0\0\0\0" if mask else b"") + payload


class RawCsms:
    """A CSMS by hand: it shakes hands and then sends and reads bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame of the station, unmasked."""
        first, second = await asyncio.wait_for(self.reader.readexactly(2), 5)
        assert second & 0x80, "a client masks"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        key = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(size)
        return first, bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


@asynccontextmanager
async def raw_connection(
    raw: Any, profile: Any, listener: Any, *, early: bytes = b"", ping_interval_s: float = 0, **options: Any
) -> Any:
    """A connection to a CSMS by hand; `early` goes out with the answer to the handshake."""
    arrived: asyncio.Future[RawCsms] = asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = head.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
        digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\nsec-websocket-protocol: ocpp1.6\r\n\r\n"
        )
        writer.write(answer.encode() + early)
        arrived.set_result(RawCsms(reader, writer))
        await asyncio.Event().wait()

    async with raw(talk) as port:
        transport = WebSocketTransport(**options)
        connection = await transport.connect(profile(port, ping_interval_s=ping_interval_s), listener)
        yield connection, await arrived
        connection.abort()
        await asyncio.sleep(0)


@pytest.fixture
def connected(raw: Any, profile: Any, listener: Any) -> Any:
    """Makes a connection to a CSMS by hand."""
    return lambda **options: raw_connection(raw, profile, listener, **options)


# -- the handshake -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "spoken", "chosen"),
    [
        (("2.0.1", "1.6"), ["ocpp1.6", "ocpp2.0.1"], "2.0.1"),
        (("1.6", "2.0.1"), ["ocpp1.6", "ocpp2.0.1"], "1.6"),
        (("2.0.1", "1.6"), ["ocpp1.6"], "1.6"),
        (("1.6",), ["ocpp1.6"], "1.6"),
    ],
)
async def test_the_server_chooses_the_version(
    running_server: Any, listener: Any, offered: tuple[str, ...], spoken: list[str], chosen: str
) -> None:
    def choose(_: Any, names: Any) -> str | None:
        return next((name for name in names if name in spoken), None)

    async with running_server(subprotocols=spoken, select_subprotocol=choose) as csms:
        connection = await WebSocketTransport().connect(csms.profile(offered=offered), listener)
        station = await csms.station()
        assert connection.ocpp == chosen
        offer = station.request.headers["Sec-WebSocket-Protocol"]
        assert offer == ", ".join(f"ocpp{version}" for version in offered)
        connection.close()
        await listener.end()


async def test_the_request(csms: Any, listener: Any) -> None:
    profile = csms.profile(url=f"ws://localhost:{csms.port}/ocpp/?tenant=1")
    connection = await WebSocketTransport().connect(profile, listener)
    request = (await csms.station()).request
    assert request.path == "/ocpp/CP%201?tenant=1"
    assert request.headers["Host"] == f"localhost:{csms.port}"
    assert "Authorization" not in request.headers
    assert "Sec-WebSocket-Extensions" not in request.headers
    assert "Origin" not in request.headers
    assert connection.url == f"ws://localhost:{csms.port}/ocpp/CP%201?tenant=1"
    connection.abort()
    await listener.end()


@pytest.mark.req("A00.FR.202", "A00.FR.203", "A00.FR.204", "A00.FR.205")
@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        ("", "DEADBEEFDEADBEEF", b"CP 1:DEADBEEFDEADBEEF"),
        ("other", "pass:wörd", "other:pass:wörd".encode()),
        ("", "", b"CP 1:"),
        # A binary AuthorizationKey (OCPP-J 1.6 section 6.2.2).
        (
            "",
            bytes.fromhex("0001020304FFFFCC").decode("utf-8", "surrogateescape"),
            b"CP 1:\x00\x01\x02\x03\x04\xff\xff\xcc",
        ),
    ],
)
async def test_basic_authentication(csms: Any, listener: Any, user: str, password: str, expected: bytes) -> None:
    profile = csms.profile(security_profile=1, user=user, password=password)
    connection = await WebSocketTransport().connect(profile, listener)
    header = (await csms.station()).request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")) == expected
    connection.abort()
    await listener.end()


async def test_a_password_is_kept_to_itself_without_basic_authentication(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(password="secret"), listener)
    assert "Authorization" not in (await csms.station()).request.headers
    connection.abort()
    await listener.end()


# -- frames ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 1000, 65535, 65536, 300_000])
async def test_texts_of_every_size_go_to_and_fro(csms: Any, listener: Any, size: int) -> None:
    text = "grün·"[: size % 5] + "x" * (size - size % 5)
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    station = await csms.station()
    connection.send(text)
    assert await csms.text() == text
    await station.send(text)
    assert await listener.text() == text
    connection.abort()
    await listener.end()


async def test_frames_that_come_with_the_handshake_wait_for_the_caller(connected: Any, listener: Any) -> None:
    early = frame(TEXT, b"[2,1]") + frame(TEXT, b"[2,2]") + b"\x81\x05[2,"
    async with connected(early=early) as (_, csms):
        assert listener.texts.empty()
        assert await listener.text() == "[2,1]"
        assert await listener.text() == "[2,2]"
        csms.send(b"3]")
        assert await listener.text() == "[2,3]"


async def test_a_close_that_comes_with_the_handshake_is_told_once(connected: Any, listener: Any) -> None:
    early = frame(TEXT, b"[2,1]") + frame(CLOSE, struct.pack("!H", 1008) + b"no")
    async with connected(early=early) as (connection, csms):
        assert isinstance(connection, WebSocketConnection)
        assert await csms.frame() == (CLOSE, struct.pack("!H", 1008) + b"no")
        csms.writer.close()
        assert await listener.end() == (1008, listener.ends[0][1])
        assert await listener.text() == "[2,1]"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 4000])
async def test_the_stream_may_be_cut_anywhere(connected: Any, listener: Any, step: int) -> None:
    texts = ["a", "b" * 125, "c" * 126, "d" * 4000, "é" * 300]
    stream = b"".join(frame(TEXT, text.encode()) + frame(PING, b"?") for text in texts)
    async with connected() as (connection, _):
        for at in range(0, len(stream), step):
            connection._feed(stream[at : at + step])
        assert [await listener.text() for _ in texts] == texts


async def test_a_large_message_in_many_reads(connected: Any, listener: Any) -> None:
    async with connected() as (_, csms):
        text = os.urandom(1_500_000).hex()
        csms.send(frame(TEXT, text.encode()), frame(TEXT, b"after"))
        assert await listener.text() == text
        assert await listener.text() == "after"


async def test_fragments_are_joined_and_pings_between_them_answered(connected: Any, listener: Any) -> None:
    text = "grün".encode()
    async with connected() as (_, csms):
        csms.send(frame(0x01, text[:3]), frame(PING, b"between"), frame(0x00, text[3:4]), frame(0x80, text[4:]))
        assert await listener.text() == "grün"
        assert await csms.frame() == (PONG, b"between")
        csms.send(frame(TEXT, b"whole"), frame(0x01, b"a"), frame(0x80, b"b"))
        assert await listener.text() == "whole"
        assert await listener.text() == "ab"


async def test_pings_are_answered_with_their_payload(connected: Any) -> None:
    async with connected() as (_, csms):
        csms.send(frame(PING), frame(PING, b"x" * 125), frame(PONG, b"nobody asked"))
        assert await csms.frame() == (PONG, b"")
        assert await csms.frame() == (PONG, b"x" * 125)


async def test_answers_are_sent_from_within_received(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    listener.received = lambda text: connection.send(text * 2)
    await (await csms.station()).send("ab")
    assert await csms.text() == "abab"
    connection.abort()
    await listener.end()


async def test_a_lone_surrogate_does_not_break_the_connection(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    connection.send("a\ud800b")
    assert await csms.text() == "a?b"
    connection.abort()
    await listener.end()


async def test_a_failing_listener_keeps_its_connection(csms: Any, listener: Any, caplog: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    good = listener.received

    def received(text: str) -> None:
        good(text)
        raise RuntimeError("a bug")

    listener.received = received
    station = await csms.station()
    await station.send("1")
    await station.send("2")
    assert [await listener.text(), await listener.text()] == ["1", "2"]
    assert "a bug" in caplog.text
    connection.abort()
    await listener.end()


def test_masks_differ_and_the_python_mask_is_the_c_mask() -> None:
    from websockets.speedups import apply_mask

    for size in (0, 1, 3, 4, 5, 125, 126, 70_000):
        payload, key = os.urandom(size), os.urandom(4)
        assert masking._mask_in_python(payload, key) == apply_mask(payload, key)
    keys = {masking.masked_frame(TEXT, b"x")[2:6] for _ in range(50)}
    assert len(keys) > 45


def test_the_first_frames_are_masked_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_mask", masking._WarmUp())
    frames = [masking.masked_frame(TEXT, b"abc") for _ in range(masking._WARM_UP_FRAMES + 2)]
    assert {bytes(a ^ b for a, b in zip(made[6:], made[2:6])) for made in frames} == {b"abc"}
    assert not isinstance(masking._mask, masking._WarmUp)


# -- what a CSMS must not do -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (frame(BINARY, b"\0"), 1003, "binary"),
        (frame(0x02, b"\0"), 1003, "binary"),
        (frame(TEXT, b"\xff\xfe"), 1007, "UTF-8"),
        (frame(0x01, b"\xc3") + frame(0x80, b"x"), 1007, "UTF-8"),
        (frame(TEXT, b"x" * 1001), 1009, "too big"),
        (frame(0x01, b"x" * 600) + frame(0x80, b"x" * 600), 1009, "too big"),
        (b"\x81\xff" + b"\x7f" + b"\xff" * 7, 1002, "masking"),
        (frame(TEXT, b"masked", mask=True), 1002, "masking"),
        (b"\x81\x7f" + b"\xff" * 8, 1009, "too big"),
        (frame(0x80, b"from nowhere"), 1002, "continuation"),
        (frame(0x01, b"a") + frame(TEXT, b"b"), 1002, "continuation"),
        (frame(0xC1, b"a"), 1002, "reserved"),
        (frame(0x83, b"a"), 1002, "opcode"),
        (frame(PING, b"x" * 126), 1002, "control"),
        (frame(0x09, b"x"), 1002, "control"),
        (frame(CLOSE, b"\x03"), 1002, "short"),
    ],
)
async def test_violations_end_with_the_right_code(
    connected: Any, listener: Any, sent: bytes, code: int, words: str
) -> None:
    async with connected(max_frame_bytes=1000) as (connection, csms):
        csms.send(sent, frame(TEXT, b"not read any more"))
        first, payload = await csms.frame()
        assert (first, struct.unpack("!H", payload[:2])[0]) == (CLOSE, code)
        csms.send(frame(CLOSE, payload[:2]))
        csms.writer.close()
        ended, sentence = await listener.end()
        assert ended == code
        assert words in sentence
        assert str(code) in sentence
        connection.send("dropped")
        assert listener.texts.empty()


async def test_random_bytes_never_break_out(connected: Any, listener: Any) -> None:
    for seed in range(300):
        noise = __import__("random").Random(seed).randbytes(200)
        async with connected(early=noise) as (_, csms):
            csms.send(noise)
            csms.writer.write_eof()
            code, sentence = await listener.end()
            assert 1000 <= code < 5000
            assert sentence
        listener.__init__()


async def test_a_csms_that_does_not_read_is_not_read_either(connected: Any, listener: Any) -> None:
    async with connected() as (connection, csms):
        csms.writer._transport.pause_reading()
        while not connection._transport.get_write_buffer_size() > 1024 * 1024:
            connection.send("x" * 100_000)
        csms.send(frame(TEXT, b"one more question"))
        await asyncio.sleep(0.05)
        assert listener.texts.empty()
        csms.writer._transport.resume_reading()
        while listener.texts.empty():
            await csms.reader.read(65536)
        assert await listener.text() == "one more question"


# -- closing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "restart"), (1012, ""), (4321, "ours")])
async def test_the_csms_closes(csms: Any, listener: Any, code: int, reason: str) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    station = await csms.station()
    await station.send("last words")
    await station.close(code, reason)
    ended, sentence = await listener.end()
    assert ended == code
    assert sentence.startswith("The CSMS closed the connection")
    assert reason in sentence
    assert await listener.text() == "last words"
    connection.send("dropped")
    connection.close()
    connection.abort()
    await listener.end()


@pytest.mark.parametrize(
    ("code", "reason", "seen"),
    [(1000, "", 1000), (1001, "bye", 1001), (4000, "é" * 100, 4000), (1006, "", 1000), (7, "", 1000)],
)
async def test_the_station_closes(csms: Any, listener: Any, code: int, reason: str, seen: int) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    station = await csms.station()
    connection.send("last words")
    connection.close(code, reason)
    connection.close(4999, "only the first counts")
    connection.send("dropped")
    assert listener.ends == []
    ended, sentence = await listener.end()
    assert ended == seen
    assert sentence.startswith("The station closed the connection")
    assert await csms.text() == "last words"
    await station.wait_closed()
    assert station.close_code == seen
    assert reason.startswith(station.close_reason)
    assert csms.texts.empty()


async def test_a_close_that_is_not_answered_ends_by_itself(connected: Any, listener: Any) -> None:
    async with connected(close_timeout_s=0.05) as (connection, csms):
        connection.close()
        assert (await csms.frame())[0] == CLOSE
        assert (await listener.end())[0] == 1000


async def test_a_server_that_keeps_tcp_open_after_closing(connected: Any, listener: Any) -> None:
    async with connected(close_timeout_s=0.05) as (_, csms):
        csms.send(frame(CLOSE))
        assert await csms.frame() == (CLOSE, b"")
        assert await listener.end() == (1005, "The CSMS closed the connection without saying why (1005).")


async def test_abort_cuts_at_once(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    station = await csms.station()
    connection.abort()
    assert listener.ends == []
    assert await listener.end() == (1006, "The station cut the connection (1006).")
    await station.wait_closed()
    assert station.close_code == 1006


async def test_abort_right_after_connect(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    connection.abort()
    assert (await listener.end())[0] == 1006


async def test_close_then_abort(connected: Any, listener: Any) -> None:
    async with connected() as (connection, _):
        connection.close(1001, "power off")
        connection.abort()
        assert (await listener.end())[0] == 1001


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_line_is_1006(connected: Any, listener: Any, reset: bool) -> None:
    async with connected() as (_, csms):
        if reset:
            linger = struct.pack("ii", 1, 0)
            csms.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        csms.writer.transport.abort()
        code, sentence = await listener.end()
        assert code == 1006
        assert "cut" in sentence


# -- pings -------------------------------------------------------------------------------------------------------------


async def test_no_pings_unless_asked_for(connected: Any) -> None:
    async with connected() as (connection, csms):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await csms.frame()
        assert connection.latency_ms is None


async def test_pings_measure_the_round_trip(connected: Any) -> None:
    async with connected(ping_interval_s=0.01) as (connection, csms):
        for _ in range(3):
            first, payload = await csms.frame()
            assert first == PING
            csms.send(frame(PONG, b"wrong"), frame(PONG, payload))
        await asyncio.sleep(0.005)
        assert 0 < connection.latency_ms < 1000


async def test_a_missing_pong_is_a_lost_connection(connected: Any, listener: Any) -> None:
    async with connected(ping_interval_s=0.01, pong_timeout_s=0.05) as (_, csms):
        assert (await csms.frame())[0] == PING
        code, sentence = await listener.end()
        assert code == 1006
        assert "did not answer a ping within 0.05 s" in sentence


async def test_the_interval_can_change_while_connected(connected: Any) -> None:
    async with connected() as (connection, csms):
        connection.set_ping_interval(0.01)
        first, payload = await csms.frame()
        csms.send(frame(PONG, payload))
        connection.set_ping_interval(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await csms.frame()
        assert first == PING


class HandClock:
    """A clock whose timers run when the test says so."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        entry = (delay_s, callback)
        self.timers.append(entry)

        class Timer:
            def cancel(_) -> None:
                if entry in self.timers:
                    self.timers.remove(entry)

        return Timer()


async def test_the_interval_is_time_of_the_clock(connected: Any) -> None:
    clock = HandClock()
    async with connected(ping_interval_s=300, clock=clock) as (_, csms):
        for _ in range(2):
            assert [delay for delay, _ in clock.timers] == [300]
            clock.timers.pop()[1]()
            first, payload = await csms.frame()
            csms.send(frame(PONG, payload))
            await asyncio.sleep(0.01)
            assert first == PING
    assert clock.timers == []


# -- a silent link -----------------------------------------------------------------------------------------------------


async def test_a_silent_link_passes_nothing_and_speaks_again(connected: Any, listener: Any) -> None:
    async with connected() as (connection, csms):
        connection.set_silent(True)
        connection.send("lost")
        csms.send(frame(TEXT, b"lost"), frame(PING, b"lost"), frame(0x01, b"lo"), frame(0x80, b"st"))
        await asyncio.sleep(0.02)
        connection.set_silent(False)
        connection.send("heard")
        csms.send(frame(TEXT, b"heard"))
        assert await csms.frame() == (TEXT, b"heard")
        assert await listener.text() == "heard"


async def test_a_silent_link_does_not_notice_its_end(connected: Any, listener: Any) -> None:
    async with connected() as (connection, csms):
        connection.set_silent(True)
        csms.writer.transport.abort()
        await asyncio.sleep(0.02)
        assert listener.ends == []
        connection.set_silent(False)
        assert (await listener.end())[0] == 1006


async def test_a_silent_link_is_lost_when_no_pong_comes(connected: Any, listener: Any) -> None:
    async with connected(ping_interval_s=0.01, pong_timeout_s=0.03) as (connection, csms):
        connection.set_silent(True)
        csms.writer.transport.abort()
        assert "did not answer a ping" in (await listener.end())[1]


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_a_silent_link_can_be_given_up(connected: Any, listener: Any, end: str) -> None:
    async with connected() as (connection, _):
        connection.set_silent(True)
        getattr(connection, end)()
        assert (await listener.end())[0] == 1006


# -- compression -------------------------------------------------------------------------------------------------------


async def test_compression_when_asked_for_and_agreed(running_server: Any, listener: Any) -> None:
    async with running_server(compression="deflate") as csms:
        connection = await WebSocketTransport(compression=True).connect(csms.profile(), listener)
        station = await csms.station()
        assert "permessage-deflate" in station.response.headers["Sec-WebSocket-Extensions"]
        for text in ("short", "x" * 100_000, '[2,"1","Heartbeat",{}]'):
            connection.send(text)
            assert await csms.text() == text
            await station.send(text)
            assert await listener.text() == text
        connection.set_silent(True)
        await station.send("lost, but seen by the decompressor")
        await asyncio.sleep(0.02)
        connection.set_silent(False)
        await station.send("heard")
        assert await listener.text() == "heard"
        connection.close()
        await listener.end()


async def test_compression_that_the_csms_does_not_want(csms: Any, listener: Any) -> None:
    connection = await WebSocketTransport(compression=True).connect(csms.profile(), listener)
    connection.send("plain")
    assert await csms.text() == "plain"
    connection.close()
    await listener.end()


async def test_a_bomb_is_too_big(running_server: Any, listener: Any) -> None:
    async with running_server(compression="deflate") as csms:
        transport = WebSocketTransport(compression=True, max_frame_bytes=10_000)
        await transport.connect(csms.profile(), listener)
        await (await csms.station()).send("x" * 1_000_000)
        assert (await listener.end())[0] == 1009


# -- loops -------------------------------------------------------------------------------------------------------------


async def session(running_server: Any, listener: Any) -> None:
    """A small session; it runs on every loop that Forecourt uses."""
    async with running_server() as csms:
        transport = WebSocketTransport()
        connection = await transport.connect(csms.profile(ping_interval_s=0.02), listener)
        station = await csms.station()
        for text in ("a", "b" * 100_000, "c"):
            connection.send(text)
            assert await csms.text() == text
            await station.send(text)
            assert await listener.text() == text
        while connection.latency_ms is None:
            await asyncio.sleep(0.01)
        await station.close(1001)
        assert (await listener.end())[0] == 1001
        failed = await asyncio.gather(transport.connect(csms.profile(offered=("9",)), listener), return_exceptions=True)
        assert "chose" in str(failed[0]) or "rejected" in str(failed[0]) or "bad request" in str(failed[0])


def on_uvloop(run: Callable[[], Awaitable[None]]) -> None:
    pytest.importorskip("uvloop").run(run())


def on_asyncio(run: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(run())


def on_qasync(run: Callable[[], Awaitable[None]]) -> None:
    import qasync
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run())


@pytest.mark.parametrize("runner", [on_asyncio, on_uvloop, on_qasync])
def test_every_loop(runner: Any, running_server: Any, listener: Any) -> None:
    runner(lambda: session(running_server, listener))


# -- the start and the fleet -------------------------------------------------------------------------------------------


def test_the_import_is_light() -> None:
    import subprocess
    import sys

    code = (
        "import sys, emulator.transports.websocket, emulator.faults.network, emulator.services.back_off;"
        "print(sorted({'websockets', 'cryptography', 'importlib.metadata', 'email'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


async def test_two_hundred_stations_share_one_transport(csms: Any, listener: Any) -> None:
    transport = WebSocketTransport()
    connections = await asyncio.gather(
        *(transport.connect(csms.profile(identity=f"CP{number}"), listener) for number in range(200))
    )
    assert len(asyncio.all_tasks()) < 250  # the server's, none of ours
    for connection in connections:
        connection.send(connection.url)
    said = {await csms.text() for _ in connections}
    assert len(said) == 200
    for connection in connections:
        connection.close()
    while len(listener.ends) < 200:
        await asyncio.sleep(0.01)
