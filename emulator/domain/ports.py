"""The ports: what the engine needs of the outside, as protocols."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Timer(Protocol):
    """A callback that waits for its time."""

    def cancel(self) -> None:
        """Forget the callback; harmless when it ran already."""


class Clock(Protocol):
    """The station's time: every timer, sleep and timestamp asks it."""

    @property
    def speed(self) -> float:
        """Station seconds per real second."""

    def now(self) -> datetime:
        """The station's date and time, aware, in UTC; may be skewed, set or frozen."""

    def monotonic(self) -> float:
        """Station seconds since an arbitrary moment; never goes back, runs at the clock's speed."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` after `delay_s` station seconds (0: in the next turn of the loop)."""

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` station seconds."""

    def synchronise(self, time: datetime) -> bool:
        """Set date and time to what the CSMS says; False when the operator holds the clock (frozen, or not at 1x)."""


class Connection(Protocol):
    """An open link to a CSMS, on which text frames travel."""

    @property
    def ocpp(self) -> str:
        """The version that was negotiated: "1.6", "2.0.1"."""

    def send(self, text: str) -> None:
        """Hand one text frame to the link; silently dropped when the link is closed."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in an orderly way; the listener's `closed` follows."""

    def abort(self) -> None:
        """Cut the link at once, as when the mains are pulled."""


class ConnectionListener(Protocol):
    """Who hears what a connection brings; called on the event loop, never concurrently."""

    def received(self, text: str) -> None:
        """A text frame came in."""

    def closed(self, code: int, sentence: str) -> None:
        """The link is gone; `code` is the WebSocket close code (1006: cut), `sentence` explains it."""


@dataclass(frozen=True, slots=True)
class ConnectionProfile:
    """What is needed to connect to a CSMS; `offered` are OCPP versions ("2.0.1", "1.6") in order of preference.

    `url` is the CSMS's address without the identity; the transport appends the identity, percent-encoded, to the path.
    `ca_file`, `certificate_file` and `key_file` are PEM files; without a ca_file the station trusts no TLS server.
    """

    url: str
    identity: str
    offered: tuple[str, ...]
    security_profile: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    ping_interval_s: float = 0
    connect_timeout_s: float = 30


class Transport(Protocol):
    """Makes connections to a CSMS."""

    async def connect(self, profile: ConnectionProfile, listener: ConnectionListener) -> Connection:
        """Open a link; raises ConnectionFailed with a sentence that says what went wrong and what to try."""


class StationMemory(Protocol):
    """The station's non-volatile memory: named tables of JSON values, durable when a call returns."""

    def put(self, table: str, key: str, value: Any) -> None:
        """Write one value (anything JSON can hold), replacing what was there."""

    def get(self, table: str, key: str) -> Any:
        """The value, or None."""

    def delete(self, table: str, key: str) -> None:
        """Forget one key; harmless when it is not there."""

    def items(self, table: str) -> list[tuple[str, Any]]:
        """All keys and values of a table in the order in which the keys were first written."""

    def clear(self, table: str) -> None:
        """Forget all keys of a table."""

    def batch(self) -> AbstractContextManager[None]:
        """Make the writes inside one durable step: all or none, one commit."""

    def after_commit(self, deed: Callable[[], None]) -> None:
        """Do something once the open batch is durable; at once when there is none, never when it is taken back."""
