"""Every way in which a connection cannot be made, over real sockets: the kind, a sentence, a hint."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import socket
from typing import Any

import pytest

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.transports import dialing
from emulator.transports.websocket import WebSocketTransport

P = ConnectionProblem


async def failure(profile: Any, listener: Any, **options: Any) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as failed:
        await WebSocketTransport(**options).connect(profile, listener)
    assert failed.value.sentence.endswith(".")
    assert "\n" not in failed.value.sentence
    assert listener.ends == []
    return failed.value


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def read_request(reader: asyncio.StreamReader) -> dict[str, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    return {"": first, **{name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}}


def accept_of(request: dict[str, str]) -> str:
    digest = hashlib.sha1(request["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()


def answering(answer: bytes) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await asyncio.sleep(10)  # a server that keeps the connection open must not keep us waiting

    return talk


@pytest.mark.parametrize(
    ("status", "problem", "words"),
    [
        ("400 Bad Request", P.HTTP_STATUS, "bad request"),
        ("401 Unauthorized", P.UNAUTHORIZED, "password"),
        ("403 Forbidden", P.UNAUTHORIZED, "does not let this station in"),
        ("404 Not Found", P.NOT_FOUND, "does not know this address or this station"),
        ("426 Upgrade Required", P.HTTP_STATUS, "another protocol"),
        ("429 Too Many Requests", P.HTTP_STATUS, "too many"),
        ("500 Internal Server Error", P.HTTP_STATUS, "fault of its own"),
        ("502 Bad Gateway", P.HTTP_STATUS, "fault of its own"),
        ("503 Service Unavailable", P.HTTP_STATUS, "not available"),
        ("200 OK", P.PROTOCOL, "web server"),
        ("418", P.HTTP_STATUS, "refused the handshake"),
    ],
)
async def test_http_statuses(raw: Any, profile: Any, listener: Any, status: str, problem: P, words: str) -> None:
    async with raw(answering(f"HTTP/1.1 {status}\r\nServer: x\r\n\r\n".encode())) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is problem
    assert words in failed.sentence
    assert status[:3] in failed.sentence
    assert failed.hint


async def test_what_the_csms_says_with_a_refusal_is_quoted(raw: Any, profile: Any, listener: Any) -> None:
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\nstation\nblocked"
    async with raw(answering(answer)) as port:
        failed = await failure(profile(port), listener)
    assert failed.sentence.endswith('(HTTP 403 Forbidden), saying "station blocked".')


async def test_a_page_of_html_is_not_quoted(raw: Any, profile: Any, listener: Any) -> None:
    async with raw(answering(b"HTTP/1.0 502 Bad Gateway\r\n\r\n <html><body>nginx")) as port:
        failed = await failure(profile(port), listener)
    assert "html" not in failed.sentence


async def test_a_redirect_is_not_followed(raw: Any, profile: Any, listener: Any) -> None:
    async with raw(answering(b"HTTP/1.1 301 Moved Permanently\r\nLocation: wss://other/ocpp\r\n\r\n")) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is P.HTTP_STATUS
    assert "wss://other/ocpp" in failed.hint
    assert "not followed" in failed.hint


@pytest.mark.parametrize(
    ("banner", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", 'answered "SSH-2.0-OpenSSH_9.2"'),
        (b"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"),
        (b"HTTP/1.1 abc\r\n\r\n", "not a WebSocket server"),
        (b"HTTP/1.1 101 Yes\r\n" + b"X: y\r\n" * 5000, "not a WebSocket server"),
    ],
)
async def test_not_a_websocket_server(raw: Any, profile: Any, listener: Any, banner: bytes, words: str) -> None:
    async with raw(answering(banner)) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is P.PROTOCOL
    assert words in failed.sentence
    assert len(failed.sentence) < 200


UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.mark.parametrize(
    ("headers", "problem", "words"),
    [
        ("Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n", P.PROTOCOL, "does not upgrade"),
        (UPGRADE + "Sec-WebSocket-Accept: AAAA\r\nSec-WebSocket-Protocol: ocpp1.6\r\n", P.PROTOCOL, "wrong Sec-"),
        (UPGRADE + "Sec-WebSocket-Protocol: ocpp1.6\r\n", P.PROTOCOL, "wrong Sec-WebSocket-Accept"),
        (UPGRADE + "Sec-WebSocket-Accept: {accept}\r\n", P.SUBPROTOCOL, "chose no OCPP version"),
        (UPGRADE + "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.5\r\n", P.SUBPROTOCOL, '"ocpp1.5"'),
        (
            UPGRADE + "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1\r\n",
            P.SUBPROTOCOL,
            "ocpp1.6, ocpp2.0.1",
        ),
        (
            UPGRADE + "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            P.PROTOCOL,
            "extension that was not asked for",
        ),
    ],
)
async def test_bad_upgrades(raw: Any, profile: Any, listener: Any, headers: str, problem: P, words: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        writer.write(f"HTTP/1.1 101 Yes\r\n{headers.format(accept=accept_of(request))}\r\n".encode())
        await reader.read()

    async with raw(talk) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is problem
    assert words in failed.sentence
    assert failed.hint


async def test_a_csms_that_speaks_other_versions_chooses_none(running_server: Any, listener: Any) -> None:
    # OCPP-J section 3.2: it completes the handshake without a sub-protocol and closes.
    async with running_server(subprotocols=["ocpp1.5"], select_subprotocol=lambda *_: None) as csms:
        failed = await failure(csms.profile(offered=("1.6",)), listener)
    assert failed.problem is P.SUBPROTOCOL
    assert "ocpp1.6" in failed.sentence


async def test_nothing_to_offer(profile: Any, listener: Any) -> None:
    failed = await failure(profile(1, offered=()), listener)
    assert failed.problem is P.SUBPROTOCOL


async def test_a_bad_url_fails_before_anything_else(profile: Any, listener: Any) -> None:
    assert (await failure(profile(1, url="http://x"), listener)).problem is P.INVALID_URL


async def test_refused(profile: Any, listener: Any) -> None:
    failed = await failure(profile(unused_port()), listener)
    assert failed.problem is P.REFUSED
    assert "nothing listens there" in failed.sentence
    assert "Start the CSMS" in failed.hint


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long")])
async def test_an_unknown_name(monkeypatch: Any, profile: Any, listener: Any, error: Exception) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    failed = await failure(profile(1, url="ws://csms.invalid/ocpp"), listener)
    assert failed.problem is P.NAME_NOT_FOUND
    assert "csms.invalid" in failed.sentence


async def test_a_name_server_that_does_not_answer_now(monkeypatch: Any, profile: Any, listener: Any) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "temporary failure")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    failed = await failure(profile(1, url="ws://csms.example/ocpp"), listener)
    assert failed.problem is P.NAME_NOT_FOUND
    assert "at the moment" in failed.sentence


async def test_simultaneous_look_ups_share_one_question(monkeypatch: Any, csms: Any, listener: Any) -> None:
    asked = []
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    transport = WebSocketTransport()
    profile = csms.profile(url=f"ws://csms.example:{csms.port}/")
    connections = await asyncio.gather(*(transport.connect(profile, listener) for _ in range(20)))
    assert asked == ["csms.example"]
    for connection in connections:
        connection.abort()
    again = await transport.connect(profile, listener)
    assert len(asked) == 2
    again.abort()
    await asyncio.sleep(0.01)


async def test_a_resolver_that_hangs_runs_into_the_time_out(monkeypatch: Any, profile: Any, listener: Any) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(5) and [])
    failed = await failure(profile(1, url="ws://csms.example/", connect_timeout_s=0.05), listener)
    release.set()
    assert failed.problem is P.TIMED_OUT
    await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), P.UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, "No route to host"), P.UNREACHABLE),
        (OSError(errno.EMFILE, "Too many open files"), P.UNREACHABLE),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), P.TIMED_OUT),
    ],
)
async def test_errors_of_the_network(monkeypatch: Any, profile: Any, listener: Any, error: OSError, problem: P) -> None:
    async def fails(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(dialing, "_connected", fails)
    failed = await failure(profile(1), listener)
    assert failed.problem is problem
    assert "localhost:1" in failed.sentence
    assert failed.hint


async def test_the_second_address_is_tried(monkeypatch: Any, csms: Any, listener: Any) -> None:
    monkeypatch.setattr(dialing, "_LOOPBACK", ("127.0.0.2", "127.0.0.1"))
    connection = await WebSocketTransport().connect(csms.profile(), listener)
    connection.close()
    await listener.end()


async def test_a_server_that_never_answers(raw: Any, profile: Any, listener: Any) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw(talk) as port:
        failed = await failure(profile(port, connect_timeout_s=0.05), listener)
    assert failed.problem is P.TIMED_OUT
    assert "waiting for the answer to the WebSocket handshake" in failed.sentence
    assert "0.05 s" in failed.sentence


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 10"])
async def test_cut_in_the_handshake(raw: Any, profile: Any, listener: Any, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with raw(talk) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is (P.PROTOCOL if answer else P.LOST)
    assert "wss://" in failed.hint or answer


async def test_cut_with_a_reset(raw: Any, profile: Any, listener: Any) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with raw(talk) as port:
        failed = await failure(profile(port), listener)
    assert failed.problem is P.LOST


async def test_a_cancelled_attempt_leaves_nothing(raw: Any, profile: Any, listener: Any) -> None:
    arrived, ended = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        ended.set()

    async with raw(talk) as port:
        attempt = asyncio.create_task(WebSocketTransport().connect(profile(port), listener))
        await asyncio.wait_for(arrived.wait(), 5)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await asyncio.wait_for(ended.wait(), 5)


@pytest.mark.req("A00.FR.204")
async def test_a_colon_cannot_be_in_a_user_name(profile: Any, listener: Any) -> None:
    failed = await failure(profile(1, identity="a:b", security_profile=1, password="x"), listener)
    assert failed.problem is P.UNAUTHORIZED
    assert "colon" in failed.sentence
