"""Bad networks around the loopback link, with a clock that jumps; and around a real WebSocket."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.faults.network import FaultyConnection, FaultyTransport, NetworkConditions, NetworkMode
from emulator.transports.loopback import LoopbackServer, LoopbackTransport
from emulator.transports.websocket import WebSocketTransport

PROFILE = ConnectionProfile("ws://loopback/ocpp", "CP1", ("1.6",), connect_timeout_s=30)


class JumpClock:
    """A virtual clock: `advance` runs what falls due."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.heap: list[Any] = []
        self.numbers = count()

    def monotonic(self) -> float:
        return self.time

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        entry = [self.time + delay_s, next(self.numbers), callback]
        heapq.heappush(self.heap, entry)

        class Timer:
            def cancel(_) -> None:
                entry[2] = None

        return Timer()

    def advance(self, seconds: float) -> None:
        end = self.time + seconds
        while self.heap and self.heap[0][0] <= end:
            due, _, callback = heapq.heappop(self.heap)
            self.time = max(self.time, due)
            if callback is not None:
                callback()
        self.time = end

    @property
    def waiting(self) -> int:
        return sum(entry[2] is not None for entry in self.heap)


class Heard:
    """A listener that writes down what it hears and when."""

    def __init__(self, clock: JumpClock) -> None:
        self.clock = clock
        self.log: list[Any] = []
        self.times: list[float] = []
        self.sentence = ""

    def received(self, text: str) -> None:
        self.log.append(text)
        self.times.append(round(self.clock.time - 1000, 6))

    def closed(self, code: int, sentence: str) -> None:
        self.log.append(code)
        self.sentence = sentence


