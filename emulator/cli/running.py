"""`forecourt run`: stations without a window, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from emulator.cli.arguments import BadUsage, complain
from emulator.cli.output import Output
from emulator.domain.errors import EnvironmentProblem
from emulator.runtime.configuration import BadConfiguration, StationConfiguration
from emulator.runtime.fleet import Fleet, check_connection
from emulator.runtime.run_options import RunOptions, station_configuration

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# The control socket's libraries are loaded once the station has said its first word, or after this long.
PATIENCE_S = 0.3


def run(options: RunOptions) -> int:
    """Run the stations that the options ask for; returns the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        configuration = station_configuration(options)
        if not configuration.connection.url:
            raise BadUsage("Say where the CSMS is: --url ws://HOST:PORT/PATH.")
        check_connection(configuration)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_run(options, configuration))
    except BadConfiguration as problem:
        complain(str(problem))
        return 2
    except EnvironmentProblem as problem:
        complain(str(problem))
        return 1
    return 0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop: uvloop where it is installed, else asyncio's own (None)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _spare_the_collector() -> None:
    # The tables of facts and the code live as long as the process: no need to walk them again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Until the loop takes the signals over, SIGTERM ends the program as Ctrl-C does.
    raise KeyboardInterrupt


async def _run(options: RunOptions, configuration: StationConfiguration) -> None:
    ended = asyncio.Event()
    restore = _on_signals(ended.set)
    listener = _listen(options.control) if options.control else None
    try:
        output = Output(ended.set, log_frames=options.log_frames)
        fleet = Fleet.open(options, configuration=configuration, report=output.problem)
        try:
            await _run_fleet(fleet, output, listener, ended)
        finally:
            output.end()
            await fleet.stop()
    finally:
        if listener is not None:
            listener.close()
        restore()


async def _run_fleet(fleet: Fleet, output: Output, listener: socket.socket | None, ended: asyncio.Event) -> None:
    fleet.emptied = ended.set
    output.follow(fleet)
    if listener is None:
        await fleet.start()
        await output.first_word(PATIENCE_S)
        _spare_the_collector()
        await ended.wait()
        return
    token = new_token()
    output.control(listener, token)
    await fleet.start()
    await output.first_word(PATIENCE_S)
    from emulator.control.server import ControlServer

    server = ControlServer(fleet, token)
    await server.start(listener)
    _spare_the_collector()
    try:
        await ended.wait()
    finally:
        await server.stop()


def new_token() -> str:
    """A secret that only who reads our stdout can know."""
    import os

    return os.urandom(24).hex()


def _listen(address: tuple[str, int]) -> socket.socket:
    """The bound socket of the control server; raises EnvironmentProblem."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=64)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentProblem(
            f"The control socket cannot be served on {host} port {port}: {reason}.", "Choose another port, or 0."
        ) from error


def _on_signals(stop: Callable[[], None]) -> Callable[[], None]:
    """Call `stop` at SIGINT and SIGTERM; the result gives the signals back."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))

    def restore() -> None:
        for number in SIGNALS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
            signal.signal(number, before[number])

    return restore
