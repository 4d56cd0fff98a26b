"""Files over SFTP.

The key of the server is not checked: OCPP has no message that would bring it to the station. Firmware is safe all the
same where it is signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from posixpath import dirname
from typing import cast

import asyncssh

from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile
from emulator.transports.files import local
from emulator.transports.files.location import Location

_PROBLEMS: dict[type[asyncssh.SFTPError], TransferProblem] = {
    asyncssh.SFTPNoSuchFile: TransferProblem.NOT_FOUND,
    asyncssh.SFTPNoSuchPath: TransferProblem.NOT_FOUND,
    asyncssh.SFTPPermissionDenied: TransferProblem.PERMISSION_DENIED,
    asyncssh.SFTPOpUnsupported: TransferProblem.NOT_SUPPORTED,
    asyncssh.SFTPConnectionLost: TransferProblem.LOST,
    asyncssh.SFTPNoSpaceOnFilesystem: TransferProblem.TOO_LARGE,
    asyncssh.SFTPQuotaExceeded: TransferProblem.TOO_LARGE,
}


@asynccontextmanager
async def _session(location: Location, profile: TransferProfile) -> AsyncIterator[asyncssh.SFTPClient]:
    """A session that is logged in; raises TransferFailed for what the server refuses."""
    try:
        async with asyncio.timeout(profile.stall_s):
            connection = await asyncssh.connect(
                location.host,
                location.port,
                username=location.user or "anonymous",
                password=location.password,
                known_hosts=None,
                client_keys=None,
                agent_path=None,
                config=None,
                connect_timeout=profile.stall_s,
            )
        async with connection:
            async with asyncio.timeout(profile.stall_s):
                session = await connection.start_sftp_client()
            async with session:
                yield session
    except asyncssh.SFTPError as error:
        problem = _PROBLEMS.get(type(error), TransferProblem.BAD_MESSAGE)
        raise TransferFailed(problem, f"The server refused {location.url}: {error.reason}.") from error
    except asyncssh.PermissionDenied as error:
        sentence = f"The server {location.host} does not let the user {location.user or 'anonymous'} in."
        raise TransferFailed(TransferProblem.PERMISSION_DENIED, sentence, "Check user and password.") from error
    except asyncssh.ConnectionLost as error:
        raise ConnectionResetError(str(error)) from error
    except asyncssh.Error as error:
        sentence = f"The server {location.host}:{location.port} cannot be used over SSH: {error.reason}."
        raise TransferFailed(TransferProblem.BAD_MESSAGE, sentence) from error


async def download(location: Location, file: Path, profile: TransferProfile, progress: Progress) -> None:
    """Read, behind what is in the file if the server has still the same one. Raises TransferFailed, OSError."""
    with local.target(file, profile, progress) as target:
        async with _session(location, profile) as session:
            async with asyncio.timeout(profile.stall_s):
                facts = await session.stat(location.path)
                source = await session.open(location.path, "rb")
            validator = f"{facts.size} {facts.mtime}" if facts.mtime else ""
            if not validator or local.validator_of(file) != validator:
                target.restart()
                local.keep_validator(file, validator)
            target.expect(facts.size)
            async with source:
                await _fill(source, target, profile)
            target.finish()
    local.keep_validator(file, "")


async def _fill(source: asyncssh.SFTPClientFile, target: local.Target, profile: TransferProfile) -> None:
    while True:
        async with asyncio.timeout(profile.stall_s):
            piece = await source.read(local.PIECE_BYTES, target.received)
        if not piece:
            return
        # Its types say str; a file that is opened as binary gives bytes.
        target.write(cast(bytes, piece))


async def upload(location: Location, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
    """Write, in a folder that is made when it is not there. Raises TransferFailed, OSError."""
    path = location.inside(name).path
    async with _session(location, profile) as session:
        async with asyncio.timeout(profile.stall_s):
            if dirname(path) != "/" and not await session.exists(dirname(path)):
                await session.makedirs(dirname(path), exist_ok=True)
            target = await session.open(path, "wb")
        async with target:
            async for piece in local.pieces(file, progress):
                async with asyncio.timeout(profile.stall_s):
                    await target.write(piece)
