"""The way to file servers: picks the protocol by the URL, and says in one sentence what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile
from emulator.transports.files.location import Location, location_of


class NetworkFiles:
    """Fetches and stores files over HTTP, HTTPS, FTP, FTPS and SFTP; each library is loaded when first needed."""

    async def download(self, url: str, file: Path, profile: TransferProfile, progress: Progress) -> None:
        """Fetch into `file`; goes on behind what is in it where the protocol can. Raises TransferFailed."""
        location = location_of(url)
        if location.path in {"", "/"} and not location.query:
            raise TransferFailed(TransferProblem.BAD_URL, f"The address {location.url} names no file.")
        await _said_in_words(location, lambda: _protocol(location).download(location, file, profile, progress))

    async def upload(self, url: str, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
        """Store `file` under `name` in the folder that `url` names. Raises TransferFailed."""
        location = location_of(url)
        await _said_in_words(location, lambda: _protocol(location).upload(location, file, name, profile, progress))


def _protocol(location: Location) -> Any:
    if location.scheme in {"http", "https"}:
        from emulator.transports.files import http

        return http
    if location.scheme in {"ftp", "ftps"}:
        from emulator.transports.files import ftp

        return ftp
    from emulator.transports.files import sftp

    return sftp


async def _said_in_words(location: Location, transfer: Callable[[], Awaitable[None]]) -> None:
    try:
        await transfer()
    except TransferFailed:
        raise
    except EnvironmentProblem as problem:
        raise TransferFailed(TransferProblem.TLS, problem.sentence, problem.hint) from problem
    except TimeoutError as error:
        sentence = f"The file server {location.host}:{location.port} does not answer any more."
        raise TransferFailed(TransferProblem.TIMED_OUT, sentence, "The station tries again.") from error
    except OSError as error:
        raise _unreachable(location, error) from error


def _unreachable(location: Location, error: OSError) -> TransferFailed:
    import socket
    import ssl

    where = f"The file server {location.host}:{location.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"{where} shows a certificate that the station does not trust: {error.verify_message}."
        return TransferFailed(TransferProblem.TLS, sentence, "Its root must be among the station's CSMS roots.")
    if isinstance(error, ssl.SSLError):
        return TransferFailed(TransferProblem.TLS, f"The TLS handshake with {location.host} failed: {error.reason}.")
    if isinstance(error, socket.gaierror):
        return TransferFailed(TransferProblem.UNREACHABLE, f"There is no file server named {location.host}.")
    if isinstance(error, ConnectionRefusedError):
        return TransferFailed(TransferProblem.UNREACHABLE, f"{where} refuses connections.", "Is it running?")
    if isinstance(error, ConnectionError):
        return TransferFailed(TransferProblem.LOST, f"{where} broke the connection.", "The station tries again.")
    return TransferFailed(TransferProblem.UNREACHABLE, f"{where} cannot be reached: {error.strerror or error}.")
