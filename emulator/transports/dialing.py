"""From an address to a connected socket: name look-up, TCP, and what went wrong with either in words."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.transports.address import Address

# RFC 6761 section 6.3: this name is always the loopback. Not asking a resolver saves a thread at start-up.
_LOOPBACK = ("127.0.0.1", "::1")


class Dialer:
    """Opens TCP connections; look-ups of one name that run at the same time share one question to the resolver."""

    __slots__ = ("_asking",)

    def __init__(self) -> None:
        self._asking: dict[tuple[str, int], asyncio.Future[Any]] = {}

    async def dial(self, address: Address) -> socket.socket:
        """A connected, non-blocking socket; tries the host's addresses in turn; raises ConnectionFailed."""
        failures: list[OSError] = []
        for family, place in await self._places(address):
            try:
                return await _connected(family, place)
            except OSError as error:
                failures.append(error)
        raise dial_failure(_most_telling(failures), address)

    async def _places(self, address: Address) -> Sequence[tuple[int, Any]]:
        host, port = address.host, address.port
        if host == "localhost":
            return [(_family(number), (number, port)) for number in _LOOPBACK]
        with suppress(ValueError):
            return [(_family(host), (host, port))]
        found = await self._look_up(host, port)
        if isinstance(found, Exception):
            raise _unknown_name(address, found)
        return [(family, place) for family, _, _, _, place in found]

    async def _look_up(self, host: str, port: int) -> Any:
        key = (host, port)
        if key not in self._asking:
            answer = self._asking[key] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda _: self._asking.pop(key, None))
            # A thread of its own, and a daemon: a resolver that hangs must not hold up the end of the program.
            threading.Thread(target=_ask, args=(host, port, answer), name=f"look-up of {host}", daemon=True).start()
        return await asyncio.shield(self._asking[key])


def _ask(host: str, port: int, answer: asyncio.Future[Any]) -> None:
    found: Any
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        found = error
    with suppress(RuntimeError):  # the loop was closed meanwhile
        answer.get_loop().call_soon_threadsafe(_deliver, answer, found)


def _deliver(answer: asyncio.Future[Any], found: Any) -> None:
    if not answer.done():
        answer.set_result(found)


def _family(number: str) -> int:
    """The address family of a numeric host; ValueError for a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, number)
            return family
    raise ValueError(number)


async def _connected(family: int, place: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def _most_telling(failures: Sequence[OSError]) -> OSError:
    """A refusal says more than an address that this machine cannot reach at all (::1 without IPv6)."""
    ranked = sorted(failures, key=lambda error: not isinstance(error, ConnectionRefusedError))
    return ranked[0] if ranked else OSError("the name has no address")


def _unknown_name(address: Address, error: Exception) -> ConnectionFailed:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return ConnectionFailed(
            ConnectionProblem.NAME_NOT_FOUND,
            f"The name {address.host} cannot be looked up at the moment.",
            "Check the network and the name server of this machine, and the spelling of the name.",
        )
    return ConnectionFailed(
        ConnectionProblem.NAME_NOT_FOUND,
        f"There is no host with the name {address.host}.",
        "Check the spelling of the host in the URL.",
    )


_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}


def dial_failure(error: OSError, address: Address) -> ConnectionFailed:
    """The ConnectionFailed for an error of the socket before the connection was open."""
    if isinstance(error, ConnectionRefusedError):
        return ConnectionFailed(
            ConnectionProblem.REFUSED,
            f"{address.place} refused the connection: nothing listens there.",
            "Start the CSMS, or check host and port.",
        )
    if isinstance(error, TimeoutError):
        return timed_out(address, "connecting to", None)
    if error.errno in _UNREACHABLE:
        return ConnectionFailed(
            ConnectionProblem.UNREACHABLE,
            f"There is no way to {address.place}: {_reason(error)}.",
            "Check the network of this machine and the host in the URL.",
        )
    return ConnectionFailed(
        ConnectionProblem.UNREACHABLE, f"No connection to {address.place}: {_reason(error)}.", _hint(error)
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).rstrip(".").lower()


def _hint(error: OSError) -> str:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "Raise the limit of open files (ulimit -n), or run fewer stations."
    return "Check the network of this machine and the host in the URL."


def timed_out(address: Address, doing: str, seconds: float | None) -> ConnectionFailed:
    """The time-out of one stage; `doing` completes "Time ran out while ... HOST:PORT"."""
    after = f" (after {seconds:g} s)" if seconds is not None else ""
    return ConnectionFailed(
        ConnectionProblem.TIMED_OUT,
        f"Time ran out while {doing} {address.place}{after}.",
        "Check host and port, and whether a firewall swallows the connection.",
    )
