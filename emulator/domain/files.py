"""The port to file servers, and what is to be done with files: firmware comes, logs go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.frames import Frame


class TransferProblem(StrEnum):
    """Why a file did not get through."""

    BAD_URL = "bad-url"
    NOT_SUPPORTED = "not-supported"
    NOT_FOUND = "not-found"
    PERMISSION_DENIED = "permission-denied"
    BAD_MESSAGE = "bad-message"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed-out"
    TLS = "tls"
    TOO_LARGE = "too-large"
    DISK = "disk"
    LOST = "lost"


class TransferFailed(EnvironmentProblem):
    """A file could not be fetched or stored; `problem` tells the kind."""

    def __init__(self, problem: TransferProblem, sentence: str, hint: str = "") -> None:
        super().__init__(sentence, hint)
        self.problem = problem


class TransferProfile(NamedTuple):
    """How the station talks to file servers: whom it trusts, how long a server may be silent, how large a file may be.

    `ca_file` is a PEM file with the roots of the CSMS; without one the station trusts no TLS server.
    """

    ca_file: str = ""
    stall_s: float = 30.0
    maximum_bytes: int = 1 << 30


# How many bytes are there by now, and of how many in all (None: the server does not say).
Progress = Callable[[int, int | None], None]


class FileTransfer(Protocol):
    """Fetches and stores files; cancelling the coroutine cancels the transfer."""

    async def download(self, url: str, file: Path, profile: TransferProfile, progress: Progress) -> None:
        """Fetch into `file`; goes on behind what is in it where the protocol can. Raises TransferFailed."""

    async def upload(self, url: str, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
        """Store `file` under `name` in the folder that `url` names. Raises TransferFailed."""


class FirmwarePlan(NamedTuple):
    """How the operator wants the next firmware update to go; `outcome` "": as it really goes."""

    outcome: str = ""
    duration_s: float | None = None
    during_transaction: str = "wait"
    when_busy: str = "cancel"


class DiagnosticsPlan(NamedTuple):
    """How the operator wants the next upload of a log to go; `outcome` "": as it really goes."""

    outcome: str = ""
    duration_s: float | None = None
    when_busy: str = "cancel"


class StationFiles(Protocol):
    """What the station has for files; it outlives the software."""

    firmware_plan: FirmwarePlan
    diagnostics_plan: DiagnosticsPlan

    @property
    def transfer(self) -> FileTransfer:
        """The way to file servers."""

    def profile(self) -> TransferProfile:
        """How to talk to them."""

    def folder(self) -> Path:
        """The folder for firmware and archives, made when it is not there. Raises EnvironmentProblem."""

    def frames(self, after: int, limit: int) -> Sequence[Frame]:
        """The first frames of the message log behind a seq."""