class Rig:
    """A station's faulty transport and its CSMS in memory."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = JumpClock()
        self.server = LoopbackServer(self.clock)
        self.server.on_text = self._note
        self.arrivals: list[float] = []
        self.transport = FaultyTransport(LoopbackTransport(self.server), self.clock, Random(seed))
        self.heard = Heard(self.clock)
        self.connection: FaultyConnection

    def _note(self, text: str, connection: Any) -> None:
        self.arrivals.append(round(self.clock.time - 1000, 6))

    async def connect(self) -> FaultyConnection:
        self.connection = await self.transport.connect(PROFILE, self.heard)
        return self.connection

    def set(self, mode: str = "up", **figures: float) -> None:
        self.transport.conditions = NetworkConditions(NetworkMode(mode), **figures)

    def both(self, *texts: str) -> None:
        for text in texts:
            self.connection.send(text)
            self.server.send(text)

    @property
    def received(self) -> list[str]:
        return self.server.received


@pytest.fixture
async def rig() -> Rig:
    rig = Rig()
    await rig.connect()
    return rig


# -- the conditions ----------------------------------------------------------------------------------------------------


def test_the_default_is_a_good_network() -> None:
    assert NetworkConditions().as_dict() == {
        "mode": "up",
        "latency_ms": 0,
        "jitter_ms": 0,
        "loss": 0,
        "duplicate": 0,
        "reorder": 0,
        "bandwidth": 0,
    }
    assert type(NetworkConditions().as_dict()["mode"]) is str
    assert NetworkConditions("silent").mode is NetworkMode.SILENT


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"mode": "broken"}, "the network mode is one of up, down, silent, flaky, not 'broken'"),
        ({"loss": 1.5}, "loss is a probability from 0 to 1, not 1.5"),
        ({"duplicate": -0.1}, "duplicate is a probability"),
        ({"reorder": "half"}, "reorder is a probability"),
        ({"loss": True}, "loss is a probability"),
        ({"latency_ms": -1}, "latency_ms is a number of milliseconds and not negative, not -1"),
        ({"jitter_ms": float("nan")}, "jitter_ms is a number"),
        ({"bandwidth": float("inf")}, "bandwidth is a number of bytes per second"),
        ({"bandwidth": None}, "bandwidth is a number"),
    ],
)
def test_wrong_figures_are_named(figures: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        NetworkConditions(**figures)


# -- up ----------------------------------------------------------------------------------------------------------------


async def test_a_link_without_pings_takes_the_interval(rig: Rig) -> None:
    rig.connection.set_ping_interval(60)
    assert rig.connection.latency_ms is None


async def test_a_good_network_adds_nothing(rig: Rig) -> None:
    assert rig.connection.send == rig.connection.inner.send
    assert rig.connection.received == rig.heard.received
    assert rig.connection.ocpp == "1.6"
    rig.both("a", "b")
    rig.clock.advance(0)
    assert rig.heard.log == rig.received == ["a", "b"]
    rig.set("flaky")
    assert rig.connection.send == rig.connection.inner.send
    rig.connection.close(1001)
    rig.clock.advance(0)
    assert rig.heard.log[-1] == 1001


# -- down --------------------------------------------------------------------------------------------------------------


async def test_down_cuts_and_refuses_until_up(rig: Rig) -> None:
    rig.both("lost")
    rig.set("down")
    rig.clock.advance(1)
    assert rig.heard.log == [1006]
    assert "switched off" in rig.heard.sentence
    assert rig.received == []
    assert rig.server.connections == []
    with pytest.raises(ConnectionFailed) as failed:
        await rig.connect()
    assert failed.value.problem is ConnectionProblem.UNREACHABLE
    assert "switched off" in failed.value.sentence
    assert "up" in failed.value.hint
    rig.set("up")
    await rig.connect()
    rig.both("again")
    rig.clock.advance(0)
    assert rig.received == ["again"]
    assert rig.heard.log == [1006, "again"]


async def test_down_while_connecting() -> None:
    rig = Rig()
    rig.server.silent = True
    attempt = asyncio.ensure_future(rig.connect())
    await asyncio.sleep(0)
    rig.set("down")
    rig.server.silent = False
    with pytest.raises(ConnectionFailed, match="switched off"):
        await attempt
    rig.clock.advance(1)
    assert rig.server.connections == []
    assert rig.clock.waiting == 0


async def test_a_dead_connection_no_longer_suffers(rig: Rig) -> None:
    rig.server.close(1001)
    rig.clock.advance(0)
    rig.set("flaky", latency_ms=10)
    rig.connection.send("dropped")
    rig.set("down")
    rig.clock.advance(1)
    assert rig.heard.log == [1001]
    assert rig.received == []


# -- silent ------------------------------------------------------------------------------------------------------------


async def test_silent_keeps_open_and_passes_nothing(rig: Rig) -> None:
    rig.set("silent")
    rig.both("lost")
    rig.clock.advance(60)
    assert (rig.heard.log, rig.received, len(rig.server.connections)) == ([], [], 1)
    rig.set("up")
    rig.both("heard")
    rig.clock.advance(0)
    assert rig.heard.log == rig.received == ["heard"]


async def test_connecting_in_silence_times_out_by_the_clock() -> None:
    rig = Rig()
    rig.set("silent")
    attempt = asyncio.ensure_future(rig.connect())
    await asyncio.sleep(0)
    rig.clock.advance(29.9)
    await asyncio.sleep(0)
    assert not attempt.done()
    rig.clock.advance(0.2)
    with pytest.raises(ConnectionFailed) as failed:
        await attempt
    assert failed.value.problem is ConnectionProblem.TIMED_OUT
    assert "within 30 s" in failed.value.sentence
    assert rig.server.connects == []


@pytest.mark.parametrize("change", ["up", "down", "cancel"])
async def test_the_end_of_silence_while_connecting(change: str) -> None:
    rig = Rig()
    rig.set("silent")
    attempt = asyncio.ensure_future(rig.connect())
    await asyncio.sleep(0)
    if change == "cancel":
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
    else:
        rig.set(change)
        if change == "up":
            assert (await attempt).ocpp == "1.6"
        else:
            with pytest.raises(ConnectionFailed, match="switched off"):
                await attempt
    assert rig.clock.waiting == 0


# -- flaky -------------------------------------------------------------------------------------------------------------


async def test_latency_delays_both_ways(rig: Rig) -> None:
    rig.set("flaky", latency_ms=250)
    rig.both("a", "b")
    rig.clock.advance(0.2)
    assert rig.heard.log == rig.received == []
    rig.clock.advance(1)
    assert rig.heard.log == rig.received == ["a", "b"]
    assert rig.heard.times == rig.arrivals == [0.25, 0.25]


async def test_latency_holds_for_the_handshake() -> None:
    rig = Rig()
    rig.set("flaky", latency_ms=250)
    attempt = asyncio.ensure_future(rig.connect())
    await asyncio.sleep(0)
    assert rig.server.connects == []
    rig.clock.advance(0.5)
    assert (await attempt).ocpp == "1.6"
    rig.set("flaky", latency_ms=20_000)
    attempt = asyncio.ensure_future(rig.connect())
    await asyncio.sleep(0)
    rig.clock.advance(30)
    with pytest.raises(ConnectionFailed, match="too slow"):
        await attempt


async def test_jitter_varies_and_keeps_the_order(rig: Rig) -> None:
    rig.set("flaky", latency_ms=100, jitter_ms=100)
    for number in range(100):
        rig.connection.send(str(number))
        rig.clock.advance(0.01)
    rig.clock.advance(1)
    assert rig.received == [str(number) for number in range(100)]
    delays = [arrival - number * 0.01 for number, arrival in enumerate(rig.arrivals)]
    assert min(delays) >= 0
    assert max(delays) <= 0.2 + 1e-6
    assert len({round(delay, 4) for delay in delays}) > 20


async def test_loss(rig: Rig) -> None:
    rig.set("flaky", loss=0.3)
    rig.both(*map(str, range(1000)))
    rig.clock.advance(1)
    assert 620 < len(rig.received) < 780
    assert 620 < len(rig.heard.log) < 780
    assert rig.received != rig.heard.log
    rig.set("flaky", loss=1)
    rig.both("lost")
    rig.clock.advance(1)
    assert "lost" not in rig.received + rig.heard.log


async def test_duplicates(rig: Rig) -> None:
    rig.set("flaky", duplicate=1)
    rig.both("a", "b")
    rig.clock.advance(0)
    assert rig.received == rig.heard.log == ["a", "a", "b", "b"]


async def test_reorder_lets_the_next_frame_overtake(rig: Rig) -> None:
    rig.set("flaky", reorder=0.5)
    texts = [str(number) for number in range(50)]
    for text in texts:
        rig.connection.send(text)
    rig.clock.advance(2)
    assert rig.received != texts
    assert sorted(rig.received, key=int) == texts
    assert all(abs(texts.index(text) - place) <= 1 for place, text in enumerate(rig.received))


async def test_a_frame_that_nothing_overtakes_arrives_after_a_second(rig: Rig) -> None:
    rig.set("flaky", reorder=1, latency_ms=100)
    rig.connection.send("alone")
    rig.clock.advance(5)
    assert rig.received == ["alone"]
    assert rig.arrivals == [1.1]


async def test_bandwidth(rig: Rig) -> None:
    rig.set("flaky", bandwidth=1000, latency_ms=50)
    rig.both("x" * 500, "é" * 250, "y" * 100)
    rig.clock.advance(5)
    assert rig.arrivals == rig.heard.times == [0.55, 1.05, 1.15]
    rig.connection.send("z" * 100)
    rig.clock.advance(5)
    assert rig.arrivals[-1] == 5.15


async def test_figures_count_in_mode_up_too(rig: Rig) -> None:
    rig.set("up", latency_ms=250)
    rig.both("a")
    rig.clock.advance(0.3)
    assert rig.arrivals == [0.25]


async def test_back_to_good_delivers_what_is_on_its_way_in_order(rig: Rig) -> None:
    rig.set("flaky", latency_ms=10_000, reorder=0.3)
    rig.both("a", "b", "c")
    rig.set("up")
    rig.both("d")
    assert rig.heard.log == []
    rig.clock.advance(0)
    assert sorted(rig.received) == sorted(rig.heard.log) == ["a", "b", "c", "d"]
    assert rig.received[-1] == rig.heard.log[-1] == "d"
    assert rig.connection.send == rig.connection.inner.send
    assert rig.connection.received == rig.heard.received
    assert rig.clock.waiting == 0


@pytest.mark.parametrize("mode", ["down", "silent"])
async def test_what_is_on_its_way_is_lost_when_the_line_goes(rig: Rig, mode: str) -> None:
    rig.set("flaky", latency_ms=100, reorder=0.5)
    rig.both(*"abcdef")
    rig.clock.advance(0)
    rig.set(mode)
    rig.clock.advance(5)
    assert rig.received == []
    assert [entry for entry in rig.heard.log if entry != 1006] == []
    assert rig.clock.waiting == 0


async def test_closing_waits_for_the_frames(rig: Rig) -> None:
    rig.set("flaky", latency_ms=100)
    rig.both("last")
    rig.clock.advance(0)
    rig.connection.close(1001)
    rig.clock.advance(1)
    assert rig.received == ["last"]
    assert rig.heard.log == ["last", 1001]
    assert rig.clock.waiting == 0


async def test_the_news_of_the_end_comes_behind_the_frames_and_is_never_lost(rig: Rig) -> None:
    rig.set("flaky", latency_ms=100)
    rig.server.send("last")
    rig.server.close(1012)
    rig.clock.advance(0.01)
    assert rig.heard.log == []
    rig.set("silent")
    rig.clock.advance(1)
    assert rig.heard.log[-1] == 1012


async def test_abort_loses_everything(rig: Rig) -> None:
    rig.set("flaky", latency_ms=100)
    rig.both("lost")
    rig.clock.advance(0)
    rig.connection.abort()
    rig.clock.advance(1)
    assert (rig.received, rig.heard.log) == ([], [1006])
    assert rig.clock.waiting == 0


async def test_the_same_seed_gives_the_same_run() -> None:
    runs = []
    for _ in range(2):
        rig = Rig(seed=7)
        await rig.connect()
        rig.set("flaky", latency_ms=50, jitter_ms=40, loss=0.2, duplicate=0.2, reorder=0.2, bandwidth=5000)
        rig.both(*map(str, range(200)))
        rig.clock.advance(60)
        runs.append((rig.received, rig.arrivals, rig.heard.log))
    assert runs[0] == runs[1]


# -- around a real WebSocket -------------------------------------------------------------------------------------------


async def test_around_a_websocket() -> None:
    texts: asyncio.Queue[Any] = asyncio.Queue()
    stations: asyncio.Queue[Any] = asyncio.Queue()

    async def talk(station: Any) -> None:
        stations.put_nowait(station)
        try:
            async for text in station:
                texts.put_nowait(text)
        except ConnectionClosed:
            pass

    heard = Heard(JumpClock())
    async with serve(talk, "127.0.0.1", 0, subprotocols=["ocpp1.6"], ping_interval=None, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        transport = FaultyTransport(WebSocketTransport(), JumpClock(), Random(1))
        profile = ConnectionProfile(f"ws://127.0.0.1:{port}", "CP1", ("1.6",), connect_timeout_s=5)
        connection = await transport.connect(profile, heard)
        station = await stations.get()
        assert connection.send == connection.inner.send
        assert connection.latency_ms is None
        connection.set_ping_interval(0.01)
        while connection.latency_ms is None:
            await asyncio.sleep(0.01)
        connection.set_ping_interval(0)
        connection.send("1")
        assert await asyncio.wait_for(texts.get(), 5) == "1"

        transport.conditions = NetworkConditions(NetworkMode.SILENT)
        pong = await station.ping()
        await station.send("lost")
        connection.send("lost")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pong, 0.03)
        transport.conditions = NetworkConditions()
        await station.send("2")
        await asyncio.wait_for(await station.ping(), 5)
        assert heard.log == ["2"]

        transport.conditions = NetworkConditions(NetworkMode.DOWN)
        await station.wait_closed()
        assert station.close_code == 1006
        assert heard.log == ["2", 1006]
        assert "switched off" in heard.sentence
        assert texts.empty()
