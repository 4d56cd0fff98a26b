"""Files over FTP and FTPS, in passive mode: RETR with REST, STOR."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from posixpath import dirname
from typing import Any

import aioftp

from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile
from emulator.transports.files import local
from emulator.transports.files.location import IMPLICIT_FTPS_PORT, Location
from emulator.transports.files.trust import tls_context

_PROBLEMS = {
    "421": TransferProblem.LOST,
    "425": TransferProblem.UNREACHABLE,
    "426": TransferProblem.LOST,
    "452": TransferProblem.TOO_LARGE,
    "500": TransferProblem.NOT_SUPPORTED,
    "502": TransferProblem.NOT_SUPPORTED,
    "504": TransferProblem.NOT_SUPPORTED,
    "530": TransferProblem.PERMISSION_DENIED,
    "532": TransferProblem.PERMISSION_DENIED,
    "552": TransferProblem.TOO_LARGE,
    "553": TransferProblem.PERMISSION_DENIED,
}


class _Client(aioftp.Client):
    """Knows every connection that it opened: the library forgets a data connection whose command the server refuses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._opened: list[asyncio.StreamWriter] = []

    async def _open_connection(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await super()._open_connection(host, port)
        self._opened.append(writer)
        return reader, writer

    def close(self) -> None:
        """Close what is still open."""
        super().close()
        for writer in self._opened:
            if not writer.transport.is_closing():
                writer.transport.abort()


@asynccontextmanager
async def _logged_in(location: Location, profile: TransferProfile) -> AsyncIterator[aioftp.Client]:
    """A client that is logged in; raises TransferFailed for what the server refuses."""
    tls = tls_context(location, profile) if location.scheme == "ftps" else None
    implicit = tls is not None and location.port == IMPLICIT_FTPS_PORT
    client = _Client(socket_timeout=profile.stall_s, connection_timeout=profile.stall_s, ssl=tls if implicit else None)
    try:
        await client.connect(location.host, location.port)
        if tls is not None and not implicit:
            await client.upgrade_to_tls(tls)
        elif implicit:
            await client.command("PBSZ 0", "200")
            await client.command("PROT P", "200")
        await client.login(location.user or "anonymous", location.password or "anonymous@")
        yield client
        await client.quit()
    except aioftp.StatusCodeError as error:
        raise _refusal(location, error) from error
    except (ValueError, aioftp.AIOFTPException) as error:
        sentence = f"The server {location.host} answered what is no FTP: {error}."
        raise TransferFailed(TransferProblem.BAD_MESSAGE, sentence) from error
    finally:
        client.close()


def _refusal(location: Location, error: aioftp.StatusCodeError) -> TransferFailed:
    code = str(error.received_codes[-1]) if error.received_codes else ""
    words = " ".join(line.strip() for line in error.info if line.strip())[:200]
    problem = _PROBLEMS.get(code, TransferProblem.BAD_MESSAGE)
    if code == "550":  # one code for what is not there and for what is not allowed
        denied = any(word in words.lower() for word in ("permission", "privilege", "denied", "not allowed"))
        problem = TransferProblem.PERMISSION_DENIED if denied else TransferProblem.NOT_FOUND
    return TransferFailed(problem, f"The server answered {code} for {location.url}: {words}")


async def download(location: Location, file: Path, profile: TransferProfile, progress: Progress) -> None:
    """RETR, behind what is in the file if the server has still the same one. Raises TransferFailed, OSError."""
    with local.target(file, profile, progress) as target:
        async with _logged_in(location, profile) as client:
            path = location.path or "/"
            await client.command("TYPE I", "200")
            size = await _asked(client, f"SIZE {path}")
            changed = await _asked(client, f"MDTM {path}")
            validator = f"{size} {changed}" if size and changed else ""
            if not validator or local.validator_of(file) != validator:
                target.restart()
                local.keep_validator(file, validator)
            target.expect(int(size) if size.isdecimal() else None)
            async with client.download_stream(path, offset=target.received) as stream:
                try:
                    async for piece in stream.iter_by_block(local.PIECE_BYTES):
                        target.write(piece)
                except BaseException:
                    # A farewell of TLS would wait for a server that still sends.
                    stream.writer.transport.abort()
                    raise
            target.finish()
    local.keep_validator(file, "")


async def _asked(client: aioftp.Client, command: str) -> str:
    """What the server says of a file, or "" when it does not know the command."""
    try:
        _, info = await client.command(command, "213")
    except aioftp.StatusCodeError:
        return ""
    return info[-1].strip()


async def upload(location: Location, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
    """STOR, in a folder that is made when it is not there. Raises TransferFailed, OSError."""
    path = location.inside(name).path
    async with _logged_in(location, profile) as client:
        if dirname(path) != "/" and not await client.exists(dirname(path)):
            await client.make_directory(dirname(path))
        async with client.upload_stream(path) as stream:
            async for piece in local.pieces(file, progress):
                await stream.write(piece)
