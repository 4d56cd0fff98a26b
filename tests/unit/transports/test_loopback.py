"""The in-memory link, with a clock that the test turns by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.transports.loopback import LoopbackConnection, LoopbackServer, LoopbackTransport

PROFILE = ConnectionProfile("ws://loopback/ocpp", "CP1", ("2.0.1", "1.6"), connect_timeout_s=30)


class TurnClock:
    """Runs what is due, in order, one callback per `turn()`."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        entry = (delay_s, callback)
        self.due.append(entry)

        class Timer:
            def cancel(_) -> None:
                if entry in self.due:
                    self.due.remove(entry)

        return Timer()

    def turn(self) -> None:
        self.due.pop(0)[1]()

    def run(self) -> None:
        while self.due:
            self.turn()


class Heard:
    """A listener that writes down what it hears, in order."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def received(self, text: str) -> None:
        self.log.append(text)

    def closed(self, code: int, sentence: str) -> None:
        assert str(code) in sentence
        self.log.append(code)


@pytest.fixture
def clock() -> TurnClock:
    return TurnClock()


@pytest.fixture
def server(clock: TurnClock) -> LoopbackServer:
    return LoopbackServer(clock)


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def connect(server: LoopbackServer, heard: Heard, **changes: Any) -> LoopbackConnection:
    profile = ConnectionProfile(**{**{name: getattr(PROFILE, name) for name in PROFILE.__slots__}, **changes})
    return await LoopbackTransport(server).connect(profile, heard)


async def test_texts_travel_in_order_one_per_turn(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    connection = await connect(server, heard)
    server.send("a")
    connection.send("b")
    server.send("c")
    assert (heard.log, server.received) == ([], [])
    clock.turn()
    assert (heard.log, server.received) == (["a"], [])
    clock.turn()
    assert (heard.log, server.received) == (["a"], ["b"])
    clock.run()
    assert heard.log == ["a", "c"]


async def test_the_test_plays_the_csms(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    server.on_connect = lambda connection: server.send(f"hello {connection.identity}")
    server.on_text = lambda text, connection: server.send(text.upper(), connection)
    connection = await connect(server, heard, identity="CP7")
    connection.send("boot")
    assert heard.log == []
    clock.run()
    assert heard.log == ["hello CP7", "BOOT"]
    assert server.connects[0].identity == "CP7"


@pytest.mark.parametrize(
    ("speaks", "offered", "chosen"),
    [(("1.6", "2.0.1"), ("2.0.1", "1.6"), "2.0.1"), (("1.6",), ("2.0.1", "1.6"), "1.6")],
)
async def test_the_version_is_negotiated(heard: Heard, speaks: Any, offered: Any, chosen: str) -> None:
    server = LoopbackServer(TurnClock(), speaks=speaks)
    assert (await connect(server, heard, offered=offered)).ocpp == chosen


async def test_no_common_version(heard: Heard) -> None:
    with pytest.raises(ConnectionFailed) as failed:
        await connect(LoopbackServer(speaks=("1.6",)), heard, offered=("2.0.1",))
    assert failed.value.problem is ConnectionProblem.SUBPROTOCOL


async def test_offline_cuts_and_refuses(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    connection = await connect(server, heard)
    server.send("lost")
    connection.send("lost")
    server.offline = True
    assert heard.log == []
    clock.run()
    assert heard.log == [1006]
    assert server.received == []
    assert (connection.opened, connection.close_code, server.connections) == (False, 1006, [])
    connection.send("dropped")
    connection.close()
    connection.abort()
    clock.run()
    assert heard.log == [1006]
    with pytest.raises(ConnectionFailed) as failed:
        await connect(server, heard)
    assert failed.value.problem is ConnectionProblem.REFUSED
    server.offline = False
    await connect(server, heard)
    assert len(server.connects) == 3


async def test_silent_passes_nothing_and_stays_open(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    connection = await connect(server, heard)
    connection.send("on its way")
    server.silent = True
    connection.send("lost")
    server.send("lost")
    clock.run()
    assert (heard.log, server.received, connection.opened) == ([], [], True)
    server.silent = False
    connection.send("heard")
    server.send("heard")
    clock.run()
    assert (heard.log, server.received) == (["heard"], ["heard"])


async def test_connecting_to_silence_times_out(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    server.silent = True
    attempt = asyncio.ensure_future(connect(server, heard))
    await asyncio.sleep(0)
    assert clock.due[0][0] == 30
    clock.turn()
    with pytest.raises(ConnectionFailed) as failed:
        await attempt
    assert failed.value.problem is ConnectionProblem.TIMED_OUT


@pytest.mark.parametrize("end", ["speaks", "offline", "cancelled"])
async def test_the_end_of_silence(server: LoopbackServer, clock: TurnClock, heard: Heard, end: str) -> None:
    server.silent = True
    attempt = asyncio.ensure_future(connect(server, heard))
    await asyncio.sleep(0)
    if end == "speaks":
        server.silent = False
        assert (await attempt).opened
    elif end == "offline":
        server.offline = True
        with pytest.raises(ConnectionFailed):
            await attempt
    else:
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
    assert clock.due == []


async def test_closing_from_either_side_comes_behind_the_frames(
    server: LoopbackServer, clock: TurnClock, heard: Heard
) -> None:
    await connect(server, heard)
    server.send("last")
    server.close(4001, "enough")
    clock.run()
    assert heard.log == ["last", 4001]
    connection = await connect(server, heard)
    connection.send("last words")
    connection.close(1001)
    clock.run()
    assert server.received == ["last words"]
    assert heard.log == ["last", 4001, 1001]
    assert connection.close_code == 1001


async def test_abort_loses_what_is_on_its_way(server: LoopbackServer, clock: TurnClock, heard: Heard) -> None:
    connection = await connect(server, heard)
    connection.send("lost")
    connection.abort()
    clock.run()
    assert (server.received, heard.log) == ([], [1006])


async def test_a_refusal(server: LoopbackServer, heard: Heard) -> None:
    server.refusal = ConnectionFailed(ConnectionProblem.UNAUTHORIZED, "No.", "Yes.")
    with pytest.raises(ConnectionFailed, match=r"No\."):
        await connect(server, heard)
    assert len(server.connects) == 1


async def test_sending_to_nobody_is_a_mistake_of_the_test(server: LoopbackServer) -> None:
    with pytest.raises(RuntimeError, match="no station"):
        server.send("x")


async def test_without_a_clock_the_loop_counts(heard: Heard) -> None:
    server = LoopbackServer()
    await connect(server, heard)
    server.send("a")
    server.send("b")
    assert heard.log == []
    for _ in range(3):
        await asyncio.sleep(0)
    assert heard.log == ["a", "b"]
